//! What names and values say about secrets: which names promise one, which values look like one, which only stand for
//! one. Names are evidence for a question, and a value has to confirm it.

/// The words of a name: `apiSecretKey`, `API_SECRET_KEY` and `api-secret-key` have the same three, in small letters.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut was_lower = false;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            push(&mut words, &mut current);
            was_lower = false;
            continue;
        }
        if character.is_ascii_uppercase() && was_lower {
            push(&mut words, &mut current);
        }
        was_lower = !character.is_ascii_uppercase();
        current.push(character.to_ascii_lowercase());
    }
    push(&mut words, &mut current);
    words
}

fn push(words: &mut Vec<String>, current: &mut String) {
    if !current.is_empty() {
        words.push(std::mem::take(current));
    }
}

/// Ends of names whose value must stay on the server.
const SECRET_ENDS: &[&[&str]] = &[
    &["secret"],
    &["secret", "key"],
    &["secret", "token"],
    &["secret", "access", "key"],
    &["private", "key"],
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["signing", "key"],
    &["encryption", "key"],
    &["master", "key"],
    &["admin", "key"],
    &["admin", "token"],
    &["service", "role"],
    &["service", "role", "key"],
    &["service", "key"],
    &["service", "account", "key"],
    &["service", "account"],
    &["database", "url"],
    &["database", "uri"],
    &["db", "url"],
    &["db", "uri"],
    &["postgres", "url"],
    &["mongodb", "uri"],
    &["mongo", "uri"],
    &["redis", "url"],
    &["connection", "string"],
    &["webhook", "secret"],
    &["refresh", "token"],
    &["bot", "token"],
    &["auth", "token"],
    &["rest", "token"],
    &["write", "token"],
    &["api", "token"],
];

/// Providers whose API keys have no public form.
const SECRET_PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "claude",
    "groq",
    "gemini",
    "mistral",
    "cohere",
    "replicate",
    "huggingface",
    "deepseek",
    "openrouter",
    "elevenlabs",
    "resend",
    "sendgrid",
    "mailgun",
    "postmark",
    "twilio",
    "brevo",
    "novu",
    "appwrite",
    "liveblocks",
    "livekit",
    "deepgram",
    "pinecone",
    "perplexity",
];

/// Words that say that the value is for everybody, or is none.
const HARMLESS: &[&str] = &[
    "public",
    "publishable",
    "anon",
    "site",
    "client",
    "min",
    "max",
    "length",
    "enable",
    "enabled",
    "has",
    "show",
    "is",
    "url",
    "path",
    "route",
    "name",
    "label",
    "placeholder",
    "count",
    "id",
    "ttl",
    "expiry",
    "expires",
    "regex",
    "required",
    "allow",
    "disable",
    "disabled",
    "reset",
    "forgot",
    "change",
    "strength",
    "demo",
    "mapbox",
    "posthog",
    "sentry",
    "turnstile",
    "recaptcha",
    "hcaptcha",
];

/// Whether the name of a variable promises a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    ends_with_any(&words, SECRET_ENDS) || is_provider_key(&words)
}

/// Whether a `NEXT_PUBLIC_` variable of this name carries what must stay on the server. Names that are public by
/// design, or that only speak about a secret, do not.
pub(super) fn is_secret_public_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("NEXT_PUBLIC_") else {
        return false;
    };
    let words = words(rest);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    // `CLIENT_SECRET` is a secret although `CLIENT_ID` is none; `DATABASE_URL` ends in a harmless word.
    let is_told_harmless = before.iter().any(|word| HARMLESS.contains(word) && *word != "client")
        || (HARMLESS.contains(last) && !ends_with_any(&words, SECRET_ENDS));
    if is_told_harmless {
        return false;
    }
    let is_token = matches!(last, &"token")
        && !ends_with_any(
            &words,
            &[
                &["secret", "token"],
                &["admin", "token"],
                &["bot", "token"],
                &["refresh", "token"],
            ],
        );
    !is_token && (ends_with_any(&words, SECRET_ENDS) || is_provider_key(&words))
}

fn is_provider_key(words: &[&str]) -> bool {
    let is_key = ends_with_any(words, &[&["api", "key"], &["key"], &["apikey"], &["api", "token"]]);
    is_key
        && words.iter().any(|word| SECRET_PROVIDERS.contains(word))
        && !words
            .iter()
            .any(|word| matches!(*word, "public" | "publishable" | "anon" | "client"))
}

fn ends_with_any(words: &[&str], ends: &[&[&str]]) -> bool {
    ends.iter().any(|end| words.ends_with(end))
}

