//! The values that prompts inherit from the folders around them and from the organization: those that they name and
//! no others, of which there may be many, and large ones.

use super::sizes::weight;
use crate::{
    error::Result,
    id::{FolderId, VariableId},
    kernel::JobOwner,
    tenancy::{Reads, Server},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Values by name.
pub type Named = BTreeMap<String, Value>;

/// Those of some values that have one of some names.
pub(super) fn picked(values: &Named, names: &BTreeSet<String>) -> Named {
    let picked = names.iter().filter_map(|name| values.get_key_value(name));
    picked.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// About how many bytes some values are.
pub(super) fn bytes(values: &Named) -> usize {
    values.iter().map(|(name, value)| name.len() + weight(value)).sum()
}

/// How many names are looked for in a statement: it reads two megabytes at most.
const AT_ONCE: usize = 100;

/// The folder `$2` and those around it.
macro_rules! above {
    () => {
        "WITH RECURSIVE above (id, parent_id, depth) AS (
           SELECT id, parent_id, depth FROM folders WHERE org_id = $1 AND id = $2
           UNION ALL
           SELECT f.id, f.parent_id, f.depth FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id)"
    };
}

/// The variables of the names `$3`, each of the nearest folder that has one. Only of those the values are read.
macro_rules! nearest {
    ($names:literal) => {
        concat!(
            above!(),
            ", found (id, name, depth) AS (
               SELECT v.id, v.name, a.depth FROM above a JOIN variables v ON v.org_id = $1 AND v.folder_id = a.id
               WHERE v.name IN (SELECT value FROM ",
            $names,
            ")
               UNION ALL
               SELECT v.id, v.name, 0 FROM variables v WHERE v.org_id = $1 AND v.folder_id IS NULL
                 AND v.name IN (SELECT value FROM ",
            $names,
            ")),
             ranked (id, place) AS (
               SELECT id, row_number() OVER (PARTITION BY name ORDER BY depth DESC) FROM found)
             SELECT v.name, v.value FROM ranked r JOIN variables v ON v.org_id = $1 AND v.id = r.id
             WHERE r.place = 1"
        )
    };
}

const SQLITE: &str = nearest!("json_each($3)");
const POSTGRES: &str = nearest!("json_array_elements_text(CAST($3 AS JSON)) names (value)");

/// The values that what is in a folder inherits of some names: those of the folder itself, or else of the nearest
/// around it, or else of the organization. None where they are more than about so many bytes.
pub(super) async fn read(
    reads: &mut impl Reads,
    (server, behalf): (&Server, JobOwner),
    folder: Option<FolderId>,
    names: &BTreeSet<String>,
    room: usize,
) -> Result<Option<Named>> {
    let mut asked: Vec<&String> = names.iter().collect();
    let around = if asked.len() > AT_ONCE { Some(self::names(&mut *reads, folder).await?) } else { None };
    // Of thousands of names only few lead anywhere.
    asked.retain(|name| around.as_ref().is_none_or(|around| around.contains(*name)));
    let (mut all, mut left) = (Named::new(), room);
    for some in asked.chunks(AT_ONCE) {
        let rows = reads.query(server.either(SQLITE, POSTGRES)).bind(folder);
        let rows: Vec<(String, String)> = rows.bind(serde_json::json!(some).to_string()).all().await?;
        let size = rows.iter().map(|(_, json)| json.len()).sum();
        let parse = move || {
            let read: Named = rows.into_iter().map(|(name, json)| (name, value(json))).collect();
            (bytes(&read), read)
        };
        let (size, read) = server.long_work.run_on(behalf, size, parse).await?;
        let Some(rest) = left.checked_sub(size) else { return Ok(None) };
        left = rest;
        all.extend(read);
    }
    Ok(Some(all))
}

fn value(json: String) -> Value {
    serde_json::from_str(&json).unwrap_or(Value::String(json))
}

/// What tells whether a folder still gives the same values: the first variable of the organization, of the outermost
/// folder around it, and so on to its own. Whoever sets the variables of one writes all of them anew.
pub(super) async fn marks(
    reads: &mut impl Reads,
    folder: Option<FolderId>,
) -> Result<Vec<Option<VariableId>>> {
    let marks = reads.query(concat!(
        above!(),
        " SELECT a.depth, (SELECT v.id FROM variables v
             WHERE v.org_id = $1 AND v.folder_id = a.id ORDER BY v.name LIMIT 1) FROM above a
           UNION ALL
           SELECT 0, (SELECT v.id FROM variables v
             WHERE v.org_id = $1 AND v.folder_id IS NULL ORDER BY v.name LIMIT 1)"
    ));
    let mut marks: Vec<(i64, Option<VariableId>)> = marks.bind(folder).all().await?;
    marks.sort_by_key(|(depth, _)| *depth);
    Ok(marks.into_iter().map(|(_, first)| first).collect())
}

/// The names of all values that what is in a folder inherits, without the values.
///
/// # Errors
/// When the database fails.
pub async fn names(mut reads: impl Reads, folder: Option<FolderId>) -> Result<BTreeSet<String>> {
    let names = reads.query(concat!(
        above!(),
        " SELECT v.name FROM above a JOIN variables v ON v.org_id = $1 AND v.folder_id = a.id
           UNION SELECT v.name FROM variables v WHERE v.org_id = $1 AND v.folder_id IS NULL"
    ));
    let names: Vec<(String,)> = names.bind(folder).all().await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}
