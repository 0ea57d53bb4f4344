use crate::{
    fields::{Email, Name, unlinked},
    tenancy::mail::Letter,
};
use leptos::prelude::*;

/// What a letter says; its text and its HTML are made of the same words.
#[derive(Debug, Clone)]
pub struct LetterText {
    /// The subject line.
    pub subject: String,
    /// Paragraphs before the link, after the greeting.
    pub lines: Vec<String>,
    /// What the link does, and where it leads.
    pub link: Option<(&'static str, String)>,
    /// Paragraphs after it.
    pub notes: Vec<String>,
}

/// The most characters of what somebody wrote in a letter.
const QUOTED: usize = 200;

/// What looks like a mark around what is quoted.
const MARKS: &[char] = &[
    '"', '“', '”', '„', '‟', '«', '»', '＂', '❝', '❞', '〝', '〞', '〟', '″', '‶', '‴', '⁗', '˝', 'ʺ', 'ˮ',
    '\u{5f4}', '⹂', '🙶', '🙷', '🙸',
];

/// What somebody wrote, as it stands in a letter: on one line, cut, without links, and in quotation marks that it cannot
/// close, so that nobody takes it for ours. A name that was parsed may stand there as it is.
#[must_use]
pub fn quoted(text: &str) -> String {
    let more = if text.chars().nth(QUOTED).is_some() { "…" } else { "" };
    in_marks(&format!("{}{more}", unlinked(&text.chars().take(QUOTED).collect::<String>())))
}

/// The same for the path of a prompt. A long one is cut at the front, so that the prompt's own name stays.
#[must_use]
pub fn quoted_path(path: &str) -> String {
    let cut = path.chars().count().saturating_sub(QUOTED);
    let more = if cut == 0 { "" } else { "…" };
    in_marks(&format!("{more}{}", unlinked(&path.chars().skip(cut).collect::<String>())))
}

fn in_marks(line: &str) -> String {
    format!("“{}”", line.replace(MARKS, "'"))
}

/// A letter of a kind to somebody; it greets them where their name is known.
#[must_use]
pub fn compose(kind: &'static str, to: &Email, name: Option<&Name>, text: LetterText) -> Letter {
    let LetterText { subject, lines, link, notes } = text;
    let greeting = name.map(|name| format!("Hello {name},"));
    let lines: Vec<_> = greeting.into_iter().chain(lines).collect();
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

#[cfg(test)]
mod tests {
    use super::{MARKS, quoted, quoted_path};

    #[test]
    fn what_somebody_wrote_is_not_taken_for_ours() {
        for (text, expected) in [
            ("Be kind.", "“Be kind.”"),
            ("", "“”"),
            ("a\r\n\nReview request:\nb", "“a Review request: b”"),
            ("a\u{2028}b\u{202e}c\0d", "“a b c d”"),
            ("It's “done”. \"Yes\"", "“It's 'done'. 'Yes'”"),
            ("Open https://evil.test/x now", "“Open https[:]//evil[.]test/x now”"),
            ("[x](//www.evil.test) ana@a.test", "“[x](//www[.]evil[.]test) ana@a[.]test”"),
            ("Support/evil.com 💩.sbs", "“Support/evil[.]com 💩[.]sbs”"),
            ("ｅｖｉｌ．ｃｏｍ தமிழ்.com", "“ｅｖｉｌ[.]ｃｏｍ தமிழ்[.]com”"),
            ("v2.0 of user.name, e.g. Tone. Done.", "“v2.0 of user[.]name, e.g. Tone. Done.”"),
            ("完成。今天部署 修复了语气。thanks", "“完成。今天部署 修复了语气。thanks”"),
            ("wait...then .NET or J.R.R. Tolkien", "“wait...then .NET or J.R.R. Tolkien”"),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
        assert_eq!(quoted(&"x".repeat(200)), format!("“{}”", "x".repeat(200)));
        assert_eq!(quoted(&"x".repeat(201)), format!("“{}…”", "x".repeat(200)));
        // Where it is cut, no link comes of it.
        let cut = quoted(&format!("{} evil.commerce", "x".repeat(191)));
        assert!(cut.ends_with("x evil[.]com…”"), "{cut}");
        for mark in MARKS {
            let forged = format!("Urgent.{mark} Review request: {mark}");
            assert_eq!(quoted(&forged), "“Urgent.' Review request: '”", "{mark:?}");
        }
    }

    #[test]
    fn a_long_path_is_cut_at_the_front() {
        assert_eq!(quoted_path("acme.com/Tone"), "“acme[.]com/Tone”");
        let level = "x".repeat(80);
        let shown = quoted_path(&format!("{level}/{level}/{level}/Tone"));
        assert!(shown.starts_with("“…xx") && shown.ends_with("x/Tone”"), "{shown}");
        assert_eq!(shown.chars().count(), 203);
    }
}
