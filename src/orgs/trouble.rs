//! What a signed-in person sees when a page does not exist or is not for them: the message, inside the usual
//! navigation.

use super::{AppLayout, Place, store};
use crate::{
    error::{Error, Result},
    paths,
    role::Role,
    tenancy::Scope,
    ui::{Bake, Html, told},
    web::{RequestContext, response, role_change},
};
use leptos::prelude::*;

/// The page that says what went wrong.
///
/// # Errors
/// The same error, where there is nothing to show around it: nobody is signed in, or it is of another kind.
pub async fn trouble(caller: &RequestContext, error: Error) -> Result<Html> {
    if !matches!(error, Error::NotFound | Error::Forbidden) {
        return Err(error);
    }
    let Some((scope, frame)) = around(caller).await? else { return Err(error) };
    response::set_status(error.status());
    let (title, advice) = told(&error);
    let place = if error == Error::Forbidden { Place::Refused } else { Place::Missing };
    let why = if error == Error::Forbidden { why(caller, &scope).await? } else { Vec::new() };
    let why = (!why.is_empty()).then(|| view! { <p role="alert">{why.join(" ")}</p> });
    let home = format!("Go to {}", scope.organization().name);
    let page = view! {
        <section class="trouble">
            <p class="code">{error.status()}</p>
            <h1>{title}</h1>
            {why}
            <p>{advice}</p>
            <a class="button" data-kind="primary" href=paths::organization(scope.slug())>{home}</a>
        </section>
    };
    Ok(frame.show(place, page).bake())
}

/// The organization that the URL names, or else the one that the person was in last: nobody is told whether
/// there is one of that name.
async fn around(caller: &RequestContext) -> Result<Option<(Scope, AppLayout)>> {
    let Some(person) = caller.person().await? else { return Ok(None) };
    match AppLayout::enter(caller).await {
        Ok(entered) => return Ok(Some(entered)),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let Some(home) = store::home_of(&caller.server, &person).await? else { return Ok(None) };
    match AppLayout::enter(&caller.clone().at(&paths::organization(&home))).await {
        Ok(entered) => Ok(Some(entered)),
        Err(Error::NotFound | Error::SecondFactorMissing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a page is not for somebody: what changed, and whom it is for.
async fn why(caller: &RequestContext, scope: &Scope) -> Result<Vec<String>> {
    let mut why = Vec::new();
    let organization = scope.organization();
    if let Some(person) = scope.person()
        && let Some(change) = role_change::lately(scope.server(), organization.id, person.id).await?
    {
        let by = if change.is_own { Some("You".to_owned()) } else { change.who.map(|name| name.to_string()) };
        why.push(format!("{} changed your role to {}.", by.as_deref().unwrap_or("Someone"), scope.role()));
    }
    if let Some(least) = Place::least_role(&organization.slug, &caller.page) {
        why.push(format!("This page is for {}.", and_above(least)));
    }
    Ok(why)
}

fn and_above(least: Role) -> &'static str {
    match least {
        Role::Owner => "Owners",
        Role::Admin => "Admins and Owners",
        Role::Editor => "Editors, Admins and Owners",
        Role::Viewer => "all members",
    }
}
