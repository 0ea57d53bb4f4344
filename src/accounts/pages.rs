//! The pages of accounts: cards without script.

use super::{
    ConfirmSignUp, ForgotPassword, ProveSecondFactor, ResendSignUp, ResetPassword, SignIn, SignUp, resets,
    sign_in, sign_ups,
};
use crate::{
    error::Result,
    fields::Email,
    paths,
    ui::{Alert, Bake, Field, Form, Hidden, PublicLayout, Submit, go_on},
    web::{RequestContext, response},
};
use axum::http::header;
use leptos::{prelude::*, server_fn::ServerFn};

/// `/sign-in`.
///
/// # Errors
/// When the database fails.
pub async fn sign_in(caller: RequestContext) -> Result<impl IntoView> {
    let next = caller.next();
    let sign_up = paths::with_next(paths::SIGN_UP, next.as_deref());
    if caller.person().await?.is_some() {
        go_on(next.as_deref().unwrap_or(paths::HOME));
    }
    let aside =
        move || view! { <p class="aside">"New here? "<a href=sign_up.clone()>"Create an account"</a></p> };
    Ok(view! {
        <PublicLayout title="Sign in" aside>
            <h1>"Sign in"</h1>
            <Form action=SignIn::PATH>
                <Hidden name="next" value=next.unwrap_or_default()/>
                <Field name="email" label="Email" kind="email" autocomplete="username" verbatim=true autofocus=true/>
                <Field name="password" label="Password" kind="password" autocomplete="current-password" maxlength=128/>
                <Submit>"Sign in"</Submit>
                <p class="lead"><a href=paths::FORGOT_PASSWORD>"Forgot your password?"</a></p>
            </Form>
        </PublicLayout>
    })
}

/// `/sign-in/code`.
///
/// # Errors
/// When the database fails.
pub async fn second_factor(caller: RequestContext) -> Result<impl IntoView> {
    // What came of a form is told, even where nothing is waited for any more.
    if caller.posted().is_none() && !sign_in::is_waiting(&caller).await? {
        go_on(paths::SIGN_IN);
    }
    Ok(view! {
        <PublicLayout title="Enter your code" aside=|| view! { <p class="aside"><a href=paths::SIGN_IN>"Back to sign in"</a></p> }>
            <h1>"Enter your code"</h1>
            <p class="lead">"Enter the code from your authenticator app, or a recovery code."</p>
            <Form action=ProveSecondFactor::PATH>
                <Field name="code" label="Code" autocomplete="one-time-code" maxlength=40 verbatim=true autofocus=true/>
                <Submit>"Sign in"</Submit>
            </Form>
        </PublicLayout>
    })
}

/// `/sign-up`.
///
/// # Errors
/// When the database fails.
pub async fn sign_up(caller: RequestContext) -> Result<impl IntoView> {
    let next = caller.next();
    let sign_in = paths::with_next(paths::SIGN_IN, next.as_deref());
    if caller.person().await?.is_some() {
        go_on(next.as_deref().unwrap_or(paths::HOME));
    }
    let aside = move || view! { <p class="aside">"Already have an account? "<a href=sign_in.clone()>"Sign in"</a></p> };
    Ok(view! {
        <PublicLayout title="Create an account" aside>
            <h1>"Create an account"</h1>
            <p class="lead">"You get a personal workspace and can create organizations for your teams."</p>
            <Form action=SignUp::PATH>
                <Hidden name="next" value=next.unwrap_or_default()/>
                <Field name="name" label="Name" autocomplete="name" maxlength=80 autofocus=true/>
                <Field name="email" label="Email" kind="email" autocomplete="username" verbatim=true/>
                <NewPassword/>
                <Submit>"Create account"</Submit>
            </Form>
        </PublicLayout>
    })
}

/// The field for a password to be set.
#[component]
pub fn NewPassword() -> impl IntoView {
    view! {
        <Field name="password" label="Password" kind="password" autocomplete="new-password" minlength=8 maxlength=128
            hint="At least 8 characters."/>
    }
}

/// `/sign-up/sent`.
///
/// # Errors
/// When the database fails.
pub async fn sign_up_sent(caller: RequestContext) -> Result<impl IntoView> {
    let sent = sign_ups::of_this_browser(&caller.server).await?.map(|waiting| waiting.email);
    Ok(view! {
        <PublicLayout title="Check your email" aside=|| view! { <p class="aside"><a href=paths::SIGN_IN>"Back to sign in"</a></p> }>
            <h1>"Check your email"</h1>
            <p class="lead">{link_to(sent.as_ref())}" Open it to finish signing up."</p>
            <p class="lead">"Nothing after a few minutes? Check your spam folder, or send it again."</p>
            {sent.map(|email| again(ResendSignUp::PATH, &email))}
        </PublicLayout>
    })
}

