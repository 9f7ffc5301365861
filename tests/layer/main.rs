//! `WebhookLayer`: bodies, key sources, handshakes, responses, outcomes and the contract of tower.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
// Modules that need a feature use some of the helpers alone.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

mod body;
#[cfg(all(feature = "diagnose", feature = "testing"))]
mod diagnose;
#[cfg(feature = "axum")]
mod extractors;
mod handshakes;
#[cfg(feature = "key-cache")]
mod key_sources;
mod memory_budget;
mod mounting;
mod oracles;
mod outcome;
mod preset_requirements;
mod probe;
#[cfg(all(feature = "ecdsa", feature = "remote-keys"))]
mod remote_keys;
mod responses;
mod settings;
mod support;
mod tower_contract;
