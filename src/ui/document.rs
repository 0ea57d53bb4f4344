//! The document around every page.

use super::{Theme, bake::render};
use crate::web::{RequestContext, response};
use axum::http::header;
use leptos::{nonce::use_nonce, prelude::*, tachys::view::RenderFlags};

/// Pages fade into each other. This stands in the page: when a style sheet comes late, the browser has
/// looked for it before.
const TRANSITION: &str = "@media (prefers-reduced-motion:no-preference){@view-transition{navigation:auto}}";

/// What a page tells the document around it.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The title of the page, without the product's name.
    pub title: String,
    /// The style sheet.
    pub styles: &'static str,
    /// The class of the body.
    pub class: &'static str,
}

impl Head {
    /// Tells it to the document of the page being made.
    pub fn tell(self) {
        provide_context(self);
    }
}

/// The document around a page. Only scripts of ours run, and only with this answer's nonce.
pub(super) fn document(page: impl IntoView) -> String {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    response::set_header(header::CONTENT_SECURITY_POLICY, &policy);
    let page = page.into_view();
    let Head { title, styles, class } = use_context().unwrap_or_default();
    let styles = RequestContext::here().map(|caller| caller.web.assets.url(styles)).unwrap_or_default();
    let theme = Theme::chosen().map(Theme::as_str);
    // Scripts say it with what they send.
    let person =
        RequestContext::here().ok().and_then(|caller| caller.visit()).map(|visit| visit.user.to_string());
    let document = view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-person=person>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{title} · Prompt Studio")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <style>{TRANSITION}</style>
                <link rel="stylesheet" href=styles/>
            </head>
            <body class=class>{page}</body>
        </html>
    };
    render(document, RenderFlags::HYDRATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stays_text() {
        let html = Owner::new_root(None).with(|| {
            Head { title: "</title><script>".to_owned(), styles: "", class: "" }.tell();
            document(())
        });
        assert!(html.contains("<title>&lt;/title&gt;&lt;script&gt; · Prompt Studio</title>"), "{html}");
    }
}
