#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tower_webhook_fuzz::{attack, rig::Rig, seeds};

static RIGS: LazyLock<Vec<Rig>> = LazyLock::new(seeds::layers_rigs);

fuzz_target!(|data: &[u8]| attack::check(&RIGS, data));
