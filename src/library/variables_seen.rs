//! Saving a form of variables: only what somebody changed on the page is written, whatever others did meanwhile.

use super::variables::{check, read_within, set_within};
use crate::{
    error::{Flaws, Result},
    id::{AuditId, FolderId},
    kernel::long_work,
    prompts::sizes::weight,
    role::EditContent,
    tenancy::Grant,
    text::hex,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The field that tells what a form was filled from.
pub(super) const FIELD: &str = "seen";

/// The variables that a form was filled from: of each value a hash, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenVariables(BTreeMap<String, String>);

impl SeenVariables {
    /// Of these.
    #[must_use]
    pub fn of(variables: &BTreeMap<String, Value>) -> Self {
        long_work::note(variables.values().map(weight).sum());
        Self(variables.iter().map(|(name, value)| (name.clone(), hash(value))).collect())
    }

    /// As a form tells it, if it does.
    #[must_use]
    pub fn posted(fields: &[(String, String)]) -> Option<Self> {
        let (_, told) = fields.iter().find(|(name, _)| name == FIELD)?;
        let pairs = told.split(' ').filter_map(|pair| pair.split_once('='));
        Some(Self(pairs.map(|(name, hash)| (name.to_owned(), hash.to_owned())).collect()))
    }

    /// As a form tells it.
    #[must_use]
    pub fn told(&self) -> String {
        self.0.iter().map(|(name, hash)| format!("{name}={hash}")).collect::<Vec<_>>().join(" ")
    }

    /// The same, with some of them as they are now.
    #[must_use]
    pub fn with(mut self, names: &BTreeSet<String>, now: &BTreeMap<String, Value>) -> Self {
        for name in names {
            match now.get(name) {
                Some(value) => self.0.insert(name.clone(), hash(value)),
                None => self.0.remove(name),
            };
        }
        self
    }
}

fn hash(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string())[..12])
}

/// What somebody made of the variables they saw, put together with what is there `now`; and the names of those that
/// others changed as well, in another way. What nobody is known to have seen stays.
pub(super) fn merge(
    seen: Option<&SeenVariables>,
    mine: &[(String, Value)],
    now: &BTreeMap<String, Value>,
) -> (BTreeMap<String, Value>, BTreeSet<String>) {
    let Some(SeenVariables(seen)) = seen else {
        let all = now.clone().into_iter().chain(mine.iter().cloned()).collect();
        return (all, BTreeSet::new());
    };
    let mine: BTreeMap<&String, &Value> = mine.iter().map(|(name, value)| (name, value)).collect();
    let (mut merged, mut conflicts) = (now.clone(), BTreeSet::new());
    for name in seen.keys().chain(mine.keys().copied()) {
        let (was, typed, there) = (seen.get(name), mine.get(name).copied(), now.get(name));
        let is_mine = typed.map(hash).as_ref() != was;
        if !is_mine || typed == there {
            continue;
        }
        if there.map(hash).as_ref() != was {
            conflicts.insert(name.clone());
        }
        match typed {
            Some(value) => merged.insert(name.clone(), value.clone()),
            None => merged.remove(name),
        };
    }
    (merged, conflicts)
}

/// Sets the variables of a folder, or those of the organization, to what somebody made of those they saw. Tells the
/// row of the log with which this is [undone](super::variables::undo).
///
/// # Errors
/// As [`set`](super::variables::set); [`Error::Invalid`](crate::error::Error::Invalid) also where others changed the
/// same.
pub async fn save(
    grant: &Grant<EditContent>,
    folder: Option<FolderId>,
    seen: Option<&SeenVariables>,
    mine: &[(String, Value)],
) -> Result<Option<AuditId>> {
    check(mine)?;
    let mut change = grant.change().await?;
    let now = read_within(&mut change, folder).await?;
    let bytes = now.values().map(weight).sum();
    let (merged, conflicts) = long_work::within(bytes, || merge(seen, mine, &now));
    let mut flaws = Flaws::default();
    for name in &conflicts {
        match mine.iter().position(|(own, _)| own == name) {
            Some(n) => flaws.add(format!("value-{n}"), "Someone else changed this in the meantime."),
            None => {
                flaws.add("", format!("Someone else changed {name} in the meantime, so it wasn't removed."));
            }
        }
    }
    flaws.finish()?;
    let merged: Vec<_> = merged.into_iter().collect();
    check(&merged)?;
    let row = set_within(&mut change, folder, &merged).await?;
    if row.is_some() {
        change.commit().await?;
    }
    Ok(row)
}
