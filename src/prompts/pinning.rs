//! Where the references of a version to be saved lead. What has to be known for that is read for all of them at once:
//! others wait to write meanwhile.

use super::{
    checks::flaw,
    circles::{Version, circle},
    content::Kind,
    included::LIVE,
    reached::{reached_folders, reaches_environment},
    references::{Place, Places, ResolvedRef, To},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Flaw, Result},
    id::{EnvironmentId, FolderId, PromptId},
    templates::{Reference, Selector},
    tenancy::{OrgChange, api_key::Limit, listed},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Where the references of a version lead, by target: the prompt, and the environment that decides which version.
pub type Leads = HashMap<String, (PromptId, Option<EnvironmentId>)>;

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
) -> Result<Result<Vec<ResolvedRef>, Vec<Flaw>>> {
    let known = Known::of(change, prompt, references).await?;
    let (mut pins, mut flaws) = (Vec::new(), Vec::new());
    for (target, reference) in references {
        match known.pin(change, prompt, target, reference) {
            Ok(pin) => pins.push(pin),
            Err(message) => flaws.push(flaw("", message)),
        }
    }
    let to: Vec<_> = pins.iter().filter_map(ResolvedRef::version).collect();
    flaws.extend(circle(change, prompt, path, &to).await?.map(|message| flaw("", message)));
    Ok(if flaws.is_empty() { Ok(pins) } else { Err(flaws) })
}

/// Where the newest version of a prompt leads: those who may change a prompt may go on with it. None for who reaches
/// everything anyway.
///
/// # Errors
/// When the database fails.
pub async fn newest_leads(change: &mut OrgChange, prompt: PromptId) -> Result<Leads> {
    let key = change.key();
    if key.is_none_or(|key| key.folders == Limit::All && key.environments == Limit::All) {
        return Ok(Leads::new());
    }
    let newest = change.query(
        "SELECT r.target, r.to_id, r.environment_id FROM prompt_references r
         JOIN prompts p ON p.org_id = r.org_id AND p.id = r.prompt_id AND p.latest = r.number
         WHERE r.org_id = $1 AND r.prompt_id = $2 AND r.number > 0",
    );
    let newest: Vec<(String, PromptId, Option<EnvironmentId>)> = newest.bind(prompt).all().await?;
    Ok(newest.into_iter().map(|(target, to, environment)| (target, (to, environment))).collect())
}

/// Whether a reference may follow an environment: one within reach, or one that the newest version follows already, in
/// these words.
#[must_use]
pub fn may_follow(
    change: &OrgChange,
    newest: &Leads,
    target: &str,
    (to, environment): (PromptId, EnvironmentId),
) -> bool {
    reaches_environment(change, environment) || newest.get(target) == Some(&(to, Some(environment)))
}

/// What is said of a reference to an environment that is not there, or that the actor is not to know of.
#[must_use]
pub fn no_environment(change: &OrgChange, target: &str, name: &str) -> String {
    let or = match change.key() {
        Some(key) if key.environments != Limit::All => ", or this key has no access to it",
        _ => "",
    };
    format!("[[ {target} ]]: there is no environment {name}{or}.")
}

/// What is known of where references lead.
struct Known {
    places: Places,
    /// The folders within reach; none where all are.
    folders: Option<BTreeSet<FolderId>>,
    newest: Leads,
    environments: Vec<Environment>,
    live: HashSet<(PromptId, EnvironmentId)>,
    hashes: HashMap<Version, Vec<u8>>,
}

impl Known {
    async fn of(
        change: &mut OrgChange,
        prompt: PromptId,
        references: &BTreeMap<String, Reference>,
    ) -> Result<Self> {
        let paths: Vec<&str> = references.values().map(|reference| &*reference.path).collect();
        let places = Places::of(change, &paths).await?;
        let folders = reached_folders(change, places.folders()).await?;
        let newest = newest_leads(change, prompt).await?;
        let is_of_one = |reference: &Reference| matches!(reference.selector, Selector::Environment(_));
        let environments = if references.values().any(is_of_one) {
            environments::list(&mut *change).await?
        } else {
            Vec::new()
        };
        let (mut versions, mut live) = (Vec::new(), Vec::new());
        for reference in references.values() {
            let Some(to) = places.at(&reference.path) else { continue };
            match number(&reference.selector, to) {
                Ok(number) => versions.push(json!({ "id": to.id, "number": number })),
                Err(name) => {
                    let one = environments::by_name(&environments, name);
                    live.extend(one.map(|one| json!({ "prompt": to.id, "environment": one.id })));
                }
            }
        }
        let (hashes, live) = (hashes(change, &versions).await?, are_live(change, &live).await?);
        Ok(Self { places, folders, newest, environments, live, hashes })
    }

