//! The shared helpers that these tests use.

#[path = "../support/common.rs"]
mod common;
#[path = "../support/log.rs"]
mod log;

#[path = "../support/probe.rs"]
pub(crate) mod probe;

pub(crate) use self::{common::*, log::Log};
