//! What a server function or a page says of its answer: where to go on, a header, a status.

use axum::http::{HeaderValue, StatusCode, header};

/// Sends the browser to a page, from within a server function.
pub fn go(path: &str) {
    leptos_axum::redirect(path, false);
}

/// What a browser forgets of the site (W3C Clear Site Data).
pub(super) const CLEAR_SITE_DATA: header::HeaderName = header::HeaderName::from_static("clear-site-data");

/// Has the browser forget what pages kept in it, from within a server function: drafts that were not saved.
pub fn forget_storage() {
    set_header(CLEAR_SITE_DATA, "\"storage\"");
}

/// Sets a header of the answer, from within a server function or a page.
pub fn set_header(name: header::HeaderName, value: &str) {
    if let (Some(options), Ok(value)) =
        (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(value))
    {
        if name == header::SET_COOKIE {
            options.append_header(name, value);
        } else {
            options.insert_header(name, value);
        }
    }
}

/// Sets the status of the answer, from within a page.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) =
        (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), StatusCode::from_u16(status))
    {
        options.set_status(status);
    }
}
