//! What one rendering may cost, all its texts and references together.

/// The most bytes of a result.
const PRINTED: usize = 1024 * 1024;
/// The most bytes that are read: of templates each time one is included, and of values.
const READ: usize = 16 * 1024 * 1024;
/// The most bytes that are kept at once besides the result.
const KEPT: usize = 8 * 1024 * 1024;
/// The most references that are followed.
const REFERENCES: usize = 10_000;

/// What people read when more than the result is too much.
pub(super) const TOO_MUCH: &str = "This prompt takes too much work: include fewer prompts, or shorter ones.";
/// What they read when it is the result.
pub(super) const TOO_LONG: &str = "The result is longer than 1 MiB.";

/// What is left of what a rendering may cost. Once anything of it is used up, nothing more is done.
#[derive(Debug)]
pub struct Purse {
    printed: usize,
    read: usize,
    kept: usize,
    references: usize,
    is_empty: bool,
}

impl Default for Purse {
    fn default() -> Self {
        Self { printed: PRINTED, read: READ, kept: KEPT, references: REFERENCES, is_empty: false }
    }
}

impl Purse {
    /// Pays for so many bytes of the result.
    pub(super) fn print(&mut self, bytes: usize) -> bool {
        pay(&mut self.printed, bytes, &mut self.is_empty)
    }

    /// What is left of the result.
    pub(super) const fn printed(&self) -> usize {
        self.printed
    }

    /// Gives back what a part of the result cost: it is paid for where it is put in.
    pub(super) const fn set_printed(&mut self, left: usize) {
        self.printed = left;
    }

    /// Pays for reading so many bytes.
    pub(super) fn read(&mut self, bytes: usize) -> bool {
        pay(&mut self.read, bytes, &mut self.is_empty)
    }

    /// Pays for keeping so many bytes.
    pub(super) fn keep(&mut self, bytes: usize) -> bool {
        pay(&mut self.kept, bytes, &mut self.is_empty)
    }

    /// Pays for following a reference.
    pub(super) fn follow(&mut self) -> bool {
        pay(&mut self.references, 1, &mut self.is_empty)
    }
}

fn pay(left: &mut usize, cost: usize, is_empty: &mut bool) -> bool {
    match left.checked_sub(cost) {
        Some(rest) if !*is_empty => {
            *left = rest;
            true
        }
        _ => {
            *is_empty = true;
            false
        }
    }
}
