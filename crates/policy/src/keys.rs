//! Every key that the file may have. The parser and the JSON Schema are both read off this table, so that they cannot
//! disagree about what exists.
//!
//! Long because it is one table: an entry a key.

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
    /// A table with these keys and no others, or a list of such tables.
    Tables(&'static [Key]),
    /// A table of tables with these keys each, by the name of an endpoint.
    Actions(&'static [Key]),
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A list of these strings.
    Choices(&'static [&'static str]),
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
        name: "database",
        about: "The application's database, which is asked whose resources are.",
        kind: Kind::Table(DATABASE),
    },
    Key {
        name: "captcha",
        about: "The account with a service that tells people from programs.",
        kind: Kind::Table(CAPTCHA),
    },
    Key {
        name: "audit",
        about: "The log of decisions.",
        kind: Kind::Table(AUDIT),
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
        name: "database",
        about: "What the database itself decides.",
        kind: Kind::Table(ROW_POLICIES),
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

/// The keys of `[scan.database]`.
pub(crate) const ROW_POLICIES: &[Key] = &[Key {
    name: "row-level-security",
    about: "Tables of which row-level security lets callers at their own rows only; `*` for all.",
    kind: Kind::Texts,
}];

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
        name: "forward-auth-proxy",
        about: "Which proxy asks there: each one says in other headers what it asks about.",
        kind: Kind::Choice(edge_keys::ASKING_PROXIES),
    },
    Key {
        name: "forward-auth-actions",
        about: "Calls of actions that are asked about: `refuse` (the default), or `judge-head` for those that need no body to be judged.",
        kind: Kind::Choice(edge_keys::ASKED_ACTIONS),
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
        name: "secrets-in-pages",
        about: "What happens to pages with keys such as `password`; they are not looked at without this. Pages are then asked for uncompressed.",
        kind: Kind::Choice(SECRETS),
    },
    Key {
        name: "upstream-ca",
        about: "The file with the certificate authorities of the application, in PEM, relative to this file; without it, those that browsers trust.",
        kind: Kind::Text,
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
    Key {
        name: "actions",
        about: "How guard judges calls, whichever endpoint they are for.",
        kind: Kind::Table(JUDGING),
    },
];

/// The keys of `[guard.actions]`.
pub(crate) const JUDGING: &[Key] = &[
    Key {
        name: "next",
        about: "The major version of Next.js, if the build does not show it.",
        kind: Kind::Choice(NEXT),
    },
    Key {
        name: "unnamed",
        about: "Whether actions that no section names are refused (`deny`) or only recorded (`observe`).",
        kind: Kind::Choice(UNNAMED),
    },
    Key {
        name: "observe",
        about: "Gates that only record what they would refuse.",
        kind: Kind::Choices(GATES),
    },
    Key {
        name: "body-limit",
        about: "The most bytes of a call.",
        kind: Kind::Number,
    },
    Key {
        name: "handlers",
        about: "Paths of route handlers that take forms themselves; `*` at the end stands for anything.",
        kind: Kind::Texts,
    },
    Key {
        name: "manifests",
        about: "Lists of further builds that run side by side, relative to this file.",
        kind: Kind::Texts,
    },
    Key {
        name: "source-root",
        about: "Where the application was when Next.js 14 built it, as an absolute path.",
        kind: Kind::Text,
    },
    Key {
        name: "secrets-in-results",
        about: "What happens to results with keys such as `password`: `off`, `report` or `block`.",
        kind: Kind::Choice(SECRETS),
    },
    Key {
        name: "hide-from-strangers",
        about: "Whether a caller without a session gets the answer of an action that does not exist.",
        kind: Kind::Flag,
    },
    Key {
        name: "secret-env",
        about: "The environment variable with the secret that signs nonces and tokens.",
        kind: Kind::Text,
    },
];

