//! The target of libFuzzer for `chunks`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_gate::edge::chunks(input));
