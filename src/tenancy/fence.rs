//! The fence around an organization: what a statement must say, and what PostgreSQL lets through.

use crate::{error::Result, id::OrgId, kernel::db::Tx};

/// Fences what follows in a transaction to the rows of an organization, where the database can.
///
/// # Errors
/// When the database fails.
pub async fn fence(tx: &mut Tx, org: OrgId) -> Result<()> {
    set(tx, org.to_string()).await
}

/// Takes the fence away.
///
/// # Errors
/// When the database fails.
pub async fn unfence(tx: &mut Tx) -> Result<()> {
    set(tx, String::new()).await
}

async fn set(tx: &mut Tx, org: String) -> Result<()> {
    if tx.is_concurrent() {
        tx.query("SELECT set_config('app.org_id', $1, true)").bind(org).execute().await?;
    }
    Ok(())
}

/// Every statement of a scope names its organization as `$1`.
pub(super) fn assert_fenced(sql: &str) {
    let fenced = sql.contains("org_id = $1")
        || (sql.contains("organizations") && sql.contains("id = $1"))
        || (sql.contains("(org_id,") && sql.contains("VALUES ($1,"));
    debug_assert!(fenced, "not fenced to the organization: {sql}");
}
