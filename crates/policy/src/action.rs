//! What the policy says of one endpoint, and how it is read.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use crate::gate::Mode;
use crate::judging::{Allowance, Gate, allowances, gates};
use crate::keys::{ACCESS, ACTION, CAPTCHAS, MODES, OWNS};
use crate::rate::{ArgumentPath, Rate, RateKey, seconds};
use crate::reader::{Reader, Value};

/// A value, and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The bytes of the file.
    pub span: Range<usize>,
}

/// What one endpoint demands: `[actions."file#export"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPolicy {
    /// Where its name stands.
    pub name_span: Range<usize>,
    /// Who may call it.
    pub access: Access,
    /// The least role that may.
    pub role: Option<Located<String>>,
    /// The permission that a caller needs.
    pub permission: Option<String>,
    /// How often it may be called.
    pub rate: Vec<Located<Rate>>,
    /// The file with the JSON Schema of its arguments, relative to the policy.
    pub schema: Option<Located<String>>,
    /// Which resources have to be the caller's, all of them.
    pub owns: Vec<Owns>,
    /// Whether one call may take effect twice.
    pub replay: Option<Replay>,
    /// Who tells people from programs.
    pub captcha: Option<Captcha>,
    /// Seconds for which a repeated call without a key is refused.
    pub replay_window: Option<u64>,
    /// What the page says that the proof of a human is for.
    pub captcha_action: Option<String>,
    /// Where the arguments hold the proof.
    pub captcha_argument: Option<ArgumentPath>,
    /// Whether refusals take effect; if this says nothing, `[guard]` does.
    pub mode: Option<Mode>,
    /// Gates that only record.
    pub observe: Vec<Gate>,
    /// Kinds of values that the arguments may have beyond plain data.
    pub allow: Vec<Allowance>,
    /// The most bytes of a call.
    pub body_limit: Option<u64>,
    /// The fields that leave; all if there is no list.
    pub output: Option<Vec<String>>,
}

/// Who may call an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Whoever is signed in.
    Authenticated,
    /// Everybody.
    Public {
        /// Why that is right, for who reads the policy.
        why: String,
    },
}

/// A resource that has to be the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owns {
    /// Where the arguments name it.
    pub argument: Located<ArgumentPath>,
    /// A query that has a row if it is; `$1` is what the argument names, `$user` the caller.
    pub query: String,
}

/// Whether one call may take effect twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It may not.
    Once,
}

/// Who tells people from programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captcha {
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha.
    Hcaptcha,
    /// reCAPTCHA.
    Recaptcha,
}

/// Reads `[actions]`.
pub(crate) fn read_all(reader: &mut Reader, table: &DeTable<'_>) -> BTreeMap<String, ActionPolicy> {
    let mut actions = BTreeMap::new();
    for (name, value) in table {
        let name_text = name.get_ref().as_ref();
        let path = format!("actions.\"{name_text}\"");
        let Some(content) = value.get_ref().as_table() else {
            let help = "name the endpoint in the section: `[actions.\"app/actions.ts#save\"]`".to_owned();
            reader.wrong_kind(value, &format!("actions.{name_text}"), "a table", help);
            continue;
        };
        if !name_text.contains('#') {
            reader.error(
                name.span(),
                format!("`{name_text}` does not name an endpoint"),
                vec!["write the file, `#`, and the export: `[actions.\"app/actions.ts#save\"]`".to_owned()],
            );
            continue;
        }
        if let Some(action) = read(reader, content, &path, name.span()) {
            actions.insert(name_text.to_owned(), action);
        }
    }
    actions
}

