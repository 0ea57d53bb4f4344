//! A browser without script: it keeps cookies, says where its forms come from, and goes nowhere by
//! itself.

use super::{Answer, PASSWORD, TestApp};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, Method, Request, Response, header, request::Builder},
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// Where the studio is reached.
pub(in crate::tests) const BASE: &str = "http://localhost:3000";
const FORM: &str = "application/x-www-form-urlencoded";

/// A browser; its clones share the cookies, as tabs do.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Browser {
    pub(in crate::tests) app: TestApp,
    /// Where it is.
    pub(in crate::tests) ip: IpAddr,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

/// How many browsers there are: each is at an address of its own.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Browser {
    pub(super) fn new(app: TestApp) -> Self {
        let ip =
            Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 1)) + COUNT.fetch_add(1, Ordering::Relaxed));
        Self { app, ip: ip.into(), jar: Arc::default() }
    }

    /// The same browser at another place.
    pub(in crate::tests) fn from(&self, ip: &str) -> Self {
        Self { ip: ip.parse().unwrap(), ..self.clone() }
    }

    /// The same browser, come to another server.
    pub(in crate::tests) fn at(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), ..self.clone() }
    }

    /// Another browser with the same cookies: what a thief would have.
    pub(in crate::tests) fn copy(&self) -> Self {
        let jar = self.jar.lock().unwrap().clone();
        Self { jar: Arc::new(Mutex::new(jar)), ..self.clone() }
    }

    /// Takes over the cookies of another browser.
    pub(in crate::tests) fn become_again(&self, other: &Self) {
        let jar = other.jar.lock().unwrap().clone();
        *self.jar.lock().unwrap() = jar;
    }

    /// The value of a cookie.
    pub(in crate::tests) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie in the jar.
    pub(in crate::tests) fn keep(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.into(), value.into());
    }

    /// Opens a page.
    pub(in crate::tests) async fn get(&self, path: &str) -> Answer {
        self.send(self.asks(Method::GET, path).header("sec-fetch-site", "same-origin"), "").await
    }

    /// Posts a form from a page of the studio.
    pub(in crate::tests) async fn post(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.form(action), encode(fields)).await
    }

    /// Posts the same as a script would, which is answered with the status itself and no page.
    pub(in crate::tests) async fn call(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = self.form(action);
        if let Some(headers) = request.headers_mut() {
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        }
        self.send(request, encode(fields)).await
    }

    /// A request for a page, to be sent with [`send`](Self::send).
    pub(in crate::tests) fn asks(&self, method: Method, path: &str) -> Builder {
        let cookies = self.jar.lock().unwrap();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, "text/html");
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies.join("; ")) }
    }

    /// A posted form, to be sent with [`send`](Self::send).
    pub(in crate::tests) fn form(&self, action: &str) -> Builder {
        let request = self.asks(Method::POST, action).header(header::CONTENT_TYPE, FORM);
        request.header("sec-fetch-site", "same-origin").header(header::ORIGIN, BASE)
    }

    /// Sends a request and reads the whole answer; that of a form which leads back to its page is that page.
    pub(in crate::tests) async fn send(&self, request: Builder, body: impl Into<Body>) -> Answer {
        let answer = self.send_only(request, body).await;
        match answer.location().filter(|to| answer.status == 303 && to.contains("posted=")) {
            Some(page) => {
                let page = self.asks(Method::GET, page).header("sec-fetch-site", "same-origin");
                self.send_only(page, "").await
            }
            None => answer,
        }
    }

    /// The same, going nowhere.
    pub(in crate::tests) async fn send_only(&self, request: Builder, body: impl Into<Body>) -> Answer {
        Answer::read(self.open(request, body).await).await
    }

    /// Sends a request and leaves the body to be read.
    pub(in crate::tests) async fn open(&self, request: Builder, body: impl Into<Body>) -> Response<Body> {
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.ip, 40_000))));
        let response = self.app.send(request).await;
        self.take(response.headers().get_all(header::SET_COOKIE).iter());
        response
    }

    fn take<'a>(&self, cookies: impl Iterator<Item = &'a HeaderValue>) {
        for cookie in cookies {
            let text = cookie.to_str().unwrap();
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let mut jar = self.jar.lock().unwrap();
            if attributes.to_lowercase().contains("max-age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.into(), value.into());
            }
        }
    }

    /// Fills in the sign-up form.
    pub(in crate::tests) async fn signs_up(&self, name: &str, email: &str) -> Answer {
        let fields = [("page", "/sign-up"), ("name", name), ("email", email), ("password", PASSWORD)];
        self.post("/api/accounts/sign_up", &fields).await
    }

    /// Fills in the sign-in form.
    pub(in crate::tests) async fn signs_in(&self, email: &str, password: &str) -> Answer {
        let fields = [("page", "/sign-in"), ("email", email), ("password", password)];
        self.post("/api/accounts/sign_in", &fields).await
    }
}

/// A header to replace in a request.
pub(in crate::tests) fn with(mut request: Builder, name: &'static str, value: &str) -> Builder {
    if let Some(headers) = request.headers_mut() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    request
}

/// Fields as a browser encodes them.
pub(in crate::tests) fn encode(fields: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}
