//! Importing versions: each after those it refers to.

use super::{Merge, Told};
use crate::{
    environments::store::{self as environments, Environment},
    error::Result,
    id::PromptId,
    library::exchange::{check::levels, format::Lead},
    prompts::{
        circles::circle,
        pinning::{Leads, may_follow, newest_leads, no_environment},
        references::{ResolvedRef, To},
        versions::{self, Origin},
    },
    tenancy::{OrgChange, listed},
    ui::parse_rfc3339,
};
use serde_json::json;
use std::collections::HashMap;

/// What the next version of a prompt needs.
enum Next {
    /// It can be added.
    Pins(Vec<ResolvedRef>),
    /// Another prompt first, up to a version.
    Before(usize, usize),
}

impl Merge<'_> {
    /// Imports the versions of a prompt, and before each of them those it refers to.
    pub(super) async fn versions(mut self, place: usize) -> Result<Self> {
        let mut waiting = vec![(place, self.works[place].entry.versions.len())];
        while let Some(&(at, wanted)) = waiting.last() {
            let work = &mut self.works[at];
            if work.numbers.len() >= wanted || work.failed.is_some() {
                work.is_open = false;
                waiting.pop();
                continue;
            }
            work.is_open = true;
            self.refresh(at).await?;
            match self.next(at).await? {
                Ok(Next::Pins(pins)) => self.add(at, &pins).await?,
                Ok(Next::Before(other, wanted)) => waiting.push((other, wanted)),
                Err(why) => {
                    let work = &mut self.works[at];
                    work.failed = Some(format!("version {} and later: {why}", work.numbers.len() + 1));
                }
            }
            self = self.rest().await?;
        }
        Ok(self)
    }

    /// What the next version of a prompt needs, or why it cannot be.
    async fn next(&mut self, at: usize) -> Told<Next> {
        let (entry, n) = (self.works[at].entry, self.works[at].numbers.len());
        let leads: Vec<_> = entry.versions[n].references.iter().collect();
        let stop = leads.iter().position(|(_, lead)| self.before(lead).is_some());
        // What comes before the one that waits may be wrong.
        let pins = match self.pins(at, &leads[..stop.unwrap_or(leads.len())]).await? {
            Ok(pins) => pins,
            Err(why) => return Ok(Err(why)),
        };
        if let Some(before) = stop.and_then(|stop| self.before(leads[stop].1)) {
            return Ok(before);
        }
        let (id, path) = (self.works[at].id, &entry.path);
        let to: Vec<_> = pins.iter().filter_map(ResolvedRef::version).collect();
        Ok(match circle(&mut self.change, id, path, &to).await? {
            Some(why) => Err(why),
            None => Ok(Next::Pins(pins)),
        })
    }

    /// The prompt of the file that must come first, or why it cannot; none where what is led to is here, or nowhere.
    fn before(&self, lead: &Lead) -> Option<Result<Next, String>> {
        let other = *self.places.get(lead.path.as_str())?;
        let (to, wanted) = (&self.works[other], usize::try_from(lead.version).unwrap_or(0));
        if to.numbers.len() >= wanted || wanted > to.entry.versions.len() || to.failed.is_some() {
            return None;
        }
        let why = || format!("it refers back to itself through {}", lead.path);
        Some(if to.is_open { Err(why()) } else { Ok(Next::Before(other, wanted)) })
    }

    /// Where references of the next version lead here, or what is wrong with the first that does not.
    async fn pins(&mut self, at: usize, leads: &[(&String, &Lead)]) -> Told<Vec<ResolvedRef>> {
        let (entry, n) = (self.works[at].entry, self.works[at].numbers.len());
        let known = self.known(self.works[at].id, leads).await?;
        let numbered = (0_i64..).zip(leads);
        let all = numbered.map(|(place, (target, lead))| known.led(&self.change, place, target, lead));
        let all: Vec<Led> = all.collect();
        if all.iter().any(|led| matches!(led, Err((Some(_), _)))) {
            // A version that is here already is not added, so nothing is put into it.
            let pins = all.iter().filter_map(|led| match led {
                Ok(pin) => Some(pin.clone()),
                Err((pin, _)) => pin.clone(),
            });
            let pins: Vec<ResolvedRef> = pins.collect();
            if self.same(at, &versions::hash(&entry.versions[n].content, &pins)).is_some() {
                return Ok(Ok(pins));
            }
        }
        let mut pins = Vec::new();
        for led in all {
            match led {
                Ok(pin) => pins.push(pin),
                // What an older version refers to may be long gone.
                Err(_) if n + 1 < entry.versions.len() => {}
                Err((_, why)) => return Ok(Err(why)),
            }
        }
        Ok(Ok(pins))
    }

    /// Looks up where references of a prompt lead, all at once.
    async fn known(&mut self, id: PromptId, leads: &[(&String, &Lead)]) -> Result<Known> {
        let numbered = (0_i64..).zip(leads);
        let asked = numbered.filter_map(|(place, (_, lead))| {
            Some(json!({ "place": place, "path": lead.path, "number": self.number(lead)? }))
        });
        let asked: Vec<_> = asked.collect();
        let mut known = Known::default();
        if !asked.is_empty() {
            let found = listed!(
                [place: bigint, path: text, number: bigint]
                "SELECT listed.place, p.id, listed.number, v.hash FROM listed
                 JOIN prompts p ON p.org_id = $1 AND p.path = listed.path AND p.trash_id IS NULL AND p.kind = 'text'
                 LEFT JOIN versions v ON v.org_id = $1 AND v.prompt_id = p.id AND v.number = listed.number"
            );
            let found = self.change.query_listed(found, asked);
            let found: Vec<(i64, PromptId, i64, Option<Vec<u8>>)> = found.all().await?;
            let found = found.into_iter().map(|(place, to, number, hash)| (place, (to, number, hash)));
            known.found = found.collect();
        }
        if leads.iter().any(|(_, lead)| !lead.environment.is_empty()) {
            known.environments = environments::list(&mut self.change).await?;
            known.newest = newest_leads(&mut self.change, id).await?;
        }
        Ok(known)
    }

    /// The number here of the version that a reference of the file leads to, or 0 where an environment decides; none
    /// where it leads nowhere.
    fn number(&self, lead: &Lead) -> Option<i64> {
        if levels(&lead.path).is_err() {
            return None;
        }
        if !lead.environment.is_empty() {
            return Some(0);
        }
        match self.places.get(lead.path.as_str()) {
            Some(other) => {
                let wanted = usize::try_from(lead.version).ok()?.checked_sub(1)?;
                self.works[*other].numbers.get(wanted).copied()
            }
            None => Some(lead.version),
        }
    }

    /// The number of the version here that is the next one of the file: as long as both have the same history that of
    /// the same number, and afterwards the newest.
    fn same(&self, at: usize, hash: &[u8]) -> Option<usize> {
        let work = &self.works[at];
        let (next, newest) = (work.numbers.len(), work.hashes.len());
        let is_next = work.added == 0 && work.hashes.get(next).is_some_and(|here| here == hash);
        let is_newest = || work.hashes.last().is_some_and(|here| here == hash);
        if is_next { Some(next + 1) } else { is_newest().then_some(newest) }
    }

    /// Adds the next version of the file after those that are here, unless it is here already.
    async fn add(&mut self, at: usize, pins: &[ResolvedRef]) -> Result<()> {
        let now = self.change.now();
        let entry = self.works[at].entry;
        let version = &entry.versions[self.works[at].numbers.len()];
        let hash = versions::hash(&version.content, pins);
        let same = self.same(at, &hash);
        let work = &mut self.works[at];
        if let Some(number) = same {
            work.numbers.push(i64::try_from(number).unwrap_or(i64::MAX));
            return Ok(());
        }
        let restores = version.restores.and_then(|old| usize::try_from(old).ok()?.checked_sub(1));
        let restores = restores.and_then(|old| work.numbers.get(old).copied());
        let at = parse_rfc3339(&version.created_at).unwrap_or(now);
        let origin = Some(Origin { at, author: &version.author });
        let new =
            versions::New { content: &version.content, pins, message: &version.message, restores, origin };
        let latest = i64::try_from(work.hashes.len()).unwrap_or(i64::MAX);
        let number = versions::insert(&mut self.change, work.id, latest, new).await?;
        work.hashes.push(hash);
        work.numbers.push(number);
        work.added += 1;
        Ok(())
    }
}

