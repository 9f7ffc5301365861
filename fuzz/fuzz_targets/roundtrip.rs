#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tower_webhook_fuzz::{rig::Rig, roundtrip, seeds};

static RIGS: LazyLock<Vec<Rig>> = LazyLock::new(seeds::roundtrip_rigs);

fuzz_target!(|data: &[u8]| roundtrip::check(&RIGS, data));
