//! The seeds and past crashers of `fuzz/`, through the binary: what the fuzzer found once stays found.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::{Outcome, Project};

/// How a seed names its next file: this, the name, a line break. The same as in `fuzz/`.
const SEPARATOR: &str = "//// ";

#[test]
fn every_seed_and_past_crasher_is_scanned() -> Outcome {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut scanned = 0;
    for directory in ["seeds", "crashers"] {
        let Ok(entries) = fuzz.join(directory).read_dir() else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            let mut text = String::new();
            File::open(&path)?.read_to_string(&mut text)?;
            let project = Project::new()?;
            for file in text.split(SEPARATOR).skip(1) {
                let (name, text) = file.split_once('\n').unwrap_or((file, ""));
                project.write(name.trim(), text)?;
            }
            for format in ["json", "sarif", "human"] {
                project
                    .scan(format)?
                    .went_well()
                    .map_err(|error| format!("{}: {error}", path.display()))?;
            }
            scanned += 1;
        }
    }
    assert!(scanned >= 5, "only {scanned} seeds");
    Ok(())
}
