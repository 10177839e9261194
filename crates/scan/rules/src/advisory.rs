//! The table of known vulnerabilities, `advisories.toml`: which versions of which packages have which.

use std::sync::LazyLock;

use portcullis_model::Severity;
use serde::Deserialize;

use crate::version::Version;

/// One vulnerability of some packages.
#[derive(Debug)]
pub(crate) struct Advisory {
    pub(crate) id: String,
    /// What an attacker can do, as a clause.
    pub(crate) title: String,
    pub(crate) severity: Severity,
    packages: Vec<String>,
    /// First version with the defect, first without.
    affected: Vec<(Version, Version)>,
    /// It concerns applications with middleware only.
    pub(crate) needs_middleware: bool,
    /// Whether guard keeps the request from the application.
    pub(crate) guard_stops: bool,
}

impl Advisory {
    /// The version that mends it, if `version` of `package` has it.
    pub(crate) fn mended_in(&self, package: &str, version: &Version) -> Option<&Version> {
        if !self.packages.iter().any(|own| own == package) {
            return None;
        }
        self.affected
            .iter()
            .find(|(first, fixed)| first <= version && version < fixed)
            .map(|(_, fixed)| fixed)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    advisory: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    severity: String,
    packages: Vec<String>,
    affected: Vec<String>,
    needs: Option<String>,
    guard: String,
}

/// Every advisory of the table. A row that makes no sense is left out; a test holds that there is none.
pub(crate) fn all() -> &'static [Advisory] {
    static ALL: LazyLock<Vec<Advisory>> = LazyLock::new(|| {
        let table: Option<Table> = toml::from_str(include_str!("../advisories.toml")).ok();
        table
            .into_iter()
            .flat_map(|table| table.advisory)
            .filter_map(read)
            .collect()
    });
    &ALL
}

fn read(row: Row) -> Option<Advisory> {
    let affected: Option<Vec<(Version, Version)>> = row
        .affected
        .iter()
        .map(|range| {
            let (first, fixed) = range.split_once("..")?;
            Some((Version::parse(first)?, Version::parse(fixed)?))
        })
        .collect();
    Some(Advisory {
        id: row.id,
        title: row.title,
        severity: Severity::ALL
            .into_iter()
            .find(|severity| severity.name() == row.severity)?,
        packages: row.packages,
        affected: affected?,
        needs_middleware: match row.needs.as_deref() {
            None => false,
            Some("middleware") => true,
            Some(_) => return None,
        },
        guard_stops: match row.guard.as_str() {
            "stops" => true,
            "partly" | "no" => false,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_makes_sense() {
        let table: Table = toml::from_str(include_str!("../advisories.toml")).unwrap();
        assert!(table.advisory.len() >= 20);
        assert_eq!(all().len(), table.advisory.len());
        for advisory in all() {
            assert!(
                advisory.affected.iter().all(|(first, fixed)| first < fixed),
                "{}",
                advisory.id
            );
        }
    }
}
