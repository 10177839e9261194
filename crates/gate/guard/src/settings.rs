//! What is in force at the edge: the policy with the command line on top, and a default for everything that neither says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use portcullis_funnel::{BrokenNetwork, TrustedProxies};
use portcullis_policy::{AskingProxy, Config, EdgeConfig, ImagesConfig, Located, Mode, SecretsInResults, TlsConfig};

use crate::SetupError;
use crate::edge::{PathRules, ResponseRules, WireLimits};

/// What the command line says; it goes before the policy.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Where the application is.
    pub upstream: Option<String>,
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// The public origins; they replace those of the policy.
    pub public_origins: Vec<String>,
    /// Log refusals, and let through.
    pub observe: bool,
    /// Where operators reach guard.
    pub admin: Option<SocketAddr>,
}

/// The address that guard listens on without another.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Where Next.js listens without another.
const UPSTREAM: &str = "http://127.0.0.1:3000";

/// The environment variable with the token of operators, without another.
const ADMIN_TOKEN: &str = "PORTCULLIS_ADMIN_TOKEN";

/// Everything that the edge decides by. It does not change; a reload makes a new one.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) admin_token: String,
    pub(crate) forward_auth: Option<ForwardAuth>,
    pub(crate) upstream: UpstreamAddress,
    pub(crate) hosts: PublicHosts,
    pub(crate) mode: Mode,
    pub(crate) proxies: TrustedProxies,
    pub(crate) has_proxies: bool,
    pub(crate) proxy_protocol: bool,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) wire: WireLimits,
    pub(crate) limits: Limits,
    pub(crate) paths: PathRules,
    pub(crate) upgrades: Vec<String>,
    pub(crate) images: Option<ImagesConfig>,
    /// What happens to pages with keys that look like secrets.
    pub(crate) pages: SecretsInResults,
    pub(crate) responses: ResponseRules,
}

/// Sizes, deadlines and numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) body: u64,
    pub(crate) body_rate: u64,
    pub(crate) body_idle: Duration,
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
    pub(crate) answer_idle: Duration,
    pub(crate) action_body: Duration,
    pub(crate) held: u64,
    pub(crate) total: Duration,
    pub(crate) drain: Duration,
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) requests: (u32, Duration),
}

/// Where the application is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UpstreamAddress {
    /// Host and port.
    pub(crate) authority: String,
    /// Whether it is spoken to over HTTP/2.
    pub(crate) is_http2: bool,
    /// Whether it is spoken to over TLS, and then whom to believe: the file of a certificate authority, or those that
    /// browsers trust.
    pub(crate) tls: Option<UpstreamTls>,
}

/// How the application proves that it is the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UpstreamTls {
    /// The name that its certificate is for.
    pub(crate) name: String,
    /// The file with the authorities; without one, those that browsers trust.
    pub(crate) authorities: Option<PathBuf>,
}

impl UpstreamAddress {
    /// How its URLs begin.
    pub(crate) const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

/// Where other proxies ask, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForwardAuth {
    pub(crate) listen: SocketAddr,
    pub(crate) proxy: AskingProxy,
    /// Whether calls that need no body to be judged are judged by their heads.
    pub(crate) judges: bool,
}

/// Without knowing which proxy asks, the headers of another one could be the caller's own.
fn forward_auth(edge: &EdgeConfig) -> Result<Option<ForwardAuth>, SetupError> {
    let Some(listen) = edge.forward_auth else {
        return Ok(None);
    };
    let proxy = edge.forward_auth_proxy.ok_or(SetupError::ForwardAuth)?;
    if edge.trusted_proxies.is_empty() {
        return Err(SetupError::ForwardAuth);
    }
    Ok(Some(ForwardAuth {
        listen,
        proxy,
        judges: edge.forward_auth_judges,
    }))
}

/// A certificate's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// The hosts under which the application is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicHosts(Vec<PublicHost>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct PublicHost {
    host: String,
    is_secure: bool,
}

