//! What is live of which prompt in which environment: the table of the board.

use crate::{
    error::Result,
    fields::Name,
    id::{EnvironmentId, PromptId},
    prompts::index::fold,
    server::Scope,
    time::Timestamp,
};
use std::collections::{HashMap, HashSet};

/// A prompt that has a version, and so can be deployed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub id: PromptId,
    /// Its path.
    pub path: String,
    /// The number of its newest version.
    pub latest: i64,
}

/// What is live of a prompt in an environment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Cell {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// How often something was deployed here or taken away.
    pub number: i64,
    /// The version; none when it was undeployed.
    pub version: Option<i64>,
    /// When that was done.
    pub created_at: Timestamp,
    /// Who did it: a person who still has an account, or a key.
    pub by: Option<Name>,
}

/// Which prompts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// What their path holds, as typed; anything when it is empty.
    pub typed: String,
    /// How many to leave out at the beginning.
    pub from: i64,
    /// How many to tell at most.
    pub size: i64,
}

/// A page of the prompts that can be deployed, by path, and what is live of each.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The prompts.
    pub rows: Vec<Row>,
    /// What is live of them.
    pub cells: HashMap<(PromptId, EnvironmentId), Cell>,
    /// Where something waits for approval.
    pub waiting: HashSet<(PromptId, EnvironmentId)>,
    /// Whether there are more prompts.
    pub has_more: bool,
}

macro_rules! page {
    ($select:literal) => {
        concat!(
            "WITH page (id, path, latest) AS (
               SELECT p.id, p.path, p.latest FROM prompts p
               JOIN prompt_search s ON s.org_id = p.org_id AND s.prompt_id = p.id
               WHERE p.org_id = $1 AND p.trash_id IS NULL AND p.latest > 0 AND s.path LIKE $2 ESCAPE '\\'
               ORDER BY p.path LIMIT CAST($3 AS BIGINT) OFFSET CAST($4 AS BIGINT)) ",
            $select
        )
    };
}

/// Reads a page.
///
/// # Errors
/// When the database fails.
pub async fn overview(scope: &Scope, asked: &Asked) -> Result<Overview> {
    let typed = fold(&asked.typed).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let (like, size) = (format!("%{typed}%"), asked.size);
    let rows = scope.query(page!("SELECT id, path, latest FROM page ORDER BY path"));
    let mut rows: Vec<Row> = rows.bind(like.clone()).bind(size + 1).bind(asked.from).all().await?;
    let most = usize::try_from(size).unwrap_or(0);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let cells = scope.query(page!(
        "SELECT d.environment_id, d.prompt_id, d.number, d.version, d.created_at, coalesce(u.name, k.name) AS by
         FROM page JOIN environments e ON e.org_id = $1
         JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = page.id
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = page.id)
         LEFT JOIN users u ON d.actor_kind = 'person' AND u.id = d.actor_id
         LEFT JOIN api_keys k ON d.actor_kind = 'key' AND k.org_id = d.org_id AND k.id = d.actor_id"
    ));
    let cells: Vec<Cell> = cells.bind(like.clone()).bind(size).bind(asked.from).all().await?;
    let cells = cells.into_iter().map(|cell| ((cell.prompt_id, cell.environment_id), cell)).collect();
    let waiting = scope.query(page!(
        "SELECT q.prompt_id, q.environment_id FROM page
         JOIN deployment_requests q ON q.org_id = $1 AND q.prompt_id = page.id AND q.state = 'pending'"
    ));
    let waiting: Vec<(PromptId, EnvironmentId)> =
        waiting.bind(like).bind(size).bind(asked.from).all().await?;
    Ok(Overview { rows, cells, waiting: waiting.into_iter().collect(), has_more })
}