/// The keys of `[session]`.
pub(crate) const SESSION: &[Key] = &[
    Key {
        name: "provider",
        about: "Whose sessions these are.",
        kind: Kind::Choice(PROVIDERS),
    },
    Key {
        name: "secret-env",
        about: "Environment variables with the secrets, the newest first.",
        kind: Kind::Texts,
    },
    Key {
        name: "cookie",
        about: "The name of the session's cookie, where the application chooses it.",
        kind: Kind::Text,
    },
    Key {
        name: "prefix",
        about: "The prefix of the cookies of Better Auth.",
        kind: Kind::Text,
    },
    Key {
        name: "cache",
        about: "The form of the cached session of Better Auth, where no table is asked.",
        kind: Kind::Choice(CACHES),
    },
    Key {
        name: "url",
        about: "The address of the Supabase project.",
        kind: Kind::Text,
    },
    Key {
        name: "project",
        about: "The id of the Firebase project.",
        kind: Kind::Text,
    },
    Key {
        name: "client-id",
        about: "The client id at WorkOS.",
        kind: Kind::Text,
    },
    Key {
        name: "publishable-key",
        about: "The publishable key of Clerk.",
        kind: Kind::Text,
    },
    Key {
        name: "authorized-parties",
        about: "The origins for which Clerk makes sessions; `public-origins` without this list.",
        kind: Kind::Texts,
    },
    Key {
        name: "issuer",
        about: "The exact issuer of tokens.",
        kind: Kind::Text,
    },
    Key {
        name: "audience",
        about: "What tokens are made for.",
        kind: Kind::Text,
    },
    Key {
        name: "algorithms",
        about: "The algorithms that the issuer signs with.",
        kind: Kind::Texts,
    },
    Key {
        name: "tolerance",
        about: "Seconds by which clocks may differ.",
        kind: Kind::Number,
    },
    Key {
        name: "jwks",
        about: "Where keys are published, if not where the provider puts them.",
        kind: Kind::Text,
    },
    Key {
        name: "public-key-env",
        about: "An environment variable with a public key in PEM.",
        kind: Kind::Text,
    },
    Key {
        name: "query",
        about: "A query for the row of a session; `$1` is its key.",
        kind: Kind::Text,
    },
    Key {
        name: "transform",
        about: "How the cookie becomes the key of the row: `none`, `sha256` or `id.secret`.",
        kind: Kind::Choice(TRANSFORMS),
    },
    Key {
        name: "user-id",
        about: "Where the session holds the user's id.",
        kind: Kind::Text,
    },
    Key {
        name: "numeric-user-id",
        about: "The user's id is a number.",
        kind: Kind::Flag,
    },
    Key {
        name: "roles",
        about: "Where the session holds roles.",
        kind: Kind::Text,
    },
    Key {
        name: "permissions",
        about: "Where the session holds permissions.",
        kind: Kind::Text,
    },
    Key {
        name: "organization",
        about: "Where the session holds the organization.",
        kind: Kind::Text,
    },
    Key {
        name: "session-id",
        about: "Where the session holds its own id.",
        kind: Kind::Text,
    },
    Key {
        name: "email",
        about: "Where the session holds the address, for display.",
        kind: Kind::Text,
    },
    Key {
        name: "longest-life",
        about: "Seconds that a session lives at most.",
        kind: Kind::Number,
    },
    Key {
        name: "sign-in",
        about: "The page to which callers without a session are sent.",
        kind: Kind::Text,
    },
];

/// The keys of `[database]`.
pub(crate) const DATABASE: &[Key] = &[
    Key {
        name: "url",
        about: "`sqlite:FILE`, `postgres://HOST/NAME` or `mysql://HOST/NAME`, without a password.",
        kind: Kind::Text,
    },
    Key {
        name: "url-env",
        about: "The environment variable with the address.",
        kind: Kind::Text,
    },
    Key {
        name: "timeout-ms",
        about: "Milliseconds after which a query counts as unanswered.",
        kind: Kind::Number,
    },
    Key {
        name: "connections",
        about: "The most connections at a time.",
        kind: Kind::Number,
    },
];

