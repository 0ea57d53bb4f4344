//! The member list as people see it.

use super::{
    Listing,
    listing::Found,
    rows::{Looker, Rows},
};
use crate::{
    paths,
    role::{ManageMembers, Role},
    ui::{Empty, Html, Pager, glyph},
};
use leptos::{either::Either, prelude::*};

/// Search, filter and count above the table.
pub(super) fn bar(looker: &Looker, listing: &Listing, found: &Found) -> impl IntoView + use<> {
    let current = listing.role.clone();
    let people = found.people();
    view! {
        <div class="table-bar">
            <form class="filters" role="search" method="get" action=paths::members(&looker.org)>
                <input type="search" name="search" placeholder="Search…" aria-label="Search by name or email" maxlength="100"
                    value=listing.search.clone()/>
                <select name="role" aria-label="Role">
                    <option value="">"All roles"</option>
                    {Role::ALL.map(|role| view! { <option value=role.as_str() selected=role.as_str() == current>{role.label()}</option> }).collect_view()}
                </select>
                <button class="button filters-go" type="submit">"Apply"</button>
            </form>
            {looker.role.can::<ManageMembers>().then(|| view! {
                <a class="button" href=paths::members_csv(&looker.org) download>"Export CSV"</a>
            })}
            <span class="count" id="count" data-live="members">{people}</span>
        </div>
    }
}

/// The table and the way to its next page.
///
/// Who is invited stands after the last member.
pub(super) fn table(
    looker: &Looker,
    listing: &Listing,
    rows: &Rows,
    invited: Option<Html>,
) -> impl IntoView + use<> {
    let base = paths::members(&looker.org);
    let page =
        |after: &str| format!("{base}{}", Listing { after: after.to_owned(), ..listing.clone() }.query());
    let next = rows.found.next.as_deref().map(page);
    let first = (!listing.after.is_empty()).then(|| page(""));
    let who = [("name", "Name"), ("email", "Email")].map(|(sort, label)| sorter(&base, listing, sort, label));
    let heads = [("role", "Role"), ("joined", "Joined"), ("active", "Last active")];
    let heads = heads.map(|(sort, label)| head(&base, listing, sort, label)).collect_view();
    let sorted = who.iter().find_map(|(direction, _)| *direction);
    let who = who.map(|(_, link)| link).collect_view();
    let list = if rows.found.rows.is_empty() && invited.is_none() {
        Either::Left(nobody(base))
    } else {
        Either::Right(view! {
            <table class="table members">
                <thead><tr><th scope="col" class="sorts" aria-sort=sorted>{who}</th>{heads}<th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                <tbody>{rows.seen_by(looker)}{invited}</tbody>
            </table>
        })
    };
    view! { <div data-live="members invitations" id="members">{list}<Pager first next/></div> }
}

/// A workspace is never empty: nobody fits what was asked for.
fn nobody(everybody: String) -> impl IntoView {
    view! {
        <Empty icon=glyph::Users title="No results">
            <p>"No member matches these filters."</p>
            <a class="button" href=everybody>"Show all members"</a>
        </Empty>
    }
}

fn head(base: &str, listing: &Listing, sort: &'static str, label: &'static str) -> impl IntoView + use<> {
    let (direction, link) = sorter(base, listing, sort, label);
    view! { <th scope="col" aria-sort=direction>{link}</th> }
}

/// The link that sorts by something, or the other way round; and which way the list is sorted by it now.
fn sorter(
    base: &str,
    listing: &Listing,
    sort: &'static str,
    label: &'static str,
) -> (Option<&'static str>, impl IntoView + use<>) {
    let current = if listing.sort.is_empty() { "name" } else { &listing.sort };
    let (direction, other) = match current.strip_prefix('-') {
        Some(name) if name == sort => (Some("descending"), sort.to_owned()),
        None if current == sort => (Some("ascending"), format!("-{sort}")),
        _ => (None, sort.to_owned()),
    };
    let url = format!("{base}{}", listing.sorted(other).query());
    (direction, view! { <a href=url data-sorted=direction>{label}</a> })
}
