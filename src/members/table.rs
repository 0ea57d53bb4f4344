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
    ui::{Avatar, Hidden, Icon, Pager, When, glyph},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What a row needs to know of who looks at it.
#[derive(Clone)]
pub(super) struct Looker {
    pub(super) org: Slug,
    pub(super) org_name: String,
    pub(super) is_personal: bool,
    pub(super) user: Option<UserId>,
    pub(super) role: Role,
    pub(super) page: String,
    pub(super) now: Timestamp,
}

impl Looker {
    pub(super) fn new(scope: &Scope, page: &str) -> Self {
        let organization = scope.organization();
        Self {
            org: organization.slug.clone(),
            org_name: organization.name.to_string(),
            is_personal: organization.is_personal,
            user: scope.person().map(|person| person.id),
            role: scope.role(),
            page: page.to_owned(),
            now: scope.server().clock.now(),
        }
    }

    /// The roles this one may give to a member.
    fn grantable(&self, row: &Row) -> Vec<Role> {
        if !self.role.may_manage(row.role) {
            return Vec::new();
        }
        let one_owner = self.is_personal;
        self.role
            .grantable()
            .filter(|role| !one_owner || (*role == Role::Owner) == (row.role == Role::Owner))
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
            <span class="count" data-live="members">{people}</span>
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
    let rows: Vec<_> = found.rows.iter().map(|member| row(looker, member)).collect();
    view! {
        <div data-live="members" id="members">
            <table class="table members">
                <thead><tr>{heads}<th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <Pager first next/>
        </div>
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

fn row(looker: &Looker, row: &Row) -> impl IntoView + use<> {
    let is_self = Some(row.user_id) == looker.user;
    let id = row.user_id.0.simple().to_string();
    let role = role_cell(looker, row, &id);
    let menu = menu(looker, row, &id, is_self);
    let name = row.name.to_string();
    view! {
        <tr id=format!("m-{id}")>
            <td data-label="Name">
                <div class="person">
                    <Avatar id=row.user_id.0 name=name.clone()/>
                    <span class="person-name" title=name.clone()>{name.clone()}</span>
                    {is_self.then(|| view! { <span class="badge">"you"</span> })}
                </div>
            </td>
            <td data-label="Email" title=row.email.to_string()>{row.email.to_string()}</td>
            <td data-label="Role">{role}</td>
            <td data-label="Joined"><When at=row.joined_at now=looker.now/></td>
            <td class="table-actions">{menu}</td>
        </tr>
    }
}

fn role_cell(looker: &Looker, row: &Row, id: &str) -> AnyView {
    let roles = looker.grantable(row);
    if roles.len() < 2 {
        return view! { <span title=row.role.says()>{row.role.label()}</span> }.into_any();
    }
    let current = row.role;
    let options: Vec<_> = roles
        .into_iter()
        .map(|role| view! { <option value=role.as_str() selected=role == current title=role.says()>{role.label()}</option> })
        .collect();
    view! {
        <form class="role-form" method="post" action=SetRole::PATH data-in-place data-submit-on-change>
            <Hidden name="page" value=looker.page.clone()/>
            <Hidden name="org" value=looker.org.as_str()/>
            <Hidden name="user" value=row.user_id.to_string()/>
            <select id=format!("role-{id}") name="role" aria-label=format!("Role of {}", row.name)>{options}</select>
            <button class="button enhanced-hide" data-size="small" type="submit">"Save"</button>
        </form>
        <small class="role-says">{current.says()}</small>
    }
    .into_any()
}

fn menu(looker: &Looker, row: &Row, id: &str, is_self: bool) -> Option<impl IntoView + use<>> {
    let may = if is_self {
        !looker.is_personal || row.role != Role::Owner
    } else {
        looker.role.may_manage(row.role)
    };
    may.then(|| {
        let (name, org) = (row.name.to_string(), &looker.org_name);
        let menu = format!("menu-{id}");
        let (action, question, button) = if is_self {
            (Leave::PATH, format!("Leave {org}?"), format!("Leave {org}"))
        } else {
            (RemoveMember::PATH, format!("Remove {name} from {org}?"), format!("Remove {name}"))
        };
        let says = if is_self { "You lose access at once." } else { "They lose access at once." };
        let user = (!is_self).then(|| view! { <Hidden name="user" value=row.user_id.to_string()/> });
        view! {
            <div class="row-menu">
                <button class="button icon-button" data-kind="quiet" type="button" popovertarget=menu.clone()
                    aria-label=format!("More for {name}")><Icon is=glyph::More/></button>
                <div class="menu confirm" id=menu popover>
                    <p><strong>{question}</strong></p>
                    <p>{says}</p>
                    <form method="post" action=action data-in-place=!is_self>
                        <Hidden name="page" value=looker.page.clone()/>
                        <Hidden name="org" value=looker.org.as_str()/>
                        {user}
                        <button class="button" data-kind="danger" type="submit">{button}</button>
                    </form>
                </div>
            </div>
        }
    })
}
