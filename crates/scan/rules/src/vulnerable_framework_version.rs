//! `vulnerable-framework-version`: a version of Next.js or of its decoders with known vulnerabilities is installed.

use std::collections::BTreeMap;

use portcullis_analysis::Analysis;
use portcullis_analysis::project::Dependency;
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::advisory::{self, Advisory};
use crate::draft::Draft;
use crate::version::Version;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "vulnerable-framework-version",
    summary: "The installed version of Next.js, or of the package that decodes Server Actions, has known vulnerabilities.",
    severity: Severity::Critical,
    owasp: &["A06:2021", "A03:2025"],
    cwe: &["CWE-1395"],
    page: include_str!("vulnerable_framework_version.md"),
};

/// How many advisories a finding names.
const NAMED: usize = 3;

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    // One version in many manifests is one thing to do.
    let mut versions: BTreeMap<(&str, String, bool), (Version, Vec<&Dependency>)> = BTreeMap::new();
    for dependency in &analysis.project.dependencies {
        let locked = dependency.locked.as_deref().and_then(Version::parse);
        let is_exact = locked.is_some() || Version::parse(&dependency.range).is_some();
        let Some(version) = locked.or_else(|| Version::newest_in(&dependency.range)) else {
            continue;
        };
        let shown = if is_exact {
            version.text()
        } else {
            dependency.range.clone()
        };
        versions
            .entry((&dependency.name, shown, is_exact))
            .or_insert_with(|| (version, Vec::new()))
            .1
            .push(dependency);
    }
    for ((name, shown, is_exact), (version, dependencies)) in versions {
        drafts.extend(draft(name, &shown, is_exact, &version, &dependencies));
    }
}

fn draft(name: &str, shown: &str, is_exact: bool, version: &Version, dependencies: &[&Dependency]) -> Option<Draft> {
    let mut known: Vec<(&Advisory, &Version)> = advisory::all()
        .iter()
        .filter(|advisory| !advisory.needs_middleware || dependencies.iter().any(|one| one.has_middleware))
        .filter_map(|advisory| Some((advisory, advisory.mended_in(name, version)?)))
        .collect();
    // The worst first; the table's order otherwise.
    known.sort_by_key(|(advisory, _)| std::cmp::Reverse(advisory.severity));
    let (worst, _) = *known.first()?;
    let mended = known.iter().map(|(_, fixed)| *fixed).max()?.text();
    let stopped: Vec<&str> = known
        .iter()
        .filter(|(advisory, _)| advisory.guard_stops)
        .map(|(advisory, _)| advisory.id.as_str())
        .collect();
    let known_ones = match known.len() {
        1 => format!("a known vulnerability, {}", worst.id),
        count => format!("{count} known vulnerabilities, the worst is {}", worst.id),
    };
    let (first, others) = dependencies.split_first()?;
    let named: Vec<String> = known
        .iter()
        .take(NAMED)
        .map(|(advisory, _)| format!("{}: {}", advisory.id, advisory.title))
        .collect();
    let mut draft = Draft::new(
        &META,
        first.place,
        if is_exact {
            format!("{shown} is installed")
        } else {
            format!("every version that `{shown}` lets in")
        },
        format!("`{name}` {shown} has {known_ones}"),
    )
    .severity(worst.severity)
    .confidence(if is_exact { Confidence::High } else { Confidence::Medium })
    .consequence(named.join("; "))
    .help(format!("install {mended} or later: `npm install {name}@{mended}`"));
    if !stopped.is_empty() {
        draft = draft.help(format!(
            "until then, `portcullis guard` keeps these away: {}",
            stopped.join(", ")
        ));
    }
    for other in others.iter().take(3) {
        draft = draft.also(other.place, "here too");
    }
    Some(draft)
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}
