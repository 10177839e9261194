//! Every session vector is decided as it expects. `PORTCULLIS_VECTORS` names another folder with the same layout.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a test reads its vectors, says what it decided, and fails by panicking"
)]

mod vectors {
    mod mutations;
    pub(crate) mod providers;
    pub(crate) mod table;
}

use std::fs;
use std::path::PathBuf;

use portcullis_funnel::{Identity, Timestamp};
use portcullis_session::{Algorithm, Bearer, ClaimMap, KeySet, Presented, Provider, Reading, Refusal};
use serde_json::Value;

/// What a vector's request comes to.
fn decide(provider: &dyn Provider, keys: &KeySet, vector: &Value, with_table: bool) -> Result<Identity, Refusal> {
    let cookies = vector["cookie_header"].as_str().unwrap_or_default().as_bytes();
    let authorization = vector["headers"]["authorization"].as_str().map(str::as_bytes);
    let secure = vector["secure"].as_bool().unwrap_or(false);
    let presented = Presented::parse([cookies], authorization, secure)?;
    let now = Timestamp::from_millis((vector["now"].as_f64().unwrap() * 1000.0) as i64);
    match provider.read(&presented, keys, now)? {
        Reading::User(identity) => Ok(*identity),
        Reading::Row(query) if with_table => {
            let row = vectors::table::find(&vector["db"], query.key(), now);
            query.decide(row, now)
        }
        Reading::Row(_) => panic!("a table is needed"),
    }
}

/// The list of revocations that a vector carries, applied as the revocation gate does.
fn is_revoked(vector: &Value, identity: &Identity) -> bool {
    vector["revocations"].as_array().into_iter().flatten().any(|entry| {
        entry["sub"] == identity.user_id.as_str()
            && identity.is_before(Timestamp::from_seconds(entry["not_before"].as_i64().unwrap()))
    })
}

/// Says how a decision differs from what was expected.
fn difference(expect: &Value, vector: &Value, outcome: Result<Identity, Refusal>) -> Option<String> {
    let outcome = match outcome {
        Ok(identity) if is_revoked(vector, &identity) => Err("revoked".to_owned()),
        Ok(identity) => Ok(identity),
        Err(refusal) => Err(refusal.to_string()),
    };
    match (expect["ok"].as_bool().unwrap(), outcome) {
        (false, Err(_)) => None,
        (false, Ok(identity)) => Some(format!("accepted {identity:?}, expected {}", expect["reason"])),
        (true, Err(refusal)) => Some(format!("refused: {refusal}")),
        (true, Ok(identity)) => wrong_field(&expect["identity"], &identity),
    }
}

fn wrong_field(expected: &Value, identity: &Identity) -> Option<String> {
    let list = |name: &str| -> Option<Vec<String>> {
        match &expected[name] {
            Value::Null => None,
            Value::String(one) => Some(vec![one.clone()]),
            many => Some(serde_json::from_value(many.clone()).unwrap()),
        }
    };
    let text = |name: &str| expected[name].as_str().map(str::to_owned);
    let wrong =
        |name: &str, is_right: bool| (!is_right).then(|| format!("`{name}` of {identity:?}, expected {expected}"));
    let seconds = identity.expires_at.map(Timestamp::seconds);
    wrong("user_id", text("user_id").as_ref() == Some(&identity.user_id))
        .or_else(|| wrong("role", list("role").is_none_or(|roles| roles == identity.roles)))
        .or_else(|| {
            wrong(
                "permissions",
                list("permissions").is_none_or(|all| all == identity.permissions),
            )
        })
        .or_else(|| wrong("org", text("org").is_none_or(|org| Some(org) == identity.organization)))
        .or_else(|| {
            wrong(
                "session_id",
                text("session_id").is_none_or(|id| Some(id) == identity.session_id),
            )
        })
        .or_else(|| wrong("impersonator", text("impersonator") == identity.impersonator))
        .or_else(|| {
            wrong(
                "anonymous",
                expected["anonymous"].as_bool().unwrap_or(false) == identity.is_anonymous,
            )
        })
        .or_else(|| {
            wrong(
                "expires_at",
                expected["expires_at"].as_i64().is_none_or(|end| Some(end) == seconds),
            )
        })
}

/// The repository's own copy.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

fn folder() -> PathBuf {
    let root = std::env::var("PORTCULLIS_VECTORS").unwrap_or_else(|_| OWN.to_owned());
    PathBuf::from(root).join("sessions")
}