/// Where a reference leads here, or what is wrong with it; and where it would lead if the actor were to know of that.
type Led = Result<ResolvedRef, (Option<ResolvedRef>, String)>;

/// What is known of where references lead here.
#[derive(Default)]
struct Known {
    /// By the place of the reference: the prompt, and the number and the hash of the version.
    found: HashMap<i64, (PromptId, i64, Option<Vec<u8>>)>,
    environments: Vec<Environment>,
    newest: Leads,
}

impl Known {
    fn led(&self, change: &OrgChange, place: i64, target: &str, lead: &Lead) -> Led {
        let nowhere = || Err((None, format!("it refers to {lead}, which doesn't exist")));
        let Some((prompt, number, hash)) = self.found.get(&place) else { return nowhere() };
        let pin = |to| ResolvedRef { target: target.to_owned(), prompt: *prompt, to };
        if lead.environment.is_empty() {
            let version = hash.clone().map(|hash| pin(To::Version { number: *number, hash }));
            return version.map_or_else(nowhere, Ok);
        }
        let named = environments::by_name(&self.environments, &lead.environment).map(|one| one.id);
        match named {
            Some(id) if may_follow(change, &self.newest, target, (*prompt, id)) => {
                Ok(pin(To::Environment(id)))
            }
            _ => {
                let unknown = named.map(|id| pin(To::Environment(id)));
                Err((unknown, no_environment(change, target, &lead.environment)))
            }
        }
    }
}
