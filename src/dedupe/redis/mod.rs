//! Deduplication records in Redis or Valkey: the store, its connection and its error.
//!
//! [`ConnectionManager`](redis::aio::ConnectionManager) reconnects after an I/O error, and TCP's
//! keepalive and user timeout turn a lost peer into an I/O error. `connection.rs` adds what the
//! `redis` crate does not do. It replaces the connection, by the function that made it, if
//!
//! - operations go unanswered while the peer's TCP stack still acknowledges data: behind a proxy
//!   whose server is gone, for example;
//! - the server is no longer the master, which is an answer and not an I/O error: the function asks
//!   the sentinels, or resolves the host name, again;
//! - the `ConnectionManager` gave up, as it does if a reconnection fails by something else than
//!   I/O: a rejected password, for example.

mod connect;
mod connection;
mod error;
mod scripts;
mod store;

pub use self::{error::RedisStoreError, store::RedisStore};
