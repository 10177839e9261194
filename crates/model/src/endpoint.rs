//! Endpoints, and which protection each one has.

use crate::{Json, Place};

/// An endpoint of this scan: its index in [`crate::Scan::endpoints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u32);

/// How an endpoint comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// An export of a module with the `'use server'` directive.
    Module,
    /// A function that has the directive in its own body.
    Inline,
}

/// A protection that an endpoint can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// Somebody is signed in before anything happens.
    Authentication,
    /// The caller has the role or permission.
    Authorization,
    /// What the caller names belongs to the caller.
    Ownership,
    /// What the caller sends passed a run-time check.
    Validation,
    /// Calls are limited.
    RateLimit,
    /// Nothing leaves that need not leave.
    Output,
    /// Internal error text stays inside.
    Errors,
    /// The same call cannot take effect twice.
    Replay,
}

impl Protection {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Authentication,
        Self::Authorization,
        Self::Ownership,
        Self::Validation,
        Self::RateLimit,
        Self::Output,
        Self::Errors,
        Self::Replay,
    ];

    /// The stable name, as in JSON and in the policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Authorization => "authorization",
            Self::Ownership => "ownership",
            Self::Validation => "validation",
            Self::RateLimit => "rate-limit",
            Self::Output => "output",
            Self::Errors => "errors",
            Self::Replay => "replay",
        }
    }
}

/// One step of an argument: a place in the code, and what it does there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// Where.
    pub place: Place,
    /// What happens there, in words.
    pub text: String,
}

/// What is known of one protection at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// The hostile caller reaches nothing, the entitled one does: with the places where the hostile runs ended.
    Proven {
        /// Where the hostile runs ended.
        evidence: Vec<Evidence>,
    },
    /// The hostile caller reaches an effect: with the path to it.
    Absent {
        /// The path, in the order of execution; the effect last.
        evidence: Vec<Evidence>,
        /// What it means, in words.
        reason: String,
    },
    /// Not decided, with the reason.
    Unknown {
        /// What stood in the way, in the order of execution.
        evidence: Vec<Evidence>,
        /// Why.
        reason: String,
    },
    /// Not needed here, with the reason.
    NotNeeded {
        /// What shows it.
        evidence: Vec<Evidence>,
        /// Why.
        reason: String,
    },
    /// This version does not look at this protection yet.
    NotAnalysed,
}

impl Coverage {
    /// The stable name of the state, as in JSON.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Proven { .. } => "proven",
            Self::Absent { .. } => "absent",
            Self::Unknown { .. } | Self::NotAnalysed => "unknown",
            Self::NotNeeded { .. } => "not-needed",
        }
    }

    /// The evidence, in order.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Self::Proven { evidence }
            | Self::Absent { evidence, .. }
            | Self::Unknown { evidence, .. }
            | Self::NotNeeded { evidence, .. } => evidence,
            Self::NotAnalysed => &[],
        }
    }

    /// The reason, where the state has one.
    pub fn reason(&self) -> &str {
        match self {
            Self::Proven { .. } => "",
            Self::Absent { reason, .. } | Self::Unknown { reason, .. } | Self::NotNeeded { reason, .. } => reason,
            Self::NotAnalysed => "not analysed by this version",
        }
    }
}

/// A parameter of an endpoint, as the source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, or its pattern's text.
    pub name: String,
    /// What the endpoint accepts for it, as a JSON Schema that is never stricter than the application; none if the
    /// source does not say, or could not be read.
    pub schema: Option<Json>,
}

/// A variable that an inline endpoint takes from the code around it; Next.js sends it through the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The variable.
    pub name: String,
    /// Where it is used first.
    pub place: Place,
}

/// One Server Action as reachable over HTTP.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `file#export`; for an inline one `file#Outer.name`, or `file#Outer.<anonymous:LINE>`.
    pub name: String,
    /// The last part of the name, for messages.
    pub short_name: String,
    /// Module or inline.
    pub kind: EndpointKind,
    /// Its name in the source.
    pub place: Place,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What built it, where a call did: `authActionClient`, `createAction`.
    pub wrapper: Option<String>,
    /// What it captures, if it is inline.
    pub captures: Vec<Capture>,
    /// Its coverage, in the order of [`Protection::ALL`].
    pub coverage: Vec<(Protection, Coverage)>,
}

impl Endpoint {
    /// What is known of `protection` here.
    pub fn coverage_of(&self, protection: Protection) -> &Coverage {
        self.coverage
            .iter()
            .find(|(candidate, _)| *candidate == protection)
            .map_or(&Coverage::NotAnalysed, |(_, coverage)| coverage)
    }
}
