//! What must be right in a content before it can be saved. Flaws are reported at the fields of the editor's
//! form; the API reports the same flaws.

use super::{
    analysis::Analysis,
    content::{
        Body, Content, MAX_DEFAULTS, MAX_MESSAGES, MAX_NAMES, MAX_TEXT, MAX_VARIABLES, Message, Speaker,
        Variable,
    },
    nesting::{MAX_NESTING, is_too_deep},
    references::MAX_REFERENCES,
    sizes::json_bytes,
};
use crate::{
    error::{Flaw, Result},
    kernel::long_work,
    templates::{NAME_RULE, is_name, line_told, slips_in_words},
};
use std::collections::BTreeSet;

/// What is wrong with a content in itself, field by field: limits, names, types. A draft with one of
/// these is not kept.
#[must_use]
pub fn flaws(content: &Content) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let size = content.text_bytes();
    if size > MAX_TEXT {
        flaws.push(flaw("", format!("The text is too long: {size} bytes. The maximum is {MAX_TEXT}.")));
    }
    if let Body::Chat(messages) = &content.body {
        check_messages(messages, &mut flaws);
    }
    check_variables(content, &mut flaws);
    check_model(content, &mut flaws);
    flaws
}

/// What is wrong with the text of a content: a draft may have it, a version may not.
#[must_use]
pub fn syntax_flaws(content: &Content, analysis: &Analysis) -> Vec<Flaw> {
    let is_text = matches!(content.body, Body::Text(_));
    let field = |n: usize| if is_text { "text".to_owned() } else { format!("content-{n}") };
    let mut flaws: Vec<_> =
        analysis.flaws.iter().map(|(n, message)| flaw(field(*n), message.clone())).collect();
    if analysis.references.len() > MAX_REFERENCES {
        flaws.push(flaw(field(0), format!("Refer to at most {MAX_REFERENCES} prompts.")));
    }
    if analysis.variables.len() > MAX_NAMES {
        flaws.push(flaw(field(0), format!("Use at most {MAX_NAMES} variables.")));
    }
    flaws
}

/// What looks like a variable or a reference in a content and is neither, a sentence each: it may be meant so.
#[must_use]
pub fn slips(content: &Content) -> Vec<String> {
    long_work::note(content.text_bytes());
    let told = content.texts().enumerate().flat_map(|(n, text)| {
        let sentences = slips_in_words(content.engine, text).into_iter();
        sentences.map(move |says| placed(content, n, &says))
    });
    told.collect()
}

/// What is told of one of the texts of a content, with the message it is in: `Message 2, line 3: …`.
#[must_use]
pub fn placed(content: &Content, n: usize, says: &str) -> String {
    match (&content.body, says.strip_prefix("Line ")) {
        (Body::Text(_), _) => says.to_owned(),
        (Body::Chat(_), Some(line)) => format!("Message {}, line {line}", n + 1),
        (Body::Chat(_), None) => format!("Message {}: {says}", n + 1),
    }
}

/// The field of the editor's form that a sentence of [`placed`] is about, and the sentence as it is there: where it
/// names a line.
#[must_use]
pub fn place_of(content: &Content, told: &str) -> Option<(String, String)> {
    let (field, says) = match content.body {
        Body::Text(_) => ("text".to_owned(), told.to_owned()),
        Body::Chat(_) => {
            let (message, line) = told.strip_prefix("Message ")?.split_once(", line ")?;
            let n = message.parse::<usize>().ok()?.checked_sub(1)?;
            (format!("content-{n}"), format!("Line {line}"))
        }
    };
    line_told(&says)?;
    Some((field, says))
}

fn check_messages(messages: &[Message], flaws: &mut Vec<Flaw>) {
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        flaws.push(flaw("", format!("Use 1 to {MAX_MESSAGES} messages.")));
    }
    let mut placeholders = BTreeSet::new();
    for (n, message) in messages.iter().enumerate() {
        let at = |field: &str| format!("{field}-{n}");
        match message.role {
            Speaker::Placeholder => {
                if !is_name(&message.name) {
                    flaws.push(flaw(at("name"), NAME_RULE));
                } else if !placeholders.insert(&message.name) {
                    flaws.push(flaw(at("name"), "Another placeholder already has this name."));
                }
                if !message.content.is_empty() {
                    flaws.push(flaw(at("content"), "Leave this empty. The request fills in messages here."));
                }
            }
            Speaker::Tool if message.name.len() > 100 => {
                flaws.push(flaw(at("name"), "Use at most 100 characters."));
            }
            // Each message begins with a line of its own in a file of Markdown, with this name in it.
            Speaker::Tool if message.name.chars().any(char::is_control) => {
                flaws.push(flaw(at("name"), "Use one line without control characters."));
            }
            Speaker::Tool => {}
            _ if !message.name.is_empty() => {
                flaws.push(flaw(at("name"), "Only tools and placeholders can have a name."));
            }
            _ => {}
        }
    }
}

