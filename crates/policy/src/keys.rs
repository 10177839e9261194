//! Every key that the file may have. The parser and the JSON Schema are both read off this table, so that they cannot
//! disagree about what exists.

use crate::edge_keys;

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
    /// A table of tables with these keys each, by the name of an endpoint.
    Actions(&'static [Key]),
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A list of strings.
    Texts,
    /// Who may call.
    Access,
    /// A limit of calls, or a list of them.
    Rates,
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
    /// A whole number from 1.
    Number,
    /// A number of bytes, as `10MiB`.
    Size,
    /// A time, as `10s`.
    Time,
    /// A table of strings by the name of a header.
    Headers,
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
        kind: Kind::Table(GUARD),
    },
    Key {
        name: "session",
        about: "How a caller is recognised.",
        kind: Kind::Table(SESSION),
    },
    Key {
        name: "roles",
        about: "The roles of this application.",
        kind: Kind::Table(ROLES),
    },
    Key {
        name: "store",
        about: "Where rates, nonces and revocations are kept.",
        kind: Kind::Table(STORE),
    },
    Key {
        name: "actions",
        about: "What each endpoint demands, by `file#export`.",
        kind: Kind::Actions(ACTION),
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

/// The keys of `[guard]`.
pub(crate) const GUARD: &[Key] = &[
    Key {
        name: "listen",
        about: "The address to listen on, as `127.0.0.1:8080`.",
        kind: Kind::Text,
    },
    Key {
        name: "upstream",
        about: "Where the application is, as `http://127.0.0.1:3000`.",
        kind: Kind::Text,
    },
    Key {
        name: "public-origins",
        about: "The origins under which browsers know the application.",
        kind: Kind::Texts,
    },
    Key {
        name: "manifest",
        about: "The build's list of action ids, relative to this file.",
        kind: Kind::Text,
    },
    Key {
        name: "mode",
        about: "Whether refusals take effect (`enforce`, the default) or are only logged (`observe`).",
        kind: Kind::Choice(MODES),
    },
    Key {
        name: "forward-auth",
        about: "The address where other proxies ask before they let a request through, as `127.0.0.1:9092`.",
        kind: Kind::Text,
    },
    Key {
        name: "trusted-proxies",
        about: "The networks of proxies whose forwarding headers are believed, as `10.0.0.0/8`.",
        kind: Kind::Texts,
    },
    Key {
        name: "proxy-protocol",
        about: "Whether each connection has to begin with the PROXY protocol, version 1 or 2.",
        kind: Kind::Choice(edge_keys::PROXY_PROTOCOLS),
    },
    Key {
        name: "upstream-http2",
        about: "Whether the application is spoken to over HTTP/2; Next.js speaks HTTP/1.1.",
        kind: Kind::Flag,
    },
    Key {
        name: "tls",
        about: "The certificate for HTTPS and HTTP/2; read again when its files change.",
        kind: Kind::Table(edge_keys::TLS),
    },
    Key {
        name: "admin",
        about: "The listener for operators.",
        kind: Kind::Table(edge_keys::ADMIN),
    },
    Key {
        name: "limits",
        about: "Sizes, deadlines and numbers that hold for every request.",
        kind: Kind::Table(edge_keys::LIMITS),
    },
    Key {
        name: "paths",
        about: "What paths may look like, and where connections may change their protocol.",
        kind: Kind::Table(edge_keys::PATHS),
    },
    Key {
        name: "headers",
        about: "Security headers of answers by name: another value, or `off`.",
        kind: Kind::Headers,
    },
    Key {
        name: "cookies",
        about: "What session cookies get that the application forgot.",
        kind: Kind::Table(edge_keys::COOKIES),
    },
    Key {
        name: "images",
        about: "What the image optimizer may load.",
        kind: Kind::Table(edge_keys::IMAGES),
    },
];

/// The keys of `[session]`.
pub(crate) const SESSION: &[Key] = &[Key {
    name: "provider",
    about: "Whose sessions these are.",
    kind: Kind::Choice(PROVIDERS),
}];

/// The keys of `[roles]`.
pub(crate) const ROLES: &[Key] = &[Key {
    name: "order",
    about: "The roles, from the one that may least; each may what those before it may.",
    kind: Kind::Texts,
}];

/// The keys of `[store]`.
pub(crate) const STORE: &[Key] = &[Key {
    name: "url",
    about: "Where state is kept: `redb:FILE`, `redis://HOST`, `memory:`.",
    kind: Kind::Text,
}];

/// The keys of `[actions."file#export"]`.
pub(crate) const ACTION: &[Key] = &[
    Key {
        name: "access",
        about: "Who may call: `authenticated`, or `{ public = why }`.",
        kind: Kind::Access,
    },
    Key {
        name: "role",
        about: "The least role of `[roles]` that may call.",
        kind: Kind::Text,
    },
    Key {
        name: "permission",
        about: "The permission that a caller needs.",
        kind: Kind::Text,
    },
    Key {
        name: "rate",
        about: "How often it may be called, as `5/1m per user`; one limit or a list.",
        kind: Kind::Rates,
    },
    Key {
        name: "schema",
        about: "The file with the JSON Schema of the arguments, relative to this file.",
        kind: Kind::Text,
    },
    Key {
        name: "owns",
        about: "The resource that has to be the caller's.",
        kind: Kind::Table(OWNS),
    },
    Key {
        name: "replay",
        about: "`once`: one call cannot take effect twice.",
        kind: Kind::Choice(&["once"]),
    },
    Key {
        name: "captcha",
        about: "Who tells people from programs.",
        kind: Kind::Choice(CAPTCHAS),
    },
    Key {
        name: "output",
        about: "The fields that leave; all without this list.",
        kind: Kind::Texts,
    },
];

/// The keys of `owns`.
pub(crate) const OWNS: &[Key] = &[
    Key {
        name: "arg",
        about: "Where the arguments name the resource, as `/0/invoiceId`.",
        kind: Kind::Text,
    },
    Key {
        name: "query",
        about: "A query that has a row if the resource is the caller's; `$1` is what the argument names, `$user` the caller.",
        kind: Kind::Text,
    },
];

/// The keys of `access` as a table.
pub(crate) const ACCESS: &[Key] = &[Key {
    name: "public",
    about: "Why everybody may call it.",
    kind: Kind::Text,
}];

/// What `mode` can be.
pub(crate) const MODES: &[&str] = &["enforce", "observe"];

/// What `provider` can be.
pub(crate) const PROVIDERS: &[&str] = &[
    "authjs",
    "supabase",
    "clerk",
    "better-auth",
    "iron-session",
    "jwt",
    "own",
];

/// What `captcha` can be.
pub(crate) const CAPTCHAS: &[&str] = &["turnstile", "hcaptcha", "recaptcha"];
