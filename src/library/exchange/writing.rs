//! Writing a file piece by piece, as it is taken: one prompt after the other, and of each some versions at a time.
//!
//! What is deleted meanwhile is left out. Of a prompt that is deleted while it is written, the file has what was written
//! by then.

use super::{
    archive::Archive,
    export::{Extent, Paths, Plan, Reach, folder, leads, newest, prompt, rows, still_may, there},
    format::FORMAT,
    layout::laid_out,
};
use crate::{
    error::{Error, Result},
    id::{FolderId, PromptId},
    kernel::internal_error::internal,
    library::variables,
    prompts::{content::Content, drafts, store},
    tenancy::Scope,
    web::downloads::{Out, patiently, written},
};
use axum::body::Body;
use std::sync::{Arc, Mutex, PoisonError};

/// How many levels have lines of their own, of variables: each of them.
const OF_VARIABLES: usize = 1;
/// Of a folder or a prompt: each field, and each variable, tag or path in it.
const OF_ENTRY: usize = 2;
/// Of a content: each field, and each setting or declared variable in it.
const OF_CONTENT: usize = 2;
/// Of a version: each field, and those of its content.
const OF_VERSION: usize = 1 + OF_CONTENT;

/// A library or a part of it as JSON.
pub fn json(scope: Scope, reach: Reach, plan: Plan) -> Body {
    let (extent, paths) = (plan.extent, plan.prompts.iter().cloned().collect());
    written(move |out| Json { scope, extent, reach, paths, out }.write(plan))
}

/// The prompts of a library or a part of it as an archive of Markdown files.
pub fn archive(scope: Scope, plan: Plan) -> Body {
    written(move |out| write_archive(scope, plan, out))
}

async fn write_archive(scope: Scope, plan: Plan, out: Out) -> Result<()> {
    let archive = Arc::new(Mutex::new(Archive::default()));
    let _seat = plan.seat;
    for (id, path) in &plan.prompts {
        let pack = || pack(&scope, plan.extent, &archive, (*id, path));
        if let Some(piece) = patiently(&scope.server().clock, pack).await? {
            out.put(piece).await?;
        }
    }
    let archive = Arc::into_inner(archive).ok_or_else(|| internal(&"an archive is still packed"))?;
    out.put(archive.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?).await
}

/// Packs a prompt, and tells what that makes; none where it is gone.
async fn pack(
    scope: &Scope,
    extent: Extent,
    archive: &Arc<Mutex<Archive>>,
    prompt: (PromptId, &str),
) -> Result<Option<Vec<u8>>> {
    still_may(scope, extent).await?;
    let Some(entry) = newest(scope, prompt).await? else { return Ok(None) };
    let bytes = entry.content().map_or(0, Content::bytes);
    let archive = archive.clone();
    let pack = move || {
        let mut archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
        archive.add(&entry).map(|()| archive.take())
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, pack).await?.map(Some)
}

/// Writes a file of JSON, laid out for people.
struct Json {
    scope: Scope,
    extent: Extent,
    reach: Reach,
    paths: Paths,
    out: Out,
}

/// Some versions as they are written.
struct Versions {
    text: String,
    /// The number of the last of them, and what it says.
    last: i64,
    newest: Content,
}

impl Json {
    async fn write(self, plan: Plan) -> Result<()> {
        let _seat = plan.seat;
        self.out.put(self.again(|| self.head()).await?).await?;
        let mut comma = "";
        for one in &plan.folders {
            if let Some(entry) = self.again(|| self.folder(one)).await? {
                self.out.put(format!("{comma}\n    {entry}")).await?;
                comma = ",";
            }
        }
        self.out.put(format!("{},\n  \"prompts\": [", end(comma, 1))).await?;
        comma = "";
        for (id, path) in &plan.prompts {
            if self.prompt((*id, path), comma).await? {
                comma = ",";
            }
        }
        self.out.put(format!("{}\n}}\n", end(comma, 1))).await
    }

    /// What comes before the folders.
    async fn head(&self) -> Result<String> {
        let mut head = format!("{{\n  \"format\": {}", laid_out(&FORMAT, 1, 0)?);
        if self.extent == Extent::Whole {
            let (own, bytes) = variables::read_sized(&self.scope, None).await?;
            if !own.is_empty() {
                let own = self.on(bytes, move || laid_out(&own, 1, OF_VARIABLES)).await?;
                head += ",\n  \"variables\": ";
                head += &own;
            }
        }
        Ok(head + ",\n  \"folders\": [")
    }

    /// A folder; none where it is gone.
    async fn folder(&self, one: &(FolderId, String)) -> Result<Option<String>> {
        still_may(&self.scope, self.extent).await?;
        let Some((entry, bytes)) = folder(&self.scope, one).await? else { return Ok(None) };
        self.on(bytes, move || laid_out(&entry, 2, OF_ENTRY)).await.map(Some)
    }

