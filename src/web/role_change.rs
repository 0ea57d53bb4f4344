//! Who recently changed a person's role: a page that is no longer for them names the reason, and what their open page
//! reads again by itself is not logged as a refusal.

use super::RequestContext;
use crate::{
    error::Result,
    fields::Name,
    id::{OrgId, UserId},
    tenancy::{Server, audit::Action},
    time::Span,
};

/// How long a change of somebody's role explains what they are refused.
const EXPLAINS: Span = Span::days(1);

/// A change of somebody's role.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RoleChange {
    /// Who made it, by name.
    pub who: Option<Name>,
    /// Whether it was themselves.
    pub is_own: bool,
}

/// The last change of somebody's role in an organization, if it was lately.
///
/// # Errors
/// When the database fails.
pub async fn lately(server: &Server, org: OrgId, user: UserId) -> Result<Option<RoleChange>> {
    let change = server.outside_tenancy().query(
        "SELECT u.name AS who, coalesce(a.actor_id = $2, FALSE) AS is_own
         FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id
         WHERE a.org_id = $1 AND a.target_id = $2 AND a.action IN ($3, $4) AND a.created_at > $5
         ORDER BY a.id DESC LIMIT 1",
    );
    let change = change.bind(org).bind(user).bind(Action::RoleChanged.code());
    let change = change.bind(Action::TransferAccepted.code()).bind(server.clock.now() - EXPLAINS);
    Ok(change.optional().await?)
}

/// Whether a request was refused because an open page read itself again after its reader's role had changed.
pub(super) async fn explains(caller: &RequestContext) -> bool {
    let Some(entered) = caller.entered().filter(|_| caller.client.is_reread) else { return false };
    matches!(lately(&caller.server, entered.org, entered.user).await, Ok(Some(_)))
}
