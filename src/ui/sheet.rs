use super::{Toast, cookies::cookie};
use crate::server::Caller;
use leptos::prelude::*;
use leptos_meta::{Body, Html, Stylesheet, Title};

/// The light or dark a person chose, or nothing for what their system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The cookie that remembers it; no secret, and read by the server only.
    pub const COOKIE: &'static str = "theme";

    /// The choice of the request being answered.
    #[must_use]
    pub fn chosen() -> Option<Self> {
        Self::parse(&cookie(Self::COOKIE)?)
    }

    /// The theme of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What every page has in its head: title, styles, theme.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a prop")]
pub fn Head(
    /// The title of the page.
    #[prop(into)]
    title: String,
    /// The style sheet.
    styles: &'static str,
    /// The class of the body.
    class: &'static str,
) -> impl IntoView {
    let url = Caller::here().map(|caller| caller.server.assets.url(styles)).unwrap_or_default();
    let theme = Theme::chosen().map(Theme::as_str);
    // The library writes the title as it is: a name in it could end it and go on as markup.
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    view! {
        <Title text=format!("{title} · Prompt Studio")/>
        <Stylesheet id="styles" href=url/>
        <Html {..} data-theme=theme/>
        <Body {..} class=class/>
    }
}

/// A page outside any organization: one card in the middle, no script.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a prop")]
pub fn Sheet(
    /// The title of the page, for the window.
    #[prop(into)]
    title: String,
    /// What stands below the card.
    #[prop(optional, into)]
    aside: ViewFn,
    /// What is on the card.
    children: Children,
) -> impl IntoView {
    let mailbox = Caller::here().is_ok_and(|caller| caller.server.mail.mailbox().is_some());
    view! {
        <Head title styles="public.css" class="public"/>
        <main class="sheet" id="main">
            <a class="brand" href="/"><img src="/favicon.svg" alt="" width="24" height="24"/>"Prompt Studio"</a>
            <section class="card">{children()}</section>
            {aside.run()}
            {mailbox.then(|| view! {
                <p class="aside">"Development: letters are in the "<a href=crate::paths::MAILBOX>"mailbox"</a>"."</p>
            })}
        </main>
        <Toast/>
    }
}
