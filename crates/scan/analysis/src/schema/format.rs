//! Strings of a known form. Each pattern accepts whatever Zod 3.22 and later and Zod 4 accept; where these disagree or
//! an engine without backtracking can't say it, the pattern is wider and the shape says so.

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::Meaning;
use super::shape::{Change, Kind, Shape, Shared, TextChecks};

/// What is known of a form.
#[derive(Debug, Clone, Copy)]
struct Format {
    name: &'static str,
    /// None if no pattern can tell.
    pattern: Option<&'static str>,
    /// Whether the pattern accepts what Zod accepts and nothing else.
    exact: bool,
}

const fn exact(name: &'static str, pattern: &'static str) -> Format {
    Format {
        name,
        pattern: Some(pattern),
        exact: true,
    }
}

const fn wider(name: &'static str, pattern: &'static str) -> Format {
    Format {
        name,
        pattern: Some(pattern),
        exact: false,
    }
}

const fn without(name: &'static str) -> Format {
    Format {
        name,
        pattern: None,
        exact: false,
    }
}

const HEX_ID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const FORMATS: &[Format] = &[
    wider(
        "email",
        r"^[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+\-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$",
    ),
    without("url"),
    without("httpUrl"),
    without("emoji"),
    wider("uuid", HEX_ID),
    wider("uuidv4", HEX_ID),
    wider("uuidv6", HEX_ID),
    wider("uuidv7", HEX_ID),
    exact("guid", HEX_ID),
    // Half as many as Zod wants: they may be characters of two units.
    wider(
        "cuid",
        r"^[cC][^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\-]{4,}$",
    ),
    exact("cuid2", "^[0-9a-z]+$"),
    wider("ulid", "^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}$"),
    exact("xid", "^[0-9a-vA-V]{20}$"),
    exact("ksuid", "^[A-Za-z0-9]{27}$"),
    exact("nanoid", r"^[a-zA-Z0-9_\-]{21}$"),
    without("mac"),
    wider("ip", "^[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?$"),
    exact(
        "ipv4",
        r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$",
    ),
    wider("ipv6", "^[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?$"),
    wider("cidr", "^[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?/[0-9]{1,3}$"),
    wider("cidrv4", "^[0-9.]+/[0-9]{1,2}$"),
    wider("cidrv6", "^[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?/[0-9]{1,3}$"),
    wider("base64", "^[0-9a-zA-Z+/]*={0,2}$"),
    wider("base64url", r"^[0-9a-zA-Z_\-]*={0,2}$"),
    wider("hex", "^[0-9a-fA-F]*$"),
    without("hostname"),
    without("hash"),
    wider("e164", r"^\+[0-9]{7,15}$"),
    without("creditCard"),
    without("currencyCode"),
    without("iban"),
    wider("jwt", r"^[^.]*\.[^.]*\.[^.]*$"),
    wider("date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    wider("time", r"^[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$"),
    wider(
        "datetime",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+\-][0-9]{2}(?::?[0-9]{2})?)?$",
    ),
    wider("duration", r"^[+\-]?P[0-9A-Z.,+\-]*$"),
    without("stringFormat"),
];

/// Options that change what a form accepts; with one of them a pattern says nothing.
const MESSAGES: &[&str] = &[
    "message",
    "error",
    "abort",
    "description",
    "params",
    "path",
    "invalid_type_error",
    "required_error",
    // Forms whose patterns allow for these.
    "offset",
    "local",
    "precision",
    "version",
    "alg",
];

fn find(name: &str) -> Option<Format> {
    FORMATS.iter().find(|format| format.name == name).copied()
}

/// Whether the library has a function or method of this name that asks for a form.
pub(crate) fn is_format(name: &str) -> bool {
    // `z.date()` is a Date; `z.iso.date()` a string. `z.string().date()` comes here by way of the string.
    name != "date" && name != "time" && name != "datetime" && name != "duration" && find(name).is_some()
}

/// `z.email()`, `z.iso.date()`
pub(crate) fn schema(name: &str, arguments: &[Meaning], place: Place) -> Shared {
    let mut shape = Shape {
        place,
        kind: Kind::Never,
        notes: Vec::new(),
    };
    let mut checks = TextChecks::default();
    if let Some(note) = check(&mut checks, name, arguments) {
        shape.note(&note);
    }
    shape.kind = Kind::Text(checks);
    Shared::new(shape)
}

/// Adds a form to what a string has to be; the note says where that is wider than Zod.
pub(crate) fn check(checks: &mut TextChecks, name: &str, arguments: &[Meaning]) -> Option<String> {
    let format = find(name)?;
    checks.is_limited = true;
    if checks.change > Change::None {
        return Some(format!("format {name} after a change"));
    }
    let known = match arguments.first() {
        None | Some(Meaning::Constant(_)) => true,
        Some(Meaning::Object(options)) => {
            !options.is_open && options.fields.iter().all(|(option, _)| MESSAGES.contains(&&**option))
        }
        Some(_) => false,
    };
    if name != "stringFormat" {
        checks.format = Some(Text::from(name));
    }
    match format.pattern {
        Some(pattern) if known => {
            checks.patterns.push(pattern.to_owned());
            (!format.exact).then(|| format!("format {name}"))
        }
        _ => Some(format!("format {name}")),
    }
}
