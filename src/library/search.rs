//! Finding prompts by words: in their names, paths, tags, descriptions and what their newest versions say.
//!
//! Both databases find the same and in the same order. Words are made by [`index`], each database only
//! looks them up; what comes first goes by plain rules: a name that is the words, one that begins with
//! them, one that holds them, a path that holds them, the rest; then by path. Of very many, only those that were
//! written last are put in order.
//!
//! What a search costs depends on its organization alone: others learn nothing of theirs by how long it takes. SQLite
//! has an index in which each word has its organization in front; PostgreSQL reads the rows of the organization, as
//! row-level security lets it use no index over words.

use super::folders::{self, Folder};
use crate::{
    error::Result,
    fields::PathName,
    id::PromptId,
    prompts::{content::Kind, index},
    tenancy::{Scope, listed},
    time::Timestamp,
};
use std::collections::HashMap;

/// The words of what was typed, as far as they are looked for.
pub(super) fn words(typed: &str) -> Vec<String> {
    index::words(begin(typed)).take(MAX_WORDS).collect()
}

/// As much of what was typed as is looked for.
fn begin(typed: &str) -> &str {
    &typed[..typed.floor_char_boundary(LONGEST)]
}

/// The folders that hold all the words in their paths, each at the beginning of one of theirs, and one of them in their
/// name; at most `size`.
///
/// # Errors
/// When the database fails.
pub async fn search_folders(scope: &Scope, typed: &str, size: usize) -> Result<Vec<Folder>> {
    let words = words(typed);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = folders::all(scope).await?;
    let bytes = found.iter().map(|folder| folder.path.len()).sum();
    let look = move || {
        found.retain(|folder| {
            let (path, name): (Vec<_>, Vec<_>) =
                (index::words(&folder.path).collect(), index::words(folder.name.as_str()).collect());
            let begins = |all: &[String], word: &String| all.iter().any(|one| one.starts_with(word.as_str()));
            words.iter().all(|word| begins(&path, word)) && words.iter().any(|word| begins(&name, word))
        });
        found.truncate(size);
        found
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, look).await
}

/// What the newest version of each prompt says, or its draft before there is one: as it is stored.
///
/// # Errors
/// When the database fails.
pub(super) async fn said(scope: &Scope, hits: &[Hit]) -> Result<HashMap<PromptId, String>> {
    let said = listed!(index::contents!(
        "SELECT p.id, ",
        " FROM listed JOIN prompts p ON p.org_id = $1 AND p.id = listed.id",
        ""
    ));
    let rows: Vec<(PromptId, String)> =
        scope.query_listed(said, hits.iter().map(|hit| hit.id.0)).all().await?;
    Ok(rows.into_iter().collect())
}

/// The most words that are looked for, and the most bytes.
const MAX_WORDS: usize = 10;
const LONGEST: usize = 2_000;

/// A prompt that was found.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    /// Its id.
    pub id: PromptId,
    /// Its name.
    pub name: PathName,
    /// Its path.
    pub path: String,
    /// Whether it is one text or messages.
    pub kind: Kind,
    /// What it is for.
    pub description: String,
    /// The number of its newest version.
    pub latest: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

macro_rules! found {
    ($from:literal, $place:literal, $order:literal) => {
        concat!(
            "SELECT p.id, p.name, p.path, p.kind, p.description, p.latest, p.updated_at FROM (
               SELECT s.prompt_id, s.path, CASE
                   WHEN s.name = $3 THEN 0
                   WHEN ",
            $place,
            "(s.name, $3) = 1 THEN 1
                   WHEN ",
            $place,
            "(s.name, $3) > 1 THEN 2
                   WHEN ",
            $place,
            "(s.path, $3) > 0 THEN 3
                   ELSE 4 END AS class
               FROM ",
            $from,
            " ORDER BY class, ",
            $order,
            " LIMIT CAST($4 AS BIGINT)) s
             JOIN prompts p ON p.org_id = $1 AND p.id = s.prompt_id
             WHERE p.trash_id IS NULL ORDER BY class, ",
            $order
        )
    };
}

const SQLITE: &str = found!(
    "(SELECT prompt_id FROM prompt_words WHERE prompt_words MATCH $2
       ORDER BY rowid DESC LIMIT CAST($5 AS BIGINT)) w
     CROSS JOIN prompt_search s WHERE s.org_id = $1 AND s.prompt_id = w.prompt_id",
    "instr",
    "s.path"
);
const POSTGRES: &str = found!(
    "(SELECT prompt_id, name, path FROM prompt_search
       WHERE org_id = $1 AND (' ' || words) LIKE ALL (string_to_array(CAST($2 AS TEXT), ','))
       ORDER BY prompt_id DESC LIMIT CAST($5 AS BIGINT)) s",
    "strpos",
    "s.path COLLATE \"C\""
);

/// The most prompts that are put in order: of more, those that were written last.
const MOST: i64 = 20_000;

/// The prompts that hold all the words, each at the beginning of one of theirs; at most `size`.
///
/// # Errors
/// When the database fails.
pub async fn search(scope: &Scope, typed: &str, size: i64) -> Result<Vec<Hit>> {
    search_among(scope, typed, size, MOST).await
}

/// The same, where so many are put in order.
pub(crate) async fn search_among(scope: &Scope, typed: &str, size: i64, most: i64) -> Result<Vec<Hit>> {
    let words = words(typed);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // Words are letters and digits alone, so nothing in them is anything to either database.
    let org = scope.organization().id.0.simple();
    let sqlite: Vec<_> = words.iter().map(|word| format!("\"{org}{word}\"*")).collect();
    let postgres: Vec<_> = words.iter().map(|word| format!("% {word}%")).collect();
    let (sql, asked) = scope.either((SQLITE, sqlite.join(" AND ")), (POSTGRES, postgres.join(",")));
    let folded = index::fold(
        &begin(typed).split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, ""),
    );
    Ok(scope.query(sql).bind(asked).bind(folded).bind(size).bind(most).all().await?)
}
