//! The value that a variable has where it is rendered.

use super::{
    inclusion::Inclusion,
    purse::TOO_MUCH,
    renderer::Renderer,
    values::{Found, Given, bytes_of},
};
use crate::prompts::{content::ValueKind, sizes::weight};
use serde_json::Value;
use std::{borrow::Cow, rc::Rc};

impl<'a> Renderer<'a> {
    /// The value of a variable.
    pub(super) fn value(&mut self, here: &Inclusion<'a, '_>, name: &str) -> Found<'a> {
        // It is looked for among them, and taken from there.
        let among = here.part.content.variables.len() + here.overrides.len();
        if !self.has_time(here, 1 + among / 16, bytes_of(here.overrides)) {
            return Found::Wrong;
        }
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
            None => Found::Value(value.into()),
            Some(ValueKind::String) if !value.is_array() && !value.is_object() => Found::Value(value.into()),
            Some(kind) => self.taken(here, name, kind, &value),
        }
    }

    /// A value as the type of its variable takes it. One that is not a reference's own is read once, however
    /// often it is used.
    fn taken(
        &mut self,
        here: &Inclusion<'a, '_>,
        name: &str,
        kind: ValueKind,
        value: &Cow<'a, Value>,
    ) -> Found<'a> {
        let key = (std::ptr::from_ref(here.part), name.to_owned());
        let is_shared = matches!(value, Cow::Borrowed(_));
        let known = self.taken.get(&key).filter(|_| is_shared).cloned();
        let taken = match known {
            Some(taken) => taken,
            None if !self.purse.read(weight(value)) => {
                self.too_much(here, TOO_MUCH);
                return Found::Wrong;
            }
            None => kind.take(value).map(Rc::new),
        };
        if is_shared {
            self.taken.insert(key, taken.clone());
        }
        let Some(taken) = taken else {
            self.problem(here, format!("{name} must be {}.", kind.with_article()));
            return Found::Wrong;
        };
        Found::Value(Given::Taken(taken))
    }
}
