//! The target of libFuzzer for `claims`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_gate::session::claims(input));
