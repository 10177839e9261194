//! What the policy says of the proxy itself, apart from actions: TLS, deadlines, sizes, paths, headers, cookies, images,
//! and the listeners for operators.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use toml::de::DeTable;

use crate::action::Located;
use crate::edge_keys::{
    ADMIN, ASKED_ACTIONS, ASKING_PROXIES, COOKIES, IMAGES, LIMITS, PATHS, PROXY_PROTOCOLS, SAME_SITES, TLS,
};
use crate::judging::{SecretsInResults, secrets};
use crate::rate::Rate;
use crate::reader::{Reader, Value};

/// The parts of `[guard]` that are about every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeConfig {
    /// `[guard.tls]`.
    pub tls: Option<TlsConfig>,
    /// `[guard.admin]`.
    pub admin: AdminConfig,
    /// Where other proxies ask before they let a request through.
    pub forward_auth: Option<SocketAddr>,
    /// Which one asks there.
    pub forward_auth_proxy: Option<AskingProxy>,
    /// Whether it learns about calls of actions what their heads say.
    pub forward_auth_judges: bool,
    /// The networks of proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Located<String>>,
    /// Whether each connection begins with a line of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Whether the application is spoken to over HTTP/2.
    pub upstream_http2: bool,
    /// The file with the authorities that the application's certificate comes from.
    pub upstream_ca: Option<String>,
    /// What happens to pages with keys that look like secrets; nothing, if this says nothing.
    pub secrets_in_pages: Option<SecretsInResults>,
    /// `[guard.limits]`.
    pub limits: LimitsConfig,
    /// `[guard.paths]`.
    pub paths: PathsConfig,
    /// `[guard.headers]`: a header and its value, or nothing to leave it out.
    pub headers: BTreeMap<String, Option<String>>,
    /// `[guard.cookies]`.
    pub cookies: CookiesConfig,
    /// `[guard.images]`.
    pub images: Option<ImagesConfig>,
}

/// The files of a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// The chain, in PEM.
    pub certificate: String,
    /// Its key, in PEM.
    pub key: String,
}

/// `[guard.admin]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminConfig {
    /// Where operators reach it.
    pub listen: Option<SocketAddr>,
    /// The environment variable with the token.
    pub token: Option<String>,
}

/// A proxy that asks before it lets a request through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskingProxy {
    /// nginx, with `auth_request`.
    Nginx,
    /// Traefik, with `forwardAuth`.
    Traefik,
    /// Envoy, with `ext_authz` over HTTP.
    Envoy,
}

/// `[guard.limits]`; what is not set has guard's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Bytes of a request's head.
    pub head: Option<u64>,
    /// Bytes of a body that is not an action's.
    pub body: Option<u64>,
    /// Bytes a second that a body has to keep up.
    pub body_rate: Option<u64>,
    /// How long a head may take.
    pub head_deadline: Option<Duration>,
    /// How long a body may pause.
    pub body_idle: Option<Duration>,
    /// How long connecting to the application may take.
    pub connect: Option<Duration>,
    /// How long the application may take until its answer begins.
    pub answer: Option<Duration>,
    /// How long an answer may pause.
    pub answer_idle: Option<Duration>,
    /// How long the body of an action may take.
    pub action_body: Option<Duration>,
    /// Bytes of bodies of actions that are held at once.
    pub held: Option<u64>,
    /// How long a request may take in all.
    pub total: Option<Duration>,
    /// How long a connection stays open between requests.
    pub keep_alive: Option<Duration>,
    /// How long requests may go on after guard was told to stop.
    pub drain: Option<Duration>,
    /// Connections at once.
    pub connections: Option<u64>,
    /// Connections of one address at once.
    pub connections_per_address: Option<u64>,
    /// Requests of one address, and in which time.
    pub requests_per_address: Option<(u32, Duration)>,
}

/// `[guard.paths]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathsConfig {
    /// Paths where a connection may change its protocol; `*` at the end stands for anything.
    pub upgrades: Vec<String>,
    /// Whether the endpoints of the development server are open.
    pub development: bool,
    /// Whether `%2f` may stand in a path.
    pub encoded_slash: bool,
}

