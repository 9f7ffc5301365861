//! The shared helpers that these tests use.

#[path = "../support/common.rs"]
mod common;

pub(crate) use self::common::*;
