//! In what a version that is live would differ if it were deployed again.

use super::differs::{differs, told_otherwise};
use crate::{
    environments::store as environments,
    error::Result,
    id::{EnvironmentId, PromptId},
    prompts::{
        kept::{Details, details, details_now},
        paths,
        resolve::{self, Instead},
        source::Source,
    },
    tenancy::{Reads, Unhurried},
};

/// In what a version that is live would differ if it were deployed again: in what it inherits, what services are told
/// of it, and where they find it.
///
/// # Errors
/// When the database fails.
pub async fn drift(
    reads: impl Unhurried,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
) -> Result<Vec<String>> {
    let again = Instead { environment, prompt, version: Some(version), as_before: false };
    let (server, behalf) = reads.place();
    let (long_work, mut source) = (server.long_work.clone(), Source::new(reads));
    let live = resolve::deployed(&mut source, environment, (prompt, version), None).await?;
    let again = resolve::deployed(&mut source, environment, (prompt, version), Some(again)).await?;
    let (bytes, differ) = (live.bytes() + again.bytes(), move || differs(&live, &again));
    let mut differ = long_work.run_on(behalf, bytes, differ).await?;
    if let Some(told) = details_now(source.reads(), prompt).await? {
        differ.extend(otherwise(source.reads(), environment, (prompt, version), &told).await?);
    }
    Ok(differ)
}

/// In what services would be told something else of a live prompt, or find it elsewhere as well; a line for each
/// difference.
pub(super) async fn otherwise(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    (prompt, version): (PromptId, i64),
    told: &Details,
) -> Result<Vec<String>> {
    let was = details(&mut *reads, environment, (prompt, version)).await?;
    let mut lines = was.as_ref().map(|was| told_otherwise(was, told)).unwrap_or_default();
    let moved = match moved(reads, environment, prompt, &told.path).await? {
        None => {
            was.filter(|was| was.path != told.path).map(|was| format!("Path: {} → {}", was.path, told.path))
        }
        moved => moved,
    };
    lines.extend(moved);
    Ok(lines)
}

/// That services would find a live prompt at this path as well, where only deploying it brings that about.
async fn moved(
    reads: &mut impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
    path: &str,
) -> Result<Option<String>> {
    if !environments::find(&mut *reads, environment).await?.is_protected() {
        return Ok(None);
    }
    let served = paths::served_at(reads, environment, path).await?;
    let is_there = served.is_some_and(|served| served.prompt_id == prompt);
    Ok((!is_there).then(|| format!("Services also get it at its new path: {path}")))
}
