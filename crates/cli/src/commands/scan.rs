//! `portcullis scan`: findings, inventory, verdict.

use portcullis_model::Scan;

use super::Verdict;
use crate::arguments::{Arguments, ScanArguments};
use crate::failure::Failure;
use crate::fix::{self, Done, Plan};
use crate::{configuration, output, pipeline, target, terminal};

pub(super) fn run(scan_arguments: &ScanArguments, arguments: &Arguments) -> Result<Verdict, Failure> {
    let target = target::find(&scan_arguments.paths)?;
    let selection = &scan_arguments.selection;
    let baseline = configuration::read_baseline(scan_arguments.baseline.as_deref(), &target)?;
    let settings = super::settings(selection, baseline)?;
    let configuration = configuration::read(selection.config.as_deref(), &target)?;
    let mut scan = super::analyse(&target, &configuration, &settings, arguments.quiet)?;
    if scan_arguments.fix {
        let plan = fix::plan(&scan);
        if scan_arguments.dry_run {
            output::print(&portcullis_report::render_diff(&scan, &plan.files), false)?;
            return Ok(verdict(&scan, scan_arguments));
        }
        if !plan.files.is_empty() {
            let done = fix::apply(&plan, &scan, &target.root)?;
            if !arguments.quiet {
                terminal::note(&told(&plan, &done));
            }
            scan = super::analyse(&target, &configuration, &settings, arguments.quiet)?;
        }
    }
    super::deliver(scan_arguments.output.as_deref(), &target, arguments, |options| {
        portcullis_report::render(&scan, pipeline::rules(), scan_arguments.format.into(), options)
    })?;
    Ok(verdict(&scan, scan_arguments))
}

/// What was remedied, on one line.
fn told(plan: &Plan, done: &Done) -> String {
    let number = |count: usize, one: &str, more: &str| {
        if count == 1 {
            format!("1 {one}")
        } else {
            format!("{count} {more}")
        }
    };
    let mut line = format!(
        "remedied {} in {}",
        number(plan.findings, "finding", "findings"),
        number(done.files, "file", "files")
    );
    for path in &done.changed {
        line.push_str("; left alone, since it has changed: ");
        line.push_str(path);
    }
    line
}

fn verdict(scan: &Scan, arguments: &ScanArguments) -> Verdict {
    let fails = arguments
        .fail_on
        .severity()
        .is_some_and(|mildest| scan.findings.iter().any(|finding| finding.severity >= mildest));
    if fails && !arguments.exit_zero {
        Verdict::Findings
    } else {
        Verdict::Fine
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use portcullis_model::{Confidence, Finding, Severity};

    use super::*;
    use crate::arguments::Command;

    fn verdict_of(options: &[&str], severity: Severity) -> Verdict {
        let arguments = ["portcullis", "scan"].into_iter().chain(options.iter().copied());
        let Command::Scan(arguments) = Arguments::try_parse_from(arguments).unwrap().command else {
            panic!("another command")
        };
        let finding = Finding {
            rule: "r",
            severity,
            confidence: Confidence::High,
            endpoints: vec![],
            message: String::new(),
            consequence: String::new(),
            help: vec![],
            fix: None,
            labels: vec![],
            owasp: &[],
            cwe: &[],
            fingerprint: String::new(),
        };
        verdict(
            &Scan {
                findings: vec![finding],
                ..Scan::default()
            },
            &arguments,
        )
    }

    #[test]
    fn a_finding_fails_the_run_from_its_severity_on() {
        assert_eq!(verdict_of(&[], Severity::Critical), Verdict::Findings);
        assert_eq!(verdict_of(&[], Severity::High), Verdict::Findings);
        assert_eq!(verdict_of(&[], Severity::Medium), Verdict::Fine);
        assert_eq!(verdict_of(&["--fail-on", "low"], Severity::Low), Verdict::Findings);
        assert_eq!(verdict_of(&["--fail-on", "critical"], Severity::High), Verdict::Fine);
        assert_eq!(verdict_of(&["--fail-on", "never"], Severity::Critical), Verdict::Fine);
        assert_eq!(verdict_of(&["--exit-zero"], Severity::Critical), Verdict::Fine);
    }
}
