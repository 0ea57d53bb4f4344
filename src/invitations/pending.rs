//! What the members page shows of invitations: those that are pending.

use super::{
    listing::{self, Row},
    pages::{actions, badge},
};
use crate::{
    error::Result,
    kernel::fragment_cache::Cacheable,
    members::Listing,
    paths,
    role::{Role, ViewInvitations},
    tenancy::Scope,
    time::Timestamp,
    ui::{Avatar, Bake, Html, When},
    web::RequestContext,
};
use leptos::prelude::*;
use std::sync::Arc;

/// The invitations that are pending, for those who may know: those that fit what is searched for, as
/// rows of the table of members, and a line with the way to the list.
///
/// # Errors
/// When the database fails.
pub async fn pending(
    caller: &RequestContext,
    scope: &Scope,
    listing: &Listing,
) -> Result<(Option<Html>, Html)> {
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
            {(n > 0).then(|| view! { <span>{format!("Pending invitations ({n})")}</span><a href=url>"See all"</a> })}
        </p>
    };
    Ok(((!pending.html.is_empty()).then(|| Html::new(pending.html.clone())), line.bake()))
}

/// What the members page shows of invitations.
struct Pending {
    html: String,
    n: i64,
}

impl Cacheable for Pending {
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
    let (kind, label) = badge(row);
    let acts = scope.role().may_grant(row.role).then(|| actions(scope, row, &id));
    view! {
        <tr id=format!("i-{id}") class="invited">
            <td data-label="Name">
                <div class="person">
                    <Avatar id=row.id.0 name=email.clone()/>
                    <div class="person-text">
                        <span class="person-name">{email}</span>
                        <span class="badge" data-kind=kind>{label}</span>
                        <small>"Invited "<When at=row.sent_at now/></small>
                    </div>
                </div>
            </td>
            <td data-label="Role"><div class="role"><span>{row.role.label()}</span><small class="role-says">{row.role.says()}</small></div></td>
            <td data-label="Joined">"–"</td>
            <td data-label="Last active">"–"</td>
            <td class="table-actions">{acts}</td>
        </tr>
    }
}
