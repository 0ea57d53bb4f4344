//! What islands do in the browser: post forms in place, follow the organization's stream, and
//! bring the page up to what the server says without losing what somebody is at.

mod dom;
mod forms;
mod live;
mod morph;
mod slug;

pub(super) use forms::answer_in_place;
pub(super) use live::follow;
pub(super) use slug::assist_slug;
