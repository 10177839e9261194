//! `portcullis audit`: whether a log of decisions is whole.

use std::fs::File;
use std::io::BufReader;

use portcullis_guard::audit_file::{self, LogFault};

use super::Verdict;
use crate::arguments::{AuditCommand, AuditVerifyArguments};
use crate::failure::Failure;
use crate::output;

pub(super) fn run(command: &AuditCommand) -> Result<Verdict, Failure> {
    match command {
        AuditCommand::Verify(verify) => check(verify),
    }
}

fn check(arguments: &AuditVerifyArguments) -> Result<Verdict, Failure> {
    let path = &arguments.file;
    let file = File::open(path).map_err(|error| Failure::file("the audit log", path, &error))?;
    match audit_file::verify(BufReader::new(file), arguments.end.as_deref()) {
        Ok(end) => {
            output::print(&format!("{} records, the last hash is {}\n", end.seq, end.hash), false)?;
            Ok(Verdict::Fine)
        }
        Err(LogFault::Broken(broken)) => {
            output::print(&format!("broken: {broken}\n"), false)?;
            Ok(Verdict::Refused)
        }
        Err(LogFault::Unreadable(error)) => Err(Failure::file("the audit log", path, &error)),
    }
}
