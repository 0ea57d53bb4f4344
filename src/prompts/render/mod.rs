//! Rendering: from a prompt, the prompts it refers to and values to what a model is sent.
//!
//! [`render`] is pure: no database, no clock, no network. Everything that shows, tries or serves a prompt
//! uses it by [`render_for`], which takes what is much work or runs Jinja to the
//! [`sandbox`](crate::kernel::sandbox). One [`Purse`] bounds a rendering as a whole: what is read, kept and
//! printed, how many references are followed, and the work of it all. Where a value comes from, the first that has one:
//!
//! 1. the values of the call,
//! 2. those that a reference gives (`[[ path | key=value ]]`), for the prompt it leads to and no further,
//! 3. the default that the prompt declares,
//! 4. the folders around the prompt, the nearest first, and at last the organization.
//!
//! A declared variable that is not required is empty without a value; any other that is missing is a
//! problem, and all problems are told at once. Values are inert: nothing in them is looked at again.
//! Text comes out as it is, numbers and booleans as text, lists and objects as compact JSON.

mod compose;
mod inclusion;
mod lookup;
mod model;
mod purse;
mod renderer;
mod run;
mod values;

pub use compose::{ComposePrompt, Composed, Taken, compose, compose_for};
pub use model::{Edge, Inherited, Part, Problems, Rendered, Resolved, TOO_LARGE, Values};
pub use purse::{Purse, TOO_MUCH};
pub use run::{CheckPrompt, Checked, RenderPrompt, check_for, render_for};

use super::content::Body;
use inclusion::Inclusion;
use renderer::Renderer;
use std::collections::BTreeSet;

/// Renders a prompt in this process. Nothing else does it with what people wrote in Jinja but the sandbox.
///
/// # Errors
/// Everything that is in the way of it.
pub fn render(resolved: &Resolved, values: &Values) -> Result<Rendered, Problems> {
    rendered(&mut Renderer::new(resolved, values, Purse::default()), resolved)
}

