//! `portcullis policy`: writes a policy, or checks one.

mod check;
mod init;

use portcullis_model::Confidence;

use super::Verdict;
use crate::arguments::{Arguments, PolicyCommand};
use crate::failure::Failure;
use crate::pipeline::Settings;

pub(super) fn run(command: &PolicyCommand, arguments: &Arguments) -> Result<Verdict, Failure> {
    match command {
        PolicyCommand::Init(init) => init::run(init, arguments).map(|()| Verdict::Fine),
        PolicyCommand::Check(check) => check::run(check, arguments),
    }
}

/// Findings are not shown: the policy is about the inventory.
fn inventory_only() -> Settings {
    Settings {
        rules: Vec::new(),
        no_rules: Vec::new(),
        confidence: Confidence::Low,
        no_ignores: false,
        baseline: None,
        groups: false,
    }
}
