//! Secrets that stand in files: tokens whose form says what they are, and constants whose name promises a secret and
//! whose value looks random. What they are is told, their text never is.

use portcullis_model::{FileId, Place, SourceFile, Span};

use super::{environment, words};

/// A secret in a file.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The text of the secret itself. It is masked before anything is printed.
    pub place: Place,
    /// How much of its start is the same for all of its kind and may be shown.
    pub public_prefix: u32,
    /// What it is, in words.
    pub kind: &'static str,
    /// The name that it has in the file.
    pub name: Option<String>,
    /// It works nowhere but in the provider's test mode.
    pub is_test_mode: bool,
    /// Its form alone says what it is.
    pub has_known_form: bool,
}

/// A form of tokens.
struct Form {
    prefix: &'static str,
    kind: &'static str,
    /// Which characters follow the prefix.
    body: Body,
    /// How many of them at least.
    least: usize,
    is_test_mode: bool,
}

#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits.
    Alphanumeric,
    /// Capital letters and digits.
    Capitals,
    /// Hexadecimal digits.
    Hexadecimal,
    /// Letters, digits, `-` and `_`.
    Url,
    /// The same and `.`, `/`, `+`, `=`.
    Base64,
}

impl Body {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_hexdigit(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'='),
        }
    }
}

const fn form(prefix: &'static str, body: Body, least: usize, kind: &'static str) -> Form {
    Form {
        prefix,
        kind,
        body,
        least,
        is_test_mode: false,
    }
}

const fn test_form(prefix: &'static str, body: Body, least: usize, kind: &'static str) -> Form {
    Form {
        is_test_mode: true,
        ..form(prefix, body, least, kind)
    }
}

/// The forms that are looked for. A prefix that is the start of another one comes after it.
const FORMS: &[Form] = &[
    form(
        "sk_live_",
        Body::Alphanumeric,
        20,
        "a live secret key of Stripe or Clerk",
    ),
    form("rk_live_", Body::Alphanumeric, 20, "a live restricted key of Stripe"),
    test_form(
        "sk_test_",
        Body::Alphanumeric,
        20,
        "a secret key of Stripe or Clerk in test mode",
    ),
    test_form(
        "rk_test_",
        Body::Alphanumeric,
        20,
        "a restricted key of Stripe in test mode",
    ),
    form("whsec_", Body::Base64, 24, "the secret of a webhook"),
    form("AKIA", Body::Capitals, 16, "the id of an access key of AWS"),
    form("ghp_", Body::Alphanumeric, 36, "a personal access token of GitHub"),
    form("gho_", Body::Alphanumeric, 36, "an access token of GitHub"),
    form("ghs_", Body::Alphanumeric, 36, "a server token of GitHub"),
    form("github_pat_", Body::Url, 60, "a personal access token of GitHub"),
    form("glpat-", Body::Url, 20, "a personal access token of GitLab"),
    form("npm_", Body::Alphanumeric, 36, "an access token of npm"),
    form("sk-ant-", Body::Url, 60, "an API key of Anthropic"),
    form("sk-proj-", Body::Url, 40, "an API key of OpenAI"),
    form("sk-or-v1-", Body::Hexadecimal, 60, "an API key of OpenRouter"),
    form("sk-", Body::Alphanumeric, 48, "an API key of OpenAI"),
    form("gsk_", Body::Alphanumeric, 50, "an API key of Groq"),
    form("hf_", Body::Alphanumeric, 34, "an access token of Hugging Face"),
    form("SG.", Body::Base64, 60, "an API key of SendGrid"),
    form("xoxb-", Body::Url, 40, "a bot token of Slack"),
    form("xoxp-", Body::Url, 40, "a user token of Slack"),
    form(
        "https://hooks.slack.com/services/T",
        Body::Base64,
        30,
        "a webhook of Slack",
    ),
    form("GOCSPX-", Body::Url, 28, "a client secret of Google"),
    form("sb_secret_", Body::Url, 20, "a secret key of Supabase"),
    form("dop_v1_", Body::Hexadecimal, 64, "an access token of DigitalOcean"),
    form("shpat_", Body::Hexadecimal, 32, "an access token of Shopify"),
    form("lin_api_", Body::Alphanumeric, 40, "an API key of Linear"),
    form("sntrys_", Body::Base64, 60, "an auth token of Sentry"),
    form("pscale_pw_", Body::Base64, 30, "a password of PlanetScale"),
    form("napi_", Body::Alphanumeric, 50, "an API key of Neon"),
];

