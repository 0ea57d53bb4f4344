use leptos::prelude::*;

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
