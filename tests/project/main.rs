//! The repository itself: module layout, the examples' helpers, links between the Markdown files,
//! and the table of providers.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod errors;
mod examples;
mod layout;
mod links;
mod provider_table;
