//! What importing a file would do: found out by doing it in changes that are not committed, so that it cannot differ
//! from what happens then.
//!
//! A change that is tried keeps others from writing too, so a large file is tried in parts. What is tried in one is
//! not there in the next, so prompts that refer to each other are tried together; where those are too many, what
//! would come of them is told by what is there.

use super::{
    format::{LibraryFile, PromptEntry},
    import::{Act, Line},
    merge::{Merge, Merged, Prepared},
};
use crate::{error::Result, fields::counted, id::PromptId, role::ImportContent, server::Grant};
use std::collections::HashMap;

/// How much is tried at once: a folder, a prompt and a version count as one each.
const PART: usize = 60;

/// Tries to import a file.
///
/// # Errors
/// When the database fails.
pub(super) async fn run(grant: &Grant<ImportContent>, file: &LibraryFile) -> Result<Vec<Line>> {
    let whole: usize = file.prompts.iter().map(weight).sum();
    if whole + file.folders.len() <= PART {
        let Merged { mut before, done, .. } = attempt(grant, file).await?;
        before.extend(done);
        return Ok(before);
    }
    let mut told = Told { file, before: Vec::new(), done: vec![None; file.prompts.len()] };
    let mut part = LibraryFile { variables: file.variables.clone(), ..LibraryFile::empty() };
    for folders in file.folders.chunks(PART) {
        part.folders = folders.to_vec();
        told.before.extend(attempt(grant, &part).await?.before);
        part = LibraryFile::empty();
    }
    let (mut places, mut room) = (Vec::new(), PART);
    for group in groups(&file.prompts) {
        let weight: usize = group.iter().map(|at| weight(&file.prompts[*at])).sum();
        if weight > PART {
            for at in group {
                told.done[at] = Some(guess(grant, &file.prompts[at]).await?);
            }
            continue;
        }
        if weight > room {
            told.attempt(grant, std::mem::replace(&mut part, LibraryFile::empty()), &mut places).await?;
            room = PART;
        }
        room -= weight;
        places.extend(group);
    }
    told.attempt(grant, part, &mut places).await?;
    told.before.extend(told.done.into_iter().flatten());
    Ok(told.before)
}

/// What is told of a file.
struct Told<'f> {
    file: &'f LibraryFile,
    before: Vec<Line>,
    /// Of each prompt of the file, unless it is no good.
    done: Vec<Option<Line>>,
}

impl Told<'_> {
    /// Tries the prompts at some places of the file, with what else is in the part.
    async fn attempt(
        &mut self,
        grant: &Grant<ImportContent>,
        mut part: LibraryFile,
        places: &mut Vec<usize>,
    ) -> Result<()> {
        places.sort_unstable();
        part.prompts = places.iter().map(|at| self.file.prompts[*at].clone()).collect();
        let Merged { before, done, .. } = attempt(grant, &part).await?;
        self.before.extend(before);
        let mut places = places.drain(..);
        for line in done {
            // Those that are told of are in order.
            if let Some(at) = places.find(|at| self.file.prompts[*at].path == line.path) {
                self.done[at] = Some(line);
            }
        }
        Ok(())
    }
}

async fn attempt(grant: &Grant<ImportContent>, part: &LibraryFile) -> Result<Merged> {
    // Dropping the change undoes it.
    let prepared = Prepared::new(grant, part).await?;
    Merge::new(grant, grant.change().await?, true).run(prepared).await
}

fn weight(prompt: &PromptEntry) -> usize {
    1 + prompt.versions.len()
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

/// What would come of a prompt of too many to try: whether one is there.
async fn guess(grant: &Grant<ImportContent>, prompt: &PromptEntry) -> Result<Line> {
    let line = |act, says: String| Line { act, path: prompt.path.clone(), says };
    let place = (grant.server(), grant.behalf());
    if let Err(why) = super::check::about(place, prompt).await? {
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
}
