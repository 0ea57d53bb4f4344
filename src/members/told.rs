//! Members are told by email what others change about them.

use super::emails::{REMOVED, ROLE_CHANGED, removed, role_changed};
use crate::{
    environments::people,
    error::Result,
    fields::{Email, Name},
    id::UserId,
    paths,
    role::Role,
    tenancy::OrgChange,
    time::Span,
};

/// The most emails of a kind that somebody gets from an organization within an hour.
const MOST: i64 = 10;

/// Writes to a member whose role somebody else changed.
pub(super) async fn of_role(change: &mut OrgChange, user: UserId, roles: (Role, Role)) -> Result<()> {
    let Some((email, name)) = reader(change, user, ROLE_CHANGED).await? else { return Ok(()) };
    let by = people::doer(change).await?;
    let (org, url) = (change.organization().name.clone(), paths::organization(&change.organization().slug));
    let url = change.url(&url);
    change.mail(user.0, &role_changed((&email, &name), roles, &by, (&org, &url))).await
}

/// Writes to a member whom somebody else is about to remove.
pub(super) async fn of_removal(change: &mut OrgChange, user: UserId) -> Result<()> {
    let Some((email, name)) = reader(change, user, REMOVED).await? else { return Ok(()) };
    let by = people::doer(change).await?;
    let org = change.organization().name.clone();
    change.mail(user.0, &removed((&email, &name), &by, &org)).await
}

/// The member, unless they act themselves or got more emails of the kind than they can read.
async fn reader(change: &mut OrgChange, user: UserId, kind: &'static str) -> Result<Option<(Email, Name)>> {
    if change.person() == Some(user) {
        return Ok(None);
    }
    let Some((email, name)) = people::member(change, user).await? else { return Ok(None) };
    let since = change.now() - Span::hours(1);
    let sent = change.query(
        "SELECT count(*) FROM letters WHERE org_id = $1 AND recipient = $2 AND kind = $3 AND created_at > $4",
    );
    let (sent,): (i64,) = sent.bind(email.clone()).bind(kind).bind(since).one().await?;
    Ok((sent < MOST).then_some((email, name)))
}
