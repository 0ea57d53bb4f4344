//! What importing a file would do: found out by doing it in changes that are not committed, so that it cannot differ
//! from what happens then.
//!
//! A change that is tried keeps others from writing too, so a large file is tried in parts, which end by the clock. What
//! is tried in one is not there in the next, so prompts that refer to each other are tried together; where those are too
//! many or too large, what would come of them is told by what is there.

use super::{
    check::{About, Abouts, abouts},
    format::{LibraryFile, PromptEntry, VersionEntry},
    line::{Act, Line},
    merge::Merge,
    path::shown,
};
use crate::{
    error::Result, fields::counted, id::PromptId, prompts::content::Content, role::ImportContent,
    tenancy::Grant,
};
use std::{collections::HashMap, sync::Arc};

/// How much is tried at once, however little time it has taken: a folder, a prompt and a version count as one each, and
/// so does so much text, or so many references of a version or old paths of a prompt.
const PART: usize = 60;
const BYTES: usize = 8 * 1024;
const REFERENCES: usize = 10;

/// Tries to import a file.
///
/// # Errors
/// When the database fails.
pub(super) async fn run(grant: &Grant<ImportContent>, file: Arc<LibraryFile>) -> Result<Vec<Line>> {
    let Abouts { folders, prompts } = abouts((grant.server(), grant.behalf()), &file).await?;
    let whole = file.clone();
    let group = move || (groups(&whole.prompts), whole.prompts.iter().map(weight).collect());
    let (groups, weights): (_, Vec<usize>) = grant.server().long_work.run(grant.behalf(), group).await?;
    let mut trial = Trial::begin(grant, &file, prompts).await?;
    trial.merge.organization(&file.variables).await?;
    for (folder, names) in file.folders.iter().zip(folders) {
        trial = trial.with_room(1).await?;
        trial.merge.folder_entry(folder, names).await?;
    }
    let (small, large): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .map(|group| (group.iter().map(|at| weights[*at]).sum::<usize>(), group))
        .partition(|(weight, _)| *weight <= PART);
    for (weight, group) in small {
        trial = trial.with_room(weight).await?;
        trial = trial.attempt(group).await?;
    }
    let mut told = trial.end();
    for at in large.into_iter().flat_map(|(_, group)| group) {
        told.done[at] = Some(guess(grant, &file.prompts[at], told.abouts[at].take()).await?);
    }
    told.before.extend(told.done.into_iter().flatten());
    Ok(told.before)
}

/// What is told of a file.
struct Told {
    /// What each prompt says by itself, until it is tried.
    abouts: Vec<Option<std::result::Result<About, String>>>,
    before: Vec<Line>,
    /// Of each prompt of the file, unless it is no good.
    done: Vec<Option<Line>>,
}

/// A file that is tried.
struct Trial<'f> {
    grant: &'f Grant<ImportContent>,
    file: &'f LibraryFile,
    merge: Merge<'f>,
    room: usize,
    told: Told,
}

impl<'f> Trial<'f> {
    async fn begin(
        grant: &'f Grant<ImportContent>,
        file: &'f LibraryFile,
        abouts: Vec<std::result::Result<About, String>>,
    ) -> Result<Self> {
        let (abouts, done) = (abouts.into_iter().map(Some).collect(), vec![None; file.prompts.len()]);
        let merge = Merge::new(grant, grant.change().await?, true);
        Ok(Self { grant, file, merge, room: PART, told: Told { abouts, before: Vec::new(), done } })
    }

    /// Goes on where there is room for so much more: in another change, where this one is full or has kept others waiting
    /// long enough.
    async fn with_room(mut self, weight: usize) -> Result<Self> {
        if self.room < weight || self.merge.is_over() {
            self.told.before.extend(self.merge.take_lines().0);
            // Dropping the change undoes it.
            drop(self.merge);
            let merge = Merge::new(self.grant, self.grant.change().await?, true);
            self = Self { merge, room: PART, ..self };
        }
        self.room -= weight;
        Ok(self)
    }

    /// Tries the prompts at some places of the file.
    async fn attempt(mut self, group: Vec<usize>) -> Result<Self> {
        let file = self.file;
        let take = |at: &usize| Some((&file.prompts[*at], self.told.abouts[*at].take()?));
        let all = group.iter().filter_map(take).collect();
        self.merge = self.merge.prompts(all).await?;
        let (before, done) = self.merge.take_lines();
        self.told.before.extend(before);
        let mut places = group.into_iter();
        for line in done {
            // Those that are told of are in order.
            if let Some(at) = places.find(|at| file.prompts[*at].path == line.path) {
                self.told.done[at] = Some(line);
            }
        }
        Ok(self)
    }