fn rendered<'a>(renderer: &mut Renderer<'a>, resolved: &'a Resolved) -> Result<Rendered, Problems> {
    let Some(part) = resolved.parts.first() else { return Err(Problems::default()) };
    if resolved.is_cut {
        let others = BTreeSet::from([(part.path.clone(), TOO_LARGE.to_owned())]);
        return Err(Problems { others, ..Problems::default() });
    }
    let inclusion = Inclusion::whole(part);
    let made = match &part.content.body {
        Body::Text(text) => Rendered::Text(renderer.text(&inclusion, text)),
        Body::Chat(messages) => Rendered::Chat(renderer.messages(&inclusion, messages)),
    };
    if renderer.problems.is_empty() { Ok(made) } else { Err(std::mem::take(&mut renderer.problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::PromptId,
        kernel::sandbox::Job,
        prompts::{
            analysis::Analysis,
            content::{Content, Variable},
        },
        templates::{Engine, Piece, parse},
    };
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    fn text(text: &str) -> Content {
        serde_json::from_value(json!({ "body": { "text": text } })).unwrap()
    }

    fn part(path: &str, content: Content, leads: &[(&str, usize)]) -> Part {
        let references = leads.iter().map(|(target, at)| ((*target).to_owned(), *at)).collect();
        let inherited = BTreeMap::from([("company".to_owned(), json!("Acme"))]);
        Part {
            prompt: PromptId(Uuid::nil()),
            path: path.to_owned(),
            version: None,
            analysis: Analysis::here(&content),
            content,
            inherited,
            references,
        }
    }

    #[test]
    fn the_graph_is_all_that_is_followed() {
        let parts = vec![
            part("A", text("[[ B ]] [[ C@2 ]]"), &[("B", 1), ("C@2", 2)]),
            Part { version: Some(3), ..part("B", text("[[ C@2 ]]"), &[("C@2", 2)]) },
            Part { version: Some(2), ..part("C", text("c"), &[]) },
        ];
        let graph = Resolved { parts, ..Resolved::default() }.graph();
        let told = |edge: &Edge| {
            (edge.from.clone(), edge.from_version, edge.target.clone(), edge.to.clone(), edge.to_version)
        };
        let edge = |from: &str, version, target: &str, to: &str, number| {
            (from.to_owned(), version, target.to_owned(), to.to_owned(), Some(number))
        };
        let expected =
            [edge("A", None, "B", "B", 3), edge("A", None, "C@2", "C", 2), edge("B", Some(3), "C@2", "C", 2)];
        assert_eq!(graph.iter().map(told).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_same_is_told_part_by_part() {
        let of = |value: &str, to: usize| {
            let tone = |version| {
                let inherited = BTreeMap::from([("company".to_owned(), json!(value))]);
                Part { version: Some(version), inherited, ..part("Tone", text("{{ company }}"), &[]) }
            };
            let user = part("P", text("[[ Tone ]] [[ Tone@2 ]]"), &[("Tone", to), ("Tone@2", 2)]);
            Resolved { parts: vec![user, tone(1), tone(2)], ..Resolved::default() }
        };
        assert!(of("Acme", 1).says_the_same(&of("Acme", 1)));
        assert!(!of("Acme", 1).says_the_same(&of("Mallory", 1)), "a value");
        assert!(!of("Acme", 1).says_the_same(&of("Acme", 2)), "where a reference leads");
        let cut = Resolved { is_cut: true, ..of("Acme", 1) };
        assert!(!of("Acme", 1).says_the_same(&cut), "what is not known");
        let mut unread = of("Acme", 1);
        unread.parts[1].analysis.is_unread = true;
        assert!(!unread.says_the_same(&unread), "what could not be read");
    }

    fn alone(content: Content) -> Resolved {
        Resolved { parts: vec![part("P", content, &[])], ..Resolved::default() }
    }

    fn said(resolved: &Resolved, values: Value) -> Result<String, Problems> {
        let Value::Object(values) = values else { panic!("{values}") };
        render(resolved, &values).map(|rendered| match rendered {
            Rendered::Text(text) => text,
            Rendered::Chat(messages) => {
                let lines = messages
                    .into_iter()
                    .map(|message| format!("{}: {}", message.role.as_str(), message.content));
                lines.collect::<Vec<_>>().join("\n")
            }
        })
    }

    fn missing(problems: &Problems) -> Vec<&str> {
        problems.missing.iter().map(String::as_str).collect()
    }

    fn variable(json: Value) -> Variable {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn values_are_put_in_and_never_read_again() {
        let prompt = alone(text("{{ a }} {{ b.c }} {{n}} {{ list }} {{ company }} <{{ gone.x }}>"));
        let values = json!({
            "a": "{{ b }} [[ P ]] \\{{", "b": { "c": true }, "n": 1.5, "list": [1, "x"], "gone": { "x": null },
        });
        assert_eq!(said(&prompt, values).unwrap(), "{{ b }} [[ P ]] \\{{ true 1.5 [1,\"x\"] Acme <>");
        let jinja = Content { engine: Engine::Jinja, ..text("{{ a }}{% if n > 1 %}!{% endif %}") };
        assert_eq!(
            said(&alone(jinja), json!({ "a": "{{ n }}{% if %}", "n": 2 })).unwrap(),
            "{{ n }}{% if %}!"
        );
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let mut content = text("{{ a }} {{ b }} {{ c }} {{ user.name }} {{ d }}");
        content.variables = vec![
            variable(json!({ "name": "b" })),
            variable(json!({ "name": "c", "required": true })),
            variable(json!({ "name": "d", "type": "number", "required": true })),
        ];
        let problems = said(&alone(content), json!({ "user": {}, "d": "x" })).unwrap_err();
        assert_eq!(missing(&problems), ["a", "c", "user.name"]);
        assert_eq!(problems.others, BTreeSet::from([("P".to_owned(), "d must be a number.".to_owned())]));
    }

    #[test]
    fn the_nearest_value_wins() {
        let mut tone = text("{{ company }}/{{ x }}/{{ y }}");
        tone.variables = vec![variable(json!({ "name": "x", "default": "declared" }))];
        let of = |source: &str| Resolved {
            parts: vec![part("P", text(source), &[("Tone", 1)]), part("Tone", tone.clone(), &[])],
            ..Resolved::default()
        };
        let plain = of("[[ Tone ]]");
        assert_eq!(said(&plain, json!({ "y": 1 })).unwrap(), "Acme/declared/1");
        let given = of("[[ Tone | x=own, company=Other, y=\"{{ z }}\" ]]");
        assert_eq!(said(&given, json!({})).unwrap(), "Other/own/{{ z }}");
        assert_eq!(said(&given, json!({ "x": "call", "y": 2 })).unwrap(), "Other/call/2");
    }

    #[test]
    fn messages_and_placeholders_become_a_conversation() {
        let content: Content = serde_json::from_value(json!({ "body": { "chat": [
            { "role": "system", "content": "Be {{ how }}." },
            { "role": "placeholder", "name": "history" },
            { "role": "user", "content": "{{ q }}" },
        ] } }))
        .unwrap();
        let prompt = alone(content);
        let history =
            json!([{ "role": "user", "content": "{{ how }}" }, { "role": "assistant", "content": "Hi" }]);
        let values = json!({ "how": "kind", "q": "?", "history": history });
        assert_eq!(
            said(&prompt, values).unwrap(),
            "system: Be kind.\nuser: {{ how }}\nassistant: Hi\nuser: ?"
        );
        let typed = json!({ "how": "kind", "q": "?", "history": history.to_string() });
        assert!(said(&prompt, typed).is_ok());
        assert_eq!(missing(&said(&prompt, json!({ "how": "", "q": "" })).unwrap_err()), ["history"]);
        for wrong in
            [json!("x"), json!([{ "role": "root" }]), json!([{ "role": "placeholder", "name": "x" }])]
        {
            let problems = said(&prompt, json!({ "how": "", "q": "", "history": wrong })).unwrap_err();
            assert_eq!(problems.others.len(), 1, "{problems:?}");
        }
    }

    #[test]
    fn references_have_bounds() {
        let chain = |length: usize| Resolved {
            parts: (0..length)
                .map(|n| part(&format!("P{n}"), text("[[ next ]]."), &[("next", (n + 1) % length)]))
                .collect(),
            ..Resolved::default()
        };
        assert!(
            said(&chain(2), json!({}))
                .unwrap_err()
                .others
                .iter()
                .any(|(_, why)| why.contains("more than 5 deep"))
        );
        let mut five = chain(5);
        five.parts[4].content = text("end");
        assert_eq!(said(&five, json!({})).unwrap(), "end....");
        let nowhere = alone(text("[[ gone@3 | a=b ]]"));
        let problems = said(&nowhere, json!({})).unwrap_err();
        assert_eq!(problems.others, BTreeSet::from([("P".to_owned(), "[[ gone@3 ]] not found.".to_owned())]));
        let chat = Resolved {
            parts: vec![
                part("P", text("[[ c ]]"), &[("c", 1)]),
                part("c", Content::empty(crate::prompts::content::Kind::Chat), &[]),
            ],
            ..Resolved::default()
        };
        assert!(
            said(&chat, json!({}))
                .unwrap_err()
                .others
                .iter()
                .any(|(_, why)| why.contains("Only text prompts"))
        );
    }

    #[test]
    fn jinja_takes_references_and_values() {
        let jinja = |source: &str| Content { engine: Engine::Jinja, ..text(source) };
        let resolved = Resolved {
            parts: vec![
                part(
                    "P",
                    jinja("{% for i in items %}{{ i }}[[ T | x=1 ]]{% endfor %}{{ company }}{{ opt }}"),
                    &[("T", 1)],
                ),
                part("T", text("<{{ x }}>"), &[]),
            ],
            ..Resolved::default()
        };
        let problems = said(&resolved, json!({})).unwrap_err();
        assert_eq!(missing(&problems), ["items", "opt"]);
        assert_eq!(said(&resolved, json!({ "items": ["{{a}}", 2], "opt": "" })).unwrap(), "{{a}}<1>2<1>Acme");
        let broken = said(&alone(jinja("a\n{% if %}")), json!({})).unwrap_err();
        assert!(broken.others.iter().any(|(_, why)| why.starts_with("Line 2: ")), "{broken:?}");
    }

    #[test]
    fn a_bomb_of_references_ends() {
        // Each prompt holds the next a thousand times, with values of their own each time.
        let body =
            |n: usize| (0..1000).map(|k| format!("[[ next | a=v{n}x{k} ]]")).collect::<Vec<_>>().concat();
        let mut parts: Vec<_> =
            (0..5).map(|n| part(&format!("P{n}"), text(&body(n)), &[("next", n + 1)])).collect();
        parts[4].content = text("end");
        let problems = said(&Resolved { parts, ..Resolved::default() }, json!({})).unwrap_err();
        let too_much = |why: &str| why.contains("longer than 1 MiB") || why == purse::TOO_MUCH;
        assert!(problems.others.iter().any(|(_, why)| too_much(why)), "{problems:?}");
    }

    #[test]
    fn a_rendering_is_bounded_as_a_whole() {
        // Each of these would read, keep or print gigabytes.
        let long = "x".repeat(190_000);
        let chat = |messages: Vec<Value>| -> Content {
            serde_json::from_value(json!({ "body": { "chat": messages } })).unwrap()
        };
        let untaken = (0..5_000).map(|n| format!("[[ T | a={n} ]]")).collect::<Vec<_>>().concat();
        let untaken =
            Content { engine: Engine::Jinja, ..text(&format!("{{% if false %}}{untaken}{{% endif %}}")) };
        let placeholders: Vec<_> =
            (0..50).map(|_| json!({ "role": "placeholder", "name": "history" })).collect();
        let history = json!([{ "role": "user", "content": "", "name": long }]).to_string();
        let mut typed = text(&"{{ list.a }}".repeat(10_000));
        typed.variables = vec![variable(json!({ "name": "list", "type": "object" }))];
        let many: Vec<_> = (0..100_000).map(|n| json!({ "n": n })).collect();
        for (parts, values) in [
            (vec![part("P", untaken, &[("T", 1)]), part("T", text(&long), &[])], json!({})),
            (vec![part("P", chat(placeholders), &[])], json!({ "history": history })),
        ] {
            let problems = said(&Resolved { parts, ..Resolved::default() }, values).unwrap_err();
            let is_bounded = |why: &str| [purse::TOO_MUCH, purse::TOO_LONG].contains(&why);
            assert!(problems.others.iter().any(|(_, why)| is_bounded(why)), "{problems:?}");
        }
        // A typed value is read once, however often it is used.
        let parts = vec![part("P", typed, &[])];
        let values = json!({ "list": { "a": "", "many": many } });
        assert_eq!(said(&Resolved { parts, ..Resolved::default() }, values).unwrap(), "");
    }

    #[test]
    fn what_is_much_work_is_not_done_at_once() {
        // Little text, and few bytes that are printed: but much to do.
        let fragment =
            Content { variables: vec![variable(json!({ "name": "e" }))], ..text(&"{{ e }}".repeat(200)) };
        let user = |uses: usize| {
            let uses = (0..uses).map(|n| format!("[[ F | a={n} ]]")).collect::<Vec<_>>().concat();
            let parts = vec![part("P", text(&uses), &[("F", 1)]), part("F", fragment.clone(), &[])];
            Resolved { parts, ..Resolved::default() }
        };
        let values = Values::new();
        let (few, many) = (user(5), user(500));
        assert_eq!(run::at_once(&few, &values), Some(Ok(Rendered::Text(String::new()))));
        assert_eq!(run::at_once(&many, &values), None);
        assert_eq!(render(&many, &values), Ok(Rendered::Text(String::new())), "it is not too much at all");
        let (composed, is_cut) = compose::compose_within(&few, Purse::at_once());
        assert!(composed.is_some() && !is_cut);
        assert_eq!(compose::compose_within(&many, Purse::at_once()), (None, true));
        let (few, many) = (CheckPrompt::new(few).run(), CheckPrompt::new(many).run());
        assert!(many.work > 50 * few.work, "{} and {}", few.work, many.work);
        // What would take seconds is a problem, and ends.
        let problems = render(&user(9_000), &values).unwrap_err();
        assert_eq!(problems.others, BTreeSet::from([("F".to_owned(), purse::TOO_MUCH.to_owned())]));
    }

    proptest! {
        #[test]
        fn rendering_never_panics_and_does_not_depend_on_how_it_is_written(
            source in "([{}\\[\\]\\\\%|=, a\n]|\\{\\{ x \\}\\}|\\{\\{ company \\}\\}|\\[\\[ T \\]\\]|\\{% if x %\\}|\\{% endif %\\}){0,40}",
            jinja: bool,
            value in "[{}\\[\\] x%]{0,10}",
        ) {
            let engine = if jinja { Engine::Jinja } else { Engine::Plain };
            let of = |source: &str| Resolved {
                parts: vec![
                    part("P", Content { engine, ..text(source) }, &[("T", 1)]),
                    part("T", text("<{{ x }}>"), &[]),
                ],
                ..Resolved::default()
            };
            let values = json!({ "x": value });
            let once = said(&of(&source), values.clone());
            let canonical = parse(engine, &source).to_string();
            prop_assert_eq!(&said(&of(&canonical), values), &once);
            if let (Ok(text), Engine::Plain) = (once, engine) {
                let expected = parse(engine, &source).pieces().iter().map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Variable(name) if name == "x" => value.clone(),
                    Piece::Variable(_) => "Acme".to_owned(),
                    Piece::Reference(_) => format!("<{value}>"),
                }).collect::<String>();
                prop_assert_eq!(text, expected);
            }
        }
    }
}
