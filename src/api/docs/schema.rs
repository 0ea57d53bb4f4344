//! The shapes of what is sent.

use super::prose;
use crate::ui::{Bake, Html};
use leptos::prelude::*;
use serde_json::Value;

/// All shapes that have a name, with their fields.
pub(super) fn all(document: &Value) -> Html {
    let schemas = &document["components"]["schemas"];
    let all = schemas.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with("Page_"));
    let all = all.map(|(name, schema)| {
        let says = schema["description"].as_str().unwrap_or_default().to_owned();
        let fields = fields(schemas, schema);
        let rows = fields.iter().map(|(name, is_required, field)| {
            let says = field["description"].as_str().unwrap_or_default().to_owned();
            let optional = (!is_required).then_some(view! { <span class="hint">" optional"</span> });
            view! { <tr><td><code>{name.clone()}</code></td><td>{kind(field)}{optional}</td><td>{prose(&says)}</td></tr> }
        });
        let is_table = !fields.is_empty();
        let whole = (!is_table).then(|| view! { <p>{kind(schema)}</p> });
        view! {
            <details class="panel">
                <summary><code>{name.clone()}</code>" "<span>{prose(&says)}</span></summary>
                // A link to something within opens what is around it.
                <div class="panel-body" id=format!("schema-{name}")>
                    {whole}
                    {is_table.then(|| view! {
                        <table>
                            <thead><tr><th scope="col">"Field"</th><th scope="col">"Type"</th><th scope="col">"Description"</th></tr></thead>
                            <tbody>{rows.collect_view()}</tbody>
                        </table>
                    })}
                </div>
            </details>
        }
    });
    view! {
        <section aria-labelledby="shapes">
            <h2 id="shapes">"Schemas"</h2>
            {all.collect_view()}
        </section>
    }
    .bake()
}

/// The fields of a shape, with those of the shapes it is made of: name, whether it is always there, what it is.
fn fields(schemas: &Value, schema: &Value) -> Vec<(String, bool, Value)> {
    if let Some(name) = named(schema) {
        return fields(schemas, &schemas[name]);
    }
    let parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| fields(schemas, part));
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = schema["properties"].as_object().into_iter().flatten();
    let own = own.map(|(name, field)| (name.clone(), required.contains(&name.as_str()), field.clone()));
    parts.chain(own).collect()
}

fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// What a value is, in words, with links to shapes that have a name.
pub(super) fn kind(schema: &Value) -> AnyView {
    if let Some(name) = named(schema) {
        if let Some(of) = name.strip_prefix("Page_") {
            let of = of.to_owned();
            return view! { "a page of "<a href=format!("#schema-{of}")>{of.clone()}</a> }.into_any();
        }
        let name = name.to_owned();
        return view! { <a href=format!("#schema-{name}")>{name.clone()}</a> }.into_any();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choices = choices.iter().enumerate();
        let choices = choices.map(|(n, choice)| view! { {(n > 0).then_some(" or ")}{kind(choice)} });
        return choices.collect_view().into_any();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().filter_map(Value::as_str).enumerate();
        let values =
            values.map(|(n, value)| view! { {(n > 0).then_some(", ")}<code>{value.to_owned()}</code> });
        return view! { "one of "{values.collect_view()} }.into_any();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any JSON"],
    };
    let kinds = kinds.into_iter().enumerate().map(|(n, kind)| {
        let or = (n > 0).then_some(" or ");
        view! { {or}{one(kind, schema)} }
    });
    kinds.collect_view().into_any()
}

fn one(name: &str, schema: &Value) -> AnyView {
    match name {
        "array" => view! { "list of "{kind(&schema["items"])} }.into_any(),
        "object" => match schema.get("additionalProperties").filter(|values| values.is_object()) {
            Some(values) => view! { "object of "{kind(values)} }.into_any(),
            None => "object".into_any(),
        },
        "string" => match schema["format"].as_str() {
            Some(format) => format!("string ({format})").into_any(),
            None => "string".into_any(),
        },
        name => name.to_owned().into_any(),
    }
}
