//! The server's side of `browser`: nothing to do.

pub(super) const fn answer_in_place() {}

pub(super) const fn follow() {}

pub(super) const fn assist_slug() {}

pub(super) const fn offer_palette() {}

pub(super) const fn arrange() {}

pub(super) const fn fold() {}
