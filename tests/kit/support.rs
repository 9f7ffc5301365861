//! The shared helpers that these tests use.

#[path = "../support/signing.rs"]
mod signing;
#[path = "../support/time.rs"]
mod time;

pub(crate) use self::{signing::*, time::*};
