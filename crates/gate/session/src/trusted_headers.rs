//! Headers that code behind the gate believes because only a middleware is supposed to set them. A caller who sends one
//! would choose an identity, so they are removed from every request before anything reads it.

/// Whether a request header has to be removed. `name` is in lower case, as `http::HeaderName` gives it.
pub fn is_forgeable(name: &str) -> bool {
    const EXACT: &[&str] = &["x-clerk-request-data", "x-clerk-redirect-to"];
    const PREFIXES: &[&str] = &["x-workos-", "x-clerk-auth-", "x-middleware-", "x-portcullis-"];
    EXACT.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::is_forgeable;

    #[test]
    fn what_applications_believe_is_removed() {
        for name in [
            "x-workos-session",
            "x-middleware-subrequest",
            "x-middleware-rewrite",
            "x-clerk-auth-status",
            "x-clerk-request-data",
            "x-portcullis-user",
        ] {
            assert!(is_forgeable(name), "{name}");
        }
        for name in [
            "cookie",
            "authorization",
            "x-forwarded-for",
            "x-clerk-other",
            "next-action",
        ] {
            assert!(!is_forgeable(name), "{name}");
        }
    }
}