    /// Where a reference leads, or what is wrong with it: in the words it is written in, as the actor may not know
    /// of the path that the prompt has now.
    fn pin(
        &self,
        change: &OrgChange,
        prompt: PromptId,
        target: &str,
        reference: &Reference,
    ) -> Result<ResolvedRef, String> {
        let path = &reference.path;
        // What a key may not read, it may not have put into a prompt that it may read, nor learn whether it is there.
        let Some(to) = self.places.at(path).filter(|to| self.reaches(target, to)) else {
            let or = match change.key() {
                Some(key) if key.folders != Limit::All => format!(", or this key has no access to {path}"),
                _ => String::new(),
            };
            return Err(format!("[[ {target} ]] not found: no prompt has the path {path}{or}."));
        };
        if to.id == prompt {
            return Err(format!("[[ {target} ]] refers to this prompt itself."));
        }
        if to.kind == Kind::Chat {
            return Err(format!("[[ {target} ]] is a chat. Only text prompts can be included in others."));
        }
        let led = match number(&reference.selector, to) {
            Ok(number) => self.version(target, path, (to, number))?,
            Err(name) => self.environment(change, target, path, (to, name))?,
        };
        Ok(ResolvedRef { target: target.to_owned(), prompt: to.id, to: led })
    }

    /// Whether a prompt is within reach, or the newest version leads there already, in these words.
    fn reaches(&self, target: &str, to: &Place) -> bool {
        let Some(folders) = &self.folders else { return true };
        let is_led_to = || self.newest.get(target).is_some_and(|(led, _)| *led == to.id);
        to.folder_id.is_some_and(|folder| folders.contains(&folder)) || is_led_to()
    }

    fn version(&self, target: &str, path: &str, (to, number): (&Place, i64)) -> Result<To, String> {
        match self.hashes.get(&(to.id, number)) {
            Some(hash) => Ok(To::Version { number, hash: hash.clone() }),
            None if to.latest == 0 => {
                Err(format!("[[ {target} ]]: {path} has no version yet. Save one first."))
            }
            None => Err(format!("[[ {target} ]]: {path} has no version {number}.")),
        }
    }

    fn environment(
        &self,
        change: &OrgChange,
        target: &str,
        path: &str,
        (to, name): (&Place, &str),
    ) -> Result<To, String> {
        // As with prompts: neither put in nor told of.
        let found = environments::by_name(&self.environments, name);
        let found = found.filter(|one| may_follow(change, &self.newest, target, (to.id, one.id)));
        let Some(environment) = found else { return Err(no_environment(change, target, name)) };
        if !self.live.contains(&(to.id, environment.id)) {
            return Err(format!("[[ {target} ]]: {path} isn't deployed to {name}."));
        }
        Ok(To::Environment(environment.id))
    }
}

/// The number of the version that a reference leads to, or the name of the environment that decides.
fn number<'s>(selector: &'s Selector, to: &Place) -> Result<i64, &'s str> {
    match selector {
        Selector::Latest => Ok(to.latest),
        Selector::Version(number) => Ok(i64::from(*number)),
        Selector::Environment(name) => Err(name),
    }
}

async fn hashes(change: &mut OrgChange, asked: &[Value]) -> Result<HashMap<Version, Vec<u8>>> {
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let hashes = listed!(
        [id: uuid, number: bigint]
        "SELECT v.prompt_id, v.number, v.hash FROM listed
         JOIN versions v ON v.org_id = $1 AND v.prompt_id = listed.id AND v.number = listed.number"
    );
    let hashes: Vec<(PromptId, i64, Vec<u8>)> = change.query_listed(hashes, asked).all().await?;
    Ok(hashes.into_iter().map(|(prompt, number, hash)| ((prompt, number), hash)).collect())
}

async fn are_live(change: &mut OrgChange, asked: &[Value]) -> Result<HashSet<(PromptId, EnvironmentId)>> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let live: Vec<(PromptId, EnvironmentId, i64)> = change.query_listed(LIVE, asked).all().await?;
    Ok(live.into_iter().map(|(prompt, environment, _)| (prompt, environment)).collect())
}
