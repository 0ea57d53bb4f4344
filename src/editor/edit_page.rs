//! The page of a prompt: its draft in a form, and what it renders to.

use super::{
    PreviewPrompt, SaveDraft,
    declarations::{settings, variables},
    desk::{Desk, Tab},
    form::Typed,
    messages_form::messages,
    preview::preview,
};
use crate::{
    error::{Error, Result},
    prompts::content::{Content, Speaker},
    role::EditContent,
    server::{Caller, forms::PAGE_FIELD},
    templates::estimate,
    ui::{Alert, Bake, FormAlert, Hidden, Html, Icon, glyph},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/prompts/{prompt}`.
///
/// # Errors
/// Those of [`Frame::enter`](crate::orgs::Frame::enter); [`Error::NotFound`].
pub async fn edit(caller: Caller) -> Result<impl IntoView> {
    let desk = Desk::enter(&caller).await?;
    let preview = preview(&caller, &desk).await?;
    let may = desk.scope.can::<EditContent>();
    let form = if may { form(&caller, &desk).bake() } else { reading(&desk.draft.content) };
    let review = may.then(|| {
        view! { <button class="button" data-kind="primary" form="editor" name="act" value="review">"Save version…"</button> }
    });
    let body = view! {
        <FormAlert action=PreviewPrompt::PATH/>
        <div class="editor-columns">{form}{preview}</div>
    };
    Ok(desk.show(Tab::Edit, review, body))
}

/// What is wrong with the fields, if the form was posted and failed.
pub(super) struct Flaws<'a>(&'a Caller);

impl Flaws<'_> {
    /// The message at a field, with its id.
    pub(super) fn at(&self, field: &str) -> (Option<&'static str>, Option<String>, Option<Html>) {
        let posted = self.0.posted().filter(|posted| posted.action == SaveDraft::PATH);
        let message = posted.and_then(|posted| posted.error()?.flaw(field).map(ToOwned::to_owned));
        let id = format!("{field}-error");
        let shown = message.map(|message| {
            view! { <p class="error" id=id.clone() role="alert"><Icon is=glyph::Problem/>" "{message}</p> }.bake()
        });
        match shown {
            Some(shown) => (Some("true"), Some(id), Some(shown)),
            None => (None, None, None),
        }
    }

    /// What no field says.
    fn general(&self) -> Option<Html> {
        let posted = self.0.posted().filter(|posted| posted.action == SaveDraft::PATH)?;
        let error = posted.error()?;
        // What is wrong with a field is said there.
        if matches!(error, Error::Invalid { .. }) && error.flaw("").is_none() {
            return None;
        }
        let says = error.flaw("").map_or_else(|| error.to_string(), ToOwned::to_owned);
        let is_conflict = error.status() == 409;
        let more =
            is_conflict.then_some(" What you typed is still below: saving again puts it in place of theirs.");
        Some(view! { <Alert kind="error">{says}{more}</Alert> }.bake())
    }
}

fn form(caller: &Caller, desk: &Desk) -> impl IntoView + use<> {
    let (typed, flaws) = (desk.typed(caller, SaveDraft::PATH), Flaws(caller));
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let page = caller.page.to_string();
    let can_change_kind = desk.prompt.latest == 0;
    let body = if typed.kind == "chat" {
        messages(&typed, &flaws, can_change_kind)
    } else {
        text(&typed, &flaws, can_change_kind)
    };
    view! {
        <form class="form editor" id="editor" method="post" action=SaveDraft::PATH enctype="multipart/form-data" data-in-place>
            // Return in a field keeps the draft: the first button is the one that browsers take.
            <button class="visually-hidden" tabindex="-1" aria-hidden="true">"Save draft"</button>
            <Hidden name=PAGE_FIELD value=page/>
            <Hidden name="org" value=org/>
            <Hidden name="prompt" value=prompt/>
            <Hidden name="revision" value=desk.draft.revision.to_string()/>
            <Hidden name="kind" value=typed.kind.clone()/>
            {flaws.general()}
            {body}
            {variables(&typed, &flaws)}
            {settings(&typed, &flaws)}
            <div class="form-actions"><button class="button" type="submit">"Save draft"</button></div>
        </form>
    }
}

fn text(typed: &Typed, flaws: &Flaws<'_>, can_change_kind: bool) -> Html {
    let (invalid, described, flaw) = flaws.at("text");
    let tokens = about_tokens(&typed.text);
    view! {
        <div class="field message">
            <header><label for="text">"Text"</label><small class="tokens">{tokens}</small></header>
            <textarea class="prompt-text" id="text" name="text" rows="12" spellcheck="true" aria-invalid=invalid aria-describedby=described>
                {format!("\n{}", typed.text)}
            </textarea>
            {flaw}
        </div>
        {can_change_kind.then(|| view! { <p><button class="button" data-kind="quiet" name="act" value="chat">"Make it a chat"</button></p> })}
    }
    .bake()
}

/// What a content says, for those who may only read.
pub(super) fn reading(content: &Content) -> Html {
    let typed = Typed::of(content);
    if typed.kind == "text" {
        return view! { <div class="reading"><pre class="prompt-text" tabindex="0">{typed.text}</pre></div> }
            .bake();
    }
    let all: Vec<_> = typed
        .messages
        .into_iter()
        .map(|message| {
            let role = Speaker::parse(&message.role).map_or("", Speaker::label);
            view! {
                <li class="message">
                    <header><strong>{role}</strong>" "<span>{message.name}</span></header>
                    <pre class="prompt-text" tabindex="0">{message.content}</pre>
                </li>
            }
        })
        .collect();
    view! { <ol class="messages reading" role="list">{all}</ol> }.bake()
}

/// About how long a text is, in words.
pub(super) fn about_tokens(text: &str) -> String {
    match estimate(text) {
        1 => "about 1 token".to_owned(),
        count => format!("about {count} tokens"),
    }
}
