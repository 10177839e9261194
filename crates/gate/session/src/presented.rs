//! What a request presents as a session: its cookies and its bearer token, parsed once and strictly.
//!
//! The raw header is parsed here because parsers disagree: some keep the first of two cookies with one name, some the
//! last. Whoever can plant a cookie could show two identities to two readers; so duplicates are refused.

use crate::Refusal;

/// The most bytes of all cookies together.
pub const MAX_COOKIES_BYTES: usize = 32 * 1024;
/// The most pieces into which a cookie may be cut.
pub const MAX_CHUNKS: usize = 20;
/// The most bytes of an `Authorization` header.
const MAX_AUTHORIZATION_BYTES: usize = 16 * 1024;

/// The session material of one request.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    cookies: Vec<(String, String)>,
    bearer: Option<String>,
    secure: bool,
}

/// How a provider numbers the pieces of a cookie that is too long for one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunks {
    /// Between the name and the number.
    pub(crate) separator: &'static str,
    /// The first piece has the bare name; numbers start at 1. Otherwise pieces start at 0 and exclude the bare name.
    pub(crate) first_is_bare: bool,
    /// The provider's own code reads every cookie whose name starts like the session's, so such neighbours are refused.
    pub(crate) reads_lookalikes: bool,
}

impl Presented {
    /// Reads the headers of a request. `secure` says whether the caller used HTTPS, which chooses between the names
    /// with and without `__Secure-`.
    pub fn parse<'a>(
        cookie_headers: impl IntoIterator<Item = &'a [u8]>,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        secure: bool,
    ) -> Result<Self, Refusal> {
        let mut total = 0_usize;
        let mut cookies = Vec::new();
        for header in cookie_headers {
            total = total.saturating_add(header.len());
            if total > MAX_COOKIES_BYTES {
                return Err(Refusal::TooLarge);
            }
            read_cookies(header, &mut cookies)?;
        }
        let mut authorization = authorization.into_iter();
        let bearer = authorization.next().map(read_bearer).transpose()?.flatten();
        if authorization.next().is_some() {
            return Err(Refusal::Ambiguous);
        }
        Ok(Self {
            cookies,
            bearer,
            secure,
        })
    }

    /// Whether the caller used HTTPS.
    pub(crate) const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// The one cookie with this name. An empty value counts as none.
    pub(crate) fn cookie(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut found = self.cookies.iter().filter(|(one, _)| one == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() {
            return Err(Refusal::Ambiguous);
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The pieces of a cookie that may be cut, in their order. Refuses gaps, duplicates, the bare name beside pieces,
    /// and numbers in another spelling.
    pub(crate) fn pieces(&self, name: &str, chunks: Chunks) -> Result<Option<Vec<&str>>, Refusal> {
        let bare = self.cookie(name)?;
        let mut numbered: Vec<(usize, &str)> = Vec::new();
        for (other, value) in &self.cookies {
            let Some(rest) = other.strip_prefix(name).filter(|rest| !rest.is_empty()) else {
                continue;
            };
            let Some(suffix) = rest.strip_prefix(chunks.separator) else {
                if chunks.reads_lookalikes {
                    return Err(Refusal::Ambiguous);
                }
                continue;
            };
            match piece_number(suffix) {
                Some(number) => numbered.push((number, value)),
                // `name.07` and `name.x` are pieces to a lenient reader.
                None if !chunks.first_is_bare || suffix.starts_with(|first: char| first.is_ascii_digit()) => {
                    return Err(Refusal::Ambiguous);
                }
                None => {}
            }
        }
        if numbered.len() > MAX_CHUNKS {
            return Err(Refusal::TooLarge);
        }
        numbered.sort_unstable_by_key(|(number, _)| *number);
        let start = usize::from(chunks.first_is_bare);
        match (bare, numbered.is_empty()) {
            (None, true) => return Ok(None),
            (Some(value), true) => return Ok(Some(vec![value])),
            (Some(_), false) if !chunks.first_is_bare => return Err(Refusal::Ambiguous),
            (None, false) if chunks.first_is_bare => {
                return Err(Refusal::Malformed("a piece of the cookie is missing"));
            }
            (Some(_) | None, false) => {}
        }
        let mut pieces: Vec<&str> = bare.into_iter().collect();
        for (index, (number, value)) in numbered.into_iter().enumerate() {
            let expected = start.saturating_add(index);
            if number < expected {
                return Err(Refusal::Ambiguous);
            }
            if number > expected {
                return Err(Refusal::Malformed("a piece of the cookie is missing"));
            }
            pieces.push(value);
        }
        Ok(Some(pieces))
    }

    /// As [`Self::pieces`], joined.
    pub(crate) fn joined(&self, name: &str, chunks: Chunks) -> Result<Option<String>, Refusal> {
        Ok(self.pieces(name, chunks)?.map(|pieces| pieces.concat()))
    }

    /// Whether a cookie of this name was sent, even an empty one.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.cookies.iter().any(|(one, _)| one == name)
    }
}

/// A number in its only spelling: no sign, no leading zero, at most two digits.
fn piece_number(text: &str) -> Option<usize> {
    let canonical = matches!(text.as_bytes(), [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    canonical.then(|| text.parse().ok()).flatten()
}

fn read_cookies(header: &[u8], cookies: &mut Vec<(String, String)>) -> Result<(), Refusal> {
    let text = std::str::from_utf8(header).map_err(|_| Refusal::Malformed("cookies are not text"))?;
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(Refusal::Malformed("a cookie has a control character"));
    }
    for pair in text.split(';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let name = name.trim_matches([' ', '\t']);
        if !name.is_empty() {
            cookies.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        }
    }
    Ok(())
}

/// The token of `Bearer <token>`; nothing for other schemes.
fn read_bearer(header: &[u8]) -> Result<Option<String>, Refusal> {
    if header.len() > MAX_AUTHORIZATION_BYTES {
        return Err(Refusal::TooLarge);
    }
    let text = std::str::from_utf8(header).map_err(|_| Refusal::Malformed("the authorization is not text"))?;
    let Some((scheme, token)) = text.split_once(' ') else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::Malformed("the bearer token is not one word"));
    }
    Ok(Some(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Chunks, Presented};
    use crate::Refusal;

    const DOTTED: Chunks = Chunks {
        separator: ".",
        first_is_bare: false,
        reads_lookalikes: true,
    };
    const BARE_FIRST: Chunks = Chunks {
        separator: "",
        first_is_bare: true,
        reads_lookalikes: false,
    };

    fn joined(header: &str, chunks: Chunks) -> Result<Option<String>, Refusal> {
        Presented::parse([header.as_bytes()], [], false)?.joined("s", chunks)
    }

    #[test]
    fn pieces_are_joined_by_their_number() {
        assert_eq!(joined("s.1=b; s.0=a", DOTTED), Ok(Some("ab".to_owned())));
        assert_eq!(joined("x=1; s=a", DOTTED), Ok(Some("a".to_owned())));
        assert_eq!(joined("s1=b; s=a; s_payload=z", BARE_FIRST), Ok(Some("ab".to_owned())));
        assert_eq!(joined("x=1", DOTTED), Ok(None));
        assert_eq!(joined("s=", DOTTED), Ok(None));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for header in [
            "s=a; s=b",
            "s=a; s.0=b",
            "s.0=a; s.0=b",
            "s.0=a; s.01=b",
            "s=a; s-x=b",
            "s.0=a; s.x=b",
        ] {
            assert_eq!(joined(header, DOTTED), Err(Refusal::Ambiguous), "{header}");
        }
        for header in ["s=a; s1=b; s1=c", "s=a; s01=b"] {
            assert_eq!(joined(header, BARE_FIRST), Err(Refusal::Ambiguous), "{header}");
        }
    }

    #[test]
    fn gaps_are_refused() {
        for header in ["s.1=b", "s.0=a; s.2=c"] {
            assert!(matches!(joined(header, DOTTED), Err(Refusal::Malformed(_))), "{header}");
        }
        for header in ["s1=b", "s=a; s2=c"] {
            assert!(
                matches!(joined(header, BARE_FIRST), Err(Refusal::Malformed(_))),
                "{header}"
            );
        }
    }

    #[test]
    fn sizes_are_capped_before_anything_is_read() {
        let large = format!("s={}", "a".repeat(super::MAX_COOKIES_BYTES));
        assert_eq!(joined(&large, DOTTED), Err(Refusal::TooLarge));
        let many: Vec<String> = (0..21).map(|number| format!("s.{number}=a")).collect();
        assert_eq!(joined(&many.join("; "), DOTTED), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_bearer_token_is_one_word() {
        let bearer = |header: &str| {
            Presented::parse([], [header.as_bytes()], true).map(|presented| presented.bearer().map(str::to_owned))
        };
        assert_eq!(bearer("Bearer abc"), Ok(Some("abc".to_owned())));
        assert_eq!(bearer("bearer abc"), Ok(Some("abc".to_owned())));
        assert_eq!(bearer("Basic abc"), Ok(None));
        for header in ["Bearer ", "Bearer a b", "Bearer a\n", "Bearer  a"] {
            assert!(matches!(bearer(header), Err(Refusal::Malformed(_))), "{header:?}");
        }
        let two = Presented::parse([], [b"Bearer a".as_slice(), b"Bearer b".as_slice()], true);
        assert_eq!(two.err(), Some(Refusal::Ambiguous));
    }
}
