//! The shared helpers that these tests use.

#[path = "../support/answer.rs"]
mod answer;
#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/delivery.rs"]
mod delivery;
#[path = "../support/extra.rs"]
mod extra;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/polling.rs"]
pub(crate) mod polling;
#[path = "../support/recorder.rs"]
mod recorder;
#[path = "../support/report.rs"]
mod report;
#[path = "../support/rig.rs"]
mod rig;
#[path = "../support/script.rs"]
mod script;
#[path = "../support/signing.rs"]
mod signing;
#[path = "../support/time.rs"]
mod time;
#[path = "../support/vectors.rs"]
mod vectors;

use std::sync::atomic::Ordering;

pub(crate) use self::{
    answer::*, clock::*, delivery::*, extra::*, log::*, recorder::*, report::*, rig::*, script::*,
    signing::*, time::*, vectors::*,
};

pub(crate) type RequestBody = Script;

impl Probe {
    pub(crate) fn is_dropped(&self) -> bool {
        self.0.is_dropped.load(Ordering::SeqCst)
    }
}

pub(crate) const fn too_large() -> Expect {
    Expect::Refused {
        status: 413,
        text: r#"{"error":"Payload too large"}"#,
        kind: "BodyTooLarge",
    }
}

pub(crate) const fn timeout() -> Expect {
    Expect::Refused {
        status: 408,
        text: r#"{"error":"Request timeout"}"#,
        kind: "BodyTimeout",
    }
}
