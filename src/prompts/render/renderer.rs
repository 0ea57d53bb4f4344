use super::{MAX_DEPTH, Part, Problems, Resolved, Values};
use crate::{
    prompts::{
        content::{Body, Message, Speaker, ValueKind},
        jinja::{self, MAX_OUTPUT},
    },
    templates::{Engine, Piece, Reference, Template, parse},
};
use serde_json::Value;
use std::{borrow::Cow, collections::HashMap, rc::Rc};

/// What has been rendered of a prompt for a reference.
type Kept = HashMap<(usize, Vec<(String, String)>), Rc<str>>;

pub(super) struct Renderer<'a> {
    resolved: &'a Resolved,
    values: &'a Values,
    kept: Kept,
    pub(super) problems: Problems,
    length: usize,
}

/// A prompt where it stands: itself, or within another with values of its own.
pub(super) struct Inclusion<'a, 'o> {
    part: &'a Part,
    overrides: &'o [(String, String)],
    depth: usize,
}

impl<'a> Inclusion<'a, 'static> {
    pub(super) const fn whole(part: &'a Part) -> Self {
        Self { part, overrides: &[], depth: 1 }
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(resolved: &'a Resolved, values: &'a Values) -> Self {
        Self { resolved, values, kept: HashMap::new(), problems: Problems::default(), length: 0 }
    }

    pub(super) fn messages(&mut self, here: &Inclusion<'a, '_>, messages: &[Message]) -> Vec<Message> {
        let mut said = Vec::with_capacity(messages.len());
        for message in messages {
            if message.role == Speaker::Placeholder {
                said.extend(self.placeholder(here, &message.name));
            } else {
                let content = self.text(here, &message.content);
                said.push(Message { content, ..message.clone() });
            }
        }
        said
    }

    /// The messages that the call puts in place of a placeholder, as they are.
    fn placeholder(&mut self, here: &Inclusion<'a, '_>, name: &str) -> Vec<Message> {
        let Some(given) = self.values.get(name) else {
            self.problems.missing.insert(name.to_owned());
            return Vec::new();
        };
        // Whoever tries a prompt types them.
        let read = given.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let messages = serde_json::from_value::<Vec<Message>>(read.unwrap_or_else(|| given.clone()));
        match messages {
            Ok(messages) if messages.iter().all(|message| message.role != Speaker::Placeholder) => {
                let length = messages.iter().map(|message| message.content.len()).sum();
                if self.has_room(here, length) { messages } else { Vec::new() }
            }
            _ => {
                self.problem(here, format!("{name} must be a list of messages, each with role and content."));
                Vec::new()
            }
        }
    }

    pub(super) fn text(&mut self, here: &Inclusion<'a, '_>, text: &str) -> String {
        let template = parse(here.part.content.engine, text);
        match here.part.content.engine {
            Engine::Plain => self.plain(here, &template, text.len()),
            Engine::Jinja => self.jinja(here, &template),
        }
    }

    fn plain(&mut self, here: &Inclusion<'a, '_>, template: &Template, length: usize) -> String {
        let mut output = String::with_capacity(length + length / 4);
        for piece in template.pieces() {
            let before = output.len();
            match piece {
                Piece::Text(text) => output.push_str(text),
                Piece::Variable(name) => self.variable(here, name, &mut output),
                Piece::Reference(reference) => output.push_str(&self.reference(here, reference)),
            }
            if !self.has_room(here, output.len() - before) {
                break;
            }
        }
        output
    }

    fn variable(&mut self, here: &Inclusion<'a, '_>, dotted: &str, output: &mut String) {
        let (name, fields) =
            dotted.split_once('.').map_or((dotted, None), |(name, fields)| (name, Some(fields)));
        let value = match self.value(here, name) {
            Found::Value(value) => value,
            Found::Empty | Found::Wrong => return,
            Found::Missing => {
                self.problems.missing.insert(name.to_owned());
                return;
            }
        };
        match fields {
            None => write(&value, output),
            Some(fields) => match fields.split('.').try_fold(value.as_ref(), |value, field| value.get(field))
            {
                Some(value) => write(value, output),
                None => {
                    self.problems.missing.insert(dotted.to_owned());
                }
            },
        }
    }

    fn jinja(&mut self, here: &Inclusion<'a, '_>, template: &Template) -> String {
        let (mut source, mut values) = (String::new(), Values::new());
        for piece in template.pieces() {
            match piece {
                Piece::Text(text) => source.push_str(text),
                Piece::Variable(_) => {}
                Piece::Reference(reference) => {
                    // No variable of people's begins with an underscore.
                    let name = format!("_{}", values.len());
                    source.extend(["{{ ", &name, " }}"]);
                    values.insert(name, Value::String(self.reference(here, reference).to_string()));
                }
            }
        }
        for name in jinja::variables(&source).into_iter().filter(|name| !name.starts_with('_')) {
            match self.value(here, &name) {
                Found::Value(value) => drop(values.insert(name, value.into_owned())),
                Found::Empty | Found::Wrong => {}
                Found::Missing => drop(self.problems.missing.insert(name)),
            }
        }
        if !self.problems.is_empty() {
            return String::new();
        }
        match jinja::render(&source, &minijinja::Value::from_serialize(&values)) {
            Ok(text) if self.has_room(here, text.len()) => text,
            Ok(_) => String::new(),
            Err(flaw) => {
                self.problem(here, format!("Line {}: {}", flaw.line, flaw.message));
                String::new()
            }
        }
    }

    /// The text of another prompt. The same with the same values of its own is rendered once.
    fn reference(&mut self, here: &Inclusion<'a, '_>, reference: &Reference) -> Rc<str> {
        let nothing: Rc<str> = Rc::from("");
        let Some(at) = here.part.references.get(&reference.target()).copied() else {
            self.problem(here, format!("[[ {} ]] leads nowhere.", reference.target()));
            return nothing;
        };
        let key = (at, reference.overrides.clone());
        if let Some(text) = self.kept.get(&key) {
            return text.clone();
        }
        let Some(part) = self.resolved.parts.get(at) else { return nothing };
        let Body::Text(text) = &part.content.body else {
            self.problem(
                here,
                format!("[[ {} ]] is a chat: only text prompts can be put into others.", reference.target()),
            );
            return nothing;
        };
        if here.depth >= MAX_DEPTH {
            self.problem(here, format!("[[ {} ]] goes deeper than {MAX_DEPTH} prompts.", reference.target()));
            return nothing;
        }
        // What is put in is counted where it is put.
        let before = self.length;
        let within = Inclusion { part, overrides: &reference.overrides, depth: here.depth + 1 };
        let rendered: Rc<str> = self.text(&within, text).into();
        self.length = before;
        self.kept.insert(key, rendered.clone());
        rendered
    }

    /// The value of a variable.
    fn value(&mut self, here: &Inclusion<'a, '_>, name: &str) -> Found<'a> {
        let declared = here.part.content.variable(name);
        let overridden = here.overrides.iter().find(|(key, _)| key == name);
        let given = match (self.values.get(name), overridden) {
            (Some(value), _) => Some(Cow::Borrowed(value)),
            (None, Some((_, text))) => Some(Cow::Owned(Value::String(text.clone()))),
            (None, None) => None,
        };
        let default = || declared.and_then(|variable| variable.default.as_ref());
        let inherited = || here.part.inherited.get(name);
        let Some(value) = given.or_else(|| default().or_else(inherited).map(Cow::Borrowed)) else {
            let is_optional = declared.is_some_and(|variable| !variable.required);
            return if is_optional { Found::Empty } else { Found::Missing };
        };
        match declared.map(|variable| variable.kind) {
            None | Some(ValueKind::String) if !value.is_array() && !value.is_object() => Found::Value(value),
            None => Found::Value(value),
            Some(kind) => {
                let Some(value) = kind.take(&value) else {
                    self.problem(here, format!("{name} must be {}.", kind.with_article()));
                    return Found::Wrong;
                };
                Found::Value(Cow::Owned(value))
            }
        }
    }

    /// Counts what was written; the last that fits is taken, and what does not is a problem.
    fn has_room(&mut self, here: &Inclusion<'a, '_>, more: usize) -> bool {
        self.length = self.length.saturating_add(more);
        if self.length > MAX_OUTPUT {
            self.problem(here, "The result is longer than 1 MiB.".to_owned());
        }
        self.length <= MAX_OUTPUT
    }

    fn problem(&mut self, here: &Inclusion<'a, '_>, message: String) {
        self.problems.others.insert((here.part.path.clone(), message));
    }
}

enum Found<'v> {
    Value(Cow<'v, Value>),
    Empty,
    Missing,
    Wrong,
}

fn write(value: &Value, output: &mut String) {
    match value {
        Value::Null => {}
        Value::String(text) => output.push_str(text),
        other => output.push_str(&other.to_string()),
    }
}
