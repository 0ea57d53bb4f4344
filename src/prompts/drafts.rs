//! Drafts: what a prompt will say in its next version. One a prompt, shared by all, never served.

use super::{
    content::Content,
    draft::{Draft, parse},
    earlier::{self, Keep, Reason},
    index, references,
};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::{PromptId, UserId},
    tenancy::{
        OrgChange, Scope,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
};
use serde_json::json;

/// How long one person's changes of a draft count as one in the log.
const SITTING: Span = Span::hours(1);

#[derive(sqlx::FromRow)]
struct Row {
    content: String,
    revision: i64,
    base: i64,
    updated_at: Timestamp,
    updated_by: Option<Name>,
    by_id: Option<UserId>,
}

const READ: &str =
    "SELECT d.content, d.revision, d.base, d.updated_at, u.name AS updated_by, d.updated_by AS by_id
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
        let Self { revision, base, updated_at, updated_by, by_id: by, .. } = self;
        Ok(Draft { content, revision, base, updated_at, updated_by, by })
    }
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

/// Writes the draft, whatever it was; search knows it until there is a version.
///
/// # Errors
/// When the database fails.
pub async fn write(change: &mut OrgChange, prompt: PromptId, content: &Content, base: i64) -> Result<()> {
    let draft = read_within(change, prompt).await?;
    let reason = earlier::reason(change, prompt, &draft, content).await?;
    replace(change, prompt, &draft, content, (base, reason)).await
}

/// The same, where it is known what the draft was.
pub(super) async fn replace(
    change: &mut OrgChange,
    prompt: PromptId,
    old: &Draft,
    content: &Content,
    (base, reason): (i64, Reason),
) -> Result<()> {
    let Draft { revision, updated_at, by: written_by, .. } = *old;
    let keep = Keep { revision, reason, content: &old.content, written_at: updated_at, written_by };
    earlier::keep(change, prompt, keep).await?;
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
pub(super) async fn note_sitting(change: &mut OrgChange, prompt: PromptId, path: &str) -> Result<()> {
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
