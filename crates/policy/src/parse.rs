//! From the text of `portcullis.toml` to a [`Config`], or to all of its mistakes at once.

use portcullis_model::Severity;
use toml::Spanned;
use toml::de::DeTable;

use crate::keys::{AUTH, FILE, ROW_POLICIES, RULE_SETTINGS, SCAN};
use crate::reader::{Reader, Value};
use crate::{
    AuthConfig, Config, ConfigError, Entry, RowPolicies, RuleSetting, ScanConfig, action, closest, gate, judging,
    session,
};

/// Reads a configuration file.
///
/// A text that is not TOML gives its syntax errors alone: what follows a broken line would only be guessed.
pub fn parse(text: &str) -> Result<Config, Vec<ConfigError>> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(syntax.iter().map(|error| syntax_error(error, text)).collect());
    }
    // The same text again without spans: the sections that are kept raw are taken from here.
    let raw: toml::Table = toml::from_str(text).map_err(|error| vec![syntax_error(&error, text)])?;
    let mut reader = Reader::default();
    let config = read_file(&mut reader, &document, raw);
    let errors = reader.into_errors();
    if errors.is_empty() { Ok(config) } else { Err(errors) }
}

fn syntax_error(error: &toml::de::Error, text: &str) -> ConfigError {
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    ConfigError {
        span: error.span().unwrap_or(0..text.len().min(1)),
        message,
        label: String::new(),
        help: Vec::new(),
    }
}

fn read_file(reader: &mut Reader, document: &Spanned<DeTable<'_>>, mut raw: toml::Table) -> Config {
    let mut config = Config::default();
    for (key, value) in reader.known(document.get_ref(), "", FILE) {
        let Some(table) = reader.table(value, key.name) else {
            continue;
        };
        let Some(toml::Value::Table(content)) = raw.remove(key.name) else {
            continue;
        };
        match key.name {
            "scan" => config.scan = read_scan(reader, table, content),
            "guard" => config.guard = Some(gate::guard(reader, table)),
            "session" => config.session = Some(session::read(reader, table)),
            "database" => config.database = Some(judging::database(reader, table)),
            "captcha" => config.captcha = Some(judging::captcha(reader, table)),
            "audit" => config.audit = Some(judging::audit(reader, table)),
            "roles" => config.roles = gate::roles(reader, table),
            "store" => config.store = Some(gate::store(reader, table)),
            _ => config.actions = action::read_all(reader, table),
        }
    }
    check_roles(reader, &config);
    config
}

/// A role that no section declares would refuse everybody, or be a slip.
fn check_roles(reader: &mut Reader, config: &Config) {
    let known = || config.roles.order.iter().map(|role| role.value.as_str());
    for role in config.actions.values().filter_map(|action| action.role.as_ref()) {
        if known().any(|name| name == role.value) {
            continue;
        }
        let help = match closest(&role.value, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if config.roles.order.is_empty() => {
                "declare the roles: `[roles]`, `order = [\"viewer\", \"editor\", \"admin\"]`".to_owned()
            }
            None => "add it to `order` in `[roles]`".to_owned(),
        };
        let message = format!("unknown role `{}`", role.value);
        reader.labelled(role.span.clone(), message, "not declared in `[roles]`", vec![help]);
    }
}

fn read_scan(reader: &mut Reader, table: &DeTable<'_>, mut raw: toml::Table) -> ScanConfig {
    let mut scan = ScanConfig::default();
    for (key, value) in reader.known(table, "scan", SCAN) {
        match key.name {
            "exclude" => scan.exclude = read_globs(reader, value),
            "rules" => read_rules(reader, value, &mut scan),
            "auth" => scan.auth = read_auth(reader, value),
            "database" => scan.database = read_database(reader, value),
            _ => read_catalog(reader, value, raw.remove(key.name), &mut scan),
        }
    }
    scan
}

