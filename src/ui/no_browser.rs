//! The server's side of `browser`: nothing to do.

pub(super) const fn answer_in_place() {}

pub(super) const fn follow() {}

pub(super) const fn assist_slug() {}
