//! What people type, parsed once into types that can only hold good values.
//!
//! Each `parse` answers with a sentence for the field. Nothing here knows which form it serves.

#[cfg(feature = "ssr")]
mod addresses;
#[cfg(feature = "ssr")]
mod characters;
mod counted;
#[cfg(feature = "ssr")]
mod domains;
#[cfg(feature = "ssr")]
mod email;
#[cfg(feature = "ssr")]
mod environment_name;
#[cfg(feature = "ssr")]
mod look_alikes;
#[cfg(feature = "ssr")]
mod name;
#[cfg(feature = "ssr")]
mod password;
#[cfg(feature = "ssr")]
mod path_name;
mod signs;
mod slug;
#[cfg(feature = "ssr")]
mod text;

#[cfg(feature = "ssr")]
pub use addresses::unlinked;
#[cfg(feature = "ssr")]
pub use characters::{composed, flaw as hidden_flaw, without_idle};
pub use counted::{capitalized, counted, counted_as};
#[cfg(feature = "ssr")]
pub use domains::Domains;
#[cfg(feature = "ssr")]
pub use email::{Email, MAX_ADDRESSES, split_addresses};
#[cfg(feature = "ssr")]
pub use environment_name::EnvironmentName;
#[cfg(feature = "ssr")]
pub use look_alikes::with_plain_signs;
#[cfg(feature = "ssr")]
pub use name::Name;
#[cfg(feature = "ssr")]
pub use password::Password;
#[cfg(feature = "ssr")]
pub use path_name::PathName;
pub use signs::is_path_char;
pub use slug::Slug;
#[cfg(feature = "ssr")]
pub use text::text;
