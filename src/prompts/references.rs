//! References between prompts: where they lead, and who is led to.

use super::{
    checks::flaw,
    circles::{Version, circle},
    content::{Content, Kind},
    reached::{reaches_environment, reaches_folder},
    resolve,
    store::{self, Prompt},
};
use crate::{
    environments::store as environments,
    error::{Flaw, Result},
    id::{EnvironmentId, PromptId},
    server::{OrgChange, Scope, keys::Limit, listed, long_work},
    templates::{Reference, Selector, Template},
};
use std::collections::BTreeMap;

/// Where a reference of a version leads: to another prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// As written, without overrides.
    pub target: String,
    /// The prompt.
    pub prompt: PromptId,
    /// Which version of it.
    pub to: To,
}

impl Pin {
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
    for (target, reference) in all.into_iter().take(MAX_REFERENCES) {
        if let Some(to) = store::at_path_within(change, &reference.path).await? {
            insert(change, (prompt, 0), &target, to.id, None).await?;
        }
    }
    Ok(())
}

/// Where the references of a version to be saved lead. They lead to versions that are there now, so what a
/// version renders to never changes, unless it names an environment.
///
/// # Errors
/// When the database fails; what is wrong with the references comes as flaws.
pub(super) async fn pin(
    change: &mut OrgChange,
    prompt: PromptId,
    path: &str,
    references: &BTreeMap<String, Reference>,
) -> Result<Result<Vec<Pin>, Vec<Flaw>>> {
    let (mut pins, mut flaws) = (Vec::new(), Vec::new());
    for (target, reference) in references {
        match pin_one(change, prompt, target, reference).await? {
            Ok(pin) => pins.push(pin),
            Err(message) => flaws.push(flaw("", message)),
        }
    }
    let to: Vec<_> = pins.iter().filter_map(Pin::version).collect();
    flaws.extend(circle(change, prompt, path, &to).await?.map(|message| flaw("", message)));
    Ok(if flaws.is_empty() { Ok(pins) } else { Err(flaws) })
}

/// Where a reference leads, or what is wrong with it: in the words it is written in, as the actor may not know
/// of the path that the prompt has now.
async fn pin_one(
    change: &mut OrgChange,
    prompt: PromptId,
    target: &str,
    reference: &Reference,
) -> Result<Result<Pin, String>> {
    let found = store::at_path_within(change, &reference.path).await?;
    // What a key may not read, it may not have put into a prompt that it may read, nor learn whether it is there.
    let is_reached = match &found {
        Some(to) => {
            reaches_folder(change, to.folder_id).await? || is_led_to(change, prompt, target, to.id).await?
        }
        None => false,
    };
    let Some(to) = found.filter(|_| is_reached) else {
        let path = &reference.path;
        let or = match change.key() {
            Some(key) if key.folders != Limit::All => format!(", or this key has no access to {path}"),
            _ => String::new(),
        };
        return Ok(Err(format!("[[ {target} ]] not found: no prompt has the path {path}{or}.")));
    };
    if to.id == prompt {
        return Ok(Err(format!("[[ {target} ]] refers to this prompt itself.")));
    }
    if to.kind == Kind::Chat {
        return Ok(Err(format!("[[ {target} ]] is a chat. Only text prompts can be included in others.")));
    }
    let number = match &reference.selector {
        Selector::Latest => to.latest,
        Selector::Version(number) => i64::from(*number),
        Selector::Environment(name) => {
            return pin_to_environment(change, prompt, (target, reference), &to, name).await;
        }
    };
    let hash = change.query("SELECT hash FROM versions WHERE org_id = $1 AND prompt_id = $2 AND number = $3");
    let hash: Option<(Vec<u8>,)> = hash.bind(to.id).bind(number).optional().await?;
    Ok(match hash {
        Some((hash,)) => {
            Ok(Pin { target: target.to_owned(), prompt: to.id, to: To::Version { number, hash } })
        }
        None if to.latest == 0 => {
            Err(format!("[[ {target} ]]: {} has no version yet. Save one first.", reference.path))
        }
        None => Err(format!("[[ {target} ]]: {} has no version {number}.", reference.path)),
    })
}

/// Whether the newest version leads there already, in these words: those who may change a prompt may go on with it.
async fn is_led_to(change: &mut OrgChange, prompt: PromptId, target: &str, to: PromptId) -> Result<bool> {
    let same = change.query(
        "SELECT r.to_id FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.prompt_id AND p.latest = r.number
         WHERE r.org_id = $1 AND r.prompt_id = $2 AND r.target = $3 AND r.to_id = $4 AND r.number > 0",
    );
    let same: Option<(PromptId,)> = same.bind(prompt).bind(target.to_owned()).bind(to).optional().await?;
    Ok(same.is_some())
}

async fn pin_to_environment(
    change: &mut OrgChange,
    prompt: PromptId,
    (target, reference): (&str, &Reference),
    to: &Prompt,
    name: &str,
) -> Result<Result<Pin, String>> {
    let found = environments::named(&mut *change, name).await?;
    // As with prompts: neither put in nor told of.
    let is_reached = match &found {
        Some(found) => {
            reaches_environment(change, found.id) || is_led_to(change, prompt, target, to.id).await?
        }
        None => false,
    };
    let Some(environment) = found.filter(|_| is_reached) else {
        let or = match change.key() {
            Some(key) if key.environments != Limit::All => ", or this key has no access to it",
            _ => "",
        };
        return Ok(Err(format!("[[ {target} ]]: there is no environment {name}{or}.")));
    };
    if resolve::live(&mut *change, environment.id, to.id).await?.is_none() {
        return Ok(Err(format!("[[ {target} ]]: {} isn't deployed to {name}.", reference.path)));
    }
    Ok(Ok(Pin { target: target.to_owned(), prompt: to.id, to: To::Environment(environment.id) }))
}

/// Writes where a reference leads.
pub(super) async fn insert(
    change: &mut OrgChange,
    (prompt, number): (PromptId, i64),
    target: &str,
    prompt_to: PromptId,
    to: Option<&To>,
) -> Result<()> {
    let (to_number, environment) = match to {
        Some(To::Version { number, .. }) => (Some(*number), None),
        Some(To::Environment(environment)) => (None, Some(*environment)),
        None => (None, None),
    };
    change
        .query(
            "INSERT INTO prompt_references (org_id, prompt_id, number, target, to_id, to_number, environment_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(prompt)
        .bind(number)
        .bind(target.to_owned())
        .bind(prompt_to)
        .bind(to_number)
        .bind(environment)
        .execute()
        .await?;
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