/// A file of the folder. A set that is kept aside may lack one; our own copy lacks none.
fn document(file: &str) -> Option<Value> {
    let path = folder().join(format!("{file}.json"));
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(
            std::env::var_os("PORTCULLIS_VECTORS").is_some(),
            "no {}",
            path.display()
        );
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// A file of the repository's own copy.
fn own_document(file: &str) -> Value {
    let text = fs::read_to_string(format!("{OWN}/sessions/{file}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The token that Better Auth's JWT plugin issues is one of any issuer.
#[test]
fn the_token_of_a_plugin_is_a_bearer_token() {
    let plugin = own_document("better-auth")["jwt_plugin"].clone();
    let text = |name: &str| plugin[name].as_str().unwrap().to_owned();
    let provider = Bearer {
        issuer: text("issuer"),
        audience: text("audience"),
        algorithms: vec![Algorithm::EdDsa],
        tolerance: 0,
        claims: ClaimMap::default(),
    };
    let keys = KeySet::from_jwks(plugin["jwks"].to_string().as_bytes()).unwrap();
    let read = |now: i64, algorithms: &[Algorithm]| {
        let provider = Bearer {
            algorithms: algorithms.to_vec(),
            ..provider.clone()
        };
        let header = format!("Bearer {}", text("token"));
        let presented = Presented::parse([], [header.as_bytes()], false).unwrap();
        match provider.read(&presented, &keys, Timestamp::from_seconds(now)) {
            Ok(Reading::User(identity)) => Ok(identity.user_id),
            Ok(Reading::Row(_)) => panic!("a bearer token needs no table"),
            Err(refusal) => Err(refusal),
        }
    };
    let minted = plugin["minted_at"].as_i64().unwrap();
    let subject = plugin["payload"]["sub"].as_str().unwrap().to_owned();
    assert_eq!(read(minted, &[Algorithm::EdDsa]), Ok(subject));
    assert_eq!(read(minted + 900, &[Algorithm::EdDsa]), Err(Refusal::Expired));
    assert_eq!(read(minted, &[Algorithm::Es256]), Err(Refusal::AlgorithmNotAllowed));
}

/// Checks the vectors of one file, and prints how many there were.
fn check(file: &str) {
    let Some(document) = document(file) else {
        println!("{file}: no file in {}", folder().display());
        return;
    };
    let config = &document["config"];
    let mut decided = 0;
    let mut failures = Vec::new();
    for vector in document["vectors"].as_array().unwrap() {
        let mut compare = |expect: &Value, with_table: bool| {
            if expect.is_null() {
                return;
            }
            let (provider, keys) = vectors::providers::for_vector(file, config, vector, with_table);
            let outcome = decide(provider.as_ref(), &keys, vector, with_table);
            decided += 1;
            if let Some(difference) = difference(expect, vector, outcome) {
                failures.push(format!("{} (table: {with_table}): {difference}", vector["name"]));
            }
        };
        compare(&vector["expect"], true);
        compare(&vector["expect_without_db"], false);
    }
    println!("{file}: {} of {decided} decided as expected", decided - failures.len());
    assert!(decided > 0, "{file} has no vectors");
    assert!(failures.is_empty(), "{file}\n{}", failures.join("\n"));
}

macro_rules! files {
    ($($test:ident => $file:literal),* $(,)?) => { $(
        #[test]
        fn $test() {
            check($file);
        }
    )* };
}

files! {
    auth0 => "auth0-nextjs-v4",
    authjs_v4 => "authjs-v4",
    authjs_v5 => "authjs-v5",
    better_auth => "better-auth",
    clerk => "clerk",
    tables => "db-sessions",
    firebase => "firebase-session-cookie",
    iron_session => "iron-session-v8",
    kinde => "kinde",
    bearer => "oidc-bearer-jwt",
    supabase => "supabase",
    workos => "workos-authkit",
}

/// No file of the folder goes unread.
#[test]
fn every_file_has_a_test() {
    let known = [
        "auth0-nextjs-v4",
        "authjs-v4",
        "authjs-v5",
        "better-auth",
        "clerk",
        "db-sessions",
        "firebase-session-cookie",
        "iron-session-v8",
        "kinde",
        "keys",
        "oidc-bearer-jwt",
        "supabase",
        "workos-authkit",
    ];
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(known.contains(&name.as_str()), "no test reads {}", path.display());
        }
    }
}
