//! What a mutant is: edits of one or two files, the class that says what they take away, and the endpoints that feel it.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::Protection;

use super::syntax;

/// What a mutant takes away, or what a harmless rewrite turns around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    GuardCall,
    GuardAwait,
    GuardVerdict,
    RoleCheck,
    OwnerPredicate,
    OwnerCheck,
    ClientIdentity,
    Parse,
    ParseVerdict,
    Schema,
    Columns,
    Mapping,
    LimiterCall,
    LimiterVerdict,
    ErrorText,
    Renamed,
    Moved,
    Inverted,
    Wrapped,
    Destructured,
    Form,
    Thrown,
}

impl Class {
    /// All of them, in the order of the table.
    pub(super) const ALL: [Self; 22] = [
        Self::GuardCall,
        Self::GuardAwait,
        Self::GuardVerdict,
        Self::RoleCheck,
        Self::OwnerPredicate,
        Self::OwnerCheck,
        Self::ClientIdentity,
        Self::Parse,
        Self::ParseVerdict,
        Self::Schema,
        Self::Columns,
        Self::Mapping,
        Self::LimiterCall,
        Self::LimiterVerdict,
        Self::ErrorText,
        Self::Renamed,
        Self::Moved,
        Self::Inverted,
        Self::Wrapped,
        Self::Destructured,
        Self::Form,
        Self::Thrown,
    ];

    /// Its name in the table and on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GuardCall => "guard-call",
            Self::GuardAwait => "await",
            Self::GuardVerdict => "guard-verdict",
            Self::RoleCheck => "role-check",
            Self::OwnerPredicate => "owner-predicate",
            Self::OwnerCheck => "owner-check",
            Self::ClientIdentity => "client-identity",
            Self::Parse => "parse",
            Self::ParseVerdict => "parse-verdict",
            Self::Schema => "schema",
            Self::Columns => "columns",
            Self::Mapping => "mapping",
            Self::LimiterCall => "limiter-call",
            Self::LimiterVerdict => "limiter-verdict",
            Self::ErrorText => "error-text",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Inverted => "inverted",
            Self::Wrapped => "wrapped",
            Self::Destructured => "destructured",
            Self::Form => "function-form",
            Self::Thrown => "thrown",
        }
    }

    /// What it takes away, in words for the table.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::GuardCall => "the guard's call",
            Self::GuardAwait => "the `await` of a guard or check",
            Self::GuardVerdict => "the verdict on the session",
            Self::RoleCheck => "the check of the role",
            Self::OwnerPredicate => "the owner in a query's condition",
            Self::OwnerCheck => "the comparison of the owner, or the membership",
            Self::ClientIdentity => "the session's id, for one that the client sends",
            Self::Parse => "the parsed value, for the raw one",
            Self::ParseVerdict => "the verdict of `safeParse`, and its data",
            Self::Schema => "the schema, for one that accepts anything",
            Self::Columns => "the list of columns",
            Self::Mapping => "the mapping of what is returned",
            Self::LimiterCall => "the limiter",
            Self::LimiterVerdict => "the limiter's verdict",
            Self::ErrorText => "the fixed text of an error, for its message",
            Self::Renamed => "a helper under another name",
            Self::Moved => "a helper's module behind a new one",
            Self::Inverted => "`if (!x) return; A` as `if (x) { A } else return`",
            Self::Wrapped => "a guard called through a local helper",
            Self::Destructured => "destructuring for member access",
            Self::Form => "an arrow function for a declaration, and back",
            Self::Thrown => "an early return as a throw",
        }
    }

    /// The protection that it takes away; none if it takes away nothing.
    pub(super) const fn protection(self) -> Option<Protection> {
        match self {
            Self::GuardCall | Self::GuardAwait | Self::GuardVerdict => Some(Protection::Authentication),
            Self::RoleCheck => Some(Protection::Authorization),
            Self::OwnerPredicate | Self::OwnerCheck | Self::ClientIdentity => Some(Protection::Ownership),
            Self::Parse | Self::ParseVerdict | Self::Schema => Some(Protection::Validation),
            Self::Columns | Self::Mapping => Some(Protection::Output),
            Self::LimiterCall | Self::LimiterVerdict => Some(Protection::RateLimit),
            Self::ErrorText => Some(Protection::Errors),
            Self::Renamed
            | Self::Moved
            | Self::Inverted
            | Self::Wrapped
            | Self::Destructured
            | Self::Form
            | Self::Thrown => None,
        }
    }
}

