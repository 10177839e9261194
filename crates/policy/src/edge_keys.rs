//! The keys of the sections of `[guard]` that are about every request.

use crate::keys::{Key, Kind};

/// The keys of `[guard.tls]`.
pub(crate) const TLS: &[Key] = &[
    text(
        "certificate",
        "The file with the certificate and its chain, in PEM, relative to this file.",
    ),
    text("key", "The file with its key, in PEM, relative to this file."),
];

/// The keys of `[guard.admin]`.
pub(crate) const ADMIN: &[Key] = &[
    text(
        "listen",
        "Where operators reach guard, as `127.0.0.1:9091`; without it there is no such listener.",
    ),
    text(
        "token",
        "The environment variable with the token of operators; `PORTCULLIS_ADMIN_TOKEN` without this.",
    ),
];

/// The keys of `[guard.limits]`.
pub(crate) const LIMITS: &[Key] = &[
    size("head", "How large a request's head may be; `32KiB` without this."),
    size(
        "body",
        "How large a body that is not an action's may be; `10MiB` without this.",
    ),
    size(
        "body-rate",
        "How many bytes a second a body has to bring after its first seconds; `256B` without this.",
    ),
    time(
        "head-deadline",
        "How long a request's head may take; `10s` without this.",
    ),
    time("body-idle", "How long a request's body may pause; `10s` without this."),
    time(
        "connect",
        "How long connecting to the application may take; `5s` without this.",
    ),
    time(
        "answer",
        "How long the application may take until its answer begins; `60s` without this.",
    ),
    time(
        "answer-idle",
        "How long an answer may pause, and a client may take nothing of it; `5m` without this.",
    ),
    time(
        "action-body",
        "How long the body of an action may take; `30s` without this.",
    ),
    size(
        "held",
        "How many bytes of bodies of actions may be held at once, in all; `256MiB` without this.",
    ),
    time("total", "How long a request may take in all; `1h` without this."),
    time(
        "keep-alive",
        "How long a connection stays open between requests; `75s` without this.",
    ),
    time(
        "drain",
        "How long requests may go on after guard was told to stop; `30s` without this.",
    ),
    number(
        "connections",
        "How many connections there may be at once; 20000 without this.",
    ),
    number(
        "connections-per-address",
        "How many connections an address may have at once; 512 without this.",
    ),
    text(
        "requests-per-address",
        "How many requests an address may make, as `600/1m`; `6000/1m` without this.",
    ),
];

/// The keys of `[guard.paths]`.
pub(crate) const PATHS: &[Key] = &[
    Key {
        name: "upgrades",
        about: "Paths where a connection may change its protocol, as for web sockets; a `*` at the end stands for anything.",
        kind: Kind::Texts,
    },
    flag(
        "development",
        "Whether the endpoints of the development server are open.",
    ),
    flag("encoded-slash", "Whether `%2f` may stand in a path."),
];

/// The keys of `[guard.cookies]`.
pub(crate) const COOKIES: &[Key] = &[
    Key {
        name: "session",
        about: "Session cookies beside those of the known providers; a `*` at the end stands for anything.",
        kind: Kind::Texts,
    },
    flag(
        "http-only",
        "Whether session cookies get `HttpOnly`; true without this.",
    ),
    flag(
        "secure",
        "Whether session cookies get `Secure` where the caller uses HTTPS; true without this.",
    ),
    Key {
        name: "same-site",
        about: "Which `SameSite` session cookies get that have none; `lax` without this.",
        kind: Kind::Choice(SAME_SITES),
    },
];

/// The keys of `[guard.images]`.
pub(crate) const IMAGES: &[Key] = &[
    Key {
        name: "sources",
        about: "What `/_next/image` may load: beginnings of its `url`, as `/` or `https://images.example.com/`.",
        kind: Kind::Texts,
    },
    flag("avif", "Whether images may be asked for as AVIF."),
];

/// What `proxy-protocol` can be.
pub(crate) const PROXY_PROTOCOLS: &[&str] = &["off", "required"];

/// What `forward-auth-proxy` can be.
pub(crate) const ASKING_PROXIES: &[&str] = &["nginx", "traefik", "envoy"];

/// What `forward-auth-actions` can be.
pub(crate) const ASKED_ACTIONS: &[&str] = &["refuse", "judge-head"];

/// What `same-site` can be.
pub(crate) const SAME_SITES: &[&str] = &["lax", "strict", "off"];

const fn text(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        kind: Kind::Text,
    }
}

const fn size(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        kind: Kind::Size,
    }
}

const fn time(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        kind: Kind::Time,
    }
}

const fn number(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        kind: Kind::Number,
    }
}

const fn flag(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        kind: Kind::Flag,
    }
}
