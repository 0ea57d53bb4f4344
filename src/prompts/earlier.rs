//! Drafts as they were. What was written over or taken away can be brought back for a week, while there is room (`room`); and what two
//! people write at once is merged by what both began from.

use super::{
    content::{Body, Content},
    draft::{Draft, parse},
};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::{PromptId, UserId},
    kernel::long_work,
    tenancy::{OrgChange, Scope, Server, rows},
    time::{Span, Timestamp},
};
use std::collections::HashMap;

/// How long what is kept can be brought back.
pub const KEPT: Span = Span::days(7);
/// How long changes may be told from a draft that is kept for nothing else.
const BASE: Span = Span::days(1);
/// How often a draft that somebody goes on writing is kept.
const SITTING: Span = Span::minutes(10);
/// The same where another one goes on writing it.
const TURN: Span = Span::minutes(1);
/// A change that leaves out this many bytes of text takes something away.
const MUCH: usize = 80;
/// The most drafts and bytes kept of one prompt, of bases and of what somebody wrote over themselves.
const ROOM: (i64, i64) = (150, 4 * 1024 * 1024);
/// The same of what others wrote over: so much that nobody alone gets rid of another's words.
const ROOM_OF_OTHERS: (i64, i64) = (300, 8 * 1024 * 1024);

/// Why a draft is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Reason {
    /// It is the base of changes that are still to come.
    #[sqlx(rename = "")]
    Base,
    /// Somebody went on writing it.
    Sitting,
    /// A message, a variable or much text was removed from it.
    Removed,
    /// Another text was put in its place.
    Replaced,
    /// Its author took another's instead.
    Unused,
}

impl Reason {
    /// What it says on screen.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Base | Self::Sitting => "Before more edits",
            Self::Removed => "Before something was removed",
            Self::Replaced => "Before it was replaced",
            Self::Unused => "Not used: another draft was kept",
        }
    }
}

/// A draft as it was.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Earlier {
    /// Its number among the changes of the draft.
    pub revision: i64,
    /// Why it is kept.
    pub reason: Reason,
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it, if that is known.
    pub written_by: Option<Name>,
    /// When it was put aside.
    pub kept_at: Timestamp,
}

/// The drafts of a prompt that can be brought back, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(scope: &Scope, prompt: PromptId) -> Result<Vec<Earlier>> {
    let list = scope.query(
        "SELECT d.revision, d.reason, d.written_at, u.name AS written_by, d.kept_at FROM draft_revisions d
         LEFT JOIN users u ON u.id = d.written_by
         WHERE d.org_id = $1 AND d.prompt_id = $2 AND d.reason <> '' AND d.kept_at > $3 ORDER BY d.revision DESC",
    );
    Ok(list.bind(prompt).bind(scope.server().clock.now() - KEPT).all().await?)
}

/// One of them, whatever it is kept for.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(scope: &Scope, prompt: PromptId, revision: i64) -> Result<(Earlier, Content)> {
    let row = scope.query(
        "SELECT d.revision, d.reason, d.written_at, u.name AS written_by, d.kept_at FROM draft_revisions d
         LEFT JOIN users u ON u.id = d.written_by WHERE d.org_id = $1 AND d.prompt_id = $2 AND d.revision = $3",
    );
    let earlier: Option<Earlier> = row.bind(prompt).bind(revision).optional().await?;
    let content = scope.query(CONTENT).bind(prompt).bind(revision).optional().await?;
    let (earlier, (content,)): (_, (String,)) = earlier.zip(content).ok_or(Error::NotFound)?;
    Ok((earlier, parse(&content)?))
}

const CONTENT: &str =
    "SELECT content FROM draft_revisions WHERE org_id = $1 AND prompt_id = $2 AND revision = $3";

/// What a draft said, as it is within a change; none when it is not kept any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn content_within(
    change: &mut OrgChange,
    prompt: PromptId,
    revision: i64,
) -> Result<Option<Content>> {
    let row: Option<(String,)> = change.query(CONTENT).bind(prompt).bind(revision).optional().await?;
    row.map(|(json,)| parse(&json)).transpose()
}

/// Whether the author of the change has deliberately put another draft in place of one that is no older than the
/// one they saw.
pub(super) async fn has_replaced(change: &mut OrgChange, prompt: PromptId, seen: i64) -> Result<bool> {
    let by = change.person();
    // Who did is who wrote the draft that came next: it is the draft, or was kept in turn.
    let replaced = change.query(
        "SELECT 1 FROM draft_revisions r WHERE r.org_id = $1 AND r.prompt_id = $2 AND r.revision >= $3 AND r.reason = 'replaced'
         AND (EXISTS (SELECT 1 FROM drafts d WHERE d.org_id = $1 AND d.prompt_id = $2
                AND d.revision = r.revision + 1 AND d.updated_by = $4)
           OR EXISTS (SELECT 1 FROM draft_revisions n WHERE n.org_id = $1 AND n.prompt_id = $2
                AND n.revision = r.revision + 1 AND n.written_by = $4)) LIMIT 1",
    );
    let replaced: Option<(i32,)> = replaced.bind(prompt).bind(seen).bind(by).optional().await?;
    Ok(replaced.is_some())
}

