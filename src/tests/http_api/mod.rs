//! The HTTP API: who is let in, what is answered, and what a key does not reach.

mod conditions;
mod deploying;
mod describing;
mod door;
mod events;
mod fetching;
mod grid;
mod hardening;
mod hot;
mod large;
mod limits;
mod listening;
mod listing;
mod managing;
mod naming;
mod nodes;
mod probing;
mod rates;
mod repeating;
mod rotating;
mod writing;

use super::support::{Answer, Org, Person, Stock, TestApp, both_databases};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::Value;

/// A service with a key of an organization that has a library.
struct Service {
    app: TestApp,
    key: String,
}

impl Service {
    async fn of(app: &TestApp, org: &Org, scopes: &str) -> Self {
        Self::with(app, org.has_key(scopes).await.1.as_str())
    }

    fn with(app: &TestApp, key: &str) -> Self {
        Self { app: app.clone(), key: key.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let json = [(header::CONTENT_TYPE.as_str(), "application/json")];
        self.send(Method::POST, path, &json, Body::from(body.to_string())).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if !self.key.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(self.app.send(request.body(body).unwrap()).await).await
    }
}

/// What an answer says as JSON.
#[track_caller]
fn told(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// Claims that an answer is a problem of this status and kind.
#[track_caller]
fn problem(answer: Answer, status: u16, code: &str) -> Value {
    let answer = answer.status(status).has("content-type", "application/problem+json");
    let told = told(&answer);
    assert_eq!((told["status"].as_u64(), told["code"].as_str()), (Some(status.into()), Some(code)), "{told}");
    assert_eq!(told["request_id"].as_str(), answer.header("x-request-id"), "{told}");
    assert!(told["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{told}");
    told
}

/// An organization with a library: `Tone` is live in development, `Support/Triage` refers to it.
async fn acme(app: &TestApp) -> (Person, Org, Stock) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let stock = acme.has_library().await;
    (ana, acme, stock)
}
