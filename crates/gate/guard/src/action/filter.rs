//! What an answer's body passes through.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use portcullis_policy::SecretsInResults;
use thiserror::Error;

use super::output::rows::{Findings, RowFilter, Rules};
use super::secrets::PageScan;

/// What is kept of an answer for a second call with the same key.
const MOST_KEPT: usize = 256 << 10;

/// Why an answer cannot go on: the connection to the client is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the application's answer cannot be filtered: {0}")]
pub struct Unfiltered(pub &'static str);

/// What the ticket learns from the body.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) findings: Findings,
    /// The body as the caller got it, if it is kept and not too long.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) failed: Option<Unfiltered>,
}

/// What both hold.
pub(crate) type Shared = Arc<Mutex<Learned>>;

/// Changes a body as it comes by. It holds back no more than a row, and rows that may belong to the action's result.
#[derive(Debug)]
pub struct Filter {
    way: Way,
    shared: Shared,
}

#[derive(Debug)]
enum Way {
    /// As it comes.
    Pass,
    /// Row by row.
    Rows(Box<RowFilter>),
    /// As it comes, unless a key in it looks like a secret.
    Page(Box<Page>),
    /// Nothing of it; this instead.
    Replace(Bytes),
}

#[derive(Debug)]
struct Page {
    scan: PageScan,
    rules: Rules,
    findings: Findings,
}

impl Page {
    fn push(&mut self, piece: Bytes) -> Result<Bytes, Unfiltered> {
        let found = self.scan.push(&piece);
        let found = found.into_iter().filter(|word| !self.rules.listed.contains(*word));
        self.findings.secrets.extend(found);
        if !self.findings.secrets.is_empty() && self.rules.secrets == SecretsInResults::Block {
            self.findings.is_blocked = true;
            return Err(Unfiltered("a key of it looks like a secret"));
        }
        Ok(piece)
    }
}

impl Filter {
    pub(crate) const fn pass(shared: Shared) -> Self {
        Self { way: Way::Pass, shared }
    }

    pub(crate) fn rows(filter: RowFilter, shared: Shared) -> Self {
        let way = Way::Rows(Box::new(filter));
        Self { way, shared }
    }

    /// A page that a form got.
    pub(crate) fn page(rules: Rules, shared: Shared) -> Self {
        let page = Page {
            scan: PageScan::default(),
            rules,
            findings: Findings::default(),
        };
        Self {
            way: Way::Page(Box::new(page)),
            shared,
        }
    }

    pub(crate) const fn replace(body: Bytes, shared: Shared) -> Self {
        Self {
            way: Way::Replace(body),
            shared,
        }
    }

    /// Whether the body stays as it is, so that its length is still right.
    pub const fn is_unchanged(&self) -> bool {
        matches!(self.way, Way::Pass)
    }

    /// Takes the next piece, gives what goes on; that may be nothing yet.
    pub fn push(&mut self, piece: Bytes) -> Result<Bytes, Unfiltered> {
        let result = match &mut self.way {
            Way::Pass => Ok(piece),
            Way::Rows(filter) => filter.push(&piece).map(Bytes::from),
            Way::Page(page) => page.push(piece),
            Way::Replace(_) => Ok(Bytes::new()),
        };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        match &result {
            Ok(bytes) => shared.keep(bytes),
            Err(failed) => {
                shared.failed = Some(*failed);
                if let Way::Page(page) = &mut self.way {
                    shared.findings = std::mem::take(&mut page.findings);
                }
            }
        }
        result
    }

    /// The body has ended; this comes last.
    pub fn end(&mut self) -> Bytes {
        let last = match &mut self.way {
            Way::Replace(body) => std::mem::take(body),
            Way::Pass | Way::Page(_) | Way::Rows(_) => Bytes::new(),
        };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.keep(&last);
        match &mut self.way {
            Way::Rows(filter) => shared.findings = std::mem::take(&mut filter.findings),
            Way::Page(page) => shared.findings = std::mem::take(&mut page.findings),
            Way::Pass | Way::Replace(_) => {}
        }
        last
    }
}

impl Learned {
    fn keep(&mut self, bytes: &[u8]) {
        if let Some(body) = &mut self.body {
            if body.len().saturating_add(bytes.len()) > MOST_KEPT {
                self.body = None;
            } else {
                body.extend_from_slice(bytes);
            }
        }
    }
}