fn read(reader: &mut Reader, table: &DeTable<'_>, path: &str, name_span: Range<usize>) -> Option<ActionPolicy> {
    let mut access: Option<Access> = None;
    let mut has_access = false;
    let mut action = ActionPolicy {
        name_span: name_span.clone(),
        access: Access::Authenticated,
        role: None,
        permission: None,
        rate: Vec::new(),
        schema: None,
        owns: Vec::new(),
        replay: None,
        captcha: None,
        replay_window: None,
        captcha_action: None,
        captcha_argument: None,
        mode: None,
        observe: Vec::new(),
        allow: Vec::new(),
        body_limit: None,
        output: None,
    };
    for (key, value) in reader.known(table, path, ACTION) {
        match key.name {
            "access" => {
                has_access = true;
                access = read_access(reader, value);
            }
            "role" => {
                let role = reader.text(value, "role", "`role = \"editor\"`");
                action.role = role.map(|text| located(text, value));
            }
            "permission" => {
                action.permission = reader.text(value, "permission", "`permission = \"invoice:update\"`");
            }
            "rate" => action.rate = read_rates(reader, value),
            "schema" => {
                action.schema = reader
                    .text(value, "schema", "`schema = \"schemas/save.json\"`")
                    .filter(|text| is_below(reader, text, value))
                    .map(|text| located(text, value));
            }
            "owns" => action.owns = read_owns(reader, value),
            "replay" => action.replay = reader.choice(value, "replay", &["once"]).map(|_| Replay::Once),
            "captcha" => {
                action.captcha = reader.choice(value, "captcha", CAPTCHAS).map(|name| match name {
                    "hcaptcha" => Captcha::Hcaptcha,
                    "recaptcha" => Captcha::Recaptcha,
                    _ => Captcha::Turnstile,
                });
            }
            "replay-window" => {
                let text = reader.text(value, "replay-window", "`replay-window = \"10m\"`");
                action.replay_window = text.and_then(|text| or_report(reader, value, seconds(&text)));
            }
            "captcha-action" => {
                action.captcha_action = reader.text(value, "captcha-action", "`captcha-action = \"sign-up\"`");
            }
            "captcha-arg" => {
                let text = reader.text(value, "captcha-arg", "`captcha-arg = \"/0/token\"`");
                action.captcha_argument = text.and_then(|text| or_report(reader, value, ArgumentPath::read(&text)));
            }
            "mode" => {
                action.mode = reader.choice(value, "mode", MODES).map(|mode| match mode {
                    "observe" => Mode::Observe,
                    _ => Mode::Enforce,
                });
            }
            "observe" => action.observe = gates(reader, value, "observe"),
            "allow" => action.allow = allowances(reader, value, "allow"),
            "body-limit" => action.body_limit = reader.number(value, "body-limit"),
            _ => {
                let fields = reader.texts(value, "output", "`[\"id\", \"title\"]`");
                action.output = Some(fields.into_iter().map(|(text, _)| text.to_owned()).collect());
            }
        }
    }
    if !has_access {
        reader.error(
            name_span,
            "the endpoint does not say who may call it".to_owned(),
            vec!["write `access = \"authenticated\"`, or `access = { public = \"why\" }`".to_owned()],
        );
    }
    action.access = access?;
    if let Access::Public { .. } = action.access {
        check_public(reader, &action, path);
    }
    Some(action)
}

/// What asks for a caller makes no sense where everybody may call.
fn check_public(reader: &mut Reader, action: &ActionPolicy, path: &str) {
    let help = || vec!["write `access = \"authenticated\"`".to_owned()];
    if let Some(role) = &action.role {
        reader.error(
            role.span.clone(),
            format!("`{path}` is public, and asks for a role"),
            help(),
        );
    }
    for owns in &action.owns {
        let message = format!("`{path}` is public, and asks for an owner");
        reader.error(owns.argument.span.clone(), message, help());
    }
    for rate in &action.rate {
        let mut keys = rate.value.per.iter();
        if keys.any(|key| matches!(key, RateKey::User | RateKey::Session)) {
            reader.error(
                rate.span.clone(),
                format!("`{path}` is public, and its calls are counted by who is signed in"),
                vec!["count them `per address`".to_owned()],
            );
        }
    }
}

