//! Deleting things in the trash for good: at once for everyone who looks, and in parts in the database.

use super::{RESTORABLE, find, finish, staged};
use crate::{
    error::Result,
    id::{OrgId, TrashId},
    role::PurgeContent,
    tenancy::{
        Grant, Scope, Server,
        audit::Action,
        batches::{Rows, go_on, write_in_order},
        jobs::Round,
        rows,
    },
};

macro_rules! of_prompts {
    ($table:literal $($by:tt)*) => {
        rows!(delete $table
            where "org_id = $1 AND prompt_id IN (
              SELECT p.id FROM trash t JOIN prompts p ON p.org_id = t.org_id AND p.trash_id = t.id
              WHERE t.org_id = $1 AND t.purged_at IS NOT NULL)"
            still "org_id = $1 AND EXISTS (
              SELECT 1 FROM prompts p JOIN trash t ON t.org_id = p.org_id AND t.id = p.trash_id
              WHERE p.org_id = $1 AND p.id = prompt_id AND t.purged_at IS NOT NULL)"
            $($by)*)
    };
}

/// What is removed of what was purged in an organization, in this order.
const CONTENTS: &[Rows] = &[
    of_prompts!("deployment_requests"),
    // The last one of a prompt says that nothing is live: until it goes none of the others is what is live.
    of_prompts!("deployments" by "number"),
    of_prompts!("prompt_references"),
    rows!(delete "prompt_references"
        where "org_id = $1 AND to_id IN (
          SELECT p.id FROM trash t JOIN prompts p ON p.org_id = t.org_id AND p.trash_id = t.id
          WHERE t.org_id = $1 AND t.purged_at IS NOT NULL)"
        still "org_id = $1 AND EXISTS (
          SELECT 1 FROM prompts p JOIN trash t ON t.org_id = p.org_id AND t.id = p.trash_id
          WHERE p.org_id = $1 AND p.id = to_id AND t.purged_at IS NOT NULL)"),
    of_prompts!("old_paths"),
    of_prompts!("prompt_search"),
    of_prompts!("draft_revisions"),
    of_prompts!("versions"),
    // Nothing that goes with a row is much: what others have purged meanwhile waits for its turn.
    rows!(delete "prompts"
        where "org_id = $1 AND trash_id IN (
            SELECT t.id FROM trash t WHERE t.org_id = $1 AND t.purged_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.org_id = $1 AND d.prompt_id = prompts.id)
          AND NOT EXISTS (SELECT 1 FROM draft_revisions r WHERE r.org_id = $1 AND r.prompt_id = prompts.id)
          AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.org_id = $1 AND v.prompt_id = prompts.id)"
        still "org_id = $1 AND EXISTS (
            SELECT 1 FROM trash t WHERE t.org_id = $1 AND t.id = trash_id AND t.purged_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.org_id = $1 AND v.prompt_id = prompts.id)"),
    // What was put in the trash from within it earlier comes back to the top.
    rows!(update "trash" set "parent_id = NULL"
        where "org_id = $1 AND parent_id IN (
          SELECT f.id FROM trash t JOIN folders f ON f.org_id = t.org_id AND f.trash_id = t.id
          WHERE t.org_id = $1 AND t.purged_at IS NOT NULL)"
        still "org_id = $1 AND EXISTS (
          SELECT 1 FROM folders f JOIN trash t ON t.org_id = f.org_id AND t.id = f.trash_id
          WHERE f.org_id = $1 AND f.id = trash.parent_id AND t.purged_at IS NOT NULL)"),
    // From the bottom up.
    rows!(delete "folders"
        where "org_id = $1 AND trash_id IN (
            SELECT t.id FROM trash t WHERE t.org_id = $1 AND t.purged_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM folders f WHERE f.org_id = $1 AND f.parent_id = folders.id)
          AND NOT EXISTS (SELECT 1 FROM prompts p WHERE p.org_id = $1 AND p.folder_id = folders.id)
          AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.org_id = $1 AND t.parent_id = folders.id)"
        still "org_id = $1 AND EXISTS (
            SELECT 1 FROM trash t WHERE t.org_id = $1 AND t.id = trash_id AND t.purged_at IS NOT NULL)"),
    rows!(delete "trash"
        where "org_id = $1 AND purged_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM folders f WHERE f.org_id = $1 AND f.trash_id = trash.id)
          AND NOT EXISTS (SELECT 1 FROM prompts p WHERE p.org_id = $1 AND p.trash_id = trash.id)"),
];

/// The most things of an organization that are purged in one run because of their age.
const AT_ONCE: i64 = 100;

/// Deletes something in the trash for good, with what was in it when it was put there.
///
/// # Errors
/// [`NotFound`](crate::error::Error::NotFound) when there is no such thing in the trash.
pub async fn purge(grant: &Grant<PurgeContent>, id: TrashId) -> Result<()> {
    mark(grant, id).await?;
    let (server, org) = (grant.server().clone(), grant.organization().id);
    go_on(async move { write_in_order(&server, org, CONTENTS).await }).await;
    Ok(())
}

/// Notes that it is purged: nobody finds it from then on.
async fn mark(grant: &Grant<PurgeContent>, id: TrashId) -> Result<()> {
    let mut change = grant.change().await?;
    let (row, now) = (find(&mut change, id).await?, change.now());
    let mark = change.query("UPDATE trash SET purged_at = $3 WHERE org_id = $1 AND id = $2");
    mark.bind(id).bind(now).execute().await?;
    finish(change, Action::Purged, row.entity_id, &row.path).await
}

/// Purges what has been in the trash for thirty days, and goes on with what is being purged, in all organizations. Where
/// there is much, some is left to the next run.
///
/// # Errors
/// The first that comes up, once all had their turn.
pub async fn purge_due(server: &Server) -> Result<()> {
    let due = server.outside_tenancy().query(
        "SELECT org_id, id FROM (
           SELECT org_id, id, created_at, row_number() OVER (PARTITION BY org_id ORDER BY created_at, id) AS place
           FROM trash WHERE created_at <= $1 AND purged_at IS NULL AND staged_at IS NULL) due
         WHERE place <= $2 ORDER BY created_at",
    );
    let due: Vec<(OrgId, TrashId)> = due.bind(server.clock.now() - RESTORABLE).bind(AT_ONCE).all().await?;
    let mut round = Round::default();
    for (org, id) in due {
        round.note(org, mark_due(server, org, id).await);
    }
    // What is still not whole does not become so.
    let cut_off =
        rows!(update "trash" set "purged_at = staged_at" where "staged_at <= $1 AND purged_at IS NULL");
    let cut_off = cut_off.write_in_parts(server, server.clock.now() - staged::TAKES).await;
    let purged = server
        .outside_tenancy()
        .query("SELECT DISTINCT org_id FROM trash WHERE purged_at IS NOT NULL ORDER BY org_id");
    let purged: Vec<(OrgId,)> = purged.all().await?;
    for (org,) in purged {
        round.note(org, write_in_order(server, org, CONTENTS).await);
    }
    round.end().and(cut_off)
}

/// Notes that something is purged which was in the trash for so long: unless another process was faster, or the
/// organization is deleted, and purged whole.
async fn mark_due(server: &Server, org: OrgId, id: TrashId) -> Result<()> {
    let scope = Scope::of_chore(server, org, "what was in the trash for thirty days").await?;
    mark(&scope.require()?, id).await
}