    /// Undoes what was tried last.
    fn end(mut self) -> Told {
        self.told.before.extend(self.merge.take_lines().0);
        self.told
    }
}

/// What would come of a prompt of too many to try: whether one is there.
async fn guess(
    grant: &Grant<ImportContent>,
    prompt: &PromptEntry,
    about: Option<std::result::Result<About, String>>,
) -> Result<Line> {
    let line = |act, says: String| Line { act, path: shown(&prompt.path), says };
    if let Some(Err(why)) = about {
        return Ok(line(Act::Skip, why));
    }
    let there = grant.query("SELECT id FROM prompts WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
    let there: Option<(PromptId,)> = there.bind(prompt.path.clone()).optional().await?;
    let count = counted(prompt.versions.len(), "version");
    Ok(match there {
        Some(_) => line(Act::Change, format!("anything new in {count}")),
        None if prompt.versions.is_empty() => line(Act::Create, "draft, no versions".to_owned()),
        None => line(Act::Create, format!("prompt with {count}")),
    })
}

/// How much of a part it takes to try a prompt.
fn weight(prompt: &PromptEntry) -> usize {
    let of =
        |version: &VersionEntry| 1 + version.content.bytes() / BYTES + version.references.len() / REFERENCES;
    let draft = prompt.draft.as_ref().map_or(0, Content::bytes);
    let rest = draft / BYTES + prompt.old_paths.len() / REFERENCES;
    1 + rest + prompt.versions.iter().map(of).sum::<usize>()
}

/// The prompts that have to do with each other, by their places: by references, or by being of one path.
fn groups(prompts: &[PromptEntry]) -> Vec<Vec<usize>> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut heads: Vec<usize> = (0..prompts.len()).collect();
    for (at, prompt) in prompts.iter().enumerate() {
        let other = *first.entry(&prompt.path).or_insert(at);
        join(&mut heads, at, other);
    }
    for (at, prompt) in prompts.iter().enumerate() {
        for lead in prompt.versions.iter().flat_map(|version| version.references.values()) {
            if let Some(other) = first.get(lead.path.as_str()) {
                join(&mut heads, at, *other);
            }
        }
    }
    let mut groups: HashMap<usize, usize> = HashMap::new();
    let mut all: Vec<Vec<usize>> = Vec::new();
    for at in 0..prompts.len() {
        let head = head(&mut heads, at);
        let group = *groups.entry(head).or_insert(all.len());
        if group == all.len() {
            all.push(Vec::new());
        }
        all[group].push(at);
    }
    all
}

fn head(heads: &mut [usize], mut at: usize) -> usize {
    while heads[at] != at {
        heads[at] = heads[heads[at]];
        at = heads[at];
    }
    at
}

fn join(heads: &mut [usize], one: usize, other: usize) {
    let (one, other) = (head(heads, one), head(heads, other));
    heads[one] = other;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prompts_that_refer_to_each_other_are_together() {
        let prompt = |path: &str, to: &[&str]| -> PromptEntry {
            let references: serde_json::Map<_, _> =
                to.iter().map(|to| ((*to).to_owned(), json!({ "path": to, "version": 1 }))).collect();
            let version = json!({ "number": 1, "created_at": "2026-01-01T00:00:00Z",
                "content": { "body": { "text": "x" } }, "references": references });
            serde_json::from_value(json!({ "path": path, "versions": [version] })).unwrap()
        };
        let prompts = [
            prompt("a", &["c"]),
            prompt("b", &[]),
            prompt("c", &["d", "gone"]),
            prompt("d", &[]),
            prompt("b", &[]),
        ];
        assert_eq!(groups(&prompts), [vec![0, 2, 3], vec![1, 4]]);
    }
    #[test]
    fn what_is_large_takes_more_of_a_part() {
        let prompt = |text: &str, references: usize| -> PromptEntry {
            let references: serde_json::Map<_, _> =
                (0..references).map(|n| (n.to_string(), json!({ "path": "x", "version": 1 }))).collect();
            let content = json!({ "body": { "text": text } });
            let version = json!({ "number": 1, "content": content, "references": references });
            serde_json::from_value(json!({ "path": "a", "versions": [version], "draft": content })).unwrap()
        };
        assert_eq!(weight(&prompt("x", 1)), 2);
        // So that a part of the largest prompts is no longer than one of many small ones.
        let long = "x".repeat(200_000);
        assert!(weight(&prompt(&long, 0)) > PART / 2 && weight(&prompt("x", 500)) > PART / 2);
    }
}
