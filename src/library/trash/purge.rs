//! Deleting things in the trash for good.

use super::{RESTORABLE, find, finish};
use crate::{
    error::{Error, Result},
    id::{OrgId, TrashId},
    role::PurgeContent,
    server::{Grant, Scope, Server, audit::Action},
};

/// Deletes something in the trash for good, with what was in it when it was put there.
///
/// # Errors
/// [`Error::NotFound`] when there is no such thing in the trash.
pub async fn purge(grant: &Grant<PurgeContent>, id: TrashId) -> Result<()> {
    let mut change = grant.change().await?;
    let row = find(&mut change, id).await?;
    for sql in [
        "DELETE FROM prompts WHERE org_id = $1 AND trash_id = $2",
        // What was put in the trash from within it earlier comes back to the top.
        "UPDATE trash SET parent_id = NULL WHERE org_id = $1 AND parent_id IN (
           SELECT id FROM folders WHERE org_id = $1 AND trash_id = $2)",
        "DELETE FROM folders WHERE org_id = $1 AND trash_id = $2",
        "DELETE FROM trash WHERE org_id = $1 AND id = $2",
    ] {
        change.query(sql).bind(id).execute().await?;
    }
    finish(change, Action::Purged, row.entity_id, &row.path).await
}

/// Deletes what has been in the trash for thirty days, in all organizations.
///
/// # Errors
/// When the database fails.
pub async fn purge_due(server: &Server) -> Result<()> {
    let due = server
        .outside_tenancy()
        .query("SELECT org_id, id FROM trash WHERE created_at <= $1 ORDER BY created_at");
    let due: Vec<(OrgId, TrashId)> = due.bind(server.clock.now() - RESTORABLE).all().await?;
    for (org, id) in due {
        // A deleted organization is purged whole; and another process may be faster.
        let purged = match Scope::of_chore(server, org, "what was in the trash for thirty days").await {
            Ok(scope) => purge(&scope.require::<PurgeContent>()?, id).await,
            Err(error) => Err(error),
        };
        match purged {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