/// `[guard.cookies]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookiesConfig {
    /// Names of session cookies beside those of the known providers; `*` at the end stands for anything.
    pub session: Vec<String>,
    /// Whether session cookies get `HttpOnly`.
    pub http_only: Option<bool>,
    /// Whether they get `Secure`.
    pub secure: Option<bool>,
    /// Which `SameSite` they get.
    pub same_site: Option<&'static str>,
}

/// `[guard.images]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImagesConfig {
    /// What `/_next/image` may load: beginnings of its `url`.
    pub sources: Vec<String>,
    /// Whether AVIF may be asked for.
    pub avif: bool,
}

/// Reads one key of `[guard]` that is about the edge.
pub(crate) fn read(reader: &mut Reader, name: &str, value: &Value<'_>, edge: &mut EdgeConfig) {
    match name {
        "forward-auth" => edge.forward_auth = address(reader, value, "guard.forward-auth"),
        "forward-auth-proxy" => {
            let name = reader.choice(value, "guard.forward-auth-proxy", ASKING_PROXIES);
            edge.forward_auth_proxy = name.map(|name| match name {
                "nginx" => AskingProxy::Nginx,
                "traefik" => AskingProxy::Traefik,
                _ => AskingProxy::Envoy,
            });
        }
        "forward-auth-actions" => {
            let name = reader.choice(value, "guard.forward-auth-actions", ASKED_ACTIONS);
            edge.forward_auth_judges = name == Some("judge-head");
        }
        "secrets-in-pages" => edge.secrets_in_pages = secrets(reader, value, "guard.secrets-in-pages"),
        "upstream-ca" => {
            edge.upstream_ca = reader.text(value, "guard.upstream-ca", "`upstream-ca = \"tls/authorities.pem\"`");
        }
        "trusted-proxies" => {
            for (text, span) in reader.texts(value, "guard.trusted-proxies", "`[\"10.0.0.0/8\"]`") {
                edge.trusted_proxies.push(Located {
                    value: text.to_owned(),
                    span,
                });
            }
        }
        "proxy-protocol" => {
            edge.proxy_protocol = reader.choice(value, "guard.proxy-protocol", PROXY_PROTOCOLS) == Some("required");
        }
        "upstream-http2" => {
            edge.upstream_http2 = reader.flag(value, "guard.upstream-http2").unwrap_or_default();
        }
        "headers" => edge.headers = headers(reader, value),
        _ => {
            let path = format!("guard.{name}");
            let Some(table) = reader.table(value, &path) else {
                return;
            };
            match name {
                "tls" => edge.tls = tls(reader, table, value),
                "admin" => edge.admin = admin(reader, table),
                "limits" => edge.limits = limits(reader, table),
                "paths" => edge.paths = paths(reader, table),
                "cookies" => edge.cookies = cookies(reader, table),
                _ => edge.images = Some(images(reader, table)),
            }
        }
    }
}

fn tls(reader: &mut Reader, table: &DeTable<'_>, whole: &Value<'_>) -> Option<TlsConfig> {
    let mut tls = TlsConfig::default();
    for (key, value) in reader.known(table, "guard.tls", TLS) {
        let path = format!("guard.tls.{}", key.name);
        let text = reader.text(value, &path, "`certificate = \"tls/chain.pem\"`");
        let target = if key.name == "key" {
            &mut tls.key
        } else {
            &mut tls.certificate
        };
        *target = text.unwrap_or_default();
    }
    if tls.key.is_empty() || tls.certificate.is_empty() {
        let help = "write both: `certificate = \"tls/chain.pem\"`, `key = \"tls/key.pem\"`".to_owned();
        reader.error(
            whole.span(),
            "`[guard.tls]` needs a certificate and its key".to_owned(),
            vec![help],
        );
        return None;
    }
    Some(tls)
}

