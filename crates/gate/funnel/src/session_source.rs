//! The trait behind the session gate: it turns a request's headers into a principal.

use http::HeaderMap;

use crate::{Answer, Principal, Timestamp, Unavailable};

/// Why a request's session could not be turned into a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionFault {
    /// A session was sent and is not believed. Where no session is needed, the caller is anonymous.
    Refused {
        /// The stable code of the cause, for the audit record.
        code: &'static str,
    },
    /// Two readers could see two identities in this request. Refused even where no session is needed.
    Ambiguous,
    /// A table or the keys cannot be asked.
    Unavailable(Unavailable),
}

/// Reads sessions. No session at all is an anonymous principal, not a fault.
pub trait SessionSource: Send + Sync {
    /// Who calls, by the headers. `is_secure` says whether the caller used HTTPS.
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
        is_secure: bool,
        now: Timestamp,
    ) -> Answer<'a, Result<Principal, SessionFault>>;
}
