//! Whatever is done to a valid request, it is refused or still means the same user; and nothing makes a reader panic.

use portcullis_session::{KeySet, Presented};
use proptest::prelude::{any, proptest};
use serde_json::Value;

use super::providers;

const FILES: &[&str] = &[
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
    "workos-authkit",
];

/// The letters of a value, each in turn changed to its neighbour in base64, removed, or doubled; about 150 for each value.
fn mutations(text: &str) -> impl Iterator<Item = String> + '_ {
    let step = (text.len() / 50).max(1);
    (0..text.len()).step_by(step).flat_map(move |index| {
        let (before, rest) = text.split_at(index);
        let (letter, after) = rest.split_at(1);
        let other = match letter {
            "A" => "B",
            "=" => ".",
            _ => "A",
        };
        [
            format!("{before}{other}{after}"),
            format!("{before}{after}"),
            format!("{before}{letter}{letter}{after}"),
        ]
    })
}

#[test]
fn no_changed_letter_changes_the_user() {
    let mut tried = 0;
    let mut refused = 0;
    for file in FILES {
        let document = super::super::own_document(file);
        for vector in document["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|vector| vector["expect"]["ok"] == true)
        {
            let (provider, keys) = providers::for_vector(file, &document["config"], vector, true);
            for pointer in ["/cookie_header", "/headers/authorization"] {
                let Some(value) = vector.pointer(pointer).and_then(Value::as_str) else {
                    continue;
                };
                for changed in mutations(value) {
                    let mut mutated = vector.clone();
                    *mutated.pointer_mut(pointer).unwrap() = Value::String(changed);
                    tried += 1;
                    match super::super::decide(provider.as_ref(), &keys, &mutated, true) {
                        Err(_) => refused += 1,
                        Ok(identity) => assert_eq!(
                            identity.user_id,
                            vector["expect"]["identity"]["user_id"].as_str().unwrap(),
                            "{file} {}",
                            mutated["cookie_header"]
                        ),
                    }
                }
            }
        }
    }
    println!("{refused} of {tried} changed requests refused, the others mean the same user");
    // What stays valid changed nothing that counts: other cookies, and unsigned text beside a signed token.
    assert!(refused * 100 > tried * 75, "{refused} of {tried}");
}

proptest! {
    #[test]
    fn no_header_makes_a_reader_panic(cookies in any::<Vec<u8>>(), authorization in any::<Vec<u8>>()) {
        let _outcome = Presented::parse([cookies.as_slice()], [authorization.as_slice()], true);
    }

    #[test]
    fn no_value_is_a_session_by_chance(value in "[-A-Za-z0-9_.*~%=]{0,200}", secure in any::<bool>()) {
        for file in FILES {
            let document = super::super::own_document(file);
            let vector = &document["vectors"][0];
            let names = vector["cookies"].as_array().into_iter().flatten();
            let header: Vec<String> = names.map(|pair| format!("{}={value}", pair[0].as_str().unwrap())).collect();
            let bearer = format!("Bearer {value}");
            let parsed = Presented::parse([header.join("; ").as_bytes()], [bearer.as_bytes()], secure);
            let (provider, keys) = providers::for_vector(file, &document["config"], vector, false);
            if let Ok(presented) = parsed {
                for keys in [&keys, &KeySet::default()] {
                    let outcome = provider.read(&presented, keys, portcullis_funnel::Timestamp::from_seconds(0));
                    assert!(!matches!(outcome, Ok(portcullis_session::Reading::User(_))), "{file} {value}");
                }
            }
        }
    }
}
