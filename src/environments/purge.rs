//! What was deployed to an environment that is deleted: it is removed in parts, as it may be much. Nobody finds the
//! environment meanwhile.

use super::store::Environment;
use crate::{
    error::Result,
    id::OrgId,
    tenancy::{
        OrgChange, Scope, Server,
        batches::{Rows, go_on, write_in_order},
        jobs::Round,
        rows,
    },
};

macro_rules! of_purged {
    ($table:literal $($by:tt)*) => {
        rows!(delete $table
            where "org_id = $1 AND environment_id IN (
              SELECT e.id FROM environments e WHERE e.org_id = $1 AND e.purged_at IS NOT NULL)"
            $($by)*)
    };
}

/// What goes with environments, in this order.
const HISTORY: &[Rows] = &[
    of_purged!("environment_requests"),
    of_purged!("deployment_requests"),
    // The last one of a prompt says that nothing is live: until it goes none of the others is what is live.
    of_purged!("deployments" by "number"),
    of_purged!("prompt_references"),
    rows!(delete "environments"
        where "org_id = $1 AND purged_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.org_id = $1 AND d.environment_id = environments.id)"),
];

/// Notes that an environment is deleted: nobody finds it from then on, and its name is free.
pub(super) async fn mark(change: &mut OrgChange, environment: &Environment) -> Result<()> {
    let (now, name) = (change.now(), environment.id.to_string());
    let mark =
        change.query("UPDATE environments SET purged_at = $3, name = $4 WHERE org_id = $1 AND id = $2");
    mark.bind(environment.id).bind(now).bind(name).execute().await?;
    Ok(())
}

/// Removes what was deleted; the person who did that waits for it a little.
pub(super) async fn remove_soon(scope: &Scope) {
    let (server, org) = (scope.server().clone(), scope.organization().id);
    go_on(async move { write_in_order(&server, org, HISTORY).await }).await;
}

/// Goes on with what is being removed, in all organizations.
///
/// # Errors
/// The first that comes up, once all had their turn.
pub async fn remove_purged(server: &Server) -> Result<()> {
    let purged = "SELECT DISTINCT org_id FROM environments WHERE purged_at IS NOT NULL ORDER BY org_id";
    let purged: Vec<(OrgId,)> = server.outside_tenancy().query(purged).all().await?;
    let mut round = Round::default();
    for (org,) in purged {
        round.note(org, write_in_order(server, org, HISTORY).await);
    }
    round.end()
}
