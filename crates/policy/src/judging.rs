//! What the policy says of judging calls: which gates only record, what arguments may be, whom guard asks.

use toml::de::DeTable;

use crate::action::Located;
use crate::keys::{ALLOWANCES, AUDIT, CAPTCHA, DATABASE, FULL, GATES, JUDGING, NEXT, SECRETS, UNNAMED};
use crate::reader::{Reader, Value};

/// `[guard.actions]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgingConfig {
    /// The major version of Next.js, if the build does not show it.
    pub next: Option<NextVersion>,
    /// What happens to actions that no section names.
    pub unnamed: Option<Unnamed>,
    /// Gates that only record.
    pub observe: Vec<Gate>,
    /// The most bytes of a call.
    pub body_limit: Option<u64>,
    /// Paths of route handlers that take forms themselves.
    pub handlers: Vec<String>,
    /// Lists of further builds.
    pub manifests: Vec<Located<String>>,
    /// Where Next.js 14 found the source.
    pub source_root: Option<String>,
    /// What happens to results with keys that look like secrets.
    pub secrets_in_results: SecretsInResults,
    /// Whether strangers get the answer of an action that does not exist.
    pub hide_from_strangers: bool,
    /// The environment variable with the secret for nonces and tokens.
    pub secret_env: Option<String>,
}

/// A major version of Next.js.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NextVersion {
    Fourteen,
    Fifteen,
    Sixteen,
}

/// What happens to actions that no section names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unnamed {
    /// They are refused.
    Deny,
    /// They go through, and are recorded.
    Observe,
}

/// What happens to results with keys that look like secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecretsInResults {
    /// Nothing.
    Off,
    /// They are logged.
    #[default]
    Report,
    /// They do not leave.
    Block,
}

/// A gate that can record instead of refusing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the gates")]
pub enum Gate {
    Origin,
    Session,
    Revocation,
    Rate,
    Permission,
    Validate,
    Ownership,
    Replay,
    Captcha,
}

/// A kind of value beyond plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the decoder's switches")]
pub enum Allowance {
    Maps,
    Sets,
    Iterators,
    Blobs,
    Bytes,
    Promises,
    Streams,
    ServerReferences,
    TemporaryReferences,
    Symbols,
    Cycles,
    LoneSurrogates,
    ReservedKeys,
    CachedFunctions,
    WideFormData,
}

/// `[database]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// The address, without a password.
    pub url: Option<Located<String>>,
    /// The environment variable with the address.
    pub url_env: Option<String>,
    /// Milliseconds after which a query counts as unanswered.
    pub timeout_ms: Option<u64>,
    /// The most connections.
    pub connections: Option<u64>,
}

/// `[captcha]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptchaConfig {
    /// The environment variable with the account's secret.
    pub secret_env: Option<String>,
    /// The public key of the page.
    pub site_key: Option<String>,
    /// The hosts of the pages.
    pub hostnames: Vec<String>,
    /// The lowest score of a human, in hundredths.
    pub minimum_score: Option<u64>,
    /// The address of the service.
    pub url: Option<String>,
}

/// `[audit]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditConfig {
    /// The file.
    pub file: Option<Located<String>>,
    /// Calls that cannot be recorded go through.
    pub allows_unrecorded: bool,
}

const GATE_VALUES: [Gate; 9] = [
    Gate::Origin,
    Gate::Session,
    Gate::Revocation,
    Gate::Rate,
    Gate::Permission,
    Gate::Validate,
    Gate::Ownership,
    Gate::Replay,
    Gate::Captcha,
];

const ALLOWANCE_VALUES: [Allowance; 15] = [
    Allowance::Maps,
    Allowance::Sets,
    Allowance::Iterators,
    Allowance::Blobs,
    Allowance::Bytes,
    Allowance::Promises,
    Allowance::Streams,
    Allowance::ServerReferences,
    Allowance::TemporaryReferences,
    Allowance::Symbols,
    Allowance::Cycles,
    Allowance::LoneSurrogates,
    Allowance::ReservedKeys,
    Allowance::CachedFunctions,
    Allowance::WideFormData,
];

fn paired<T: Copy>(found: Vec<&'static str>, names: &[&str], values: &[T]) -> Vec<T> {
    let pairs = || names.iter().zip(values);
    found
        .into_iter()
        .filter_map(|name| pairs().find(|(one, _)| **one == name).map(|(_, value)| *value))
        .collect()
}

