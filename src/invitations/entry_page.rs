//! `/invite/{token}`: the page that a letter's link leads to. Opening it changes nothing.

use super::{
    AcceptInvitation, DeclineInvitation, JoinAsNew,
    entry::{self, Closed, Invitation, Standing},
};
use crate::{
    accounts::{
        SignIn, SignOut,
        pages::{NewPassword, private_token},
        store as accounts,
    },
    error::Result,
    fields::{Name, Slug},
    paths,
    tenancy::client::Person,
    ui::{Alert, Bake, Field, Form, FormAlert, Hidden, Html, Initials, PublicLayout, Submit, initials},
    web::{RequestContext, response},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/invite/{token}`.
///
/// # Errors
/// When the database fails.
pub async fn invitation(caller: RequestContext) -> Result<impl IntoView> {
    let token = private_token(&caller);
    Ok(match entry::find(&caller.server, &token).await? {
        Ok(invitation) => open(&caller, invitation, token).await?.bake(),
        Err(closed) => match entry::where_member(&caller, &token).await? {
            Some((name, slug)) => in_already(&name, &slug).bake(),
            None => shut(closed, caller.visit().is_none().then_some(&token)).bake(),
        },
    })
}

async fn open(
    caller: &RequestContext,
    invitation: Invitation,
    token: String,
) -> Result<impl IntoView + use<>> {
    let person = caller.person().await?;
    let standing = person.as_ref().map(|person| entry::standing(&caller.server, &invitation, person));
    let answer = match (standing, person) {
        (Some(Standing::SignInOutcome), _) => join_form(&invitation, &token).bake(),
        (Some(Standing::OtherAccount), Some(person)) => other_account(&invitation, &person, &token).bake(),
        (Some(_), _) => unproven().bake(),
        (None, _) => stranger(caller, &invitation, &token).await?,
    };
    let address = shown_address(&invitation, standing);
    let now = caller.server.clock.now();
    let role = invitation.role;
    let role = format!("You'll be {} ({}).", role.with_article(), role.says().to_lowercase());
    Ok(view! {
        <PublicLayout title=format!("Join {}", invitation.org_name)>
            <Initials letters=initials(invitation.org_name.as_str()) hue=invitation.hue() shape="square" size="large"/>
            <h1>{invitation.says()}</h1>
            <p class="lead">{role}</p>
            <p class="meta">
                "for "{address}" · expires in "{(invitation.expires_at - now).in_words()}
            </p>
            <FormAlert action=DeclineInvitation::PATH/>
            {answer}
        </PublicLayout>
    })
}

/// The address, to those who have the email; a person with the copyable link, or another account, sees enough to know
/// it.
fn shown_address(invitation: &Invitation, standing: Option<Standing>) -> String {
    let is_theirs = invitation.proves_address && standing != Some(Standing::OtherAccount);
    if is_theirs { invitation.email.to_string() } else { invitation.email.masked() }
}

fn join_form(invitation: &Invitation, token: &str) -> impl IntoView + use<> {
    let (decline, token) = (decline_form(token), token.to_owned());
    let join = format!("Join {}", invitation.org_name);
    view! {
        <Form action=AcceptInvitation::PATH>
            <Hidden name="token" value=token/>
            <Submit>{join}</Submit>
        </Form>
        {decline}
    }
}

fn decline_form(token: &str) -> impl IntoView + use<> {
    let page = paths::invite(token);
    view! {
        <form method="post" action=DeclineInvitation::PATH>
            <Hidden name="page" value=page/>
            <Hidden name="token" value=token/>
            <button class="button" data-kind="quiet" type="submit">"Decline"</button>
        </form>
    }
}

fn other_account(invitation: &Invitation, person: &Person, token: &str) -> impl IntoView + use<> {
    let says = format!(
        "You're signed in as {} ({}). This invitation is for {}.",
        person.name,
        person.email,
        invitation.email.masked()
    );
    let next = paths::invite(token);
    view! {
        <Alert kind="info">{says}</Alert>
        <Form action=SignOut::PATH>
            <Hidden name="next" value=next/>
            <Submit>"Switch account"</Submit>
        </Form>
        <a class="button" data-kind="quiet" href=paths::HOME>"Stay signed in"</a>
    }
}

fn unproven() -> impl IntoView {
    view! { <Alert kind="info">"Open the link in your invitation email instead. It confirms that the email is yours."</Alert> }
}

/// Somebody signed out: they sign up here with the address fixed, or sign in and come back.
async fn stranger(caller: &RequestContext, invitation: &Invitation, token: &str) -> Result<Html> {
    if !invitation.proves_address && caller.server.mail.is_on() {
        return Ok(by_copied_link(token).bake());
    }
    // With the mailed link the address is theirs; with no mail at all nothing is a secret of it.
    let has_account = accounts::find(&caller.server, &invitation.email).await?.is_some();
    let form = if has_account {
        sign_in_form(invitation, token).bake()
    } else {
        sign_up_form(invitation, token).bake()
    };
    Ok(view! { {form}{invitation.proves_address.then(|| decline_form(token))} }.bake())
}

fn sign_in_form(invitation: &Invitation, token: &str) -> impl IntoView + use<> {
    let (next, email) = (paths::invite(token), invitation.email.to_string());
    view! {
        <p class="lead">"You already have an account. Sign in to join."</p>
        <Form action=SignIn::PATH>
            <Hidden name="next" value=next/>
            <Hidden name="email" value=email.clone()/>
            <FixedAddress email/>
            <Field name="password" label="Password" kind="password" autocomplete="current-password" maxlength=128/>
            <Submit>"Sign in"</Submit>
        </Form>
    }
}

fn sign_up_form(invitation: &Invitation, token: &str) -> impl IntoView + use<> {
    let (token, email) = (token.to_owned(), invitation.email.to_string());
    let join = format!("Create account and join {}", invitation.org_name);
    view! {
        <Form action=JoinAsNew::PATH>
            <Hidden name="token" value=token/>
            <FixedAddress email/>
            <Field name="name" label="Your name" autocomplete="name" maxlength=80/>
            <NewPassword/>
            <Submit>{join}</Submit>
        </Form>
    }
}

#[component]
fn FixedAddress(email: String) -> impl IntoView {
    view! {
        <div class="field">
            <span class="label">"Email"</span>
            <output class="fixed">{email}</output>
        </div>
    }
}

/// The copied link proves no address: an account does.
fn by_copied_link(token: &str) -> impl IntoView + use<> {
    let here = paths::invite(token);
    view! {
        <p class="lead">"Sign in with the account for this email, or create one first."</p>
        <div class="form-actions">
            <a class="button" data-kind="primary" href=paths::with_next(paths::SIGN_IN, Some(&here))>"Sign in"</a>
            <a class="button" href=paths::with_next(paths::SIGN_UP, Some(&here))>"Create an account"</a>
        </div>
    }
}

/// A link that has done its work, opened by somebody who is a member.
fn in_already(name: &Name, org: &Slug) -> impl IntoView + use<> {
    let (title, go, url) =
        (format!("You're already in {name}"), format!("Go to {name}"), paths::organization(org));
    view! {
        <PublicLayout title=title.clone()>
            <h1>{title}</h1>
            <p class="lead">"You no longer need this invitation."</p>
            <a class="button" data-kind="primary" href=url>{go}</a>
        </PublicLayout>
    }
}

/// A link that admits nobody. A person who is signed out comes back to it after signing in.
fn shut(closed: Closed, signed_out: Option<&String>) -> impl IntoView + use<> {
    response::set_status(if closed == Closed::Unknown { 404 } else { 410 });
    let (title, text) = closed.says();
    let sign_in = signed_out.filter(|_| closed == Closed::Accepted);
    let (url, label) = match sign_in {
        Some(token) => (paths::with_next(paths::SIGN_IN, Some(&paths::invite(token))), "Sign in"),
        None => (paths::HOME.to_owned(), "Go to Prompt Studio"),
    };
    view! {
        <PublicLayout title>
            <h1>{title}</h1>
            <p class="lead">{text}</p>
            <a class="button" data-kind="primary" href=url>{label}</a>
        </PublicLayout>
    }
}
