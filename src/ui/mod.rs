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
mod email;
mod empty;
mod field;
mod form;
mod hidden;
mod icon;
mod notice;
mod page;
mod pager;
mod public_layout;
mod row_template;
mod scripts;
mod section;
mod theme;
mod when;

pub use alert::{Alert, FormAlert};
pub use avatar::{Avatar, Initials, hue, initials};
pub use bake::{Bake, Html};
pub use confirm::{About, Act, Confirm, Delete};
pub use controls::{Check, FieldFlaw, PasswordProof, Ticks, Upload};
pub use cookies::{cookie, script_cookie, set_cookie};
pub use document::Head;
pub use email::{LetterText, compose, quoted, quoted_path};
pub use empty::Empty;
pub use field::{Choice, Choices, Field, Select, Submit, Was};
pub use form::{Form, Once, PageField};
pub use hidden::Hidden;
pub use icon::{Icon, glyph};
pub use notice::{Notice, Telling, Toast};
pub use page::{go_on, not_found, page, told};
pub use pager::{Pager, pages};
pub use public_layout::PublicLayout;
pub use row_template::{RowTemplate, gap};
pub use scripts::{Scripts, StartModule};
pub use section::Section;
pub use theme::Theme;
pub use when::{Moment, When, day, iso_day, parse_day, parse_rfc3339, rfc3339, rfc3339_exact};
