//! The target of libFuzzer for `preamble`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_gate::edge::preamble(input));
