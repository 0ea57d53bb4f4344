//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{form::Typed, restored::restored};
use crate::{
    error::{Error, Flaws},
    fields::{self, PathName},
    id::PromptId,
    paths,
    prompts::{
        Tags, details,
        editing::{self, Edit},
        saving::{self, Seen},
        store,
    },
    role::{EditContent, ViewContent},
    ui::Notice,
    web::{RequestContext, filled_from::FilledFrom, response},
};
use leptos::prelude::*;

/// Keeps the draft, which stands in the form's other fields (`editor::form`). The button says what is done
/// besides: `review` leads to what would be saved as a version; `add-user`, `remove-2` and the like change
/// the form; `unused` takes what others wrote instead, and `discard` what the newest version says. With `over`, it is
/// put in place of that revision where both changed the same. A script that keeps it while one types (`keep`) is told
/// the number of what it sent.
#[server(endpoint = "prompts/save_draft")]
pub async fn save_draft(
    org: String,
    prompt: PromptId,
    revision: i64,
    #[server(default)] act: String,
    #[server(default)] over: Option<i64>,
) -> Result<Option<i64>, Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<EditContent>()?;
    let mut typed = Typed::posted(caller.fields());
    // What a button removes is kept as it was typed last.
    let before = if act.starts_with("remove-") { typed.content().ok() } else { None };
    typed.act(&act);
    if act == "discard" {
        // What cannot be kept is thrown away with the rest.
        let typed = typed.content().ok();
        let typed = typed.as_ref().map(|content| Edit { seen: revision, content, over: None });
        let kept = editing::discard(&grant, prompt, typed).await?;
        Notice::DraftDiscarded.say_with(kept.undo(prompt));
        return Ok(None);
    }
    let content = typed.content().map_err(|flaws| Error::Invalid { flaws })?;
    if act == "unused" {
        editing::set_aside(&grant, prompt, &content).await?;
        Notice::DraftUnused.say();
        return Ok(None);
    }
    let (first, then) = before.as_ref().map_or((&content, None), |before| (before, Some(&content)));
    let kept = editing::edit(&grant, prompt, Edit { seen: revision, content: first, over }, then).await?;
    match (act.as_str(), kept.undo(prompt)) {
        ("keep", _) => return Ok(Some(kept.sent)),
        ("review", _) => response::go(&paths::save_version(grant.slug(), prompt)),
        (act, Some(undo)) if act.starts_with("remove-") => Notice::MessageRemoved.say_undoable(&undo),
        (_, Some(undo)) if over.is_some() => Notice::DraftReplaced.say_undoable(&undo),
        ("", _) => Notice::Saved.say(),
        _ => {}
    }
    Ok(None)
}

/// Saves the draft as a version, and leads to the versions.
#[server(endpoint = "prompts/save_version")]
pub async fn save_version(
    org: String,
    prompt: PromptId,
    revision: i64,
    latest: i64,
    #[server(default)] message: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let message = fields::text(&message, 500).map_err(|wrong| Error::invalid("message", wrong))?;
    saving::save(&grant, prompt, Seen { revision, latest }, &message).await?;
    Notice::VersionSaved.say();
    response::go(&paths::versions(grant.slug(), prompt));
    Ok(())
}

/// Puts what a version said in the draft, and leads to it.
#[server(endpoint = "prompts/restore_version")]
pub async fn restore_version(org: String, prompt: PromptId, number: i64) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let kept = editing::restore_version(&grant, prompt, number).await?;
    restored(&grant, prompt, kept, Notice::VersionRestored);
    Ok(())
}

/// Brings back an earlier draft, and leads to it: all of it, or what was taken away by the change to `after`.
#[server(endpoint = "prompts/restore_draft")]
pub async fn restore_draft(
    org: String,
    prompt: PromptId,
    revision: i64,
    #[server(default)] after: Option<i64>,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let kept = editing::bring_back(&grant, prompt, revision, after).await?;
    restored(&grant, prompt, kept, Notice::DraftRestored);
    Ok(())
}

/// Changes what a prompt is called and said to be for.
#[server(endpoint = "prompts/describe")]
pub async fn describe_prompt(
    org: String,
    prompt: PromptId,
    name: String,
    #[server(default)] description: String,
    #[server(default)] tags: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<EditContent>()?;
    let (seen, mut flaws) = (FilledFrom::of(&caller), Flaws::default());
    let name = flaws.check("name", seen.read("name", &name, PathName::parse));
    let description = flaws.check("description", fields::text(&description, 1000));
    let tags = flaws.check("tags", seen.read("tags", &tags, Tags::parse));
    let (Some(name), Some(description), Some(tags)) = (name, description, tags) else {
        return Err(flaws.into_error());
    };
    details::describe_seen(&grant, prompt, &seen, (name, description, tags)).await?;
    Notice::Saved.say();
    Ok(())
}

/// Renders the draft with the values in the fields `value-name`: the page shows what comes of it. Nothing
/// is kept.
#[server(endpoint = "prompts/preview")]
pub async fn preview_prompt(org: String, prompt: PromptId) -> Result<bool, Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ViewContent>()?;
    store::find(&grant, prompt).await?;
    Ok(true)
}
