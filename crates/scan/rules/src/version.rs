//! Versions of npm packages: their order, and the newest version that a range of a manifest lets in.

use std::cmp::Ordering;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: [u64; 3],
    /// The parts behind the dash; none for a release.
    before: Vec<String>,
}

impl Version {
    /// Reads `15.0.3` or `15.0.0-canary.7`; anything else is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', '=']);
        let text = text.split('+').next()?;
        let (numbers, before) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.');
        let mut next = || parts.next()?.parse().ok();
        let numbers = [next()?, next()?, next()?];
        let before = before
            .split('.')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        parts.next().is_none().then_some(Self { numbers, before })
    }

    /// The newest version that a range lets in, as far as it has an upper end: `^15.0.0`, `~15.1.0`, `15.x`, `<16`.
    pub(crate) fn newest_in(range: &str) -> Option<Self> {
        let range = range.trim();
        let range = range
            .strip_prefix("npm:")
            .map_or(range, |alias| alias.rsplit('@').next().unwrap_or(alias));
        if range.contains("||") || range.contains(' ') {
            return None;
        }
        let (kind, rest) = match range.chars().next()? {
            first @ ('^' | '~') => (Some(first), range.get(1..)?),
            '>' | '<' | '*' => return None,
            _ => (None, range),
        };
        let mut numbers = [u64::MAX; 3];
        let mut given = 0;
        for (slot, part) in numbers
            .iter_mut()
            .zip(rest.split('-').next()?.trim_start_matches('v').split('.'))
        {
            if matches!(part, "x" | "X" | "*") {
                break;
            }
            *slot = part.parse().ok()?;
            given += 1;
        }
        if given == 3 && kind.is_none() {
            return Self::parse(rest);
        }
        let [major, minor, patch] = numbers;
        let numbers = match kind {
            Some('^') if major > 0 || given < 2 => [major, u64::MAX, u64::MAX],
            Some('^') if minor > 0 => [major, minor, u64::MAX],
            Some('~') if given >= 2 => [major, minor, u64::MAX],
            Some('~') => [major, u64::MAX, u64::MAX],
            _ => [major, minor, patch],
        };
        Some(Self {
            numbers,
            before: Vec::new(),
        })
    }

    /// As it is written.
    pub(crate) fn text(&self) -> String {
        let [major, minor, patch] = self.numbers;
        if self.before.is_empty() {
            format!("{major}.{minor}.{patch}")
        } else {
            format!("{major}.{minor}.{patch}-{}", self.before.join("."))
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (self.before.is_empty(), other.before.is_empty()) {
                (true, true) => Ordering::Equal,
                // What comes before a release is older than it.
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_parts(&self.before, &other.before),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_parts(one: &[String], two: &[String]) -> Ordering {
    for (one, two) in one.iter().zip(two) {
        let order = match (one.parse::<u64>(), two.parse::<u64>()) {
            (Ok(one), Ok(two)) => one.cmp(&two),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => one.cmp(two),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&two.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_ordered_as_npm_orders_them() {
        let ordered = [
            "14.2.35",
            "15.0.0-canary.2",
            "15.0.0-canary.10",
            "15.0.0-rc.0",
            "15.0.0",
            "15.0.1",
            "16.0.0",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::parse("latest"), None);
        assert_eq!(Version::parse("15.0"), None);
    }

    #[test]
    fn the_upper_end_of_ranges() {
        let newest = |range: &str| Version::newest_in(range).map(|version| version.numbers);
        assert_eq!(newest("15.0.3"), Some([15, 0, 3]));
        assert_eq!(newest("^15.0.3"), Some([15, u64::MAX, u64::MAX]));
        assert_eq!(newest("~15.0.3"), Some([15, 0, u64::MAX]));
        assert_eq!(newest("15.x"), Some([15, u64::MAX, u64::MAX]));
        assert_eq!(newest("npm:next@14.0.0"), Some([14, 0, 0]));
        for open in ["latest", "*", ">=13", "^13 || ^14", "workspace:*", "catalog:", "canary"] {
            assert_eq!(newest(open), None, "{open}");
        }
    }
}
