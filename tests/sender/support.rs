//! The shared helpers that these tests use.

#[path = "../support/report.rs"]
mod report;
#[path = "../support/script.rs"]
mod script;
#[path = "../support/signing.rs"]
mod signing;
#[path = "../support/time.rs"]
mod time;

use tower_webhook::Secret;

pub(crate) use self::{report::*, script::*, signing::*, time::*};

pub(crate) fn standard_secret() -> Secret {
    Secret::new(STANDARD_SECRET).expect("a good secret")
}
