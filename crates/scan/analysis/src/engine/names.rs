//! What names of library functions and options say, and what selects by the caller's own credential.

use portcullis_catalog::EffectKind;

use crate::value::{Origin, Value};

/// A request that only asks is a read.
pub(super) fn request_kind(kind: EffectKind, arguments: &[Value]) -> EffectKind {
    if kind != EffectKind::Request {
        return kind;
    }
    let method = arguments.iter().find_map(|argument| match argument {
        Value::Object(object) => object.field("method").cloned(),
        _ => None,
    });
    match method {
        None => EffectKind::Read,
        Some(Value::Text(method)) if matches!(&*method.to_ascii_uppercase(), "GET" | "HEAD" | "OPTIONS") => {
            EffectKind::Read
        }
        Some(_) => EffectKind::Request,
    }
}

/// Whether the caller's own credential is what selects: it stands as a key, not among options or alternatives.
pub(super) fn selects_by_credential(value: &Value, depth: u32) -> bool {
    if depth > 6 {
        return false;
    }
    match value {
        Value::Object(object) => {
            object.fields.iter().any(|(name, field)| match field {
                crate::value::Field::Value(value) => !is_loose(name) && selects_by_credential(value, depth + 1),
                crate::value::Field::Getter(_) => false,
            }) || object
                .open
                .as_ref()
                .is_some_and(|open| selects_by_credential(open, depth + 1))
        }
        Value::Array(array) => array.items.iter().any(|item| selects_by_credential(item, depth + 1)),
        Value::Union(options) => options.iter().all(|option| selects_by_credential(option, depth + 1)),
        Value::Abstract(inner) => inner.origin.has(Origin::CREDENTIAL),
        Value::Model(model) => model.origin.has(Origin::CREDENTIAL),
        Value::Native(_) => value.origin().has(Origin::CREDENTIAL),
        _ => false,
    }
}

/// Names of operators and options under which a value does not pin down what is found.
pub(super) fn is_loose(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "or" | "not"
            | "nor"
            | "$or"
            | "$not"
            | "$nor"
            | "$ne"
            | "ne"
            | "neq"
            | "noteq"
            | "notin"
            | "notinarray"
            | "gt"
            | "gte"
            | "lt"
            | "lte"
            | "$gt"
            | "$gte"
            | "$lt"
            | "$lte"
            | "isnull"
            | "orwhere"
            | "take"
            | "skip"
            | "limit"
            | "offset"
            | "cachekey"
            | "cache"
            | "tags"
            | "next"
            | "headers"
            | "orderby"
            | "select"
            | "include"
    )
}

/// Options by which a session source turns strangers away itself.
pub(super) fn demands_session(arguments: &[Value]) -> bool {
    arguments.iter().any(|argument| {
        argument.own_field("ensureSignedIn") == Some(&Value::Boolean(true))
            || matches!(argument.own_field("or"), Some(Value::Text(or)) if matches!(&**or, "redirect" | "throw"))
    })
}

/// A look-up by an id that is not there finds nothing, in libraries that do not take it for "no filter".
pub(super) fn finds_nothing(name: &str, arguments: &[Value]) -> bool {
    matches!(
        name,
        "findById" | "findByIdAndUpdate" | "findByIdAndDelete" | "findByIdAndRemove" | "findByPk"
    ) && arguments.first() == Some(&Value::Undefined)
}

pub(super) fn is_hash(name: &str) -> bool {
    matches!(name, "hash" | "hashSync" | "genSalt" | "hashPassword")
}

/// Names of fields that hold a password, a key or a token.
const SECRETS: [&str; 45] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "passwordhash",
    "hashedpassword",
    "passwordsalt",
    "encryptedpassword",
    "currentpassword",
    "newpassword",
    "oldpassword",
    "confirmpassword",
    "passwordconfirm",
    "passwordconfirmation",
    "repeatpassword",
    "secret",
    "totpsecret",
    "otpsecret",
    "mfasecret",
    "twofactorsecret",
    "webhooksecret",
    "secretkey",
    "apikey",
    "apisecret",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "servicerolekey",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "bearertoken",
    "sessiontoken",
    "resettoken",
    "resetpasswordtoken",
    "apitoken",
    "otp",
    "cvv",
    "cvc",
    "cardnumber",
    "backupcodes",
    "recoverycodes",
];

/// Whether a field of this name holds a password, a key or a token. Asked for every property that is read.
pub(super) fn names_secret(name: &str) -> bool {
    let letters = || {
        name.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase())
    };
    (3..=24).contains(&name.len())
        && SECRETS
            .iter()
            .any(|secret| letters().next() == secret.bytes().next() && letters().eq(secret.bytes()))
}

/// Names of values that decide what somebody pays or may do.
pub(super) fn names_decision(name: &str) -> bool {
    super::effect::words_of(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "price" | "amount" | "total" | "cost" | "discount" | "credits" | "balance" | "fee"
        )
    }) || super::query::names_role(name)
}

/// Methods of text whose result is the same text, but for its edges.
pub(super) fn keeps_text(name: &str) -> bool {
    matches!(
        name,
        "trim" | "trimStart" | "trimEnd" | "toString" | "valueOf" | "normalize" | "toLowerCase" | "toUpperCase"
    )
}

/// Methods that only text has: whoever sends an object gets an error.
pub(super) fn is_of_text(name: &str) -> bool {
    keeps_text(name)
        || matches!(
            name,
            "slice"
                | "substring"
                | "substr"
                | "replace"
                | "replaceAll"
                | "split"
                | "padStart"
                | "padEnd"
                | "charAt"
                | "match"
        )
}

/// Whether a function makes something of a password that cannot be turned back: nothing of the password is left in it.
pub(super) fn is_derived(name: &str) -> bool {
    matches!(name, "scrypt" | "scryptSync" | "pbkdf2" | "pbkdf2Sync") || is_hash(name) && name != "genSalt"
}

/// Whether a function compares what it gets with itself alone. One that signs in asks somebody who knows.
pub(super) fn compares(name: &str) -> bool {
    matches!(
        name,
        "compare" | "compareSync" | "verify" | "verifySync" | "bcryptVerify" | "timingSafeEqual"
    )
}
