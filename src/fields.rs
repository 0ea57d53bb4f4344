//! What people type, parsed once into types that can only hold good values.
//!
//! Each `parse` answers with a sentence for the field. Nothing here knows which form it serves.

mod counted;
#[cfg(feature = "ssr")]
mod domains;
#[cfg(feature = "ssr")]
mod email;
#[cfg(feature = "ssr")]
mod environment_name;
mod name;
#[cfg(feature = "ssr")]
mod password;
mod path_name;
mod slug;
#[cfg(feature = "ssr")]
mod text;

pub use counted::{capitalized, counted, counted_as};
#[cfg(feature = "ssr")]
pub use domains::Domains;
#[cfg(feature = "ssr")]
pub use email::{Email, split_addresses};
#[cfg(feature = "ssr")]
pub use environment_name::EnvironmentName;
pub use name::Name;
#[cfg(feature = "ssr")]
pub use password::Password;
pub use path_name::{PathName, is_path_char};
pub use slug::Slug;
#[cfg(feature = "ssr")]
pub use text::text;
