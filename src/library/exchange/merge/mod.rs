//! Putting what a file holds into the library: folders first, then prompts, then their versions, each after
//! those it refers to.
//!
//! A large file is imported in parts, each a change of its own, so that nobody waits long to write meanwhile. Where it
//! is cut off, what came before stays, and importing the file again goes on: what is there is skipped.

mod drafts;
mod folders;
mod versions;

use super::{
    check::{About, Abouts},
    format::{LibraryFile, PromptEntry},
    line::{Act, Line},
    path::shown,
};
use crate::{
    error::{Error, Result},
    id::{FolderId, PromptId},
    prompts::{content::Kind, store},
    role::ImportContent,
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
        batches::Part,
    },
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// What can be done, or why not, for a person to read.
type Told<T> = Result<std::result::Result<T, String>>;

/// A refusal that is about the file becomes a reason; other errors stay errors.
fn told<T>(done: Result<T>) -> Told<T> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Invalid { flaws }) => {
            Ok(Err(flaws.first().map_or_else(String::new, |flaw| flaw.message.to_string())))
        }
        Err(error) => Err(error),
    }
}

/// A prompt of the file as it is being imported.
struct Work<'f> {
    entry: &'f PromptEntry,
    about: About,
    id: PromptId,
    is_new: bool,
    /// The hashes of the versions that are here, from the first on.
    hashes: Vec<Vec<u8>>,
    /// The numbers here of the versions of the file, as far as they were imported.
    numbers: Vec<i64>,
    added: usize,
    failed: Option<String>,
    /// Waits for another.
    is_open: bool,
    /// In which part the hashes were read.
    read_in: u32,
}

/// What an import comes to.
pub(super) struct Merged {
    /// The last part, which is not committed yet.
    pub(super) change: OrgChange,
    /// How many parts there were before it.
    pub(super) parts: u32,
    /// What is told of variables, of folders and of prompts that are no good; and then what came of the others.
    pub(super) lines: Vec<Line>,
}

pub(super) struct Merge<'f> {
    grant: &'f Grant<ImportContent>,
    change: OrgChange,
    part: Part,
    /// The parts that are committed; none of what is only tried.
    parts: u32,
    is_tried: bool,
    lines: Vec<Line>,
    folders: BTreeMap<String, FolderId>,
    works: Vec<Work<'f>>,
    places: HashMap<&'f str, usize>,
}

impl<'f> Merge<'f> {
    /// Begins in a change. What is only tried stays in it; anything else is committed in parts.
    pub(super) fn new(grant: &'f Grant<ImportContent>, change: OrgChange, is_tried: bool) -> Self {
        let (folders, places, part) = (BTreeMap::new(), HashMap::new(), Part::begin());
        let (lines, works) = (Vec::new(), Vec::new());
        Self { grant, change, part, parts: 0, is_tried, lines, folders, works, places }
    }

    pub(super) async fn run(mut self, file: &'f LibraryFile, abouts: Abouts) -> Result<Merged> {
        self.organization(&file.variables).await?;
        for (entry, names) in file.folders.iter().zip(abouts.folders) {
            self.folder_entry(entry, names).await?;
            self = self.rest().await?;
        }
        let all = file.prompts.iter().zip(abouts.prompts).collect();
        self = self.prompts(all).await?;
        Ok(Merged { change: self.change, parts: self.parts, lines: self.lines })
    }

