//! The repository itself: module layout, the examples' helpers and the table of providers.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod examples;
mod layout;
mod provider_table;
