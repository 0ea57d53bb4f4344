use super::{
    Part, Problems, Purse, Resolved, Values,
    inclusion::Inclusion,
    purse::{TOO_LONG, TOO_MUCH},
    values::{Found, bytes_of, write},
};
use crate::{
    prompts::{
        checks::placed,
        content::{Body, Message, Speaker},
        jinja::{self, stand_in, trace},
        sizes::{MAX_DEPTH, weight},
    },
    templates::{Engine, Piece, Reference, Template, parse},
};
use serde_json::Value;
use std::{collections::HashMap, rc::Rc};

/// What has been rendered of a prompt for a reference.
type Kept = HashMap<(usize, Vec<(String, String)>), Rc<str>>;
/// The values of declared variables, as their types take them; none where they do not fit.
type Taken = HashMap<(*const Part, String), Option<Rc<Value>>>;

pub(super) struct Renderer<'a> {
    resolved: &'a Resolved,
    pub(super) values: &'a Values,
    kept: Kept,
    pub(super) taken: Taken,
    pub(super) problems: Problems,
    pub(super) purse: Purse,
    /// Whether it was said that the purse is empty.
    is_stopped: bool,
    /// Whether Jinja is only looked at, not run.
    is_check: bool,
    /// Which of the texts of the prompt itself is being rendered. What is included has one alone.
    at: usize,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(resolved: &'a Resolved, values: &'a Values, purse: Purse) -> Self {
        Self {
            resolved,
            values,
            kept: Kept::new(),
            taken: Taken::new(),
            problems: Problems::default(),
            purse,
            is_stopped: false,
            is_check: false,
            at: 0,
        }
    }

    /// One that tells what is wrong, without running Jinja.
    pub(super) fn checking(resolved: &'a Resolved, values: &'a Values, purse: Purse) -> Self {
        Self { is_check: true, ..Self::new(resolved, values, purse) }
    }

    pub(super) fn messages(&mut self, here: &Inclusion<'a, '_>, messages: &[Message]) -> Vec<Message> {
        let mut said = Vec::with_capacity(messages.len());
        for (n, message) in messages.iter().enumerate() {
            self.at = n;
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
        if !self.purse.read(weight(given)) {
            self.too_much(here, TOO_MUCH);
            return Vec::new();
        }
        // The person who tries a prompt types them.
        let read = given.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let messages = serde_json::from_value::<Vec<Message>>(read.unwrap_or_else(|| given.clone()));
        match messages {
            Ok(messages) if messages.iter().all(|message| message.role != Speaker::Placeholder) => {
                let length = messages.iter().map(|message| message.content.len() + message.name.len()).sum();
                if self.has_room(here, length) { messages } else { Vec::new() }
            }
            _ => {
                self.problem(here, format!("{name} must be a list of messages, each with role and content."));
                Vec::new()
            }
        }
    }

    pub(super) fn text(&mut self, here: &Inclusion<'a, '_>, text: &str) -> String {
        if !self.purse.read(text.len()) {
            self.too_much(here, TOO_MUCH);
            return String::new();
        }
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
            Some(fields) => match fields.split('.').try_fold(&*value, |value, field| value.get(field)) {
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
                    let text = self.reference(here, reference);
                    if !self.has_time(here, 1, text.len()) {
                        break;
                    }
                    values.insert(name, Value::String(text.to_string()));
                }
            }
        }
        let names =
            if self.is_check { here.part.analysis.variables.clone() } else { jinja::variables(&source) };
        for name in names.into_iter().filter(|name| !name.starts_with('_')) {
            match self.value(here, &name) {
                Found::Value(value) => drop(values.insert(name, value.clone())),
                Found::Empty | Found::Wrong => {}
                Found::Missing => drop(self.problems.missing.insert(name)),
            }
        }
        if self.is_check {
            for (n, flaw) in &here.part.analysis.flaws {
                self.problem(here, placed(&here.part.content, *n, flaw));
            }
        }
        if self.is_check || !self.problems.is_empty() {
            return String::new();
        }
        trace::begin(self.resolved.parts.iter().position(|part| std::ptr::eq(part, here.part)).unwrap_or(0));
        let values = if self.resolved.has_stand_ins {
            stand_in::values(&values)
        } else {
            minijinja::Value::from_serialize(&values)
        };
        match jinja::render(&source, &values) {
            Ok(text) if self.has_room(here, text.len()) => return text,
            Ok(_) => {}
            Err(flaw) => self.problem(here, placed(&here.part.content, self.at, &flaw.to_string())),
        }
        String::new()
    }

    /// The text of another prompt. The same with the same values of its own is rendered once.
    fn reference(&mut self, here: &Inclusion<'a, '_>, reference: &Reference) -> Rc<str> {
        let nothing: Rc<str> = Rc::from("");
        if !self.has_time(here, 1, bytes_of(&reference.overrides)) {
            return nothing;
        }
        let Some(at) = here.part.references.get(&reference.target()).copied() else {
            self.problem(here, format!("[[ {} ]] not found.", reference.target()));
            return nothing;
        };
        let key = (at, reference.overrides.clone());
        if let Some(text) = self.kept.get(&key) {
            return text.clone();
        }
        if !self.purse.follow() {
            self.too_much(here, TOO_MUCH);
            return nothing;
        }
        let Some(part) = self.resolved.parts.get(at) else { return nothing };
        let Body::Text(text) = &part.content.body else {
            self.problem(
                here,
                format!(
                    "[[ {} ]] is a chat. Only text prompts can be included in others.",
                    reference.target()
                ),
            );
            return nothing;
        };
        if here.depth >= MAX_DEPTH {
            self.problem(here, format!("[[ {} ]] is nested more than {MAX_DEPTH} deep.", reference.target()));
            return nothing;
        }
        // What is put in is counted where it is put.
        let within = Inclusion { part, overrides: &reference.overrides, depth: here.depth + 1 };
        let printed = self.purse.printed();
        let rendered: Rc<str> = self.text(&within, text).into();
        self.purse.set_printed(printed);
        if !self.purse.keep(rendered.len()) {
            self.too_much(here, TOO_MUCH);
        }
        self.kept.insert(key, rendered.clone());
        rendered
    }

    /// Counts what was written; what does not fit is a problem.
    fn has_room(&mut self, here: &Inclusion<'a, '_>, more: usize) -> bool {
        if !self.has_time(here, 1, more) {
            return false;
        }
        let fits = self.purse.print(more);
        if !fits {
            self.too_much(here, TOO_LONG);
        }
        fits
    }

    /// Counts what is done; what takes too long is a problem.
    pub(super) fn has_time(&mut self, here: &Inclusion<'a, '_>, steps: usize, bytes: usize) -> bool {
        let is_paid = self.purse.work(steps, bytes);
        if !is_paid {
            self.too_much(here, TOO_MUCH);
        }
        is_paid
    }

    /// Says that the purse is empty, once: what it was empty of first.
    pub(super) fn too_much(&mut self, here: &Inclusion<'a, '_>, message: &str) {
        if !self.is_stopped {
            self.is_stopped = true;
            self.problem(here, message.to_owned());
        }
    }

    pub(super) fn problem(&mut self, here: &Inclusion<'a, '_>, message: String) {
        self.problems.others.insert((here.part.path.clone(), message));
    }
}
