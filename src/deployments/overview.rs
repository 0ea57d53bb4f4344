//! What is live of which prompt in which environment: the table of the board.
//!
//! Which prompts there are, and in which order, is kept until something happens in the organization: so all of them
//! are counted and put in natural order (2 before 10), and a page takes its part.

use crate::{
    error::Result,
    fields::Name,
    id::{EnvironmentId, PromptId},
    kernel::fragment_cache::Cacheable,
    prompts::index::fold,
    tenancy::{Scope, listed},
    time::Timestamp,
};
use std::{cmp::Reverse, collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The most prompts that are put in order; where there are more, those further down are found by their path.
const MOST: i64 = 20_000;

/// A prompt that has a version, and so can be deployed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub id: PromptId,
    /// Its path.
    pub path: String,
    /// The number of its newest version.
    pub latest: i64,
    /// The oldest version of it that is live anywhere; none when nothing is.
    pub oldest_live: Option<i64>,
    /// Whether something about it waits for approval.
    pub waits: bool,
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

/// Which of the prompts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// All of them.
    #[default]
    All,
    /// Those that are live somewhere.
    Live,
    /// Those that are live somewhere in an older version than their newest.
    Behind,
    /// Those that wait for approval somewhere.
    Waiting,
    /// Those that are live nowhere.
    NotDeployed,
}

impl Show {
    /// All choices, in the order they are shown in.
    pub const ALL: [Self; 5] = [Self::All, Self::Live, Self::Behind, Self::Waiting, Self::NotDeployed];

    /// Its name in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Live => "live",
            Self::Behind => "behind",
            Self::Waiting => "waiting",
            Self::NotDeployed => "not-deployed",
        }
    }

    /// The one of a name; all of them for any other.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == text).unwrap_or_default()
    }

    /// Whether a prompt is one of them.
    #[must_use]
    pub fn holds(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::Live => row.oldest_live.is_some(),
            Self::Behind => row.is_behind(),
            Self::Waiting => row.waits,
            Self::NotDeployed => row.oldest_live.is_none(),
        }
    }
}

impl Row {
    /// Whether an older version than its newest is live somewhere.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.oldest_live.is_some_and(|oldest| oldest < self.latest)
    }
}

/// Which prompts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// What their path holds, as typed; anything when it is empty.
    pub typed: String,
    /// Which of them.
    pub show: Show,
    /// How many to leave out at the beginning.
    pub from: i64,
    /// How many to tell at most.
    pub size: i64,
}

/// A page of the prompts that can be deployed, and what is live of each.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The prompts: those that are behind first, then those that are live, each by path.
    pub rows: Vec<Row>,
    /// What is live of them.
    pub cells: HashMap<(PromptId, EnvironmentId), Cell>,
    /// How many prompts there are of each [`Show`], in the order of [`Show::ALL`].
    pub counts: [i64; Show::ALL.len()],
    /// Where something waits for approval, and which version; none where undeploying does.
    pub waiting: HashMap<(PromptId, EnvironmentId), Option<i64>>,
    /// Whether there are more than can be put in order.
    pub is_cut: bool,
}

impl Overview {
    /// How many prompts there are of a choice.
    #[must_use]
    pub fn count(&self, show: Show) -> i64 {
        Show::ALL.into_iter().zip(self.counts).find(|(one, _)| *one == show).map_or(0, |(_, count)| count)
    }
}

/// All prompts that can be deployed, in order.
struct Board(Vec<Row>);

impl Cacheable for Board {
    fn bytes(&self) -> usize {
        self.0.iter().map(|row| size_of::<Row>() + row.path.len()).sum()
    }
}

/// Reads a page.
///
/// # Errors
/// When the database fails.
pub async fn overview(scope: &Scope, asked: &Asked) -> Result<Overview> {
    let typed = fold(&asked.typed);
    let board = if typed.is_empty() {
        scope.kept("board".to_owned(), board(scope, "")).await?
    } else {
        Arc::new(board(scope, &typed).await?)
    };
    let count = |show: Show| board.0.iter().filter(|row| show.holds(row)).count();
    let counts = Show::ALL.map(|show| i64::try_from(count(show)).unwrap_or(i64::MAX));
    let (from, size) = (usize::try_from(asked.from).unwrap_or(0), usize::try_from(asked.size).unwrap_or(0));
    let shown = board.0.iter().filter(|row| asked.show.holds(row)).skip(from).take(size);
    let rows: Vec<Row> = shown.cloned().collect();
    let is_cut = i64::try_from(board.0.len()).is_ok_and(|count| count >= MOST);
    let cells = cells(scope, &rows).await?;
    let waiting = waiting(scope, &rows).await?;
    Ok(Overview { rows, cells, counts, waiting, is_cut })
}

