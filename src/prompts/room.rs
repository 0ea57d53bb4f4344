//! Room for the earlier drafts of an organization, those of all its prompts together.

use crate::{
    error::Result,
    id::{OrgId, PromptId},
    role::EditContent,
    tenancy::{Scope, Server, batches::Part, jobs::Round},
    time::Span,
};

/// The most drafts and bytes that are kept.
const ROOM: (i64, i64) = (200_000, 256 * 1024 * 1024);

/// Forgets some where an organization keeps too many: first those that nobody but their author wrote over, the oldest
/// before others. Only organizations in which drafts were kept in a span before now are looked at.
///
/// # Errors
/// The first that comes up, once all had their turn.
pub async fn make_room(server: &Server, within: Span) -> Result<()> {
    make_room_for(server, within, ROOM).await
}

/// The same with room for so many drafts and bytes.
pub(crate) async fn make_room_for(server: &Server, within: Span, room: (i64, i64)) -> Result<()> {
    let orgs = "SELECT DISTINCT org_id FROM draft_revisions WHERE kept_at > $1 ORDER BY org_id";
    let orgs = server.outside_tenancy().query(orgs).bind(server.clock.now() - within);
    let orgs: Vec<(OrgId,)> = orgs.all().await?;
    let mut round = Round::default();
    for (org,) in orgs {
        round.note(org, forget_some(server, org, room).await);
    }
    round.end()
}

async fn forget_some(server: &Server, org: OrgId, (drafts, bytes): (i64, i64)) -> Result<()> {
    let scope = Scope::of_chore(server, org, "too many earlier drafts are kept").await?;
    let grant = scope.require::<EditContent>()?;
    let old = grant.query(
        "SELECT prompt_id, revision FROM (
           SELECT prompt_id, revision, row_number() OVER kept_first AS place, sum(size) OVER kept_first AS room
           FROM draft_revisions WHERE org_id = $1
           WINDOW kept_first AS (ORDER BY by_another DESC, kept_at DESC, prompt_id DESC, revision DESC)) ranked
         WHERE place > $2 OR room > $3 ORDER BY place DESC LIMIT 2000",
    );
    let old: Vec<(PromptId, i64)> = old.bind(drafts).bind(bytes).all().await?;
    let mut old = old.into_iter();
    while old.len() > 0 {
        let (mut change, part) = (grant.change().await?, Part::begin());
        while !part.is_over()
            && let Some((prompt, revision)) = old.next()
        {
            let forget = change
                .query("DELETE FROM draft_revisions WHERE org_id = $1 AND prompt_id = $2 AND revision = $3");
            forget.bind(prompt).bind(revision).execute().await?;
        }
        change.commit().await?;
    }
    Ok(())
}
