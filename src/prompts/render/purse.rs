//! What one rendering may cost, all its texts and references together.

/// The most bytes of a result.
const PRINTED: usize = 1024 * 1024;
/// The most bytes that are read: of templates each time one is included, and of values.
const READ: usize = 16 * 1024 * 1024;
/// The most bytes that are kept at once besides the result.
const KEPT: usize = 8 * 1024 * 1024;
/// The most references that are followed.
const REFERENCES: usize = 10_000;
/// The most work, in steps that take about as long each: a piece of a text, a variable, some bytes.
const WORK: usize = 2_000_000;
/// The most work that is done in the server's own process: a few milliseconds.
const AT_ONCE: usize = 20_000;
/// How many bytes are read in a step, and how many copied.
const READ_IN_A_STEP: usize = 16;
const COPIED_IN_A_STEP: usize = 64;

/// What people read when more than the result is too much.
pub const TOO_MUCH: &str = "This prompt is too complex: include fewer or shorter prompts.";
/// What they read when it is the result.
pub(super) const TOO_LONG: &str = "The result is longer than 1 MiB.";

/// What is left of what a rendering may cost. Once anything of it is used up, nothing more is done.
#[derive(Debug)]
pub struct Purse {
    printed: usize,
    read: usize,
    kept: usize,
    references: usize,
    work: usize,
    is_empty: bool,
}

impl Default for Purse {
    fn default() -> Self {
        Self { printed: PRINTED, read: READ, kept: KEPT, references: REFERENCES, work: WORK, is_empty: false }
    }
}

impl Purse {
    /// One for what is done in the server's own process.
    pub(super) fn at_once() -> Self {
        Self { work: AT_ONCE, ..Self::default() }
    }

    /// Whether anything of it was used up.
    pub(super) const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// What is left of the work.
    pub(super) const fn work_left(&self) -> usize {
        self.work
    }

    /// Pays for so many steps, and for copying so many bytes.
    pub(super) fn work(&mut self, steps: usize, bytes: usize) -> bool {
        pay(&mut self.work, steps + bytes / COPIED_IN_A_STEP, &mut self.is_empty)
    }

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
        self.work(1 + bytes / READ_IN_A_STEP, 0) && pay(&mut self.read, bytes, &mut self.is_empty)
    }

    /// Pays for keeping so many bytes.
    pub(super) fn keep(&mut self, bytes: usize) -> bool {
        pay(&mut self.kept, bytes, &mut self.is_empty)
    }

    /// Pays for following a reference.
    pub(super) fn follow(&mut self) -> bool {
        self.work(1, 0) && pay(&mut self.references, 1, &mut self.is_empty)
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
