//! Files that are not ours: what a text without any format is, and what a file of another program is.

use super::{
    format::{FORMAT, PromptEntry},
    markdown,
};
use crate::{
    fields::{PathName, with_plain_signs},
    prompts::content::{Body, Content, Kind},
    text::is_path_char,
};
use serde::{Deserialize, de::IgnoredAny};
use std::collections::BTreeMap;

/// What a prompt is called whose file has no name that a prompt could have.
const UNNAMED: &str = "Imported prompt";

/// What can be imported, for those who tried something else.
pub(super) const INSTEAD: &str = "Import a Prompt Studio export (JSON, Markdown or ZIP), or a .md or .txt file with the text of one prompt.";

/// How the name of a file ends, in small letters; nothing when it has no ending.
pub(super) fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
}

/// The prompt in a text: with front matter, or all of it.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn one_prompt(text: &str, name: &str) -> Result<PromptEntry, String> {
    if text.starts_with("---\n") || text.starts_with("---\r\n") {
        return markdown::read(text);
    }
    if let Some(says) = of_text(text) {
        return Err(says);
    }
    match ending(name).as_str() {
        "yaml" | "yml" | "csv" | "html" | "xml" => {
            Err(format!("This kind of file can't be imported. {INSTEAD}"))
        }
        _ => Ok(plain(name, text)),
    }
}

/// A text without any format: one prompt, called like its file or else like its first heading. In an archive the
/// folders of the file are those of the prompt.
fn plain(name: &str, text: &str) -> PromptEntry {
    let text = text.replace("\r\n", "\n");
    let said = text.strip_suffix('\n').unwrap_or(&text);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let levels: Vec<String> = stem.split('/').filter_map(level).collect();
    let heading = || said.lines().find(|line| !line.trim().is_empty())?.strip_prefix('#').and_then(level);
    let path =
        if levels.is_empty() { heading().unwrap_or_else(|| UNNAMED.to_owned()) } else { levels.join("/") };
    let draft = Content { body: Body::Text(said.to_owned()), ..Content::empty(Kind::Text) };
    PromptEntry {
        path,
        description: String::new(),
        tags: Vec::new(),
        old_paths: Vec::new(),
        versions: Vec::new(),
        draft: Some(draft),
    }
}

/// A text as a level of a path, without what a path cannot hold.
fn level(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['#', '.', ' ']);
    let kept = |sign| if is_path_char(sign) && sign != '/' { sign } else { ' ' };
    let text: String = with_plain_signs(text).chars().map(kept).collect();
    let text: String = text.trim().chars().take(PathName::MAX).collect();
    PathName::parse(&text).ok().map(|name| name.to_string())
}

/// What a text looks like that is no JSON; nothing when it looks like the text of a prompt.
fn of_text(text: &str) -> Option<String> {
    let begins = |key: &str| text.lines().any(|line| line.trim_end().starts_with(key));
    let is_promptfoo = begins("prompts:") && ["providers:", "tests:", "targets:"].into_iter().any(begins);
    is_promptfoo.then(|| looks_like("a promptfoo configuration"))
}

/// What JSON is that is no library.
pub(super) fn of_json(json: &str, why: &str) -> String {
    // Only the names count; a value is kept as nothing, which is not zero bytes large.
    type Object = BTreeMap<String, Option<IgnoredAny>>;
    #[derive(Deserialize)]
    struct Page {
        data: Vec<Object>,
    }
    #[derive(Deserialize)]
    struct Named {
        format: String,
    }
    if let Some((line, column)) =
        serde_json::from_str::<IgnoredAny>(json).err().map(|e| (e.line(), e.column()))
    {
        return format!("This isn't valid JSON: check line {line}, column {column}.");
    }
    if serde_json::from_str::<Named>(json).is_ok_and(|file| file.format == FORMAT) {
        return format!("This export was edited and is no longer valid: {why}.").chars().take(300).collect();
    }
    let object: Option<Object> = serde_json::from_str(json).ok();
    let first = object.or_else(|| serde_json::from_str::<Vec<Object>>(json).ok()?.into_iter().next());
    let listed = serde_json::from_str::<Page>(json).ok().and_then(|page| page.data.into_iter().next());
    let Some(first) = first else { return not_ours() };
    let has = |object: &Object, all: &[&str], any: &[&str]| {
        all.iter().all(|key| object.contains_key(*key)) && any.iter().any(|key| object.contains_key(*key))
    };
    let langfuse: [&str; 5] = ["labels", "versions", "config", "commitMessage", "resolutionGraph"];
    if has(&first, &["name", "prompt"], &langfuse)
        || listed.is_some_and(|one| has(&one, &["name"], &langfuse))
    {
        looks_like("a Langfuse export")
    } else if has(&first, &["prompts"], &["providers", "tests", "targets"])
        || has(&first, &["evalId", "results"], &["config"])
    {
        looks_like("a promptfoo file")
    } else if has(&first, &["messages"], &["model", "messages"]) {
        looks_like("a request to a model")
    } else {
        not_ours()
    }
}

