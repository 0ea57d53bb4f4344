//! The library as a file: one JSON object.
//!
//! | field | holds |
//! | --- | --- |
//! | `format` | [`FORMAT`] |
//! | `variables` | the variables of the organization, by name; only of a whole library |
//! | `folders` | each with its `path` and `variables`, parents first, in order |
//! | `prompts` | each with its `path`, in the order of its folder |
//!
//! A prompt has a `description`, `tags`, the `old_paths` that lead to it, its `versions` from the first on, and
//! its `draft` where that says something else than the newest of them. A version has its `number`, `message`,
//! `author` (a name), `created_at` (RFC 3339, UTC), the version it `restores`, what it says (`content`, as
//! [`Content`] is written), and where its `references` led: from the target as written to a path and a version, or the environment it named.

use crate::{fields::composed, kernel::long_work, prompts::content::Content};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, fmt};
use utoipa::ToSchema;

/// What the file says it is.
pub const FORMAT: &str = "prompt-studio/library/1";

/// A library or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryFile {
    /// The format of the file: `prompt-studio/library/1`.
    pub format: String,
    /// The variables of the organization.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
    /// The folders, parents first.
    #[serde(default)]
    pub folders: Vec<FolderEntry>,
    /// The prompts.
    #[serde(default)]
    pub prompts: Vec<PromptEntry>,
}

impl LibraryFile {
    /// A file of nothing.
    #[must_use]
    pub fn empty() -> Self {
        let (format, variables) = (FORMAT.to_owned(), BTreeMap::new());
        Self { format, variables, folders: Vec::new(), prompts: Vec::new() }
    }

    /// A file of one prompt.
    #[must_use]
    pub fn of_prompt(prompt: PromptEntry) -> Self {
        Self { prompts: vec![prompt], ..Self::empty() }
    }

    /// The same with its paths composed, as names are: some programs write `é` as two characters.
    #[must_use]
    pub fn composed(mut self) -> Self {
        let compose = |path: &mut String| {
            long_work::note(path.len());
            if let Cow::Owned(composed) = composed(path) {
                *path = composed;
            }
        };
        self.folders.iter_mut().for_each(|folder| compose(&mut folder.path));
        for prompt in &mut self.prompts {
            compose(&mut prompt.path);
            prompt.old_paths.iter_mut().for_each(compose);
            let versions = prompt.versions.iter_mut();
            let leads = versions.flat_map(|version| version.references.values_mut());
            leads.for_each(|lead| compose(&mut lead.path));
        }
        self
    }
}

/// A folder in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderEntry {
    /// Its path.
    pub path: String,
    /// Its variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
}

/// A prompt in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptEntry {
    /// Its path.
    pub path: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Former paths that still lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_paths: Vec<String>,
    /// Its versions, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionEntry>,
    /// Its draft, if it differs from the latest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Content>,
}

impl PromptEntry {
    /// What its newest version says, or its draft when it has none.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.versions.last().map(|version| &version.content).or(self.draft.as_ref())
    }
}

/// A version in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionEntry {
    /// Its number, from 1.
    pub number: i64,
    /// The message of its author.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The name of the person who saved it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// When it was saved, RFC 3339 in UTC. Defaults to the time of the import.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_at: String,
    /// The version it restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<i64>,
    /// Its content.
    pub content: Content,
    /// The targets of its references.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Lead>,
}

/// The target of a reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReferenceLead)]
pub struct Lead {
    /// The path of the prompt.
    pub path: String,
    /// The version number; 0 for a reference to an environment.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: i64,
    /// The environment, for a reference to one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.environment.is_empty() {
            write!(f, "version {} of {}", self.version, self.path)
        } else {
            write!(f, "{} in {}", self.path, self.environment)
        }
    }
}
