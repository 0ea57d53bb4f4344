//! Inviting: the list, the form as a page and as a dialog, and what came of it.

use super::{
    InviteMembers, Invited, ResendInvitation, RevokeInvitation, State,
    store::{self, Row},
};
use crate::{
    error::Result,
    id::InvitationId,
    orgs::{Frame, Place, store::settings},
    paths,
    role::{self, Role, ViewInvitations},
    server::{Caller, Scope, forms::Posted},
    time::Timestamp,
    ui::{Empty, Field, Form, FormAlert, Hidden, Icon, Pager, Submit, When, glyph, page},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/settings/invitations`.
#[component]
pub fn InvitationsPage() -> impl IntoView {
    page(async {
        let caller = Caller::here()?;
        let scope = Scope::here(&caller).await?;
        let frame = Frame::load(&caller, &scope).await?;
        let grant = scope.clone().require::<ViewInvitations>()?;
        let after = caller.query("after").and_then(|after| after.parse().ok());
        let found = store::list(&grant, None, after).await?;
        let base = paths::invitations(scope.slug());
        let next = found.next.map(|id: InvitationId| format!("{base}?after={id}"));
        let first = after.map(|_| base);
        let list = if found.rows.is_empty() {
            nobody(&scope).into_any()
        } else {
            table(&scope, &caller.page, &found.rows).into_any()
        };
        provide_context(scope);
        Ok(frame.show(
            Place::Invitations,
            view! {
                <header class="page-head">
                    <div><h1>"Invitations"</h1><p>"Who was asked to join, and what became of it."</p></div>
                    <div class="page-actions"><InviteButton/></div>
                </header>
                <FormAlert action=RevokeInvitation::PATH/>
                <FormAlert action=ResendInvitation::PATH/>
                {results(&caller, ResendInvitation::PATH)}
                <div data-live="invitations" id="invitations">{list}<Pager first next/></div>
            },
        ))
    })
}

fn nobody(scope: &Scope) -> impl IntoView + use<> {
    let url = paths::new_invitation(scope.slug());
    view! {
        <Empty icon=glyph::Mail title="Nobody is invited">
            <p>"People you invite get a letter with a link. Until they answer it they are listed here."</p>
            <a class="button" data-kind="primary" href=url data-opens="invite">"Invite people"</a>
        </Empty>
    }
}

/// `/{org}/settings/invitations/new`: the form as a page of its own.
#[component]
pub fn NewInvitationPage() -> impl IntoView {
    page(async {
        let caller = Caller::here()?;
        let scope = Scope::here(&caller).await?;
        let frame = Frame::load(&caller, &scope).await?;
        scope.clone().require::<role::InviteMembers>()?;
        let form = form(&caller, &scope).await?;
        Ok(frame.show(
            Place::Invitations,
            view! {
                <header class="page-head">
                    <div><h1>"Invite people"</h1><p>"Each gets a letter with a link to join."</p></div>
                </header>
                <section class="panel">{form}</section>
            },
        ))
    })
}

/// The button that invites people, with the dialog it opens; without script it leads to the page.
#[component]
pub fn InviteButton() -> impl IntoView {
    page(async {
        let (caller, scope) = (Caller::here()?, expect_context::<Scope>());
        if !scope.can::<role::InviteMembers>() {
            return Ok(().into_any());
        }
        let form = form(&caller, &scope).await?;
        let url = paths::new_invitation(scope.slug());
        Ok(view! {
            <a class="button" data-kind="primary" href=url data-opens="invite"><Icon is=glyph::Invite/>"Invite people"</a>
            <dialog class="dialog" id="invite" aria-labelledby="invite-title">
                <header>
                    <h2 id="invite-title">"Invite people"</h2>
                    <button class="button icon-button" data-kind="quiet" type="button" data-closes="invite" aria-label="Close">
                        <Icon is=glyph::Close/>
                    </button>
                </header>
                {form}
            </dialog>
        }
        .into_any())
    })
}

async fn form(caller: &Caller, scope: &Scope) -> Result<impl IntoView + use<>> {
    let default = settings(scope).await?.default_role;
    let one_owner = scope.organization().is_personal;
    let org = scope.slug().to_string();
    let roles = scope.role().grantable().filter(|role| !(one_owner && *role == Role::Owner)).map(|role| {
        view! {
            <label class="choice">
                <input type="radio" name="role" value=role.as_str() checked=role == default required/>
                <span>{role.label()}</span>
                <small>{role.says()}</small>
            </label>
        }
    });
    let roles = roles.collect_view();
    Ok(view! {
        {results(caller, InviteMembers::PATH)}
        <Form action=InviteMembers::PATH in_place=true>
            <Hidden name="org" value=org/>
            <Field name="emails" label="Email addresses" kind="textarea" maxlength=10_000 verbatim=true autofocus=true
                hint="One a line, or separated by commas."/>
            <fieldset class="field"><legend>"Role"</legend>{roles}</fieldset>
            <div class="form-actions"><Submit>"Send invitations"</Submit></div>
        </Form>
    })
}

/// What came of inviting, address by address, if that was just done.
fn results(caller: &Caller, action: &'static str) -> impl IntoView + use<> {
    let posted = caller.posted().filter(|posted| posted.action == action);
    let invited: Vec<Invited> = posted.and_then(Posted::answer).unwrap_or_default();
    let has_mail = caller.server.mail.is_on();
    (!invited.is_empty()).then(|| {
        let items = invited.into_iter().enumerate().map(|(n, one)| result(n, one, has_mail)).collect_view();
        view! { <ul class="results" role="list" aria-label="Invitations sent">{items}</ul> }
    })
}

fn result(n: usize, one: Invited, has_mail: bool) -> impl IntoView {
    match one.result {
        Ok(sent) => {
            let id = format!("link-{n}");
            let says = match (sent.again, has_mail) {
                (false, true) => format!("Invited as {}", sent.role),
                (true, true) => format!("Sent again, as {}. Older links are dead", sent.role),
                (_, false) => {
                    format!("Invited as {}. This studio sends no mail: pass the link on", sent.role)
                }
            };
            view! {
                <li data-state="sent">
                    <span class="mono">{one.email}</span>
                    <span>{says}</span>
                    <div class="copy">
                        <input id=id.clone() type="text" readonly value=sent.link aria-label="Link to pass on"/>
                        <button class="button" data-size="small" type="button" data-copies=id>"Copy link"</button>
                        <small>"Works only for an account with this address. It is shown once."</small>
                    </div>
                </li>
            }
            .into_any()
        }
        Err(message) => view! {
            <li data-state="error"><span class="mono">{one.email}</span><span>{message}</span></li>
        }
        .into_any(),
    }
}

fn table(scope: &Scope, page: &str, rows: &[Row]) -> impl IntoView + use<> {
    let now = scope.server().clock.now();
    let rows: Vec<_> = rows.iter().map(|row| table_row(scope, page, row, now)).collect();
    view! {
        <table class="table invitations">
            <thead>
                <tr>
                    <th scope="col">"Email"</th><th scope="col">"Role"</th><th scope="col">"State"</th>
                    <th scope="col">"Invited by"</th><th scope="col">"Sent"</th><th scope="col">"Expires"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn table_row(scope: &Scope, page: &str, row: &Row, now: Timestamp) -> impl IntoView + use<> {
    let id = row.id.0.simple().to_string();
    let (kind, label) = badge(row, now);
    let pending = row.state == State::Pending;
    let acts = (pending && scope.role().may_grant(row.role)).then(|| actions(scope, page, row, &id));
    let expires = if pending { view! { <When at=row.expires_at now/> }.into_any() } else { "–".into_any() };
    view! {
        <tr id=format!("i-{id}")>
            <td data-label="Email" title=row.email.to_string()>{row.email.to_string()}</td>
            <td data-label="Role">{row.role.label()}</td>
            <td data-label="State"><span class="badge" data-kind=kind>{label}</span></td>
            <td data-label="Invited by">{row.inviter.to_string()}</td>
            <td data-label="Sent"><When at=row.sent_at now/></td>
            <td data-label="Expires">{expires}</td>
            <td class="table-actions">{acts}</td>
        </tr>
    }
}

fn badge(row: &Row, now: Timestamp) -> (&'static str, &'static str) {
    match row.state {
        State::Pending if row.expires_at <= now => ("amber", "Expired"),
        State::Pending if row.is_undelivered => ("red", "Not delivered"),
        State::Pending => ("accent", "Pending"),
        State::Accepted => ("green", "Accepted"),
        State::Declined => ("neutral", "Declined"),
        State::Revoked => ("neutral", "Revoked"),
    }
}

fn actions(scope: &Scope, page: &str, row: &Row, id: &str) -> impl IntoView + use<> {
    let (menu, email) = (format!("menu-{id}"), row.email.to_string());
    let (org, page, invitation) = (scope.slug().to_string(), page.to_owned(), row.id.to_string());
    let fields = move || {
        view! {
            <Hidden name="page" value=page.clone()/>
            <Hidden name="org" value=org.clone()/>
            <Hidden name="invitation" value=invitation.clone()/>
        }
    };
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                aria-label=format!("More for {email}")><Icon is=glyph::More/></button>
            <div class="menu confirm" id=menu popover>
                <form method="post" action=ResendInvitation::PATH data-in-place>
                    {fields()}
                    <p>"A new letter goes out; the links of the old one stop working."</p>
                    <button class="button" type="submit">"Send again"</button>
                </form>
                <hr/>
                <form method="post" action=RevokeInvitation::PATH data-in-place>
                    {fields()}
                    <p><strong>{format!("Revoke the invitation of {email}?")}</strong></p>
                    <button class="button" data-kind="danger" type="submit">"Revoke invitation"</button>
                </form>
            </div>
        </div>
    }
}

/// How many invitations are pending, for those who may know, with the way to the list.
#[component]
pub fn PendingInvitations() -> impl IntoView {
    page(async {
        let scope = expect_context::<Scope>();
        let url = paths::invitations(scope.slug());
        let Ok(grant) = scope.require::<ViewInvitations>() else { return Ok(().into_any()) };
        let n = store::count_pending(&grant).await?;
        Ok(view! {
            <p class="pending" data-live="invitations" id="pending">
                {(n > 0).then(|| view! { <span>{format!("Pending invitations ({n})")}</span><a href=url>"See all"</a> })}
            </p>
        }
        .into_any())
    })
}
