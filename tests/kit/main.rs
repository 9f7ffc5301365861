//! The public test kit, `tower_webhook::testing`.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
// Modules that need a feature use some of the helpers alone.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

mod abuse;
mod abuse_tcp;
mod support;
