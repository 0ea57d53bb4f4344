//! Errors as pages that need nothing: no database, no style sheet.

use crate::error::Error;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// An error as a page that needs nothing: no database, no style sheet.
#[must_use]
pub fn plain_error(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or_default();
    let message = match error {
        // What these say is about a form that this page does not show.
        Error::Invalid { .. } | Error::Conflict { .. } => "Go back and check what you entered.".to_owned(),
        // A form that stays on its page shows the first sentence alone.
        Error::TooLarge { message } => format!("{message}</p><p>Go back to make it smaller."),
        _ => html_escape::encode_text(&error.to_string()).into_owned(),
    };
    let mut response = plain_page(status, &message);
    add_retry_after(error, response.headers_mut());
    response
}

/// A page of one sentence, which must hold nothing to be escaped.
pub(super) fn plain_page(status: StatusCode, message: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><h1>{title}</h1><p>{message}</p>\
         <p><a href=\"/\">Prompt Studio</a></p></html>"
    );
    (status, Html(page)).into_response()
}

/// Says when it is worth trying again, where that is known.
pub fn add_retry_after(error: &Error, headers: &mut HeaderMap) {
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_plain_page_says_which_limit_was_reached() {
        let message = "At most 2 of <b> & so on. Wait for one.".into();
        let answer = plain_error(&Error::TooMany { retry_after: 7, message });
        let retry_after = answer.headers()["retry-after"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), retry_after), (429, "7"));
        let page = answer.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("<p>At most 2 of &lt;b&gt; &amp; so on. Wait for one.</p>"), "{page}");
    }
}
