//! What a prompt is called and said to be for.

use super::{
    Tags, index,
    store::{find_within, leave_path, path_for, take_path},
};
use crate::{
    error::{Flaws, Result},
    fields::PathName,
    id::PromptId,
    role::EditContent,
    tenancy::{
        Grant, Topic,
        audit::{Action, Entry},
    },
    web::filled_from::FilledFrom,
};
use serde_json::json;

/// Changes what a prompt is called and said to be for. Those who ask for its old path are led on.
///
/// # Errors
/// As [`create`](super::store::create).
pub async fn describe(
    grant: &Grant<EditContent>,
    id: PromptId,
    name: &PathName,
    description: &str,
    tags: &Tags,
) -> Result<()> {
    let said = (Some(name.clone()), description.to_owned(), Some(tags.clone()));
    describe_seen(grant, id, &FilledFrom::default(), said).await
}

/// The same for somebody who saw it called and described so: what they did not change stays.
///
/// # Errors
/// As [`describe`]; [`Error::Invalid`](crate::error::Error::Invalid) also where somebody else changed the same meanwhile.
pub async fn describe_seen(
    grant: &Grant<EditContent>,
    id: PromptId,
    seen: &FilledFrom,
    (name, description, tags): (Option<PathName>, String, Option<Tags>),
) -> Result<()> {
    let mut change = grant.change().await?;
    let before = find_within(&mut change, id).await?;
    let mut flaws = Flaws::default();
    let name = &seen.settle_read(&mut flaws, "name", name, &before.name);
    let description = &*seen.settle(&mut flaws, "description", description, &before.description);
    let tags = &seen.settle_read(&mut flaws, "tags", tags, &before.tags);
    flaws.finish()?;
    if (&before.name, before.description.as_str(), &before.tags) == (name, description, tags) {
        return Ok(());
    }
    let mut path = before.path.clone();
    if *name != before.name {
        path = path_for(&mut change, Some(id), before.folder_id, name).await?;
        leave_path(&mut change, &before).await?;
        take_path(&mut change, &path, id).await?;
    }
    let now = change.now();
    change
        .query(
            "UPDATE prompts SET name = $3, path = $4, description = $5, tags = $6, updated_at = $7
             WHERE org_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(name.clone())
        .bind(path.clone())
        .bind(description.to_owned())
        .bind(tags.clone())
        .bind(now)
        .execute()
        .await?;
    index::write(&mut change, id).await?;
    let details = json!({
        "of": path,
        "before": { "name": before.name, "description": before.description, "tags": before.tags.to_string() },
        "after": { "name": name, "description": description, "tags": tags.to_string() },
    });
    change.audit(Entry::new(Action::PromptChanged, id.0).details(details)).await?;
    change.announce(Topic::Prompts, id.0).await?;
    change.commit().await
}
