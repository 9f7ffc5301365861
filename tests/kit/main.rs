//! The public test kit, `tower_webhook::testing`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod abuse;
mod abuse_tcp;
mod support;