fn read_globs(reader: &mut Reader, value: &Value<'_>) -> Vec<String> {
    let texts = reader.texts(value, "scan.exclude", "`[\"**/*.test.ts\"]`");
    for (text, span) in &texts {
        if let Err(error) = globset::Glob::new(text) {
            let message = format!("`{text}` is not a glob pattern: {}", error.kind());
            let help = "`*` stands for a part of a name, `**` for any directories, `{a,b}` for one of several";
            reader.error(span.clone(), message, vec![help.to_owned()]);
        }
    }
    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn read_rules(reader: &mut Reader, value: &Value<'_>, scan: &mut ScanConfig) {
    let Some(table) = reader.table(value, "scan.rules") else {
        return;
    };
    for (name, value) in table {
        let name_text = name.get_ref().as_ref();
        let path = format!("scan.rules.{name_text}");
        let help = "write one of `\"off\"`, `\"on\"`, `\"low\"`, `\"medium\"`, `\"high\"`, `\"critical\"`".to_owned();
        let Some(text) = value.get_ref().as_str() else {
            reader.wrong_kind(value, &path, "a string", help);
            continue;
        };
        if let Some(setting) = rule_setting(text) {
            scan.rules.insert(name_text.to_owned(), setting);
            scan.rule_spans.insert(name_text.to_owned(), name.span());
        } else {
            let meant = closest(text, RULE_SETTINGS.iter().copied());
            let help = meant.map_or(help, |meant| format!("did you mean `\"{meant}\"`?"));
            reader.error(value.span(), format!("`{text}` is not a setting of a rule"), vec![help]);
        }
    }
}

fn rule_setting(text: &str) -> Option<RuleSetting> {
    match text {
        "off" => Some(RuleSetting::Off),
        "on" => Some(RuleSetting::On),
        _ => Severity::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .map(RuleSetting::Severity),
    }
}

fn read_auth(reader: &mut Reader, value: &Value<'_>) -> AuthConfig {
    let mut auth = AuthConfig::default();
    let Some(table) = reader.table(value, "scan.auth") else {
        return auth;
    };
    for (key, value) in reader.known(table, "scan.auth", AUTH) {
        match key.name {
            "guards" => auth.guards = read_entries(reader, value, "scan.auth.guards"),
            "wrappers" => auth.wrappers = read_entries(reader, value, "scan.auth.wrappers"),
            _ => {
                let flag = reader.flag(value, "scan.auth.require-wrapper");
                auth.require_wrapper = flag.unwrap_or_default();
            }
        }
    }
    auth
}

fn read_database(reader: &mut Reader, value: &Value<'_>) -> RowPolicies {
    let mut database = RowPolicies::default();
    let Some(table) = reader.table(value, "scan.database") else {
        return database;
    };
    for (_, value) in reader.known(table, "scan.database", ROW_POLICIES) {
        let tables = reader.texts(value, "scan.database.row-level-security", "`[\"posts\"]`");
        database.row_level_security = tables.into_iter().map(|(table, _)| table.to_owned()).collect();
    }
    database
}

fn read_entries(reader: &mut Reader, value: &Value<'_>, path: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (text, span) in reader.texts(value, path, "`[\"lib/auth.ts#requireUser\"]`") {
        match Entry::read(text, span.clone()) {
            Ok(entry) => entries.push(entry),
            Err((message, help)) => reader.error(span, message, vec![help]),
        }
    }
    entries
}

fn read_catalog(reader: &mut Reader, value: &Value<'_>, raw: Option<toml::Value>, scan: &mut ScanConfig) {
    let items: Vec<_> = reader
        .list(value, "scan.catalog", "a section `[[scan.catalog]]` for each entry")
        .collect();
    for item in items {
        if item.get_ref().as_table().is_some() {
            scan.catalog_spans.push(item.span());
        } else {
            reader.wrong_kind(
                item,
                "scan.catalog",
                "a list of tables",
                "write `[[scan.catalog]]`".to_owned(),
            );
        }
    }
    let Some(toml::Value::Array(values)) = raw else {
        return;
    };
    let tables = values.into_iter().filter_map(|value| match value {
        toml::Value::Table(content) => Some(content),
        _ => None,
    });
    scan.catalog.extend(tables);
}
