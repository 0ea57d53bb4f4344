//! What rendering needs, and what comes of it.

use super::values;
use crate::{
    id::PromptId,
    prompts::{
        analysis::Analysis,
        content::{Content, Message},
        inherited::Named,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Values by name.
pub type Values = Map<String, Value>;

/// What prompts inherit from the folders around them and from the organization, by prompt.
pub type Inherited = BTreeMap<PromptId, Named>;

/// A prompt with everything that rendering it needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Resolved {
    /// The prompt itself, then those it refers to, each once.
    pub parts: Vec<Part>,
    /// Whether parts are missing, since all together were too many or too large.
    pub is_cut: bool,
    /// The places of the parts whose values another deployment kept than that of the prompt itself. Rendering does
    /// without.
    #[serde(skip)]
    pub lent: BTreeSet<usize>,
    /// The paths of the parts whose values no deployment kept, though they are live: those change with the folders.
    /// Rendering does without.
    #[serde(skip)]
    pub unkept: BTreeSet<String>,
    /// Whether the values hold names in place of what is missing, as a preview shows it.
    pub has_stand_ins: bool,
}

/// A prompt, as rendering needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Its id.
    pub prompt: PromptId,
    /// Its path.
    pub path: String,
    /// Which version it is; none for a draft.
    pub version: Option<i64>,
    /// What it says.
    pub content: Content,
    /// What is known of its texts.
    pub analysis: Analysis,
    /// What it inherits of what it names.
    pub inherited: Named,
    /// Where its references lead: from the target as written to the place in [`Resolved::parts`].
    pub references: BTreeMap<String, usize>,
}

/// A reference that is followed when a prompt is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Reference)]
pub struct Edge {
    /// The path of the prompt with the reference.
    pub from: String,
    /// The version of the prompt with the reference; null for a draft.
    pub from_version: Option<i64>,
    /// As written, without overrides.
    pub target: String,
    /// The path of the included prompt, as references call it.
    pub to: String,
    /// The version of the included prompt.
    pub to_version: Option<i64>,
}

impl Resolved {
    /// The resolution graph: every reference that is followed, those of the prompt itself first.
    #[must_use]
    pub fn graph(&self) -> Vec<Edge> {
        let edges = |from: &Part| {
            let (path, version, references) = (from.path.clone(), from.version, from.references.clone());
            references.into_iter().filter_map(move |(target, to)| {
                let to = self.parts.get(to)?;
                let (from, to_version) = (path.clone(), to.version);
                Some(Edge { from, from_version: version, target, to: to.path.clone(), to_version })
            })
        };
        self.parts.iter().flat_map(edges).collect()
    }
}

impl Resolved {
    /// About how many bytes it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of = |part: &Part| {
            let inherited: usize = part.inherited.values().map(values::about).sum();
            part.content.bytes() + inherited + 64 * part.references.len()
        };
        self.parts.iter().map(of).sum()
    }

    /// What its deployment keeps: what its parts inherit. What another deployment keeps of a prompt counts only where
    /// nothing else is known of it.
    #[must_use]
    pub fn inherited(&self) -> BTreeMap<PromptId, BTreeMap<&str, &Value>> {
        let parts = || self.parts.iter().enumerate();
        let own: HashSet<PromptId> =
            parts().filter(|(place, _)| !self.lent.contains(place)).map(|(_, part)| part.prompt).collect();
        let mut all: BTreeMap<PromptId, BTreeMap<&str, &Value>> = BTreeMap::new();
        for (place, part) in parts() {
            let of_prompt = all.entry(part.prompt).or_default();
            if !self.lent.contains(&place) || !own.contains(&part.prompt) {
                of_prompt.extend(part.inherited.iter().map(|(name, value)| (name.as_str(), value)));
            }
        }
        all
    }

    /// Whether it says the same as another resolution of the same prompt: the same versions that inherit the same,
    /// each put in at the same places. What could not be read may inherit anything.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&Part, &Part)| {
            (one.prompt, one.version) == (other.prompt, other.version)
                && one.references == other.references
                && one.inherited == other.inherited
                && !one.analysis.is_unread
                && !other.analysis.is_unread
        };
        self.is_cut == other.is_cut
            && self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(is_same)
    }
}

/// The text or messages sent to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rendered {
    /// A single text.
    Text(String),
    /// Messages, with placeholders filled in.
    Chat(Vec<Message>),
}

/// Why a prompt cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Problems {
    /// The names of variables and placeholders that need a value and have none.
    pub missing: BTreeSet<String>,
    /// What else is wrong, with the path of the prompt where it is.
    pub others: BTreeSet<(String, String)>,
}

impl Problems {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.others.is_empty()
    }
}

/// What people read when a prompt is put together from too many others, or too long ones.
pub const TOO_LARGE: &str =
    "This prompt includes too many other prompts, or too much of their text and of inherited values.";
