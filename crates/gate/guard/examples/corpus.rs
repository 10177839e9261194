//! Prints the regression corpus for an application that runs: `corpus HOST ORIGIN PAGE ACTION`. One JSON object a line:
//! the family, the name, what has to happen, and the bytes of the request in hexadecimal.

#[path = "../tests/corpus/cases/mod.rs"]
mod cases;

use std::io::Write as _;
use std::process::ExitCode;

use cases::{Expect, Site};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let [Some(host), Some(origin), Some(page), Some(action)] = std::array::from_fn(|_| arguments.next()) else {
        return ExitCode::from(2);
    };
    let site = Site {
        host,
        origin,
        page,
        action,
    };
    let mut output = std::io::stdout().lock();
    for case in cases::all(&site) {
        let (expect, words) = match &case.expect {
            Expect::Refused(codes) => ("refused", codes.as_slice()),
            Expect::Passes => ("passes", &[][..]),
            Expect::Without(words) => ("without", words.as_slice()),
        };
        let hex = case
            .bytes
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let line = serde_json::json!({
            "family": case.family, "name": case.name, "expect": expect, "words": words, "bytes": hex,
        });
        if writeln!(output, "{line}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