/// The public host of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundHost<'a> {
    /// As it stands in the policy.
    pub(crate) host: &'a str,
    /// Whether browsers use HTTPS for it.
    pub(crate) is_secure: bool,
}

impl PublicHosts {
    fn new(origins: &[Located<String>]) -> Result<Self, SetupError> {
        let read = |origin: &Located<String>| {
            let text = origin.value.to_ascii_lowercase();
            let (is_secure, host) = match text.split_once("://") {
                Some(("https", host)) => (true, host.trim_end_matches(":443")),
                Some(("http", host)) => (false, host.trim_end_matches(":80")),
                _ => return Err(SetupError::Origin(origin.value.clone())),
            };
            Ok(PublicHost {
                host: host.to_owned(),
                is_secure,
            })
        };
        origins.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The public host that a `Host` header names. `is_secure` is what is known of the connection; it decides only
    /// where both schemes are public.
    pub(crate) fn find(&self, host: &str, is_secure: bool) -> Option<FoundHost<'_>> {
        let names = |known: &&PublicHost| {
            let port = if known.is_secure { ":443" } else { ":80" };
            let bare = host.strip_suffix(port).unwrap_or(host);
            known.host.eq_ignore_ascii_case(bare)
        };
        let mut known = self.0.iter().filter(names);
        let first = known.next()?;
        let best = known
            .chain([first])
            .find(|known| known.is_secure == is_secure)
            .unwrap_or(first);
        Some(FoundHost {
            host: &best.host,
            is_secure: best.is_secure,
        })
    }

    /// Whether an `Origin` header is one of these.
    pub(crate) fn allow_origin(&self, origin: &str) -> bool {
        self.0.iter().any(|known| {
            let scheme = if known.is_secure { "https://" } else { "http://" };
            origin.strip_prefix(scheme) == Some(known.host.as_str())
        })
    }

    /// Whether any of them uses HTTPS.
    pub(crate) fn any_secure(&self) -> bool {
        self.0.iter().any(|known| known.is_secure)
    }
}

/// Puts the command line on top of the policy, so that everybody who reads the configuration sees what is in force.
pub(crate) fn overridden(mut config: Config, overrides: &Overrides) -> Result<Config, SetupError> {
    let mut guard = config.guard.take().unwrap_or_default();
    let located = |value: String| Located { value, span: 0..0 };
    if let Some(upstream) = &overrides.upstream {
        guard.upstream = Some(located(upstream.clone()));
    }
    if let Some(listen) = overrides.listen {
        guard.listen = Some(located(listen.to_string()));
    }
    if let Some(admin) = overrides.admin {
        guard.edge.admin.listen = Some(admin);
    }
    if overrides.observe {
        guard.mode = Mode::Observe;
    }
    if !overrides.public_origins.is_empty() {
        guard.public_origins = overrides.public_origins.iter().cloned().map(located).collect();
    }
    let listen = match &guard.listen {
        Some(text) => text.value.parse().map_err(|_| SetupError::Listen(text.value.clone()))?,
        None => LISTEN,
    };
    if guard.public_origins.is_empty() {
        if !listen.ip().is_loopback() {
            return Err(SetupError::NoOrigin(listen));
        }
        let scheme = if guard.edge.tls.is_some() { "https" } else { "http" };
        let port = listen.port();
        let hosts = ["localhost", "127.0.0.1", "[::1]"];
        guard.public_origins = hosts
            .into_iter()
            .map(|host| located(format!("{scheme}://{host}:{port}")))
            .collect();
    }
    config.guard = Some(guard);
    Ok(config)
}

