//! The result of a scan: everything that a report may show.

use crate::{Coverage, Endpoint, EndpointId, Evidence, Finding, Place, Protection, SourceFile};

/// What stood in the way of reading a file or the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiagnosticKind {
    /// A file could not be read.
    Unreadable,
    /// A file is not UTF-8.
    NotUtf8,
    /// A file is larger than the limit.
    TooLarge,
    /// A file nests deeper than the limit.
    TooDeep,
    /// A file does not parse.
    Syntax,
    /// A `package.json`, `tsconfig.json` or lock file is broken.
    Manifest,
    /// An import points into the project, at nothing.
    Unresolved,
    /// A symbolic link was not followed.
    Symlink,
}

impl DiagnosticKind {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotUtf8 => "not-utf8",
            Self::TooLarge => "too-large",
            Self::TooDeep => "too-deep",
            Self::Syntax => "syntax",
            Self::Manifest => "manifest",
            Self::Unresolved => "unresolved",
            Self::Symlink => "symlink",
        }
    }
}

/// Something that could not be analysed. The rest went on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Path relative to the scanned root. Hostile when printed.
    pub path: String,
    /// Where in the file, if it was read.
    pub place: Option<Place>,
    /// What kind.
    pub kind: DiagnosticKind,
    /// What happened, and what to do. Hostile when printed.
    pub message: String,
}

/// A protection of an endpoint that was not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided<'scan> {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The protection.
    pub protection: Protection,
    /// Why.
    pub reason: &'scan str,
    /// What stood in the way, in order.
    pub evidence: &'scan [Evidence],
}

/// An ignore comment that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rule that it allows.
    pub rule: String,
    /// The reason that it gives. Hostile when printed.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
}

/// A call that left the project and that the analysis could not look into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpaqueCall {
    /// Where.
    pub place: Place,
    /// What was called. Hostile when printed.
    pub callee: String,
}

/// The result of a scan.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Next.js's version, as `package.json` or a lock file names it.
    pub next_version: Option<String>,
    /// The files that were read, by [`crate::FileId`].
    pub files: Vec<SourceFile>,
    /// The endpoints, sorted by file, then position.
    pub endpoints: Vec<Endpoint>,
    /// The findings to show, sorted by file, then position, then rule.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// The ignore comments that took effect.
    pub suppressed: Vec<Suppression>,
    /// How many findings the baseline holds back.
    pub baselined: usize,
    /// How many findings `--confidence` held back.
    pub below_confidence: usize,
    /// The calls that left the project, where one stood in the way of an answer.
    pub opaque_calls: Vec<OpaqueCall>,
    /// The rules that ran.
    pub rules: Vec<&'static str>,
}

impl Scan {
    /// The file of a place.
    pub fn file(&self, place: Place) -> Option<&SourceFile> {
        self.files.get(usize::try_from(place.file.0).ok()?)
    }

    /// An endpoint by its id.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(usize::try_from(id.0).ok()?)
    }

    /// Every undecided protection, in the order of the endpoints.
    pub fn undecided(&self) -> impl Iterator<Item = Undecided<'_>> {
        (0_u32..).zip(&self.endpoints).flat_map(|(index, endpoint)| {
            endpoint
                .coverage
                .iter()
                .filter_map(move |(protection, coverage)| match coverage {
                    Coverage::Unknown { evidence, reason } => Some(Undecided {
                        endpoint: EndpointId(index),
                        protection: *protection,
                        reason,
                        evidence,
                    }),
                    _ => None,
                })
        })
    }

    /// Whether an endpoint has a finding, an undecided protection, or neither (it is covered).
    pub fn standing(&self, id: EndpointId) -> Standing {
        let Some(endpoint) = self.endpoint(id) else {
            return Standing::Undecided;
        };
        let absent = endpoint
            .coverage
            .iter()
            .any(|(_, coverage)| matches!(coverage, Coverage::Absent { .. }));
        if absent || self.findings.iter().any(|finding| finding.endpoints.contains(&id)) {
            Standing::Finding
        } else if endpoint
            .coverage
            .iter()
            .any(|(_, coverage)| matches!(coverage, Coverage::Unknown { .. }))
        {
            Standing::Undecided
        } else {
            Standing::Covered
        }
    }
}

/// What a summary says of one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Every protection that was looked at is proven or not needed.
    Covered,
    /// A finding, or an absent protection.
    Finding,
    /// No finding, but something is undecided.
    Undecided,
}
