//! Inserts the prompts that a prompt refers to before there are values, so that a service can insert the values itself.
//!
//! The default of a variable differs from prompt to prompt: a reference may give a value, each prompt
//! declares its own default, each folder hands down its own. So a composed prompt lists the default of each
//! variable. Where two prompts differ over one name, the second variable gets a name of its own and says whose
//! value it takes. Inserting values gives the same text as [`render`](super::render).

use super::{Inclusion, Purse, Resolved};
use crate::{
    error::Result,
    kernel::{JobOwner, sandbox::Job},
    prompts::{
        content::{Body, Message, ValueKind, Variable},
        sizes::{MAX_DEPTH, weight},
    },
    templates::{Engine, Piece, Reference, Template, parse},
    tenancy::Server,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use utoipa::ToSchema;

/// The most values that a composed prompt takes, and the most of one name.
const MAX_SLOTS: usize = 2_000;
const MAX_OF_A_NAME: usize = 50;

/// A prompt without references.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Composed {
    /// What it says.
    pub body: Body,
    /// The variables, in order of appearance.
    pub takes: Vec<Taken>,
}

/// A variable of a fetched prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TakenValue)]
pub struct Taken {
    /// Its name in the text.
    pub name: String,
    /// The name of the variable to take the value from, if it is another: included prompts have different defaults
    /// for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// The type; omitted if it isn't declared.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ValueKind>,
    /// Whether a value is required.
    pub required: bool,
    /// The default value; empty if there is none and no value is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl From<Variable> for Taken {
    fn from(declared: Variable) -> Self {
        let Variable { name, kind, required, default, description } = declared;
        Self { name, same_as: None, kind: Some(kind), required, default, description }
    }
}

/// Puts a prompt together with those it refers to.
#[derive(Debug, Serialize, Deserialize)]
pub struct ComposePrompt {
    resolved: Resolved,
}

impl Job for ComposePrompt {
    const NAME: &'static str = "compose-prompt";
    type Answer = Option<Composed>;

    fn bytes(&self) -> usize {
        self.resolved.bytes()
    }

    fn run(self) -> Self::Answer {
        compose(&self.resolved)
    }
}

/// [`compose`] for an organization: what is large, in the sandbox. What is too much for that is left as it is
/// written.
///
/// # Errors
/// When the sandbox has no room.
pub async fn compose_for(
    (server, behalf): (&Server, JobOwner),
    resolved: &Arc<Resolved>,
) -> Result<Option<Composed>> {
    let (bytes, resolved) = (resolved.bytes(), resolved.clone());
    let tried = server.long_work.run_on(behalf, bytes, move || {
        // Jinja is not put together, only read.
        let (composed, is_cut) = compose_within(&resolved, Purse::at_once());
        (composed, is_cut.then(|| ComposePrompt { resolved: (*resolved).clone() }))
    });
    match tried.await? {
        (composed, None) => Ok(composed),
        (_, Some(job)) => Ok(server.sandbox.run(behalf, job).await?.unwrap_or_default()),
    }
}

/// Puts a prompt together with those it refers to; none where that takes values, as with Jinja in which
/// something is put in, and where it fails.
#[must_use]
pub fn compose(resolved: &Resolved) -> Option<Composed> {
    compose_within(resolved, Purse::default()).0
}

/// The same with a purse, and whether that was too small for it.
pub(super) fn compose_within(resolved: &Resolved, purse: Purse) -> (Option<Composed>, bool) {
    let (slots, places) = (Vec::new(), HashMap::new());
    let mut work = Composer { resolved, slots, places, purse };
    let composed = work.whole();
    (composed, work.purse.is_empty())
}

/// A piece of a text whose variables have no names yet.
enum Bit {
    Text(String),
    /// The place of the value among the slots, and the fields of it after the dot.
    Value(usize, String),
}

