//! The operations, one by one.

use super::{prose, schema::kind};
use crate::ui::{Bake, Html};
use leptos::prelude::*;
use serde_json::Value;

/// The order in which methods of a path are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// All operations, by tag.
pub(super) fn operations(document: &Value) -> Html {
    let tags = list(&document["tags"]).iter().map(|tag| {
        let (name, says) = (text(&tag["name"]), text(&tag["description"]));
        let id = format!("tag-{}", name.to_lowercase());
        let labelled = id.clone();
        let all = of_tag(document, &name).into_iter().map(operation).collect_view();
        view! {
            <section aria-labelledby=labelled>
                <h2 id=id>{name}</h2>
                <p>{says}</p>
                {all}
            </section>
        }
    });
    tags.collect_view().bake()
}

/// The operations of a tag: method, path, and what is said of it. Those below `/organizations` are the same.
fn of_tag<'a>(document: &'a Value, tag: &str) -> Vec<(&'static str, &'a str, &'a Value)> {
    let Some(paths) = document["paths"].as_object() else { return Vec::new() };
    let own = paths.iter().filter(|(path, _)| !path.starts_with("/organizations/"));
    let all = own.flat_map(|(path, item)| {
        let methods = METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?)));
        methods.map(move |(method, operation)| (method, path.as_str(), operation))
    });
    all.filter(|(_, _, operation)| list(&operation["tags"]).iter().any(|one| one == tag)).collect()
}

fn operation((method, path, operation): (&'static str, &str, &Value)) -> impl IntoView {
    let (summary, description) = (text(&operation["summary"]), text(&operation["description"]));
    let scope = operation["x-scope"].as_str().map(|scope| {
        view! { <p class="hint">"Required scope: "<code>{scope.to_owned()}</code>"."</p> }
    });
    let body = body(operation);
    view! {
        <details class="panel operation" id=text(&operation["operationId"])>
            <summary>
                <span class="method">{method.to_uppercase()}</span>" "<code>{path.to_owned()}</code>" "
                <span>{summary}</span>
            </summary>
            <div class="panel-body">
                <p>{prose(&description)}</p>
                {scope}
                {parameters(operation)}
                {body}
                {answers(operation)}
            </div>
        </details>
    }
}

fn parameters(operation: &Value) -> Option<impl IntoView + use<>> {
    let all = list(&operation["parameters"]);
    let rows = all.iter().map(|parameter| {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let required = (parameter["required"] == true).then_some(", required");
        let (kind, says) = (kind(&parameter["schema"]), text(&parameter["description"]));
        view! { <tr><td><code>{name}</code></td><td>{place}{required}</td><td>{kind}</td><td>{prose(&says)}</td></tr> }
    });
    (!all.is_empty()).then(|| {
        view! {
            <table>
                <thead><tr>
                    <th scope="col">"Parameter"</th><th scope="col">"In"</th><th scope="col">"Type"</th><th scope="col">"Description"</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
    })
}

fn body(operation: &Value) -> Option<impl IntoView + use<>> {
    let schema = operation["requestBody"]["content"]["application/json"].get("schema")?;
    let kind = kind(schema);
    Some(view! { <p>"JSON body: "{kind}"."</p> })
}

fn answers(operation: &Value) -> impl IntoView + use<> {
    let all = || operation["responses"].as_object().into_iter().flatten();
    let rows = all().filter(|(_, answer)| problem(answer).is_none()).map(|(status, answer)| {
        let schema = answer["content"].as_object().and_then(|content| content.values().next()?.get("schema"));
        let kind = schema.map(|schema| view! { " "{kind(schema)} });
        let headers = answer["headers"].as_object().into_iter().flatten();
        let headers: Vec<_> = headers
            .filter(|(_, header)| header.get("$ref").is_none())
            .map(|(name, _)| name.clone())
            .collect();
        let headers = (!headers.is_empty()).then(|| format!(" Headers: {}.", headers.join(", ")));
        let says = text(&answer["description"]);
        view! { <tr><td>{status.clone()}</td><td>{prose(&says)}{kind}{headers}</td></tr> }
    });
    // What they are is told once, in a table of their own.
    let problems = all().filter_map(|(_, answer)| problem(answer));
    let problems = problems.map(|code| view! { <a href=format!("#{code}")>{code.to_owned()}</a>" " });
    view! {
        <table>
            <thead><tr><th scope="col">"Response"</th><th scope="col">"Description"</th></tr></thead>
            <tbody>
                {rows.collect_view()}
                <tr><td>"Errors"</td><td>{problems.collect_view()}</td></tr>
            </tbody>
        </table>
    }
}

/// The code of an answer that is a problem.
fn problem(answer: &Value) -> Option<&str> {
    answer["$ref"].as_str()?.rsplit('/').next()
}
