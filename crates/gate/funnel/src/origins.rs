//! The origins of this application, in the one spelling that browsers send.

use thiserror::Error;

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no origin: write `https://app.example.com`, without a path and without a default port")]
pub struct BrokenOrigin(pub String);

/// The origins from which calls may come.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Each one exactly as a browser writes it. Patterns are not known: whoever can register a name that fits a pattern
    /// could call.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, BrokenOrigin> {
        origins
            .into_iter()
            .map(|origin| {
                if is_origin(origin) {
                    Ok(origin.to_owned())
                } else {
                    Err(BrokenOrigin(origin.to_owned()))
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether calls may come from `origin`. Compared byte by byte.
    pub fn allow(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|one| one.as_bytes() == origin)
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]_".contains(&byte);
    !host.is_empty() && host.bytes().all(letters) && !host.ends_with(default_port) && !host.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn origins_are_exact() {
        let origins = Origins::new(["https://app.example.com", "http://localhost:3000", "http://[::1]:3000"]).unwrap();
        assert!(origins.allow(b"https://app.example.com"));
        for other in [
            "https://app.example.com.",
            "https://app.example.com:443",
            "http://app.example.com",
            "https://app.example.com/",
            "https://APP.example.com",
            "https://evil.app.example.com",
            "https://app.example.com.evil.test",
            "null",
            "",
        ] {
            assert!(!origins.allow(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused_in_the_configuration() {
        for text in [
            "",
            "*",
            "https://*.example.com",
            "https://a.example.com/",
            "https://A.example.com",
            "https://a:443",
            "http://a:80",
            "app.example.com",
            "ftp://a",
            "https://",
            "https://u@a",
        ] {
            assert!(Origins::new([text]).is_err(), "{text}");
        }
    }
}
