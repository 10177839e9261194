//! Checking an audit log that lies in a file, line by line.

use std::io::{BufRead, Read as _};

use thiserror::Error;

pub use portcullis_funnel::{BrokenChain, ChainEnd};

/// More than the longest line.
const LONGEST_LINE: u64 = 1 << 20;

/// Why a log is not whole.
#[derive(Debug, Error)]
pub enum LogFault {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The chain is broken.
    #[error(transparent)]
    Broken(#[from] BrokenChain),
}

/// Checks the chain of a log from its first line. `expected_end` is its last hash, if that was kept elsewhere.
pub fn verify(mut log: impl BufRead, expected_end: Option<&str>) -> Result<ChainEnd, LogFault> {
    let mut failed = None;
    let lines = std::iter::from_fn(|| {
        let mut line = Vec::new();
        match log.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => None,
            // A line without its end was never finished; it is no record, and says so.
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                } else {
                    line.push(b' ');
                }
                Some(String::from_utf8_lossy(&line).into_owned())
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        }
    });
    let verified = portcullis_funnel::verify(lines, expected_end);
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(verified?),
    }
}

#[cfg(test)]
mod tests {
    use super::{LogFault, verify};

    #[test]
    fn a_log_that_is_cut_is_not_whole() {
        assert_eq!(verify(&b""[..], None).unwrap().seq, 0);
        let cut = verify(&b"{\"v\":1}"[..], None).unwrap_err();
        assert!(matches!(cut, LogFault::Broken(_)), "{cut}");
        let wrong = verify(&b""[..], Some("00"));
        assert!(matches!(wrong, Err(LogFault::Broken(_))));
        assert!(verify(&[0xff, b'\n'][..], None).is_err());
    }
}
