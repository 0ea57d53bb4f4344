//! Transferring and deleting an organization, and the page of the person it is offered to.

use super::{
    AcceptTransfer, CancelTransfer, DeclineTransfer, OfferTransfer,
    consequences::{foretold, invitations},
    offer::Transfer,
    transfers,
};
use crate::{
    error::{Error, Result},
    fields::{Email, Name},
    orgs::{self, AppLayout, OrgAvatar, Place},
    role::{DeleteOrganization, Role, TransferOrganization},
    tenancy::Scope,
    ui::{
        Bake, Choice, Field, Form, FormAlert, Hidden, Html, PageField, PasswordProof, Section, Select,
        Submit, When,
    },
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/settings/danger-zone`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`] for those who may not.
pub async fn danger_zone(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<DeleteOrganization>()?;
    scope.clone().require::<TransferOrganization>()?;
    let is_personal = scope.organization().is_personal;
    let says =
        if is_personal { "Transfer and deletion." } else { "Transfer or delete the whole organization." };
    let body = if is_personal {
        view! {
            <section class="panel"><p class="panel-body">
                "This is your personal workspace. It can't be transferred, and it's deleted together with "
                <a href=crate::paths::ACCOUNT_CLOSURE>"your account"</a>"."
            </p></section>
        }
        .bake()
    } else {
        let transfer = match transfers::open(&scope).await? {
            Some(open) => pending(&scope, open).bake(),
            None => offer(&scope).await?.bake(),
        };
        view! { <div class="stack" id="transfer" data-live="members">{transfer}</div>{delete(&scope)} }.bake()
    };
    Ok(frame.show(
        Place::DangerZone,
        view! {
            <header class="page-head">
                <div><h1>"Danger zone"</h1><p>{says}</p></div>
            </header>
            {body}
        },
    ))
}

/// The most members to choose from; of more, the one meant is named by email.
const TO_CHOOSE_FROM: usize = 500;

async fn offer(scope: &Scope) -> Result<impl IntoView + use<>> {
    let org = scope.slug().to_string();
    let others = transfers::candidates(scope, TO_CHOOSE_FROM + 1).await?;
    let me = scope.person().map(|person| person.id);
    let ends = match me {
        Some(me) => foretold(scope, me, Some(Role::Admin)).await?,
        None => 0,
    };
    let mut says =
        "Offer the organization to a member. If they accept, they become an Owner and you become an Admin."
            .to_owned();
    if ends > 0 {
        says.extend([" ", &invitations(ends), " to become Owner that you sent will then be revoked."]);
    }
    let body = if others.is_empty() {
        view! {
            <p class="panel-body">"You're the only member. "<a href=crate::paths::members(scope.slug())>"Invite people"</a>" first."</p>
        }
        .bake()
    } else {
        view! {
            <Form action=OfferTransfer::PATH ids="transfer-">
                <Hidden name="org" value=org/>
                {if others.len() > TO_CHOOSE_FROM { named().bake() } else { chosen(others).bake() }}
                <PasswordProof/>
                <div class="form-actions"><Submit kind="danger">"Send transfer offer"</Submit></div>
            </Form>
        }
        .bake()
    };
    Ok(view! { <Section title="Transfer ownership" kind="danger" says>{body}</Section> })
}

fn chosen(others: Vec<(Name, Email)>) -> impl IntoView {
    let nobody = Choice { value: String::new(), label: "Choose a member".into(), says: "" };
    let others = others.into_iter().map(|(name, email)| Choice {
        value: email.to_string(),
        label: format!("{name} ({email})"),
        says: "",
    });
    let choices: Vec<_> = std::iter::once(nobody).chain(others).collect();
    view! { <Select name="email" label="New Owner" choices value=""/> }
}

fn named() -> impl IntoView {
    view! { <Field name="email" label="Email of the new Owner" kind="email" verbatim=true/> }
}

fn pending(scope: &Scope, open: Transfer) -> impl IntoView + use<> {
    let (org, now) = (scope.slug().to_string(), scope.server().clock.now());
    let who = format!("{} ({})", open.to_name, open.to_email);
    view! {
        <Section title="Transfer ownership" kind="danger">
            <div class="panel-body stack">
                <FormAlert action=CancelTransfer::PATH/>
                <p>"Offered to "<strong>{who}</strong>" by "{open.from_name.to_string()}". The offer expires "<When at=open.expires_at now/>"."</p>
                <form method="post" action=CancelTransfer::PATH>
                    <PageField/>
                    <Hidden name="org" value=org/>
                    <Submit kind="">"Cancel offer"</Submit>
                </form>
            </div>
        </Section>
    }
}

fn delete(scope: &Scope) -> impl IntoView + use<> {
    let (org, name) = (scope.slug().to_string(), scope.organization().name.to_string());
    let label = format!("Delete {name}");
    let says = format!(
        "{name} is hidden from everyone immediately, and its API keys and invitations stop working. Owners can restore it from their account for 30 days. After that, it's deleted for good."
    );
    let hint = format!("Type {org} to confirm.");
    view! {
        <Section title="Delete organization" kind="danger" says>
            <Form action=orgs::DeleteOrganization::PATH ids="delete-">
                <Hidden name="org" value=org/>
                <Field name="slug" label="URL of the organization" maxlength=40 verbatim=true hint/>
                <PasswordProof/>
                <div class="form-actions"><Submit kind="danger">{label}</Submit></div>
            </Form>
        </Section>
    }
}

/// `/{org}/transfer`: for the person whom the organization is offered to.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when it is not offered to them.
pub async fn transfer(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let me = scope.person().map(|person| person.id);
    let open = transfers::open(&scope).await?.filter(|open| Some(open.to_id) == me);
    let open = open.ok_or(Error::NotFound)?;
    let (organization, now) = (scope.organization().clone(), scope.server().clock.now());
    let (org, name) = (organization.slug.to_string(), organization.name.to_string());
    let declined = org.clone();
    let says = format!(
        "If you accept, you become an Owner of {name} with full control over it, and {} becomes an Admin.",
        open.from_name
    );
    Ok(frame.show(
        Place::Transfer,
        view! {
            <section class="panel offer">
                <div class="panel-body stack">
                    <OrgAvatar organization size="large"/>
                    <h1>{format!("{} wants to transfer {name} to you", open.from_name)}</h1>
                    <p>{says}" The offer expires "<When at=open.expires_at now/>"."</p>
                    <FormAlert action=DeclineTransfer::PATH/>
                    <Form action=AcceptTransfer::PATH>
                        <Hidden name="org" value=org/>
                        <PasswordProof/>
                        <div class="form-actions"><Submit>{format!("Become Owner of {name}")}</Submit></div>
                    </Form>
                    <form method="post" action=DeclineTransfer::PATH>
                        <PageField/>
                        <Hidden name="org" value=declined/>
                        <Submit kind="quiet">"Decline"</Submit>
                    </form>
                </div>
            </section>
        },
    ))
}

/// What tells somebody that the organization is offered to them, on their dashboard.
///
/// # Errors
/// When the database fails.
pub async fn notice(scope: &Scope) -> Result<Html> {
    let me = scope.person().map(|person| person.id);
    let open = transfers::open(scope).await?.filter(|open| Some(open.to_id) == me);
    let url = crate::paths::transfer(scope.slug());
    Ok(open
        .map(|open| {
            view! {
                <article class="step">
                    <h2>{format!("{} wants to transfer this organization to you", open.from_name)}</h2>
                    <p>"If you accept, you become its Owner."</p>
                    <a class="button" data-kind="primary" href=url>"View offer"</a>
                </article>
            }
        })
        .bake())
}
