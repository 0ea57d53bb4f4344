use super::{Bake, Sheet};
use crate::{
    error::{Error, Result},
    paths,
    server::{Caller, forms},
};
use leptos::prelude::*;

/// A page that reads what it shows first. An error becomes the page that says so, with its status;
/// somebody who is signed out is sent to sign in and come back.
pub fn page<V: IntoView + 'static>(load: impl Future<Output = Result<V>> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        match load.await {
            Ok(view) => view.bake(),
            Err(Error::SignedOut) => {
                let page = Caller::here().map(|caller| caller.page.to_string()).ok();
                go_on(&paths::with_next(paths::SIGN_IN, page.as_deref()));
                ().bake()
            }
            Err(error) => view! { <ErrorPage error/> }.bake(),
        }
    })
}

/// Leads to another page instead of showing this one, whatever the client accepts.
pub fn go_on(path: &str) {
    forms::go(path);
    forms::set_status(302);
}

/// A page that says what went wrong and what to do next.
#[component]
pub fn ErrorPage(
    /// What went wrong.
    error: Error,
) -> impl IntoView {
    forms::set_status(error.status());
    let (title, text) = match &error {
        Error::NotFound => (
            "Nothing here",
            "The page does not exist, or it belongs to a workspace you are not a member of.".to_owned(),
        ),
        Error::Forbidden => {
            ("Not for your role", "Ask an Owner or Admin of the workspace if you need this.".to_owned())
        }
        Error::Unavailable { .. } => ("Back in a moment", error.to_string()),
        Error::Internal { .. } => ("Something went wrong", error.to_string()),
        _ => ("That did not work", error.to_string()),
    };
    view! {
        <Sheet title>
            <p class="code">{error.status()}</p>
            <h1>{title}</h1>
            <p class="lead">{text}</p>
            <a class="button" data-kind="primary" href=paths::HOME>"Go to your workspace"</a>
        </Sheet>
    }
}