/// The keys of `[captcha]`.
pub(crate) const CAPTCHA: &[Key] = &[
    Key {
        name: "secret-env",
        about: "The environment variable with the secret of the account.",
        kind: Kind::Text,
    },
    Key {
        name: "site-key",
        about: "The public key of the page, for hCaptcha.",
        kind: Kind::Text,
    },
    Key {
        name: "hostnames",
        about: "The hosts of the pages; those of `public-origins` without this list.",
        kind: Kind::Texts,
    },
    Key {
        name: "minimum-score",
        about: "The lowest score of reCAPTCHA that is a human, in hundredths; without it, the box to tick.",
        kind: Kind::Number,
    },
    Key {
        name: "url",
        about: "The address of the service, if not the usual one.",
        kind: Kind::Text,
    },
];

/// The keys of `[audit]`.
pub(crate) const AUDIT: &[Key] = &[
    Key {
        name: "file",
        about: "The file that gets a line for each decision, relative to this one.",
        kind: Kind::Text,
    },
    Key {
        name: "full",
        about: "What happens to calls that cannot be recorded: `deny` or `allow`.",
        kind: Kind::Choice(FULL),
    },
];

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
        about: "The resource that has to be the caller's, or a list of them.",
        kind: Kind::Tables(OWNS),
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
        name: "replay-window",
        about: "How long a repeated call is refused that has no idempotency key, as `10m`.",
        kind: Kind::Text,
    },
    Key {
        name: "captcha-action",
        about: "What the page says that the proof is for; the export without this.",
        kind: Kind::Text,
    },
    Key {
        name: "captcha-arg",
        about: "Where the arguments hold the proof, as `/0/token`.",
        kind: Kind::Text,
    },
    Key {
        name: "mode",
        about: "Whether refusals of this endpoint take effect (`enforce`) or are only logged (`observe`).",
        kind: Kind::Choice(MODES),
    },
    Key {
        name: "observe",
        about: "Gates that only record what they would refuse.",
        kind: Kind::Choices(GATES),
    },
    Key {
        name: "allow",
        about: "Kinds of values that its arguments may have beyond plain data.",
        kind: Kind::Choices(ALLOWANCES),
    },
    Key {
        name: "body-limit",
        about: "The most bytes of a call.",
        kind: Kind::Number,
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
    "authjs-v4",
    "authjs-database",
    "auth0",
    "firebase",
    "kinde",
    "table",
    "workos",
];

/// What `next` can be.
pub(crate) const NEXT: &[&str] = &["14", "15", "16"];

/// What `unnamed` can be.
pub(crate) const UNNAMED: &[&str] = &["deny", "observe"];

/// What `secrets-in-results` can be.
pub(crate) const SECRETS: &[&str] = &["report", "block", "off"];

/// What `full` can be.
pub(crate) const FULL: &[&str] = &["deny", "allow"];

/// What `cache` can be.
pub(crate) const CACHES: &[&str] = &["compact", "jwt", "jwe"];

/// What `transform` can be.
pub(crate) const TRANSFORMS: &[&str] = &["none", "sha256", "id.secret"];

/// The gates that can be observed.
pub(crate) const GATES: &[&str] = &[
    "origin",
    "session",
    "revocation",
    "rate",
    "permission",
    "validate",
    "ownership",
    "replay",
    "captcha",
];

/// What `allow` can have.
pub(crate) const ALLOWANCES: &[&str] = &[
    "maps",
    "sets",
    "iterators",
    "blobs",
    "bytes",
    "promises",
    "streams",
    "server-references",
    "temporary-references",
    "symbols",
    "cycles",
    "lone-surrogates",
    "reserved-keys",
    "cached-functions",
    "wide-form-data",
];

/// What `captcha` can be.
pub(crate) const CAPTCHAS: &[&str] = &["turnstile", "hcaptcha", "recaptcha"];
