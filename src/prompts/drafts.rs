//! Drafts: what a prompt will say in its next version. One a prompt, shared by all, never served.

use super::{checks, content::Content, index, references, store};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::{PromptId, UserId},
    role::EditContent,
    server::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
        caller::internal,
    },
    time::{Span, Timestamp},
};
use serde_json::json;

/// How long one person's changes of a draft count as one in the log.
const SITTING: Span = Span::hours(1);

/// A draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What it says.
    pub content: Content,
    /// Counts its changes.
    pub revision: i64,
    /// The version it began from; 0 before the first.
    pub base: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who changed it last, if that is known.
    pub updated_by: Option<Name>,
}

#[derive(sqlx::FromRow)]
struct Row {
    content: String,
    revision: i64,
    base: i64,
    updated_at: Timestamp,
    updated_by: Option<Name>,
}

const READ: &str = "SELECT d.content, d.revision, d.base, d.updated_at, u.name AS updated_by
     FROM drafts d LEFT JOIN users u ON u.id = d.updated_by WHERE d.org_id = $1 AND d.prompt_id = $2";

/// The draft of a prompt.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt.
pub async fn read(scope: &Scope, prompt: PromptId) -> Result<Draft> {
    let row: Row = scope.query(READ).bind(prompt).optional().await?.ok_or(Error::NotFound)?;
    row.draft()
}

/// The same, as it is within a change.
///
/// # Errors
/// As [`read`].
pub async fn read_within(change: &mut OrgChange, prompt: PromptId) -> Result<Draft> {
    let row: Row = change.query(READ).bind(prompt).optional().await?.ok_or(Error::NotFound)?;
    row.draft()
}

impl Row {
    fn draft(self) -> Result<Draft> {
        let content = parse(&self.content)?;
        let Self { revision, base, updated_at, updated_by, .. } = self;
        Ok(Draft { content, revision, base, updated_at, updated_by })
    }
}

/// A content as it stands in the database.
///
/// # Errors
/// [`Error::Internal`] when it is none.
pub(super) fn parse(json: &str) -> Result<Content> {
    serde_json::from_str(json).map_err(|error| internal(&error))
}

pub(super) async fn insert(change: &mut OrgChange, prompt: PromptId, content: &Content) -> Result<()> {
    let (now, by) = (change.now(), change.person());
    change
        .query(
            "INSERT INTO drafts (org_id, prompt_id, content, revision, base, updated_at, updated_by)
             VALUES ($1, $2, $3, 1, 0, $4, $5)",
        )
        .bind(prompt)
        .bind(content.canonical())
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    references::of_draft(change, prompt, content).await
}

/// Keeps what somebody made of the draft they saw, and tells its new revision.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it in the meantime; [`Error::Invalid`] when it cannot be
/// kept; [`Error::NotFound`] when there is no such prompt.
pub async fn save(grant: &Grant<EditContent>, prompt: PromptId, seen: i64, content: &Content) -> Result<i64> {
    checks::refuse(checks::flaws(content))?;
    let mut change = grant.change().await?;
    let revision = save_within(&mut change, prompt, seen, content).await?;
    change.commit().await?;
    Ok(revision)
}

/// The same, within a change.
///
/// # Errors
/// As [`save`].
pub async fn save_within(
    change: &mut OrgChange,
    prompt: PromptId,
    seen: i64,
    content: &Content,
) -> Result<i64> {
    let of = store::find_within(change, prompt).await?;
    let draft = read_within(change, prompt).await?;
    if draft.content == *content {
        return Ok(draft.revision);
    }
    if draft.revision != seen {
        let who = draft.updated_by.map_or_else(|| "Someone".to_owned(), |name| name.to_string());
        return Err(Error::conflict(format!("{who} edited this draft while you were editing it.")));
    }
    if of.latest > 0 && of.kind != content.kind() {
        return Err(Error::conflict("A prompt can't change between text and chat after its first version."));
    }
    note_sitting(change, prompt, &of.path).await?;
    let now = change.now();
    write(change, prompt, content, draft.base).await?;
    change
        .query("UPDATE prompts SET kind = $3, updated_at = $4 WHERE org_id = $1 AND id = $2")
        .bind(prompt)
        .bind(content.kind())
        .bind(now)
        .execute()
        .await?;
    change.announce(Topic::Drafts, prompt.0).await?;
    Ok(draft.revision + 1)
}

/// Writes the draft, whatever it was; search knows it until there is a version.
///
/// # Errors
/// When the database fails.
pub async fn write(change: &mut OrgChange, prompt: PromptId, content: &Content, base: i64) -> Result<()> {
    let (now, by) = (change.now(), change.person());
    change
        .query(
            "UPDATE drafts SET content = $3, revision = revision + 1, base = $4, updated_at = $5, updated_by = $6
             WHERE org_id = $1 AND prompt_id = $2",
        )
        .bind(prompt)
        .bind(content.canonical())
        .bind(base)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    if base == 0 {
        index::write(change, prompt).await?;
    }
    references::of_draft(change, prompt, content).await
}

/// Writes a row of the log for the first change of a draft that somebody makes in an hour: a draft is kept
/// every few seconds while one types.
async fn note_sitting(change: &mut OrgChange, prompt: PromptId, path: &str) -> Result<()> {
    let by: Option<UserId> = change.person();
    let since = change.now() - SITTING;
    let last = change.query(
        "SELECT actor_id FROM audit_log WHERE org_id = $1 AND target_id = $2 AND created_at > $3 ORDER BY id DESC LIMIT 1",
    );
    let last: Option<(Option<UserId>,)> = last.bind(prompt).bind(since).optional().await?;
    let edited = change.query(
        "SELECT 1 FROM audit_log WHERE org_id = $1 AND target_id = $2 AND created_at > $3 AND action = $4 AND actor_id = $5",
    );
    let edited: Option<(i32,)> =
        edited.bind(prompt).bind(since).bind(Action::DraftEdited.code()).bind(by).optional().await?;
    if edited.is_some() && last.is_some_and(|(last,)| last == by) {
        return Ok(());
    }
    change.audit(Entry::new(Action::DraftEdited, prompt.0).details(json!({ "of": path }))).await
}
