//! Two people change the same content: a part that only one of them changed is taken from that person.
//!
//! Messages are told apart by their place among those of the base. A part that both changed differently is a
//! conflict, which somebody has to decide.

use super::content::{Body, Content, Message, ModelSettings, Variable};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::BTreeSet;

/// Two changes of one content, put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// What both make of it. Where they conflict it says what mine says.
    pub content: Content,
    /// Whether both changed the same differently.
    pub conflicts: bool,
}

/// Puts together what two people made of a base.
#[must_use]
pub fn merge(base: &Content, mine: &Content, theirs: &Content) -> Merged {
    let mut pick = Pick::default();
    let content = Content {
        engine: pick.one(&base.engine, &mine.engine, &theirs.engine),
        body: match (&base.body, &mine.body, &theirs.body) {
            (Body::Chat(base), Body::Chat(mine), Body::Chat(theirs)) => {
                Body::Chat(pick.messages(base, mine, theirs))
            }
            (base, mine, theirs) => pick.one(base, mine, theirs),
        },
        variables: pick.variables(&base.variables, &mine.variables, &theirs.variables),
        model: pick.model(&base.model, &mine.model, &theirs.model),
    };
    Merged { content, conflicts: pick.conflicts }
}

#[derive(Default)]
struct Pick {
    conflicts: bool,
}

impl Pick {
    /// What of a thing that is changed as a whole.
    fn one<T: PartialEq + Clone>(&mut self, base: &T, mine: &T, theirs: &T) -> T {
        if mine == base {
            return theirs.clone();
        }
        self.conflicts |= theirs != base && theirs != mine;
        mine.clone()
    }

    fn messages(&mut self, base: &[Message], mine: &[Message], theirs: &[Message]) -> Vec<Message> {
        let (mine, theirs) = (Changed::of(base, mine), Changed::of(base, theirs));
        let mut all = Vec::new();
        for n in 0..=base.len() {
            all.extend(theirs.before[n].iter().cloned());
            if mine.before[n] != theirs.before[n] {
                all.extend(mine.before[n].iter().cloned());
            }
            if let Some(base) = base.get(n) {
                all.extend(self.message(base, mine.now[n].as_ref(), theirs.now[n].as_ref()));
            }
        }
        all
    }

    fn message(
        &mut self,
        base: &Message,
        mine: Option<&Message>,
        theirs: Option<&Message>,
    ) -> Option<Message> {
        let (Some(mine), Some(theirs)) = (mine, theirs) else {
            return self.one(&Some(base), &mine, &theirs).cloned();
        };
        Some(Message {
            role: self.one(&base.role, &mine.role, &theirs.role),
            content: self.one(&base.content, &mine.content, &theirs.content),
            name: self.one(&base.name, &mine.name, &theirs.name),
        })
    }

    fn variables(&mut self, base: &[Variable], mine: &[Variable], theirs: &[Variable]) -> Vec<Variable> {
        let mut seen = BTreeSet::new();
        let names = mine.iter().chain(theirs).map(|variable| variable.name.as_str());
        let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
        let in_all =
            |name: &str| [base, mine, theirs].map(|all| all.iter().find(|one| one.name == name).cloned());
        names
            .into_iter()
            .filter_map(|name| {
                let [base, mine, theirs] = in_all(name);
                self.one(&base, &mine, &theirs)
            })
            .collect()
    }

    fn model(&mut self, base: &ModelSettings, mine: &ModelSettings, theirs: &ModelSettings) -> ModelSettings {
        ModelSettings {
            provider: self.one(&base.provider, &mine.provider, &theirs.provider),
            model: self.one(&base.model, &mine.model, &theirs.model),
            temperature: self.one(&base.temperature, &mine.temperature, &theirs.temperature),
            max_tokens: self.one(&base.max_tokens, &mine.max_tokens, &theirs.max_tokens),
            tools: self.one(&base.tools, &mine.tools, &theirs.tools),
            response_format: self.one(&base.response_format, &mine.response_format, &theirs.response_format),
        }
    }
}

/// What became of the messages of a base.
struct Changed {
    /// What each of them is now; none when it is gone.
    now: Vec<Option<Message>>,
    /// What is new before each of them and, at the end, after them all.
    before: Vec<Vec<Message>>,
}

