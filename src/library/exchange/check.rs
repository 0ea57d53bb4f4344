//! What can be told of a file before anything is imported.

use super::{
    archive, foreign,
    format::{FORMAT, Lead, LibraryFile, PromptEntry, VersionEntry},
};
use crate::{
    error::Result as Outcome,
    fields::{EnvironmentName, PathName},
    kernel::{JobOwner, long_work},
    library::exchange::path::is_too_long,
    prompts::{
        Tags,
        analysis::Analysis,
        checks,
        content::{Content, Kind},
        store::MAX_PATH,
    },
    templates::Selector,
    tenancy::Server,
    ui::parse_rfc3339,
};
use std::sync::Arc;

/// The most prompts of a file, and the most folders.
const MAX_THINGS: usize = 5_000;
/// The most characters of the name of an environment.
const MAX_ENVIRONMENT: usize = EnvironmentName::MAX;
/// The most versions of a prompt.
const MAX_VERSIONS: usize = 10_000;
/// The most old paths of a prompt.
const MAX_OLD_PATHS: usize = 1_000;

/// The file in some bytes: JSON, a prompt in Markdown or without any format, or a ZIP archive of such. `name` is
/// what the file is called; nothing for text that was pasted.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn read(bytes: &[u8], name: &str) -> Result<LibraryFile, String> {
    long_work::note(bytes.len());
    let file = match bytes {
        [b'P', b'K', 3, 4, ..] => archive::read(bytes),
        _ => of_text(bytes, name),
    }?
    .composed();
    whole(&file)?;
    Ok(file)
}

fn of_text(bytes: &[u8], name: &str) -> Result<LibraryFile, String> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| format!("This file isn't text. {}", foreign::INSTEAD))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_json(text, name) {
        return of_json(text);
    }
    if text.trim().is_empty() {
        return Err("This file is empty.".to_owned());
    }
    foreign::one_prompt(text, name).map(LibraryFile::of_prompt)
}

/// Whether a text is meant to be JSON. A template may begin with braces, too.
fn is_json(text: &str, name: &str) -> bool {
    let begins = |all: &[&str]| all.iter().any(|one| text.trim_start().starts_with(one));
    match foreign::ending(name).as_str() {
        "json" => true,
        "md" | "markdown" | "txt" => false,
        _ => begins(&["{", "["]) && !begins(&["{{", "{%", "{#", "[["]),
    }
}

/// Whether a file may be imported as a whole.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn whole(file: &LibraryFile) -> Result<(), String> {
    if file.format != FORMAT {
        return Err(format!("This isn't a Prompt Studio export: its format should be {FORMAT}."));
    }
    if file.prompts.len() > MAX_THINGS || file.folders.len() > MAX_THINGS {
        return Err(format!("Import at most {MAX_THINGS} prompts at once."));
    }
    Ok(())
}

fn of_json(text: &str) -> Result<LibraryFile, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file = serde_path_to_error::deserialize(&mut json);
    file.map_err(|error| error.to_string())
        .and_then(|file| json.end().map(|()| file).map_err(|error| error.to_string()))
        .map_err(|why| foreign::of_json(text, &why))
}

/// What is said about a prompt, checked.
#[derive(Debug)]
pub(super) struct About {
    /// The names of the folders it is in, from the top down.
    pub(super) folders: Vec<PathName>,
    /// The last of its path.
    pub(super) name: PathName,
    /// Its tags.
    pub(super) tags: Tags,
    /// Whether it is text or chat.
    pub(super) kind: Kind,
    /// What its draft says, or else its newest version.
    pub(super) draft: Content,
}

/// The parts of a path. Of one that is too long nothing more is read.
pub(super) fn levels(path: &str) -> Result<Vec<PathName>, String> {
    if is_too_long(path) {
        return Err(format!("its path is longer than {MAX_PATH} characters"));
    }
    path.split('/').map(level).collect()
}

fn level(text: &str) -> Result<PathName, String> {
    let name = PathName::parse(text).map_err(|why| format!("“{text}” can't be a name: {why}"))?;
    if name.as_str() == text {
        Ok(name)
    } else {
        Err(format!("“{text}” has spaces that aren't allowed in names"))
    }
}

/// What the folders and prompts of a file say by themselves, or what is wrong with that.
#[derive(Debug)]
pub(super) struct Abouts {
    /// The names in the path of each folder.
    pub(super) folders: Vec<Result<Vec<PathName>, String>>,
    /// What each prompt says.
    pub(super) prompts: Vec<Result<About, String>>,
}

