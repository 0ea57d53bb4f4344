//! The page of a prompt: its draft in a form, and what it renders to.

use super::{
    PreviewPrompt, SaveDraft,
    conflict::conflict,
    declarations::{settings, variables},
    fields::{Field, Flaws},
    form::Typed,
    known::Names,
    marked::{Texts, marked},
    messages_form::messages,
    preview::preview,
    prompt_layout::{PromptLayout, Tab},
    reading::reading,
};
use crate::{
    error::Result,
    paths,
    prompts::{inherited, resolve},
    role::EditContent,
    ui::{Bake, FormAlert, Hidden, Html, StartModule},
    web::{RequestContext, posted::Posted, server_function::PAGE_FIELD},
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::collections::BTreeSet;

/// `/{org}/prompts/{prompt}`.
///
/// # Errors
/// Those of [`AppLayout::enter`](crate::orgs::AppLayout::enter); [`Error::NotFound`](crate::error::Error::NotFound).
pub async fn edit(caller: RequestContext) -> Result<impl IntoView> {
    let desk = PromptLayout::enter(&caller).await?;
    let resolved = resolve::draft(&desk.scope, &desk.prompt, desk.draft.content.clone()).await?;
    let handed_down = inherited::names(&desk.scope, desk.prompt.folder_id).await?;
    let (bytes, look) = (resolved.bytes(), move || (Names::of(&resolved, handed_down), resolved));
    let (names, resolved) = desk.scope.server().long_work.run_on(desk.scope.behalf(), bytes, look).await?;
    let (preview, lines) = preview(&caller, &desk, resolved, &names).await?;
    let may = desk.scope.can::<EditContent>();
    let form = if may {
        let typed = desk.typed(&caller, SaveDraft::PATH);
        // The lines of another text are not those of the draft.
        let lines = if failed(&caller).is_some() { BTreeSet::new() } else { lines };
        let texts = marked(&desk.scope, &typed, &names.known, &lines).await?;
        form(&caller, &desk, (&typed, &texts), &names).bake()
    } else {
        reading(&desk.draft.content)
    };
    let can_discard = desk.prompt.latest > 0 && desk.is_dirty();
    let acts = may.then(|| {
        view! {
            <div class="page-actions">
                <button class="button" type="submit" form="editor">"Save draft"</button>
                // After the button that Return presses.
                <span id="discard" data-live="drafts prompts">
                    {can_discard.then(|| view! { <button class="button" data-kind="quiet" form="editor" name="act" value="discard">"Discard draft"</button> })}
                </span>
                <button class="button" data-kind="primary" form="editor" name="act" value="review">"Save version…"</button>
            </div>
            <span id="draft-status" class="draft-status" role="status" data-own></span>
        }
    });
    let conflict = if may { Some(conflict(&caller, &desk).await?) } else { None };
    let body = view! {
        <FormAlert action=PreviewPrompt::PATH/>
        {conflict}
        <div class="editor-columns">{form}{preview}</div>
        <StartModule name="editor" start="assist"/>
    };
    Ok(desk.show(Tab::Edit, acts, body))
}

/// The form as it was posted, if it failed.
fn failed(caller: &RequestContext) -> Option<&Posted> {
    let posted = caller.posted().filter(|posted| posted.action == SaveDraft::PATH);
    posted.filter(|posted| posted.error().is_some())
}

fn form(
    caller: &RequestContext,
    desk: &PromptLayout,
    (typed, texts): (&Typed, &Texts),
    names: &Names,
) -> impl IntoView + use<> {
    let (flaws, known) = (Flaws(caller), &names.known);
    let posted = caller.posted().filter(|posted| posted.action == SaveDraft::PATH);
    let failed = failed(caller);
    // What could not be kept is still a change of what was seen then.
    let seen = failed.and_then(|posted| posted.value("revision")).map(ToOwned::to_owned);
    let seen = seen.unwrap_or_else(|| desk.draft.revision.to_string());
    let sent = posted.and_then(Posted::answer::<i64>);
    let field = Field { flaws: &flaws, texts };
    let by = desk.draft.updated_by.as_ref().map(ToString::to_string);
    let one_a_line = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("\n");
    let (variables_known, missing) = (one_a_line(&known.variables), one_a_line(&known.missing));
    let who = caller.visit().map(|visit| visit.user.to_string());
    let backup = format!("draft:{}:{}", who.unwrap_or_default(), desk.prompt.id);
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let page = caller.page.to_string();
    let can_change_kind = desk.prompt.latest == 0;
    let body = if typed.kind == "chat" {
        messages(typed, &field, can_change_kind)
    } else {
        text(typed, &field, can_change_kind)
    };
    view! {
        <form class="form editor" id="editor" method="post" action=SaveDraft::PATH enctype="multipart/form-data" data-in-place
            data-live="drafts" data-dirty=failed.is_some() data-sent=sent data-by=by data-backup=backup data-variables=variables_known data-missing=missing
            data-paths=paths::prompt_paths(desk.scope.slug())
            data-sign-in=paths::SIGN_IN data-security=paths::ACCOUNT_SECURITY>
            // Return in a field keeps the draft: the first button is the one that browsers take.
            <button class="visually-hidden" tabindex="-1" aria-hidden="true">"Save draft"</button>
            <Hidden name=PAGE_FIELD value=page/>
            <Hidden name="org" value=org/>
            <Hidden name="prompt" value=prompt/>
            <Hidden name="revision" value=seen/>
            <Hidden name="kind" value=typed.kind.clone()/>
            {flaws.general()}
            {body}
            {variables(typed, &flaws, &names.undeclared)}
            {settings(typed, &flaws)}
        </form>
    }
}

fn text(typed: &Typed, field: &Field<'_>, can_change_kind: bool) -> Html {
    let (invalid, described, flaw) = field.flaws.at("text");
    let described = Field::described("text", described);
    let tokens = field.tokens("text");
    let control = view! {
        <textarea class="prompt-text" id="text" name="text" rows="12" spellcheck="true" aria-invalid=invalid aria-describedby=described>
            {format!("\n{}", typed.text)}
        </textarea>
    }
    .bake();
    view! {
        <div class="field message">
            <header><label for="text">"Text"</label><small class="tokens">{tokens}</small></header>
            {field.code("text", control)}
            {flaw}
        </div>
        {can_change_kind.then(|| view! { <p><button class="button" data-kind="quiet" name="act" value="chat">"Convert to chat"</button></p> })}
    }
    .bake()
}