fn looks_like(what: &str) -> String {
    format!(
        "This looks like {what}, which can't be imported yet. Save the text of each prompt as a .md or .txt file and import those, as a ZIP archive or one by one."
    )
}

fn not_ours() -> String {
    format!("This file isn't a Prompt Studio export. {INSTEAD}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_others_are_told_by_name() {
        for (json, told) in [
            (
                r#"{"id":"x","name":"greet","prompt":"Hi {{name}}","type":"text","version":1,"labels":["production"],"config":{}}"#,
                "Langfuse",
            ),
            (r#"[{"name":"greet","prompt":[{"role":"user","content":"Hi"}],"labels":[]}]"#, "Langfuse"),
            (
                r#"{"data":[{"name":"greet","versions":[1],"labels":[],"tags":[]}],"meta":{"page":1}}"#,
                "Langfuse",
            ),
            (r#"{"prompts":["Hi {{name}}"],"providers":["openai:gpt"],"tests":[]}"#, "promptfoo"),
            (r#"{"evalId":"e","results":{},"config":{}}"#, "promptfoo"),
            (r#"{"model":"m","messages":[]}"#, "a request to a model"),
            (r#"{"format":"prompt-studio/library/9"}"#, "isn't a Prompt Studio export"),
            ("{}", "isn't a Prompt Studio export"),
            ("[]", "isn't a Prompt Studio export"),
            ("[1]", "isn't a Prompt Studio export"),
            ("{\n\"a\": 1,}", "n't valid JSON: check line 2, column 8."),
        ] {
            let says = of_json(json, "why");
            assert!(says.contains(told) && !says.contains("why"), "{json}: {says}");
        }
        let ours = format!(r#"{{"format":"{FORMAT}","prompts":[{{"path":"a","x":1}}]}}"#);
        assert!(of_json(&ours, "prompts[0]: unknown field `x`").contains("prompts[0]: unknown field `x`"));
        assert!(
            of_text("description: x\nprompts:\n  - a\nproviders: [b]\n")
                .is_some_and(|says| says.contains("promptfoo"))
        );
        assert_eq!(of_text("The prompts: and tests: of today\n\nprompts: none"), None);
    }

    #[test]
    fn a_text_is_a_prompt_called_like_its_file() {
        for (name, text, path) in [
            ("Triage.md", "x", "Triage"),
            ("a.b.txt", "x", "a.b"),
            ("Support/Mail/Reply.md", "x", "Support/Mail/Reply"),
            ("../{x}|<y>.txt", "x", "x y"),
            ("Support∕Tone＠2.txt", "x", "Support Tone 2"),
            ("", "\n\n## Be kind\nor not", "Be kind"),
            ("", "Be kind", UNNAMED),
            (".md", "# new\n", UNNAMED),
            (&"n".repeat(300), "x", &"n".repeat(80)),
        ] {
            assert_eq!(plain(name, text).path, path, "{name}");
        }
        let said = plain("a.md", "One\r\n{{ two }}\n").draft.map(|draft| draft.body);
        assert_eq!(said, Some(Body::Text("One\n{{ two }}".to_owned())));
    }
}