/// The rules that say that a protection is missing.
pub(super) const fn rules(protection: Protection) -> &'static [&'static str] {
    match protection {
        Protection::Authentication => &[
            "missing-authentication",
            "unchecked-session",
            "unverified-session",
            "page-only-authentication",
        ],
        // Who reaches rows of others without the role is told so by the rule about owners, and a stranger by the one about
        // sessions: each is the hole that the mutant opened.
        Protection::Authorization => &[
            "missing-role-check",
            "missing-ownership-check",
            "identity-from-payload",
            "missing-authentication",
            "unchecked-session",
        ],
        Protection::Ownership => &[
            "missing-ownership-check",
            "identity-from-payload",
            "missing-authentication",
            "unchecked-session",
        ],
        Protection::Validation => &["missing-validation", "unsafe-schema", "mass-assignment"],
        Protection::RateLimit => &["missing-rate-limit"],
        Protection::Output => &["row-exposure"],
        Protection::Errors => &["error-exposure"],
        Protection::Replay => &["replayable-mutation"],
    }
}

/// A replaced part of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// One place where something can be taken away, in one file.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) class: Class,
    /// The protection that is gone then, where the class leaves it open.
    pub(super) protection: Option<Protection>,
    /// How: `removed`, `inverted`.
    pub(super) form: &'static str,
    /// The file.
    pub(super) path: String,
    /// Where in it the site is: what tells which declaration it belongs to.
    pub(super) at: usize,
    pub(super) edits: Vec<Edit>,
    /// A file that is added.
    pub(super) new_file: Option<(String, String)>,
    /// Only a function that is called from outside feels it, and its wrapper: what other helpers return may go nowhere.
    pub(super) only_outermost: bool,
    /// All that the file declares feels it.
    pub(super) whole_file: bool,
    /// No mutant of its own: what is taken away with everything else, to see whether something else holds.
    pub(super) only_together: bool,
}

impl Site {
    /// Whether it is enough that the protection is no longer proven. Behind a query that names its columns by text stands
    /// a database with rules of its own, which decide then; and that calls are not limited is a finding only where one
    /// costs something.
    pub(super) fn is_met_by_state(&self) -> bool {
        let by_database = matches!(self.form, "in a chain" | "condition in a chain");
        by_database || self.protection == Some(Protection::RateLimit)
    }
}

/// A site and the endpoints that feel it.
#[derive(Debug, Clone)]
pub(super) struct Mutant {
    pub(super) site: Site,
    /// Whoever could be touched by the edit.
    pub(super) touched: BTreeSet<String>,
    /// Where the protection was proven before.
    pub(super) judged: BTreeSet<String>,
}

impl Site {
    /// Whether both can stand in one text.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.path != other.path
            || !self.edits.iter().any(|edit| {
                other
                    .edits
                    .iter()
                    .any(|one| edit.start <= one.end && one.start <= edit.end)
            })
    }
}

/// The texts of the files that `sites` change; nothing if one of them does not parse then.
pub(super) fn texts<'site>(
    sites: impl IntoIterator<Item = &'site Site>,
    original: impl Fn(&str) -> Option<String>,
) -> Option<BTreeMap<String, String>> {
    let mut edits: BTreeMap<&str, BTreeSet<&Edit>> = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for site in sites {
        edits.entry(&site.path).or_default().extend(&site.edits);
        if let Some((path, text)) = &site.new_file {
            texts.insert(path.clone(), text.clone());
        }
    }
    for (path, edits) in edits {
        texts.insert(path.to_owned(), edited(&original(path)?, &edits)?);
    }
    texts
        .iter()
        .all(|(path, text)| syntax::parses(path, text))
        .then_some(texts)
}

/// A text with its edits. One that lies in another is gone with it; nothing if they overlap in another way.
fn edited(text: &str, edits: &BTreeSet<&Edit>) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    let surrounds = |outer: &Edit, inner: &Edit| {
        outer != inner && outer.start <= inner.start && inner.end <= outer.end && outer.end > outer.start
    };
    for edit in edits {
        if edits
            .iter()
            .any(|other| surrounds(other, edit) && !(inserts(edit) && edit.start == other.start))
        {
            continue;
        }
        result.push_str(text.get(at..edit.start)?);
        result.push_str(&edit.text);
        at = edit.end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

fn inserts(edit: &Edit) -> bool {
    edit.start == edit.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            start,
            end,
            text: text.to_owned(),
        }
    }

    #[test]
    fn edits_are_applied_in_order_and_never_overlap() {
        let (first, second) = (edit(0, 1, "x"), edit(2, 3, ""));
        let both: BTreeSet<&Edit> = [&second, &first].into();
        assert_eq!(edited("abcd", &both).as_deref(), Some("xbd"));
        let around = edit(0, 3, "y");
        assert_eq!(edited("abcd", &[&around, &second].into()).as_deref(), Some("yd"));
        let over = edit(1, 3, "");
        assert_eq!(edited("abcd", &[&edit(0, 2, ""), &over].into()), None);
    }
}
