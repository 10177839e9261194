//! Keys in JSON that look like secrets, found as it comes by, without holding anything back.

/// What a key is compared with: in lower case, without `_` and `-`.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passwordhash",
    "hashedpassword",
    "passwordsalt",
    "pwhash",
    "hash",
    "salt",
    "secret",
    "clientsecret",
    "apikey",
    "apisecret",
    "privatekey",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "sessiontoken",
    "resettoken",
    "totpsecret",
    "mfasecret",
    "ssn",
    "cvv",
];
const LONGEST: usize = 24;

/// Whether a key looks like one of a secret.
pub(crate) fn is_secret(key: &str) -> Option<&'static str> {
    let plain: String = key
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .map(|letter| letter.to_ascii_lowercase())
        .take(LONGEST)
        .collect();
    WORDS.iter().find(|word| **word == plain).copied()
}

/// Where in the text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Between,
    InString,
    Escaped,
    /// After a string: a colon makes it a key.
    After,
}

/// Looks at JSON text, whatever its pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyScan {
    place: Place,
    text: String,
}

impl KeyScan {
    /// Takes more text; the keys that were found in it.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<&'static str> {
        let mut found = Vec::new();
        for byte in bytes {
            self.place = match (self.place, byte) {
                (Place::InString, b'\\') => Place::Escaped,
                (Place::InString, b'"') => Place::After,
                (Place::InString, byte) => {
                    if self.text.len() <= LONGEST {
                        self.text.push(char::from(*byte));
                    }
                    Place::InString
                }
                (Place::Escaped, _) => {
                    // No key of interest is written with escapes.
                    self.text.push('\\');
                    Place::InString
                }
                (_, b'"') => {
                    self.text.clear();
                    Place::InString
                }
                (Place::After, b':') => {
                    found.extend(is_secret(&self.text));
                    Place::Between
                }
                (Place::After, b' ' | b'\n' | b'\r' | b'\t') => Place::After,
                _ => Place::Between,
            };
            if self.text.len() > LONGEST.saturating_mul(2) {
                self.text.truncate(LONGEST.saturating_add(1));
            }
        }
        found
    }

    /// A new text begins.
    pub(crate) fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::KeyScan;

    #[test]
    fn keys_are_found_in_any_pieces_and_values_are_none() {
        let text =
            r#"[{"id":1,"passwordHash" : "x","note":"password","a\"secret":1,"Access_Token":null},"hash",{"token":2}]"#;
        for size in [1, 2, 3, 7, text.len()] {
            let mut scan = KeyScan::default();
            let found: Vec<_> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| scan.push(piece))
                .collect();
            assert_eq!(found, ["passwordhash", "accesstoken", "token"], "{size}");
        }
        let mut scan = KeyScan::default();
        assert!(
            scan.push(format!("{{\"{}\":1}}", "x".repeat(100_000)).as_bytes())
                .is_empty()
        );
        assert!(scan.text.len() < 100);
    }
}
