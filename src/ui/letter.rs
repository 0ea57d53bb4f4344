use crate::{fields::Email, server::mail::Letter};
use leptos::prelude::*;

/// What a letter says; its text and its HTML are made of the same words.
#[derive(Debug, Clone)]
pub struct LetterText {
    /// The subject line.
    pub subject: String,
    /// Paragraphs before the link.
    pub lines: Vec<String>,
    /// What the link does, and where it leads.
    pub link: Option<(&'static str, String)>,
    /// Paragraphs after it.
    pub notes: Vec<String>,
}

/// A letter of a kind to somebody.
#[must_use]
pub fn compose(kind: &'static str, to: &Email, text: LetterText) -> Letter {
    let LetterText { subject, lines, link, notes } = text;
    let plain_link = link.as_ref().map(|(label, url)| format!("{label}:\n{url}"));
    let plain =
        lines.iter().cloned().chain(plain_link).chain(notes.iter().cloned()).collect::<Vec<_>>().join("\n\n");
    let html = html(&subject, lines, link, notes);
    Letter { kind, to: to.to_string(), subject, text: format!("{plain}\n"), html }
}

/// Tables and inline styles: what mail programs understand.
fn html(
    subject: &str,
    lines: Vec<String>,
    link: Option<(&'static str, String)>,
    notes: Vec<String>,
) -> String {
    const BODY: &str = "margin:0;padding:32px 16px;background:#f6f6f9;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#1c1c28";
    const CARD: &str = "max-width:480px;margin:0 auto;padding:32px;background:#ffffff;border-radius:10px";
    const BUTTON: &str = "display:inline-block;padding:10px 18px;border-radius:6px;background:#4a46c8;color:#ffffff;text-decoration:none;font-weight:600";
    const SMALL: &str = "font-size:13px;color:#5b5b6b";
    let paragraph = |text: String| view! { <p>{text}</p> };
    let small = |text: String| view! { <p style=SMALL>{text}</p> };
    let link = link.map(|(label, url)| {
        view! {
            <p style="margin:24px 0"><a href=url.clone() style=BUTTON>{label}</a></p>
            <p style=SMALL>"Or open this link: "<a href=url.clone() style="color:#4a46c8;word-break:break-all">{url.clone()}</a></p>
        }
    });
    let page = view! {
        <html lang="en">
            <head><meta charset="utf-8"/><title>{subject.to_owned()}</title></head>
            <body style=BODY>
                <div style=CARD>
                    {lines.into_iter().map(paragraph).collect_view()}
                    {link}
                    {notes.into_iter().map(small).collect_view()}
                </div>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}
