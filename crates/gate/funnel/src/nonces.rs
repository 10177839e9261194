//! Nonces: a page gets one with a form, and an action takes it once. A nonce is signed and names its action, its session
//! and its end, so that only spent ones have to be remembered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::csrf::binding;
use crate::{Denial, Entropy, Identity, KeyRing, Timestamp, Unavailable};

const PURPOSE: &str = "nonce";
const MAX_BYTES: usize = 256;

/// Makes and checks nonces.
#[derive(Debug, Clone)]
pub struct Nonces(KeyRing);

/// A nonce that is ours, for this action and session, and has not ended. It may have been spent.
#[derive(Debug)]
pub(crate) struct CheckedNonce {
    pub(crate) id: String,
    pub(crate) expires_at: Timestamp,
}

impl Nonces {
    /// With the application's secrets.
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }

    /// A nonce for one call of one action by one session.
    pub fn issue(
        &self,
        action: &str,
        identity: Option<&Identity>,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<String, Unavailable> {
        let mut random = [0; 18];
        entropy.fill(&mut random)?;
        let random = URL_SAFE_NO_PAD.encode(random);
        let end = expires_at.millis().to_string();
        let signature = self
            .0
            .sign(PURPOSE, &[&random, &end, action, &binding(identity)])
            .ok_or(Unavailable::new("nonces", "no key is configured"))?;
        Ok(format!("{random}.{end}.{signature}"))
    }

    /// Checks everything but whether it was spent.
    pub(crate) fn check(
        &self,
        nonce: &str,
        action: &str,
        identity: Option<&Identity>,
        now: Timestamp,
    ) -> Result<CheckedNonce, Denial> {
        if nonce.len() > MAX_BYTES {
            return Err(Denial::ForgedNonce);
        }
        let mut parts = nonce.splitn(3, '.');
        let (Some(random), Some(end), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Denial::ForgedNonce);
        };
        if !self
            .0
            .is_signed(PURPOSE, &[random, end, action, &binding(identity)], signature)
        {
            return Err(Denial::ForgedNonce);
        }
        let expires_at = end
            .parse()
            .map(Timestamp::from_millis)
            .map_err(|_| Denial::ForgedNonce)?;
        if expires_at <= now {
            return Err(Denial::ExpiredNonce);
        }
        Ok(CheckedNonce {
            // The signature has several spellings, this has one.
            id: random.to_owned(),
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Nonces;
    use crate::sealing::tests::{Counter, ring};
    use crate::{Denial, Identity, Timestamp};

    #[test]
    fn a_nonce_is_for_one_action_session_and_time() {
        let nonces = Nonces::new(ring());
        let at = Timestamp::from_seconds;
        let ada = Identity {
            revocation_key: "s1".to_owned(),
            ..Identity::default()
        };
        let nonce = nonces.issue("pay", Some(&ada), at(100), &Counter::default()).unwrap();
        let check = |nonce: &str, action: &str, identity: Option<&Identity>, now| {
            nonces
                .check(nonce, action, identity, at(now))
                .map(|checked| checked.expires_at)
        };
        assert_eq!(check(&nonce, "pay", Some(&ada), 99), Ok(at(100)));
        assert_eq!(check(&nonce, "pay", Some(&ada), 100), Err(Denial::ExpiredNonce));
        assert_eq!(check(&nonce, "read", Some(&ada), 99), Err(Denial::ForgedNonce));
        assert_eq!(check(&nonce, "pay", None, 99), Err(Denial::ForgedNonce));
        let longer = nonce.replace("100000", "900000");
        assert_ne!(longer, nonce);
        for forged in [longer.as_str(), "", ".", "a.b.c", "a.1.k2.x", &"x".repeat(300)] {
            assert_eq!(
                check(forged, "pay", Some(&ada), 99),
                Err(Denial::ForgedNonce),
                "{forged}"
            );
        }
    }
}
