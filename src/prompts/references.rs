//! References between prompts: where they lead, and who is led to.

use super::{
    circles::Version,
    content::{Content, Kind},
};
use crate::{
    error::Result,
    fields::composed,
    id::{EnvironmentId, FolderId, PromptId},
    kernel::long_work,
    templates::{Reference, Template},
    tenancy::{OrgChange, Scope, listed},
};
use serde_json::json;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// Where a reference of a version leads: to another prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRef {
    /// As written, without overrides.
    pub target: String,
    /// The prompt.
    pub prompt: PromptId,
    /// Which version of it.
    pub to: To,
}

impl ResolvedRef {
    /// The version it leads to; none where that is an environment's.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        match self.to {
            To::Version { number, .. } => Some((self.prompt, number)),
            To::Environment(_) => None,
        }
    }
}

/// Which version of a prompt a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// This one, for ever.
    Version {
        /// Its number.
        number: i64,
        /// Its hash.
        hash: Vec<u8>,
    },
    /// Whichever is live in this environment.
    Environment(EnvironmentId),
}

/// A prompt that uses another.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Dependant {
    /// Its id.
    pub id: PromptId,
    /// Its path.
    pub path: String,
    /// The version of it that does: 0 for its draft.
    pub number: i64,
    /// The version it uses; none in a draft.
    pub to_number: Option<i64>,
}

/// The most prompts that one refers to.
pub const MAX_REFERENCES: usize = 500;

/// The references of a content, each target once.
#[must_use]
pub fn targets(content: &Content) -> BTreeMap<String, Reference> {
    content.templates().flat_map(|template| leads(&template).collect::<Vec<_>>()).collect()
}

/// The references of a text that was read, by target.
pub(super) fn leads(template: &Template) -> impl Iterator<Item = (String, Reference)> {
    template.references().map(|reference| (reference.target(), reference.clone()))
}

/// Notes where the references of a draft lead, as far as they lead anywhere.
pub(super) async fn of_draft(change: &mut OrgChange, prompt: PromptId, content: &Content) -> Result<()> {
    let old =
        change.query("DELETE FROM prompt_references WHERE org_id = $1 AND prompt_id = $2 AND number = 0");
    old.bind(prompt).execute().await?;
    let all = long_work::within(content.text_bytes(), || targets(content));
    let all: Vec<_> = all.iter().take(MAX_REFERENCES).map(|(target, to)| (&**target, &*to.path)).collect();
    let paths: Vec<&str> = all.iter().map(|(_, path)| *path).collect();
    let places = Places::of(change, &paths).await?;
    let leads: Vec<Lead<'_>> =
        all.into_iter().filter_map(|(target, path)| Some((target, places.at(path)?.id, None))).collect();
    insert(change, (prompt, 0), &leads).await
}

/// A prompt that a path leads to.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Place {
    asked: String,
    /// Its id.
    pub(super) id: PromptId,
    /// The folder it is in.
    pub(super) folder_id: Option<FolderId>,
    /// Whether it is one text or messages.
    pub(super) kind: Kind,
    /// The number of its newest version; 0 before the first.
    pub(super) latest: i64,
}

/// The prompts that some paths lead to, as they are within a change.
pub(super) struct Places(HashMap<String, Place>);

impl Places {
    /// Those of some paths, all read at once.
    pub(super) async fn of(change: &mut OrgChange, paths: &[&str]) -> Result<Self> {
        if paths.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        // Names are composed, and a path may be written otherwise.
        let asked: BTreeSet<Cow<'_, str>> =
            paths.iter().flat_map(|&path| [Cow::Borrowed(path), composed(path)]).collect();
        let asked = asked.iter().map(|path| json!({ "path": path }));
        let places: Vec<Place> = change.query_listed(AT_PATHS, asked).all().await?;
        Ok(Self(places.into_iter().map(|place| (place.asked.clone(), place)).collect()))
    }

    /// The prompt of a path, or the one that had it last when none has it now.
    pub(super) fn at(&self, path: &str) -> Option<&Place> {
        self.0.get(path).or_else(|| self.0.get(&*composed(path)))
    }

