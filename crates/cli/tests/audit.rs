//! `portcullis audit verify`, as an operator uses it: the real binary, over a log that guard's own code wrote.

#![expect(
    clippy::expect_used,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use portcullis_funnel::{AuditLog, AuditRecord, AuditSink, ChainEnd, Unavailable};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl AuditSink for Lines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        self.0.lock().expect("a lock").extend([line, "\n"]);
        Ok(())
    }
}

fn log() -> String {
    let lines = Lines::default();
    let log = AuditLog::new(ChainEnd::default(), Box::new(lines.clone()));
    for action in ["a", "b", "c"] {
        let record = AuditRecord {
            ts: 1,
            request_id: "r".to_owned(),
            action: Some(action.to_owned()),
            decision: "denied".to_owned(),
            stage: "rate".to_owned(),
            reason: None,
            actor: None,
            ip: None,
            latency_ms: 2,
        };
        log.write(&record).expect("a record");
    }
    lines.0.lock().expect("a lock").clone()
}

fn verify(path: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["audit", "verify"])
        .arg(path)
        .args(more)
        .output()
        .expect("the binary")
}

#[test]
fn a_whole_log_is_told_from_a_broken_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let text = log();
    std::fs::write(&path, &text).expect("a file");
    let whole = verify(&path, &[]);
    let printed = String::from_utf8_lossy(&whole.stdout).into_owned();
    assert_eq!(whole.status.code(), Some(0), "{printed}");
    assert!(printed.starts_with("3 records, the last hash is "), "{printed}");
    let end = printed.trim().rsplit(' ').next().expect("a hash").to_owned();

    std::fs::write(&path, text.replacen("\"b\"", "\"x\"", 1)).expect("a file");
    let changed = verify(&path, &[]);
    assert_eq!(changed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&changed.stdout).contains("line 2 was changed"));

    let shorter: String = text.split_inclusive('\n').take(2).collect();
    std::fs::write(&path, shorter).expect("a file");
    assert_eq!(verify(&path, &[]).status.code(), Some(0));
    assert_eq!(verify(&path, &["--end", &end]).status.code(), Some(1));
    assert_eq!(verify(&folder.path().join("absent"), &[]).status.code(), Some(2));
}
