//! "Did you mean": the known name that is closest to a mistaken one.

/// The candidate that somebody who wrote `name` most likely meant, or none if all of them are far from it.
///
/// The first of equally close candidates wins.
pub fn closest<'name>(name: &str, candidates: impl IntoIterator<Item = &'name str>) -> Option<&'name str> {
    // Longer names come from files that nobody reads aloud; comparing them costs quadratic time and helps nobody.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return None;
    }
    let name = normal(name);
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &normal(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `require_wrapper` and `Require-Wrapper` are the same mistake: the right word in the wrong dress.
fn normal(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_does_not() {
        let known = ["exclude", "rules", "require-wrapper"];
        assert_eq!(closest("exlude", known), Some("exclude"));
        assert_eq!(closest("ruels", known), Some("rules"));
        assert_eq!(closest("require_wrapper", known), Some("require-wrapper"));
        assert_eq!(closest("timeout", known), None);
        assert_eq!(closest("", known), None);
        assert_eq!(closest(&"x".repeat(1000), known), None);
    }
}
