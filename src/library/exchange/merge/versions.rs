//! Importing versions: each after those it refers to.

use super::{Merge, Told};
use crate::{
    error::Result,
    id::{EnvironmentId, PromptId},
    library::exchange::{check::levels, format::Lead},
    prompts::{
        circles::circle,
        references::{Pin, To},
        versions::{self, Origin},
    },
    ui::parse_rfc3339,
};

/// What the next version of a prompt needs.
enum Next {
    /// It can be added.
    Pins(Vec<Pin>),
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
        let mut pins = Vec::new();
        for (target, lead) in &entry.versions[n].references {
            if let Some(&other) = self.places.get(lead.path.as_str()) {
                let wanted = usize::try_from(lead.version).unwrap_or(0);
                let to = &self.works[other];
                if to.numbers.len() < wanted && wanted <= to.entry.versions.len() && to.failed.is_none() {
                    if to.is_open {
                        return Ok(Err(format!("it refers back to itself through {}", lead.path)));
                    }
                    return Ok(Ok(Next::Before(other, wanted)));
                }
            }
            match self.pin(target, lead).await? {
                Some(pin) => pins.push(pin),
                // What an older version refers to may be long gone.
                None if n + 1 < entry.versions.len() => {}
                None => {
                    return Ok(Err(format!("it refers to {lead}, which doesn't exist")));
                }
            }
        }
        let (id, path) = (self.works[at].id, &entry.path);
        let to: Vec<_> = pins.iter().filter_map(Pin::version).collect();
        Ok(match circle(&mut self.change, id, path, &to).await? {
            Some(why) => Err(why),
            None => Ok(Next::Pins(pins)),
        })
    }

    /// Where a reference of the file leads here.
    async fn pin(&mut self, target: &str, lead: &Lead) -> Result<Option<Pin>> {
        let (path, mut number) = (&lead.path, lead.version);
        if levels(path).is_err() {
            return Ok(None);
        }
        if !lead.environment.is_empty() {
            return self.pin_to_environment(target, lead).await;
        }
        if let Some(&other) = self.places.get(path.as_str()) {
            let wanted = usize::try_from(number).ok().and_then(|wanted| wanted.checked_sub(1));
            let Some(here) = wanted.and_then(|wanted| self.works[other].numbers.get(wanted)) else {
                return Ok(None);
            };
            number = *here;
        }
        let to = self.change.query(
            "SELECT p.id, v.hash FROM prompts p JOIN versions v ON v.org_id = p.org_id AND v.prompt_id = p.id
             WHERE p.org_id = $1 AND p.path = $2 AND p.trash_id IS NULL AND p.kind = 'text' AND v.number = $3",
        );
        let to: Option<(PromptId, Vec<u8>)> = to.bind(path.clone()).bind(number).optional().await?;
        let pin =
            |(prompt, hash)| Pin { target: target.to_owned(), prompt, to: To::Version { number, hash } };
        Ok(to.map(pin))
    }

    async fn pin_to_environment(&mut self, target: &str, lead: &Lead) -> Result<Option<Pin>> {
        let to = self.change.query(
            "SELECT p.id, e.id FROM prompts p JOIN environments e ON e.org_id = p.org_id
             WHERE p.org_id = $1 AND p.path = $2 AND p.trash_id IS NULL AND p.kind = 'text' AND e.name = $3",
        );
        let to: Option<(PromptId, EnvironmentId)> =
            to.bind(lead.path.clone()).bind(lead.environment.clone()).optional().await?;
        let pin = |(prompt, environment)| Pin {
            target: target.to_owned(),
            prompt,
            to: To::Environment(environment),
        };
        Ok(to.map(pin))
    }

    /// Adds the next version of the file after those that are here, unless it is here already.
    async fn add(&mut self, at: usize, pins: &[Pin]) -> Result<()> {
        let now = self.change.now();
        let work = &mut self.works[at];
        let version = &work.entry.versions[work.numbers.len()];
        let hash = versions::hash(&version.content, pins);
        // As long as both have the same history nothing is added.
        let same = if work.added == 0 && work.hashes.get(work.numbers.len()) == Some(&hash) {
            Some(work.numbers.len() + 1)
        } else {
            (work.hashes.last() == Some(&hash)).then_some(work.hashes.len())
        };
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
