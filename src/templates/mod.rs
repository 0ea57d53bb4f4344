//! Templates: the text of a prompt, with variables and references in it.
//!
//! # Grammar
//!
//! | written | means |
//! | --- | --- |
//! | `{{ name }}` | the value of a variable; white space inside is free |
//! | `{{ user.city }}` | a field of a variable that holds an object |
//! | `[[ Folder/Sub/Name ]]` | the text of another prompt of the organization |
//! | `[[ path@3 ]]`, `[[ path@production ]]` | its third version; the one deployed there |
//! | `[[ path \| key=value, k2="a, b" ]]` | the same with values of its own for its variables |
//! | `\{{` and `\[[` | the braces and brackets themselves |
//!
//! A name is a letter, then letters, digits and underscores. What looks like none of these is text and
//! stays as it is. There is no HTML in a prompt, so nothing is escaped for it.
//!
//! With the engine [`Engine::Jinja`] the text is a Jinja template (`if`, `for`, filters), in which
//! references stand wherever text does.
//!
//! # Rendering
//!
//! [`parse()`] never fails and takes time linear in the text; [`Template`] written out again is the
//! canonical form, which parses to the same template. **Inserted values are inert**: what a variable holds
//! is never looked at again, whatever stands in it.

pub mod highlight;
mod jinja;
mod malformed;
mod name;
mod parse;
mod reference;
mod slips;
mod spans;
mod tokens;

pub use malformed::Malformed;
pub use name::{NAME_RULE, is_name};
pub use parse::{Piece, Template, parse};
pub use reference::{Reference, Selector};
pub use slips::{Slip, line_told, slips, slips_in_words};
pub use spans::{Span, SpanKind, names, spans};
pub use tokens::{about_tokens, estimate};

use serde::{Deserialize, Serialize};

/// The template engine of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Variables and references only.
    #[default]
    Plain,
    /// Jinja, with references.
    Jinja,
}

impl Engine {
    /// Both, in the order they are shown in.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Jinja];

    /// Its name in forms and in versions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Jinja => "jinja",
        }
    }

    /// The engine of a name, to the letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.as_str() == text)
    }
}