/// Reads a list of gates.
pub(crate) fn gates(reader: &mut Reader, value: &Value<'_>, path: &str) -> Vec<Gate> {
    paired(reader.choices(value, path, GATES), GATES, &GATE_VALUES)
}

/// Reads what arguments may be.
pub(crate) fn allowances(reader: &mut Reader, value: &Value<'_>, path: &str) -> Vec<Allowance> {
    paired(reader.choices(value, path, ALLOWANCES), ALLOWANCES, &ALLOWANCE_VALUES)
}

/// Reads `[guard.actions]`.
pub(crate) fn read(reader: &mut Reader, table: &DeTable<'_>) -> JudgingConfig {
    let mut judging = JudgingConfig::default();
    for (key, value) in reader.known(table, "guard.actions", JUDGING) {
        let path = format!("guard.actions.{}", key.name);
        match key.name {
            "next" => {
                judging.next = reader.choice(value, &path, NEXT).map(|name| match name {
                    "14" => NextVersion::Fourteen,
                    "15" => NextVersion::Fifteen,
                    _ => NextVersion::Sixteen,
                });
            }
            "unnamed" => {
                judging.unnamed = reader.choice(value, &path, UNNAMED).map(|name| match name {
                    "observe" => Unnamed::Observe,
                    _ => Unnamed::Deny,
                });
            }
            "observe" => judging.observe = gates(reader, value, &path),
            "body-limit" => judging.body_limit = reader.number(value, &path),
            "handlers" => judging.handlers = handlers(reader, value, &path),
            "manifests" => {
                let texts = reader.texts(value, &path, "`[\"build-2/server-reference-manifest.json\"]`");
                judging.manifests = texts
                    .into_iter()
                    .map(|(text, span)| Located {
                        value: text.to_owned(),
                        span,
                    })
                    .collect();
            }
            "source-root" => judging.source_root = reader.text(value, &path, "`source-root = \"/app\"`"),
            "secrets-in-results" => {
                judging.secrets_in_results = secrets(reader, value, &path).unwrap_or_default();
            }
            "hide-from-strangers" => judging.hide_from_strangers = reader.flag(value, &path).unwrap_or_default(),
            _ => judging.secret_env = reader.text(value, &path, "`secret-env = \"PORTCULLIS_SECRET\"`"),
        }
    }
    judging
}

/// What happens to what has keys that look like secrets.
pub(crate) fn secrets(reader: &mut Reader, value: &Value<'_>, path: &str) -> Option<SecretsInResults> {
    reader.choice(value, path, SECRETS).map(|name| match name {
        "off" => SecretsInResults::Off,
        "block" => SecretsInResults::Block,
        _ => SecretsInResults::Report,
    })
}

/// Paths, as they stand in requests.
fn handlers(reader: &mut Reader, value: &Value<'_>, path: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (text, span) in reader.texts(value, path, "`[\"/api/*\"]`") {
        let stem = text.strip_suffix('*').unwrap_or(text);
        if stem.starts_with('/') && !stem.contains(['*', '?', '#', '\\']) {
            paths.push(text.to_owned());
            continue;
        }
        let help = "write `/api/upload`, or `/api/*` for everything below".to_owned();
        reader.error(span, format!("`{text}` is not the path of a request"), vec![help]);
    }
    paths
}

/// Reads `[database]`.
pub(crate) fn database(reader: &mut Reader, table: &DeTable<'_>) -> DatabaseConfig {
    let mut database = DatabaseConfig::default();
    for (key, value) in reader.known(table, "database", DATABASE) {
        let path = format!("database.{}", key.name);
        match key.name {
            "url" => database.url = database_url(reader, value, &path),
            "url-env" => database.url_env = reader.text(value, &path, "`url-env = \"DATABASE_URL\"`"),
            "timeout-ms" => database.timeout_ms = reader.number(value, &path),
            _ => database.connections = reader.number(value, &path),
        }
    }
    database
}

