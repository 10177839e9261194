//! Every key that the file may have. The parser and the JSON Schema are both read off this table, so that they cannot
//! disagree about what exists.

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// As written in the file.
    pub(crate) name: &'static str,
    /// One sentence for editors.
    pub(crate) about: &'static str,
    /// What its value is.
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A table with these keys and no others.
    Table(&'static [Key]),
    /// A table that is kept as it stands.
    Raw,
    /// A table of tables that are kept as they stand.
    RawTables,
    /// A list of tables that are kept as they stand.
    RawList,
    /// A list of glob patterns.
    Globs,
    /// A list of `file#export`.
    Entries,
    /// Settings by the id of a rule.
    Rules,
    /// True or false.
    Flag,
}

/// The keys of the file itself.
pub(crate) const FILE: &[Key] = &[
    Key {
        name: "scan",
        about: "What `portcullis scan` reads and reports.",
        kind: Kind::Table(SCAN),
    },
    Key {
        name: "guard",
        about: "The reverse proxy.",
        kind: Kind::Raw,
    },
    Key {
        name: "session",
        about: "How a caller is recognised.",
        kind: Kind::Raw,
    },
    Key {
        name: "roles",
        about: "The roles of this application.",
        kind: Kind::Raw,
    },
    Key {
        name: "store",
        about: "Where rates, nonces and revocations are kept.",
        kind: Kind::Raw,
    },
    Key {
        name: "actions",
        about: "What each endpoint demands, by `file#export`.",
        kind: Kind::RawTables,
    },
];

/// The keys of `[scan]`.
pub(crate) const SCAN: &[Key] = &[
    Key {
        name: "exclude",
        about: "Files that are not looked at, as glob patterns from the root.",
        kind: Kind::Globs,
    },
    Key {
        name: "rules",
        about: "Rules to switch on or off, or to give another severity.",
        kind: Kind::Rules,
    },
    Key {
        name: "auth",
        about: "The project's own authentication.",
        kind: Kind::Table(AUTH),
    },
    Key {
        name: "catalog",
        about: "What libraries mean, in the format of the built-in catalog.",
        kind: Kind::RawList,
    },
];

/// The keys of `[scan.auth]`.
pub(crate) const AUTH: &[Key] = &[
    Key {
        name: "guards",
        about: "Functions that do not return for a caller who is not signed in, as `file#export`.",
        kind: Kind::Entries,
    },
    Key {
        name: "wrappers",
        about: "Functions that build a protected action out of a handler, as `file#export`.",
        kind: Kind::Entries,
    },
    Key {
        name: "require-wrapper",
        about: "Whether every exported action must be built by one of the wrappers.",
        kind: Kind::Flag,
    },
];

/// What a rule can be set to.
pub(crate) const RULE_SETTINGS: &[&str] = &["off", "on", "low", "medium", "high", "critical"];
