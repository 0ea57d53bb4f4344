//! Variables, engine and model in the editor's form.

use super::{
    fields::Flaws,
    form::{MODEL, Typed, TypedVariable},
    known::First,
};
use crate::{
    prompts::content::ValueKind,
    templates::Engine,
    ui::{Bake, Icon, glyph},
};
use leptos::prelude::*;

pub(super) fn variables(
    typed: &Typed,
    flaws: &Flaws<'_>,
    undeclared: &First<String>,
) -> impl IntoView + use<> {
    let mut rows = typed.variables.clone();
    rows.push(TypedVariable::default());
    let count = typed.variables.len();
    let rows: Vec<_> = rows.iter().enumerate().map(|(n, one)| variable(n, one, flaws)).collect();
    let summary = if count == 0 { "Variables".to_owned() } else { format!("Variables ({count} declared)") };
    let is_open = count > 0;
    let more = undeclared.rest().map(|rest| view! { <small>{rest}</small> });
    let declare: Vec<_> = undeclared
        .first
        .iter()
        .map(|name| {
            view! {
                <button class="button" data-size="small" name="act" value=format!("declare-{name}") aria-label=format!("Declare {name}")>
                    <Icon is=glyph::Plus/><code>{name.clone()}</code>
                </button>
            }
        })
        .collect();
    let declare = (!declare.is_empty()).then(|| {
        view! { <div class="undeclared" role="group" aria-label="Undeclared"><small>"Undeclared:"</small>{declare}{more}</div> }
    });
    view! {
        <details class="panel" open=is_open>
            <summary>{summary}</summary>
            <p class="hint">"Declare a variable to set its type, default and description. Undeclared variables are required."</p>
            <div id="undeclared">{declare}</div>
            <ol class="declarations" role="list">{rows}</ol>
        </details>
    }
}

fn variable(n: usize, typed: &TypedVariable, flaws: &Flaws<'_>) -> impl IntoView + use<> {
    let place = n + 1;
    let (invalid, described, flaw) = flaws.at(&format!("var-{n}"));
    let (default_invalid, default_described, default_flaw) = flaws.at(&format!("default-{n}"));
    let (_, _, about_flaw) = flaws.at(&format!("about-{n}"));
    let kinds = ValueKind::ALL.iter().map(|kind| {
        let selected = kind.as_str() == typed.kind;
        view! { <option value=kind.as_str() selected=selected>{kind.label()}</option> }
    });
    let kinds: Vec<_> = kinds.collect();
    view! {
        <li class="declaration">
            <input name=format!("var-{n}") value=typed.name.clone() maxlength="80" placeholder="name" aria-label=format!("Name of variable {place}")
                spellcheck="false" autocapitalize="none" autocomplete="off" aria-invalid=invalid aria-describedby=described/>
            <select name=format!("type-{n}") aria-label=format!("Type of variable {place}")>{kinds}</select>
            <label class="check"><input type="checkbox" name=format!("required-{n}") value="true" checked=typed.required/>"Required"</label>
            <textarea name=format!("default-{n}") rows="1" placeholder="default" aria-label=format!("Default of variable {place}")
                autocomplete="off" aria-invalid=default_invalid aria-describedby=default_described>{format!("\n{}", typed.default)}</textarea>
            <textarea class="about" name=format!("about-{n}") rows="1" maxlength="300" placeholder="description"
                aria-label=format!("Description of variable {place}") autocomplete="off">{format!("\n{}", typed.about)}</textarea>
            {flaw}{default_flaw}{about_flaw}
        </li>
    }
}

pub(super) fn settings(typed: &Typed, flaws: &Flaws<'_>) -> impl IntoView + use<> {
    let is_set = typed.model.iter().any(|value| !value.is_empty());
    let is_jinja = typed.engine == Engine::Jinja.as_str();
    let engines = [
        (Engine::Plain, "Plain: variables and references"),
        (Engine::Jinja, "Jinja: conditions, loops, filters"),
    ];
    let engines = engines.map(|(engine, label)| {
        let selected = engine.as_str() == typed.engine;
        view! { <option value=engine.as_str() selected=selected>{label}</option> }
    });
    let labels = ["Provider", "Model", "Temperature", "Max tokens", "Tools (JSON)", "Response format (JSON)"];
    let inputs: Vec<_> = MODEL
        .iter()
        .zip(labels)
        .zip(&typed.model)
        .map(|((name, label), value)| setting(name, label, value, flaws))
        .collect();
    view! {
        <details class="panel" open={is_set || is_jinja}>
            <summary>"Model and engine"</summary>
            <div class="settings-grid">
                <div class="field">
                    <label for="engine">"Engine"</label>
                    <select id="engine" name="engine">{engines.collect_view()}</select>
                </div>
                {inputs}
            </div>
        </details>
    }
}

fn setting(name: &'static str, label: &'static str, value: &str, flaws: &Flaws<'_>) -> impl IntoView + use<> {
    let (invalid, described, flaw) = flaws.at(name);
    let is_json = matches!(name, "tools" | "response_format");
    let control = if is_json {
        view! {
            <textarea class="prompt-text" id=name name=name rows="2" spellcheck="false" aria-invalid=invalid aria-describedby=described>{format!("\n{value}")}</textarea>
        }
        .bake()
    } else {
        let mode = matches!(name, "temperature" | "max_tokens").then_some("decimal");
        view! {
            <input id=name name=name value=value.to_owned() maxlength="100" inputmode=mode autocomplete="off" spellcheck="false"
                aria-invalid=invalid aria-describedby=described/>
        }
        .bake()
    };
    view! { <div class="field"><label for=name>{label}</label>{control}{flaw}</div> }
}
