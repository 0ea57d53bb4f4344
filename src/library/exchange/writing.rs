//! Writing a file piece by piece, as it is taken: one prompt after the other, and of each some versions at a time.

use super::{
    archive::Archive,
    export::{Extent, Plan, Reach, Row, folder, leads, newest, prompt, rows, still_may},
    format::{FORMAT, PromptEntry},
};
use crate::{
    error::{Error, Result},
    id::PromptId,
    library::variables,
    prompts::{content::Content, drafts},
    server::{Scope, caller::internal},
};
use axum::body::{Body, Bytes};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

/// A library or a part of it as JSON.
pub fn json(scope: Scope, reach: Reach, plan: Plan) -> Body {
    let extent = plan.extent;
    written(move |out| Json { scope, extent, reach, out }.write(plan))
}

/// The prompts of a library or a part of it as an archive of Markdown files.
pub fn archive(scope: Scope, plan: Plan) -> Body {
    written(move |out| write_archive(scope, plan, out))
}

/// What is written goes out, one piece after the other. It ends with whoever takes it.
fn written<F>(write: impl FnOnce(Out) -> F) -> Body
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let write = write(Out(sender.clone()));
    let task = async move {
        // What is cut off must not look whole.
        if let Err(error) = write.await {
            drop(sender.send(Err(error)).await);
        }
    };
    tokio::spawn(task.in_current_span());
    Body::from_stream(ReceiverStream::new(receiver))
}

/// Where pieces go.
struct Out(mpsc::Sender<Result<Bytes>>);

impl Out {
    async fn put(&self, piece: impl Into<Bytes>) -> Result<()> {
        let gone = |_| Error::Unavailable { retry_after: 1 };
        self.0.send(Ok(piece.into())).await.map_err(gone)
    }
}

async fn write_archive(scope: Scope, plan: Plan, out: Out) -> Result<()> {
    let (server, behalf) = (scope.server(), scope.behalf());
    let mut archive = Archive::default();
    let _seat = plan.seat;
    for id in plan.prompts {
        still_may(&scope, plan.extent).await?;
        let Some(entry) = newest(&scope, id).await? else { continue };
        let bytes = entry.content().map_or(0, Content::bytes);
        let pack = move || archive.add(&entry).map(|()| (archive.take(), archive));
        let piece;
        (piece, archive) = server.long_work.run_on(behalf, bytes, pack).await??;
        out.put(piece).await?;
    }
    out.put(archive.finish()?).await
}

/// Writes a file of JSON, laid out for people.
struct Json {
    scope: Scope,
    extent: Extent,
    reach: Reach,
    out: Out,
}

impl Json {
    async fn write(self, plan: Plan) -> Result<()> {
        let _seat = plan.seat;
        let mut head = format!("{{\n  \"format\": {}", laid_out(&FORMAT, 1)?);
        if self.extent == Extent::Whole {
            let own = variables::read(&self.scope, None).await?;
            if !own.is_empty() {
                head += &format!(",\n  \"variables\": {}", self.long(move || laid_out(&own, 1)).await?);
            }
        }
        self.out.put(head + ",\n  \"folders\": [").await?;
        let mut comma = "";
        for one in plan.folders {
            still_may(&self.scope, self.extent).await?;
            let Some(entry) = folder(&self.scope, one).await? else { continue };
            let entry = self.long(move || laid_out(&entry, 2)).await?;
            self.out.put(format!("{comma}\n    {entry}")).await?;
            comma = ",";
        }
        self.out.put(format!("{},\n  \"prompts\": [", end(comma, 1))).await?;
        comma = "";
        for id in plan.prompts {
            still_may(&self.scope, self.extent).await?;
            let Some(entry) = prompt(&self.scope, &self.reach, id).await? else { continue };
            self.prompt(id, &entry, comma).await?;
            comma = ",";
        }
        self.out.put(format!("{}\n}}\n", end(comma, 1))).await
    }

    async fn prompt(&self, id: PromptId, entry: &PromptEntry, comma: &str) -> Result<()> {
        let head = laid_out(entry, 2)?;
        // What it says comes last in it.
        let head = head.strip_suffix("\n    }").unwrap_or(&head);
        self.out.put(format!("{comma}\n    {head}")).await?;
        let (mut next, mut newest) = (1, None);
        loop {
            // Whoever reads slowly may lose the right while one prompt is written.
            still_may(&self.scope, self.extent).await?;
            let some = rows(&self.scope, id, next).await?;
            let Some(last) = some.last().map(|row| row.number) else { break };
            let begin = if next == 1 { ",\n      \"versions\": [" } else { "," };
            let (piece, content) = self.versions(id, some, (next, last)).await?;
            self.out.put(format!("{begin}{piece}")).await?;
            (next, newest) = (last + 1, Some(content));
        }
        let mut tail = if next == 1 { String::new() } else { end(",", 3) };
        if !self.reach.hides_drafts {
            let draft = drafts::read(&self.scope, id).await?.content;
            if newest.as_ref() != Some(&draft) {
                tail += &format!(",\n      \"draft\": {}", self.long(move || laid_out(&draft, 3)).await?);
            }
        }
        self.out.put(tail + "\n    }").await
    }

    /// Some versions, those from one number to another, and what the last of them says.
    async fn versions(&self, id: PromptId, some: Vec<Row>, span: (i64, i64)) -> Result<(String, Content)> {
        let mut references = leads(&self.scope, &self.reach, id, span).await?;
        let write = move || {
            let (mut text, mut newest) = (String::new(), None);
            for row in some {
                let references = references.remove(&row.number).unwrap_or_default();
                let entry = row.entry(references)?;
                let comma = if newest.is_some() { "," } else { "" };
                text.extend([comma, "\n        ", &laid_out(&entry, 4)?]);
                newest = Some(entry.content);
            }
            newest.map(|newest| (text, newest)).ok_or(Error::NotFound)
        };
        self.long(write).await
    }

    async fn long<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        self.scope.server().long_work.run(self.scope.behalf(), work).await?
    }
}

/// The end of a list so deep in the file: of an empty one in its line.
fn end(comma: &str, depth: usize) -> String {
    if comma.is_empty() { "]".to_owned() } else { format!("\n{}]", "  ".repeat(depth)) }
}

/// A value as it stands so deep in the file.
fn laid_out<T: Serialize>(value: &T, depth: usize) -> Result<String> {
    let json = serde_json::to_string_pretty(value).map_err(|error| internal(&error))?;
    Ok(json.replace('\n', &format!("\n{}", "  ".repeat(depth))))
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
