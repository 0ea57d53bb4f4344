//! The client: one kept-alive connection, and a person with a cookie jar on top of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, ORIGIN, SET_COOKIE};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request as data, to be sent as often as wanted.
#[derive(Clone)]
pub(crate) struct Call {
    /// How.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    /// The encoded form; empty with GET.
    pub(crate) body: String,
    /// The value of the `Cookie` header; empty for nobody.
    pub(crate) cookies: String,
    /// More headers, by name.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What came back.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The whole body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The cookies that it sets, by name.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (String, String)> {
        let set = self.headers.get_all(SET_COOKIE).iter().filter_map(|header| header.to_str().ok());
        let pairs = set.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    }
}

/// One connection.
pub(crate) struct Connection {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to `host:port`.
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Whoever sends the next request learns of the error.
            let _ended = driver.await;
        });
        Ok(Self { address: address.to_owned(), sender })
    }

    /// Sends the call and reads the whole answer. Redirects are answers, not followed.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Answer> {
        let mut request = Request::builder().method(&call.method).uri(&call.path).header(HOST, &self.address);
        if !call.cookies.is_empty() {
            request = request.header(COOKIE, &call.cookies);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if call.method != Method::GET {
            request = request.header(ORIGIN, format!("http://{}", self.address));
            request = request.header("sec-fetch-site", "same-origin");
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if call.headers.iter().all(|(name, _)| *name != "accept") {
            request = request.header("accept", "text/html");
        }
        let request = request.body(Full::from(call.body.clone()))?;
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
    }
}

/// Somebody at a browser without JavaScript: follows links, posts forms, keeps cookies.
pub(crate) struct Person {
    connection: Connection,
    cookies: BTreeMap<String, String>,
}

impl Person {
    /// Somebody new, signed in nowhere.
    pub(crate) async fn arrive(address: &str) -> Result<Self> {
        Ok(Self { connection: Connection::open(address).await?, cookies: BTreeMap::new() })
    }

    /// Opens a page; anything but success is an error.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer> {
        let answer = self.send(&self.call(Method::GET, path, &[])).await?;
        ensure!(answer.status.is_success(), "GET {path} answered {}", answer.status);
        Ok(answer)
    }

    /// Posts a form; success and redirects are fine.
    pub(crate) async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.post(self.call(Method::POST, path, fields)).await
    }

    /// Posts a form as a script does: what came of it is told as JSON, and no page is rendered.
    pub(crate) async fn post_for_json(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let headers = vec![("accept", "application/json".to_owned())];
        self.post(Call { headers, ..self.call(Method::POST, path, fields) }).await
    }

    /// The request that this person would send.
    pub(crate) fn call(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Call {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Call { method, path: path.to_owned(), body, cookies: cookies.join("; "), headers: Vec::new() }
    }

    async fn post(&mut self, call: Call) -> Result<Answer> {
        let answer = self.send(&call).await?;
        if answer.status.is_success() || answer.status.is_redirection() {
            return Ok(answer);
        }
        bail!("POST {} answered {}: {}", call.path, answer.status, String::from_utf8_lossy(&answer.body));
    }

    async fn send(&mut self, call: &Call) -> Result<Answer> {
        let answer = self.connection.send(call).await?;
        self.cookies.extend(answer.cookies());
        Ok(answer)
    }
}
