//! What islands do in the browser: post forms in place, follow the organization's stream, and
//! bring the page up to what the server says without losing what somebody is at.

#[cfg(not(feature = "editor"))]
mod arrange;
pub(crate) mod dom;
#[cfg(not(feature = "editor"))]
mod fold;
#[cfg(not(feature = "editor"))]
mod forms;
#[cfg(not(feature = "editor"))]
mod live;
pub(crate) mod morph;
#[cfg(not(feature = "editor"))]
mod palette;
#[cfg(not(feature = "editor"))]
mod slug;

#[cfg(not(feature = "editor"))]
pub(in crate::ui) use {
    arrange::arrange, fold::fold, forms::answer_in_place, live::follow, palette::offer_palette,
    slug::assist_slug,
};
