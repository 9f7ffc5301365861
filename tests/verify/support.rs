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

use base64ct::Encoding as _;

pub(crate) use self::{
    answer::*, clock::*, delivery::*, extra::*, log::*, recorder::*, report::*, rig::*, script::*,
    signing::*, time::*, vectors::*,
};

pub(crate) type RequestBody = Script;

pub(crate) fn base64_unpadded(bytes: &[u8]) -> String {
    base64ct::Base64Unpadded::encode_string(bytes)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    base64ct::Base64Url::encode_string(bytes)
}

pub(crate) const fn invalid_timestamp(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Invalid timestamp"}"#,
        kind,
    }
}

pub(crate) const fn expired(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Request expired"}"#,
        kind,
    }
}

pub(crate) const fn method_not_allowed() -> Expect {
    Expect::Refused {
        status: 405,
        text: r#"{"error":"Method not allowed"}"#,
        kind: "MethodNotAllowed",
    }
}
