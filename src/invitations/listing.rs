//! The lists of invitations.

use super::State;
use crate::{
    error::Result,
    fields::{Email, Name},
    id::InvitationId,
    role::{Role, ViewInvitations},
    tenancy::Grant,
    time::Timestamp,
};

/// The rows of a page.
pub const SIZE: usize = 50;

/// An invitation as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub id: InvitationId,
    /// For whom.
    pub email: Email,
    /// As what.
    pub role: Role,
    /// Where it stands.
    pub state: State,
    /// Who sent it.
    pub inviter: Name,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// Whether its letter could not be delivered.
    pub is_undelivered: bool,
}

/// A page of the list, and the row that the next one begins after.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The invitations, the newest first.
    pub rows: Vec<Row>,
    /// Where the next page begins, if there is one.
    pub next: Option<InvitationId>,
}

/// A statement that finds invitations of the organization as [`Row`]s.
macro_rules! listed {
    ($which:literal) => {
        concat!(
            "SELECT i.id, i.email, i.role, i.state, u.name AS inviter, i.sent_at, i.expires_at,
                    EXISTS (SELECT 1 FROM letters l WHERE l.about_id = i.id AND l.failed_at IS NOT NULL AND l.created_at >= i.sent_at) AS is_undelivered
             FROM invitations i JOIN users u ON u.id = i.inviter_id
             WHERE i.org_id = $1 AND ",
            $which
        )
    };
}

/// At most `size` of the invitations of the organization, all or those of one state; ids sort by time, so they
/// serve as cursor. One that has expired is not among the pending ones.
///
/// # Errors
/// When the database fails.
pub async fn list(
    grant: &Grant<ViewInvitations>,
    only: Option<State>,
    after: Option<InvitationId>,
    size: usize,
) -> Result<Rows> {
    let now = grant.server().clock.now();
    let mut rows: Vec<Row> = grant
        .query(listed!(
            "($3 IS NULL OR i.id < $3)
               AND ($2 IS NULL OR (i.state = $2 AND (i.state <> 'pending' OR i.expires_at > $5)))
             ORDER BY i.id DESC LIMIT CAST($4 AS BIGINT)"
        ))
        .bind(only)
        .bind(after)
        .bind(i64::try_from(size + 1).unwrap_or(i64::MAX))
        .bind(now)
        .all()
        .await?;
    for row in rows.iter_mut().filter(|row| row.state == State::Pending && row.expires_at <= now) {
        row.state = State::Expired;
    }
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok(Rows { rows, next })
}

/// Those that are pending and fit a search and a role, at most a hundred; and how many are pending in
/// all. Those that have expired are not.
///
/// # Errors
/// When the database fails.
pub async fn pending_like(
    grant: &Grant<ViewInvitations>,
    search: &str,
    role: Option<Role>,
) -> Result<(Vec<Row>, i64)> {
    let now = grant.server().clock.now();
    let mut rows: Vec<Row> = grant
        .query(listed!("i.state = 'pending' AND i.expires_at > $2 ORDER BY i.email LIMIT 1000"))
        .bind(now)
        .all()
        .await?;
    let n = rows.len();
    let search = search.to_lowercase();
    rows.retain(|row| row.email.as_str().contains(&search) && role.is_none_or(|role| row.role == role));
    rows.truncate(100);
    Ok((rows, i64::try_from(n).unwrap_or(i64::MAX)))
}
