//! The target of libFuzzer for `head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_gate::edge::head(input));
