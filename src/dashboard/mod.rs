//! The dashboard of an organization: who is here, who is invited, what to do next.

mod deployed;
pub mod pages;
mod start;