struct Composer<'a> {
    resolved: &'a Resolved,
    slots: Vec<Taken>,
    /// Where the slots of a name are.
    places: HashMap<String, Vec<usize>>,
    purse: Purse,
}

impl Composer<'_> {
    /// The prompt itself with all that it refers to.
    fn whole(&mut self) -> Option<Composed> {
        let part = self.resolved.parts.first().filter(|_| !self.resolved.is_cut)?;
        let here = Inclusion::whole(part);
        let texts: Vec<_> = part.content.texts().map(|text| self.text(&here, text)).collect::<Option<_>>()?;
        let (takes, places) = named(std::mem::take(&mut self.slots), part.content.placeholders());
        if part.content.templates().all(|template| template.references().next().is_none()) {
            return Some(Composed { body: part.content.body.clone(), takes });
        }
        let mut texts = texts.into_iter().map(|bits| written(bits, &takes, &places));
        let body = match &part.content.body {
            Body::Text(_) => Body::Text(texts.next()??),
            Body::Chat(messages) => {
                let said = |(message, content): (&Message, Option<String>)| {
                    Some(Message { content: content?, ..message.clone() })
                };
                Body::Chat(messages.iter().zip(texts).map(said).collect::<Option<_>>()?)
            }
        };
        Some(Composed { body, takes })
    }

    fn text(&mut self, here: &Inclusion<'_, '_>, text: &str) -> Option<Vec<Bit>> {
        self.purse.read(text.len()).then_some(())?;
        let template = parse(here.part.content.engine, text);
        let mut bits = Vec::new();
        if here.part.content.engine == Engine::Jinja {
            // Only a prompt that stands alone.
            if here.depth > 1 || template.references().next().is_some() {
                return None;
            }
            for name in &here.part.analysis.variables {
                self.slot(here, name)?;
            }
            return Some(vec![Bit::Text(text.to_owned())]);
        }
        self.plain(here, &template, &mut bits)?;
        Some(bits)
    }

    fn plain(&mut self, here: &Inclusion<'_, '_>, template: &Template, bits: &mut Vec<Bit>) -> Option<()> {
        for piece in template.pieces() {
            // Pieces are counted too, so that a bomb of empty prompts ends.
            (self.purse.work(1, 0) && self.purse.print(1)).then_some(())?;
            match piece {
                Piece::Text(text) => {
                    // What it makes is read once more.
                    (self.purse.read(text.len()) && self.purse.print(text.len())).then_some(())?;
                    bits.push(Bit::Text(text.clone()));
                }
                Piece::Variable(dotted) => {
                    let (name, fields) = dotted.split_once('.').unwrap_or((dotted, ""));
                    let slot = self.slot(here, name)?;
                    bits.push(Bit::Value(slot, fields.to_owned()));
                }
                Piece::Reference(reference) => self.reference(here, reference, bits)?,
            }
        }
        Some(())
    }

    fn reference(
        &mut self,
        here: &Inclusion<'_, '_>,
        reference: &Reference,
        bits: &mut Vec<Bit>,
    ) -> Option<()> {
        let at = here.part.references.get(&reference.target())?;
        let part = self.resolved.parts.get(*at)?;
        let Body::Text(text) = &part.content.body else { return None };
        if here.depth >= MAX_DEPTH || part.content.engine == Engine::Jinja {
            return None;
        }
        (self.purse.follow() && self.purse.read(text.len())).then_some(())?;
        let within = Inclusion { part, overrides: &reference.overrides, depth: here.depth + 1 };
        self.plain(&within, &parse(Engine::Plain, text), bits)
    }

    /// The place of a variable's value among the slots: what falls back on the same is the same. None when there
    /// are too many.
    fn slot(&mut self, here: &Inclusion<'_, '_>, name: &str) -> Option<usize> {
        let among = here.part.content.variables.len() + here.overrides.len() + self.slots.len();
        self.purse.work(1 + among / 16, 0).then_some(())?;
        let declared = here.part.content.variable(name);
        let overridden = here.overrides.iter().find(|(key, _)| key == name);
        let default = overridden.map(|(_, text)| Value::String(text.clone()));
        let default = default.or_else(|| declared.and_then(|variable| variable.default.clone()));
        let default = default.or_else(|| here.part.inherited.get(name).cloned());
        let places = self.places.entry(name.to_owned()).or_default();
        // It is held against each that there is.
        let bytes = default.as_ref().map_or(0, weight) * (1 + places.len());
        self.purse.work(1 + places.len(), bytes).then_some(())?;
        let required = default.is_none() && declared.is_none_or(|variable| variable.required);
        let description = declared.map(|variable| variable.description.clone()).unwrap_or_default();
        let kind = declared.map(|variable| variable.kind);
        let is_same = |slot: &Taken| slot.default == default && slot.required == required;
        if let Some(at) = places.iter().copied().find(|at| is_same(&self.slots[*at])) {
            let slot = &mut self.slots[at];
            slot.kind = slot.kind.or(kind);
            if slot.description.is_empty() {
                slot.description = description;
            }
            return Some(at);
        }
        if places.len() >= MAX_OF_A_NAME || self.slots.len() >= MAX_SLOTS {
            return None;
        }
        places.push(self.slots.len());
        self.slots.push(Taken { name: name.to_owned(), same_as: None, kind, required, default, description });
        Some(self.slots.len() - 1)
    }
}

