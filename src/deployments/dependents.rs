//! The live prompts that are put together from others.

use crate::{
    error::Result,
    id::{EnvironmentId, PromptId},
    prompts::{
        included::{Step, first_with},
        reached::{reaches_environment, reaches_prompt},
    },
    tenancy::{OrgChange, Reads, Scope, listed},
};

/// A live prompt that may be put together from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct User {
    /// The prompt.
    pub prompt_id: PromptId,
    /// Its path.
    pub path: String,
    /// Where it is live.
    pub environment_id: EnvironmentId,
    /// The name of that environment.
    pub environment: String,
    /// The version that is live there.
    pub version: i64,
}

impl User {
    /// Whether whoever acts reaches it where it is live, and may thus be told of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_reached(&self, change: &mut OrgChange) -> Result<bool> {
        Ok(reaches_environment(change, self.environment_id) && reaches_prompt(change, self.prompt_id).await?)
    }
}

/// SQLite takes tables of a CROSS JOIN in their order, so it never looks through all that was ever deployed.
macro_rules! users {
    ($and:literal) => {
        concat!(
            "WITH RECURSIVE up (id) AS (
               SELECT prompt_id FROM prompt_references WHERE org_id = $1 AND to_id = $2 AND number > 0
               UNION
               SELECT r.prompt_id FROM prompt_references r JOIN up ON r.to_id = up.id WHERE r.org_id = $1 AND r.number > 0)
             SELECT p.id AS prompt_id, p.path, e.id AS environment_id, e.name AS environment, d.version
             FROM up CROSS JOIN prompts p CROSS JOIN environments e CROSS JOIN deployments d
             WHERE p.org_id = $1 AND p.id = up.id AND e.org_id = $1
               AND d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = p.id
               AND d.version IS NOT NULL AND d.number = (SELECT max(m.number) FROM deployments m
               WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = p.id)",
            $and
        )
    };
}

/// Those that may be put together from the prompt `$2`.
pub(crate) const USERS: &str = users!("");

/// The live prompts that may be put together from a prompt: those of which any version leads down to it.
///
/// # Errors
/// When the database fails.
pub async fn users(mut reads: impl Reads, prompt: PromptId) -> Result<Vec<User>> {
    Ok(reads.query(USERS).bind(prompt).all().await?)
}

/// Those of them that may be put together from what is live in an environment: those that are live there, and
/// all where a reference names it.
pub(super) async fn users_in(
    reads: &mut impl Reads,
    prompt: PromptId,
    environment: EnvironmentId,
) -> Result<Vec<User>> {
    let users = reads.query(users!(
        " AND (e.id = $3 OR EXISTS (SELECT 1 FROM prompt_references n WHERE n.org_id = $1 AND n.environment_id = $3))"
    ));
    Ok(users.bind(prompt).bind(environment).all().await?)
}

/// A live prompt that is put together from one of some prompts and is none of them.
///
/// # Errors
/// [`Error::Conflict`](crate::error::Error::Conflict) when too much would have to be looked at.
pub async fn put_into(scope: &Scope, prompts: &[PromptId]) -> Result<Option<User>> {
    let above = listed!(
        ", up (id) AS (
           SELECT r.prompt_id FROM listed
           JOIN prompt_references r ON r.org_id = $1 AND r.to_id = listed.id AND r.number > 0
           UNION
           SELECT r.prompt_id FROM prompt_references r JOIN up ON r.to_id = up.id WHERE r.org_id = $1 AND r.number > 0)
         SELECT p.id AS prompt_id, p.path, e.id AS environment_id, e.name AS environment, d.version
         FROM up CROSS JOIN prompts p CROSS JOIN environments e CROSS JOIN deployments d
         WHERE p.org_id = $1 AND p.id = up.id AND e.org_id = $1
           AND d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = p.id
           AND d.version IS NOT NULL AND p.id NOT IN (SELECT id FROM listed)
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = p.id)"
    );
    let above: Vec<User> = scope.query_listed(above, prompts.iter().map(|id| id.0)).all().await?;
    let step =
        |user: &User| Step { prompt: user.prompt_id, number: user.version, follows: user.environment_id };
    let steps: Vec<Step> = above.iter().map(step).collect();
    let first = first_with(scope, &steps, prompts).await?;
    Ok(first.and_then(|at| above.into_iter().nth(at)))
}
