//! A vector file's `config` as one of our providers with its keys.

use std::time::Duration;

use portcullis_funnel::Secret;
use portcullis_session::{
    Algorithm, Auth0, AuthJsV4, AuthJsV5, Bearer, BetterAuth, CacheFormat, ClaimMap, ClaimPath, Clerk, Expiry,
    Firebase, IronPasswords, IronSession, KeySet, Kinde, Opaque, Provider, Supabase, Transform, WorkOs,
};
use serde_json::Value;

/// The provider and the keys for one vector.
pub(crate) fn for_vector(file: &str, config: &Value, vector: &Value, with_table: bool) -> (Box<dyn Provider>, KeySet) {
    let text = |name: &str| config[name].as_str().unwrap_or_default();
    let claims = claim_map(&config["claim_map"]);
    let provider: Box<dyn Provider> = match file {
        "auth0-nextjs-v4" => {
            let absolute = Duration::from_secs(config["absolute_s"].as_u64().unwrap());
            Box::new(Auth0::new(text("secret"), absolute, claims).unwrap())
        }
        "authjs-v4" => Box::new(AuthJsV4::new(text("secret"), claims).unwrap()),
        "authjs-v5" => {
            let secrets = config["secrets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|secret| secret.as_str().unwrap());
            Box::new(AuthJsV5::new(secrets, claims).unwrap())
        }
        "better-auth" => Box::new(better_auth(
            text("secret"),
            vector["mode"].as_str().unwrap(),
            with_table,
        )),
        "clerk" => {
            let parties = serde_json::from_value(config["authorized_parties"].clone()).unwrap();
            Box::new(Clerk::new(text("publishable_key"), text("frontend_api"), parties).unwrap())
        }
        "db-sessions" => Box::new(opaque(vector["name"].as_str().unwrap())),
        "firebase-session-cookie" => Box::new(Firebase::new(text("project_id"), text("cookie_name"), claims)),
        "iron-session-v8" => Box::new(IronSession {
            cookie: text("cookie_name").to_owned(),
            passwords: passwords(config),
            user_id: ClaimPath::parse(config["claim_map"]["user_id"].as_str().unwrap()).unwrap(),
            numeric_user_id: false,
            claims,
        }),
        "kinde" => Box::new(Kinde::new(text("issuer"), config["audience"].as_str()).unwrap()),
        "oidc-bearer-jwt" => Box::new(Bearer {
            issuer: text("issuer").to_owned(),
            audience: text("audience").to_owned(),
            algorithms: config["algorithms"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| Algorithm::named(name.as_str().unwrap()).unwrap())
                .collect(),
            tolerance: config["clock_tolerance_s"].as_i64().unwrap(),
            claims,
        }),
        "supabase" => Box::new(Supabase::new(text("url"), config["cookie_name"].as_str(), claims)),
        "workos-authkit" => {
            let passwords = IronPasswords::single(text("cookie_password")).unwrap();
            Box::new(WorkOs::new(text("cookie_name"), passwords, text("issuer")).unwrap())
        }
        other => panic!("no provider for {other}"),
    };
    (provider, keys(config))
}

fn keys(config: &Value) -> KeySet {
    let mut keys = KeySet::default();
    if config["jwks"].is_object() {
        keys = keys.with(KeySet::from_jwks(config["jwks"].to_string().as_bytes()).unwrap());
    }
    if config["certs"].is_object() {
        keys = keys.with(KeySet::from_certificates(config["certs"].to_string().as_bytes()).unwrap());
    }
    if let Some(secret) = config["legacy_hs256_secret"].as_str() {
        keys = keys.with(KeySet::from_secret(Secret::configured(secret).unwrap()));
    }
    keys
}

fn passwords(config: &Value) -> IronPasswords {
    let passwords = config["passwords"].as_object().unwrap();
    passwords.iter().fold(IronPasswords::default(), |all, (id, password)| {
        all.with(id, password.as_str().unwrap()).unwrap()
    })
}

fn better_auth(secret: &str, mode: &str, with_table: bool) -> BetterAuth {
    let format = match mode {
        _ if with_table => return BetterAuth::with_table(secret, "better-auth").unwrap(),
        "cookie_cache:jwt" => CacheFormat::Jwt,
        "cookie_cache:jwe" => CacheFormat::Jwe,
        _ => CacheFormat::Compact,
    };
    BetterAuth::with_cache(secret, "better-auth", format).unwrap()
}

/// The layouts that the names of the vectors start with.
fn opaque(name: &str) -> Opaque {
    let own = |cookie, transform| Opaque::new("own", cookie, transform, Expiry::Exclusive);
    match name.split('/').next().unwrap() {
        "authjs-db" => Opaque::authjs(),
        "lucia-v3" => own("auth_session", Transform::Plain),
        "lucia-guide-2024" => own("session", Transform::Sha256Hex),
        "lucia-guide-2025" => own("session_token", Transform::IdAndSecret),
        other => panic!("no table for {other}"),
    }
}

/// Paths of the vectors, without the remarks in parentheses.
fn claim_map(paths: &Value) -> ClaimMap {
    let path = |name: &str| {
        let text = paths[name].as_str()?;
        let (path, _remark) = text.split_once(" (").unwrap_or((text, ""));
        ClaimPath::parse(path).ok().filter(|_| !path.contains(' '))
    };
    ClaimMap {
        roles: path("role").or_else(|| ClaimPath::parse("role").ok()),
        permissions: path("permissions"),
        organization: path("org"),
        session_id: path("session_id"),
        email: path("email"),
        ..ClaimMap::default()
    }
}