fn admin(reader: &mut Reader, table: &DeTable<'_>) -> AdminConfig {
    let mut admin = AdminConfig::default();
    for (key, value) in reader.known(table, "guard.admin", ADMIN) {
        if key.name == "listen" {
            admin.listen = address(reader, value, "guard.admin.listen");
        } else {
            admin.token = reader.text(value, "guard.admin.token", "`token = \"PORTCULLIS_ADMIN_TOKEN\"`");
        }
    }
    admin
}

fn address(reader: &mut Reader, value: &Value<'_>, path: &str) -> Option<SocketAddr> {
    let text = reader.text(value, path, "`\"127.0.0.1:9090\"`")?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let message = format!("`{text}` is not an address and port");
        reader.error(value.span(), message, vec!["write `127.0.0.1:9090`".to_owned()]);
    }
    parsed
}

fn limits(reader: &mut Reader, table: &DeTable<'_>) -> LimitsConfig {
    let mut limits = LimitsConfig::default();
    for (key, value) in reader.known(table, "guard.limits", LIMITS) {
        let path = format!("guard.limits.{}", key.name);
        match key.name {
            "head" => limits.head = size(reader, value, &path),
            "body" => limits.body = size(reader, value, &path),
            "body-rate" => limits.body_rate = size(reader, value, &path),
            "head-deadline" => limits.head_deadline = duration(reader, value, &path),
            "body-idle" => limits.body_idle = duration(reader, value, &path),
            "connect" => limits.connect = duration(reader, value, &path),
            "answer" => limits.answer = duration(reader, value, &path),
            "answer-idle" => limits.answer_idle = duration(reader, value, &path),
            "action-body" => limits.action_body = duration(reader, value, &path),
            "held" => limits.held = size(reader, value, &path),
            "total" => limits.total = duration(reader, value, &path),
            "keep-alive" => limits.keep_alive = duration(reader, value, &path),
            "drain" => limits.drain = duration(reader, value, &path),
            "connections" => limits.connections = reader.number(value, &path),
            "connections-per-address" => limits.connections_per_address = reader.number(value, &path),
            _ => {
                let text = reader.text(value, &path, "`\"600/1m\"`");
                limits.requests_per_address = text.as_deref().and_then(per_address);
                if let Some(text) = text.filter(|_| limits.requests_per_address.is_none()) {
                    let message = format!("`{text}` is not a limit of requests");
                    reader.error(value.span(), message, vec!["write `600/1m`".to_owned()]);
                }
            }
        }
    }
    limits
}

fn per_address(text: &str) -> Option<(u32, Duration)> {
    let rate = Rate::read(&format!("{text} per address")).ok()?;
    Some((rate.count, Duration::from_secs(rate.seconds)))
}

fn paths(reader: &mut Reader, table: &DeTable<'_>) -> PathsConfig {
    let mut paths = PathsConfig::default();
    for (key, value) in reader.known(table, "guard.paths", PATHS) {
        match key.name {
            "upgrades" => {
                for (text, span) in reader.texts(value, "guard.paths.upgrades", "`[\"/socket\"]`") {
                    if text.starts_with('/') {
                        paths.upgrades.push(text.to_owned());
                    } else {
                        let message = format!("`{text}` is not a path");
                        reader.error(span, message, vec!["a path begins with `/`".to_owned()]);
                    }
                }
            }
            "development" => {
                paths.development = reader.flag(value, "guard.paths.development").unwrap_or_default();
            }
            _ => paths.encoded_slash = reader.flag(value, "guard.paths.encoded-slash").unwrap_or_default(),
        }
    }
    paths
}

fn headers(reader: &mut Reader, value: &Value<'_>) -> BTreeMap<String, Option<String>> {
    let mut headers = BTreeMap::new();
    let Some(table) = reader.table(value, "guard.headers") else {
        return headers;
    };
    for (name, value) in table {
        let name_text = name.get_ref().to_ascii_lowercase();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name_text.is_empty() || !name_text.bytes().all(is_token) {
            let message = format!("`{name_text}` is not the name of a header");
            reader.error(name.span(), message, vec!["write letters, digits and `-`".to_owned()]);
            continue;
        }
        let path = format!("guard.headers.{name_text}");
        let Some(text) = reader.text(value, &path, "`x-frame-options = \"DENY\"`, or `\"off\"`") else {
            continue;
        };
        if !text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            let help = "printable ASCII on one line".to_owned();
            reader.error(
                value.span(),
                format!("`{path}` cannot be the value of a header"),
                vec![help],
            );
            continue;
        }
        headers.insert(name_text, (text != "off").then_some(text));
    }
    headers
}

