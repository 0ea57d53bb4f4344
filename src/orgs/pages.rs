//! The pages of organizations.

use super::{AppLayout, CreateOrganization, Place, settings, settings_forms as forms, store};
use crate::{
    browser::islands::{InPlace, SlugAssistant},
    error::Result,
    paths,
    role::ManageSettings,
    ui::{Bake, Field, Form, PublicLayout, Scripts, Submit, go_on},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/`: leads to the organization used last, or to the sign-in page.
///
/// # Errors
/// When the database fails.
pub async fn home(caller: RequestContext) -> Result<impl IntoView> {
    let Some(person) = caller.person().await? else {
        go_on(paths::SIGN_IN);
        return Ok(());
    };
    let home = store::home_of(&caller.server, &person).await?;
    go_on(&home.map_or_else(|| paths::NEW_ORGANIZATION.to_owned(), |org| paths::organization(&org)));
    Ok(())
}

/// `/new`: makes an organization.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn new_organization(caller: RequestContext) -> Result<impl IntoView> {
    caller.signed_in().await?;
    let host = format!("{}/", caller.server.config.host());
    Ok(view! {
        <PublicLayout title="New organization" aside=|| view! { <p class="aside"><a href=paths::HOME>"Back"</a></p> }>
            <h1>"New organization"</h1>
            <p class="lead">"For a team, a client or a project. Its content is visible only to its members."</p>
            <Form action=CreateOrganization::PATH once=true>
                <Field name="name" label="Name" maxlength=80 autofocus=true autocomplete="organization"/>
                <Field name="slug" label="URL" prefix=host maxlength=40 minlength=3 verbatim=true
                    hint="3–40 characters: a–z, 0–9, hyphens. Can't be changed later."/>
                <p class="hint" id="slug-status" role="status" data-check="/api/organizations/check_slug?slug="></p>
                <Submit>"Create organization"</Submit>
            </Form>
            <SlugAssistant/>
            <InPlace/>
            <Scripts/>
        </PublicLayout>
    })
}

/// `/{org}/settings/general`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn general(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let settings = settings::read(&scope).await?;
    let (slug, organization) = (scope.slug(), scope.organization());
    let body = if scope.can::<ManageSettings>() {
        view! {
            {forms::profile(slug, &settings)}
            {forms::avatar(organization)}
            {forms::invitations(slug, &settings)}
            {forms::access(slug, &settings)}
        }
        .bake()
    } else {
        forms::facts(slug, &settings).bake()
    };
    Ok(frame.show(
        Place::General,
        view! {
            <header class="page-head">
                <div><h1>"General"</h1><p>"Name, avatar, invitations and access."</p></div>
            </header>
            <div class="stack" id="settings" data-live="organization">{body}</div>
        },
    ))
}
