//! What the list holds.

use crate::ui::glyph;

/// Something to go to, or to do.
pub(super) struct Found {
    pub(super) icon: glyph::Glyph,
    pub(super) name: String,
    /// What kind of thing it is, or where it is.
    pub(super) says: String,
    pub(super) does: Does,
}

/// What comes of choosing it.
pub(super) enum Does {
    /// A page opens.
    Open(String),
    /// A form is sent: its URL, and the field in it, if there is one.
    Send(&'static str, Option<(&'static str, &'static str)>),
}
