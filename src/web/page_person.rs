//! A page acts for the person it was made for. All tabs of a browser have one session: where somebody else has signed
//! in since, a tab that is still open would go on saving in their name. So scripts say for whom their page was made.

use super::{RequestContext, known_devices};
use crate::web::error_page;
use axum::{
    http::{HeaderMap, HeaderName, StatusCode},
    response::Response,
};

/// The header that says it.
const PERSON: HeaderName = HeaderName::from_static("x-person");

/// The answer to a script whose page was made for somebody else than who is signed in, or who was last.
pub(super) async fn refusal(caller: &RequestContext, headers: &HeaderMap) -> Option<Response> {
    let made_for = headers.get(PERSON)?;
    let visit = caller.visit().map(|visit| visit.user);
    let user = visit.or_else(|| known_devices::last_person(&caller.server, headers))?;
    if made_for.as_bytes() == user.to_string().as_bytes() {
        return None;
    }
    let says = match caller.person().await {
        Ok(Some(person)) => {
            let name = html_escape::encode_text(person.name.as_str());
            format!(
                "You're now signed in as {name}, but someone else opened this page, so nothing can be saved here. \
                 Reload the page to go on as {name}."
            )
        }
        _ => "Someone else has signed in on this browser since this page was opened, so nothing can be saved here."
            .to_owned(),
    };
    Some(error_page::plain_page(StatusCode::PRECONDITION_FAILED, &says))
}