/// Parts of values that stand for a secret.
const PLACEHOLDERS: &[&str] = &[
    "your",
    "example",
    "changeme",
    "change-me",
    "change_me",
    "change this",
    "changethis",
    "placeholder",
    "dummy",
    "xxx",
    "todo",
    "replace",
    "insert",
    "fake",
    "sample",
    "test",
    "mock",
    "...",
    "***",
    "\u{2026}",
    "<",
    "${",
    "{{",
    "secret",
    "password",
    "localhost",
    "123456",
    "abcdef",
    "abc123",
    "lorem",
    "undefined",
    "enter",
    "set-me",
    "redacted",
    "demo",
    "generate",
    "openssl",
    "run_",
    "goes-here",
    "here",
];

/// Whether a value only stands for a secret.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|part| lower.contains(part)) || distinct(value) < 6
}

fn distinct(value: &str) -> usize {
    let mut bytes: Vec<u8> = value.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

/// Whether a value looks like random characters: long, without blanks, letters and digits mixed, and no word order.
pub(super) fn looks_random(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    value.len() >= 20
        && value.len() <= 512
        && value.is_ascii()
        && !value
            .bytes()
            .any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | b';' | b',' | b'@' | b'?'))
        && !value.contains("://")
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && longest_word(value) <= 12
        && changes(value) * 5 >= value.len()
        && entropy(value) >= 3.6
}

/// The longest run of letters of one case, which in random characters is short.
fn longest_word(value: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    let mut last = None;
    for byte in value.bytes() {
        let kind = (byte.is_ascii_lowercase(), byte.is_ascii_uppercase());
        run = if last == Some(kind) && kind != (false, false) {
            run + 1
        } else {
            1
        };
        last = Some(kind);
        if kind != (false, false) {
            longest = longest.max(run);
        }
    }
    longest
}

/// How often digits follow letters or letters digits, and capitals small letters. Words change seldom.
fn changes(value: &str) -> usize {
    let is_change = |one: u8, two: u8| {
        let is_digit =
            (one.is_ascii_alphabetic() && two.is_ascii_digit()) || (one.is_ascii_digit() && two.is_ascii_alphabetic());
        is_digit || (one.is_ascii_lowercase() && two.is_ascii_uppercase())
    };
    let pairs = value.bytes().zip(value.bytes().skip(1));
    pairs.filter(|(one, two)| is_change(*one, *two)).count()
}

/// Shannon's entropy, in bits a character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX)).max(1.0);
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("apiSecretKey"), ["api", "secret", "key"]);
        assert_eq!(words("API_SECRET_KEY"), ["api", "secret", "key"]);
        assert_eq!(words("jwt-secret"), ["jwt", "secret"]);
    }

    #[test]
    fn public_names_that_carry_secrets() {
        for name in [
            "NEXT_PUBLIC_STRIPE_SECRET_KEY",
            "NEXT_PUBLIC_JWT_SECRET",
            "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY",
            "NEXT_PUBLIC_DATABASE_URL",
            "NEXT_PUBLIC_OPENAI_API_KEY",
            "NEXT_PUBLIC_GOOGLE_CLIENT_SECRET",
            "NEXT_PUBLIC_ADMIN_PASSWORD",
        ] {
            assert!(is_secret_public_name(name), "{name}");
        }
        for name in [
            "NEXT_PUBLIC_SUPABASE_ANON_KEY",
            "NEXT_PUBLIC_MAPBOX_TOKEN",
            "NEXT_PUBLIC_FIREBASE_API_KEY",
            "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
            "NEXT_PUBLIC_PASSWORD_MIN_LENGTH",
            "NEXT_PUBLIC_RESET_PASSWORD",
            "NEXT_PUBLIC_TURNSTILE_SITE_KEY",
            "NEXT_PUBLIC_SENTRY_AUTH_TOKEN_ENABLED",
            "NEXT_PUBLIC_STORYBLOK_ACCESS_TOKEN",
        ] {
            assert!(!is_secret_public_name(name), "{name}");
        }
    }

    #[test]
    fn random_characters_and_everything_else() {
        for value in ["f3A9x0Zq81LmPw27Tk5Vb6Ns", "9f86d081884c7d659a2feaa0c55ad015"] {
            assert!(looks_random(value), "{value}");
        }
        for value in [
            "the-quick-brown-fox-jumps",
            "auth.signIn.errors.invalidPassword1",
            "https://hooks.acme.test/a1b2c3d4e5f6a7",
            "accessTokenExpirationInMinutes15",
            "__auto-translation-of-key-94",
        ] {
            assert!(!looks_random(value), "{value}");
        }
    }
}
