//! What benchmarks need of the server; its routes exist only with `--bench`.

#[cfg(feature = "ssr")]
mod library;
#[cfg(feature = "ssr")]
pub mod routes;
