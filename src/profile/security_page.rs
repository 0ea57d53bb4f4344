//! `/account/security`: password, second factor, sessions.

use super::{
    BeginTwoFactor, ChangePassword, ConfirmTwoFactor, EndOtherSessions, EndSession, EndTwoFactor,
    FinishTwoFactor, RenewRecoveryCodes,
    frame::{Place, frame},
    sessions::{self, Row},
};
use crate::{
    accounts::two_factor::{self, TwoFactor},
    error::Result,
    fields::{capitalized, counted},
    tenancy::organization,
    time::Timestamp,
    ui::{
        Alert, Bake, Field, Form, FormAlert, Hidden, Html, PageField, PasswordProof, Section, Submit, When,
        day,
    },
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};
use qrcode::{QrCode, render::svg};

/// `/account/security`.
///
/// # Errors
/// [`Error::SignedOut`](crate::error::Error::SignedOut); when the database fails.
pub async fn security(caller: RequestContext) -> Result<impl IntoView> {
    let person = caller.signed_in().await?;
    let state = two_factor::of(&caller, &person).await?;
    let sessions = sessions::list(&caller).await?;
    let asking = organization::mine(&caller).await?.into_iter().find(|(_, locked)| *locked);
    let asking = asking.map(|(mine, _)| mine.organization.name.to_string());
    let back = caller.next().map(|next| {
        view! {
            <Alert kind="info">"What you typed is kept for a few minutes. "<a href=next>"Go back to it"</a></Alert>
        }
    });
    Ok(frame(
        Place::Security,
        "How you sign in, and where you're signed in.",
        view! { {back}{password()}{second_factor(&caller, state, asking)}{session_list(&caller, sessions)} },
    ))
}

fn password() -> impl IntoView {
    view! {
        <Section title="Password" id="password" says="Changing your password signs you out everywhere else.">
            <Form action=ChangePassword::PATH>
                <Field name="current_password" label="Current password" kind="password" autocomplete="current-password" maxlength=128/>
                <Field name="new_password" label="New password" kind="password" autocomplete="new-password" minlength=8 maxlength=128
                    hint="At least 8 characters."/>
                <div class="form-actions"><Submit>"Change password"</Submit></div>
            </Form>
        </Section>
    }
}

fn second_factor(caller: &RequestContext, state: TwoFactor, asking: Option<String>) -> impl IntoView + use<> {
    let codes = [ConfirmTwoFactor::PATH, RenewRecoveryCodes::PATH]
        .into_iter()
        .find_map(|action| caller.posted().filter(|posted| posted.action == action))
        .and_then(Posted::answer::<Vec<String>>);
    let body = match (state, codes) {
        (TwoFactor::Waiting(..) | TwoFactor::Hidden, Some(codes)) => keeping(&codes).bake(),
        (TwoFactor::Off, _) | (TwoFactor::Hidden, None) => off().bake(),
        (TwoFactor::Waiting(url, secret), None) => waiting(&url, secret).bake(),
        (TwoFactor::On(since, left), codes) => {
            view! { {codes.map(|codes| recovery_codes(&codes))}{on(since, left)} }.bake()
        }
    };
    view! {
        <Section title="Two-factor authentication" id="two-factor"
            says="Require a code from an authenticator app when you sign in.">
            <div class="panel-body stack">
                {asking.map(|name| view! {
                    <Alert kind="info">{format!("{name} requires two-factor authentication. Set it up to open the organization.")}</Alert>
                })}
                {body}
            </div>
        </Section>
    }
}

fn off() -> impl IntoView {
    view! {
        <FormAlert action=EndTwoFactor::PATH/>
        <FormAlert action=ConfirmTwoFactor::PATH/>
        <FormAlert action=FinishTwoFactor::PATH/>
        <FormAlert action=RenewRecoveryCodes::PATH/>
        <Form action=BeginTwoFactor::PATH ids="begin-">
            <PasswordProof/>
            <div class="form-actions"><Submit>"Set up two-factor authentication"</Submit></div>
        </Form>
    }
}

fn waiting(url: &str, secret: String) -> impl IntoView + use<> {
    view! {
        <FormAlert action=EndTwoFactor::PATH/>
        <FormAlert action=FinishTwoFactor::PATH/>
        <ol class="guide">
            <li>"Scan this code with your authenticator app, or enter the secret there."</li>
            <li>"Enter the code the app shows."</li>
            <li>"Save your recovery codes."</li>
        </ol>
        <div class="qr" inner_html=qr(url)></div>
        <p class="hint">"Secret: "<code class="slug">{secret}</code></p>
        <Form action=ConfirmTwoFactor::PATH>
            <Field name="code" label="Code" autocomplete="one-time-code" maxlength=10 verbatim=true/>
            <div class="form-actions"><Submit>"Continue"</Submit>{cancel()}</div>
        </Form>
    }
}