/// The values that are taken for some slots, and the place among them of each slot. Where slots of one name
/// fall back on different things, each is a value of its own; but what is needed by one is needed at all.
fn named<'a>(slots: Vec<Taken>, placeholders: impl Iterator<Item = &'a str>) -> (Vec<Taken>, Vec<usize>) {
    let needed: BTreeSet<String> =
        slots.iter().filter(|slot| slot.required).map(|slot| slot.name.clone()).collect();
    let mut names: BTreeSet<String> = placeholders.map(ToOwned::to_owned).collect();
    names.extend(slots.iter().map(|slot| slot.name.clone()));
    let (mut takes, mut places) = (Vec::<Taken>::new(), Vec::new());
    for slot in slots {
        let is_needed = needed.contains(&slot.name);
        let first = takes.iter_mut().position(|taken| taken.name == slot.name);
        if let Some(at) = first.filter(|_| is_needed) {
            takes[at].kind = takes[at].kind.or(slot.kind);
            places.push(at);
            continue;
        }
        places.push(takes.len());
        takes.push(if is_needed {
            Taken { required: true, default: None, ..slot }
        } else if first.is_none() {
            slot
        } else {
            let name =
                (2..names.len() + 3).map(|n| format!("{}_{n}", slot.name)).find(|name| !names.contains(name));
            let name = name.unwrap_or_default();
            names.insert(name.clone());
            Taken { name, same_as: Some(slot.name), ..slot }
        });
    }
    (takes, places)
}