fn cookies(reader: &mut Reader, table: &DeTable<'_>) -> CookiesConfig {
    let mut cookies = CookiesConfig::default();
    for (key, value) in reader.known(table, "guard.cookies", COOKIES) {
        match key.name {
            "session" => {
                let names = reader.texts(value, "guard.cookies.session", "`[\"my-session\"]`");
                cookies.session = names.into_iter().map(|(name, _)| name.to_owned()).collect();
            }
            "http-only" => cookies.http_only = reader.flag(value, "guard.cookies.http-only"),
            "secure" => cookies.secure = reader.flag(value, "guard.cookies.secure"),
            _ => cookies.same_site = reader.choice(value, "guard.cookies.same-site", SAME_SITES),
        }
    }
    cookies
}

fn images(reader: &mut Reader, table: &DeTable<'_>) -> ImagesConfig {
    let mut images = ImagesConfig::default();
    for (key, value) in reader.known(table, "guard.images", IMAGES) {
        if key.name == "sources" {
            let example = "`[\"/\", \"https://images.example.com/\"]`";
            let sources = reader.texts(value, "guard.images.sources", example);
            images.sources = sources.into_iter().map(|(source, _)| source.to_owned()).collect();
        } else {
            images.avif = reader.flag(value, "guard.images.avif").unwrap_or_default();
        }
    }
    images
}