/// The URL as a picture, dark on light in any theme, as cameras want it.
fn qr(url: &str) -> String {
    let picture =
        QrCode::new(url).map(|code| code.render::<svg::Color<'_>>().min_dimensions(180, 180).build());
    let picture = picture.unwrap_or_default();
    picture.split_once("?>").map_or(String::new(), |(_, svg)| svg.to_owned())
}

fn on(since: Timestamp, left: i64) -> impl IntoView {
    let (codes, is) = (capitalized(&counted(left, "recovery code")), if left == 1 { "is" } else { "are" });
    let says = format!("Two-factor authentication has been on since {}. {codes} {is} left.", day(since));
    view! {
        <FormAlert action=BeginTwoFactor::PATH/>
        <FormAlert action=ConfirmTwoFactor::PATH/>
        <Alert kind="success">{says}</Alert>
        <Form action=RenewRecoveryCodes::PATH ids="renew-">
            <PasswordProof/>
            <div class="form-actions"><Submit kind="">"Create new recovery codes"</Submit></div>
        </Form>
        <Form action=EndTwoFactor::PATH ids="end-">
            <PasswordProof/>
            <div class="form-actions"><Submit kind="danger">"Turn off two-factor authentication"</Submit></div>
        </Form>
    }
}

/// The codes, before it is on: whoever loses the authenticator has only them.
fn keeping(codes: &[String]) -> impl IntoView + use<> {
    view! {
        <FormAlert action=EndTwoFactor::PATH/>
        {recovery_codes(codes)}
        <Form action=FinishTwoFactor::PATH>
            <div class="form-actions"><Submit>"I saved them, turn it on"</Submit>{cancel()}</div>
        </Form>
    }
}

/// A button, in any form, that stops setting it up.
fn cancel() -> impl IntoView {
    view! { <button class="button" data-kind="quiet" formaction=EndTwoFactor::PATH formnovalidate>"Cancel"</button> }
}

fn recovery_codes(codes: &[String]) -> impl IntoView + use<> {
    let file = format!("data:text/plain;charset=utf-8,{}", codes.join("%0A"));
    let codes = codes.iter().cloned().map(|code| view! { <li class="mono">{code}</li> }).collect_view();
    view! {
        <Alert kind="warning">
            <p>"Save these recovery codes somewhere you can reach without your authenticator app. Each code works once. They're shown only once."</p>
            <ul class="codes" role="list" id="recovery-codes">{codes}</ul>
            <div class="form-actions">
                <button class="button enhanced-only" data-size="small" type="button" data-copies="recovery-codes">"Copy"</button>
                <a class="button" data-size="small" href=file download="prompt-studio-recovery-codes.txt">"Download"</a>
            </div>
        </Alert>
    }
}

fn session_list(caller: &RequestContext, sessions: Vec<Row>) -> impl IntoView + use<> {
    let now = caller.server.clock.now();
    let here = caller.visit().map(|visit| visit.session);
    let others = sessions.iter().any(|row| Some(row.id) != here);
    let rows = sessions.into_iter().map(|row| session(&row, Some(row.id) == here, now)).collect_view();
    view! {
        <section class="panel list-panel" id="sessions">
            <header><h2>"Where you're signed in"</h2></header>
            <FormAlert action=EndSession::PATH/>
            <ul class="rows" role="list">{rows}</ul>
            {others.then(|| view! {
                <form method="post" action=EndOtherSessions::PATH>
                    <PageField/>
                    <button class="button">"Sign out everywhere else"</button>
                </form>
            })}
        </section>
    }
}

fn session(row: &Row, is_here: bool, now: Timestamp) -> Html {
    let (browser, ip, id) = (row.browser(), row.ip.clone().unwrap_or_default(), row.id.to_string());
    let end = (!is_here).then(|| {
        let label = format!("Sign out {browser}");
        view! {
            <form method="post" action=EndSession::PATH>
                <PageField/>
                <Hidden name="session" value=id/>
                <button class="button" data-size="small" aria-label=label>"Sign out"</button>
            </form>
        }
    });
    view! {
        <li class="row">
            <div class="row-main">
                <strong>{browser}</strong>
                <small>{ip}" · last active "<When at=row.seen_at now/>" · signed in "<When at=row.created_at now/></small>
            </div>
            {is_here.then(|| view! { <span class="badge" data-kind="accent">"This browser"</span> })}
            {end}
        </li>
    }
    .bake()
}
