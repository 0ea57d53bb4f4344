//! What differs between two contents: message by message and field by field, line by line, with the words
//! marked that differ within lines. White space counts: providers cache by it.

use super::content::{Body, Content, Message, Variable, pretty};
use crate::fields::counted;
use serde::{Deserialize, Serialize};
use serde_json::json;
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, TextDiff, capture_diff_slices};
use std::time::Duration;

/// How long lines are compared before the difference is told more coarsely.
const PATIENCE: Duration = Duration::from_millis(200);
/// Unchanged lines shown around changed ones.
const AROUND: usize = 3;
/// The longest lines that are compared word by word, in bytes, both together.
const LONGEST_LINE: usize = 20_000;

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Difference {
    /// In words, the most important first: "2 messages changed", "temperature 0.2 → 0.7".
    pub summary: Vec<String>,
    /// Part by part.
    pub parts: Vec<Part>,
}

/// A part that differs: a message, the text, the variables, the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called.
    pub title: String,
    /// What became of it.
    pub kind: PartKind,
    /// Its lines, unchanged ones only around those that changed.
    pub lines: Vec<Line>,
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// A line of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whether it stands in both, or only in one.
    pub side: Side,
    /// Its number before; none for a new line.
    pub old: Option<usize>,
    /// Its number after; none for one that is gone.
    pub new: Option<usize>,
    /// Its text in pieces, each with whether it is what differs.
    pub pieces: Vec<(bool, String)>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// In both.
    Both,
    /// Only before.
    Old,
    /// Only after.
    New,
    /// Nowhere: lines are left out here.
    Gap,
}

/// What differs between two contents.
#[must_use]
pub fn between(old: &Content, new: &Content) -> Difference {
    let mut difference = Difference::default();
    if old.kind() != new.kind() {
        difference.summary.push(format!("changed from {} to {}", old.kind().label(), new.kind().label()));
    }
    match (&old.body, &new.body) {
        (Body::Text(old), Body::Text(new)) => {
            if old != new {
                difference.summary.push("text changed".to_owned());
                difference.parts.push(changed("Text", old, new));
            }
        }
        (old, new) => messages(&as_messages(old), &as_messages(new), &mut difference),
    }
    settings(old, new, &mut difference);
    difference
}

impl Difference {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.summary.is_empty()
    }
}

fn as_messages(body: &Body) -> Vec<Message> {
    match body {
        Body::Text(text) => {
            vec![Message { role: super::content::Speaker::User, content: text.clone(), name: String::new() }]
        }
        Body::Chat(messages) => messages.clone(),
    }
}

fn messages(old: &[Message], new: &[Message], difference: &mut Difference) {
    let (mut added, mut removed, mut altered) = (0, 0, 0);
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, before, after) = (op.tag(), op.old_range(), op.new_range());
        if tag == DiffTag::Equal {
            continue;
        }
        let both = before.len().min(after.len());
        for n in 0..both {
            altered += 1;
            let (one, other) = (&old[before.start + n], &new[after.start + n]);
            let title = title(after.start + n, other);
            let is_same = (one.role, &one.name) == (other.role, &other.name);
            difference.parts.push(if is_same {
                changed(&title, &one.content, &other.content)
            } else {
                changed(&title, &written(one), &written(other))
            });
        }
        for n in before.skip(both) {
            removed += 1;
            difference.parts.push(whole(title(n, &old[n]), PartKind::Removed, &old[n].content));
        }
        for n in after.skip(both) {
            added += 1;
            difference.parts.push(whole(title(n, &new[n]), PartKind::Added, &new[n].content));
        }
    }
    for (count, what) in [(altered, "changed"), (added, "added"), (removed, "removed")] {
        match count {
            0 => {}
            count => difference.summary.push(format!("{} {what}", counted(count, "message"))),
        }
    }
}

fn title(n: usize, message: &Message) -> String {
    let name = if message.name.is_empty() { String::new() } else { format!(" {}", message.name) };
    format!("Message {} · {}{name}", n + 1, message.role.label())
}

/// A message as lines, who speaks the first of them: for where that differs, which the heading cannot say.
fn written(message: &Message) -> String {
    let name = if message.name.is_empty() { String::new() } else { format!(" {}", message.name) };
    format!("{}{name}:\n{}", message.role.label(), message.content)
}

