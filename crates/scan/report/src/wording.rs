//! The fixed words of reports: states, headings, classes. Trusted text only.

use portcullis_model::{Coverage, Protection, Severity};

/// A count and its noun.
pub(crate) fn count(number: usize, singular: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { singular } else { plural })
}

/// The word for a state, in a table. It works without colour.
pub(crate) const fn cell(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Proven { .. } => "yes",
        Coverage::Absent { .. } => "NO",
        Coverage::Unknown { .. } => "unknown",
        Coverage::NotNeeded { .. } => "n/a",
        Coverage::NotAnalysed => "-",
    }
}

/// The heading of a column where there is little room.
pub(crate) const fn short_heading(protection: Protection) -> &'static str {
    match protection {
        Protection::Authentication => "auth",
        Protection::Authorization => "authz",
        Protection::Ownership => "owner",
        Protection::Validation => "valid",
        Protection::RateLimit => "rate",
        Protection::Output => "output",
        Protection::Errors => "errors",
        Protection::Replay => "replay",
    }
}

/// The heading of a column of a page.
pub(crate) const fn heading(protection: Protection) -> &'static str {
    match protection {
        Protection::Authentication => "Authenticated",
        Protection::Authorization => "Authorized",
        Protection::Ownership => "Owner",
        Protection::Validation => "Validated",
        Protection::RateLimit => "Rate limit",
        Protection::Output => "Output",
        Protection::Errors => "Errors",
        Protection::Replay => "Replay",
    }
}

/// A severity at the start of a line.
pub(crate) const fn severity_title(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// The number of a CWE class: `CWE-639` and `639` are both written.
pub(crate) fn cwe_number(cwe: &str) -> &str {
    cwe.strip_prefix("CWE-").unwrap_or(cwe)
}

/// OWASP Top Ten classes with their titles, where they are known: the same number is another class in another year.
/// Neighbours of one title share it: `A01:2021 and A01:2025 Broken Access Control`.
pub(crate) fn owasp(classes: &[&str]) -> Vec<String> {
    classes
        .chunk_by(|a, b| owasp_title(a).is_some() && owasp_title(a) == owasp_title(b))
        .map(|classes| match classes.first().and_then(|class| owasp_title(class)) {
            Some(title) => format!("{} {title}", classes.join(" and ")),
            None => classes.join(" and "),
        })
        .collect()
}

fn owasp_title(class: &str) -> Option<&'static str> {
    Some(match class {
        "A01:2021" | "A01:2025" => "Broken Access Control",
        "A02:2021" | "A04:2025" => "Cryptographic Failures",
        "A03:2021" | "A05:2025" => "Injection",
        "A04:2021" | "A06:2025" => "Insecure Design",
        "A05:2021" | "A02:2025" => "Security Misconfiguration",
        "A06:2021" => "Vulnerable and Outdated Components",
        "A07:2021" => "Identification and Authentication Failures",
        "A08:2021" => "Software and Data Integrity Failures",
        "A09:2021" => "Security Logging and Monitoring Failures",
        "A10:2021" => "Server-Side Request Forgery",
        "A03:2025" => "Software Supply Chain Failures",
        "A07:2025" => "Authentication Failures",
        "A08:2025" => "Software or Data Integrity Failures",
        "A09:2025" => "Security Logging and Alerting Failures",
        "A10:2025" => "Mishandling of Exceptional Conditions",
        _ => return None,
    })
}
