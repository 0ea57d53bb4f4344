//! What stands in for a value that is missing, where a prompt is only looked at: printed it is its name, and a loop
//! over it has no rounds.

use minijinja::{
    Value,
    value::{Object, ObjectRepr},
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// What is around the name of a missing value: characters that nobody types.
pub const AROUND: [char; 2] = ['\u{e000}', '\u{e001}'];
/// The most bytes of a field that is told with a name.
const MAX_FIELD: usize = 100;

/// The name of a value that is missing.
struct StandIn(String);

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", AROUND[0], self.0, AROUND[1])
    }
}

impl Object for StandIn {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = match key.as_str() {
            Some(field) if field.len() <= MAX_FIELD => format!("{}.{field}", self.0),
            None if key.is_number() => format!("{}[{key}]", self.0),
            _ => return None,
        };
        Some(Value::from_object(Self(name)))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Whether a value stands in for another.
pub(super) fn is_one(value: &Value) -> bool {
    value.downcast_object_ref::<StandIn>().is_some()
}

/// The values of a template, in which texts that are a name between [`AROUND`] stand in for what is missing.
pub(in crate::prompts) fn values(values: &Map<String, Json>) -> Value {
    Value::from_serialize(values.iter().map(|(name, value)| (name, Shown(value))).collect::<BTreeMap<_, _>>())
}

struct Shown<'a>(&'a Json);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::String(text) => match name(text) {
                Some(name) => Value::from_object(StandIn(name.to_owned())).serialize(serializer),
                None => serializer.serialize_str(text),
            },
            Json::Array(all) => serializer.collect_seq(all.iter().map(Shown)),
            Json::Object(all) => serializer.collect_map(all.iter().map(|(key, value)| (key, Shown(value)))),
            other => other.serialize(serializer),
        }
    }
}

fn name(text: &str) -> Option<&str> {
    text.strip_prefix(AROUND[0])?.strip_suffix(AROUND[1]).filter(|name| !name.contains(AROUND))
}
