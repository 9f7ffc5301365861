//! `WebhookLayer`: bodies, key sources, handshakes, responses, outcomes and the contract of tower.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod body;
mod diagnose;
mod extractors;
mod handshakes;
mod key_sources;
mod memory_budget;
mod mounting;
mod oracles;
mod outcome;
mod probe;
mod remote_keys;
mod responses;
mod settings;
mod support;
mod tower_contract;