/// What else a file is searched for, beside the prefixes of the forms.
const JWT: &str = "eyJhbGciOi";
const PRIVATE_KEY: &str = "PRIVATE KEY-----";
const URL_SCHEMES: [&str; 5] = [
    "postgres://",
    "postgresql://",
    "mongodb+srv://",
    "mysql://",
    "rediss://",
];

/// Every text that makes a file worth a closer look.
pub(super) fn needles() -> impl Iterator<Item = &'static str> {
    FORMS
        .iter()
        .map(|form| form.prefix)
        .chain([JWT, PRIVATE_KEY])
        .chain(URL_SCHEMES)
}

/// The token of a known form that begins at a place where a needle was found.
pub(super) fn known(id: FileId, file: &SourceFile, needle: &str, at: usize) -> Option<Secret> {
    let text = &*file.text;
    let rest = text.get(at..)?;
    if !rest.starts_with(needle) {
        return None;
    }
    let before = text.get(..at)?.bytes().next_back();
    if needle != PRIVATE_KEY && before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return None;
    }
    let found = |length: usize, prefix: usize, kind: &'static str, is_test_mode: bool| {
        let end = u32::try_from(at.checked_add(length)?).ok()?;
        Some(Secret {
            place: Place::new(id, Span::new(u32::try_from(at).ok()?, end)),
            public_prefix: u32::try_from(prefix).unwrap_or(0),
            kind,
            name: None,
            is_test_mode,
            has_known_form: true,
        })
    };
    if needle == JWT {
        let length = run(rest, Body::Base64);
        return is_service_role(rest.get(..length)?)
            .then(|| {
                found(
                    length,
                    JWT.len(),
                    "a service-role key of Supabase, which bypasses row-level security",
                    false,
                )
            })
            .flatten();
    }
    if needle == PRIVATE_KEY {
        return private_key(id, text, at);
    }
    if URL_SCHEMES.contains(&needle) {
        let (start, length) = password_of_url(rest)?;
        let from = u32::try_from(at + start).ok()?;
        let to = u32::try_from(at + start + length).ok()?;
        return Some(Secret {
            place: Place::new(id, Span::new(from, to)),
            public_prefix: 0,
            kind: "the password of a database",
            name: None,
            is_test_mode: false,
            has_known_form: true,
        });
    }
    let form = FORMS.iter().find(|form| form.prefix == needle)?;
    let body = rest.get(form.prefix.len()..)?;
    let length = run(body, form.body);
    let value = body.get(..length)?;
    let is_exact = !matches!(form.body, Body::Capitals) || length == form.least;
    if length < form.least || !is_exact || words::is_placeholder(value) || words::entropy(value) < 2.8 {
        return None;
    }
    found(
        form.prefix.len() + length,
        form.prefix.len(),
        form.kind,
        form.is_test_mode,
    )
}

fn run(text: &str, body: Body) -> usize {
    text.bytes().take_while(|byte| body.has(*byte)).count()
}

/// Whether a JSON web token says that it is Supabase's service role. The local development key of its command line is
/// the same for everybody.
fn is_service_role(token: &str) -> bool {
    let Some(payload) = token.split('.').nth(1).and_then(decode) else {
        return false;
    };
    let compact: String = payload.chars().filter(|character| !character.is_whitespace()).collect();
    compact.contains("\"role\":\"service_role\"") && !compact.contains("\"iss\":\"supabase-demo\"")
}

/// Decodes base64url.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(value)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xFF).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A private key in PEM with enough behind its head to be one.
fn private_key(id: FileId, text: &str, at: usize) -> Option<Secret> {
    let head = text.get(..at)?.rfind("-----BEGIN ")?;
    if at - head > 40 {
        return None;
    }
    let body_start = at + PRIVATE_KEY.len();
    let body = text.get(body_start..)?;
    let end = body.find("-----END").unwrap_or(0);
    let key = body.get(..end)?;
    let payload = key
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        .count();
    if payload < 100 || key.contains("${") || words::is_placeholder(key) {
        return None;
    }
    Some(Secret {
        place: Place::new(
            id,
            Span::new(u32::try_from(body_start).ok()?, u32::try_from(body_start + end).ok()?),
        ),
        public_prefix: 0,
        kind: "a private key",
        name: None,
        is_test_mode: false,
        has_known_form: true,
    })
}

