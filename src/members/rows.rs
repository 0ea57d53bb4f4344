//! The rows of the member list: one for each member, as those of a role see them.

use super::{
    Leave, RemoveMember, SetRole,
    consequences::{foretold, invitations},
    listing::{Found, Row},
};
use crate::{
    api_keys::makers::{made_by, says_they_stay},
    error::Result,
    fields::Slug,
    id::UserId,
    kernel::fragment_cache::Cacheable,
    role::{InviteMembers, Role},
    tenancy::Scope,
    time::Timestamp,
    ui::{Bake, Confirm, Hidden, Html, Initials, Moment, PageField, RowTemplate, gap, hue, initials},
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::collections::HashMap;

const LOSE_ACCESS: &str = "You lose access immediately.";

/// What a row needs to know of who looks at it.
pub(super) struct Looker {
    pub(super) org: Slug,
    pub(super) org_name: String,
    pub(super) is_personal: bool,
    pub(super) user: Option<UserId>,
    pub(super) role: Role,
    pub(super) now: Timestamp,
    /// What it means to leave.
    pub(super) leaving: String,
}

impl Looker {
    pub(super) fn new(scope: &Scope) -> Self {
        let organization = scope.organization();
        Self {
            org: organization.slug.clone(),
            org_name: organization.name.to_string(),
            is_personal: organization.is_personal,
            user: scope.person().map(|person| person.id),
            role: scope.role(),
            now: scope.server().clock.now(),
            leaving: LOSE_ACCESS.to_owned(),
        }
    }

    /// The same, told what they leave behind.
    pub(super) async fn with_traces(self, scope: &Scope) -> Result<Self> {
        let Some(user) = self.user else { return Ok(self) };
        let keys = says_they_stay(&made_by(scope, user).await?);
        let sent = if scope.can::<InviteMembers>() { foretold(scope, user, None).await? } else { 0 };
        let ends = match sent {
            0 => String::new(),
            n => format!(" {} you sent will be revoked.", invitations(n)),
        };
        Ok(Self { leaving: format!("{LOSE_ACCESS}{ends}{keys}"), ..self })
    }

    /// The roles this one may give to a member.
    fn grantable(&self, current: Role) -> Vec<Role> {
        if !self.role.may_manage(current) {
            return Vec::new();
        }
        let one_owner = self.is_personal;
        self.role
            .grantable()
            .filter(|role| !one_owner || (*role == Role::Owner) == (current == Role::Owner))
            .collect()
    }
}

/// A page of the list with its rows written as everybody of the looker's role sees them.
pub(super) struct Rows {
    pub(super) found: Found,
    html: String,
    /// Where each row ends in the text.
    ends: Vec<usize>,
}

impl Cacheable for Rows {
    fn bytes(&self) -> usize {
        self.html.len() + self.ends.len() * (size_of::<usize>() + size_of::<Row>() + 64)
    }
}

impl Rows {
    /// Members of one role look alike, so each kind of row is made once and filled.
    pub(super) fn write(looker: &Looker, found: Found) -> Self {
        let mut shapes: HashMap<Role, RowTemplate> = HashMap::new();
        let (mut html, mut ends) = (String::new(), Vec::with_capacity(found.rows.len()));
        for member in &found.rows {
            let shape = shapes
                .entry(member.role)
                .or_insert_with_key(|role| RowTemplate::new(row(looker, *role, false)));
            fill(shape, &mut html, looker, member);
            ends.push(html.len());
        }
        Self { found, html, ends }
    }

    /// The rows for one looker, whose own is not like the others.
    pub(super) fn seen_by(&self, looker: &Looker) -> Html {
        let Some(n) = self.found.rows.iter().position(|member| Some(member.user_id) == looker.user) else {
            return Html::new(self.html.clone());
        };
        let own = &self.found.rows[n];
        let before = n.checked_sub(1).map_or(0, |n| self.ends[n]);
        let mut html = String::with_capacity(self.html.len() + 256);
        html.push_str(&self.html[..before]);
        fill(&RowTemplate::new(row(looker, own.role, true)), &mut html, looker, own);
        html.push_str(&self.html[self.ends[n]..]);
        Html::new(html)
    }
}

fn fill(shape: &RowTemplate, html: &mut String, looker: &Looker, member: &Row) {
    let joined = Moment::new(member.joined_at, looker.now);
    let active = Moment::new(member.active_at, looker.now);
    let (id, name) = (member.user_id.0.simple().to_string(), member.name.as_str());
    let (letters, hue) = (initials(name), hue(member.user_id.0));
    let email = member.email.as_str();
    let Moment { machine, exact, relative } = &joined;
    let joined = [machine.as_str(), exact, relative];
    let Moment { machine, exact, relative } = &active;
    let active = [machine.as_str(), exact, relative];
    let who = [&*id, name, email, &*letters, &*hue];
    shape.fill(html, &[&who[..], &joined, &active].concat());
}

/// What differs between the rows of members who are the same to the looker, by its gap.
const ID: u8 = 0;
const NAME: u8 = 1;
const EMAIL: u8 = 2;
const LETTERS: u8 = 3;
const HUE: u8 = 4;
const MACHINE: u8 = 5;
const EXACT: u8 = 6;
const RELATIVE: u8 = 7;
const ACTIVE_MACHINE: u8 = 8;
const ACTIVE_EXACT: u8 = 9;
const ACTIVE_RELATIVE: u8 = 10;

fn row(looker: &Looker, role: Role, is_self: bool) -> impl IntoView + use<> {
    let joined = Moment { machine: gap(MACHINE), exact: gap(EXACT), relative: gap(RELATIVE) };
    let active =
        Moment { machine: gap(ACTIVE_MACHINE), exact: gap(ACTIVE_EXACT), relative: gap(ACTIVE_RELATIVE) };
    let (cell, menu) = (role_cell(looker, role), menu(looker, role, is_self));
    view! {
        <tr id=format!("m-{}", gap(ID))>
            <td data-label="Name">
                <div class="person">
                    <Initials letters=gap(LETTERS) hue=gap(HUE)/>
                    <div class="person-text">
                        <span class="person-name">{gap(NAME)}</span>
                        {is_self.then(|| view! { <span class="badge">"You"</span> })}
                        <small class="person-email">{gap(EMAIL)}</small>
                    </div>
                </div>
            </td>
            <td data-label="Role">{cell}</td>
            <td data-label="Joined">{joined.show()}</td>
            <td data-label="Last active">{active.show()}</td>
            <td class="table-actions">{menu}</td>
        </tr>
    }
}

/// The role, with the form that changes it where the looker may. Of a row there is one form; the
/// button that removes the member posts it elsewhere.
fn role_cell(looker: &Looker, current: Role) -> Html {
    let roles = looker.grantable(current);
    let says = view! { <small class="role-says">{current.says()}</small> };
    if roles.len() < 2 {
        return view! { <div class="role"><span>{current.label()}</span>{says}</div> }.bake();
    }
    let options: Vec<_> = roles
        .into_iter()
        .map(|role| view! { <option value=role.as_str() selected=role == current>{role.label()}</option> })
        .collect();
    view! {
        <div class="role">
            <form class="role-form" id=format!("f-{}", gap(ID)) method="post" action=SetRole::PATH data-in-place data-resets>
                <PageField/>
                <Hidden name="org" value=looker.org.as_str()/>
                <Hidden name="user" value=gap(ID)/>
                <select name="role" aria-label=format!("Role of {}", gap(NAME))>{options}</select>
                <button class="button" data-kind="primary" data-size="small" aria-label=format!("Save role of {}", gap(NAME))>"Save"</button>
            </form>
            {says}
        </div>
    }
    .bake()
}

/// What else may be done about a member: removing them, or leaving oneself.
fn menu(looker: &Looker, role: Role, is_self: bool) -> Option<Html> {
    let may = if is_self { !looker.is_personal || role != Role::Owner } else { looker.role.may_manage(role) };
    let org = &looker.org_name;
    may.then(|| {
        if is_self {
            let leave = view! {
                <form method="post" action=Leave::PATH>
                    <PageField/>
                    <Hidden name="org" value=looker.org.as_str()/>
                    <button class="button" data-kind="danger">{format!("Leave {org}")}</button>
                </form>
            };
            return confirm(&format!("Leave {org}?"), &looker.leaving, leave);
        }
        let remove = view! {
            <button class="button" data-kind="danger" form=format!("f-{}", gap(ID)) formaction=RemoveMember::PATH>
                {format!("Remove {}", gap(NAME))}
            </button>
        };
        confirm(&format!("Remove {} from {org}?", gap(NAME)), "They lose access immediately. API keys they created keep working.", remove)
    })
}

/// A menu that asks once, in words that name the thing.
fn confirm(question: &str, says: &str, act: impl IntoView + 'static) -> Html {
    let menu = format!("menu-{}", gap(ID));
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                aria-label=format!("More for {}", gap(NAME))>"⋯"</button>
            <Confirm id=menu question says>{act}</Confirm>
        </div>
    }
    .bake()
}
