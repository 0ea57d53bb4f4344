//! What a service is told when something is in the way: RFC 9457 problem details.

use crate::{
    error::{Error, Flaw},
    key_scope::KeyScope,
    server::Scope,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::borrow::Cow;

/// The kind of a problem's body.
pub(super) const KIND: &str = "application/problem+json";

/// A problem as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// Where the documentation tells of it.
    #[serde(rename = "type")]
    pub about: String,
    /// What kind of problem it is, in words.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong this time, in words.
    pub detail: String,
    /// What kind of problem it is, for programs.
    pub code: &'static str,
    /// The name of the request in the log.
    pub request_id: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FieldError {
    /// The field, such as `variables.company`; empty for the whole.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

impl From<&Flaw> for FieldError {
    fn from(flaw: &Flaw) -> Self {
        Self { field: flaw.field.clone().into_owned(), message: flaw.message.clone().into_owned() }
    }
}

/// Why a request was not answered. It becomes a [`Problem`] where the request's name is known.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    /// In whose scope it was refused for want of a right, so that it is written down.
    denied: Option<Box<Scope>>,
}

impl Refusal {
    /// A request that cannot be understood.
    pub(super) fn malformed(field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        let detail = message.into();
        let errors = vec![FieldError { field: field.to_owned(), message: detail.clone().into_owned() }];
        Self { errors, ..Self::of(400, "invalid_request", detail) }
    }

    /// A key that lacks a scope.
    pub(super) fn lacks(scope: &Scope, needs: Option<KeyScope>) -> Self {
        let says =
            |needs: KeyScope| format!("This needs the scope {}, which this key does not have.", needs.code());
        let detail = needs.map_or_else(|| "No key may do this.".to_owned(), says);
        Self { denied: Some(Box::new(scope.clone())), ..Self::of(403, "forbidden", detail) }
    }

    /// A key that does not reach something of its organization.
    pub(super) fn beyond(scope: &Scope, what: &str) -> Self {
        let detail = format!("This key does not reach {what}.");
        Self { denied: Some(Box::new(scope.clone())), ..Self::of(403, "forbidden", detail) }
    }

    /// A path that is there, but not for this method.
    pub(super) fn wrong_method() -> Self {
        Self::of(405, "method_not_allowed", "This path does not answer to this method.")
    }

    /// Something that is not there.
    pub(super) fn missing(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(404, "not_found", detail)
    }

    /// A prompt that cannot be rendered as it was asked for.
    pub(super) fn unprocessable(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| first.message.clone());
        Self { errors, ..Self::of(422, "unprocessable", detail) }
    }

    fn of(status: u16, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), retry_after: None, denied: None }
    }

    /// In whose scope a right was wanting.
    pub(super) fn denied(&self) -> Option<&Scope> {
        self.denied.as_deref()
    }

    /// The answer, in a request of this name.
    pub(super) fn answer(self, request_id: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let problem = Problem {
            about: format!("/api/docs#{}", self.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: self.status,
            detail: self.detail.into_owned(),
            code: self.code,
            request_id: request_id.to_owned(),
            errors: self.errors,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(KIND));
        if self.status == 401 {
            let challenge =
                HeaderValue::from_static("Bearer realm=\"Prompt Studio\", error=\"invalid_token\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::NotFound => "not_found",
            Error::Forbidden | Error::SecondFactorMissing => "forbidden",
            Error::SignedOut => "unauthenticated",
            Error::Invalid { .. } => "unprocessable",
            Error::Conflict { .. } => "conflict",
            Error::TooMany { .. } => "rate_limited",
            Error::Unavailable { .. } => "unavailable",
            Error::Internal { .. } => "internal",
        };
        let detail = match &error {
            Error::NotFound => "There is nothing here that this key may know of.".to_owned(),
            Error::Forbidden | Error::SecondFactorMissing => "This key may not do this.".to_owned(),
            Error::SignedOut => "Send a key that is good as “Authorization: Bearer …”.".to_owned(),
            other => other.to_string(),
        };
        let errors = match &error {
            Error::Invalid { flaws } => flaws.iter().map(FieldError::from).collect(),
            _ => Vec::new(),
        };
        let retry_after = error.retry_after();
        Self { errors, retry_after, ..Self::of(error.status(), code, detail) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.status).unwrap_or_default().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
