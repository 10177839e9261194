//! The target of cargo-fuzz for `form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| portcullis_fuzz_flight::checks::form(input));