impl Changed {
    fn of(base: &[Message], new: &[Message]) -> Self {
        let mut changed = Self { now: vec![None; base.len()], before: vec![Vec::new(); base.len() + 1] };
        for op in capture_diff_slices(Algorithm::Myers, base, new) {
            let (old, now) = (op.old_range(), op.new_range());
            let both = if op.tag() == DiffTag::Insert { 0 } else { old.len().min(now.len()) };
            for n in 0..both {
                changed.now[old.start + n] = Some(new[now.start + n].clone());
            }
            changed.before[old.end].extend_from_slice(&new[now.start + both..now.end]);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn content(json: Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    /// Messages of users, one for each word.
    fn chat(words: &str) -> Content {
        let messages: Vec<_> =
            words.split_whitespace().map(|word| json!({ "role": "user", "content": word })).collect();
        content(json!({ "body": { "chat": messages } }))
    }

    /// The words that come of two changes, with `!` where they conflict.
    fn merged(base: &str, mine: &str, theirs: &str) -> String {
        let merged = merge(&chat(base), &chat(mine), &chat(theirs));
        let words: Vec<_> = merged.content.texts().collect();
        format!("{}{}", words.join(" "), if merged.conflicts { " !" } else { "" })
    }

    #[test]
    fn what_one_of_two_changed_is_taken() {
        for (base, mine, theirs, all) in [
            ("a b c", "a b C", "A b c", "A b C"),
            ("a b", "a B", "A b", "A B"),
            ("a b", "a b", "A b", "A b"),
            ("a b", "A b", "A b", "A b"),
            ("a b", "a B c", "A b", "A B c"),
            ("a b", "a b c", "x a b", "x a b c"),
            ("a b", "a b mine", "a b theirs", "a b theirs mine"),
            ("a b", "a b new", "a b new", "a b new"),
            ("a b c", "a c", "a b C", "a C"),
            ("a b c", "a c", "a b", "a"),
            ("a b", "b a", "A b", "b A"),
        ] {
            assert_eq!(merged(base, mine, theirs), all, "{base} | {mine} | {theirs}");
        }
    }

    #[test]
    fn what_both_changed_is_a_conflict() {
        for (base, mine, theirs, all) in [
            ("a b", "a mine", "a theirs", "a mine !"),
            ("a b", "a", "a theirs", "a !"),
            ("a b", "a mine", "a", "a mine !"),
            ("a b c", "b a c", "a B c", "b a c !"),
        ] {
            assert_eq!(merged(base, mine, theirs), all, "{base} | {mine} | {theirs}");
        }
        let [base, mine, theirs] = ["a", "b", "c"].map(|text| content(json!({ "body": { "text": text } })));
        assert_eq!(merge(&base, &mine, &theirs), Merged { content: mine.clone(), conflicts: true });
        assert_eq!(merge(&base, &mine, &base), Merged { content: mine, conflicts: false });
        assert_eq!(merge(&base, &base, &theirs), Merged { content: theirs, conflicts: false });
    }

    #[test]
    fn fields_of_a_message_the_variables_and_the_model_are_taken_one_by_one() {
        let base = content(json!({
            "body": { "chat": [{ "role": "user", "content": "a" }] },
            "variables": [{ "name": "a" }, { "name": "b" }],
            "model": { "model": "m" },
        }));
        let mine = content(json!({
            "body": { "chat": [{ "role": "system", "content": "a" }] },
            "variables": [{ "name": "b" }, { "name": "mine" }],
            "model": { "model": "m", "temperature": 1.0 },
        }));
        let theirs = content(json!({
            "engine": "jinja",
            "body": { "chat": [{ "role": "user", "content": "A" }] },
            "variables": [{ "name": "a" }, { "name": "b", "required": true }, { "name": "theirs" }],
            "model": { "model": "M" },
        }));
        let all = content(json!({
            "engine": "jinja",
            "body": { "chat": [{ "role": "system", "content": "A" }] },
            "variables": [{ "name": "b", "required": true }, { "name": "mine" }, { "name": "theirs" }],
            "model": { "model": "M", "temperature": 1.0 },
        }));
        assert_eq!(merge(&base, &mine, &theirs), Merged { content: all, conflicts: false });
    }
}
