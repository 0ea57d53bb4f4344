use super::model::Part;

/// A prompt where it is rendered: itself, or included in another with values of its own.
pub(super) struct Inclusion<'a, 'o> {
    pub(super) part: &'a Part,
    pub(super) overrides: &'o [(String, String)],
    pub(super) depth: usize,
}

impl<'a> Inclusion<'a, 'static> {
    pub(super) const fn whole(part: &'a Part) -> Self {
        Self { part, overrides: &[], depth: 1 }
    }
}
