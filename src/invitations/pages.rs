//! Inviting: the list, the form as a page and as a dialog, and what came of it.

use super::{
    InviteMembers, Invited, ResendInvitation, RevokeInvitation, State,
    listing::{self, Row},
};
use crate::{
    error::Result,
    fields::counted,
    id::InvitationId,
    orgs::{AppLayout, Place},
    paths,
    role::{self, Role, ViewInvitations},
    tenancy::Scope,
    time::Timestamp,
    ui::{
        Bake, Choice, Choices, Empty, Field, Form, FormAlert, Hidden, Html, Icon, PageField, Pager, When,
        glyph,
    },
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/settings/invitations`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn invitations(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
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
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn new_invitation(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<role::InviteMembers>()?;
    let form = form(&caller, &scope);
    let here = ("Invite people".to_owned(), paths::new_invitation(scope.slug()));
    Ok(frame.show_thing(
        Place::Invitations,
        vec![here],
        view! {
            <header class="page-head">
                <div><h1>"Invite people"</h1><p>"We email each person a link to join."</p></div>
            </header>
            <section class="panel"><div class="panel-body stack">{form}</div></section>
        },
    ))
}

/// The button that invites people, with the dialog it opens; without script it leads to the page.
/// Nothing for those who may not.
pub fn invite_button(caller: &RequestContext, scope: &Scope) -> Html {
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

fn form(caller: &RequestContext, scope: &Scope) -> impl IntoView + use<> {
    let default = scope.organization().default_role;
    let one_owner = scope.organization().is_personal;
    let org = scope.slug().to_string();
    let roles = scope
        .role()
        .grantable()
        .filter(|role| !(one_owner && *role == Role::Owner))
        .map(|role| Choice { value: role.as_str().into(), label: role.label().into(), says: role.says() });
    let roles: Vec<_> = roles.collect();
    let posted = caller.posted().filter(|posted| posted.action == InviteMembers::PATH);
    let invited: Vec<Invited> = posted.and_then(Posted::answer).unwrap_or_default();
    // Those who were not invited can be corrected, and the next ones are invited as the last ones were.
    let left: Vec<_> =
        invited.iter().filter(|one| one.result.is_err()).map(|one| one.email.clone()).collect();
    let role = posted.and_then(|posted| posted.value("role")).and_then(Role::parse).unwrap_or(default);
    // As the button counts while one types.
    let addresses = left.iter().filter(|email| email.contains('@')).count();
    let (to_correct, says) = (left.join("\n"), send(addresses));
    let form = view! {
        <Form action=InviteMembers::PATH in_place=true once=true>
            <Hidden name="org" value=org/>
            <Field name="emails" label="Emails" kind="textarea" maxlength=10_000 verbatim=true autofocus=true
                value=to_correct hint="One per line or separated by commas."/>
            <Choices name="role" label="Role" choices=roles value=role.as_str()/>
            <div class="form-actions">
                <button class="button" type="submit" data-kind="primary" data-counts="emails" data-none=SEND
                    data-one="Send 1 invitation" data-many="Send # invitations">{says}</button>
            </div>
        </Form>
    };
    view! { {results(caller, InviteMembers::PATH)}{around(scope, !invited.is_empty(), left.is_empty(), form)} }
}

/// The form; once some were invited, below the way out of it, and folded when nobody is left to be corrected.
fn around(scope: &Scope, was_sent: bool, is_done: bool, form: impl IntoView) -> Html {
    if !was_sent {
        return form.bake();
    }
    let list = paths::invitations(scope.slug());
    let kind = is_done.then_some("primary");
    let done = view! { <div class="form-actions"><a class="button" data-kind=kind href=list data-closes="invite">"Done"</a></div> };
    if is_done {
        view! { {done}<details class="more"><summary>"Invite more people"</summary>{form}</details> }.bake()
    } else {
        view! { {done}{form} }.bake()
    }
}

const SEND: &str = "Send invitations";

/// What the button says that invites so many.
fn send(n: usize) -> String {
    match n {
        0 => SEND.to_owned(),
        n => format!("Send {}", counted(n, "invitation")),
    }
}

/// What came of inviting, address by address, if that was just done.
fn results(caller: &RequestContext, action: &'static str) -> impl IntoView + use<> {
    let posted = caller.posted().filter(|posted| posted.action == action);
    let invited: Vec<Invited> = posted.and_then(Posted::answer).unwrap_or_default();
    let (has_mail, is_asked) = (caller.server.mail.is_on(), action == ResendInvitation::PATH);
    (!invited.is_empty()).then(|| {
        let sum = (invited.len() > 1).then(|| view! { <p>{sum(&invited)}</p> });
        let items = invited.into_iter().enumerate();
        let items = items.map(|(n, one)| result(n, one, (has_mail, is_asked))).collect_view();
        view! { {sum}<ul class="results" role="list" aria-label="Invitations sent">{items}</ul> }
    })
}

/// What came of inviting several: "2 invited, 1 invited again, 1 not invited".
fn sum(invited: &[Invited]) -> String {
    let count = |is: fn(&Invited) -> bool| invited.iter().filter(|one| is(one)).count();
    let counts = [
        (count(|one| one.result.as_ref().is_ok_and(|sent| !sent.again)), "invited"),
        (count(|one| one.result.as_ref().is_ok_and(|sent| sent.again)), "invited again"),
        (count(|one| one.result.is_err()), "not invited"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, says)| format!("{count} {says}")).collect::<Vec<_>>().join(", ")
}

/// What came of one: `is_asked` where it was to be sent again.
fn result(n: usize, one: Invited, (has_mail, is_asked): (bool, bool)) -> impl IntoView {
    match one.result {
        Ok(sent) => {
            let id = format!("link-{n}");
            let role = sent.role;
            let before = if sent.again && !is_asked { "Already invited. " } else { "" };
            let says = match (sent.again, has_mail) {
                (false, true) => format!("Invited as {role}"),
                (true, true) => format!("{before}Sent again as {role}. Older links no longer work"),
                (false, false) => {
                    format!("Invited as {role}. This server doesn't send email: share the link yourself")
                }
                (true, false) => format!(
                    "{before}Invited again as {role}. Older links no longer work. This server doesn't send email: share the link yourself"
                ),
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
    let (kind, label) = badge(row);
    let pending = matches!(row.state, State::Pending | State::Expired);
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

pub(super) fn badge(row: &Row) -> (&'static str, &'static str) {
    match row.state {
        State::Expired => ("amber", "Expired"),
        State::Pending if row.is_undelivered => ("red", "Not delivered"),
        State::Pending => ("accent", "Pending"),
        State::Accepted => ("green", "Accepted"),
        State::Declined => ("neutral", "Declined"),
        State::Revoked => ("neutral", "Revoked"),
    }
}

pub(super) fn actions(scope: &Scope, row: &Row, id: &str) -> Html {
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