/// So many of the prompts whose paths are like `$2`, by path, and only of those what is live.
pub(crate) const BOARD: &str = "SELECT p.id, p.path, p.latest, min(d.version) AS oldest_live,
       EXISTS (SELECT 1 FROM deployment_requests q
         WHERE q.org_id = $1 AND q.prompt_id = p.id AND q.state = 'pending') AS waits
     FROM (SELECT p.id, p.path, p.latest FROM prompts p
         JOIN prompt_search s ON s.org_id = p.org_id AND s.prompt_id = p.id
       WHERE p.org_id = $1 AND p.trash_id IS NULL AND p.latest > 0 AND s.path LIKE $2 ESCAPE '\\'
       ORDER BY p.path LIMIT CAST($3 AS BIGINT)) p
     LEFT JOIN deployments d ON d.org_id = $1 AND d.prompt_id = p.id
       AND d.number = (SELECT max(m.number) FROM deployments m
         WHERE m.org_id = $1 AND m.environment_id = d.environment_id AND m.prompt_id = d.prompt_id)
     GROUP BY p.id, p.path, p.latest ORDER BY p.path";

async fn board(scope: &Scope, typed: &str) -> Result<Board> {
    let typed = typed.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let rows = scope.query(BOARD).bind(format!("%{typed}%")).bind(MOST);
    let mut rows: Vec<Row> = rows.all().await?;
    let bytes = rows.iter().map(|row| row.path.len()).sum();
    let sort = move || {
        rows.sort_by_cached_key(|row| {
            (Reverse(row.is_behind()), row.oldest_live.is_none(), natural(&row.path))
        });
        Board(rows)
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, sort).await
}

/// A path as what it is ordered by: numbers by their size, what is in a folder together, capitals and accents aside.
fn natural(path: &str) -> String {
    let mut key = String::with_capacity(path.len() + 20);
    let folded = fold(path);
    let mut rest = folded.as_str();
    while let Some(sign) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
        if digits == 0 {
            key.push(if sign == '/' { '\u{1}' } else { sign });
            rest = &rest[sign.len_utf8()..];
        } else {
            let number = rest[..digits].trim_start_matches('0');
            key.extend(std::iter::repeat_n('0', 20_usize.saturating_sub(number.len())));
            key.push_str(number);
            rest = &rest[digits..];
        }
    }
    key
}

/// What is live of some prompts.
async fn cells(scope: &Scope, rows: &[Row]) -> Result<HashMap<(PromptId, EnvironmentId), Cell>> {
    let cells = listed!(
        "SELECT d.environment_id, d.prompt_id, d.number, d.version, d.created_at, coalesce(u.name, k.name) AS by
         FROM listed JOIN environments e ON e.org_id = $1
         JOIN deployments d ON d.org_id = $1 AND d.environment_id = e.id AND d.prompt_id = listed.id
           AND d.number = (SELECT max(m.number) FROM deployments m
             WHERE m.org_id = $1 AND m.environment_id = e.id AND m.prompt_id = listed.id)
         LEFT JOIN users u ON d.actor_kind = 'person' AND u.id = d.actor_id
         LEFT JOIN api_keys k ON d.actor_kind = 'key' AND k.org_id = d.org_id AND k.id = d.actor_id"
    );
    let cells: Vec<Cell> = scope.query_listed(cells, ids(rows)).all().await?;
    Ok(cells.into_iter().map(|cell| ((cell.prompt_id, cell.environment_id), cell)).collect())
}

/// What waits for approval, of some prompts.
async fn waiting(scope: &Scope, rows: &[Row]) -> Result<HashMap<(PromptId, EnvironmentId), Option<i64>>> {
    let waiting = listed!(
        "SELECT q.prompt_id, q.environment_id, q.version FROM listed
         JOIN deployment_requests q ON q.org_id = $1 AND q.prompt_id = listed.id AND q.state = 'pending'"
    );
    let waiting: Vec<(PromptId, EnvironmentId, Option<i64>)> =
        scope.query_listed(waiting, ids(rows)).all().await?;
    Ok(waiting.into_iter().map(|(prompt, environment, version)| ((prompt, environment), version)).collect())
}

fn ids(rows: &[Row]) -> impl Iterator<Item = Uuid> {
    rows.iter().map(|row| row.id.0)
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_are_ordered_by_their_size() {
        let ordered = [
            "a/2", "a/10", "a/b", "a b", "Chat 1", "chat 2", "Chat 10", "chat 10b", "v1.2", "v1.10", "x007",
            "x8",
        ];
        let mut other = ordered;
        other.reverse();
        other.sort_by_cached_key(|path| natural(path));
        assert_eq!(other, ordered);
        assert_eq!(natural("Ämter"), natural("amter"));
    }
}
