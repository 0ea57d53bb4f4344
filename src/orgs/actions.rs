//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{DefaultRole, closure, image, settings, store};
use crate::{
    error::{Error, Flaws},
    fields::{self, Domains, Name, Slug},
    paths,
    role::{self, ManageSettings, Role},
    time::Span,
    ui::Notice,
    web::{RequestContext, filled_from::FilledFrom, response},
};
use leptos::prelude::*;

/// Makes an organization and leads to it.
#[server(endpoint = "organizations/create")]
pub async fn create_organization(name: String, slug: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let founder = caller.signed_in().await?;
    let mut flaws = Flaws::default();
    let name = flaws.check("name", Name::parse(&name));
    let parsed = flaws.check("slug", Slug::parse(slug.trim()));
    let (Some(name), Some(slug)) = (name, parsed) else { return Err(flaws.into_error()) };
    caller.rotate().await?;
    let change = caller.change_own_account().await?;
    store::create_team(change, &caller, &founder, name, slug.clone()).await?;
    Notice::Created.say();
    response::go(&paths::organization(&slug));
    Ok(())
}

/// Whether a slug can be had. For those signed in: it tells which slugs exist.
#[server(endpoint = "organizations/check_slug", input = leptos::server_fn::codec::GetUrl)]
pub async fn check_slug(slug: String) -> Result<bool, Error> {
    let caller = RequestContext::here()?;
    caller.visit().ok_or(Error::SignedOut)?;
    match Slug::parse(&slug) {
        Ok(slug) => store::is_free(&caller.server, &slug).await,
        Err(_) => Ok(false),
    }
}

/// Changes what the organization is called and said to be for.
#[server(endpoint = "organizations/update_settings")]
pub async fn update_settings(
    org: String,
    name: String,
    #[server(default)] description: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let seen = FilledFrom::of(&caller);
    let grant = caller.enter(&org).await?.require::<ManageSettings>()?;
    let mut flaws = Flaws::default();
    let name = flaws.check("name", seen.read("name", &name, Name::parse));
    let description = flaws.check("description", fields::text(&description, 500));
    let (Some(name), Some(description)) = (name, description) else { return Err(flaws.into_error()) };
    settings::change(&grant, |settings| {
        let mut flaws = Flaws::default();
        settings.name = seen.settle_read(&mut flaws, "name", name, &settings.name);
        settings.description = seen.settle(&mut flaws, "description", description, &settings.description);
        flaws.finish()
    })
    .await?;
    Notice::Saved.say();
    Ok(())
}

/// Sets the colour of the avatar and its picture, which is the file of the field `image`.
#[server(endpoint = "organizations/set_avatar")]
pub async fn set_avatar(
    org: String,
    #[server(default)] hue: String,
    #[server(default)] remove: bool,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ManageSettings>()?;
    let angle = match hue.as_str() {
        "" => None,
        hue => match hue.parse() {
            Ok(angle @ 0..360) => Some(angle),
            _ => return Err(Error::invalid("hue", "Choose one of the colors.")),
        },
    };
    image::set(&grant, angle, caller.file("image"), remove).await?;
    Notice::Saved.say();
    Ok(())
}

/// Sets how people are invited.
#[server(endpoint = "organizations/set_invitation_rules")]
pub async fn set_invitation_rules(
    org: String,
    default_role: String,
    invitation_hours: String,
    #[server(default)] allowed_domains: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let seen = FilledFrom::of(&caller);
    let grant = caller.enter(&org).await?.require::<ManageSettings>()?;
    let mut flaws = Flaws::default();
    let role = Role::parse(&default_role).and_then(DefaultRole::new);
    let role = flaws.check("default_role", role.ok_or("Choose Admin, Editor or Viewer."));
    let hours = invitation_hours.parse().ok().filter(|hours| (1..=720).contains(hours));
    let hours = flaws.check("invitation_hours", hours.ok_or("Choose between 1 hour and 30 days."));
    let domains = flaws.check("allowed_domains", Domains::parse(&allowed_domains));
    let (Some(role), Some(hours), Some(domains)) = (role, hours, domains) else {
        return Err(flaws.into_error());
    };
    settings::change(&grant, |settings| {
        let mut flaws = Flaws::default();
        let role =
            seen.settle(&mut flaws, "default_role", role.role().as_str(), &settings.default_role.as_str());
        settings.default_role = Role::parse(role).unwrap_or(settings.default_role);
        let now = settings.invitation_span.whole_hours();
        settings.invitation_span = Span::hours(seen.settle(&mut flaws, "invitation_hours", hours, &now));
        let (mine, now) = (domains.as_str().to_owned(), settings.allowed_domains.as_str().to_owned());
        if seen.settle(&mut flaws, "allowed_domains", mine, &now) != now {
            settings.allowed_domains = domains;
        }
        flaws.finish()
    })
    .await?;
    Notice::Saved.say();
    Ok(())
}

/// Sets whether members must use two-factor.
#[server(endpoint = "organizations/set_access")]
pub async fn set_access(org: String, #[server(default)] two_factor: bool) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageSettings>()?;
    let now = grant.server().clock.now();
    settings::change(&grant, |settings| {
        settings.two_factor_since = two_factor.then(|| settings.two_factor_since.unwrap_or(now));
        Ok(())
    })
    .await?;
    Notice::Saved.say();
    Ok(())
}

/// Deletes the organization, by typing its slug and the password.
#[server(endpoint = "organizations/delete")]
pub async fn delete_organization(
    org: String,
    slug: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<role::DeleteOrganization>()?;
    if slug.trim() != grant.slug().as_str() {
        return Err(Error::invalid("slug", "This doesn't match the URL. Check the spelling."));
    }
    let proof = caller.prove(&password).await?;
    closure::delete(&grant, &proof).await?;
    Notice::OrganizationDeleted.say();
    response::go(paths::ACCOUNT_ORGANIZATIONS);
    Ok(())
}

/// Restores a deleted organization, as one of its Owners.
#[server(endpoint = "organizations/restore")]
pub async fn restore_organization(slug: String) -> Result<(), Error> {
    let slug = closure::restore(&RequestContext::here()?, &slug).await?;
    Notice::OrganizationRestored.say();
    response::go(&paths::organization(&slug));
    Ok(())
}