fn read_access(reader: &mut Reader, value: &Value<'_>) -> Option<Access> {
    const HELP: &str = "write `access = \"authenticated\"`, or `access = { public = \"why\" }`";
    if let Some(text) = value.get_ref().as_str() {
        if text == "authenticated" {
            return Some(Access::Authenticated);
        }
        let help = match crate::closest(text, ["authenticated"]) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None if text == "public" => "say why: `access = { public = \"sign-in form\" }`".to_owned(),
            None => HELP.to_owned(),
        };
        reader.error(value.span(), format!("`{text}` is nobody who may call"), vec![help]);
        return None;
    }
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong_kind(value, "access", "a string or a table", HELP.to_owned());
        return None;
    };
    let mut why = None;
    for (_, value) in reader.known(table, "access", ACCESS) {
        why = reader
            .text(value, "access.public", "`{ public = \"sign-in form\" }`")
            .map(|text| (text, value.span()));
    }
    let Some((why, span)) = why else {
        if table.is_empty() {
            reader.error(value.span(), "`access` says nothing".to_owned(), vec![HELP.to_owned()]);
        }
        return None;
    };
    if why.trim().is_empty() {
        let message = "a public endpoint needs a reason".to_owned();
        reader.error(
            span,
            message,
            vec!["say why everybody may call it: `{ public = \"sign-in form\" }`".to_owned()],
        );
        return None;
    }
    Some(Access::Public { why })
}

fn read_rates(reader: &mut Reader, value: &Value<'_>) -> Vec<Located<Rate>> {
    const EXAMPLE: &str = "`[\"5/1m per user\"]`";
    let texts = match value.get_ref().as_str() {
        Some(text) => vec![(text, value.span())],
        None => reader.texts(value, "rate", EXAMPLE),
    };
    let mut rates = Vec::new();
    for (text, span) in texts {
        match Rate::read(text) {
            Ok(value) => rates.push(Located { value, span }),
            Err((message, help)) => reader.error(span, message, vec![help]),
        }
    }
    rates
}

/// One table, or a list of them: an action can name several resources, and each has its own query.
fn read_owns(reader: &mut Reader, value: &Value<'_>) -> Vec<Owns> {
    let Some(list) = value.get_ref().as_array() else {
        return read_one_owns(reader, value).into_iter().collect();
    };
    if list.is_empty() {
        let help = vec!["leave `owns` out, or name what has to be the caller's".to_owned()];
        reader.error(
            value.span(),
            "`owns` is empty, and would let everybody through".to_owned(),
            help,
        );
    }
    list.iter().filter_map(|one| read_one_owns(reader, one)).collect()
}

fn read_one_owns(reader: &mut Reader, value: &Value<'_>) -> Option<Owns> {
    let table = reader.table(value, "owns")?;
    let (mut argument, mut query) = (None, None);
    for (key, value) in reader.known(table, "owns", OWNS) {
        if key.name == "arg" {
            let text = reader.text(value, "owns.arg", "`arg = \"/0/invoiceId\"`")?;
            match ArgumentPath::read(&text) {
                Ok(path) => {
                    argument = Some(Located {
                        value: path,
                        span: value.span(),
                    });
                }
                Err((message, help)) => {
                    reader.error(value.span(), message, vec![help]);
                    return None;
                }
            }
        } else {
            let text = reader.text(
                value,
                "owns.query",
                "`query = \"select 1 from t where id = $1 and owner = $user\"`",
            )?;
            if !(text.contains("$user") && text.contains("$1")) {
                reader.error(
                    value.span(),
                    "the query does not tie the resource to the caller".to_owned(),
                    vec!["use `$1` for what the argument names, and `$user` for the caller".to_owned()],
                );
                return None;
            }
            query = Some(text);
        }
    }
    if let (Some(argument), Some(query)) = (argument, query) {
        return Some(Owns { argument, query });
    }
    let message = "`owns` needs `arg` and `query`".to_owned();
    let help = "`owns = { arg = \"/0/id\", query = \"select 1 from t where id = $1 and owner = $user\" }`";
    reader.error(value.span(), message, vec![help.to_owned()]);
    None
}

fn or_report<T>(reader: &mut Reader, value: &Value<'_>, read: Result<T, (String, String)>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err((message, help)) => {
            reader.error(value.span(), message, vec![help]);
            None
        }
    }
}

/// A file of the policy lies beside or below it.
fn is_below(reader: &mut Reader, text: &str, value: &Value<'_>) -> bool {
    let leaves =
        text.is_empty() || text.starts_with('/') || text.contains('\\') || text.split('/').any(|part| part == "..");
    if leaves {
        reader.error(
            value.span(),
            format!("`{text}` is not a file below the policy"),
            vec!["write a path from the policy's folder, with `/`: `schemas/save.json`".to_owned()],
        );
    }
    !leaves
}

fn located<T>(value: T, at: &Value<'_>) -> Located<T> {
    Located { value, span: at.span() }
}
