//! `DedupeLayer` and its stores. Some tests start a Redis server; see `tests/README.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod chaos;
mod keys;
mod layer;
mod redis;
mod redis_connections;
mod redis_server;
mod stores;
mod support;
