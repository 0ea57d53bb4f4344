//! Inviting: the list, the form as a page and as a dialog, and what came of it.

use super::{
    InviteMembers, Invited, ResendInvitation, RevokeInvitation, State,
    listing::{self, Row},
};
use crate::{
    error::Result,
    id::InvitationId,
    members::Listing,
    orgs::{Frame, Place},
    paths,
    role::{self, Role, ViewInvitations},
    server::{Caller, Scope, forms::Posted, shelf::Keep},
    time::Timestamp,
    ui::{
        Avatar, Bake, Choice, Choices, Empty, Field, Form, FormAlert, Hidden, Html, Icon, PageField, Pager,
        Submit, When, glyph,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::sync::Arc;

/// `/{org}/settings/invitations`.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn invitations(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    let grant = scope.clone().require::<ViewInvitations>()?;
    let after = caller.query("after").and_then(|after| after.parse().ok());
    let found = listing::list(&grant, None, after, listing::SIZE).await?;
    let base = paths::invitations(scope.slug());
    let next = found.next.map(|id: InvitationId| format!("{base}?after={id}"));
    let first = after.map(|_| base);
    let list = if found.rows.is_empty() { nobody(&scope).bake() } else { table(&scope, &found.rows).bake() };
    let invite = invite_button(&caller, &scope);
    Ok(frame.show(
        Place::Invitations,
        view! {
            <header class="page-head">
                <div><h1>"Invitations"</h1><p>"Sent invitations and their status."</p></div>
                <div class="page-actions">{invite}</div>
            </header>
            <FormAlert action=RevokeInvitation::PATH/>
            <FormAlert action=ResendInvitation::PATH/>
            {results(&caller, ResendInvitation::PATH)}
            <div data-live="invitations" id="invitations">{list}<Pager first next/></div>
        },
    ))
}

fn nobody(scope: &Scope) -> impl IntoView + use<> {
    let url = paths::new_invitation(scope.slug());
    view! {
        <Empty icon=glyph::Mail title="No invitations">
            <p>"We email people you invite a link to join. Invitations and their status are listed here."</p>
            <a class="button" data-kind="primary" href=url data-opens="invite">"Invite people"</a>
        </Empty>
    }
}

/// `/{org}/settings/invitations/new`: the form as a page of its own.
///
/// # Errors
/// Those of [`Frame::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn new_invitation(caller: Caller) -> Result<impl IntoView> {
    let (scope, frame) = Frame::enter(&caller).await?;
    scope.clone().require::<role::InviteMembers>()?;
    let form = form(&caller, &scope);
    Ok(frame.show(
        Place::Invitations,
        view! {
            <header class="page-head">
                <div><h1>"Invite people"</h1><p>"We email each person a link to join."</p></div>
            </header>
            <section class="panel">{form}</section>
        },
    ))
}

/// The button that invites people, with the dialog it opens; without script it leads to the page.
/// Nothing for those who may not.
pub fn invite_button(caller: &Caller, scope: &Scope) -> Html {
    if !scope.can::<role::InviteMembers>() {
        return ().bake();
    }
    let form = form(caller, scope);
    let url = paths::new_invitation(scope.slug());
    view! {
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
    .bake()
}

fn form(caller: &Caller, scope: &Scope) -> impl IntoView + use<> {
    let default = scope.organization().default_role;
    let one_owner = scope.organization().is_personal;
    let org = scope.slug().to_string();
    let roles = scope
        .role()
        .grantable()
        .filter(|role| !(one_owner && *role == Role::Owner))
        .map(|role| Choice { value: role.as_str().into(), label: role.label().into(), says: role.says() });
    let roles: Vec<_> = roles.collect();
    view! {
        {results(caller, InviteMembers::PATH)}
        <Form action=InviteMembers::PATH in_place=true>
            <Hidden name="org" value=org/>
            <Field name="emails" label="Emails" kind="textarea" maxlength=10_000 verbatim=true autofocus=true
                hint="One per line or separated by commas."/>
            <Choices name="role" label="Role" choices=roles value=default.as_str()/>
            <div class="form-actions"><Submit>"Send invitations"</Submit></div>
        </Form>
    }
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
                (true, true) => format!("Sent again as {}. Older links no longer work", sent.role),
                (_, false) => {
                    format!(
                        "Invited as {}. This server does not send email: share the link yourself",
                        sent.role
                    )
                }
            };
            view! {
                <li data-state="sent">
                    <span class="mono">{one.email}</span>
                    <span>{says}</span>
                    <div class="copy">
                        <input id=id.clone() type="text" readonly value=sent.link aria-label="Invitation link"/>
                        <button class="button" data-size="small" type="button" data-copies=id>"Copy link"</button>
                        <small>"Works only for an account with this email. Shown only once."</small>
                    </div>
                </li>
            }.bake()
        }
        Err(message) => view! {
            <li data-state="error"><span class="mono">{one.email}</span><span>{message}</span></li>
        }
        .bake(),
    }
}

