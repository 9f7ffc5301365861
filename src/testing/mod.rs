//! For tests of what is built on this crate; needs the `testing` feature.

mod store;

pub use self::store::store;
