#![no_main]

use libfuzzer_sys::fuzz_target;
use tower_webhook_fuzz::builder;

fuzz_target!(|data: &[u8]| builder::check(data));
