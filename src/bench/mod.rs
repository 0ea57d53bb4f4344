//! What benchmarks need of the server; its routes exist only with `--bench`.

mod library;
pub mod routes;
