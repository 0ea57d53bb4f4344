//! `/api/docs`: the API for people to read, made from the document that programs read.

mod guide;
mod reference;
mod schema;

use crate::{error::Result, ui::PublicLayout, web::RequestContext};
use leptos::prelude::*;

/// `/api/docs`.
///
/// # Errors
/// None.
pub async fn docs(caller: RequestContext) -> Result<impl IntoView> {
    let base = caller.server.config.base_url.to_string();
    let document = super::document();
    let (guide, problems, reference, schemas) =
        (guide::guide(&base), guide::problems(), reference::operations(document), schema::all(document));
    Ok(view! {
        <PublicLayout title="HTTP API">
            <article class="docs">
                <h1>"HTTP API"</h1>
                {guide}
                {problems}
                {reference}
                {schemas}
            </article>
        </PublicLayout>
    })
}

/// A text with what stands between backticks as code.
fn prose(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').enumerate().map(|(n, part)| {
        let part = part.to_owned();
        if n % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
    });
    parts.collect_view()
}
