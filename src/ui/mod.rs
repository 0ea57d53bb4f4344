//! Our components: rendered on the server, each with a twin in `style/components/`, and the
//! islands that every page of the app has.
//!
//! They know how things look and how a form fails, and nothing of what the product is about.

#![allow(unreachable_pub, reason = "components come with types of their props that nobody names")]

#[cfg(feature = "ssr")]
mod alert;
#[cfg(feature = "ssr")]
mod avatar;
#[cfg(feature = "ssr")]
mod bake;
#[cfg(feature = "hydrate")]
pub(crate) mod browser;
#[cfg(not(feature = "hydrate"))]
#[path = "no_browser.rs"]
mod browser;
#[cfg(feature = "ssr")]
mod confirm;
#[cfg(feature = "ssr")]
mod controls;
#[cfg(feature = "ssr")]
mod cookies;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod empty;
#[cfg(feature = "ssr")]
mod field;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod icon;
#[cfg(not(feature = "editor"))]
mod islands;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
mod notice;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod pager;
#[cfg(feature = "ssr")]
mod scripts;
#[cfg(feature = "ssr")]
mod section;
#[cfg(feature = "ssr")]
mod sheet;
#[cfg(feature = "ssr")]
mod stencil;
#[cfg(feature = "ssr")]
mod theme;
#[cfg(feature = "ssr")]
mod when;

#[cfg(feature = "ssr")]
pub use {
    alert::{Alert, FormAlert},
    avatar::{Avatar, Initials, hue, initials},
    bake::{Bake, Html},
    confirm::{About, Act, Confirm, Delete},
    controls::{Check, FieldFlaw, PasswordProof, Ticks, Upload},
    cookies::{cookie, script_cookie, set_cookie},
    document::Head,
    empty::Empty,
    field::{Choice, Choices, Field, Hidden, Select, Submit, Was},
    form::{Form, Once, PageField},
    icon::{Icon, glyph},
    letter::{LetterText, compose, quoted, quoted_path},
    notice::{Notice, Telling, Toast},
    page::{go_on, not_found, page, told},
    pager::{Pager, pages},
    scripts::{Scripts, StartModule},
    section::Section,
    sheet::Sheet,
    stencil::{Stencil, gap},
    theme::Theme,
    when::{Moment, When, day, iso_day, parse_day, parse_rfc3339, rfc3339, rfc3339_exact},
};

#[cfg(not(feature = "editor"))]
pub use islands::{InPlace, Live, SlugAssistant};
