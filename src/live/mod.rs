//! What one person does, others see: the stream of an organization.

#[cfg(feature = "ssr")]
pub mod stream;
