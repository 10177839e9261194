//! A scan with what every format asks of it: positions, counts, rules by name.

use std::cell::OnceCell;

use portcullis_model::{Endpoint, EndpointId, Finding, LineColumn, Place, RuleMeta, Scan};

use crate::options::Options;
use crate::position::{LineIndex, from_zero};
use crate::tally::Tally;

/// A scan, ready to be shown.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) scan: &'a Scan,
    pub(crate) rules: Vec<&'a RuleMeta>,
    pub(crate) options: &'a Options,
    pub(crate) tally: Tally,
    /// The findings are not part of this report, so nothing may link to one.
    pub(crate) inventory_only: bool,
    /// One a file, built when a place in it is shown.
    indexes: Vec<OnceCell<LineIndex<'a>>>,
}

/// A place, resolved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location<'a> {
    /// Path relative to the scanned root. Hostile when printed.
    pub(crate) path: &'a str,
    pub(crate) start: LineColumn,
    pub(crate) end: LineColumn,
}

/// Endpoints of one file, in order.
#[derive(Debug)]
pub(crate) struct FileGroup<'a> {
    pub(crate) path: &'a str,
    pub(crate) endpoints: Vec<(EndpointId, &'a Endpoint)>,
}

impl<'a> View<'a> {
    /// Counts, and sorts the rules.
    pub(crate) fn new(scan: &'a Scan, rules: &'a [RuleMeta], options: &'a Options) -> Self {
        let mut rules: Vec<&RuleMeta> = rules.iter().collect();
        rules.sort_by_key(|rule| rule.id);
        rules.dedup_by_key(|rule| rule.id);
        let indexes = scan.files.iter().map(|_| OnceCell::new()).collect();
        Self {
            scan,
            rules,
            options,
            tally: Tally::new(scan),
            inventory_only: false,
            indexes,
        }
    }

    /// The path of a place, and the lines of its file; nothing if the file is not part of the scan.
    pub(crate) fn file(&self, place: Place) -> Option<(&'a str, &LineIndex<'a>)> {
        let file = self.scan.file(place)?;
        let cell = self.indexes.get(usize::try_from(place.file.0).ok()?)?;
        Some((&file.path, cell.get_or_init(|| LineIndex::new(&file.text))))
    }

    /// Where a place is; nothing if its file is not part of the scan.
    pub(crate) fn location(&self, place: Place) -> Option<Location<'a>> {
        let (path, index) = self.file(place)?;
        let (start, end) = index.positions(place.span);
        Some(Location { path, start, end })
    }

    /// The line of a place, for lists.
    pub(crate) fn line(&self, place: Place) -> u32 {
        self.location(place).map_or(1, |location| location.start.line)
    }

    /// The endpoints with their ids.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (EndpointId, &'a Endpoint)> + use<'a> {
        self.scan
            .endpoints
            .iter()
            .enumerate()
            .map(|(index, endpoint)| (EndpointId(from_zero(index) - 1), endpoint))
    }

    /// The endpoints by file, in the order of the scan.
    pub(crate) fn groups(&self) -> Vec<FileGroup<'a>> {
        let mut groups: Vec<FileGroup<'a>> = Vec::new();
        for (id, endpoint) in self.endpoints() {
            let path = self.scan.file(endpoint.place).map_or("", |file| &*file.path);
            match groups.last_mut() {
                Some(group) if group.path == path => group.endpoints.push((id, endpoint)),
                _ => groups.push(FileGroup {
                    path,
                    endpoints: vec![(id, endpoint)],
                }),
            }
        }
        groups
    }

    /// The names of the endpoints behind a finding.
    pub(crate) fn endpoint_names(&self, finding: &Finding) -> Vec<&'a str> {
        finding
            .endpoints
            .iter()
            .filter_map(|id| self.scan.endpoint(*id))
            .map(|endpoint| &*endpoint.name)
            .collect()
    }

    /// The findings, worst first; among equals in the order of the scan.
    pub(crate) fn worst_first(&self) -> Vec<(usize, &'a Finding)> {
        let mut findings: Vec<_> = self.scan.findings.iter().enumerate().collect();
        findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        findings
    }
}

/// The part of an endpoint's name that follows the file, for a list under that file.
pub(crate) fn export_name<'a>(endpoint: &'a Endpoint, path: &str) -> &'a str {
    endpoint
        .name
        .strip_prefix(path)
        .and_then(|rest| rest.strip_prefix('#'))
        .unwrap_or(&endpoint.name)
}