/// The newest draft after a revision that said the same, of those that can be brought back.
pub(super) async fn saved_as(
    change: &mut OrgChange,
    prompt: PromptId,
    seen: i64,
    content: &Content,
) -> Result<Option<i64>> {
    let saved = change.query(
        "SELECT max(revision) FROM draft_revisions
         WHERE org_id = $1 AND prompt_id = $2 AND revision > $3 AND reason <> '' AND content = $4",
    );
    let (saved,): (Option<i64>,) = saved.bind(prompt).bind(seen).bind(content.canonical()).one().await?;
    Ok(saved)
}

/// Why a draft is kept that `new` takes the place of.
pub(super) async fn reason(
    change: &mut OrgChange,
    prompt: PromptId,
    old: &Draft,
    new: &Content,
) -> Result<Reason> {
    if old.content == *new || old.content == Content::empty(old.content.kind()) {
        return Ok(Reason::Base);
    }
    if loses(&old.content, new) {
        return Ok(Reason::Removed);
    }
    // What another person put in its place is kept whenever anything of it goes.
    let is_held = || long_work::within(new.bytes() + old.content.bytes(), || holds(new, &old.content));
    if old.by != change.person() && !is_held() {
        return Ok(Reason::Sitting);
    }
    let last = change.query(
        "SELECT max(kept_at) FROM draft_revisions WHERE org_id = $1 AND prompt_id = $2 AND reason <> ''",
    );
    let (last,): (Option<Timestamp>,) = last.bind(prompt).one().await?;
    let often = if old.by == change.person() { SITTING } else { TURN };
    let is_due = last.is_none_or(|last| last <= change.now() - often);
    Ok(if is_due { Reason::Sitting } else { Reason::Base })
}

/// Whether a content has every line of another, so that nothing of that is lost.
fn holds(new: &Content, old: &Content) -> bool {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for line in new.texts().flat_map(str::lines) {
        *lines.entry(line).or_default() += 1;
    }
    let mut all = old.texts().flat_map(str::lines);
    all.all(|line| {
        lines.get_mut(line).is_some_and(|left| left.checked_sub(1).map(|less| *left = less).is_some())
    }) && old.variables.iter().all(|one| new.variables.contains(one))
        && old.model == new.model
}

/// Whether a change takes something away that somebody may want back.
fn loses(old: &Content, new: &Content) -> bool {
    let size = |content: &Content| content.texts().map(str::len).sum::<usize>();
    let messages = |content: &Content| match &content.body {
        Body::Chat(messages) => messages.len(),
        Body::Text(_) => 0,
    };
    size(old) >= size(new) + MUCH
        || (old.kind() == new.kind() && messages(old) > messages(new))
        || old.variables.len() > new.variables.len()
}

/// A draft to be kept.
pub(super) struct Keep<'a> {
    pub(super) revision: i64,
    pub(super) reason: Reason,
    pub(super) content: &'a Content,
    pub(super) written_at: Timestamp,
    pub(super) written_by: Option<UserId>,
}

/// Keeps a draft, and forgets the oldest of its prompt where there are too many.
pub(super) async fn keep(change: &mut OrgChange, prompt: PromptId, keep: Keep<'_>) -> Result<()> {
    let (content, now) = (keep.content.canonical(), change.now());
    let by_another = keep.reason != Reason::Base && keep.written_by != change.person();
    change
        .query(
            "INSERT INTO draft_revisions (org_id, prompt_id, revision, reason, size, written_at, written_by, kept_at, content, by_another)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(prompt)
        .bind(keep.revision)
        .bind(keep.reason)
        .bind(i64::try_from(content.len()).unwrap_or(i64::MAX))
        .bind(keep.written_at)
        .bind(keep.written_by)
        .bind(now)
        .bind(content)
        .bind(i64::from(by_another))
        .execute()
        .await?;
    let old = change.query(
        "DELETE FROM draft_revisions WHERE org_id = $1 AND prompt_id = $2 AND revision IN (
           SELECT revision FROM (
             SELECT revision, by_another, row_number() OVER of_kind AS place, sum(size) OVER of_kind AS room
             FROM draft_revisions WHERE org_id = $1 AND prompt_id = $2
             WINDOW of_kind AS (PARTITION BY reason = '', by_another ORDER BY revision DESC)) ranked
           WHERE (by_another = 0 AND (place > $3 OR room > $4)) OR place > $5 OR room > $6)",
    );
    let old = old.bind(prompt).bind(ROOM.0).bind(ROOM.1);
    old.bind(ROOM_OF_OTHERS.0).bind(ROOM_OF_OTHERS.1).execute().await?;
    Ok(())
}

/// Forgets what was kept long enough, in all organizations.
///
/// # Errors
/// When the database fails.
pub async fn forget_old(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let old = rows!(delete "draft_revisions" where "kept_at <= $1");
    let old = old.write_in_parts(server, now - KEPT).await;
    let bases = rows!(delete "draft_revisions" where "kept_at <= $1 AND reason = ''");
    old.and(bases.write_in_parts(server, now - BASE).await)
}
