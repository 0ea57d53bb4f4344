//! What a service is told when something is in the way: RFC 9457 problem details.

use crate::{
    delivery::RateLimit,
    error::{Error, Flaw},
    fields::counted,
    kernel::Config,
    key_scope::KeyScope,
    tenancy::Scope,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// The kind of a problem's body.
pub(super) const KIND: &str = "application/problem+json";

macro_rules! codes {
    ($($name:ident $status:literal $code:literal $says:literal;)*) => {
        /// What kind of problem there is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code { $(#[doc = $says] $name,)* }

        impl Code {
            /// All of them, by their status.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name, for programs.
            pub(super) const fn as_str(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// The status of answers with it.
            pub(super) const fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }

            /// When it is answered, for people.
            pub(super) const fn says(self) -> &'static str { match self { $(Self::$name => $says,)* } }
        }
    };
}

codes! {
    InvalidRequest 400 "invalid_request" "A parameter, a header or the body is malformed. `errors` names the field.";
    Unauthenticated 401 "unauthenticated" "The API key is missing or invalid: unknown, revoked or expired, or its organization was deleted.";
    Forbidden 403 "forbidden" "The key lacks the scope named in `detail`, or is limited to environments or folders and asks for something about all of them.";
    NotFound 404 "not_found" "Not found, or out of the key's reach: for a key limited to environments or folders, the response doesn't tell which. Other organizations are never visible.";
    MethodNotAllowed 405 "method_not_allowed" "This path doesn't support this method.";
    Conflict 409 "conflict" "The request conflicts with the current state: nothing has changed, the version is already live, a request is waiting for approval, or the same request is in progress or was carried out but its response was lost.";
    PreconditionFailed 412 "precondition_failed" "The latest version doesn't match `If-Match`, or a version exists although `If-None-Match` was sent. Fetch the latest version and try again.";
    TooLarge 413 "too_large" "The request body is larger than 1 MiB (8 MiB for imports).";
    UnsupportedMediaType 415 "unsupported_media_type" "The body isn't JSON. Send `Content-Type: application/json`.";
    Unprocessable 422 "unprocessable" "The request is well-formed but not valid. `errors` lists each invalid field and how to fix it.";
    IdempotencyMismatch 422 "idempotency_mismatch" "A different request was sent with this `Idempotency-Key` in the last 24 hours.";
    RateLimited 429 "rate_limited" "Too many requests, open event streams, exports or idempotency keys. `Retry-After` says how many seconds to wait.";
    Internal 500 "internal" "Something went wrong on our side. It's safe to try again with the same `Idempotency-Key`.";
    Unavailable 503 "unavailable" "The server is temporarily unavailable. `Retry-After` says how many seconds to wait.";
}

impl Code {
    /// What kind of problem it is, in a few words: the same for all of this code.
    fn title(self) -> String {
        let words = self.as_str().replace('_', " ");
        words.get(..1).map(str::to_uppercase).unwrap_or_default() + words.get(1..).unwrap_or_default()
    }
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The URL of the documentation for this kind of error.
    #[serde(rename = "type")]
    pub about: String,
    /// The kind of error, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, for people.
    pub detail: String,
    /// The kind of error, for programs.
    pub code: &'static str,
    /// The ID of the request in the server's log.
    pub request_id: String,
    /// The invalid fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// An error in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// The field, such as `variables.company`; empty for the request as a whole.
    pub field: String,
    /// How to fix it.
    pub message: String,
}

impl From<&Flaw> for FieldError {
    fn from(flaw: &Flaw) -> Self {
        Self { field: flaw.field.clone().into_owned(), message: flaw.message.clone().into_owned() }
    }
}

/// Why a request was not answered. It becomes a [`Problem`] where the request's name is known.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    /// In whose scope it was refused for want of a right, so that it is written down.
    denied: Option<Box<Scope>>,
    /// Whether nothing was shown that could be wrong.
    is_anonymous: bool,
}

impl ApiError {
    /// A request that cannot be understood.
    pub(super) fn malformed(field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        let detail = message.into();
        let errors = vec![FieldError { field: field.to_owned(), message: detail.clone().into_owned() }];
        Self { errors, ..Self::of(Code::InvalidRequest, detail) }
    }

    /// A request without a key.
    pub(super) fn anonymous() -> Self {
        Self { is_anonymous: true, ..Self::from(Error::SignedOut) }
    }

    /// A key that lacks a scope.
    pub(super) fn lacks(scope: &Scope, needs: Option<KeyScope>) -> Self {
        let says = |needs: KeyScope| {
            format!("This requires the scope {}, which this key doesn't have.", needs.code())
        };
        let detail = needs.map_or_else(|| "API keys can't do this.".to_owned(), says);
        Self { denied: Some(Box::new(scope.clone())), ..Self::of(Code::Forbidden, detail) }
    }

