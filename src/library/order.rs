//! The order of what stands in a folder: each thing has a position, with room between two of them.

use super::folders;
use crate::{
    error::{Error, Result},
    id::{FolderId, PromptId},
    prompts::store::{self, STEP},
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
        listed,
    },
};
use serde_json::json;
use std::str::FromStr;

/// Where among its neighbours something is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<Id> {
    /// Before all of them.
    First,
    /// After one of them.
    After(Id),
    /// After all of them.
    Last,
}

impl<Id: FromStr> Place<Id> {
    /// `first`, `last` or nothing, or an id to stand after.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            "last" | "" => Some(Self::Last),
            id => id.parse().ok().map(Self::After),
        }
    }
}

/// Puts prompts of a folder first in it, in this order.
///
/// # Errors
/// [`Error::NotFound`] when one of them is not in the folder; [`Error::Invalid`] when one is named twice.
pub async fn order_prompts(
    grant: &Grant<EditContent>,
    folder: Option<FolderId>,
    order: &[PromptId],
) -> Result<()> {
    let mut change = grant.change().await?;
    for (n, id) in order.iter().enumerate() {
        if order[..n].contains(id) {
            return Err(Error::invalid("prompts", "List each prompt only once."));
        }
        if store::find_within(&mut change, *id).await?.folder_id != folder {
            return Err(Error::NotFound);
        }
    }
    put_first(&mut change, order, folder).await?;
    let path = match folder {
        Some(folder) => folders::find_within(&mut change, folder).await?.path,
        None => String::new(),
    };
    let about = folder.map(|folder| folder.0);
    change.audit(Entry::new(Action::PromptsOrdered, about).details(json!({ "of": path }))).await?;
    let id = about.unwrap_or_else(|| change.new_id());
    change.announce(Topic::Prompts, id).await?;
    change.commit().await
}

/// Puts prompts of a folder before all others in it.
async fn put_first(change: &mut OrgChange, order: &[PromptId], folder: Option<FolderId>) -> Result<()> {
    let first = listed!(
        "SELECT min(position) FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $3
         AND trash_id IS NULL AND id NOT IN (SELECT id FROM listed)"
    );
    let first = change.query_listed(first, order.iter().map(|id| id.0)).bind(folder);
    let (first,): (Option<i64>,) = first.one().await?;
    let places = i64::try_from(order.len()).unwrap_or(i64::MAX).saturating_add(1);
    let mut room = first.unwrap_or(places.saturating_mul(STEP));
    if room < places {
        set_prompts_apart(change, folder).await?;
        room = 2 * STEP;
    }
    for (n, id) in (1..).zip(order) {
        let set = change.query("UPDATE prompts SET position = $3 WHERE org_id = $1 AND id = $2");
        set.bind(*id).bind(n * (room / places).max(1)).execute().await?;
    }
    Ok(())
}

macro_rules! put {
    ($(#[$doc:meta])* $put:ident, $set_apart:ident, $id:ident, $table:literal, $around:literal) => {
        /// Sets those in a folder apart, with room for two between them.
        async fn $set_apart(change: &mut OrgChange, around: Option<FolderId>) -> Result<()> {
            let apart = change.query(concat!(
                "UPDATE ",
                $table,
                " SET position = apart.place * $3 FROM (
                   SELECT id, row_number() OVER (ORDER BY position, id) AS place FROM ",
                $table,
                " WHERE org_id = $1 AND ",
                $around,
                " IS NOT DISTINCT FROM $2 AND trash_id IS NULL) apart WHERE ",
                $table,
                ".org_id = $1 AND ",
                $table,
                ".id = apart.id"
            ));
            apart.bind(around).bind(2 * STEP).execute().await?;
            Ok(())
        }

        $(#[$doc])*
        pub(super) async fn $put(
            change: &mut OrgChange,
            id: $id,
            around: Option<FolderId>,
            place: Place<$id>,
        ) -> Result<()> {
            let neighbours = concat!(
                "SELECT id, position FROM ",
                $table,
                " WHERE org_id = $1 AND ",
                $around,
                " IS NOT DISTINCT FROM $2 AND trash_id IS NULL AND id <> $3 ORDER BY position, id"
            );
            for is_last_try in [false, true] {
                let others = change.query(neighbours).bind(around).bind(id);
                let others: Vec<($id, i64)> = others.all().await?;
                let at = match place {
                    Place::First => 0,
                    Place::Last => others.len(),
                    Place::After(one) => {
                        1 + others.iter().position(|(other, _)| *other == one).ok_or(Error::NotFound)?
                    }
                };
                let before = at.checked_sub(1).map_or(0, |at| others[at].1);
                let after = others.get(at).map_or(before + 2 * STEP, |(_, position)| *position);
                let position = before + (after - before) / 2;
                if position > before || is_last_try {
                    let set = concat!("UPDATE ", $table, " SET position = $3 WHERE org_id = $1 AND id = $2");
                    change.query(set).bind(id).bind(position).execute().await?;
                    break;
                }
                // There is no room between them.
                $set_apart(change, around).await?;
            }
            Ok(())
        }
    };
}

put!(
    /// Puts a folder among the others in a folder.
    put_folder, set_folders_apart, FolderId, "folders", "parent_id"
);
put!(
    /// Puts a prompt among the others in a folder.
    put_prompt, set_prompts_apart, PromptId, "prompts", "folder_id"
);