fn table(scope: &Scope, rows: &[Row]) -> impl IntoView + use<> {
    let now = scope.server().clock.now();
    let rows: Vec<_> = rows.iter().map(|row| table_row(scope, row, now)).collect();
    view! {
        <table class="table invitations">
            <thead>
                <tr>
                    <th scope="col">"Email"</th><th scope="col">"Role"</th><th scope="col">"Status"</th>
                    <th scope="col">"Invited by"</th><th scope="col">"Sent"</th><th scope="col">"Expires"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn table_row(scope: &Scope, row: &Row, now: Timestamp) -> Html {
    let id = row.id.0.simple().to_string();
    let (kind, label) = badge(row, now);
    let pending = row.state == State::Pending;
    let acts = (pending && scope.role().may_grant(row.role)).then(|| actions(scope, row, &id));
    let expires = if pending { view! { <When at=row.expires_at now/> }.bake() } else { "–".bake() };
    view! {
        <tr id=format!("i-{id}")>
            <td data-label="Email" title=row.email.to_string()>{row.email.to_string()}</td>
            <td data-label="Role">{row.role.label()}</td>
            <td data-label="Status"><span class="badge" data-kind=kind>{label}</span></td>
            <td data-label="Invited by">{row.inviter.to_string()}</td>
            <td data-label="Sent"><When at=row.sent_at now/></td>
            <td data-label="Expires">{expires}</td>
            <td class="table-actions">{acts}</td>
        </tr>
    }
    .bake()
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

fn actions(scope: &Scope, row: &Row, id: &str) -> Html {
    let (menu, email) = (format!("menu-{id}"), row.email.to_string());
    let org = scope.slug().as_str();
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                aria-label=format!("More for {email}")>"⋯"</button>
            <div class="menu confirm" id=menu popover>
                <form method="post" action=ResendInvitation::PATH data-in-place>
                    <PageField/>
                    <Hidden name="org" value=org/>
                    <Hidden name="invitation" value=id/>
                    <p>"We send a new email. Links in earlier emails stop working."</p>
                    <button class="button">"Send again"</button>
                    <hr/>
                    <p><strong>{format!("Revoke the invitation for {email}?")}</strong></p>
                    <button class="button" data-kind="danger" formaction=RevokeInvitation::PATH>"Revoke invitation"</button>
                </form>
            </div>
        </div>
    }.bake()
}

/// The invitations that are pending, for those who may know: those that fit what is searched for, as
/// rows of the table of members, and a line with the way to the list.
///
/// # Errors
/// When the database fails.
pub async fn pending(caller: &Caller, scope: &Scope, listing: &Listing) -> Result<(Option<Html>, Html)> {
    let Ok(grant) = scope.clone().require::<ViewInvitations>() else { return Ok((None, ().bake())) };
    let read = listing::pending_like(&grant, &listing.search, Role::parse(&listing.role));
    let write = async { read.await.map(|(rows, n)| Pending { html: member_rows(scope, &rows), n }) };
    // On a page that is the answer to a form, rows say which page they stand on.
    let pending = match caller.posted() {
        Some(_) => write.await.map(Arc::new)?,
        None => Box::pin(scope.kept(format!("pending {} {}", listing.role, listing.search), write)).await?,
    };
    let (n, url) = (pending.n, paths::invitations(scope.slug()));
    let line = view! {
        <p class="pending" data-live="invitations" id="pending">
            {(n > 0).then(|| view! { <span>{format!("Pending invitations ({n})")}</span><a href=url>"View all"</a> })}
        </p>
    };
    Ok(((!pending.html.is_empty()).then(|| Html::new(pending.html.clone())), line.bake()))
}

/// What the members page shows of invitations.
struct Pending {
    html: String,
    n: i64,
}

impl Keep for Pending {
    fn bytes(&self) -> usize {
        self.html.len() + size_of::<Self>()
    }
}

fn member_rows(scope: &Scope, rows: &[Row]) -> String {
    let now = scope.server().clock.now();
    rows.iter().map(|row| member_row(scope, row, now).to_html()).collect()
}

fn member_row(scope: &Scope, row: &Row, now: Timestamp) -> impl IntoView + use<> {
    let (id, email) = (row.id.0.simple().to_string(), row.email.to_string());
    let (kind, label) = badge(row, now);
    let acts = scope.role().may_grant(row.role).then(|| actions(scope, row, &id));
    view! {
        <tr id=format!("i-{id}") class="invited">
            <td data-label="Name">
                <div class="person"><Avatar id=row.id.0 name=email.clone()/><span class="badge" data-kind=kind>{label}</span></div>
            </td>
            <td data-label="Email" title=email.clone()>{email.clone()}</td>
            <td data-label="Role">{row.role.label()}</td>
            <td data-label="Joined">"invited "<When at=row.sent_at now/></td>
            <td data-label="Last active">"–"</td>
            <td class="table-actions">{acts}</td>
        </tr>
    }
}
