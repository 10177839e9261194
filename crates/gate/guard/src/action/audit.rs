//! The file of the audit log. A line is written whole or not at all: what a full disk leaves of one is cut off again, so
//! that the chain goes on once there is room.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_funnel::{AuditLog, AuditSink, ChainEnd, Unavailable};

/// More than the longest line.
const TAIL: u64 = 64 << 10;
const FULL: Unavailable = Unavailable::new("audit", "a record cannot be written");

/// Lines go nowhere: the policy names no file. Decisions are still events, and counted.
struct Nowhere;

impl AuditSink for Nowhere {
    fn write(&self, _line: &str) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// A file that grows.
struct Lines(Mutex<(File, u64)>);

impl AuditSink for Lines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, length) = &mut *guard;
        let text = format!("{line}\n");
        if file.write_all(text.as_bytes()).is_err() {
            // Half a line would break the chain for whoever checks it. If that cannot be undone either, the next start does.
            if file
                .set_len(*length)
                .and_then(|()| file.seek(SeekFrom::Start(*length)))
                .is_err()
            {
                tracing::error!("the audit log has half a line, which cannot be cut off");
            }
            return Err(FULL);
        }
        *length = length.saturating_add(u64::try_from(text.len()).unwrap_or_default());
        Ok(())
    }
}

/// A log without a file.
pub(crate) fn nowhere() -> Arc<AuditLog> {
    Arc::new(AuditLog::new(ChainEnd::default(), Box::new(Nowhere)))
}

/// Goes on with the log at `path`, or begins it, readable by its owner only.
pub(crate) fn open(path: &Path) -> Result<Arc<AuditLog>, String> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|error| error.to_string())?;
    // What is no file has no end, and nothing to go on from: a pipe, a terminal.
    if !file.metadata().map_err(|error| error.to_string())?.is_file() {
        return Ok(log(ChainEnd::default(), file, 0));
    }
    // Two that write would write over each other, and the chain of neither would hold.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(
            "another process writes to it; give each guard a file of its own, as `audit-{pid}.jsonl`".to_owned(),
        );
    }
    let (end, length) = end_of(&mut file)?;
    file.set_len(length).map_err(|error| error.to_string())?;
    file.seek(SeekFrom::Start(length)).map_err(|error| error.to_string())?;
    Ok(log(end, file, length))
}

fn log(end: ChainEnd, file: File, length: u64) -> Arc<AuditLog> {
    Arc::new(AuditLog::new(end, Box::new(Lines(Mutex::new((file, length))))))
}

/// Where the chain goes on, and after how many bytes. What follows the last line break was never finished.
fn end_of(file: &mut File) -> Result<(ChainEnd, u64), String> {
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start)).map_err(|error| error.to_string())?;
    let mut tail = Vec::new();
    file.take(TAIL)
        .read_to_end(&mut tail)
        .map_err(|error| error.to_string())?;
    let Some(last) = tail.iter().rposition(|byte| *byte == b'\n') else {
        // Nothing but an unfinished first line; a longer text is no log.
        return if start == 0 {
            Ok((ChainEnd::default(), 0))
        } else {
            Err("it is no audit log".to_owned())
        };
    };
    let whole = tail.get(..last).unwrap_or_default();
    let first = whole
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at.saturating_add(1));
    let line = whole.get(first..).and_then(|line| std::str::from_utf8(line).ok());
    let line = line.ok_or("its last line is no record")?;
    let end = ChainEnd::after(line).map_err(|_| "its last line is no record, or was changed".to_owned())?;
    let kept = start
        .saturating_add(u64::try_from(last).unwrap_or_default())
        .saturating_add(1);
    Ok((end, kept))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use portcullis_funnel::{AuditRecord, verify};

    use super::open;

    fn record(number: i64) -> AuditRecord {
        AuditRecord {
            ts: number,
            request_id: "r".to_owned(),
            action: None,
            decision: "denied".to_owned(),
            stage: "identify".to_owned(),
            reason: None,
            actor: None,
            ip: None,
            latency_ms: 0,
        }
    }

    #[test]
    fn a_log_goes_on_after_a_restart_and_after_half_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for number in 0..3 {
            open(&path).unwrap().write(&record(number)).unwrap();
        }
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"v\":1,\"seq\":4").unwrap();
        open(&path).unwrap().write(&record(3)).unwrap();
        let text = super::super::files::text(&path).unwrap();
        assert_eq!(verify(text.lines(), None).unwrap().seq, 4);
    }

    #[test]
    fn what_is_no_log_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "shopping\nlist\n").unwrap();
        assert!(open(&path).is_err());
        assert_eq!(super::super::files::text(&path).unwrap(), "shopping\nlist\n");
    }

    #[test]
    fn two_do_not_write_over_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let first = open(&path).unwrap();
        assert!(open(&path).unwrap_err().contains("another process"));
        first.write(&record(0)).unwrap();
        drop(first);
        open(&path).unwrap().write(&record(1)).unwrap();
        let text = super::super::files::text(&path).unwrap();
        assert_eq!(verify(text.lines(), None).unwrap().seq, 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_outage() {
        let full = std::path::Path::new("/dev/full");
        if full.exists() {
            let file = std::fs::OpenOptions::new().write(true).open(full).unwrap();
            let sink = super::Lines(std::sync::Mutex::new((file, 0)));
            assert!(portcullis_funnel::AuditSink::write(&sink, "line").is_err());
        }
    }
}
