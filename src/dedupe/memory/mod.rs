//! Deliveries in this process's memory: the store, and one shard of it.

mod shard;
mod store;

pub use self::store::{Full, MemoryStore};