fn settings(old: &Content, new: &Content, difference: &mut Difference) {
    if old.engine != new.engine {
        difference.summary.push(format!("engine {} → {}", old.engine.as_str(), new.engine.as_str()));
    }
    let (before, after) = (&old.model, &new.model);
    let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    let text = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
    for (name, before, after) in [
        ("provider", text(&before.provider), text(&after.provider)),
        ("model", text(&before.model), text(&after.model)),
        ("temperature", number(before.temperature), number(after.temperature)),
        ("max tokens", number(before.max_tokens.map(f64::from)), number(after.max_tokens.map(f64::from))),
    ] {
        if before != after {
            difference.summary.push(format!("{name} {before} → {after}"));
        }
    }
    let json = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(String::new, pretty);
    for (title, before, after) in [
        ("Variables", variables(&old.variables), variables(&new.variables)),
        ("Tools", json(&before.tools), json(&after.tools)),
        ("Response format", json(&before.response_format), json(&after.response_format)),
    ] {
        if before != after {
            difference.summary.push(format!("{} changed", title.to_lowercase()));
            difference.parts.push(changed(title, &before, &after));
        }
    }
}

/// Each variable a line.
pub(crate) fn variables(all: &[Variable]) -> String {
    let line = |one: &Variable| {
        let required = if one.required { ", required" } else { "" };
        let default = one.default.as_ref().map_or_else(String::new, |value| format!(" = {}", json!(value)));
        let about =
            if one.description.is_empty() { String::new() } else { format!(" · {}", one.description) };
        format!("{}: {}{required}{default}{about}", one.name, one.kind.label())
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn whole(title: String, kind: PartKind, text: &str) -> Part {
    let line = |(n, line): (usize, &str)| {
        let pieces = vec![(false, line.to_owned())];
        match kind {
            PartKind::Removed => Line { side: Side::Old, old: Some(n + 1), new: None, pieces },
            _ => Line { side: Side::New, old: None, new: Some(n + 1), pieces },
        }
    };
    Part { title, kind, lines: text.split('\n').enumerate().map(line).collect() }
}

fn changed(title: &str, old: &str, new: &str) -> Part {
    // So that an end of line that comes or goes is seen as one.
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&old, &new);
    let mut lines = Vec::new();
    let groups = diff.grouped_ops(AROUND);
    let mut shown = 0;
    for group in &groups {
        if group.first().is_some_and(|op| op.old_range().start > shown) {
            lines.push(Line { side: Side::Gap, old: None, new: None, pieces: Vec::new() });
        }
        for op in group {
            take_lines(&diff, op, &mut lines);
            shown = op.old_range().end;
        }
    }
    if shown < old.split_inclusive('\n').count() && !groups.is_empty() {
        lines.push(Line { side: Side::Gap, old: None, new: None, pieces: Vec::new() });
    }
    Part { title: title.to_owned(), kind: PartKind::Changed, lines }
}

fn take_lines(diff: &TextDiff<'_, '_, str>, op: &DiffOp, lines: &mut Vec<Line>) {
    let size: usize = diff.iter_changes(op).map(|change| change.value().len()).sum();
    let number = |index: Option<usize>| index.map(|index| index + 1);
    if op.tag() == DiffTag::Replace && size <= LONGEST_LINE {
        for change in diff.iter_inline_changes(op) {
            let pieces = change
                .values()
                .iter()
                .map(|(differs, text)| (*differs, text.trim_end_matches('\n').to_owned()));
            let pieces = pieces.filter(|(_, text)| !text.is_empty()).collect();
            let (old, new) = (number(change.old_index()), number(change.new_index()));
            lines.push(Line { side: side(change.tag()), old, new, pieces });
        }
        return;
    }
    for change in diff.iter_changes(op) {
        let pieces = vec![(false, change.value().trim_end_matches('\n').to_owned())];
        let (old, new) = (number(change.old_index()), number(change.new_index()));
        lines.push(Line { side: side(change.tag()), old, new, pieces });
    }
}

const fn side(tag: ChangeTag) -> Side {
    match tag {
        ChangeTag::Equal => Side::Both,
        ChangeTag::Delete => Side::Old,
        ChangeTag::Insert => Side::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(json: serde_json::Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    fn text(text: &str) -> Content {
        content(json!({ "body": { "text": text } }))
    }

    /// The difference as one reads it: words that differ in brackets.
    fn shown(difference: &Difference) -> String {
        let line = |line: &Line| {
            let sign = match line.side {
                Side::Both => " ",
                Side::Old => "-",
                Side::New => "+",
                Side::Gap => "…",
            };
            let pieces = line
                .pieces
                .iter()
                .map(|(differs, text)| if *differs { format!("[{text}]") } else { text.clone() });
            format!("{sign}{}", pieces.collect::<String>())
        };
        let part = |part: &Part| {
            let lines: Vec<_> = part.lines.iter().map(line).collect();
            format!("{} {:?}\n{}", part.title, part.kind, lines.join("\n"))
        };
        let parts: Vec<_> = difference.parts.iter().map(part).collect();
        format!("{}\n{}", difference.summary.join(", "), parts.join("\n"))
    }

    #[test]
    fn words_are_marked_within_lines() {
        let difference =
            between(&text("a\nb\nc\nd\ne\nBe very kind.\nf"), &text("a\nb\nc\nd\ne\nBe rather kind.\nf"));
        insta::assert_snapshot!(shown(&difference), @r"
        text changed
        Text Changed
        …
         c
         d
         e
        -Be [very] kind.
        +Be [rather] kind.
         f
        ");
        assert!(between(&text("a"), &text("a")).is_empty());
    }

    #[test]
    fn white_space_counts() {
        for (old, new) in [("a b", "a  b"), ("a", "a "), ("a", "a\n"), ("a\tb", "a b"), ("\na", "a")] {
            let difference = between(&text(old), &text(new));
            let lines = &difference.parts[0].lines;
            assert!(lines.iter().any(|line| line.side != Side::Both), "{old:?} {new:?}: {lines:?}");
        }
    }

    #[test]
    fn messages_and_settings_are_compared_one_by_one() {
        let old = content(json!({
            "body": { "chat": [
                { "role": "system", "content": "Be kind." }, { "role": "user", "content": "{{ q }}" },
            ] },
            "model": { "temperature": 0.2, "model": "m" },
        }));
        let new = content(json!({
            "engine": "jinja",
            "body": { "chat": [
                { "role": "system", "content": "Be brief." }, { "role": "user", "content": "{{ q }}" },
                { "role": "placeholder", "name": "history" },
            ] },
            "variables": [{ "name": "q", "required": true, "default": "x", "description": "What they ask" }],
            "model": { "temperature": 0.7, "model": "m", "tools": [] },
        }));
        insta::assert_snapshot!(shown(&between(&old, &new)), @r#"
        1 message changed, 1 message added, engine plain → jinja, temperature 0.2 → 0.7, variables changed, tools changed
        Message 1 · System Changed
        -Be [kind].
        +Be [brief].
        Message 3 · Placeholder history Added
        +
        Variables Changed
        -
        +q: Text, required = "x" · What they ask
        Tools Changed
        -
        +[[]]
        "#);
    }

    #[test]
    fn who_speaks_is_a_line_only_where_that_differs() {
        let chat = |role: &str, said: &str| {
            content(json!({ "body": { "chat": [{ "role": role, "content": said }] } }))
        };
        insta::assert_snapshot!(shown(&between(&chat("user", "Hi"), &chat("assistant", "Hi"))), @r"
        1 message changed
        Message 1 · Assistant Changed
        -[User]:
        +[Assistant]:
         Hi
        ");
    }

    #[test]
    fn long_texts_are_compared_in_bounded_time() {
        let lines =
            |seed: usize| (0..4000).map(|n| format!("{}\n", (n * seed) % 977)).collect::<Vec<_>>().concat();
        let difference = between(&text(&lines(7)), &text(&lines(13)));
        assert!(!difference.is_empty());
        let one_line = "word ".repeat(20_000);
        assert!(!between(&text(&one_line), &text(&format!("{one_line}x"))).is_empty());
    }
}
