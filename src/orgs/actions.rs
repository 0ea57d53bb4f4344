//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use crate::error::Error;
use leptos::prelude::*;

/// Makes an organization and leads to it.
#[server(endpoint = "organizations/create")]
pub async fn create_organization(name: String, slug: String) -> Result<(), Error> {
    use crate::{
        error::Flaws,
        fields::{Name, Slug},
        orgs::store,
        paths,
        server::{Caller, forms},
        ui::Notice,
    };
    let caller = Caller::here()?;
    let founder = caller.signed_in().await?;
    let mut flaws = Flaws::default();
    let name = flaws.check("name", Name::parse(&name));
    let parsed = flaws.check("slug", Slug::parse(slug.trim()));
    let (Some(name), Some(slug)) = (name, parsed) else { return Err(flaws.into_error()) };
    store::create_team(&caller, &founder, name, slug.clone()).await?;
    caller.rotate().await?;
    Notice::Created.say();
    forms::go(&paths::organization(&slug));
    Ok(())
}

/// Whether a slug can be had. For those signed in: it tells which slugs exist.
#[server(endpoint = "organizations/check_slug", input = leptos::server_fn::codec::GetUrl)]
pub async fn check_slug(slug: String) -> Result<bool, Error> {
    use crate::{fields::Slug, orgs::store, server::Caller};
    let caller = Caller::here()?;
    caller.visit().ok_or(Error::SignedOut)?;
    match Slug::parse(&slug) {
        Ok(slug) => store::is_free(&caller.server, &slug).await,
        Err(_) => Ok(false),
    }
}

/// Changes the general settings.
#[server(endpoint = "organizations/update_settings")]
pub async fn update_settings(
    org: String,
    name: String,
    default_role: String,
    invitation_hours: String,
) -> Result<(), Error> {
    use crate::{
        error::Flaws,
        fields::Name,
        orgs::{DefaultRole, store},
        role::{ManageSettings, Role},
    };
    use crate::{
        server::{Caller, Scope},
        time::Span,
        ui::Notice,
    };
    let grant = Scope::enter(&Caller::here()?, &org).await?.require::<ManageSettings>()?;
    let mut flaws = Flaws::default();
    let name = flaws.check("name", Name::parse(&name));
    let role = Role::parse(&default_role).and_then(DefaultRole::new);
    let role = flaws.check("default_role", role.ok_or("Choose Admin, Editor or Viewer."));
    let hours = invitation_hours.parse().ok().filter(|hours| (1..=720).contains(hours));
    let hours = flaws.check("invitation_hours", hours.ok_or("Choose between 1 hour and 30 days."));
    let (Some(name), Some(role), Some(hours)) = (name, role, hours) else { return Err(flaws.into_error()) };
    store::update(&grant, name, role, Span::hours(hours)).await?;
    Notice::Saved.say();
    Ok(())
}