/// `10s`, `500ms`, `2m`, `1h`.
fn duration(reader: &mut Reader, value: &Value<'_>, path: &str) -> Option<Duration> {
    let text = reader.text(value, path, "`\"10s\"`")?;
    let parsed = parse_duration(&text);
    if parsed.is_none() {
        let help = "write a number and `ms`, `s`, `m` or `h`: `\"10s\"`".to_owned();
        reader.error(value.span(), format!("`{text}` is not a time"), vec![help]);
    }
    parsed
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_number(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number
        .checked_mul(millis)
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
}

/// `4096B`, `64KiB`, `10MiB`.
fn size(reader: &mut Reader, value: &Value<'_>, path: &str) -> Option<u64> {
    let text = reader.text(value, path, "`\"10MiB\"`")?;
    let parsed = parse_size(&text);
    if parsed.is_none() {
        let help = "write a number and `B`, `KiB`, `MiB` or `GiB`: `\"10MiB\"`".to_owned();
        reader.error(value.span(), format!("`{text}` is not a size"), vec![help]);
    }
    parsed
}

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text)?;
    let bytes = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes)
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(text: &str) -> EdgeConfig {
        crate::parse(text).unwrap().guard.unwrap().edge
    }

    #[test]
    fn every_key_reaches_its_own_field() {
        let text = "[guard]\nforward-auth = '127.0.0.1:9092'\ntrusted-proxies = ['10.0.0.0/8']\n\
                    proxy-protocol = 'required'\nupstream-http2 = true\nupstream-ca = 'ca.pem'\nsecrets-in-pages = 'block'\n\
                    forward-auth-proxy = 'traefik'\nforward-auth-actions = 'judge-head'\n[guard.tls]\ncertificate = 'c'\nkey = 'k'\n\
                    [guard.admin]\nlisten = '127.0.0.1:9091'\ntoken = 'T'\n\
                    [guard.limits]\nhead = '16KiB'\nbody = '2MiB'\nbody-rate = '100B'\nhead-deadline = '1s'\n\
                    body-idle = '2s'\nconnect = '3s'\nanswer = '4s'\nanswer-idle = '5s'\naction-body = '6s'\nheld = '1MiB'\ntotal = '1h'\n\
                    keep-alive = '1m'\ndrain = '500ms'\nconnections = 7\nconnections-per-address = 8\n\
                    requests-per-address = '600/1m'\n[guard.paths]\nupgrades = ['/ws']\ndevelopment = true\n\
                    encoded-slash = true\n[guard.headers]\nX-Frame-Options = 'off'\nx-a = 'b'\n\
                    [guard.cookies]\nsession = ['s']\nhttp-only = false\nsecure = false\nsame-site = 'strict'\n\
                    [guard.images]\nsources = ['/']\navif = true\n";
        let seconds = Duration::from_secs;
        let expected = EdgeConfig {
            tls: Some(TlsConfig {
                certificate: "c".to_owned(),
                key: "k".to_owned(),
            }),
            admin: AdminConfig {
                listen: Some("127.0.0.1:9091".parse().unwrap()),
                token: Some("T".to_owned()),
            },
            forward_auth: Some("127.0.0.1:9092".parse().unwrap()),
            forward_auth_proxy: Some(AskingProxy::Traefik),
            forward_auth_judges: true,
            upstream_ca: Some("ca.pem".to_owned()),
            secrets_in_pages: Some(SecretsInResults::Block),
            trusted_proxies: edge(text).trusted_proxies,
            proxy_protocol: true,
            upstream_http2: true,
            limits: LimitsConfig {
                head: Some(16 << 10),
                body: Some(2 << 20),
                body_rate: Some(100),
                head_deadline: Some(seconds(1)),
                body_idle: Some(seconds(2)),
                connect: Some(seconds(3)),
                answer: Some(seconds(4)),
                answer_idle: Some(seconds(5)),
                action_body: Some(seconds(6)),
                held: Some(1 << 20),
                total: Some(seconds(3600)),
                keep_alive: Some(seconds(60)),
                drain: Some(Duration::from_millis(500)),
                connections: Some(7),
                connections_per_address: Some(8),
                requests_per_address: Some((600, seconds(60))),
            },
            paths: PathsConfig {
                upgrades: vec!["/ws".to_owned()],
                development: true,
                encoded_slash: true,
            },
            headers: BTreeMap::from([
                ("x-a".to_owned(), Some("b".to_owned())),
                ("x-frame-options".to_owned(), None),
            ]),
            cookies: CookiesConfig {
                session: vec!["s".to_owned()],
                http_only: Some(false),
                secure: Some(false),
                same_site: Some("strict"),
            },
            images: Some(ImagesConfig {
                sources: vec!["/".to_owned()],
                avif: true,
            }),
        };
        assert_eq!(edge(text), expected);
        assert_eq!(expected.trusted_proxies[0].value, "10.0.0.0/8");
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, message) in [
            (
                "[guard.tls]\nkey = 'k'",
                "`[guard.tls]` needs a certificate and its key",
            ),
            ("[guard.limits]\nbody = '10MB'", "`10MB` is not a size"),
            (
                "[guard.limits]\nbody = '99999999999GiB'",
                "`99999999999GiB` is not a size",
            ),
            ("[guard.limits]\ntotal = '0s'", "`0s` is not a time"),
            (
                "[guard.limits]\nconnections = -1",
                "`guard.limits.connections` must be a whole number from 1, not a number",
            ),
            (
                "[guard.limits]\nrequests-per-address = '5/m'",
                "`5/m` is not a limit of requests",
            ),
            ("[guard.paths]\nupgrades = ['ws']", "`ws` is not a path"),
            (
                "[guard.headers]\nx-a = \"a\\nb\"",
                "`guard.headers.x-a` cannot be the value of a header",
            ),
            ("[guard.headers]\n'x a' = 'b'", "`x a` is not the name of a header"),
            ("[guard.admin]\nlisten = 'x'", "`x` is not an address and port"),
        ] {
            let errors = crate::parse(text).unwrap_err();
            assert_eq!(errors[0].message, message, "{text}");
            assert!(!errors[0].help.is_empty(), "{text}");
        }
    }
}
