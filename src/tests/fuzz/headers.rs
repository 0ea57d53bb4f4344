//! Headers of requests: whatever they say, the answer is no fault of ours and leads nobody to another site. The first
//! line of an input is the route, each line up to an empty one a header, the rest the body. `KEY` stands for a key,
//! `COOKIE` for the cookie of somebody signed in.

use super::{Stage, run, server};
use crate::tests::support::{Answer, BASE, TestApp};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Response, header},
};

const ROUTES: &[&str] = &[
    "GET /",
    "GET /sign-in",
    "GET /acme",
    "GET /acme/prompts",
    "GET /acme/events",
    "GET /healthz",
    "GET /favicon.svg",
    "GET /nowhere",
    "GET /api/openapi.json",
    "GET /api/v1/whoami",
    "GET /api/v1/prompts",
    "GET /api/v1/prompts/Tone?environment=development",
    "GET /api/v1/events",
    "HEAD /api/v1/prompts/Tone?environment=development",
    "OPTIONS /api/v1/prompts",
    "POST /api/v1/folders",
    "PATCH /api/v1/prompts/Tone",
    "POST /api/accounts/set_theme",
    "POST /api/accounts/sign_in",
    "POST /api/imports/create",
];

const WORDS: &[&str] = &[
    "\r\n",
    "\n",
    ": ",
    ", ",
    ";",
    "=",
    "\"",
    "*",
    "host: evil.test\n",
    "x-forwarded-for: 203.0.113.7, [::1]:80\n",
    "x-forwarded-proto: https\n",
    "x-forwarded-host: evil.test\n",
    "forwarded: for=\"[2001:db8::1]:4711\";proto=https\n",
    "cookie: COOKIE\n",
    "cookie: ",
    "origin: http://localhost:3000\n",
    "origin: null\n",
    "sec-fetch-site: same-origin\n",
    "sec-fetch-site: cross-site\n",
    "content-type: application/json\n",
    "content-type: multipart/form-data; boundary=x\n",
    "content-type: application/x-www-form-urlencoded\n",
    "content-length: 5\n",
    "transfer-encoding: chunked\n",
    "if-none-match: \"a\", W/\"b\"\n",
    "if-match: *\n",
    "if-modified-since: ",
    "accept-encoding: br;q=0, gzip, *;q=0.5\n",
    "range: bytes=0-1\n",
    "authorization: Bearer KEY\n",
    "last-event-id: 1\n",
    "idempotency-key: one\n",
    "accept: text/html\n",
    "accept: application/json\n",
    "accept: text/event-stream\n",
    "x-in-place: 1\n",
    "x-reread: 1\n",
    "sec-purpose: prefetch\n",
    "user-agent: ",
    "accept-language: de, en;q=0.1\n",
    "referer: http://localhost:3000/acme?posted=1\n",
    "expect: 100-continue\n",
    "upgrade: h2c\n",
    "x-http-method-override: DELETE\n",
    "\u{80}",
];

/// A server, one that believes a proxy, and who is known there.
struct Scene {
    servers: [TestApp; 2],
    key: String,
    cookie: String,
}

#[test]
fn headers() {
    let mut stage = Stage::new(async || {
        let app = server().await;
        let ana = app.somebody("Ana").await;
        let acme = app.org("Acme", &ana).await;
        acme.has_library().await;
        let (_, key) = acme.has_key("read:prompts write:prompts").await;
        let request = ana.asks(Method::GET, "/").body(()).unwrap();
        let cookie = request.headers()[header::COOKIE].to_str().unwrap().to_owned();
        let behind = app.another_idle(|config| {
            config.rate_limits = 0;
            config.client_ip_header = Some("x-forwarded-for".to_owned());
        });
        Scene { servers: [app.clone(), behind.await], key: key.as_str().to_owned(), cookie }
    });
    run("headers", WORDS, |input| {
        stage.act(async |scene| {
            for server in &scene.servers {
                is_answered(server, scene, input).await;
            }
        });
    });
}

async fn is_answered(server: &TestApp, scene: &Scene, input: &[u8]) {
    let Some((route, request)) = request(scene, input) else { return };
    let response = server.send(request).await;
    let status = response.status().as_u16();
    assert!(status < 500, "{route} {response:?}");
    if let Some(to) = response.headers().get(header::LOCATION) {
        let to = to.to_str().unwrap();
        let is_here = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
        assert!(is_here || to.starts_with(BASE), "{route} leads to {to}");
    }
    assert!(!is_told(&response, "evil.test"), "{route} {response:?}");
    let is_stream =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    if !is_stream {
        let answer = Answer::read(response).await;
        assert!(!answer.body.contains("panicked"), "{route} {answer}");
    }
}

/// Whether a header of the answer holds a text.
fn is_told(response: &Response<Body>, text: &str) -> bool {
    response.headers().values().any(|value| String::from_utf8_lossy(value.as_bytes()).contains(text))
}

/// The request of an input, as a connection would pass it on.
fn request(scene: &Scene, input: &[u8]) -> Option<(&'static str, Request<Body>)> {
    let mut lines = input.split(|byte| *byte == b'\n');
    let line = lines.next()?;
    let sum: usize = line.iter().map(|byte| usize::from(*byte)).sum();
    let named = ROUTES.iter().find(|route| route.as_bytes() == line);
    let route = *named.unwrap_or(&ROUTES[sum % ROUTES.len()]);
    let (method, path) = route.split_once(' ')?;
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(path);
    let headers = request.headers_mut()?;
    for line in lines.by_ref().take_while(|line| !line.is_empty()).take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii());
        // Latin letters beyond ASCII are bytes that are no UTF-8.
        let value: Vec<u8> = value
            .replace("KEY", &scene.key)
            .replace("COOKIE", &scene.cookie)
            .chars()
            .flat_map(|sign| {
                u8::try_from(sign).map_or_else(|_| sign.to_string().into_bytes(), |byte| vec![byte])
            })
            .collect();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&value))
        {
            headers.append(name, value);
        }
    }
    let body: Vec<&[u8]> = lines.collect();
    Some((route, request.body(Body::from(body.join(&b'\n'))).ok()?))
}
