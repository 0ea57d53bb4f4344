//! The pages of organizations.

use super::{CreateOrganization, DefaultRole, Frame, INVITATION_HOURS, Place, UpdateSettings, store};
use crate::{
    error::Result,
    paths,
    role::{ManageSettings, Role},
    server::{Caller, Organization},
    ui::{Bake, Choice, Field, Form, Hidden, InPlace, Scripts, Select, Sheet, SlugAssistant, Submit, go_on},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/`: leads to the organization used last, or to the sign-in page.
///
/// # Errors
/// When the database fails.
pub async fn home(caller: Caller) -> Result<impl IntoView> {
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
pub async fn new_organization(caller: Caller) -> Result<impl IntoView> {
    caller.signed_in().await?;
    let host = format!("{}/", caller.server.config.host());
    Ok(view! {
        <Sheet title="New organization" aside=|| view! { <p class="aside"><a href=paths::HOME>"Back"</a></p> }>
            <h1>"New organization"</h1>
            <p class="lead">"A workspace for a team, a client or a project. Nothing in it is seen from any other."</p>
            <Form action=CreateOrganization::PATH>
                <Field name="name" label="Name" maxlength=80 autofocus=true autocomplete="organization"/>
                <Field name="slug" label="Address" prefix=host maxlength=40 minlength=3 verbatim=true
                    hint="3 to 40 of a–z, 0–9 and hyphens. It stays as it is for good."/>
                <p class="hint" id="slug-status" role="status" data-check="/api/organizations/check_slug?slug="></p>
                <Submit>"Create organization"</Submit>
            </Form>
            <SlugAssistant/>
            <InPlace/>
            <Scripts/>
        </Sheet>
    })
}

/// `/{org}/settings/general`.
///
/// # Errors
/// Those of [`Frame::enter`].
pub async fn general(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let may = scope.can::<ManageSettings>();
    let organization = scope.organization().clone();
    Ok(frame.show(
        Place::General,
        view! {
            <header class="page-head">
                <div><h1>"General"</h1><p>"What the workspace is called and how people come to it."</p></div>
            </header>
            <section class="panel" id="general" data-live="organization">
                {if may { form(&organization).bake() } else { facts(&organization).bake() }}
            </section>
        },
    ))
}

fn form(organization: &Organization) -> impl IntoView + use<> {
    let default = organization.default_role;
    let roles: Vec<_> = DefaultRole::all().map(role_choice).collect();
    let spans =
        INVITATION_HOURS.map(|(n, label)| Choice { value: n.to_string(), label: label.into(), says: "" });
    let spans = spans.to_vec();
    let (slug, name) = (organization.slug.to_string(), organization.name.to_string());
    let hours = organization.invitation_span.whole_hours();
    view! {
        <Form action=UpdateSettings::PATH in_place=true>
            <Hidden name="org" value=slug.clone()/>
            <Field name="name" label="Name" value=name maxlength=80/>
            <div class="field">
                <span class="label">"Address"</span>
                <output class="fixed"><code class="slug">{slug}</code></output>
                <p class="hint">"Part of every link. It cannot be changed."</p>
            </div>
            <Select name="default_role" label="Role of new invitations" choices=roles value=default.as_str()
                hint="Whoever invites can choose another one, up to their own."/>
            <Select name="invitation_hours" label="Invitations are good for" choices=spans value=hours.to_string()/>
            <div class="form-actions"><Submit>"Save settings"</Submit></div>
        </Form>
    }
}

fn role_choice(role: Role) -> Choice {
    let label = format!("{role}: {}", lower_first(role.says()));
    Choice { value: role.as_str().into(), label, says: role.says() }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn facts(organization: &Organization) -> impl IntoView + use<> {
    view! {
        <dl class="facts">
            <dt>"Name"</dt><dd>{organization.name.to_string()}</dd>
            <dt>"Address"</dt><dd><code class="slug">{organization.slug.to_string()}</code></dd>
            <dt>"Role of new invitations"</dt><dd>{organization.default_role.label()}</dd>
            <dt>"Invitations are good for"</dt><dd>{organization.invitation_span.in_words()}</dd>
        </dl>
        <p class="hint">"Owners and Admins can change this."</p>
    }
}
