//! What a draft renders to, beside the editor.

use super::{
    PreviewPrompt,
    known::{First, Names},
    marked::LineFlaw,
    prompt_layout::PromptLayout,
    reading::reading,
    stand_ins::{self, is_placeholder, marked},
};
use crate::{
    error::Result,
    kernel::{JobOwner, long_work},
    library::variables,
    prompts::{
        checks::{place_of, syntax_flaws},
        content::{MAX_NAMES, MAX_VARIABLES, Message, Speaker},
        render::{Edge, Problems, Rendered, Resolved, Values, render_for},
        sizes::weight,
    },
    role::EditContent,
    templates::{highlight::led, line_told},
    tenancy::Server,
    ui::{Bake, Hidden, Html, PageField},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most problems that are told.
const TOLD: usize = 50;

/// What the draft renders to with the values that were typed, and a form to type them; and what is wrong with
/// lines of it.
///
/// # Errors
/// When there is no room to render it.
pub(super) async fn preview(
    caller: &RequestContext,
    desk: &PromptLayout,
    resolved: Resolved,
    names: &Names,
) -> Result<(Html, BTreeSet<LineFlaw>)> {
    let typed = |name: &str| {
        let posted = caller.posted().filter(|posted| posted.action == PreviewPrompt::PATH)?;
        posted.value(&format!("value-{name}")).map(|value| value.replace("\r\n", "\n"))
    };
    let shown = &names.asked.first;
    let given =
        shown.iter().filter_map(|name| Some((name.clone(), typed(name).filter(|value| !value.is_empty())?)));
    let values: Values =
        given.map(|(name, value)| (names.texts.contains(&name), name, value)).map(valued).collect();
    let inherited = resolved.parts[0].inherited.clone();
    let is_too_much = resolved.parts[0].analysis.variables.len() > MAX_NAMES;
    let too_much = is_too_much.then(|| {
        view! { <p class="note" data-kind="error">{format!("Use at most {MAX_NAMES} variables.")}</p> }
    });
    let mut flaws = known_flaws(&resolved);
    let outcome = outcome(desk, resolved, values, &mut flaws).await?;
    let inputs = shown.iter().map(|name| {
        let value = typed(name).unwrap_or_default();
        let declared = desk.draft.content.variable(name).and_then(|variable| variable.default.as_ref());
        let hint = declared.or_else(|| inherited.get(name)).map(variables::typed);
        input(name, &value, hint)
    });
    let bytes = inherited.values().map(weight).sum();
    let inputs: Vec<_> = long_work::within(bytes, || inputs.collect());
    let has_inputs = !inputs.is_empty();
    let more = names.asked.rest().map(|rest| view! { <p class="hint">{rest}</p> });
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let unused = (!names.unused.is_empty()).then(|| {
        view! { <p class="note" data-kind="warning">{format!("Declared but not used: {}.", names.unused.join(", "))}</p> }
    });
    let may = desk.scope.can::<EditContent>();
    let lines: Vec<_> = flaws.iter().map(|flaw| line_flaw(flaw, may)).collect();
    let made_of = made_of(&names.included, &desk.prompt.path);
    let who = caller.visit().map(|visit| visit.user.to_string());
    let remembers = format!("try:{}:{}", who.unwrap_or_default(), desk.prompt.id);
    let html = view! {
        <section class="preview" id="preview-panel" data-live="drafts prompts" aria-labelledby="preview-title">
            <h2 id="preview-title">"Preview"</h2>
            <p class="hint">"Last saved draft"</p>
            <div id="preview" aria-live="polite">{too_much}{lines}{outcome}{unused}{made_of}</div>
            {has_inputs.then(|| view! {
                <form class="form" method="post" action=PreviewPrompt::PATH enctype="multipart/form-data" id="try" data-in-place data-remembers=remembers>
                    <PageField/>
                    <Hidden name="org" value=org/>
                    <Hidden name="prompt" value=prompt/>
                    <h3>"Test values"</h3>
                    <p class="hint">"Text or JSON."</p>
                    {inputs}
                    {more}
                    <div class="form-actions"><button class="button">"Preview"</button></div>
                </form>
            })}
        </section>
    }
    .bake();
    Ok((html, flaws))
}

/// What the draft renders to, or what is in the way; what is wrong with lines of it is added to the flaws.
async fn outcome(
    desk: &PromptLayout,
    resolved: Resolved,
    values: Values,
    flaws: &mut BTreeSet<LineFlaw>,
) -> Result<Html> {
    let place = (desk.scope.server(), desk.scope.behalf());
    match render_for(place, resolved.clone(), values.clone()).await? {
        Ok(rendered) => shown(place, rendered).await,
        Err(mut problems) => {
            flaws.extend(take_lines(&mut problems, &resolved));
            let wrong = wrong(&problems);
            let text = match without_values(place, resolved, values, problems).await? {
                Some(rendered) => shown(place, rendered).await?,
                None => reading(&desk.draft.content),
            };
            Ok(view! { {wrong}{text} }.bake())
        }
    }
}

/// What is wrong with lines of the draft, as far as that is known without rendering it.
fn known_flaws(resolved: &Resolved) -> BTreeSet<LineFlaw> {
    let draft = &resolved.parts[0];
    let flaws = syntax_flaws(&draft.content, &draft.analysis).into_iter();
    let flaws = flaws.filter(|flaw| line_told(&flaw.message).is_some());
    flaws.map(|flaw| (flaw.field.into_owned(), flaw.message.into_owned())).collect()
}

/// Takes out of the problems what is wrong with lines of the draft.
fn take_lines(problems: &mut Problems, resolved: &Resolved) -> Vec<LineFlaw> {
    let draft = &resolved.parts[0];
    let place = |path: &str, why: &str| (path == draft.path).then(|| place_of(&draft.content, why)).flatten();
    let lines = problems.others.iter().filter_map(|(path, why)| place(path, why)).collect();
    problems.others.retain(|(path, why)| place(path, why).is_none());
    lines
}

/// One of them, which leads to its line where somebody may mend it. The browser tells it there, too.
fn line_flaw((field, says): &LineFlaw, may: bool) -> Html {
    let message = field.strip_prefix("content-").and_then(|n| n.parse::<usize>().ok());
    let place = message.map(|n| format!("Message {}, ", n + 1));
    let says = says.clone();
    if !may {
        return view! { <p class="note" data-kind="error">{place}{says}</p> }.bake();
    }
    let led = led(field, &says);
    view! {
        <p class="note" data-kind="error" data-at=field.clone() data-says=says>{place}<span inner_html=led></span></p>
    }
    .bake()
}

/// The prompts that the draft is put together from.
fn made_of(included: &First<Edge>, path: &str) -> Option<impl IntoView + use<>> {
    let row = |edge: &Edge| {
        let of = edge.to_version.map(|version| format!("v{version} of "));
        let says = format!("uses {}{}", of.unwrap_or_default(), edge.to);
        let within = (edge.from != path).then(|| format!(", in {}", edge.from));
        view! { <li><code>{format!("[[ {} ]]", edge.target)}</code>" "<small>{says}{within}</small></li> }
    };
    let rows: Vec<_> = included.first.iter().map(row).collect();
    let more = included.rest().map(|rest| view! { <li>{rest}</li> });
    (!rows.is_empty())
        .then(|| view! { <ul class="lines" role="list" aria-label="Includes">{rows}{more}</ul> })
}

fn input(name: &str, value: &str, hint: Option<String>) -> impl IntoView + use<> {
    let id = format!("value-{name}");
    let label = name.to_owned();
    // It keeps what is typed in it wherever other fields come and go.
    view! {
        <div class="field" id=format!("try-{name}")>
            <label for=id.clone()><code>{label}</code></label>
            <textarea id=id.clone() name=id rows="1" placeholder=hint>{format!("\n{value}")}</textarea>
        </div>
    }
}

/// What was rendered, as it is shown.
async fn shown((server, behalf): (&Server, JobOwner), rendered: Rendered) -> Result<Html> {
    let bytes = match &rendered {
        Rendered::Text(text) => text.len(),
        Rendered::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
    };
    server.long_work.run_on(behalf, bytes, move || said(rendered)).await
}

fn said(rendered: Rendered) -> Html {
    match rendered {
        Rendered::Text(text) => {
            view! { <pre class="prompt-text" tabindex="0" inner_html=marked(&text)></pre> }.bake()
        }
        Rendered::Chat(messages) => {
            let all: Vec<_> = messages.into_iter().map(message).collect();
            view! { <ol class="messages reading" role="list">{all}</ol> }.bake()
        }
    }
}

fn message(message: Message) -> impl IntoView {
    let role =
        if is_placeholder(message.role, &message.content) { Speaker::Placeholder } else { message.role };
    view! {
        <li class="message">
            <header><strong>{role.label()}</strong>" "<span>{message.name}</span></header>
            <pre class="prompt-text" tabindex="0" inner_html=marked(&message.content)></pre>
        </li>
    }
}

/// What it renders to when each value that is missing is its name; none when more is wrong.
async fn without_values(
    place: (&Server, JobOwner),
    mut resolved: Resolved,
    mut values: Values,
    mut problems: Problems,
) -> Result<Option<Rendered>> {
    let (server, behalf) = place;
    for _ in 0..stand_ins::ROUNDS {
        let bytes = resolved.bytes();
        let fill = move || {
            let fills = stand_ins::fill(&mut resolved, &mut values, &problems);
            (fills, resolved, values)
        };
        let fills;
        (fills, resolved, values) = server.long_work.run_on(behalf, bytes, fill).await?;
        if !fills {
            return Ok(None);
        }
        match render_for(place, resolved.clone(), values.clone()).await? {
            Ok(rendered) => return Ok(Some(rendered)),
            Err(more) => problems = more,
        }
    }
    Ok(None)
}

/// A value that was typed: what it is in JSON where that is a list or an object, or else text. A number, true and
/// false are themselves where the variable is not declared as text, and they are printed as they are typed.
fn valued((is_text, name, typed): (bool, String, String)) -> (String, Value) {
    let is_meant = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => true,
        Value::Number(_) | Value::Bool(_) => !is_text && *value.to_string() == *typed.trim(),
        Value::Null | Value::String(_) => false,
    };
    let value = serde_json::from_str(typed.trim()).ok().filter(is_meant);
    (name, value.unwrap_or(Value::String(typed)))
}

