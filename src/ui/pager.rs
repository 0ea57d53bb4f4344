use super::{Bake, Html};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The way to the other pages of a list, where there are any.
#[component]
pub fn Pager(
    /// The URL of the first page, when this is not it.
    first: Option<String>,
    /// The URL of the next page.
    next: Option<String>,
) -> impl IntoView {
    let any = first.is_some() || next.is_some();
    any.then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {first.map(|url| view! { <a class="button" href=url>"First page"</a> })}
                {next.map(|url| view! { <a class="button" rel="next" href=url>"Next page"</a> })}
            </nav>
        }
    })
}

/// The way to every page of a list whose length is known, and which part of it is shown; nothing where it fits on one.
/// `url` is that of the page that begins after so many.
pub fn pages(from: i64, size: i64, total: i64, url: impl Fn(i64) -> String) -> Option<Html> {
    let (last, here) = ((total - 1).max(0) / size, from / size);
    if last == 0 && from == 0 {
        return None;
    }
    let shown = [0, here - 1, here, here + 1, last].into_iter().filter(|page| (0..=last).contains(page));
    let shown: BTreeSet<i64> = shown.collect();
    let mut before = -1;
    let numbers = shown.into_iter().map(|page| {
        let gap = (page > before + 1).then(|| view! { <span aria-hidden="true">"…"</span> });
        before = page;
        let current = (page == here).then_some("page");
        let label = format!("Page {}", page + 1);
        view! { {gap}<a class="button" data-size="small" href=url(page * size) aria-label=label aria-current=current>{page + 1}</a> }
    });
    let numbers: Vec<_> = numbers.collect();
    let step = |to: i64, rel: &'static str, label: &'static str| {
        let url = (0..=last).contains(&to).then(|| url(to * size));
        url.map(|url| view! { <a class="button" data-size="small" rel=rel href=url>{label}</a> })
    };
    let (previous, next) = (step(here - 1, "prev", "Previous"), step(here + 1, "next", "Next"));
    let range = format!("{}–{} of {total}", (from + 1).min(total), (from + size).min(total));
    let shown = view! {
        <nav class="pager" aria-label="Pages"><span class="count">{range}</span>{previous}{numbers}{next}</nav>
    };
    Some(shown.bake())
}
