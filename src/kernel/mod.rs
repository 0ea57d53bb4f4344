//! What everything stands on: configuration, the clock, the database, encryption, CPU-bound work, caches. It knows neither
//! organizations nor requests.

pub mod behalf;
pub mod clock;
pub mod config;
pub mod cpu_pool;
pub mod db;
pub mod encryption;
pub mod fair_queue;
pub mod fragment_cache;
pub mod instance_lock;
pub mod internal_error;
pub mod keyed_semaphore;
pub mod long_work;
pub mod open_changes;
pub mod passwords;
pub mod private_files;
pub mod read_pool;
pub mod sandbox;
pub mod shutdown;
pub mod threads;
pub mod tokens;
pub mod writer;

pub use behalf::JobOwner;
pub use clock::Clock;
pub use config::Config;
pub use internal_error::internal;
