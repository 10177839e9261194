//! The seeds and past findings of `fuzz/gate`: what must hold for every input holds for these, whole and cut short.


#[path = "../../../../../fuzz/gate/src/decode.rs"]
#[expect(unreachable_pub, reason = "the targets of the fuzzers call them")]
mod checks;

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "a test reads its own inputs")]
fn replay(target: &str, check: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/gate");
    let mut count = 0;
    for folder in ["seeds", "crashers"] {
        let Ok(entries) = std::fs::read_dir(fuzz.join(folder).join(target)) else {
            continue;
        };
        for entry in entries {
            let input = std::fs::read(entry.expect("an entry").path()).expect("an input");
            check(&input);
            for end in (0..input.len()).step_by(1 + input.len() / 10) {
                check(&input[..end]);
            }
            count += 1;
        }
    }
    assert!(count >= 4, "{count} seeds of {target}");
}

#[test]
fn seeds_of_json_hold() {
    replay("json", checks::json);
}

#[test]
fn seeds_of_forms_hold() {
    replay("form", checks::form);
}

