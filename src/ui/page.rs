//! From a request to a page: what it shows is read first, then it is written, whole.
//!
//! Nothing of a page comes later and the browser has no router, so neither streaming nor a router
//! of components is needed: an empty page costs a third of what it costs with them.

use super::{PublicLayout, document::document};
use crate::{
    error::{Error, Result},
    paths,
    web::{RequestContext, error_page, response},
};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use leptos::{
    nonce::provide_nonce,
    prelude::*,
    reactive::{computed::ScopedFuture, owner::Owner},
};
use leptos_axum::ResponseOptions;
use std::sync::PoisonError;

/// The route of a page, which `make` makes for a caller. An error becomes the page that says so,
/// with its status; somebody who is signed out is sent to sign in and come back.
pub fn page<P, F, V>(make: P) -> MethodRouter
where
    P: Fn(RequestContext) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<V>> + Send + 'static,
    V: IntoView,
{
    get(move |request: Request| respond(make.clone(), request))
}

async fn respond<P, F, V>(make: P, request: Request) -> Response
where
    P: Fn(RequestContext) -> F,
    F: Future<Output = Result<V>> + Send + 'static,
    V: IntoView,
{
    let (parts, _) = request.into_parts();
    let Some(caller) = parts.extensions.get::<RequestContext>().cloned() else {
        return error_page::plain_error(&Error::Unavailable { retry_after: 5 });
    };
    let owner = Owner::new_root(None);
    let said = ResponseOptions::default();
    let page = caller.page.clone();
    let written = owner.with(|| {
        provide_context(parts);
        provide_context(said.clone());
        provide_nonce();
        let make = Box::pin(make(caller));
        ScopedFuture::new_untracked(async move { write(&page, make.await) })
    });
    let mut response = axum::response::Html(written.await).into_response();
    owner.cleanup();
    let said = std::mem::take(&mut *said.0.write().unwrap_or_else(PoisonError::into_inner));
    *response.status_mut() = said.status.unwrap_or_default();
    response.headers_mut().extend(said.headers);
    response
}

fn write<V: IntoView>(page: &str, made: Result<V>) -> String {
    match made {
        Ok(view) => document(view),
        Err(Error::SignedOut) => {
            go_on(&paths::with_next(paths::SIGN_IN, Some(page)));
            String::new()
        }
        Err(Error::SecondFactorMissing) => {
            go_on(paths::ACCOUNT_SECURITY);
            String::new()
        }
        Err(error) => document(view! { <ErrorPage error/> }),
    }
}

/// Leads to another page instead of showing this one.
pub fn go_on(path: &str) {
    response::go(path);
    response::set_status(302);
}

/// The page of an address that leads nowhere.
///
/// # Errors
/// Always [`Error::NotFound`].
pub async fn not_found(_: RequestContext) -> Result<()> {
    Err(Error::NotFound)
}

/// What is said of an error where a page should be: a headline, and what to do next.
#[must_use]
pub fn told(error: &Error) -> (&'static str, String) {
    match error {
        Error::NotFound => (
            "Page not found",
            "This page doesn't exist, or it belongs to an organization you're not a member of.".to_owned(),
        ),
        Error::Forbidden => (
            "Your role doesn't allow this",
            "If you need access, ask an Owner or Admin of the organization.".to_owned(),
        ),
        Error::Unavailable { .. } => ("Temporarily unavailable", error.to_string()),
        Error::Internal { .. } => ("Something went wrong", error.to_string()),
        _ => ("That didn't work", error.to_string()),
    }
}

/// A page that says what went wrong and what to do next.
#[component]
fn ErrorPage(
    /// What went wrong.
    error: Error,
) -> impl IntoView {
    response::set_status(error.status());
    let (title, text) = told(&error);
    view! {
        <PublicLayout title>
            <p class="code">{error.status()}</p>
            <h1>{title}</h1>
            <p class="lead">{text}</p>
            <a class="button" data-kind="primary" href=paths::HOME>"Go to your dashboard"</a>
        </PublicLayout>
    }
}
