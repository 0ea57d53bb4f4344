//! What a draft renders to, beside the editor.

use super::{
    PreviewPrompt,
    desk::Desk,
    known::{names, unused},
};
use crate::{
    error::Result,
    library::variables,
    prompts::{
        content::Message,
        render::{Problems, Rendered, Resolved, Values, render_for},
    },
    role::EditContent,
    server::Caller,
    ui::{Bake, Hidden, Html, PageField},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;
use std::collections::BTreeSet;

/// What the draft renders to with the values that were typed, and a form to type them.
///
/// # Errors
/// When there is no room to render it.
pub(super) async fn preview(caller: &Caller, desk: &Desk, resolved: Resolved) -> Result<Html> {
    let typed = |name: &str| {
        let posted = caller.posted().filter(|posted| posted.action == PreviewPrompt::PATH)?;
        posted.value(&format!("value-{name}")).map(|value| value.replace("\r\n", "\n"))
    };
    let names: BTreeSet<String> = resolved.parts.iter().flat_map(names).collect();
    let given =
        names.iter().filter_map(|name| Some((name.clone(), typed(name).filter(|value| !value.is_empty())?)));
    let values: Values = given.map(|(name, value)| (name, Value::String(value))).collect();
    let unused = unused(&resolved.parts[0]);
    let inherited = resolved.parts[0].inherited.clone();
    let made_of = made_of(&resolved);
    let place = (desk.scope.server(), desk.scope.organization().id);
    let outcome = render_for(place, resolved, values).await?;
    let inputs = names.into_iter().map(|name| {
        let value = typed(&name).unwrap_or_default();
        let declared = desk.draft.content.variable(&name).and_then(|variable| variable.default.as_ref());
        let hint = declared.or_else(|| inherited.get(&name)).map(variables::typed);
        input(&name, &value, hint)
    });
    let inputs: Vec<_> = inputs.collect();
    let has_inputs = !inputs.is_empty();
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let outcome = match outcome {
        Ok(rendered) => said(rendered),
        Err(problems) => wrong(&problems),
    };
    let unused = (!unused.is_empty()).then(|| {
        view! { <p class="note" data-kind="warning">{format!("Declared but not used: {}.", unused.join(", "))}</p> }
    });
    // Where one types, the page keeps it up to that, with the values that were typed.
    let live = (!desk.scope.can::<EditContent>()).then_some("drafts prompts");
    Ok(view! {
        <section class="preview" id="preview-panel" aria-labelledby="preview-title">
            <h2 id="preview-title">"Preview"</h2>
            <p class="hint">"Last saved draft"</p>
            <div id="preview" data-live=live aria-live="polite">{outcome}{unused}{made_of}</div>
            {has_inputs.then(|| view! {
                <form class="form" method="post" action=PreviewPrompt::PATH enctype="multipart/form-data" id="try" data-in-place>
                    <PageField/>
                    <Hidden name="org" value=org/>
                    <Hidden name="prompt" value=prompt/>
                    <h3>"Test values"</h3>
                    {inputs}
                    <div class="form-actions"><button class="button">"Preview"</button></div>
                </form>
            })}
        </section>
    }
    .bake())
}

/// The prompts that the draft is put together from.
fn made_of(resolved: &Resolved) -> Option<impl IntoView + use<>> {
    let rows = resolved.graph().into_iter().map(|edge| {
        let version = edge.to_version.map(|version| format!(" v{version}"));
        let within = (edge.from != resolved.parts[0].path).then(|| format!(", in {}", edge.from));
        view! { <li><code>{format!("[[ {} ]]", edge.target)}</code>" "<small>{format!("is {}", edge.to)}{version}{within}</small></li> }
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| view! { <ul class="lines" role="list" aria-label="Includes">{rows}</ul> })
}

fn input(name: &str, value: &str, hint: Option<String>) -> impl IntoView + use<> {
    let id = format!("value-{name}");
    let label = name.to_owned();
    view! {
        <div class="field">
            <label for=id.clone()><code>{label}</code></label>
            <textarea id=id.clone() name=id rows="1" placeholder=hint>{format!("\n{value}")}</textarea>
        </div>
    }
}

fn said(rendered: Rendered) -> Html {
    match rendered {
        Rendered::Text(text) => view! { <pre class="prompt-text" tabindex="0">{text}</pre> }.bake(),
        Rendered::Chat(messages) => {
            let all: Vec<_> = messages.into_iter().map(message).collect();
            view! { <ol class="messages reading" role="list">{all}</ol> }.bake()
        }
    }
}

fn message(message: Message) -> impl IntoView {
    view! {
        <li class="message">
            <header><strong>{message.role.label()}</strong>" "<span>{message.name}</span></header>
            <pre class="prompt-text" tabindex="0">{message.content}</pre>
        </li>
    }
}

fn wrong(problems: &Problems) -> Html {
    let missing: Vec<_> = problems.missing.iter().cloned().collect();
    let missing = (!missing.is_empty()).then(|| {
        view! { <p class="note" data-kind="warning">{format!("Missing values: {}", missing.join(", "))}</p> }
    });
    let others = problems.others.iter().map(|(path, why)| (path.clone(), why.clone()));
    let others: Vec<_> = others
        .map(|(path, why)| view! { <p class="note" data-kind="error">{why}" "<small>{path}</small></p> })
        .collect();
    view! { {missing}{others} }.bake()
}