fn wrong(problems: &Problems) -> Html {
    let missing = First::of(problems.missing.iter().cloned(), MAX_VARIABLES);
    let missing = (!missing.first.is_empty()).then(|| {
        view! { <p class="note" data-kind="warning">{format!("Missing values: {}", missing.listed())}</p> }
    });
    let others = First::of(problems.others.iter().cloned(), TOLD);
    let more = others.rest().map(|rest| view! { <p class="note" data-kind="error">{rest}</p> });
    let others: Vec<_> = others
        .first
        .into_iter()
        .map(|(path, why)| view! { <p class="note" data-kind="error">{why}" "<small>{path}</small></p> })
        .collect();
    view! { {missing}{others}{more} }.bake()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_what_was_typed() {
        for (typed, value, of_text) in [
            (" [\"a\"]", json!(["a"]), json!(["a"])),
            ("{}", json!({}), json!({})),
            ("3", json!(3), json!("3")),
            ("1.5", json!(1.5), json!("1.5")),
            ("true\n", json!(true), json!("true\n")),
            ("1.50", json!("1.50"), json!("1.50")),
            ("007", json!("007"), json!("007")),
            ("\"a\"", json!("\"a\""), json!("\"a\"")),
            ("null", json!("null"), json!("null")),
            ("[a", json!("[a"), json!("[a")),
        ] {
            let valued = |is_text| valued((is_text, "x".to_owned(), typed.to_owned())).1;
            assert_eq!((valued(false), valued(true)), (value, of_text), "{typed}");
        }
    }
}