    /// Writes a prompt, unless it is gone; tells whether it did.
    async fn prompt(&self, (id, path): (PromptId, &str), comma: &str) -> Result<bool> {
        let Some(about) = self.again(|| self.about((id, path))).await? else { return Ok(false) };
        let mut piece = format!("{comma}\n    {about}");
        let (mut next, mut newest) = (1, None);
        loop {
            let Some(some) = self.again(|| self.versions(id, next)).await? else { break };
            piece += if next == 1 { ",\n      \"versions\": [" } else { "," };
            self.out.put(piece + &some.text).await?;
            (piece, next, newest) = (String::new(), some.last + 1, Some(some.newest));
        }
        if next > 1 {
            piece += &end(",", 3);
        }
        match self.again(|| self.draft(id, newest.as_ref())).await? {
            Some(draft) => {
                piece += ",\n      \"draft\": ";
                piece += &draft;
            }
            // It was deleted before it said anything.
            None if next == 1 => return Ok(false),
            None => {}
        }
        self.out.put(piece + "\n    }").await?;
        Ok(true)
    }

    /// What is told of a prompt before what it says; none where it is gone.
    async fn about(&self, one: (PromptId, &str)) -> Result<Option<String>> {
        still_may(&self.scope, self.extent).await?;
        let Some(entry) = prompt(&self.scope, &self.reach, one).await? else { return Ok(None) };
        let about = laid_out(&entry, 2, OF_ENTRY)?;
        Ok(Some(about.strip_suffix("\n    }").unwrap_or(&about).to_owned()))
    }

    /// Some versions of a prompt from a number on; none after the last, or where it is gone.
    async fn versions(&self, id: PromptId, first: i64) -> Result<Option<Versions>> {
        // A person who reads slowly may lose the right while one prompt is written.
        still_may(&self.scope, self.extent).await?;
        let some = rows(&self.scope, id, first).await?;
        let Some(last) = some.last().map(|row| row.number) else { return Ok(None) };
        let mut references = leads(&self.scope, (&self.reach, &self.paths), id, (first, last)).await?;
        // What is deleted for good loses its versions one by one: what was read of one that is there is whole.
        if self.is_gone(id).await? {
            return Ok(None);
        }
        let bytes = some.iter().map(|row| row.content.len()).sum();
        let write = move || {
            let (mut text, mut newest) = (String::new(), None);
            for row in some {
                let references = references.remove(&row.number).unwrap_or_default();
                let entry = row.entry(references)?;
                let comma = if newest.is_some() { "," } else { "" };
                text.extend([comma, "\n        ", &laid_out(&entry, 4, OF_VERSION)?]);
                newest = Some(entry.content);
            }
            Ok::<_, Error>(newest.map(|newest| Versions { text, last, newest }))
        };
        self.on(bytes, write).await
    }

    /// The draft of a prompt, where it says something else than its newest version; none where nobody may know it, or
    /// the prompt is gone.
    async fn draft(&self, id: PromptId, newest: Option<&Content>) -> Result<Option<String>> {
        if self.reach.hides_drafts || self.is_gone(id).await? {
            return Ok(None);
        }
        let draft = there(drafts::read(&self.scope, id).await)?.map(|draft| draft.content);
        let Some(draft) = draft.filter(|draft| newest != Some(draft)) else { return Ok(None) };
        self.on(draft.bytes(), move || laid_out(&draft, 3, OF_CONTENT)).await.map(Some)
    }

    /// Whether a prompt was deleted, for good or not.
    async fn is_gone(&self, id: PromptId) -> Result<bool> {
        Ok(there(store::find(&self.scope, id).await)?.is_none())
    }

    /// Does some work on so many bytes.
    async fn on<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.scope.server().long_work.run_on(self.scope.behalf(), bytes, work).await?
    }

    /// Does something, and again while the server is too busy for it.
    async fn again<T, F: Future<Output = Result<T>>>(&self, act: impl FnMut() -> F) -> Result<T> {
        patiently(&self.scope.server().clock, act).await
    }
}

/// The end of a list so deep in the file: of an empty one in its line.
fn end(comma: &str, depth: usize) -> String {
    if comma.is_empty() { "]".to_owned() } else { format!("\n{}]", "  ".repeat(depth)) }
}

#[cfg(test)]
impl super::format::LibraryFile {
    /// The file of a part of the library, read from what is written.
    pub(crate) async fn of(scope: &Scope, extent: Extent) -> Result<Self> {
        use http_body_util::BodyExt;
        let plan = super::export::plan(scope, extent).await?;
        let body = json(scope.clone(), Reach::default(), plan).collect().await;
        let bytes = body.map_err(|error| internal(&error))?.to_bytes();
        serde_json::from_slice(&bytes).map_err(|error| internal(&error))
    }
}