    /// The folders that they are in.
    pub(super) fn folders(&self) -> BTreeSet<FolderId> {
        self.0.values().filter_map(|place| place.folder_id).collect()
    }
}

/// The prompts of paths.
pub(crate) const AT_PATHS: [&str; 2] = listed!(
    [path: text]
    "SELECT listed.path AS asked, p.id, p.folder_id, p.kind, p.latest FROM listed
     JOIN prompts p ON p.org_id = $1 AND p.trash_id IS NULL AND p.id = coalesce(
       (SELECT c.id FROM prompts c WHERE c.org_id = $1 AND c.path = listed.path AND c.trash_id IS NULL),
       (SELECT o.prompt_id FROM old_paths o WHERE o.org_id = $1 AND o.path = listed.path))"
);

/// Where a reference leads: its target, the prompt, and which version of that; none in a draft.
pub(super) type Lead<'a> = (&'a str, PromptId, Option<&'a To>);

/// Writes where the references of a version lead, or those of a draft.
pub(super) async fn insert(
    change: &mut OrgChange,
    (prompt, number): (PromptId, i64),
    leads: &[Lead<'_>],
) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    let rows = leads.iter().map(|(target, prompt, to)| {
        let (number, environment) = match to {
            Some(To::Version { number, .. }) => (Some(*number), None),
            Some(To::Environment(environment)) => (None, Some(environment)),
            None => (None, None),
        };
        json!({ "target": target, "id": prompt, "number": number, "environment": environment })
    });
    let insert = listed!(
        [target: text, id: uuid, number: bigint, environment: uuid]
        "INSERT INTO prompt_references (org_id, prompt_id, number, target, to_id, to_number, environment_id)
         SELECT p.org_id, $3, $4, listed.target, p.id, listed.number, listed.environment FROM listed
         JOIN prompts p ON p.org_id = $1 AND p.id = listed.id"
    );
    change.query_listed(insert, rows).bind(prompt).bind(number).execute().await?;
    Ok(())
}

/// The prompts whose newest version or draft uses a prompt.
///
/// # Errors
/// When the database fails.
pub async fn used_by(scope: &Scope, prompt: PromptId) -> Result<Vec<Dependant>> {
    let users = scope.query(
        "SELECT p.id, p.path, r.number, r.to_number FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.prompt_id
         WHERE r.org_id = $1 AND p.trash_id IS NULL AND (r.number = 0 OR r.number = p.latest) AND r.to_id = $2
         ORDER BY p.path, r.number DESC",
    );
    Ok(users.bind(prompt).all().await?)
}

/// The prompts that use one of those given, and are none of them: what would break without these. Each by its
/// path.
///
/// # Errors
/// When the database fails.
pub async fn outside_users(scope: &Scope, of: &[PromptId]) -> Result<BTreeMap<String, PromptId>> {
    let users = listed!(
        "SELECT p.path, p.id FROM listed
         JOIN prompt_references r ON r.org_id = $1 AND r.to_id = listed.id
         JOIN prompts p ON p.org_id = $1 AND p.id = r.prompt_id AND p.trash_id IS NULL
         WHERE (r.number = 0 OR r.number = p.latest) AND p.id NOT IN (SELECT id FROM listed)"
    );
    let users: Vec<(String, PromptId)> = scope.query_listed(users, of.iter().map(|id| id.0)).all().await?;
    Ok(users.into_iter().collect())
}

/// What the newest versions and the drafts of some prompts use: each with the path and the id of the prompt that
/// does.
///
/// # Errors
/// When the database fails.
pub async fn used_of(
    change: &mut OrgChange,
    prompts: &[PromptId],
) -> Result<Vec<(PromptId, String, PromptId)>> {
    let used = listed!(
        "SELECT DISTINCT r.to_id, p.path, p.id FROM listed
         JOIN prompts p ON p.org_id = $1 AND p.id = listed.id AND p.trash_id IS NULL
         JOIN prompt_references r ON r.org_id = $1 AND r.prompt_id = p.id AND (r.number = 0 OR r.number = p.latest)"
    );
    Ok(change.query_listed(used, prompts.iter().map(|id| id.0)).all().await?)
}