/// A text with its variables named; none where what stands before a variable would be read as an escape of it.
fn written(bits: Vec<Bit>, takes: &[Taken], places: &[usize]) -> Option<String> {
    let pieces = bits.into_iter().map(|bit| match bit {
        Bit::Text(text) => Piece::Text(text),
        Bit::Value(slot, fields) => {
            let name = &takes[places[slot]].name;
            Piece::Variable(if fields.is_empty() { name.clone() } else { format!("{name}.{fields}") })
        }
    });
    let template = Template::of(Engine::Plain, pieces);
    let text = template.to_string();
    (parse(Engine::Plain, &text) == template).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::PromptId,
        prompts::{
            analysis::Analysis,
            content::Content,
            render::{Part, Rendered, Values, render},
        },
    };
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn part(content: Value, leads: &[(&str, usize)], inherited: Value) -> Part {
        Part {
            prompt: PromptId(Uuid::nil()),
            path: "P".into(),
            version: None,
            analysis: Analysis::here(&serde_json::from_value(content.clone()).unwrap()),
            content: serde_json::from_value(content).unwrap(),
            inherited: serde_json::from_value(inherited).unwrap(),
            references: leads.iter().map(|(target, at)| ((*target).to_owned(), *at)).collect(),
        }
    }

    fn text(text: &str) -> Value {
        json!({ "body": { "text": text } })
    }

    /// What a service makes of it that puts values in by itself.
    fn filled(composed: &Composed, values: &Values) -> Result<Rendered, Vec<String>> {
        let mut values = values.clone();
        for taken in &composed.takes {
            let Some(name) = &taken.same_as else { continue };
            values.remove(&taken.name);
            values.extend(values.get(name).cloned().map(|given| (taken.name.clone(), given)));
        }
        let variables = composed.takes.iter().filter(|taken| !taken.required).map(|taken| Variable {
            name: taken.name.clone(),
            kind: taken.kind.unwrap_or_default(),
            required: false,
            default: taken.default.clone(),
            description: String::new(),
        });
        let (body, variables) = (composed.body.clone(), variables.collect());
        let content = Content {
            engine: Engine::Plain,
            body,
            variables,
            model: crate::prompts::content::ModelSettings::default(),
        };
        let alone = part(serde_json::to_value(content).unwrap(), &[], json!({}));
        render(&Resolved { parts: vec![alone], ..Resolved::default() }, &values)
            .map_err(|problems| problems.missing.into_iter().collect())
    }

    #[test]
    fn each_variable_says_what_it_falls_back_on() {
        let declares = |body: &str, default: &str| json!({ "body": { "text": body }, "variables": [{ "name": "tone", "default": default }] });
        let resolved = Resolved {
            parts: vec![
                part(
                    declares("{{ tone }} [[ A ]] [[ A | tone=odd ]] [[ B ]] {{ who.name }}", "kind"),
                    &[("A", 1), ("B", 2)],
                    json!({}),
                ),
                part(declares("{{ tone }}/{{ company }}", "kind"), &[], json!({ "company": "Acme" })),
                part(text("{{ tone_2 }} \\{{ {{ tone }}"), &[], json!({ "tone": "curt" })),
            ],
            ..Resolved::default()
        };
        let composed = compose(&resolved).unwrap();
        assert_eq!(
            composed.body,
            Body::Text("{{ tone }} {{ tone }}/{{ company }} {{ tone_3 }}/{{ company }} {{ tone_2 }} \\{{ {{ tone_4 }} {{ who.name }}".into())
        );
        assert_eq!(
            serde_json::to_value(&composed.takes).unwrap(),
            json!([
                { "name": "tone", "type": "string", "required": false, "default": "kind" },
                { "name": "company", "required": false, "default": "Acme" },
                { "name": "tone_3", "same_as": "tone", "type": "string", "required": false, "default": "odd" },
                { "name": "tone_2", "required": true },
                { "name": "tone_4", "same_as": "tone", "required": false, "default": "curt" },
                { "name": "who", "required": true },
            ])
        );
    }

    #[test]
    fn what_takes_values_stays_apart() {
        let jinja = |body: &str| json!({ "engine": "jinja", "body": { "text": body } });
        let with = |root: Value, put_in: Value| Resolved {
            parts: vec![part(root, &[("T", 1)], json!({})), part(put_in, &[], json!({}))],
            ..Resolved::default()
        };
        let alone = compose(&with(jinja("{% if x %}{{ y }}{% endif %}"), text(""))).unwrap();
        assert_eq!(alone.body, Body::Text("{% if x %}{{ y }}{% endif %}".into()));
        assert_eq!(alone.takes.iter().map(|taken| &*taken.name).collect::<Vec<_>>(), ["x", "y"]);
        for (root, put_in) in [
            (jinja("{% for x in y %}[[ T ]]{% endfor %}"), text("{{ x }}")),
            (text("[[ T ]]"), jinja("{{ x }}")),
            (text("[[ gone ]]"), text("x")),
            (text("[[ T ]]"), json!({ "body": { "chat": [] } })),
            (text("[[ T ]]{{ x }}"), text("C:\\")),
        ] {
            assert_eq!(compose(&with(root.clone(), put_in)), None, "{root}");
        }
        let ring =
            Resolved { parts: vec![part(text("[[ P ]]"), &[("P", 0)], json!({}))], ..Resolved::default() };
        assert_eq!(compose(&ring), None);
        let mut bomb: Vec<_> =
            (0..5).map(|n| part(text(&"[[ T ]]".repeat(1000)), &[("T", n + 1)], json!({}))).collect();
        bomb[4].content.body = Body::Text(String::new());
        assert_eq!(compose(&Resolved { parts: bomb, ..Resolved::default() }), None);
    }

    #[test]
    fn messages_are_put_together_too() {
        let chat = json!({ "body": { "chat": [
            { "role": "system", "content": "Be [[ T ]]." }, { "role": "placeholder", "name": "tone_2" }, { "role": "user", "content": "{{ tone }}" },
        ] } });
        let resolved = Resolved {
            parts: vec![
                part(chat, &[("T", 1)], json!({ "tone": "a" })),
                part(text("{{ tone }}"), &[], json!({ "tone": "b" })),
            ],
            ..Resolved::default()
        };
        let Composed { body: Body::Chat(messages), takes } = compose(&resolved).unwrap() else {
            panic!("a text")
        };
        let said: Vec<_> = messages.iter().map(|message| &*message.content).collect();
        assert_eq!(said, ["Be {{ tone }}.", "", "{{ tone_3 }}"]);
        assert_eq!(takes.len(), 2);
    }

    fn prompt() -> impl Strategy<Value = Value> {
        let source = "([{}\\[\\]\\\\ a.]|\\{\\{ x \\}\\}|\\{\\{ y \\}\\}|\\[\\[ T \\]\\]|\\[\\[ U \\| x=o \\]\\]|\\{\\{ x_2 \\}\\}){0,12}";
        let declared = (any::<bool>(), any::<bool>(), proptest::option::of("[ab]")).prop_map(
            |(is_declared, required, default)| {
                let variable = json!({ "name": "x", "required": required, "default": default });
                if is_declared { json!([variable]) } else { json!([]) }
            },
        );
        (source, declared)
            .prop_map(|(text, variables)| json!({ "body": { "text": text }, "variables": variables }))
    }

    proptest! {
        #[test]
        fn putting_values_in_gives_what_rendering_gives(
            prompts in proptest::array::uniform3(prompt()),
            inherited in proptest::array::uniform3(proptest::collection::btree_map("[xy]", "[cd]", 0..2)),
            values in proptest::collection::btree_map("x|y|x_2", "[{} e]{0,3}", 0..3),
        ) {
            let [first, second, mut third] = prompts;
            // It refers to nothing, so that something comes of most.
            third["body"]["text"] = json!(third["body"]["text"].as_str().unwrap_or_default().replace("[[", "<"));
            let inherited: Vec<_> = inherited.iter().map(|one: &BTreeMap<String, String>| json!(one)).collect();
            let resolved = Resolved { parts: vec![
                part(first, &[("T", 1), ("U", 2)], inherited[0].clone()),
                part(second, &[("T", 2), ("U", 2)], inherited[1].clone()),
                part(third, &[], inherited[2].clone()),
            ], ..Resolved::default() };
            let Some(composed) = compose(&resolved) else { return Ok(()) };
            let values: Values = values.into_iter().map(|(name, value)| (name, json!(value))).collect();
            let rendered = render(&resolved, &values).map_err(|problems| problems.missing.into_iter().collect());
            prop_assert_eq!(filled(&composed, &values), rendered, "{:?}", composed);
        }
    }
}
