//! What the server answered, with claims about it that name the whole answer when they fail.

use axum::{
    body::Body,
    http::{HeaderMap, Response, header},
};
use http_body_util::BodyExt;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Answer {
    pub(in crate::tests) status: u16,
    pub(in crate::tests) headers: HeaderMap,
    pub(in crate::tests) body: String,
}

impl Answer {
    pub(in crate::tests) async fn read(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// The value of a header, if it was sent.
    pub(in crate::tests) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where it leads, if anywhere.
    pub(in crate::tests) fn location(&self) -> Option<&str> {
        self.header(header::LOCATION.as_str())
    }

    /// All cookies it sets.
    pub(in crate::tests) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Claims the status.
    #[track_caller]
    pub(in crate::tests) fn status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Claims that it leads to a path.
    #[track_caller]
    pub(in crate::tests) fn leads_to(self, path: &str) -> Self {
        assert!(matches!(self.status, 302 | 303), "{self}");
        assert_eq!(self.location(), Some(path), "{self}");
        self
    }

    /// Claims that the body holds a text.
    #[track_caller]
    pub(in crate::tests) fn says(self, text: &str) -> Self {
        assert!(self.body.contains(text), "does not say {text:?}: {self}");
        self
    }

    /// Claims that the body does not hold a text.
    #[track_caller]
    pub(in crate::tests) fn hides(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "says {text:?}: {self}");
        self
    }

    /// Claims a header.
    #[track_caller]
    pub(in crate::tests) fn has(self, name: &str, value: &str) -> Self {
        assert_eq!(self.header(name), Some(value), "{name}: {self}");
        self
    }

    /// The body without what is new in every answer.
    pub(in crate::tests) fn stable_body(&self) -> String {
        let policy = self.header("content-security-policy").unwrap_or_default();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        match nonce {
            Some(nonce) if !nonce.is_empty() => self.body.replace(nonce, "NONCE"),
            _ => self.body.clone(),
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What a person sees of a page, without what every page has.
        let page = self.body.split("<main").nth(1).and_then(|rest| rest.split("<script").next());
        write!(f, "{} {:?}\n{}", self.status, self.headers, page.unwrap_or(&self.body))
    }
}
