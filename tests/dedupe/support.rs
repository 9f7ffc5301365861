//! The shared helpers that these tests use.

#[path = "../support/answer.rs"]
mod answer;
#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/delivery.rs"]
mod delivery;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/signing.rs"]
mod signing;
#[path = "../support/time.rs"]
mod time;
#[path = "../support/vectors.rs"]
mod vectors;

use bytes::Bytes;
use http_body_util::Full;

pub(crate) use self::{answer::*, clock::*, delivery::*, log::*, signing::*, time::*, vectors::*};

pub(crate) type RequestBody = Full<Bytes>;
