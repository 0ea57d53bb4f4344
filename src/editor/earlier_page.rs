//! The drafts of a prompt as they were: for a week, each can be brought back.

use super::{
    RestoreDraft,
    difference::plain,
    prompt_layout::{PromptLayout, Tab},
    reading::reading,
};
use crate::{
    error::{Error, Result},
    paths,
    prompts::{
        compare::between_for,
        earlier::{self, Earlier},
    },
    ui::{Bake, Empty, FormAlert, Html, When, glyph},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/prompts/{prompt}/drafts`.
///
/// # Errors
/// Those of [`AppLayout::enter`](crate::orgs::AppLayout::enter); [`Error::NotFound`].
pub async fn earlier_drafts(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let list = earlier::list(&desk.scope, desk.prompt.id).await?;
    let body = if list.is_empty() {
        view! {
            <Empty icon=glyph::File title="No earlier drafts">
                <p>"Text that is replaced or removed in the draft is kept here for 7 days."</p>
            </Empty>
        }
        .bake()
    } else {
        let rows: Vec<_> = list.iter().map(|one| row(&desk, one)).collect();
        view! { <ol class="versions" role="list">{rows}</ol> }.bake()
    };
    let body = view! {
        <FormAlert action=RestoreDraft::PATH/>
        <h2>"Earlier drafts"</h2>
        <p class="hint">"Previous drafts of the last 7 days. If you restore one, the current draft is kept here."</p>
        <div id="earlier" data-live="drafts">{body}</div>
    };
    Ok(desk.show(Tab::Versions, (), body))
}

fn row(desk: &PromptLayout, earlier: &Earlier) -> impl IntoView + use<> {
    let now = desk.scope.server().clock.now();
    let url = paths::earlier_draft(desk.scope.slug(), desk.prompt.id, earlier.revision);
    view! {
        <li class="version">
            <a class="version-number" href=url>{format!("#{}", earlier.revision)}</a>
            <div><p>{earlier.reason.says()}</p><small>{author(earlier)}", "<When at=earlier.written_at now/></small></div>
            <span class="version-acts">{restore(desk, earlier.revision, Some("small"))}</span>
        </li>
    }
}

fn author(earlier: &Earlier) -> String {
    earlier.written_by.as_ref().map_or_else(|| "Prompt Studio".to_owned(), ToString::to_string)
}

/// The form that brings a draft back, for those who may.
fn restore(desk: &PromptLayout, revision: i64, size: Option<&'static str>) -> Option<Html> {
    desk.restore(RestoreDraft::PATH, "draft", ("revision", revision), size)
}

/// `/{org}/prompts/{prompt}/drafts/{revision}`.
///
/// # Errors
/// As [`earlier_drafts`].
pub async fn earlier_draft(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let revision: i64 = caller.segment(4).parse().map_err(|_| Error::NotFound)?;
    let (earlier, content) = earlier::find(&desk.scope, desk.prompt.id, revision).await?;
    let now = desk.scope.server().clock.now();
    let difference = between_for(&desk.scope, &desk.draft.content, &content).await?;
    let difference = plain(&desk.scope, difference).await?;
    let body = view! {
        <FormAlert action=RestoreDraft::PATH/>
        <h2>{format!("Draft #{revision}")}</h2>
        <p class="hint">{earlier.reason.says()}" · "{author(&earlier)}", "<When at=earlier.written_at now/></p>
        {reading(&content)}
        <h3>"Changes if you restore it"</h3>
        {difference}
        <div class="page-actions">
            {restore(&desk, revision, None)}
            <a class="button" data-kind="quiet" href=paths::earlier_drafts(desk.scope.slug(), desk.prompt.id)>"All earlier drafts"</a>
        </div>
    };
    Ok(desk.show(Tab::Versions, (), body))
}
