use super::{Toast, document::Head};
use crate::web::RequestContext;
use leptos::prelude::*;

/// A page outside any organization: one card in the middle, no script.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a prop")]
pub fn PublicLayout(
    /// The title of the page, for the window.
    #[prop(into)]
    title: String,
    /// What stands below the card.
    #[prop(optional, into)]
    aside: ViewFn,
    /// What is on the card.
    children: Children,
) -> impl IntoView {
    Head { title, styles: "public.css", class: "public" }.tell();
    let mailbox = RequestContext::here().is_ok_and(|caller| {
        caller.server.mail.mailbox().is_some() && !caller.page.starts_with(crate::paths::MAILBOX)
    });
    view! {
        <main class="sheet" id="main">
            <a class="brand" href="/"><img src="/favicon.svg" alt="" width="24" height="24"/>"Prompt Studio"</a>
            <section class="card">{children()}</section>
            {aside.run()}
            {mailbox.then(|| view! {
                <p class="aside">"Development mode: emails are in the "<a href=crate::paths::MAILBOX>"mailbox"</a>"."</p>
            })}
        </main>
        <Toast/>
    }
}
