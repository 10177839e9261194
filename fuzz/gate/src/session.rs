//! The readers of sessions: they panic where one breaks a promise. No input signs anything, so whoever it is that a
//! mutant logs in as must be one of the users whose sessions it was made of.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_funnel::Timestamp;
use portcullis_session::{ClaimPath, KeySet, KeyUrl, MAX_KEYS, Presented, Provider, Reading, max_age, parse_date};
use ring::{aead, hkdf, hmac};
use serde_json::Value;

#[path = "../../../crates/gate/session/tests/vectors/providers.rs"]
mod providers;

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../crates/gate/session/tests/vectors/sessions/", $name, ".json")))),*]
    };
}

/// The providers, by the first byte of an input.
pub const FILES: [(&str, &str); 12] = files!(
    "auth0-nextjs-v4",
    "authjs-v4",
    "authjs-v5",
    "better-auth",
    "clerk",
    "db-sessions",
    "firebase-session-cookie",
    "iron-session-v8",
    "kinde",
    "oidc-bearer-jwt",
    "supabase",
    "workos-authkit"
);

struct Known {
    provider: Box<dyn Provider>,
    keys: KeySet,
    now: Timestamp,
    users: BTreeSet<String>,
    config: Value,
}

fn known(number: u8) -> &'static Known {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    let all = ALL.get_or_init(|| FILES.iter().map(|(name, text)| load(name, text)).collect());
    &all[usize::from(number) % all.len()]
}

fn load(name: &str, text: &str) -> Known {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let vectors = document["vectors"].as_array().expect("vectors");
    let valid = vectors.iter().find(|one| one["expect"]["ok"] == true).expect("a valid one");
    let users = vectors.iter().filter_map(|one| {
        let user = &one["expect"]["identity"]["user_id"];
        user.as_str().map(str::to_owned).or_else(|| user.as_i64().map(|user| user.to_string()))
    });
    let (provider, keys) = providers::for_vector(name, &document["config"], valid, false);
    Known {
        provider,
        keys,
        now: Timestamp::from_seconds(valid["now"].as_i64().expect("a time")),
        users: users.collect(),
        config: document["config"].clone(),
    }
}

/// A provider's number, a line of cookies, and the value of `Authorization`.
pub fn cookies(input: &[u8]) {
    let Some((number, lines)) = input.split_first() else { return };
    let known = known(*number);
    let mut lines = lines.split(|byte| *byte == b'\n');
    let cookies = lines.next();
    let Ok(presented) = Presented::parse(cookies, lines.next(), number & 0x80 != 0) else { return };
    if let Ok(Reading::User(identity)) = known.provider.read(&presented, &known.keys, known.now) {
        assert!(known.users.contains(&identity.user_id), "logged in as {:?}", identity.user_id);
    }
}

/// Claims that the application itself has signed or sealed: the first byte says how.
pub fn claims(input: &[u8]) {
    let Some((kind, claims)) = input.split_first() else { return };
    let (known, cookie) = if kind & 1 == 0 {
        let known = known(10);
        let key = known.config["legacy_hs256_secret"].as_str().expect("a secret");
        (known, format!("Bearer {}", signed(key.as_bytes(), claims)))
    } else {
        let known = known(1);
        let key = known.config["secret"].as_str().expect("a secret");
        (known, format!("next-auth.session-token={}", sealed(key.as_bytes(), claims)))
    };
    let (cookies, bearer) = if kind & 1 == 0 { (None, Some(cookie.as_bytes())) } else { (Some(cookie.as_bytes()), None) };
    let Ok(presented) = Presented::parse(cookies, bearer, false) else { return };
    let Ok(reading) = known.provider.read(&presented, &known.keys, known.now) else { return };
    let Reading::User(identity) = reading else { panic!("a row for a token") };
    let value: Value = serde_json::from_slice(claims).expect("accepted claims are JSON");
    let subject = value["sub"].as_str().map(str::to_owned);
    assert_eq!(subject.as_ref(), Some(&identity.user_id), "{value}");
    assert!(identity.expires_at.is_some_and(|end| end.since(known.now).as_secs() > 0 || kind & 1 == 1), "{value}");
}

fn signed(key: &[u8], claims: &[u8]) -> String {
    let message = [&b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"[..], claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn sealed(secret: &[u8], claims: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(b"{\"alg\":\"dir\",\"enc\":\"A256GCM\"}");
    let info = [&b"NextAuth.js Generated Encryption Key"[..]];
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"").extract(secret);
    let mut key = [0; 32];
    derived.expand(&info, hkdf::HKDF_SHA256).and_then(|material| material.fill(&mut key)).expect("a key");
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, &key).expect("a key"));
    let nonce = aead::Nonce::assume_unique_for_key([7; 12]);
    let mut text = claims.to_vec();
    let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::from(header.as_bytes()), &mut text).expect("sealed");
    let [nonce, text, tag] = [&[7; 12][..], &text, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}..{nonce}.{text}.{tag}")
}

/// Published keys, and the small texts around them.
pub fn keys(input: &[u8]) {
    let sets = [KeySet::from_jwks(input).ok(), KeySet::from_certificates(input).ok()];
    for keys in sets.into_iter().flatten() {
        assert!(keys.len() <= MAX_KEYS, "{} keys", keys.len());
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    drop(KeySet::from_public_key_pem(text));
    drop(KeyUrl::parse(text));
    drop(ClaimPath::parse(text));
    let _ = (max_age(text), parse_date(text));
}
