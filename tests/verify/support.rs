//! The shared helpers that these tests use.

#[path = "../support/common.rs"]
mod common;
#[path = "../support/log.rs"]
mod log;

pub(crate) use self::{common::*, log::Log};
