//! Findings: a rule's statement about a place in the code.

use crate::{EndpointId, Place};

/// What happens if the finding is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Helps an attacker.
    Medium,
    /// Breaks a protection.
    High,
    /// Gives away or destroys what belongs to others.
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// How sure the analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A hint.
    Low,
    /// Likely.
    Medium,
    /// Shown.
    High,
}

impl Confidence {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What a label is in its finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The one place that the finding is about.
    Primary,
    /// A step on the way there.
    Related,
}

/// A place in a finding, and what happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Primary or related.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// What, in words.
    pub text: String,
}

/// What never changes about a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleMeta {
    /// Kebab-case; names the defect.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Severity of its findings, where a finding does not say otherwise.
    pub severity: Severity,
    /// OWASP Top Ten classes, with their year.
    pub owasp: &'static [&'static str],
    /// Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    /// The rule's page, in Markdown.
    pub page: &'static str,
}

/// A change of a file: what stands at the place becomes the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// A mechanical and safe remedy of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a verb with its object.
    pub title: String,
    /// The changes; no two of them overlap.
    pub edits: Vec<Edit>,
}

/// A rule's statement about a place in the code.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What happens if it is true.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The endpoints behind it; empty if it is about the project.
    pub endpoints: Vec<EndpointId>,
    /// One line: what is wrong.
    pub message: String,
    /// One sentence: what it means for the user; may be empty.
    pub consequence: String,
    /// What to do about it, one entry a suggestion; code to paste.
    pub help: Vec<String>,
    /// How to remedy it without thinking, where that is possible.
    pub fix: Option<Fix>,
    /// The places, in reading order; exactly one is primary.
    pub labels: Vec<Label>,
    /// OWASP Top Ten classes, with their year.
    pub owasp: &'static [&'static str],
    /// Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    /// Survives moved lines: `pc1:` and 16 hexadecimal digits.
    pub fingerprint: String,
}

impl Finding {
    /// The primary label. A finding without one cannot be built; the first label stands in for it.
    pub fn primary(&self) -> Option<&Label> {
        self.labels
            .iter()
            .find(|label| label.role == Role::Primary)
            .or_else(|| self.labels.first())
    }
}