impl Settings {
    /// From a configuration that [`overridden`] made. Relative paths start at `folder`.
    pub(crate) fn new(config: &Config, folder: &std::path::Path) -> Result<Self, SetupError> {
        let guard = config.guard.clone().unwrap_or_default();
        let edge = &guard.edge;
        let listen = guard.listen.as_ref().and_then(|listen| listen.value.parse().ok());
        let proxies = TrustedProxies::parse(edge.trusted_proxies.iter().map(|network| network.value.as_str()))
            .map_err(|BrokenNetwork(text)| SetupError::Network(text))?;
        let provider = config.session.as_ref().and_then(|session| session.provider);
        let limits = &edge.limits;
        let seconds = Duration::from_secs;
        let count = |number: Option<u64>, default: usize| {
            number.map_or(default, |number| usize::try_from(number).unwrap_or(usize::MAX))
        };
        Ok(Self {
            listen: listen.unwrap_or(LISTEN),
            admin: edge.admin.listen,
            admin_token: edge.admin.token.clone().unwrap_or_else(|| ADMIN_TOKEN.to_owned()),
            forward_auth: forward_auth(edge)?,
            upstream: upstream(
                guard.upstream.as_ref().map_or(UPSTREAM, |text| &text.value),
                edge.upstream_http2,
                edge.upstream_ca.as_ref().map(|file| folder.join(file)),
            )?,
            hosts: PublicHosts::new(&guard.public_origins)?,
            mode: guard.mode,
            proxies,
            has_proxies: !edge.trusted_proxies.is_empty(),
            proxy_protocol: edge.proxy_protocol,
            tls: edge.tls.as_ref().map(|files| tls_files(files, folder)),
            wire: WireLimits {
                head: count(limits.head, 32 << 10),
                head_deadline: limits.head_deadline.unwrap_or(seconds(10)),
                keep_alive: limits.keep_alive.unwrap_or(seconds(75)),
                stall: limits.answer_idle.unwrap_or(seconds(300)),
            },
            limits: Limits {
                body: limits.body.unwrap_or(10 << 20),
                body_rate: limits.body_rate.unwrap_or(256),
                body_idle: limits.body_idle.unwrap_or(seconds(10)),
                connect: limits.connect.unwrap_or(seconds(5)),
                answer: limits.answer.unwrap_or(seconds(60)),
                answer_idle: limits.answer_idle.unwrap_or(seconds(300)),
                action_body: limits.action_body.unwrap_or(seconds(30)),
                held: limits.held.unwrap_or(256 << 20),
                total: limits.total.unwrap_or(seconds(3600)),
                drain: limits.drain.unwrap_or(seconds(30)),
                connections: count(limits.connections, 20_000),
                connections_per_address: count(limits.connections_per_address, 512),
                requests: limits.requests_per_address.unwrap_or((6000, seconds(60))),
            },
            paths: PathRules {
                development: edge.paths.development,
                encoded_slash: edge.paths.encoded_slash,
            },
            upgrades: edge.paths.upgrades.clone(),
            images: edge.images.clone(),
            pages: edge.secrets_in_pages.unwrap_or(SecretsInResults::Off),
            responses: ResponseRules::new(&edge.headers, &edge.cookies, provider),
        })
    }
}

fn tls_files(files: &TlsConfig, folder: &std::path::Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join(&files.certificate),
        key: folder.join(&files.key),
    }
}

