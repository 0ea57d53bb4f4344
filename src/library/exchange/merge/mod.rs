//! Putting what a file holds into the library: folders first, then prompts, then their versions, each after
//! those it refers to.

mod versions;

use super::{
    check::{About, about, levels},
    format::{FolderEntry, LibraryFile, PromptEntry},
    import::{Act, Line},
};
use crate::{
    error::{Error, Result},
    id::{FolderId, PromptId},
    library::{folders, variables},
    prompts::{
        content::{Content, Kind},
        drafts, store,
        versions::content_within,
    },
    server::OrgChange,
};
use serde_json::Value;
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
}

/// What becomes of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Draft {
    /// It says that already, or the file is not about it.
    Same,
    /// It becomes what the file says.
    Written,
    /// It has changes of its own, and stays.
    Kept,
}

pub(super) struct Merge<'a, 'f> {
    change: &'a mut OrgChange,
    lines: Vec<Line>,
    folders: BTreeMap<String, FolderId>,
    works: Vec<Work<'f>>,
    places: HashMap<&'f str, usize>,
}

impl<'a, 'f> Merge<'a, 'f> {
    pub(super) fn new(change: &'a mut OrgChange) -> Self {
        let (folders, places) = (BTreeMap::new(), HashMap::new());
        Self { change, lines: Vec::new(), folders, works: Vec::new(), places }
    }

    pub(super) async fn run(mut self, file: &'f LibraryFile) -> Result<Vec<Line>> {
        if !file.variables.is_empty() {
            match self.variables(None, &file.variables).await? {
                Ok(true) => self.tell(Act::Change, "", "variables of the organization"),
                Ok(false) => self.tell(Act::Skip, "", "these variables already exist"),
                Err(why) => self.tell(Act::Skip, "", format!("variables of the organization: {why}")),
            }
        }
        for entry in &file.folders {
            self.folder_entry(entry).await?;
        }
        for entry in &file.prompts {
            match self.begin(entry).await? {
                Ok(work) => {
                    self.places.insert(&entry.path, self.works.len());
                    self.works.push(work);
                }
                Err(why) => self.tell(Act::Skip, &entry.path, why),
            }
        }
        for place in 0..self.works.len() {
            self.versions(place).await?;
        }
        for place in 0..self.works.len() {
            self.finish(place).await?;
        }
        Ok(self.lines)
    }

    fn tell(&mut self, act: Act, path: &str, says: impl Into<String>) {
        self.lines.push(Line { act, path: path.to_owned(), says: says.into() });
    }

    async fn folder_entry(&mut self, FolderEntry { path, variables }: &FolderEntry) -> Result<()> {
        let (id, is_new) = match self.folder(path).await? {
            Ok(found) => found,
            Err(why) => {
                self.tell(Act::Skip, path, why);
                return Ok(());
            }
        };
        let set = self.variables(Some(id), variables).await?;
        let left_out =
            set.as_ref().err().map_or_else(String::new, |why| format!("; variables skipped: {why}"));
        match (is_new, set) {
            (true, _) => self.tell(Act::Create, path, format!("folder{left_out}")),
            (false, Ok(true)) => self.tell(Act::Change, path, "variables of the folder"),
            (false, _) => self.tell(Act::Skip, path, format!("the folder already exists{left_out}")),
        }
        Ok(())
    }

    /// Sets variables; those that only are here stay. Whether anything is different then.
    async fn variables(&mut self, folder: Option<FolderId>, own: &BTreeMap<String, Value>) -> Told<bool> {
        let mut merged = variables::read_within(self.change, folder).await?;
        merged.extend(own.clone());
        let merged: Vec<_> = merged.into_iter().collect();
        match told(variables::check(&merged))? {
            Ok(()) => Ok(Ok(variables::set_within(self.change, folder, &merged).await?)),
            Err(why) => Ok(Err(why)),
        }
    }

    /// The folder of a path, made with those above it where it is not there; whether it is new.
    async fn folder(&mut self, path: &str) -> Told<(FolderId, bool)> {
        if let Some(id) = self.folders.get(path) {
            return Ok(Ok((*id, false)));
        }
        let names = match levels(path) {
            Ok(names) => names,
            Err(why) => return Ok(Err(why)),
        };
        let (mut parent, mut is_new, mut so_far) = (None, false, String::new());
        for name in names {
            so_far = if parent.is_none() { name.to_string() } else { format!("{so_far}/{name}") };
            let there = self
                .change
                .query("SELECT id FROM folders WHERE org_id = $1 AND path = $2 AND trash_id IS NULL");
            let there: Option<(FolderId,)> = there.bind(so_far.clone()).optional().await?;
            is_new = there.is_none();
            let id = match there {
                Some((id,)) => id,
                None => match told(folders::insert(self.change, parent, &name).await)? {
                    Ok(id) => id,
                    Err(why) => return Ok(Err(why)),
                },
            };
            self.folders.insert(so_far.clone(), id);
            parent = Some(id);
        }
        Ok(parent.map(|id| (id, is_new)).ok_or_else(|| "it has no name".to_owned()))
    }

