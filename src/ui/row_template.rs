use super::bake::render;
use html_escape::encode_double_quoted_attribute_to_string as escape;
use leptos::{prelude::*, tachys::view::RenderFlags};

/// A view with gaps, rendered once, to be filled for each row of a long list.
///
/// A row is some thirty elements, of which a handful of values differ. Building the view a hundred
/// times took most of the time of a page; filling in what differs takes none worth speaking of.
#[derive(Debug)]
pub struct RowTemplate {
    /// What stands before each gap, and which gap it is.
    parts: Vec<(String, usize)>,
    /// What stands after the last.
    end: String,
}

/// Marks where a value goes, in a text or an attribute of the view. No view of ours has the mark
/// otherwise: values never pass through it.
#[must_use]
pub fn gap(n: u8) -> String {
    format!("{MARK}{}", char::from(b'0' + n))
}

const MARK: char = '\u{1}';

impl RowTemplate {
    /// Renders the view and finds its gaps.
    pub fn new(view: impl IntoView) -> Self {
        // No island stands in a row, so it needs no marks.
        let html = render(view, RenderFlags::new(true, false, false));
        let mut parts = Vec::new();
        let mut rest = html.as_str();
        while let Some((before, after)) = rest.split_once(MARK) {
            let gap = after.bytes().next().unwrap_or(b'0').wrapping_sub(b'0');
            parts.push((before.to_owned(), usize::from(gap)));
            rest = after.get(1..).unwrap_or_default();
        }
        Self { parts, end: rest.to_owned() }
    }

    /// Writes the view with its gaps filled; the values are escaped, as views escape theirs. A gap without a value
    /// stays empty.
    pub fn fill(&self, html: &mut String, values: &[&str]) {
        for (before, gap) in &self.parts {
            html.push_str(before);
            escape(values.get(*gap).copied().unwrap_or_default(), html);
        }
        html.push_str(&self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_and_values_stay_text() {
        let stencil = RowTemplate::new(view! { <p title=gap(1)><b>{gap(0)}</b><i>{gap(0)}</i></p> });
        let mut html = String::new();
        stencil.fill(&mut html, &["</p><b>", "\"'&"]);
        assert_eq!(
            html,
            "<p title=\"&quot;'&amp;\"><b>&lt;/p&gt;&lt;b&gt;</b><i>&lt;/p&gt;&lt;b&gt;</i></p>"
        );
    }

    #[test]
    fn a_value_cannot_pass_for_a_gap() {
        let stencil = RowTemplate::new(view! { <p><b>{gap(0)}</b><i>{gap(1)}</i></p> });
        let mut html = String::new();
        stencil.fill(&mut html, &["\u{1}1", "secret"]);
        assert_eq!(html, "<p><b>\u{1}1</b><i>secret</i></p>");
    }
}