/// Looks at everything that the folders and prompts of a file say by themselves.
///
/// # Errors
/// When there is no room for that now; what is wrong with a folder or a prompt is told within.
pub(super) async fn abouts(
    (server, behalf): (&Server, JobOwner),
    file: &Arc<LibraryFile>,
) -> Outcome<Abouts> {
    let whole = file.clone();
    let look = move || Abouts {
        folders: whole.folders.iter().map(|folder| levels(&folder.path)).collect(),
        prompts: whole.prompts.iter().map(about_itself).collect(),
    };
    let mut abouts = server.long_work.run(behalf, look).await?;
    for (entry, about) in file.prompts.iter().zip(&mut abouts.prompts) {
        for (n, version) in entry.versions.iter().enumerate() {
            if about.is_err() {
                break;
            }
            let analysis = Analysis::of(server, behalf, &version.content).await?;
            if let Err(why) = check_version(n + 1, version, &analysis) {
                *about = Err(why);
            }
        }
    }
    Ok(abouts)
}

fn about_itself(entry: &PromptEntry) -> Result<About, String> {
    let mut folders = levels(&entry.path)?;
    let name = folders.pop().ok_or("it has no name")?;
    let tags = Tags::parse(&entry.tags.join("\n")).map_err(ToOwned::to_owned)?;
    if entry.description.chars().count() > 1000 {
        return Err("its description is longer than 1000 characters".to_owned());
    }
    if !is_text(&entry.description) {
        return Err("its description has characters that can't be displayed".to_owned());
    }
    if entry.versions.len() > MAX_VERSIONS {
        return Err(format!("it has more than {MAX_VERSIONS} versions"));
    }
    check_names(entry)?;
    let contents = || entry.versions.iter().map(|version| &version.content).chain(&entry.draft);
    let Some(draft) = contents().last() else { return Err("it has no content".to_owned()) };
    let kind = draft.kind();
    if contents().any(|content| content.kind() != kind) {
        return Err("some of its versions are text and some chat".to_owned());
    }
    for content in contents() {
        if let Some(flaw) = checks::flaws(content).first() {
            return Err(flaw.message.to_string());
        }
    }
    Ok(About { folders, name, tags, kind, draft: draft.clone() })
}

/// Checks how long everything is that a prompt names besides itself: its old paths and what its versions refer to.
fn check_names(entry: &PromptEntry) -> Result<(), String> {
    if entry.old_paths.len() > MAX_OLD_PATHS {
        return Err(format!("it has more than {MAX_OLD_PATHS} old paths"));
    }
    if entry.old_paths.iter().any(|path| is_too_long(path)) {
        return Err(format!("one of its old paths is longer than {MAX_PATH} characters"));
    }
    for (n, version) in (1..).zip(&entry.versions) {
        for lead in version.references.values() {
            if is_too_long(&lead.path) {
                return Err(format!(
                    "version {n}: the path of a reference is longer than {MAX_PATH} characters"
                ));
            }
            if lead.environment.len() > MAX_ENVIRONMENT {
                return Err(format!(
                    "version {n}: the environment of a reference is longer than {MAX_ENVIRONMENT} characters"
                ));
            }
        }
    }
    Ok(())
}

/// Whether it has no control characters but ends of lines and tabs.
fn is_text(text: &str) -> bool {
    !text.chars().any(|sign| sign.is_control() && !matches!(sign, '\n' | '\t'))
}

fn check_version(number: usize, version: &VersionEntry, analysis: &Analysis) -> Result<(), String> {
    if usize::try_from(version.number) != Ok(number) {
        return Err(format!("expected version {number} but found version {}", version.number));
    }
    if version.message.chars().count() > 500 || version.author.chars().count() > 200 {
        return Err(format!("the message or the author of version {number} is too long"));
    }
    if !is_text(&version.message) || !is_text(&version.author) {
        return Err(format!(
            "the message or the author of version {number} has characters that can't be displayed"
        ));
    }
    if !version.created_at.is_empty() && parse_rfc3339(&version.created_at).is_none() {
        return Err(format!("version {number} should say when it was saved like this: 2026-01-31T12:00:00Z"));
    }
    if let Some(flaw) = checks::syntax_flaws(&version.content, analysis).first() {
        return Err(format!("version {number}: {}", flaw.message));
    }
    // Only a text that says so follows an environment.
    let fits = |(target, lead): (&String, &Lead)| {
        let said = analysis.references.get(target).map(|said| &said.selector);
        said.is_some_and(|said| lead.environment.is_empty() || matches!(said, Selector::Environment(_)))
    };
    if !version.references.iter().all(fits) {
        return Err(format!("the references of version {number} don't match its text"));
    }
    Ok(())
}
