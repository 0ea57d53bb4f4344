//! Editing drafts: several may be at one at the same time, and what somebody wrote is never gone at once.

use super::{
    checks,
    content::Content,
    draft::Draft,
    drafts,
    earlier::{self, Keep, Reason},
    merge::merge,
    store::{self, Prompt},
    versions,
};
use crate::{
    error::{Error, Result},
    id::PromptId,
    kernel::long_work,
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Topic,
        audit::{Action, Entry},
    },
};
use serde_json::json;

/// What somebody made of a draft.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// The revision they saw.
    pub seen: i64,
    /// What they made of it.
    pub content: &'a Content,
    /// The revision in whose place it is put where both changed the same.
    pub over: Option<i64>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The number under which what they sent is kept: what they do next is told from it.
    pub sent: i64,
    /// The revision that can be brought back, where something was removed or replaced.
    pub undo: Option<i64>,
}

impl Kept {
    /// What the form is about that takes it back, where something was removed or replaced.
    #[must_use]
    pub fn undo(&self, prompt: PromptId) -> Option<[(&'static str, String); 3]> {
        let (revision, after) = (self.undo?.to_string(), self.sent.to_string());
        Some([("prompt", prompt.to_string()), ("revision", revision), ("after", after)])
    }
}

/// Keeps what somebody made of the draft they saw, and tells the number of that. What others changed in the
/// meantime stays.
///
/// # Errors
/// [`Error::Conflict`] when others changed the same; [`Error::Invalid`] when it cannot be kept;
/// [`Error::NotFound`] when there is no such prompt.
pub async fn save(grant: &Grant<EditContent>, prompt: PromptId, seen: i64, content: &Content) -> Result<i64> {
    Ok(edit(grant, prompt, Edit { seen, content, over: None }, None).await?.sent)
}

/// The same, deliberately put in place of another's or not; and then another step, where there is one.
///
/// # Errors
/// As [`save`].
pub async fn edit(
    grant: &Grant<EditContent>,
    prompt: PromptId,
    edit: Edit<'_>,
    then: Option<&Content>,
) -> Result<Kept> {
    checks::refuse(checks::flaws(edit.content))?;
    checks::refuse(then.map(checks::flaws).unwrap_or_default())?;
    let mut change = grant.change().await?;
    let mut kept = edit_within(&mut change, prompt, edit).await?;
    if let Some(content) = then {
        let step = Edit { seen: kept.sent, content, over: None };
        kept = edit_within(&mut change, prompt, step).await?;
    }
    change.commit().await?;
    Ok(kept)
}

/// What to tell somebody who put another draft in place of the one that they typed in.
const REPLACED: &str = "You replaced this draft after you typed the text below.";

async fn edit_within(change: &mut OrgChange, prompt: PromptId, edit: Edit<'_>) -> Result<Kept> {
    let of = store::find_within(change, prompt).await?;
    let draft = drafts::read_within(change, prompt).await?;
    if draft.content == *edit.content {
        return Ok(Kept { sent: draft.revision, undo: None });
    }
    if draft.revision == edit.seen {
        let reason = earlier::reason(change, prompt, &draft, edit.content).await?;
        return change_to(change, &of, &draft, edit.content, reason).await;
    }
    let base = earlier::content_within(change, prompt, edit.seen).await?;
    if base.as_ref() == Some(edit.content) {
        return Ok(Kept { sent: edit.seen, undo: None });
    }
    let is_over = edit.over == Some(draft.revision);
    if !is_over && earlier::has_replaced(change, prompt, edit.seen).await? {
        // They put another draft in place of what they saw here, and do not mean to add to it what they typed
        // before. It is no loss where it was saved as a draft of its own.
        let saved = earlier::saved_as(change, prompt, edit.seen, edit.content).await?;
        let sent = saved.ok_or_else(|| Error::conflict(REPLACED))?;
        return Ok(Kept { sent, undo: None });
    }
    let bytes = edit.content.bytes() + draft.content.bytes();
    let merged = base.map(|base| long_work::within(bytes, || merge(&base, edit.content, &draft.content)));
    let (content, reason) = match merged {
        Some(merged) if !merged.conflicts && checks::flaws(&merged.content).is_empty() => {
            let reason = earlier::reason(change, prompt, &draft, &merged.content).await?;
            (merged.content, reason)
        }
        Some(merged) if is_over && checks::flaws(&merged.content).is_empty() => {
            (merged.content, Reason::Replaced)
        }
        _ if is_over => (edit.content.clone(), Reason::Replaced),
        _ => return Err(Error::conflict(draft.conflict(change.person()))),
    };
    let kept = change_to(change, &of, &draft, &content, reason).await?;
    if content == *edit.content {
        return Ok(kept);
    }
    // What was sent is no draft: it is kept beside it, for what is sent next.
    let sent = aside(change, prompt, edit.content, Reason::Base).await?;
    Ok(Kept { sent, ..kept })
}

/// Keeps a content that is not the draft under a number of its own.
async fn aside(change: &mut OrgChange, prompt: PromptId, content: &Content, reason: Reason) -> Result<i64> {
    let draft = drafts::read_within(change, prompt).await?;
    let (now, by) = (change.now(), change.person());
    let (own, other) = (draft.revision, draft.revision + 1);
    for (revision, reason, content) in [(own, Reason::Base, &draft.content), (other, reason, content)] {
        let keep = Keep { revision, reason, content, written_at: now, written_by: by };
        earlier::keep(change, prompt, keep).await?;
    }
    let skip = change.query("UPDATE drafts SET revision = revision + 2 WHERE org_id = $1 AND prompt_id = $2");
    skip.bind(prompt).execute().await?;
    Ok(other)
}

/// Changes the draft, and all that follows from it.
async fn change_to(
    change: &mut OrgChange,
    of: &Prompt,
    draft: &Draft,
    content: &Content,
    reason: Reason,
) -> Result<Kept> {
    if of.latest > 0 && of.kind != content.kind() {
        return Err(Error::conflict("A prompt can't change between text and chat after its first version."));
    }
    change_from(change, of, draft, content, (draft.base, reason)).await
}

/// The same with a draft that begins from a version.
async fn change_from(
    change: &mut OrgChange,
    of: &Prompt,
    draft: &Draft,
    content: &Content,
    (base, reason): (i64, Reason),
) -> Result<Kept> {
    drafts::note_sitting(change, of.id, &of.path).await?;
    let now = change.now();
    drafts::replace(change, of.id, draft, content, (base, reason)).await?;
    change
        .query("UPDATE prompts SET kind = $3, updated_at = $4 WHERE org_id = $1 AND id = $2")
        .bind(of.id)
        .bind(content.kind())
        .bind(now)
        .execute()
        .await?;
    change.announce(Topic::Drafts, of.id.0).await?;
    let can_undo = matches!(reason, Reason::Removed | Reason::Replaced);
    Ok(Kept { sent: draft.revision + 1, undo: can_undo.then_some(draft.revision) })
}

/// Keeps for a week what somebody wrote who takes another's draft instead.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be kept; [`Error::NotFound`] when there is no such prompt.
pub async fn set_aside(grant: &Grant<EditContent>, prompt: PromptId, content: &Content) -> Result<()> {
    checks::refuse(checks::flaws(content))?;
    let mut change = grant.change().await?;
    store::find_within(&mut change, prompt).await?;
    aside(&mut change, prompt, content, Reason::Unused).await?;
    change.announce(Topic::Drafts, prompt.0).await?;
    change.commit().await
}

/// Brings back an earlier draft. After a revision that took something away, only that comes back: what
/// was written since stays.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt, or none of this revision is kept;
/// [`Error::Conflict`] when the kind of the prompt is another by now.
pub async fn bring_back(
    grant: &Grant<EditContent>,
    prompt: PromptId,
    revision: i64,
    after: Option<i64>,
) -> Result<Kept> {
    let mut change = grant.change().await?;
    let of = store::find_within(&mut change, prompt).await?;
    let draft = drafts::read_within(&mut change, prompt).await?;
    let earlier = earlier::content_within(&mut change, prompt, revision).await?.ok_or(Error::NotFound)?;
    let base = match after {
        Some(after) if after == draft.revision => None,
        Some(after) => earlier::content_within(&mut change, prompt, after).await?,
        None => None,
    };
    let bytes = earlier.bytes() + draft.content.bytes();
    let merged = base.map(|base| long_work::within(bytes, || merge(&base, &earlier, &draft.content).content));
    let content = merged.filter(|merged| checks::flaws(merged).is_empty()).unwrap_or(earlier);
    let kept = load(&mut change, &of, &draft, &content).await?;
    change.commit().await?;
    Ok(kept)
}

/// Puts what a version said in the draft. What the draft said can be brought back.
///
/// # Errors
/// [`Error::NotFound`] when there is no such version.
pub async fn restore_version(grant: &Grant<EditContent>, prompt: PromptId, number: i64) -> Result<Kept> {
    let mut change = grant.change().await?;
    let of = store::find_within(&mut change, prompt).await?;
    let draft = drafts::read_within(&mut change, prompt).await?;
    let content = versions::content_within(&mut change, prompt, number).await?.ok_or(Error::NotFound)?;
    let kept = load(&mut change, &of, &draft, &content).await?;
    let details = json!({ "of": of.path, "after": { "restores": number } });
    change.audit(Entry::new(Action::VersionRestored, prompt.0).details(details)).await?;
    change.commit().await?;
    Ok(kept)
}

/// Throws the draft away with what somebody has `typed` in it: it says what the newest version does. What it said can be
/// brought back.
///
/// # Errors
/// [`Error::Conflict`] when there is no version; [`Error::NotFound`] when there is no such prompt.
pub async fn discard(grant: &Grant<EditContent>, prompt: PromptId, typed: Option<Edit<'_>>) -> Result<Kept> {
    let mut change = grant.change().await?;
    let of = store::find_within(&mut change, prompt).await?;
    let newest = versions::content_within(&mut change, prompt, of.latest).await?;
    let newest = newest.ok_or_else(|| Error::conflict("This prompt has no version to go back to."))?;
    if let Some(typed) = typed.filter(|typed| checks::flaws(typed.content).is_empty()) {
        match edit_within(&mut change, prompt, typed).await {
            Ok(_) => {}
            Err(Error::Conflict { .. }) => {
                aside(&mut change, prompt, typed.content, Reason::Unused).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let draft = drafts::read_within(&mut change, prompt).await?;
    let kept = if draft.content == newest {
        Kept { sent: draft.revision, undo: None }
    } else {
        let kept = change_from(&mut change, &of, &draft, &newest, (of.latest, Reason::Replaced)).await?;
        let discarded = Entry::new(Action::DraftDiscarded, prompt.0).details(json!({ "of": of.path }));
        change.audit(discarded).await?;
        kept
    };
    change.commit().await?;
    Ok(kept)
}

async fn load(change: &mut OrgChange, of: &Prompt, draft: &Draft, content: &Content) -> Result<Kept> {
    if draft.content == *content {
        return Ok(Kept { sent: draft.revision, undo: None });
    }
    change_to(change, of, draft, content, Reason::Replaced).await
}
