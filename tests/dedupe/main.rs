//! `DedupeLayer` and its stores. Some tests start a Redis server; see `tests/README.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
// Modules that need a feature use some of the helpers alone.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

mod chaos;
mod exactly_once;
mod keys;
mod layer;
#[cfg(feature = "redis")]
mod redis;
#[cfg(all(feature = "redis", feature = "testing"))]
mod redis_connections;
#[cfg(feature = "redis")]
mod redis_server;
#[cfg(feature = "testing")]
mod stores;
mod support;
