use crate::{
    fields::{Email, unlinked, without_links},
    server::mail::Letter,
};
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
    let line = without_links(&text.chars().take(QUOTED).collect::<String>());
    in_marks(&format!("{line}{more}"))
}

/// The path of a prompt, as it stands in a letter: with spaces between its levels, without links, and in quotation marks
/// that it cannot close. A long one is cut at the front, so that the prompt's own name stays.
#[must_use]
pub fn quoted_path(path: &str) -> String {
    let mut levels = path.rsplit('/').map(unlinked);
    let mut shown = levels.next().unwrap_or_default();
    for level in levels {
        if shown.chars().count() + level.chars().count() > QUOTED {
            shown.insert_str(0, "… / ");
            break;
        }
        shown = format!("{level} / {shown}");
    }
    in_marks(&shown)
}

fn in_marks(line: &str) -> String {
    format!("“{}”", line.replace(MARKS, "'"))
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
            ("Open https://evil.test/x now", "“Open [link removed] now”"),
            ("[x](//www.evil.test) ana@example.com", "“[link removed] [link removed]”"),
            ("Support/evil.com evil.com/Tone", "“[link removed] [link removed]”"),
            ("ｅｖｉｌ．ｃｏｍ ev\u{ad}il.com", "“[link removed] [link removed]”"),
            ("v2.0 of Node.js, e.g. Support/Tone.", "“v2.0 of Node.js, e.g. Support/Tone.”"),
            // Ends of hosts that are not common ones.
            ("Approve at evil.support", "“Approve at [link removed]”"),
            ("evil.finance, Evil.bank! (evil.sbs)", "“[link removed] [link removed] [link removed]”"),
            ("evil．space EVIL.tECH 💩.sbs", "“[link removed] [link removed] [link removed]”"),
            // Ends that no host has.
            ("See notes.txt, Node.js/Tone i.e. v1.x", "“See notes.txt, Node.js/Tone i.e. v1.x”"),
            ("完成。今天部署 修复了语气。thanks", "“完成。今天部署 修复了语气。thanks”"),
            ("wait...then .NET or J.R.R. Tolkien", "“wait...then .NET or J.R.R. Tolkien”"),
            // Sentences.
            ("It's done.Then Evil.Support EVIL.SUPPORT", "“It's done. Then Evil. Support EVIL. SUPPORT”"),
            ("J.Page evil．Support 💩.Support", "“J. Page evil． Support 💩. Support”"),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
        assert_eq!(quoted(&"x".repeat(200)), format!("“{}”", "x".repeat(200)));
        assert_eq!(quoted(&"x".repeat(201)), format!("“{}…”", "x".repeat(200)));
        // Where it is cut, no link comes of it.
        let cut = quoted(&format!("{} evil.commerce", "x".repeat(191)));
        assert!(cut.ends_with("x [link removed]…”"), "{cut}");
        for mark in MARKS {
            let forged = format!("Urgent.{mark} Review request: {mark}");
            assert_eq!(quoted(&forged), "“Urgent.' Review request: '”", "{mark:?}");
        }
    }

    #[test]
    fn a_path_is_read_and_leads_nowhere() {
        for (path, expected) in [
            ("Tone", "“Tone”"),
            ("Support/Tone", "“Support / Tone”"),
            ("Node.js/Tone", "“Node.js / Tone”"),
            ("Support v2.0/e.g. notes.txt", "“Support v2.0 / e.g. notes.txt”"),
            ("acme.com review/Tone", "“acme[.]com review / Tone”"),
            ("Support/evil.com", "“Support / evil[.]com”"),
            ("Support/Pay at evil.support", "“Support / Pay at evil[.]support”"),
            ("evil．com/evil。com", "“evil[.]com / evil[.]com”"),
            ("Evil.Support/x", "“Evil. Support / x”"),
            ("www.evil/Tone", "“www[.]evil / Tone”"),
            ("a” to b/“c", "“a' to b / 'c”"),
            ("a\u{2028}b/c", "“a b / c”"),
            ("", "“”"),
        ] {
            assert_eq!(quoted_path(path), expected, "{path:?}");
        }
        let level = "x".repeat(80);
        let long = format!("{level}/{level}/{level}/{level}/Tone");
        assert_eq!(quoted_path(&long), format!("“… / {level} / {level} / Tone”"));
        assert_eq!(quoted_path(&"x".repeat(201)), format!("“{}”", "x".repeat(201)));
    }
}
