//! Proofs of a human, checked through the verification service of their provider. A proof can be checked once, so it is
//! checked after everything else that can fail. What is not a clear yes is a no, and a service that does not answer is
//! neither.
//!
//! What is asked and how an answer is judged stands here; the HTTP client is the caller's.

mod hcaptcha;
mod recaptcha;
mod turnstile;

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use crate::{Answer, Secret, Unavailable, hex};

/// The longest proof that is sent on.
const MAX_TOKEN_BYTES: usize = 2_048;

/// What a proof is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum CaptchaVerdict {
    /// A human, here, now.
    Accepted,
    /// Spent, made elsewhere, or refused.
    Rejected,
}

/// Checks proofs.
pub trait CaptchaVerifier: Send + Sync {
    /// Checks one, which this spends. `action` is what the page said that it is for.
    fn verify<'a>(
        &'a self,
        token: &'a str,
        address: Option<IpAddr>,
        action: &'a str,
    ) -> Answer<'a, Result<CaptchaVerdict, Unavailable>>;
}

/// Sends a form by POST, without following redirects and with a time-out, and gives the body of an answer with status 200.
pub trait PostForm: Send + Sync {
    /// Sends `form`, which is url-encoded, to `url`.
    fn post<'a>(&'a self, url: &'a str, form: &'a str) -> Answer<'a, Result<Vec<u8>, Unavailable>>;
}

/// The services.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptchaService {
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha; the proof has to be of this site key.
    HCaptcha {
        /// The public key of the page.
        site_key: String,
    },
    /// Google reCAPTCHA with a box to tick.
    Recaptcha,
    /// Google reCAPTCHA with a score.
    RecaptchaScore {
        /// The lowest score that is a human, from 0 to 1.
        minimum: f64,
    },
}

/// A service with this application's account.
pub struct SiteVerify {
    service: CaptchaService,
    secret: Secret<String>,
    hostnames: Vec<String>,
    url: String,
    transport: Arc<dyn PostForm>,
}

impl std::fmt::Debug for SiteVerify {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SiteVerify")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The answer of any of the services.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verification {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    score: Option<f64>,
    #[serde(rename = "error-codes")]
    errors: Vec<String>,
}

impl SiteVerify {
    /// `hostnames` are those of this application's pages.
    pub fn new(
        service: CaptchaService,
        secret: Secret<String>,
        hostnames: Vec<String>,
        transport: Arc<dyn PostForm>,
    ) -> Self {
        let url = match service {
            CaptchaService::Turnstile => turnstile::URL,
            CaptchaService::HCaptcha { .. } => hcaptcha::URL,
            CaptchaService::Recaptcha | CaptchaService::RecaptchaScore { .. } => recaptcha::URL,
        };
        Self {
            service,
            secret,
            hostnames,
            url: url.to_owned(),
            transport,
        }
    }

    /// Asks a service at another address: a regional one, or a faithful one on this machine.
    #[must_use]
    pub fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    fn form(&self, token: &str, address: Option<IpAddr>) -> Secret<String> {
        let mut fields = vec![("secret", self.secret.expose().clone()), ("response", token.to_owned())];
        fields.extend(address.map(|address| ("remoteip", address.to_string())));
        if let CaptchaService::HCaptcha { site_key } = &self.service {
            fields.push(("sitekey", site_key.clone()));
        }
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", url_encoded(value)))
            .collect();
        Secret::new(pairs.join("&"))
    }

    fn judge(&self, body: &[u8], action: &str) -> Result<CaptchaVerdict, Unavailable> {
        let answer: Verification =
            serde_json::from_slice(body).map_err(|_| Unavailable::new("captcha", "the answer cannot be read"))?;
        // These say that our account is wrong, or the service is: the caller's proof was not looked at.
        let is_ours = |error: &String| {
            [
                "missing-input-secret",
                "invalid-input-secret",
                "sitekey-secret-mismatch",
                "bad-request",
                "internal-error",
            ]
            .contains(&error.as_str())
        };
        if !answer.success && answer.errors.iter().any(is_ours) {
            return Err(Unavailable::new("captcha", "the service refuses our account"));
        }
        let is_here = answer
            .hostname
            .as_ref()
            .is_some_and(|name| self.hostnames.contains(name));
        let is_meant = match &self.service {
            CaptchaService::Turnstile => turnstile::is_for(&answer, action),
            CaptchaService::HCaptcha { .. } => hcaptcha::is_for(&answer),
            CaptchaService::Recaptcha => true,
            CaptchaService::RecaptchaScore { minimum } => recaptcha::is_for(&answer, action, *minimum),
        };
        Ok(if answer.success && is_here && is_meant {
            CaptchaVerdict::Accepted
        } else {
            CaptchaVerdict::Rejected
        })
    }
}

