//! Saving: from a draft, or from what a service sends, to a version.

use super::{
    analysis::Analysis,
    checks,
    content::Content,
    draft::Draft,
    drafts, pinning,
    store::{self, Prompt},
    versions::{New, content_within, hash, insert},
};
use crate::{
    error::{Error, Result},
    id::PromptId,
    role::EditContent,
    tenancy::{
        Grant, OrgChange,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// What somebody saw when they asked for a version to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The revision of the draft.
    pub revision: i64,
    /// The number of the newest version.
    pub latest: i64,
}

/// Saves the draft as a version, and tells its number.
///
/// # Errors
/// [`Error::Conflict`] when the draft or the versions are not as they were seen, or nothing has changed;
/// [`Error::Invalid`] when its text cannot be read or its references lead nowhere or in a circle.
pub async fn save(grant: &Grant<EditContent>, prompt: PromptId, seen: Seen, message: &str) -> Result<i64> {
    let draft = drafts::read(grant, prompt).await?;
    // What can be told at once is told before the text is analyzed, which may take long.
    ensure_seen(&store::find(grant, prompt).await?, &draft, seen)?;
    checks::refuse(checks::flaws(&draft.content))?;
    // Nobody should have to wait for that within the change.
    let analysis = Analysis::of(grant.server(), grant.behalf(), &draft.content).await?;
    let analyzed = draft.content;
    let mut change = grant.change().await?;
    let draft = drafts::read_within(&mut change, prompt).await?;
    let of = store::find_within(&mut change, prompt).await?;
    ensure_seen(&of, &draft, seen)?;
    if draft.content != analyzed {
        return Err(Error::conflict(DRAFT_CHANGED));
    }
    let number = save_seen(&mut change, &of, (&draft.content, &analysis), message).await?;
    change.commit().await?;
    Ok(number)
}

const DRAFT_CHANGED: &str = "The draft changed in the meantime. Review what would be saved now.";

/// Refuses to save what is not as it was seen.
fn ensure_seen(of: &Prompt, draft: &Draft, seen: Seen) -> Result<()> {
    if of.latest != seen.latest {
        return Err(Error::conflict(format!(
            "Someone saved version {} while you were editing. Review its changes, then save again.",
            of.latest
        )));
    }
    if draft.revision != seen.revision {
        return Err(Error::conflict(DRAFT_CHANGED));
    }
    Ok(())
}

/// Saves a draft that the server itself wrote, as it is within a change.
///
/// # Errors
/// As [`save`].
pub async fn save_own(change: &mut OrgChange, prompt: PromptId, message: &str) -> Result<i64> {
    let draft = drafts::read_within(change, prompt).await?;
    let of = store::find_within(change, prompt).await?;
    checks::refuse(checks::flaws(&draft.content))?;
    let analysis = Analysis::here(&draft.content);
    save_seen(change, &of, (&draft.content, &analysis), message).await
}

/// Saves a content as a version, whatever the draft is, and tells its number. A draft with changes of its own
/// stays as it is.
///
/// # Errors
/// As [`save`].
pub async fn put(
    grant: &Grant<EditContent>,
    prompt: PromptId,
    latest: i64,
    content: &Content,
    message: &str,
) -> Result<i64> {
    // As with a draft, what can be told at once comes first.
    ensure_follows(&store::find(grant, prompt).await?, latest, content)?;
    checks::refuse(checks::flaws(content))?;
    let analysis = Analysis::of(grant.server(), grant.behalf(), content).await?;
    let mut change = grant.change().await?;
    let of = store::find_within(&mut change, prompt).await?;
    ensure_follows(&of, latest, content)?;
    let newest = content_within(&mut change, prompt, of.latest).await?;
    let draft = drafts::read_within(&mut change, prompt).await?;
    let number = save_seen(&mut change, &of, (content, &analysis), message).await?;
    if of.kind != content.kind() {
        let kind = change.query("UPDATE prompts SET kind = $3 WHERE org_id = $1 AND id = $2");
        kind.bind(prompt).bind(content.kind()).execute().await?;
    }
    let is_empty = draft.content == Content::empty(draft.content.kind());
    if newest.as_ref() != Some(&draft.content) && !is_empty && draft.content.kind() == content.kind() {
        drafts::write(&mut change, prompt, &draft.content, draft.base).await?;
    }
    change.commit().await?;
    Ok(number)
}

/// Refuses to save a content over another version than it is for, or over one of another kind.
fn ensure_follows(of: &Prompt, latest: i64, content: &Content) -> Result<()> {
    if of.latest != latest {
        return Err(Error::conflict(format!("Someone saved version {} in the meantime.", of.latest)));
    }
    if of.latest > 0 && of.kind != content.kind() {
        return Err(Error::conflict("A prompt can't change between text and chat after its first version."));
    }
    Ok(())
}

/// Saves a content that is right in itself.
async fn save_seen(
    change: &mut OrgChange,
    of: &Prompt,
    (content, analysis): (&Content, &Analysis),
    message: &str,
) -> Result<i64> {
    checks::refuse(checks::syntax_flaws(content, analysis))?;
    let pins = pinning::pin(change, of.id, &of.path, &analysis.references).await?;
    let pins = pins.map_err(|flaws| Error::Invalid { flaws })?;
    // The version that said the same, if it is brought back.
    let restores = change.query(
        "SELECT max(number) FROM versions WHERE org_id = $1 AND prompt_id = $2 AND hash = $3 AND number < $4",
    );
    let restores = restores.bind(of.id).bind(hash(content, &pins)).bind(of.latest);
    let (restores,): (Option<i64>,) = restores.one().await?;
    let new = New { content, pins: &pins, message, restores, origin: None };
    let number = insert(change, of.id, of.latest, new).await?;
    drafts::write(change, of.id, content, number).await?;
    let details = json!({ "of": of.path, "after": { "version": number, "message": message } });
    change.audit(Entry::new(Action::VersionSaved, of.id.0).details(details)).await?;
    Ok(number)
}
