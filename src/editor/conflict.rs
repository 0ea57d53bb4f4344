//! Two people changed the same of a draft: both texts and what differs, and the way out. Nothing is kept
//! until one of them has decided.

use super::{SaveDraft, difference::plain, form::Typed, prompt_layout::PromptLayout, reading::reading};
use crate::{
    error::Result,
    id::UserId,
    prompts::{compare::between_for, content::Content, earlier, merge::merge},
    ui::{Alert, Bake, Html},
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What stands above the form while there is a conflict: a region that is empty otherwise.
///
/// # Errors
/// When there is no room to compare them.
pub(super) async fn conflict(caller: &RequestContext, desk: &PromptLayout) -> Result<Html> {
    let panel = panel(caller, desk).await?;
    let stands = panel.is_some();
    Ok(view! { <div id="conflict" data-dirty=stands tabindex="-1">{panel}</div> }.bake())
}

async fn panel(caller: &RequestContext, desk: &PromptLayout) -> Result<Option<Html>> {
    let posted = caller.posted().filter(|posted| posted.action == SaveDraft::PATH);
    let failed = posted.and_then(|posted| Some((posted, posted.error()?)));
    let Some((posted, error)) = failed.filter(|(_, error)| error.status() == 409) else { return Ok(None) };
    if posted.value("revision") == Some(desk.draft.revision.to_string().as_str()) {
        let says = error.to_string();
        return Ok(Some(view! { <Alert kind="error">{says}</Alert> }.bake()));
    }
    let person = caller.visit().map(|visit| visit.user);
    let Named { whose, keep, take, again } = Named::of(desk, person);
    let difference = match Typed::posted(&posted.input).content() {
        Ok(mine) => {
            let kept = kept(desk, posted, mine).await;
            let difference = between_for(&desk.scope, &desk.draft.content, &kept).await?;
            Some(plain(&desk.scope, difference).await?)
        }
        Err(_) => None,
    };
    let (over, says) = (desk.draft.revision.to_string(), error.to_string());
    let is_again = posted.value("over").is_some_and(|seen| seen != over);
    let again = is_again.then(|| view! { <p>{again}</p> });
    Ok(Some(
        view! {
            <section class="panel conflict" aria-labelledby="conflict-title">
                <div class="panel-body stack">
                    <Alert kind="warning">
                        <h2 id="conflict-title">{says}</h2>
                        {again}
                        <p>"Your text is below and isn't saved yet. Choose which draft to keep. The other one stays under Earlier drafts for 7 days."</p>
                    </Alert>
                    <h3>"Your changes"</h3>
                    {difference}
                    <details><summary>{whose}</summary>{reading(&desk.draft.content)}</details>
                    <div class="form-actions">
                        <button class="button" data-kind="danger" form="editor" name="over" value=over>{keep}</button>
                        <button class="button" form="editor" name="act" value="unused">{take}</button>
                    </div>
                </div>
            </section>
        }
        .bake(),
    ))
}

/// What the draft would be: mine, with what they changed elsewhere.
async fn kept(desk: &PromptLayout, posted: &Posted, mine: Content) -> Content {
    let seen = posted.value("revision").and_then(|seen| seen.parse().ok()).unwrap_or(0);
    match earlier::find(&desk.scope, desk.prompt.id, seen).await {
        Ok((_, base)) => merge(&base, &mine, &desk.draft.content).content,
        Err(_) => mine,
    }
}

/// What the two drafts are called.
struct Named {
    whose: String,
    keep: String,
    take: String,
    /// Why it was not replaced, where that was asked for.
    again: String,
}

impl Named {
    fn of(desk: &PromptLayout, person: Option<UserId>) -> Self {
        let name = desk.draft.updated_by.as_ref().filter(|_| desk.draft.by != person);
        if let Some(name) = name {
            let whose = format!("{name}’s draft");
            let (keep, take) = (format!("Replace {whose}"), format!("Use {whose}"));
            let again = format!("{name} edited it again, so nothing was replaced. Its newest text is below.");
            return Self { whose, keep, take, again };
        }
        Self {
            whose: "The other draft".into(),
            keep: "Keep this draft".into(),
            take: "Use the other draft".into(),
            again: "It was edited again, so nothing was replaced. Its newest text is below.".into(),
        }
    }
}
