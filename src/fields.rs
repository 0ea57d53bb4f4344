//! What people type, parsed once into types that can only hold good values.
//!
//! Each `parse` answers with a sentence for the field. Nothing here knows which form it serves.

mod addresses;
mod characters;
mod domains;
mod email;
mod environment_name;
mod look_alikes;
mod name;
mod password;
mod path_name;
mod slug;
mod text;

pub use crate::text::{capitalized, counted, counted_as};
pub use addresses::unlinked;
pub use characters::{composed, flaw as hidden_flaw, without_idle};
pub use domains::Domains;
pub use email::{Email, MAX_ADDRESSES, split_addresses};
pub use environment_name::EnvironmentName;
pub use look_alikes::with_plain_signs;
pub use name::Name;
pub use password::Password;
pub use path_name::PathName;
pub use slug::Slug;
pub use text::text;
