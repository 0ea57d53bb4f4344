//! A prompt as a Markdown file: front matter in YAML between two lines `---`, then what it says.
//!
//! The front matter has the `path`, `description`, `tags`, `kind` (`text` or `chat`), `engine`, `variables`
//! and `model`, as [`Content`] has them. Of a chat each message begins with a line `<!-- user -->`, or
//! `<!-- tool: name -->`; a line of the text that looks like one has a backslash before it. Versions are not
//! in it: for them there is [`format`](super::format).

use super::format::PromptEntry;
use crate::{
    error::{Error, Result},
    kernel::internal_error::internal,
    prompts::content::{Body, Content, Kind, Message, ModelSettings, Speaker, Variable},
    templates::Engine,
};
use serde::{Deserialize, Serialize};

const FENCE: &str = "---\n";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    engine: Engine,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variables: Vec<Variable>,
    #[serde(default, skip_serializing_if = "ModelSettings::is_empty")]
    model: ModelSettings,
}

/// The file of a prompt: what its newest version says.
///
/// # Errors
/// [`Error::Internal`] when it cannot be written.
pub fn write(entry: &PromptEntry) -> Result<String> {
    let content = entry.content().ok_or(Error::NotFound)?;
    let front = Front {
        path: entry.path.clone(),
        description: entry.description.clone(),
        tags: entry.tags.clone(),
        kind: content.kind(),
        engine: content.engine,
        variables: content.variables.clone(),
        model: content.model.clone(),
    };
    let front = serde_saphyr::to_string(&front).map_err(|error| internal(&error))?;
    let mut text = format!("{FENCE}{}\n{FENCE}", front.trim_end());
    match &content.body {
        Body::Text(said) => {
            text += said;
            text.push('\n');
        }
        Body::Chat(messages) => messages.iter().for_each(|message| write_message(message, &mut text)),
    }
    Ok(text)
}

fn write_message(message: &Message, text: &mut String) {
    let role = message.role.as_str();
    let name = if message.name.is_empty() { String::new() } else { format!(": {}", message.name) };
    text.extend(["<!-- ", role, &name, " -->\n"]);
    for line in message.content.split('\n') {
        if mark(line.trim_start_matches('\\')).is_some() {
            text.push('\\');
        }
        text.push_str(line);
        text.push('\n');
    }
}

/// Whose message begins with a line, and under which name.
fn mark(line: &str) -> Option<(Speaker, &str)> {
    let said = line.trim_end_matches('\r').strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    let (role, name) = said.split_once(": ").unwrap_or((said, ""));
    Some((Speaker::parse(role)?, name))
}

/// The prompt in the text of a file.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn read(text: &str) -> Result<PromptEntry, String> {
    let text = text.replace("\r\n", "\n");
    let after = text.strip_prefix(FENCE).ok_or("It doesn't start with front matter (a line with ---).")?;
    let (front, said) = match after.split_once("\n---\n") {
        Some(parts) => parts,
        None => {
            (after.strip_suffix("\n---").ok_or("Its front matter doesn't end with a line with ---.")?, "")
        }
    };
    let front = front_matter(front)?;
    let said = said.strip_suffix('\n').unwrap_or(said);
    let body = match front.kind {
        Kind::Text => Body::Text(said.to_owned()),
        Kind::Chat => Body::Chat(messages(said)?),
    };
    let content = Content { engine: front.engine, body, variables: front.variables, model: front.model };
    Ok(PromptEntry {
        path: front.path,
        description: front.description,
        tags: front.tags,
        old_paths: Vec::new(),
        versions: Vec::new(),
        draft: Some(content),
    })
}

/// The front matter in its YAML. Aliases are refused: with them a few bytes stand for many.
fn front_matter(yaml: &str) -> Result<Front, String> {
    let options = serde_saphyr::options! { budget: serde_saphyr::budget! { max_aliases: 0 } };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| match error.without_snippet() {
        serde_saphyr::Error::Budget {
            breach: serde_saphyr::budget::BudgetBreach::Aliases { .. }, ..
        } => "Its front matter uses YAML aliases (*name), which aren't supported. Write out the values."
            .to_owned(),
        _ => format!("Its front matter isn't valid: {error}").chars().take(300).collect(),
    })
}

fn messages(said: &str) -> Result<Vec<Message>, String> {
    let mut messages: Vec<(Speaker, &str, Vec<&str>)> = Vec::new();
    for line in said.split('\n') {
        if let Some((role, name)) = mark(line) {
            messages.push((role, name, Vec::new()));
        } else if let Some((.., lines)) = messages.last_mut() {
            let is_escaped = line.starts_with('\\') && mark(line.trim_start_matches('\\')).is_some();
            lines.push(if is_escaped { &line[1..] } else { line });
        } else if !line.trim().is_empty() {
            return Err(
                "There is text before the first message. Start with a line such as <!-- user -->.".into()
            );
        }
    }
    let message = |(role, name, lines): (Speaker, &str, Vec<&str>)| Message {
        role,
        name: name.to_owned(),
        content: lines.join("\n"),
    };
    Ok(messages.into_iter().map(message).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(content: Content) -> PromptEntry {
        let (path, description) = ("A b/C: d".to_owned(), "Says: \"what\"\n- and # more".to_owned());
        let (tags, old_paths, versions) = (vec!["yes".to_owned(), "1".to_owned()], Vec::new(), Vec::new());
        PromptEntry { path, description, tags, old_paths, versions, draft: Some(content) }
    }

    fn said() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("<!-- user -->".to_owned()),
            Just("\\<!-- tool: x -->".to_owned()),
            Just("---".to_owned()),
            Just(String::new()),
            "[a-z{}\\[\\] #:\\\\-]{0,12}",
        ];
        prop::collection::vec(part, 0..6).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(texts in prop::collection::vec(said(), 1..4), is_chat in any::<bool>()) {
            let message = |content: &String| Message { role: Speaker::User, content: content.clone(), name: String::new() };
            let body = if is_chat { Body::Chat(texts.iter().map(message).collect()) } else { Body::Text(texts[0].clone()) };
            let variable = Variable {
                name: "größe".into(),
                kind: crate::prompts::content::ValueKind::Object,
                required: true,
                default: Some(serde_json::json!({ "no": [1, 2.5, null, "on", "~"] })),
                description: "null".into(),
            };
            let model = ModelSettings { provider: "openai".into(), temperature: Some(0.3), ..ModelSettings::default() };
            let before = entry(Content { engine: Engine::Jinja, body, variables: vec![variable], model });
            let text = write(&before).unwrap();
            prop_assert_eq!(read(&text).unwrap(), before, "{}", text);
        }
    }

    #[test]
    fn hand_written_files_are_read() {
        let text = "---\npath: Support/Reply\ntags: [mail]\nkind: chat\n---\n\n<!-- system -->\nBe kind.\n<!-- user -->\n{{ mail }}\n";
        let entry = read(text).unwrap();
        assert_eq!((entry.path.as_str(), &entry.tags[..]), ("Support/Reply", &["mail".to_owned()][..]));
        let Some(Content { body: Body::Chat(messages), .. }) = entry.draft else { panic!("a chat") };
        assert_eq!(messages[1].content, "{{ mail }}");
    }

    #[test]
    fn what_is_no_prompt_is_refused() {
        for text in [
            "",
            "---\n",
            "---\npath: a",
            "---\npath: [\n---\n",
            "---\nname: a\n---\n",
            "---\npath: a\nkind: song\n---\n",
            "---\npath: a\nkind: chat\n---\nHello",
            "---\na: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\npath: *c\n---\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