impl CaptchaVerifier for SiteVerify {
    fn verify<'a>(
        &'a self,
        token: &'a str,
        address: Option<IpAddr>,
        action: &'a str,
    ) -> Answer<'a, Result<CaptchaVerdict, Unavailable>> {
        Box::pin(async move {
            let is_token =
                (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_token {
                return Ok(CaptchaVerdict::Rejected);
            }
            let form = self.form(token, address);
            let body = self.transport.post(&self.url, form.expose()).await?;
            self.judge(&body, action)
        })
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(hex::digits(byte).map(|digit| digit.to_ascii_uppercase()));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{CaptchaService, CaptchaVerdict, CaptchaVerifier as _, PostForm, SiteVerify};
    use crate::{Answer, Secret, Unavailable};

    /// Answers with one text and keeps what it was asked.
    struct Service {
        answer: Result<&'static str, Unavailable>,
        asked: Mutex<Vec<String>>,
    }

    impl PostForm for Service {
        fn post<'a>(&'a self, url: &'a str, form: &'a str) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
            self.asked.lock().unwrap().push(format!("{url} {form}"));
            let answer = self.answer.map(|text| text.as_bytes().to_vec());
            Box::pin(std::future::ready(answer))
        }
    }

    async fn verify(
        service: CaptchaService,
        token: &str,
        answer: Result<&'static str, Unavailable>,
    ) -> (Result<CaptchaVerdict, Unavailable>, Vec<String>) {
        let asked = Mutex::default();
        let transport = Arc::new(Service { answer, asked });
        let hostnames = vec!["app.example.com".to_owned()];
        let secret = Secret::new("s&cret".to_owned());
        let verifier = SiteVerify::new(service, secret, hostnames, Arc::clone(&transport) as Arc<dyn PostForm>);
        let verdict = verifier.verify(token, "203.0.113.7".parse().ok(), "signup").await;
        let asked = transport.asked.lock().unwrap().clone();
        (verdict, asked)
    }

    const GOOD: &str =
        r#"{"success":true,"hostname":"app.example.com","action":"signup","score":0.9,"error-codes":[]}"#;

    fn services() -> [CaptchaService; 4] {
        let site_key = "site".to_owned();
        [
            CaptchaService::Turnstile,
            CaptchaService::HCaptcha { site_key },
            CaptchaService::Recaptcha,
            CaptchaService::RecaptchaScore { minimum: 0.5 },
        ]
    }

    #[tokio::test]
    async fn a_good_proof_is_accepted_and_asked_for_in_full() {
        let urls = [
            "challenges.cloudflare.com",
            "api.hcaptcha.com",
            "www.google.com",
            "www.google.com",
        ];
        for (service, url) in services().into_iter().zip(urls) {
            let (verdict, asked) = verify(service.clone(), "tok+en", Ok(GOOD)).await;
            assert_eq!(verdict, Ok(CaptchaVerdict::Accepted), "{service:?}");
            assert!(asked[0].starts_with(&format!("https://{url}/")), "{asked:?}");
            assert!(
                asked[0].contains("secret=s%26cret&response=tok%2Ben&remoteip=203.0.113.7"),
                "{asked:?}"
            );
            assert_eq!(
                asked[0].contains("&sitekey=site"),
                matches!(service, CaptchaService::HCaptcha { .. })
            );
        }
    }

    #[tokio::test]
    async fn what_is_not_a_clear_yes_is_a_no() {
        for service in services() {
            for answer in [
                r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
                r#"{"success":false,"hostname":"app.example.com","action":"signup","score":1}"#,
                r#"{"success":true,"hostname":"evil.test","action":"signup","score":1}"#,
                r#"{"success":true,"action":"signup","score":1}"#,
                "{}",
            ] {
                let (verdict, _) = verify(service.clone(), "t", Ok(answer)).await;
                assert_eq!(verdict, Ok(CaptchaVerdict::Rejected), "{service:?} {answer}");
            }
        }
        let other = r#"{"success":true,"hostname":"app.example.com","action":"login","score":1}"#;
        let low = r#"{"success":true,"hostname":"app.example.com","action":"signup","score":0.4}"#;
        let score = || CaptchaService::RecaptchaScore { minimum: 0.5 };
        for (service, answer) in [(CaptchaService::Turnstile, other), (score(), other), (score(), low)] {
            assert_eq!(
                verify(service, "t", Ok(answer)).await.0,
                Ok(CaptchaVerdict::Rejected),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn an_outage_is_neither() {
        let down = Unavailable::new("captcha", "no answer in time");
        for service in services() {
            assert_eq!(verify(service.clone(), "t", Err(down)).await.0, Err(down));
            for answer in [
                "",
                "<html>",
                r#"{"success":"yes"}"#,
                r#"{"success":false,"error-codes":["invalid-input-secret"]}"#,
            ] {
                assert!(verify(service.clone(), "t", Ok(answer)).await.0.is_err(), "{answer}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_proof_is_not_sent_on() {
        for token in ["", "a b", "a\n", "ü", &"x".repeat(2_049)] {
            let (verdict, asked) = verify(CaptchaService::Turnstile, token, Ok(GOOD)).await;
            assert_eq!(verdict, Ok(CaptchaVerdict::Rejected));
            assert!(asked.is_empty());
        }
    }
}
