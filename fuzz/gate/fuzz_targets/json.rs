//! The target of libFuzzer for `json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_gate::decode::json(input));