fn check_variables(content: &Content, flaws: &mut Vec<Flaw>) {
    if content.variables.len() > MAX_VARIABLES {
        flaws.push(flaw("", format!("Declare at most {MAX_VARIABLES} variables.")));
    }
    let placeholders: BTreeSet<&str> = content.placeholders().collect();
    let mut names = BTreeSet::new();
    for (n, Variable { name, kind, default, description, .. }) in content.variables.iter().enumerate() {
        let at = |field: &str| format!("{field}-{n}");
        if !is_name(name) {
            flaws.push(flaw(at("var"), NAME_RULE));
        } else if !names.insert(name) {
            flaws.push(flaw(at("var"), "Another variable already has this name."));
        } else if placeholders.contains(name.as_str()) {
            flaws.push(flaw(at("var"), "A placeholder already has this name."));
        }
        if default.as_ref().is_some_and(|value| kind.take(value).as_ref() != Some(value)) {
            flaws.push(flaw(at("default"), format!("Enter {}.", kind.with_article())));
        } else if default.as_ref().is_some_and(is_too_deep) {
            flaws.push(flaw(at("default"), too_deep()));
        }
        if description.chars().count() > 300 {
            flaws.push(flaw(at("about"), "Use at most 300 characters."));
        }
    }
    check_defaults(content, flaws);
}

/// What is too long together is told at the longest.
fn check_defaults(content: &Content, flaws: &mut Vec<Flaw>) {
    let defaults = content.variables.iter().map(|variable| variable.default.as_ref().map_or(0, json_bytes));
    let sizes: Vec<usize> = defaults.collect();
    let longest = sizes.iter().enumerate().max_by_key(|(_, size)| **size);
    if let Some((n, _)) = longest
        && sizes.iter().sum::<usize>() > MAX_DEFAULTS
    {
        flaws.push(flaw(
            format!("default-{n}"),
            "Too long: the default values of all variables can have at most 50,000 bytes.",
        ));
    }
}

fn check_model(content: &Content, flaws: &mut Vec<Flaw>) {
    let model = &content.model;
    let is_slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if model.provider.len() > 40 || !model.provider.bytes().all(is_slug) {
        flaws.push(flaw("provider", "Use lowercase letters, digits and hyphens."));
    }
    if model.model.chars().count() > 100 || model.model.chars().any(char::is_control) {
        flaws.push(flaw("model", "Use at most 100 characters."));
    }
    if model.temperature.is_some_and(|degree| !(0.0..=2.0).contains(&degree)) {
        flaws.push(flaw("temperature", "Enter a number from 0 to 2."));
    }
    if model.max_tokens == Some(0) {
        flaws.push(flaw("max_tokens", "Enter a number of 1 or more."));
    }
    if model.tools.as_ref().is_some_and(|tools| !tools.is_array()) {
        flaws.push(flaw("tools", "Enter a JSON list."));
    }
    if model.response_format.as_ref().is_some_and(|format| !format.is_object()) {
        flaws.push(flaw("response_format", "Enter a JSON object."));
    }
    for (field, value) in [("tools", &model.tools), ("response_format", &model.response_format)] {
        if value.as_ref().is_some_and(is_too_deep) {
            flaws.push(flaw(field, too_deep()));
        }
    }
    let values = [&model.tools, &model.response_format].into_iter().flatten();
    if values.map(json_bytes).sum::<usize>() > 50_000 {
        flaws.push(flaw("tools", "Too long: tools and response format can have at most 50,000 bytes."));
    }
}

/// What people read about a value that is nested too deeply.
#[must_use]
pub fn too_deep() -> String {
    format!("Nest lists and objects at most {MAX_NESTING} levels deep.")
}

/// Nothing, or the error that tells of all flaws.
///
/// # Errors
/// [`crate::error::Error::Invalid`] when there are any.
pub fn refuse(flaws: Vec<Flaw>) -> Result<()> {
    if flaws.is_empty() { Ok(()) } else { Err(crate::error::Error::Invalid { flaws }) }
}

/// What is wrong with a field.
pub fn flaw(field: impl Into<String>, message: impl Into<String>) -> Flaw {
    Flaw { field: field.into().into(), message: message.into().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::content::Kind;

    #[test]
    fn what_is_told_of_a_line_is_found_at_its_field() {
        for (kind, told, field) in
            [(Kind::Text, "Line 3: odd", "text"), (Kind::Chat, "Message 2, line 3: odd", "content-1")]
        {
            let content = Content::empty(kind);
            assert_eq!(placed(&content, 1, "Line 3: odd"), told);
            assert_eq!(place_of(&content, told), Some((field.to_owned(), "Line 3: odd".to_owned())));
        }
        assert_eq!(placed(&Content::empty(Kind::Chat), 1, "And 2 more."), "Message 2: And 2 more.");
        for told in ["n must be a number.", "Message 2: odd", "Message 0, line 1: odd", "Line 1: odd"] {
            assert_eq!(place_of(&Content::empty(Kind::Chat), told), None, "{told}");
        }
    }
}