    /// Finds or makes a prompt, without its versions.
    async fn begin(&mut self, entry: &'f PromptEntry) -> Told<Work<'f>> {
        if self.places.contains_key(entry.path.as_str()) {
            return Ok(Err("the file has another prompt with this path".to_owned()));
        }
        let (server, org) = self.change.place();
        let about = match about((&server.clone(), org), entry).await? {
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
        let hashes = self
            .change
            .query("SELECT hash FROM versions WHERE org_id = $1 AND prompt_id = $2 ORDER BY number");
        let hashes: Vec<(Vec<u8>,)> = hashes.bind(id).all().await?;
        let hashes = hashes.into_iter().map(|(hash,)| hash).collect();
        let numbers = Vec::new();
        Ok(Ok(Work { entry, about, id, is_new, hashes, numbers, added: 0, failed: None, is_open: false }))
    }

    async fn insert(&mut self, entry: &PromptEntry, about: &About) -> Told<PromptId> {
        let folder = match entry.path.rsplit_once('/') {
            None => None,
            Some((above, _)) => match self.folder(above).await? {
                Ok((id, _)) => Some(id),
                Err(why) => return Ok(Err(why)),
            },
        };
        let path = match told(store::path_in(self.change, folder, &about.name).await)? {
            Ok(path) => path,
            Err(why) => return Ok(Err(why)),
        };
        let (name, tags) = (&about.name, &about.tags);
        let new = store::NewPrompt { folder, name, path, description: &entry.description, tags };
        Ok(Ok(store::insert(self.change, new, &about.draft).await?))
    }

    /// The draft and old paths of a prompt, and what is told of it.
    async fn finish(&mut self, at: usize) -> Result<()> {
        let Work { entry, id, is_new, added, .. } = self.works[at];
        let latest = i64::try_from(self.works[at].hashes.len()).unwrap_or(i64::MAX);
        if is_new {
            for path in &entry.old_paths {
                self.old_path(id, path).await?;
            }
        }
        let failed = self.works[at].failed.clone();
        let draft = self.draft(at, latest).await?;
        let mut says = match added {
            1 => "1 version".to_owned(),
            count => format!("{count} versions"),
        };
        if let Some(why) = failed {
            says = format!("{says}; skipped: {why}");
        }
        if draft == Draft::Kept {
            says += "; the existing draft has changes and is kept";
        }
        match (is_new, added, draft) {
            (true, ..) => self.tell(Act::Create, &entry.path, format!("prompt with {says}")),
            (false, 0, Draft::Written) => self.tell(Act::Change, &entry.path, "draft"),
            (false, 0, _) => self.tell(Act::Skip, &entry.path, format!("nothing new: {says}")),
            (false, ..) => self.tell(Act::Change, &entry.path, format!("{says} added to the existing ones")),
        }
        Ok(())
    }

    /// The draft follows the file, unless somebody has changes of their own in it.
    async fn draft(&mut self, at: usize, latest: i64) -> Result<Draft> {
        let Work { id, is_new, added, entry, ref about, .. } = self.works[at];
        let draft = drafts::read_within(self.change, id).await?;
        // A file with versions that are all here changes nothing; one with a draft only is about that.
        let is_about_it = is_new || added > 0 || entry.versions.is_empty();
        if !is_about_it || (draft.content == about.draft && draft.base == latest) {
            return Ok(Draft::Same);
        }
        let is_own = match draft.base {
            _ if is_new => false,
            0 => draft.content != Content::empty(draft.content.kind()),
            base => content_within(self.change, id, base).await?.as_ref() != Some(&draft.content),
        };
        if is_own {
            return Ok(if draft.content == about.draft { Draft::Same } else { Draft::Kept });
        }
        let content = about.draft.clone();
        drafts::write(self.change, id, &content, latest).await?;
        Ok(Draft::Written)
    }

    async fn old_path(&mut self, id: PromptId, path: &str) -> Result<()> {
        if levels(path).is_err() || path.chars().count() > store::MAX_PATH {
            return Ok(());
        }
        if store::is_taken(self.change, path).await? {
            return Ok(());
        }
        let old = self.change.query(
            "INSERT INTO old_paths (org_id, path, prompt_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        old.bind(path.to_owned()).bind(id).execute().await?;
        Ok(())
    }
}
