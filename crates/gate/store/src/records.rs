//! What the stores keep, in the one form that all of them share.

use std::time::Duration;

use portcullis_funnel::Begun;

/// Revocations stay this much longer than what they revoke, so that a clock that jumped does not revive it.
pub(crate) const REVOCATION_GRACE: Duration = Duration::from_hours(1);

/// The state of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    fingerprint: String,
    result: Option<Vec<u8>>,
}

impl Claim {
    pub(crate) fn open(fingerprint: &str) -> Self {
        Self {
            fingerprint: fingerprint.to_owned(),
            result: None,
        }
    }

    pub(crate) fn done(fingerprint: &str, result: &[u8]) -> Self {
        Self {
            fingerprint: fingerprint.to_owned(),
            result: Some(result.to_vec()),
        }
    }

    /// What a second call with this fingerprint learns.
    pub(crate) fn begun(&self, fingerprint: &str) -> Begun {
        if self.fingerprint != fingerprint {
            return Begun::Mismatch;
        }
        self.result.clone().map_or(Begun::InProgress, Begun::Done)
    }

    /// Whether the call with this fingerprint owns the key.
    pub(crate) fn is_open_for(&self, fingerprint: &str) -> bool {
        self.result.is_none() && self.fingerprint == fingerprint
    }

    /// `0` or `1` for open or done, the fingerprint's length, the fingerprint, the result.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.fingerprint.len()).unwrap_or(u32::MAX);
        let mut bytes = vec![u8::from(self.result.is_some())];
        bytes.extend(length.to_be_bytes());
        bytes.extend(self.fingerprint.as_bytes());
        bytes.extend(self.result.iter().flatten());
        bytes
    }

    /// Reads [`Self::to_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (state, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (fingerprint, result) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        Some(Self {
            fingerprint: String::from_utf8(fingerprint.to_vec()).ok()?,
            result: match state {
                0 if result.is_empty() => None,
                1 => Some(result.to_vec()),
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn a_claim_survives_its_bytes() {
        for claim in [Claim::open("f"), Claim::done("f", b""), Claim::done("", b"result")] {
            assert_eq!(Claim::from_bytes(&claim.to_bytes()), Some(claim));
        }
        for broken in [&b""[..], b"\0", b"\0\0\0\0\x09f", b"\x07\0\0\0\0", b"\0\0\0\0\x01fx"] {
            assert_eq!(Claim::from_bytes(broken), None);
        }
    }
}
