//! Why guard does not start, or does not take a new policy.

use std::net::SocketAddr;

use portcullis_policy::ConfigError;
use thiserror::Error;

/// Why guard does not start, or does not take a new policy. Its texts quote files, so they are hostile when printed.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The policy cannot be read.
    #[error("cannot read the policy `{path}`: {cause}")]
    Unreadable {
        /// The policy.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The policy has mistakes.
    #[error("the policy `{path}` has {} mistake{}: {}", .errors.len(), if .errors.len() == 1 { "" } else { "s" }, first(.errors))]
    Policy {
        /// The policy.
        path: String,
        /// Its text.
        text: String,
        /// The mistakes.
        errors: Vec<ConfigError>,
    },
    /// What the policy says of actions cannot be put in force.
    #[error(transparent)]
    Actions(#[from] crate::action::SetupError),
    /// An origin that is none.
    #[error("`{0}` is not an origin: write scheme, host and port alone, as `https://app.example.com`")]
    Origin(String),
    /// An address that is none.
    #[error("`{0}` is not an address and port: write `127.0.0.1:8080`")]
    Listen(String),
    /// Reachable from elsewhere, under no name.
    #[error(
        "guard listens on {0}, and nobody says under which address browsers know the application: set \
         `public-origins = [\"https://app.example.com\"]` in `[guard]`, or give --public-origin"
    )]
    NoOrigin(SocketAddr),
    /// An upstream that is none.
    #[error(
        "`{0}` is not where an application can be: write `http://127.0.0.1:3000`, or `https://` and its name; `upstream-ca` is for `https://`"
    )]
    Upstream(String),
    /// Nobody says who asks.
    #[error(
        "`forward-auth` needs to know who asks: set `forward-auth-proxy` to `nginx`, `traefik` or `envoy`, and its networks in \
         `trusted-proxies`"
    )]
    ForwardAuth,
    /// A network that is none.
    #[error("`{0}` in `trusted-proxies` is no network: write `10.0.0.0/8` or a single address")]
    Network(String),
    /// A certificate or key that cannot be used.
    #[error("cannot use `{path}` for TLS: {cause}")]
    Certificate {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A listener cannot be opened.
    #[error("cannot listen on {address}: {cause}")]
    Listener {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Operators could be anybody.
    #[error(
        "the admin listener needs a token of at least 32 letters in the environment variable `{0}`: generate one with \
         `openssl rand -base64 33`"
    )]
    AdminToken(String),
    /// The system refuses what every program needs.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

fn first(errors: &[ConfigError]) -> &str {
    errors.first().map_or("", |error| &error.message)
}