/// Where a link was sent.
fn link_to(sent: Option<&Email>) -> impl IntoView + use<> {
    match sent {
        Some(email) => {
            let email = email.to_string();
            view! { "We sent a link to "<strong>{email}</strong>"." }.bake()
        }
        None => view! { "We sent you a link." }.bake(),
    }
}

/// The form that sends it again, to the same address or to the right one.
fn again(action: &'static str, email: &Email) -> impl IntoView + use<> {
    let email = email.to_string();
    view! {
        <Form action>
            <Field name="email" label="Email" kind="email" autocomplete="username" verbatim=true value=email
                hint="Fix it if it's wrong."/>
            <Submit kind="">"Send again"</Submit>
        </Form>
    }
}

/// `/confirm/{token}`: opening it changes nothing, since mail scanners do.
///
/// # Errors
/// When the database fails.
pub async fn confirm(caller: RequestContext) -> Result<impl IntoView> {
    let token = private_token(&caller);
    let Some(waiting) = sign_ups::of_token(&caller.server, &token).await? else {
        return Ok(gone("Sign up again", paths::SIGN_UP).bake());
    };
    let known = waiting.is_of_this_browser();
    Ok(view! {
        <PublicLayout title="Confirm your email">
            <h1>"Confirm your email"</h1>
            <p class="lead">"for "<strong>{waiting.email.to_string()}</strong></p>
            <Form action=ConfirmSignUp::PATH>
                <Hidden name="token" value=token/>
                {(!known).then(|| view! {
                    <Field name="password" label="Password" kind="password" autocomplete="current-password" maxlength=128
                        autofocus=true hint="The password you chose when you signed up."/>
                })}
                <Submit>"Confirm and sign in"</Submit>
            </Form>
        </PublicLayout>
    }.bake())
}

/// `/forgot-password`.
///
/// # Errors
/// When the database fails.
pub async fn forgot_password(caller: RequestContext) -> Result<impl IntoView> {
    let form = if caller.server.mail.is_on() {
        view! {
            <p class="lead">"Enter your email and we'll send you a reset link."</p>
            <Form action=ForgotPassword::PATH>
                <Field name="email" label="Email" kind="email" autocomplete="username" verbatim=true autofocus=true/>
                <Submit>"Send reset link"</Submit>
            </Form>
        }.bake()
    } else {
        view! { <Alert kind="info">"This server doesn't send email. Ask its administrator to reset your password."</Alert> }.bake()
    };
    Ok(view! {
        <PublicLayout title="Forgot your password?" aside=|| view! { <p class="aside"><a href=paths::SIGN_IN>"Back to sign in"</a></p> }>
            <h1>"Forgot your password?"</h1>
            {form}
        </PublicLayout>
    })
}

/// `/forgot-password/sent`.
///
/// # Errors
/// None.
pub async fn forgot_password_sent(caller: RequestContext) -> Result<impl IntoView> {
    let sent = resets::sent_to(&caller.server);
    Ok(view! {
        <PublicLayout title="Reset link sent" aside=|| view! { <p class="aside"><a href=paths::SIGN_IN>"Back to sign in"</a></p> }>
            <h1>"Check your email"</h1>
            <p class="lead">{link_to(sent.as_ref())}" It works for an hour."</p>
            <p class="lead">"Nothing after a few minutes? Check your spam folder, or send it again."</p>
            {sent.map(|email| again(ForgotPassword::PATH, &email))}
        </PublicLayout>
    })
}

/// `/reset-password/{token}`.
///
/// # Errors
/// When the database fails.
pub async fn reset_password(caller: RequestContext) -> Result<impl IntoView> {
    let token = private_token(&caller);
    let Some(reset) = resets::of_token(&caller.server, &token).await? else {
        return Ok(gone("Request a new link", paths::FORGOT_PASSWORD).bake());
    };
    Ok(view! {
        <PublicLayout title="Set a new password">
            <h1>"Set a new password"</h1>
            <p class="lead">"for "<strong>{reset.email.to_string()}</strong>". Other devices are signed out."</p>
            <Form action=ResetPassword::PATH>
                <Hidden name="token" value=token/>
                <NewPassword/>
                <Submit>"Set password and sign in"</Submit>
            </Form>
        </PublicLayout>
    }.bake())
}

/// The token in the page's URL, which is told to no other page.
#[must_use]
pub fn private_token(caller: &RequestContext) -> String {
    response::set_header(header::REFERRER_POLICY, "no-referrer");
    caller.segment(1).to_owned()
}

/// A link that is no longer good: what to do instead.
fn gone(label: &'static str, url: &'static str) -> impl IntoView {
    response::set_status(410);
    view! {
        <PublicLayout title="This link is no longer valid">
            <h1>"This link is no longer valid"</h1>
            <p class="lead">"It has expired or was already used."</p>
            <div class="form-actions">
                <a class="button" data-kind="primary" href=url>{label}</a>
                <a class="button" data-kind="quiet" href=paths::SIGN_IN>"Sign in"</a>
            </div>
        </PublicLayout>
    }
}
