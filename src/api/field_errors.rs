//! Where in the JSON that a service sent something is wrong. The features tell it at the fields of their forms.

use crate::error::{Error, Flaw};
use serde_json::Value;

/// The same error, at other fields.
pub(super) fn at(error: Error, field: impl Fn(&str) -> String) -> Error {
    match error {
        Error::Invalid { flaws } => {
            let moved = |flaw: Flaw| Flaw { field: field(&flaw.field).into(), ..flaw };
            Error::Invalid { flaws: flaws.into_iter().map(moved).collect() }
        }
        error => error,
    }
}

/// The field of a version, of one of the editor's form.
pub(super) fn of_version(field: &str) -> String {
    match field.rsplit_once('-') {
        Some(("content", n)) => format!("messages[{n}].content"),
        Some(("name", n)) => format!("messages[{n}].name"),
        Some(("var", n)) => format!("variables[{n}].name"),
        Some(("default", n)) => format!("variables[{n}].default"),
        Some(("about", n)) => format!("variables[{n}].description"),
        _ if matches!(field, "" | "text" | "message") => field.to_owned(),
        _ => format!("model.{field}"),
    }
}

/// The field of a folder, of one of the form of its variables.
pub(super) fn of_variables(field: &str, variables: &[(String, Value)]) -> String {
    let n = field.rsplit_once('-').and_then(|(_, n)| n.parse::<usize>().ok());
    match n.and_then(|n| variables.get(n)) {
        Some((name, _)) => format!("variables.{name}"),
        None => "variables".to_owned(),
    }
}
