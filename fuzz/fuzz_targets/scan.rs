//! The target of cargo-fuzz.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use portcullis_catalog::Catalog;

static CATALOG: OnceLock<Catalog> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::run(CATALOG.get_or_init(|| Catalog::with_entries(&[]).expect("the built-in catalog is sound")), data);
});
