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

/// Looks at a page, in which JSON stands inside of scripts, with the quotes escaped: whatever word stands between two quotes
/// before a colon is a key. What is a string and what is markup is not followed, so no odd quote in a text hides the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageScan {
    place: Spot,
    text: String,
}

/// Where in a page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Spot {
    #[default]
    Elsewhere,
    /// In what may be a key.
    Word,
    /// After the quote behind it.
    After,
}

impl PageScan {
    /// Takes more of the page; the keys that were found in it.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut rest = bytes;
        loop {
            if self.place == Spot::Elsewhere {
                // Most of a page is this.
                let Some(quote) = memchr::memchr(b'"', rest) else {
                    return found;
                };
                rest = rest.get(quote..).unwrap_or_default();
            }
            let Some((byte, after)) = rest.split_first() else {
                return found;
            };
            rest = after;
            self.place = match (self.place, byte) {
                (Spot::Word, b'"') => Spot::After,
                (_, b'"') => {
                    self.text.clear();
                    Spot::Word
                }
                // The quotes of JSON inside of a script.
                (place, b'\\') => place,
                (Spot::Word, byte) if self.text.len() < LONGEST && is_of_key(*byte) => {
                    self.text.push(char::from(*byte));
                    Spot::Word
                }
                (Spot::After, b':') => {
                    found.extend(is_secret(&self.text));
                    Spot::Elsewhere
                }
                (Spot::After, b' ' | b'\n' | b'\r' | b'\t') => Spot::After,
                _ => Spot::Elsewhere,
            };
        }
    }
}

const fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::{KeyScan, PageScan};

    #[test]
    fn keys_in_pages_are_found_in_any_pieces() {
        let page = r#"<p title="a "quoted" word">5" pipe</p><input type="password" name="token">
            <script>self.__next_f.push([1,"3:[\"$\",\"p\",null,{\"user\":{\"id\":7,\"passwordHash\":\"x\",\"note\":\"token\",\"api_key\" :1}}]"])</script>
            <script type="application/json">{"a":"","salt":2}</script>"#;
        for piece in [1, 2, 7, 1000] {
            let mut scan = PageScan::default();
            let found: Vec<_> = page
                .as_bytes()
                .chunks(piece)
                .flat_map(|bytes| scan.push(bytes))
                .collect();
            assert_eq!(found, ["passwordhash", "apikey", "salt"], "{piece}");
        }
    }

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
