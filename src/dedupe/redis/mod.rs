//! Deliveries in Redis or Valkey: the store, its connection, and what goes wrong.

mod connection;
mod error;
mod scripts;
mod silence;
mod store;

pub use self::{connection::RedisConnection, error::RedisStoreError, store::RedisStore};