/// The password of a connection URL to a host that is not the developer's own, as offset and length.
fn password_of_url(url: &str) -> Option<(usize, usize)> {
    let start = url.find("://")? + 3;
    let end = url
        .get(start..)?
        .find(['"', '\'', '`', ' ', '\n', '<', '>', '$', '{', '\\'])?;
    let rest = url.get(start..start + end).unwrap_or_default();
    let (credentials, host) = rest.rsplit_once('@')?;
    let (user, password) = credentials.split_once(':')?;
    let host = host.split(['/', ':', '?']).next()?;
    let last = host.rsplit_once('.').map(|(_, last)| last);
    let is_far = !host.starts_with("127.") && last.is_some_and(|last| !matches!(last, "local" | "internal"));
    let is_real = password.len() >= 8
        && !words::is_placeholder(password)
        && !words::is_placeholder(host)
        && password != user
        && words::entropy(password) >= 2.8;
    (is_far && is_real).then_some((start + user.len() + 1, password.len()))
}

/// A constant whose name promises a secret and whose value looks random: `const apiSecret = '...'`, `secret: '...'`,
/// `process.env.API_SECRET ?? '...'`. `at` is where a word of secrets stands in the text.
pub(super) fn named(id: FileId, file: &SourceFile, at: usize) -> Option<Secret> {
    let text = &*file.text;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    let start = at - text.get(..at)?.bytes().rev().take_while(|byte| is_name(*byte)).count();
    let length = text.get(start..)?.bytes().take_while(|byte| is_name(*byte)).count();
    let name = text.get(start..start + length)?;
    if !words::is_secret_name(name) {
        return None;
    }
    let after = text.get(start + length..)?;
    // A quoted key begins where the name does: the last word of a sentence is none.
    let after = match after.chars().next().filter(|next| matches!(next, '\'' | '"')) {
        Some(quote) => after
            .get(1..)
            .filter(|_| text.get(..start).is_some_and(|before| before.ends_with(quote)))?,
        None => after,
    };
    let after = after.trim_start();
    let after = after
        .strip_prefix("??")
        .or_else(|| after.strip_prefix("||"))
        .or_else(|| after.strip_prefix([':', '=']))?
        .trim_start();
    let quote = after.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
    let inner = after.get(1..)?;
    let value = inner.get(..inner.find([quote, '\n'])?)?;
    if !words::looks_random(value) || words::is_placeholder(value) {
        return None;
    }
    let from = u32::try_from(text.len() - inner.len()).ok()?;
    let to = from.checked_add(u32::try_from(value.len()).ok()?)?;
    Some(Secret {
        place: Place::new(id, Span::new(from, to)),
        public_prefix: 0,
        kind: "a secret",
        name: Some(name.to_owned()),
        is_test_mode: false,
        has_known_form: false,
    })
}

/// The variables of an environment file whose name promises a secret and whose value looks like one.
pub(super) fn in_environment(id: FileId, file: &SourceFile) -> Vec<Secret> {
    if environment::is_template(&file.path) || environment::is_development(&file.path) {
        return Vec::new();
    }
    environment::variables(id, file)
        .into_iter()
        .filter(|variable| words::is_secret_name(variable.name))
        .filter(|variable| words::looks_random(variable.value) && !words::is_placeholder(variable.value))
        .map(|variable| Secret {
            place: variable.value_place,
            public_prefix: 0,
            kind: "a secret",
            name: Some(variable.name.to_owned()),
            is_test_mode: false,
            has_known_form: false,
        })
        .collect()
}

/// Whether a file's secrets are there to test or to show something: they open nothing.
pub(super) fn is_for_show(path: &str) -> bool {
    const FOLDERS: [&str; 14] = [
        "__tests__",
        "__mocks__",
        "__fixtures__",
        "test",
        "tests",
        "e2e",
        "fixtures",
        "mocks",
        "mock",
        "cypress",
        "playwright",
        "stories",
        "seed",
        "seeds",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = path.split('/').rev().skip(1).any(|part| FOLDERS.contains(&part));
    in_folder
        || name.starts_with("seed.")
        || [".setup.", ".test.", ".spec.", ".stories.", ".mock.", ".e2e."]
            .iter()
            .any(|part| name.contains(part))
}
