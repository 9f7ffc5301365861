#![no_main]

use libfuzzer_sys::fuzz_target;
use tower_webhook_fuzz::parse;

fuzz_target!(|data: &[u8]| parse::check(data));
