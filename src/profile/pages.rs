//! The pages of the account: profile, workspaces, and its end.

use super::{
    ChangeAddress, CloseAccount, ConfirmAddress, Rename, address, closure,
    frame::{Place, frame},
    store,
};
use crate::{
    accounts::pages::private_token,
    api_keys::makers::says_they_stay,
    error::Result,
    fields::Name,
    members::{self, consequences::invitations},
    orgs::{self, OrgAvatar, closure as ends},
    paths,
    role::Role,
    tenancy::{Membership, Organization, client::Person, organization},
    ui::{
        Act, Alert, Bake, Confirm, Empty, Field, Form, FormAlert, Hidden, Html, PageField, PasswordProof,
        PublicLayout, Section, Submit, When, day, glyph,
    },
    web::{RequestContext, response},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/account`: name and address.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn profile(caller: RequestContext) -> Result<impl IntoView> {
    let person = caller.signed_in().await?;
    let waiting = address::of_person(&caller.server, person.id).await?;
    let name = person.name.to_string();
    let says = format!("You sign in with {}, and we send email to it.", person.email);
    Ok(frame(
        Place::Profile,
        "Your name and email.",
        view! {
            <Section title="Name">
                <Form action=Rename::PATH>
                    <Field name="name" label="Name" value=name maxlength=80 autocomplete="name"/>
                    <div class="form-actions"><Submit>"Save name"</Submit></div>
                </Form>
            </Section>
            <Section title="Email" id="address" says>
                <Form action=ChangeAddress::PATH>
                    {waiting.map(|email| view! {
                        <Alert kind="info">{format!("We sent a link to {email}. Open it to confirm this email.")}</Alert>
                    })}
                    <Field name="email" label="New email" kind="email" autocomplete="email" verbatim=true
                        hint="We'll send a link to this email to confirm it's yours. Pending invitations stay with the email they were sent to."/>
                    <PasswordProof/>
                    <div class="form-actions"><Submit>"Change email"</Submit></div>
                </Form>
            </Section>
        },
    ))
}

/// `/account/address/{token}`: opening it changes nothing, since mail scanners do.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn confirm_address(caller: RequestContext) -> Result<impl IntoView> {
    let _ = private_token(&caller);
    let token = caller.segment(2).to_owned();
    let person = caller.signed_in().await?;
    let waiting = address::of_token(&caller.server, &token).await?;
    let Some(waiting) = waiting.filter(|waiting| waiting.user_id == person.id) else {
        response::set_status(410);
        return Ok(view! {
            <PublicLayout title="This link is no longer valid">
                <h1>"This link is no longer valid"</h1>
                <p class="lead">{format!("It has expired, was already used, or is for a different account than {}.", person.email)}</p>
                <a class="button" data-kind="primary" href=paths::ACCOUNT>"Go to your account"</a>
            </PublicLayout>
        }
        .bake());
    };
    Ok(view! {
        <PublicLayout title="Confirm your new email">
            <h1>"Confirm your new email"</h1>
            <p class="lead"><strong>{waiting.email.to_string()}</strong>" replaces "{person.email.to_string()}"."</p>
            <Form action=ConfirmAddress::PATH>
                <Hidden name="token" value=token/>
                <Submit>"Use this email"</Submit>
            </Form>
        </PublicLayout>
    }
    .bake())
}

/// `/account/organizations`: what one is in, and what can be restored.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn organizations(caller: RequestContext) -> Result<impl IntoView> {
    let person = caller.signed_in().await?;
    let mine = organization::mine(&caller).await?;
    let deleted = ends::restorable_by(&caller.server, person.id).await?;
    let keys = store::keys_made_by(&caller.server, person.id).await?;
    let sent = store::invitations_of(&caller.server, person.id).await?;
    let alone = closure::in_the_way(&caller, person.id).await?;
    let made = |mine: &Membership| {
        let org = mine.organization.id;
        let keys = keys.get(&org).map_or_else(String::new, |(_, names)| says_they_stay(names));
        let ends = sent.get(&org).map(|n| format!(" {} you sent will be revoked.", invitations(*n)));
        format!("{}{keys}", ends.unwrap_or_default())
    };
    let rows = mine.into_iter().map(|(mine, locked)| {
        let is_alone = alone.iter().any(|(_, slug)| *slug == mine.organization.slug);
        let menu = if is_alone { stay(&mine.organization) } else { leave(&mine.organization, &made(&mine)) };
        row(&mine, locked, menu)
    });
    let rows: Vec<_> = rows.collect();
    let now = caller.server.clock.now();
    let restorable = (!deleted.is_empty()).then(|| {
        let rows = deleted.into_iter().map(|org| {
            let (slug, until) = (org.slug.to_string(), day(org.deleted_at + ends::RESTORABLE));
            view! {
                <li class="row">
                    <div class="row-main"><strong>{org.name.to_string()}</strong>
                        <small>"deleted "<When at=org.deleted_at now/>", can be restored until "{until}</small></div>
                    <form method="post" action=orgs::RestoreOrganization::PATH>
                        <PageField/>
                        <Hidden name="slug" value=slug/>
                        <button class="button" data-size="small">{format!("Restore {}", org.name)}</button>
                    </form>
                </li>
            }
        });
        view! {
            <section class="panel list-panel" id="deleted">
                <header><h2>"Deleted organizations"</h2></header>
                <ul class="rows" role="list">{rows.collect_view()}</ul>
            </section>
        }
    });
    Ok(frame(
        Place::Organizations,
        "Organizations you're a member of, and your role in each.",
        view! {
            <FormAlert action=members::Leave::PATH/>
            <FormAlert action=orgs::RestoreOrganization::PATH/>
            <section class="panel list-panel" id="workspaces">
                <header><h2>"Your organizations"</h2><a href=paths::NEW_ORGANIZATION>"New organization"</a></header>
                <ul class="rows" role="list">{rows}</ul>
            </section>
            {restorable}
        },
    ))
}

fn row(mine: &Membership, locked: bool, menu: Html) -> impl IntoView + use<> {
    let (organization, role) = (mine.organization.clone(), mine.role);
    let Organization { slug, name, is_personal, .. } = organization.clone();
    let kind = if is_personal { "Personal" } else { role.label() };
    let menu = (!(is_personal && role == Role::Owner)).then_some(menu);
    view! {
        <li class="row">
            <OrgAvatar organization/>
            <div class="row-main">
                <a href=paths::organization(&slug)><strong>{name.to_string()}</strong></a>
                <small>{if locked { "Requires two-factor authentication".to_owned() } else { format!("/{slug}") }}</small>
            </div>
            <span class="badge">{kind}</span>
            {menu}
        </li>
    }
}

fn leave(organization: &Organization, keys: &str) -> Html {
    let (org, label) = (organization.slug.to_string(), format!("Leave {}", organization.name));
    let (question, says) = (format!("{label}?"), format!("You lose access immediately.{keys}"));
    let act = view! {
        <Act action=members::Leave::PATH about=vec![("org", org)]>
            <button class="button" data-kind="danger">{label}</button>
        </Act>
    };
    row_menu(organization, question, says, act.bake())
}

/// Why the only Owner cannot leave, and where that is changed.
fn stay(organization: &Organization) -> Html {
    let url = paths::members(&organization.slug);
    let says = "You're its only Owner. Make someone else Owner first.".to_owned();
    let act = view! { <a class="button" href=url>"Open members"</a> };
    row_menu(organization, format!("You can't leave {}", organization.name), says, act.bake())
}

fn row_menu(organization: &Organization, question: String, says: String, act: Html) -> Html {
    let (menu, name) = (format!("leave-{}", organization.slug), &organization.name);
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                aria-label=format!("More for {name}")>"⋯"</button>
            <Confirm id=menu question says>{act}</Confirm>
        </div>
    }
    .bake()
}

/// `/account/closure`: the end of the account.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn closure(caller: RequestContext) -> Result<impl IntoView> {
    let person = caller.signed_in().await?;
    let in_the_way = closure::in_the_way(&caller, person.id).await?;
    let body = if in_the_way.is_empty() {
        let made = store::keys_made_by(&caller.server, person.id).await?;
        let mut made: Vec<_> = made.into_values().collect();
        made.sort_unstable_by_key(|(of, _)| of.as_str().to_lowercase());
        let in_each =
            |(of, names): (Name, Vec<Name>)| names.into_iter().map(move |name| format!("{name} in {of}"));
        let keys: Vec<String> = made.into_iter().flat_map(in_each).collect();
        close(&person, &says_they_stay(&keys)).bake()
    } else {
        let names = in_the_way.into_iter().map(|(name, slug)| {
            view! { <li><a href=paths::danger_zone(&slug)>{name.to_string()}</a></li> }
        });
        let names = names.collect_view();
        view! {
            <Empty icon=glyph::Problem title="You're the only Owner of an organization">
                <p>"Transfer or delete it first, in its danger zone:"</p>
                <ul class="plain">{names}</ul>
            </Empty>
        }
        .bake()
    };
    Ok(frame(Place::Closure, "Permanently delete your account and your personal workspace.", body))
}

fn close(person: &Person, keys: &str) -> impl IntoView + use<> {
    let hint = format!("Type {} to confirm.", person.email);
    let says = format!(
        "You leave all organizations, your personal workspace is deleted with everything in it, and your personal data is erased. This can't be undone.{keys}"
    );
    view! {
        <Section title="Delete your account" kind="danger" says>
            <Form action=CloseAccount::PATH>
                <Field name="email" label="Your email" kind="email" verbatim=true hint/>
                <PasswordProof/>
                <div class="form-actions"><Submit kind="danger">"Delete my account"</Submit></div>
            </Form>
        </Section>
    }
}
