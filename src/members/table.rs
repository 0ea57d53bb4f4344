//! The member list as people see it.

use super::{
    Leave, Listing, RemoveMember, SetRole,
    listing::{Found, Row},
};
use crate::{
    fields::Slug,
    id::UserId,
    paths,
    role::Role,
    server::Scope,
    time::Timestamp,
    ui::{Bake, Empty, Hidden, Html, Initials, Moment, PageField, Pager, Stencil, gap, glyph, hue, initials},
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::collections::HashMap;

/// What a row needs to know of who looks at it.
#[derive(Clone)]
pub(super) struct Looker {
    pub(super) org: Slug,
    pub(super) org_name: String,
    pub(super) is_personal: bool,
    pub(super) user: Option<UserId>,
    pub(super) role: Role,
    pub(super) now: Timestamp,
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
        }
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

/// Search, filter and count above the table.
pub(super) fn bar(looker: &Looker, listing: &Listing, total: i64) -> impl IntoView + use<> {
    let current = listing.role.clone();
    let people = if total == 1 { "1 person".to_owned() } else { format!("{total} people") };
    view! {
        <div class="table-bar">
            <form class="filters" role="search" method="get" action=paths::members(&looker.org)>
                <input type="search" name="search" placeholder="Search…" aria-label="Search by name or address" maxlength="100"
                    value=listing.search.clone()/>
                <select name="role" aria-label="Role">
                    <option value="">"Role: all"</option>
                    {Role::ALL.map(|role| view! { <option value=role.as_str() selected=role.as_str() == current>{role.label()}</option> }).collect_view()}
                </select>
                <button class="button filters-go" type="submit">"Show"</button>
            </form>
            <span class="count" id="count" data-live="members">{people}</span>
        </div>
    }
}

/// The table and the way to its next page.
pub(super) fn table(looker: &Looker, listing: &Listing, found: Found) -> impl IntoView + use<> {
    let base = paths::members(&looker.org);
    let next = found.next.map(|after| format!("{base}{}", Listing { after, ..listing.clone() }.query()));
    let first = (!listing.after.is_empty())
        .then(|| format!("{base}{}", Listing { after: String::new(), ..listing.clone() }.query()));
    let heads = [("name", "Name"), ("email", "Email"), ("role", "Role"), ("joined", "Joined")];
    let heads = heads.map(|(sort, label)| head(&base, listing, sort, label)).collect_view();
    let rows = rows(looker, &found.rows);
    let list = if found.rows.is_empty() {
        nobody(base).bake()
    } else {
        view! {
            <table class="table members">
                <thead><tr>{heads}<th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .bake()
    };
    view! { <div data-live="members" id="members">{list}<Pager first next/></div> }
}

/// A workspace is never empty: nobody fits what was asked for.
fn nobody(everybody: String) -> impl IntoView {
    view! {
        <Empty icon=glyph::Users title="Nobody found">
            <p>"No member of this workspace fits the search."</p>
            <a class="button" href=everybody>"Show everybody"</a>
        </Empty>
    }
}

fn head(base: &str, listing: &Listing, sort: &'static str, label: &'static str) -> impl IntoView + use<> {
    let current = if listing.sort.is_empty() { "name" } else { &listing.sort };
    let (direction, other) = match current.strip_prefix('-') {
        Some(name) if name == sort => (Some("descending"), sort.to_owned()),
        None if current == sort => (Some("ascending"), format!("-{sort}")),
        _ => (None, sort.to_owned()),
    };
    let url = format!("{base}{}", listing.sorted(other).query());
    view! { <th scope="col" aria-sort=direction><a href=url>{label}</a></th> }
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

/// All rows. Members of one role look alike, so each kind of row is made once and filled.
fn rows(looker: &Looker, members: &[Row]) -> Html {
    let mut shapes: HashMap<(Role, bool), Stencil> = HashMap::new();
    let mut html = String::new();
    for member in members {
        let is_self = Some(member.user_id) == looker.user;
        let shape = shapes
            .entry((member.role, is_self))
            .or_insert_with_key(|(role, is_self)| Stencil::new(row(looker, *role, *is_self)));
        let joined = Moment::new(member.joined_at, looker.now);
        let (id, name) = (member.user_id.0.simple().to_string(), member.name.as_str());
        let (letters, hue) = (initials(name), hue(member.user_id.0));
        let email = member.email.as_str();
        shape.fill(
            &mut html,
            &[&id, name, email, &letters, &hue, &joined.machine, &joined.exact, &joined.relative],
        );
    }
    Html::new(html)
}

fn row(looker: &Looker, role: Role, is_self: bool) -> impl IntoView + use<> {
    let joined = Moment { machine: gap(MACHINE), exact: gap(EXACT), relative: gap(RELATIVE) };
    let (cell, menu) = (role_cell(looker, role), menu(looker, role, is_self));
    view! {
        <tr id=format!("m-{}", gap(ID))>
            <td data-label="Name">
                <div class="person">
                    <Initials letters=gap(LETTERS) hue=gap(HUE)/>
                    <span class="person-name">{gap(NAME)}</span>
                    {is_self.then(|| view! { <span class="badge">"you"</span> })}
                </div>
            </td>
            <td data-label="Email" title=gap(EMAIL)>{gap(EMAIL)}</td>
            <td data-label="Role">{cell}</td>
            <td data-label="Joined">{joined.show()}</td>
            <td class="table-actions">{menu}</td>
        </tr>
    }
}

/// The role, with the form that changes it where the looker may. Of a row there is one form; the
/// button that removes the member posts it elsewhere.
fn role_cell(looker: &Looker, current: Role) -> Html {
    let roles = looker.grantable(current);
    if roles.len() < 2 {
        return view! { <span title=current.says()>{current.label()}</span> }.bake();
    }
    let options: Vec<_> = roles
        .into_iter()
        .map(|role| view! { <option value=role.as_str() selected=role == current>{role.label()}</option> })
        .collect();
    view! {
        <form class="role-form" id=format!("f-{}", gap(ID)) method="post" action=SetRole::PATH data-in-place data-submit-on-change>
            <PageField/>
            <Hidden name="org" value=looker.org.as_str()/>
            <Hidden name="user" value=gap(ID)/>
            <select name="role" aria-label=format!("Role of {}", gap(NAME))>{options}</select>
            <button class="button enhanced-hide" data-size="small">"Save"</button>
        </form>
        <small class="role-says">{current.says()}</small>
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
            return confirm(&format!("Leave {org}?"), "You lose access at once.", leave);
        }
        let remove = view! {
            <button class="button" data-kind="danger" form=format!("f-{}", gap(ID)) formaction=RemoveMember::PATH>
                {format!("Remove {}", gap(NAME))}
            </button>
        };
        confirm(&format!("Remove {} from {org}?", gap(NAME)), "They lose access at once.", remove)
    })
}

/// A menu that asks once, in words that name the thing.
fn confirm(question: &str, says: &'static str, act: impl IntoView) -> Html {
    let menu = format!("menu-{}", gap(ID));
    view! {
        <div class="row-menu">
            <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                aria-label=format!("More for {}", gap(NAME))>"⋯"</button>
            <div class="menu confirm" id=menu popover><p><strong>{question.to_owned()}</strong></p><p>{says}</p>{act}</div>
        </div>
    }
    .bake()
}
