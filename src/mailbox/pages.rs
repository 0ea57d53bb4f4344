//! The pages of the mailbox.

use crate::{
    error::{Error, Result},
    paths,
    tenancy::mail::Delivered,
    ui::{Bake, Empty, PublicLayout, When, glyph},
    web::RequestContext,
};
use leptos::prelude::*;

/// `/dev/mailbox`.
///
/// # Errors
/// [`Error::NotFound`] when there is no mailbox.
pub async fn mailbox(caller: RequestContext) -> Result<impl IntoView> {
    let letters = caller.server.mail.mailbox().ok_or(Error::NotFound)?;
    let now = caller.server.clock.now();
    let list = if letters.is_empty() {
        view! { <Empty icon=glyph::Inbox title="No emails"><p>"Emails that the server would send are listed here."</p></Empty> }.bake()
    } else {
        let items = letters.into_iter().map(|delivered| {
            let Delivered { id, to, at, letter } = delivered;
            view! {
                <li>
                    <a href=format!("{}/{id}", paths::MAILBOX)>
                        <strong>{letter.subject}</strong><When at now/><span>{to}</span>
                    </a>
                </li>
            }
        });
        view! { <ul class="letters" role="list">{items.collect_view()}</ul> }.bake()
    };
    Ok(view! { <PublicLayout title="Mailbox"><h1>"Mailbox"</h1>{list}</PublicLayout> })
}

/// `/dev/mailbox/{letter}`.
///
/// # Errors
/// [`Error::NotFound`] when there is no mailbox, or no such letter in it.
pub async fn letter(caller: RequestContext) -> Result<impl IntoView> {
    let letters = caller.server.mail.mailbox().ok_or(Error::NotFound)?;
    let wanted = caller.segment(2).to_owned();
    let delivered =
        letters.into_iter().find(|delivered| delivered.id.to_string() == wanted).ok_or(Error::NotFound)?;
    let Delivered { to, letter, .. } = delivered;
    let aside = || view! { <p class="aside"><a href=paths::MAILBOX>"All emails"</a></p> };
    let subject = letter.subject.clone();
    Ok(view! {
        <PublicLayout title=letter.subject aside>
            <article class="letter">
                <h1>{subject}</h1>
                <p class="meta">"to "{to}</p>
                <pre>{with_links(&letter.text)}</pre>
            </article>
        </PublicLayout>
    })
}

/// The text with its addresses of pages made into links.
fn with_links(text: &str) -> impl IntoView + use<> {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let url = word.trim_end();
        if url.starts_with("http://") || url.starts_with("https://") {
            view! { <a href=url.to_owned()>{word.to_owned()}</a> }.bake()
        } else {
            word.to_owned().bake()
        }
    });
    words.collect_view()
}
