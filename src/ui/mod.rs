//! Our components: rendered on the server, each with a twin in `style/components/`.
//!
//! They know how things look and how a form fails, and nothing of what the product is about.

#![allow(unreachable_pub, reason = "components come with types of their props that nobody names")]

mod alert;
mod avatar;
mod bake;
mod confirm;
mod controls;
mod cookies;
mod document;
mod empty;
mod field;
mod form;
mod icon;
mod letter;
mod notice;
mod page;
mod pager;
mod scripts;
mod section;
mod sheet;
mod stencil;
mod theme;
mod when;

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
