//! The baseline file: fingerprints of findings that a project lives with, so that a scan reports new ones only.
//!
//! Rule and endpoints stand beside each fingerprint for people who read the file; only the fingerprint counts.

use std::collections::BTreeSet;

use portcullis_model::{Finding, Scan};
use serde::{Deserialize, Serialize};

/// The name of the file at a project's root.
pub(crate) const FILE_NAME: &str = "portcullis-baseline.json";
const VERSION: u32 = 1;

/// The fingerprints to hold back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    fingerprints: BTreeSet<String>,
}

impl Baseline {
    /// The recorded fingerprints.
    pub(crate) const fn fingerprints(&self) -> &BTreeSet<String> {
        &self.fingerprints
    }

    /// Reads a baseline file; the error is one line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let version: Version = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if version.version != VERSION {
            return Err(format!(
                "it has version {}, and this program reads version {VERSION}",
                version.version
            ));
        }
        let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            fingerprints: document.findings.into_iter().map(|entry| entry.fingerprint).collect(),
        })
    }
}

/// The text of a baseline file with every finding of `scan`; the same findings give the same bytes.
pub(crate) fn write(scan: &Scan) -> String {
    let entry = |finding: &Finding| Entry {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.to_owned(),
        endpoints: finding
            .endpoints
            .iter()
            .filter_map(|id| scan.endpoint(*id).map(|endpoint| endpoint.name.clone()))
            .collect(),
    };
    let findings: BTreeSet<Entry> = scan.findings.iter().map(entry).collect();
    let document = Document {
        version: VERSION,
        tool: Tool {
            name: "portcullis".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        findings: findings.into_iter().collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    tool: Tool,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Tool {
    name: String,
    version: String,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    fingerprint: String,
    rule: String,
    endpoints: Vec<String>,
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Confidence, Severity};

    use super::*;

    fn finding(fingerprint: &str) -> Finding {
        Finding {
            rule: "missing-rate-limit",
            severity: Severity::Low,
            confidence: Confidence::High,
            endpoints: vec![],
            message: String::new(),
            consequence: String::new(),
            help: vec![],
            fix: None,
            labels: vec![],
            owasp: &[],
            cwe: &[],
            fingerprint: fingerprint.to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_sorted_and_once() {
        let findings = vec![finding("pc1:b"), finding("pc1:a"), finding("pc1:b")];
        let text = write(&Scan {
            findings,
            ..Scan::default()
        });
        assert!(text.find("pc1:a").unwrap() < text.find("pc1:b").unwrap());
        assert_eq!(text.matches("pc1:b").count(), 1);
        let baseline = Baseline::parse(&text).unwrap();
        let fingerprints: Vec<&str> = baseline.fingerprints().iter().map(String::as_str).collect();
        assert_eq!(fingerprints, ["pc1:a", "pc1:b"]);
    }

    #[test]
    fn another_version_and_another_file_are_refused() {
        assert_eq!(
            Baseline::parse(r#"{"version": 2, "entries": []}"#).unwrap_err(),
            "it has version 2, and this program reads version 1"
        );
        assert!(Baseline::parse("[]").is_err());
        assert!(
            Baseline::parse(r#"{"version": 1}"#)
                .unwrap_err()
                .contains("missing field")
        );
    }
}
