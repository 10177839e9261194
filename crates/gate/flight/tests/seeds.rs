//! The seeds and past findings of `fuzz/flight`: what must hold for every input holds for these.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

#[path = "../../../../fuzz/flight/src/checks.rs"]
#[expect(unreachable_pub, reason = "the targets of the fuzzers call them")]
mod checks;

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "a test reads its own inputs")]
fn replay(target: &str, check: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/flight");
    let mut count = 0;
    for folder in ["seeds", "crashers"] {
        let Ok(entries) = std::fs::read_dir(fuzz.join(folder).join(target)) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let input = std::fs::read(&path).expect("an input");
            check(&input);
            // Cut short, it breaks no promise either. What a fuzzer found is cut already.
            let found = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("corpus-"));
            for end in (0..input.len()).step_by(1 + input.len() / if found { 2 } else { 40 }) {
                check(&input[..end]);
            }
            count += 1;
        }
    }
    assert!(count >= 5, "{count} seeds of {target}");
}

#[test]
fn seeds_of_text_hold() {
    replay("text", checks::text);
}

#[test]
fn seeds_of_multipart_hold() {
    replay("multipart", checks::multipart);
}

#[test]
fn seeds_of_forms_hold() {
    replay("form", checks::form);
}

#[test]
fn seeds_of_rows_hold() {
    replay("rows", checks::rows);
}
