use crate::kernel::long_work;
use leptos::{
    prelude::*,
    tachys::{
        html::InertElement,
        view::{Position, RenderFlags},
    },
};

/// A piece of a page that is already rendered: text that takes its place in the rest.
pub type Html = InertElement;

/// Rendering a view where it is made.
///
/// Pages are text in the end, and nothing in them is hydrated but islands. To carry views of many
/// kinds on to the end they would be boxed, and for that every attribute copied (`into_any`); a
/// table of a hundred rows took five times as long.
pub trait Bake {
    /// The view as text, every value in it escaped.
    fn bake(self) -> Html;
}

impl<V: IntoView> Bake for V {
    fn bake(self) -> Html {
        // Islands within it look for the marks that hydration needs.
        Html::new(render(self, RenderFlags::HYDRATE))
    }
}

/// About the most bytes that are written at once: one or two milliseconds' work.
const AT_ONCE: usize = 256 * 1024;

/// A view as text. While a long one is written, other tasks of the thread go on elsewhere.
pub(super) fn render(view: impl IntoView, flags: RenderFlags) -> String {
    let view = view.into_view();
    // The length is that of the texts and a guess of what is around them.
    let length = view.html_len();
    let write = || {
        let mut html = String::with_capacity(length + length / 8);
        view.to_html_with_buf(&mut html, &mut Position::FirstChild, flags, Vec::new());
        html
    };
    if length > AT_ONCE { long_work::within(length, write) } else { write() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        let html = view! { <p title="\"><b>">{"</p><script>alert(1)</script>"}</p> }.into_view().to_html();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        let area = view! { <textarea>{"</textarea><script>"}</textarea> }.into_view().to_html();
        assert!(!area.contains("</textarea><script>"), "{area}");
    }
}