    /// Puts in prompts that may refer to each other.
    pub(super) async fn prompts(
        mut self,
        all: Vec<(&'f PromptEntry, std::result::Result<About, String>)>,
    ) -> Result<Self> {
        for (entry, about) in all {
            match self.begin(entry, about).await? {
                Ok(work) => {
                    self.places.insert(&entry.path, self.works.len());
                    self.works.push(work);
                }
                Err(why) => self.tell(Act::Skip, &entry.path, why),
            }
            self = self.rest().await?;
        }
        for place in 0..self.works.len() {
            self = self.versions(place).await?;
        }
        for place in 0..self.works.len() {
            self.finish(place).await?;
            self = self.rest().await?;
        }
        Ok(self)
    }

    /// What is told since this was asked last: of prompts that were put in, and before it of all else. They are not looked
    /// at again.
    pub(super) fn take_lines(&mut self) -> (Vec<Line>, Vec<Line>) {
        let mut before = std::mem::take(&mut self.lines);
        let done = before.split_off(before.len() - self.works.len());
        self.works.clear();
        self.places.clear();
        (before, done)
    }

    /// Whether what is tried keeps others waiting.
    pub(super) fn is_over(&self) -> bool {
        self.part.is_over()
    }

    /// Lets others write, when they have waited: what is done so far is committed.
    async fn rest(mut self) -> Result<Self> {
        if self.is_tried || !self.part.is_over() {
            return Ok(self);
        }
        let parts = self.parts + 1;
        let entry = Entry::new(Action::LibraryImported, None).details(json!({ "part": parts }));
        self.change.audit(entry).await?;
        let about = self.change.new_id();
        self.change.announce(Topic::Prompts, about).await?;
        self.change.commit().await?;
        let change = self.grant.change().await?;
        // Somebody may have moved them meanwhile.
        let folders = BTreeMap::new();
        Ok(Self { change, parts, folders, part: Part::begin(), ..self })
    }

    fn tell(&mut self, act: Act, path: &str, says: impl Into<String>) {
        self.lines.push(Line { act, path: shown(path), says: says.into() });
    }

    /// Finds or makes a prompt, without its versions.
    async fn begin(
        &mut self,
        entry: &'f PromptEntry,
        about: std::result::Result<About, String>,
    ) -> Told<Work<'f>> {
        if self.places.contains_key(entry.path.as_str()) {
            return Ok(Err("the file has another prompt with this path".to_owned()));
        }
        let about = match about {
            Ok(about) => about,
            Err(why) => return Ok(Err(why)),
        };
        let there = self.change.query(
            "SELECT id, kind, latest FROM prompts WHERE org_id = $1 AND path = $2 AND trash_id IS NULL",
        );
        let there: Option<(PromptId, Kind, i64)> = there.bind(entry.path.clone()).optional().await?;
        let (id, is_new) = match there {
            Some((_, kind, latest)) if latest > 0 && kind != about.kind => {
                return Ok(Err(format!("the existing prompt is {}", kind.label().to_lowercase())));
            }
            Some((id, ..)) => (id, false),
            None => match self.insert(entry, &about).await? {
                Ok(id) => (id, true),
                Err(why) => return Ok(Err(why)),
            },
        };
        let (hashes, numbers, read_in) = (self.hashes(id).await?, Vec::new(), self.parts);
        let (added, failed, is_open) = (0, None, false);
        Ok(Ok(Work { entry, about, id, is_new, hashes, numbers, added, failed, is_open, read_in }))
    }

    async fn hashes(&mut self, id: PromptId) -> Result<Vec<Vec<u8>>> {
        let hashes = self
            .change
            .query("SELECT hash FROM versions WHERE org_id = $1 AND prompt_id = $2 ORDER BY number");
        let hashes: Vec<(Vec<u8>,)> = hashes.bind(id).all().await?;
        Ok(hashes.into_iter().map(|(hash,)| hash).collect())
    }

    /// Reads the versions of a prompt again when others may have saved some since.
    async fn refresh(&mut self, at: usize) -> Result<()> {
        if self.works[at].read_in != self.parts {
            self.works[at].hashes = self.hashes(self.works[at].id).await?;
            self.works[at].read_in = self.parts;
        }
        Ok(())
    }

    async fn insert(&mut self, entry: &PromptEntry, about: &About) -> Told<PromptId> {
        let folder = match about.folders.as_slice() {
            [] => None,
            names => match self.folder(names).await? {
                Ok((id, _)) => Some(id),
                Err(why) => return Ok(Err(why)),
            },
        };
        let path = match told(store::path_in(&mut self.change, folder, &about.name).await)? {
            Ok(path) => path,
            Err(why) => return Ok(Err(why)),
        };
        let (name, tags) = (&about.name, &about.tags);
        let new = store::NewPrompt { folder, name, path, description: &entry.description, tags };
        Ok(Ok(store::insert(&mut self.change, new, &about.draft).await?))
    }
}
