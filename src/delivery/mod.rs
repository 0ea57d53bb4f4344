//! What services are answered with: their keys, the memory of what they fetch, usage.

pub mod answer_cache;
pub mod cache;
pub mod cached_answer;
pub mod key_cache;
pub mod key_quota;
pub mod keys;
pub mod usage;

pub use cache::Delivery;
pub use cached_answer::{About, Answer, AnswerHeaders, CacheLifetime, VERSION};
pub use key_cache::Principal;
pub use key_quota::RateLimit;