fn upstream(text: &str, is_http2: bool, authorities: Option<PathBuf>) -> Result<UpstreamAddress, SetupError> {
    let broken = || SetupError::Upstream(text.to_owned());
    let (is_tls, host) = match text.split_once("://") {
        Some(("http", host)) => (false, host),
        Some(("https", host)) => (true, host),
        _ => return Err(broken()),
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    let authority: http::uri::Authority = host.parse().map_err(|_| broken())?;
    if authority.as_str().contains('@') || !is_tls && authorities.is_some() {
        return Err(broken());
    }
    let tls = is_tls.then(|| UpstreamTls {
        name: authority.host().trim_matches(['[', ']']).to_owned(),
        authorities,
    });
    let authority = match authority.port_u16() {
        Some(_) => host.to_owned(),
        None => format!("{host}:{}", if is_tls { 443 } else { 80 }),
    };
    Ok(UpstreamAddress {
        authority,
        is_http2,
        tls,
    })
}

#[cfg(test)]
mod tests {
    use super::{Overrides, Settings, overridden};
    use crate::SetupError;

    fn settings(text: &str, overrides: &Overrides) -> Result<Settings, SetupError> {
        let config = overridden(portcullis_policy::parse(text).unwrap(), overrides)?;
        Settings::new(&config, std::path::Path::new("/etc/app"))
    }

    #[test]
    fn hosts_are_those_of_the_origins() {
        let text = "[guard]\npublic-origins = ['https://app.example.com', 'http://app.example.com', 'http://[::1]:81']";
        let hosts = settings(text, &Overrides::default()).unwrap().hosts;
        let find = |host: &str, is_secure: bool| hosts.find(host, is_secure).map(|found| (found.host, found.is_secure));
        assert_eq!(find("app.example.com", true), Some(("app.example.com", true)));
        assert_eq!(find("App.Example.com:443", true), Some(("app.example.com", true)));
        assert_eq!(find("app.example.com", false), Some(("app.example.com", false)));
        assert_eq!(find("[::1]:81", true), Some(("[::1]:81", false)));
        for host in [
            "app.example.com.",
            "app.example.com:8080",
            "evil.com",
            "",
            "app.example.com@evil.com",
            "[::1]",
        ] {
            assert_eq!(find(host, true), None, "{host}");
        }
        assert!(hosts.allow_origin("https://app.example.com"));
        for origin in [
            "null",
            "https://app.example.com.evil.com",
            "https://app.example.com:8443",
            "app.example.com",
        ] {
            assert!(!hosts.allow_origin(origin), "{origin}");
        }
    }

    #[test]
    fn the_command_line_goes_before_the_policy() {
        let overrides = Overrides {
            upstream: Some("http://127.0.0.1:9".to_owned()),
            listen: Some("127.0.0.1:7".parse().unwrap()),
            public_origins: vec!["https://b.example".to_owned()],
            observe: true,
            admin: Some("127.0.0.1:5".parse().unwrap()),
        };
        let text = "[guard]\nupstream = 'http://a'\nlisten = '127.0.0.1:1'\npublic-origins = ['https://a.example']";
        let found = settings(text, &overrides).unwrap();
        assert_eq!(found.upstream.authority, "127.0.0.1:9");
        assert_eq!((found.listen.port(), found.admin.unwrap().port()), (7, 5));
        assert!(found.hosts.find("a.example", true).is_none() && found.hosts.find("b.example", true).is_some());
        assert_eq!(found.mode, portcullis_policy::Mode::Observe);
        assert_eq!(
            settings(text, &Overrides::default()).unwrap().upstream.authority,
            "a:80"
        );
    }

    #[test]
    fn beyond_this_machine_somebody_has_to_say_under_which_name() {
        let local = settings("", &Overrides::default()).unwrap();
        assert!(local.hosts.find("localhost:8080", false).is_some());
        let wide = settings("[guard]\nlisten = '0.0.0.0:8080'", &Overrides::default());
        assert!(matches!(wide, Err(SetupError::NoOrigin(_))));
    }

    #[test]
    fn an_upstream_is_a_host_without_user_and_path() {
        for text in [
            "https://",
            "http://",
            "http://a@b",
            "ftp://a",
            "http://a b",
            "http://a/b",
        ] {
            let overrides = Overrides {
                upstream: Some(text.to_owned()),
                ..Overrides::default()
            };
            assert!(settings("", &overrides).is_err(), "{text}");
        }
    }

    #[test]
    fn files_of_the_certificate_lie_beside_the_policy() {
        let text = "[guard.tls]\ncertificate = 'chain.pem'\nkey = '/keys/key.pem'";
        let files = settings(text, &Overrides::default()).unwrap().tls.unwrap();
        assert_eq!(files.certificate, std::path::Path::new("/etc/app/chain.pem"));
        assert_eq!(files.key, std::path::Path::new("/keys/key.pem"));
    }

    #[test]
    fn the_policy_of_the_examples_is_one() {
        let text = include_str!("../../../../deploy/portcullis.toml");
        let found = settings(text, &Overrides::default()).unwrap();
        assert!(found.hosts.any_secure());
        assert_eq!(found.upstream.authority, "127.0.0.1:3000");
    }
}
