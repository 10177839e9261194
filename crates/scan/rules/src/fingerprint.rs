//! Fingerprints: how a baseline knows a finding again after lines have moved.

use std::collections::BTreeMap;

use portcullis_model::{Endpoint, Finding, SourceFile};
use sha2::{Digest as _, Sha256};

/// Sets the fingerprint of each finding: of its rule, its endpoints' names without their files, and the shape of the
/// code it points at. Findings that agree in all of these are numbered in their order.
pub(crate) fn set<'findings>(
    findings: impl Iterator<Item = &'findings mut Finding>,
    endpoints: &[Endpoint],
    files: &[SourceFile],
) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let mut hash = Sha256::new();
        hash.update(finding.rule.as_bytes());
        for id in &finding.endpoints {
            let endpoint = usize::try_from(id.0).ok().and_then(|position| endpoints.get(position));
            let name = endpoint.map_or("", |endpoint| endpoint.name.as_str());
            hash.update([0]);
            hash.update(name.rsplit('#').next().unwrap_or_default().as_bytes());
        }
        hash.update([0]);
        hash.update(shape(finding, files).as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let base = hexadecimal(digest);
        let count = seen.entry(base.clone()).and_modify(|count| *count += 1).or_insert(0);
        finding.fingerprint = if *count == 0 {
            format!("pc1:{base}")
        } else {
            let mut hash = Sha256::new();
            hash.update(base.as_bytes());
            hash.update(count.to_string().as_bytes());
            let digest: [u8; 32] = hash.finalize().into();
            format!("pc1:{}", hexadecimal(digest))
        };
    }
}

/// The first eight bytes.
fn hexadecimal(digest: [u8; 32]) -> String {
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{number:016x}")
}

/// The code of the primary place, without blanks.
fn shape(finding: &Finding, files: &[SourceFile]) -> String {
    let Some(label) = finding.primary() else {
        return String::new();
    };
    let file = usize::try_from(label.place.file.0)
        .ok()
        .and_then(|position| files.get(position));
    let range = usize::try_from(label.place.span.start)
        .ok()
        .zip(usize::try_from(label.place.span.end).ok());
    let text = file
        .zip(range)
        .and_then(|(file, (start, end))| file.text.get(start..end))
        .unwrap_or_default();
    text.chars()
        .filter(|character| !character.is_whitespace())
        .take(400)
        .collect()
}
