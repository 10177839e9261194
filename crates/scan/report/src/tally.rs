//! Counts over a scan, in one pass: asking the scan for each endpoint would look at every finding every time.

use portcullis_model::{Coverage, EndpointId, Protection, Scan, Severity, Standing};

/// What the summaries say.
#[derive(Debug)]
pub(crate) struct Tally {
    standings: Vec<Standing>,
    findings_of: Vec<Vec<usize>>,
    /// Endpoints whose every protection is proven or not needed.
    pub(crate) covered: usize,
    /// Endpoints with a finding or an absent protection.
    pub(crate) with_findings: usize,
    /// Endpoints without one, of which something is undecided.
    pub(crate) undecided: usize,
    /// Endpoints that reach an effect for a caller who is not signed in.
    pub(crate) open: usize,
    /// The protections that this version looked at, at one endpoint at least.
    pub(crate) analysed: Vec<Protection>,
}

impl Tally {
    /// Counts.
    pub(crate) fn new(scan: &Scan) -> Self {
        let mut findings_of = vec![Vec::new(); scan.endpoints.len()];
        for (index, finding) in scan.findings.iter().enumerate() {
            for id in &finding.endpoints {
                if let Some(findings) = at(*id).and_then(|at| findings_of.get_mut(at)) {
                    findings.push(index);
                }
            }
        }
        let standings: Vec<Standing> = scan
            .endpoints
            .iter()
            .zip(&findings_of)
            .map(|(endpoint, findings)| {
                let any =
                    |wanted: fn(&Coverage) -> bool| endpoint.coverage.iter().any(|(_, coverage)| wanted(coverage));
                if !findings.is_empty() || any(|coverage| matches!(coverage, Coverage::Absent { .. })) {
                    Standing::Finding
                } else if any(|coverage| matches!(coverage, Coverage::Unknown { .. })) {
                    Standing::Undecided
                } else {
                    Standing::Covered
                }
            })
            .collect();
        let count = |wanted: Standing| standings.iter().filter(|standing| **standing == wanted).count();
        let absent = |coverage: &Coverage| matches!(coverage, Coverage::Absent { .. });
        Self {
            covered: count(Standing::Covered),
            with_findings: count(Standing::Finding),
            undecided: count(Standing::Undecided),
            open: scan
                .endpoints
                .iter()
                .filter(|endpoint| absent(endpoint.coverage_of(Protection::Authentication)))
                .count(),
            analysed: Protection::ALL
                .into_iter()
                .filter(|protection| {
                    scan.endpoints
                        .iter()
                        .any(|endpoint| *endpoint.coverage_of(*protection) != Coverage::NotAnalysed)
                })
                .collect(),
            standings,
            findings_of,
        }
    }

    /// The standing of an endpoint, as [`Scan::standing`] gives it.
    pub(crate) fn standing(&self, id: EndpointId) -> Standing {
        at(id)
            .and_then(|at| self.standings.get(at))
            .copied()
            .unwrap_or(Standing::Undecided)
    }

    /// The findings of an endpoint, as indexes into the scan's.
    pub(crate) fn findings_of(&self, id: EndpointId) -> &[usize] {
        at(id)
            .and_then(|at| self.findings_of.get(at))
            .map_or(&[], Vec::as_slice)
    }
}

/// How many findings have a severity.
pub(crate) fn findings_with(scan: &Scan, severity: Severity) -> usize {
    scan.findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
}

fn at(id: EndpointId) -> Option<usize> {
    usize::try_from(id.0).ok()
}