fn database_url(reader: &mut Reader, value: &Value<'_>, path: &str) -> Option<Located<String>> {
    let text = reader.text(value, path, "`url = \"sqlite:app.db\"`")?;
    let schemes = ["sqlite:", "postgres://", "postgresql://", "mysql://", "mariadb://"];
    // The whole text may hold a password, so it is pointed at and not repeated.
    let has_password = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    if has_password {
        let help = "put the address in the environment, and name the variable: `url-env = \"DATABASE_URL\"`".to_owned();
        reader.error(
            value.span(),
            "a password does not belong in this file".to_owned(),
            vec![help],
        );
        return None;
    }
    if !schemes.iter().any(|scheme| text.starts_with(scheme)) {
        let help = "write `sqlite:FILE`, `postgres://HOST/NAME` or `mysql://HOST/NAME`".to_owned();
        reader.error(
            value.span(),
            "this is no database that guard knows".to_owned(),
            vec![help],
        );
        return None;
    }
    Some(Located {
        value: text,
        span: value.span(),
    })
}

/// Reads `[captcha]`.
pub(crate) fn captcha(reader: &mut Reader, table: &DeTable<'_>) -> CaptchaConfig {
    let mut captcha = CaptchaConfig::default();
    for (key, value) in reader.known(table, "captcha", CAPTCHA) {
        let path = format!("captcha.{}", key.name);
        match key.name {
            "secret-env" => captcha.secret_env = reader.text(value, &path, "`secret-env = \"TURNSTILE_SECRET\"`"),
            "site-key" => captcha.site_key = reader.text(value, &path, "`site-key = \"10000000-...\"`"),
            "hostnames" => {
                let texts = reader.texts(value, &path, "`[\"app.example.com\"]`");
                captcha.hostnames = texts.into_iter().map(|(text, _)| text.to_owned()).collect();
            }
            "minimum-score" => captcha.minimum_score = reader.number(value, &path),
            _ => captcha.url = reader.text(value, &path, "`url = \"https://...\"`"),
        }
    }
    captcha
}

/// Reads `[audit]`.
pub(crate) fn audit(reader: &mut Reader, table: &DeTable<'_>) -> AuditConfig {
    let mut audit = AuditConfig::default();
    for (key, value) in reader.known(table, "audit", AUDIT) {
        if key.name == "file" {
            let text = reader.text(value, "audit.file", "`file = \"audit.jsonl\"`");
            audit.file = text.map(|text| Located {
                value: text,
                span: value.span(),
            });
        } else {
            audit.allows_unrecorded = reader.choice(value, "audit.full", FULL) == Some("allow");
        }
    }
    audit
}

#[cfg(test)]
mod tests {
    use crate::keys::{ALLOWANCES, GATES};
    use crate::{Allowance, Gate, SecretsInResults, Unnamed};

    #[test]
    fn the_names_of_gates_and_values_stand_for_themselves() {
        let text = format!(
            "[guard.actions]\nobserve = {GATES:?}\nunnamed = 'observe'\nsecrets-in-results = 'block'\nbody-limit = 5\n\
             [actions.'a#b']\naccess = 'authenticated'\nallow = {ALLOWANCES:?}\n"
        );
        let config = crate::parse(&text).unwrap();
        let judging = config.guard.unwrap().actions;
        assert_eq!(judging.observe.len(), GATES.len());
        assert_eq!(judging.observe.get(4), Some(&Gate::Permission));
        assert_eq!(judging.unnamed, Some(Unnamed::Observe));
        assert_eq!(judging.secrets_in_results, SecretsInResults::Block);
        assert_eq!(judging.body_limit, Some(5));
        let allow = &config.actions["a#b"].allow;
        assert_eq!(allow.len(), ALLOWANCES.len());
        assert_eq!(allow.last(), Some(&Allowance::WideFormData));
    }

    #[test]
    fn passwords_and_broken_paths_are_refused() {
        let message = |text: &str| crate::parse(text).unwrap_err().remove(0).message;
        let with_password = message("[database]\nurl = 'postgres://app:hunter2@db/app'\n");
        assert!(with_password.contains("password") && !with_password.contains("hunter2"));
        assert!(message("[database]\nurl = 'oracle://x'\n").contains("no database"));
        assert!(message("[guard.actions]\nhandlers = ['/api/*/x']\n").contains("not the path"));
        assert!(message("[guard.actions]\nbody-limit = 0\n").contains("whole number"));
        assert!(message("[guard.actions]\nobserve = ['identify']\n").contains("identify"));
    }
}
