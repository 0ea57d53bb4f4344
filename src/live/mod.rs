//! What one person does, others see: the stream of an organization.

pub mod stream;