    /// Something that is not there, or beyond the limits of a key: it is not told which. What lies beyond is written
    /// down for those who gave out the key.
    pub(super) fn hidden(scope: &Scope, is_beyond: bool) -> Self {
        let denied = is_beyond.then(|| Box::new(scope.clone()));
        Self { denied, ..Self::from(Error::NotFound) }
    }

    /// The same in other words.
    pub(super) fn saying(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// A key that asks for something about all of its organization and is limited to a part, whatever there is.
    pub(super) fn beyond(scope: &Scope, what: &str) -> Self {
        let detail = format!("This key has no access to {what}.");
        Self { denied: Some(Box::new(scope.clone())), ..Self::of(Code::Forbidden, detail) }
    }

    /// A path that is there, but not for this method.
    pub(super) fn wrong_method() -> Self {
        Self::of(Code::MethodNotAllowed, "This path doesn't support this method.")
    }

    /// Another request under the name of one before.
    pub(super) fn named_twice() -> Self {
        Self::of(Code::IdempotencyMismatch, "A different request was sent with this Idempotency-Key.")
    }

    /// A newer version than the one that was seen.
    pub(super) fn drifted(latest: i64) -> Self {
        let detail = match latest {
            0 => "The prompt has no version yet.".to_owned(),
            latest => format!("The latest version is now {latest}."),
        };
        Self::of(Code::PreconditionFailed, detail)
    }

    /// Something that is not there.
    pub(super) fn missing(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Code::NotFound, detail)
    }

    /// A prompt that cannot be rendered as it was asked for.
    pub(super) fn unprocessable(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| first.message.clone());
        Self { errors, ..Self::of(Code::Unprocessable, detail) }
    }

    fn of(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            denied: None,
            is_anonymous: false,
        }
    }

    /// A body that is larger than is read.
    pub(super) fn too_large() -> Self {
        Self::of(Code::TooLarge, "The request body is too large.")
    }

    /// A body that is not JSON.
    pub(super) fn wrong_type() -> Self {
        Self::of(Code::UnsupportedMediaType, "Send JSON, with the Content-Type application/json.")
    }

    /// A key that asks too often.
    pub(super) fn too_often(allowance: RateLimit) -> Self {
        let detail = format!("A key can make {} per minute.", counted(allowance.limit, "request"));
        Self { retry_after: Some(allowance.reset), ..Self::of(Code::RateLimited, detail) }
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or_default()
    }

    /// In whose scope a right was wanting.
    pub(super) fn denied(&self) -> Option<&Scope> {
        self.denied.as_deref()
    }

    /// The answer of a studio, in a request of this name.
    pub(super) fn answer(self, config: &Config, request_id: &str) -> Response {
        let status = self.status();
        let problem = Problem {
            about: config.url(&format!("/api/docs#{}", self.code.as_str())),
            title: self.code.title(),
            status: status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code.as_str(),
            request_id: request_id.to_owned(),
            errors: self.errors,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(KIND));
        if self.code == Code::Unauthenticated {
            // RFC 6750 §3.1: nothing is wrong with a key that was not shown.
            let challenge = if self.is_anonymous {
                "Bearer realm=\"Prompt Studio\""
            } else {
                "Bearer realm=\"Prompt Studio\", error=\"invalid_token\""
            };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::NotFound => Code::NotFound,
            Error::Forbidden | Error::SecondFactorMissing => Code::Forbidden,
            Error::SignedOut => Code::Unauthenticated,
            Error::Invalid { .. } => Code::Unprocessable,
            Error::Conflict { .. } => Code::Conflict,
            Error::TooLarge { .. } => Code::TooLarge,
            Error::TooMany { .. } => Code::RateLimited,
            Error::Unavailable { .. } => Code::Unavailable,
            Error::Internal { .. } => Code::Internal,
        };
        let detail = match &error {
            Error::NotFound => "Not found, or not visible to this key.".to_owned(),
            Error::Forbidden | Error::SecondFactorMissing => "This key isn't allowed to do this.".to_owned(),
            Error::SignedOut => "Send a valid API key as “Authorization: Bearer …”.".to_owned(),
            other => other.to_string(),
        };
        let errors = match &error {
            Error::Invalid { flaws } => flaws.iter().map(FieldError::from).collect(),
            _ => Vec::new(),
        };
        let retry_after = error.retry_after();
        Self { errors, retry_after, ..Self::of(code, detail) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
