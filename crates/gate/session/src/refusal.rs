//! Why a session is not believed. Each cause is its own variant, for the audit record; callers see far fewer.

use thiserror::Error;

/// Why no identity came out of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no session in the request. The only refusal that means "anonymous".
    #[error("no session was sent")]
    Missing,
    /// The request has several sessions, and two readers could choose differently.
    #[error("several sessions were sent")]
    Ambiguous,
    /// A part breaks the format.
    #[error("the session breaks its format: {0}")]
    Malformed(&'static str),
    /// Over a size limit; nothing was decoded.
    #[error("the session is too large")]
    TooLarge,
    /// The algorithm is not one that this provider uses.
    #[error("the algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// The key belongs to another algorithm.
    #[error("the key is of another kind than the algorithm")]
    KeyTypeMismatch,
    /// No configured key has the named id. The one refusal after which fetching keys again can help.
    #[error("no key has this id")]
    UnknownKey,
    /// The signature or MAC does not verify.
    #[error("the signature is wrong")]
    BadSignature,
    /// The ciphertext does not open.
    #[error("the session does not open under any key")]
    DecryptFailed,
    /// Another layout of the same provider.
    #[error("the layout is of an unsupported version")]
    UnsupportedVersion,
    /// It has ended.
    #[error("the session has expired")]
    Expired,
    /// It never ends.
    #[error("the session has no expiry")]
    MissingExpiry,
    /// It starts later.
    #[error("the session is not valid yet")]
    NotYetValid,
    /// It claims to be issued in the future.
    #[error("the session was issued in the future")]
    IssuedInFuture,
    /// Older than a session may become, whatever its expiry says.
    #[error("the session is older than sessions may become")]
    AbsoluteLifetime,
    /// Issued by somebody else.
    #[error("the issuer is another")]
    WrongIssuer,
    /// Issued for somebody else.
    #[error("the audience is another")]
    WrongAudience,
    /// Minted for another origin.
    #[error("the authorized party is another")]
    WrongAuthorizedParty,
    /// A token of another purpose.
    #[error("the token is of another type")]
    WrongType,
    /// A token of a service or of the public key, not of a user.
    #[error("the token is not a user's")]
    WrongRole,
    /// It names nobody.
    #[error("the session names no user")]
    MissingSubject,
    /// Two authentic parts name different users.
    #[error("the session names two users")]
    SubjectMismatch,
    /// Two authentic parts belong to different sessions.
    #[error("the parts belong to different sessions")]
    TokenMismatch,
    /// The user has to finish signing in.
    #[error("the session is pending")]
    Pending,
    /// The browser says that it is signed out.
    #[error("the browser is signed out")]
    SignedOut,
    /// The account changed after the token was minted.
    #[error("the session is older than the browser's last change")]
    Stale,
    /// The table has no such session.
    #[error("no such session is stored")]
    NotFound,
    /// The user is banned or disabled.
    #[error("the user is disabled")]
    UserDisabled,
}

impl Refusal {
    /// The stable code for the audit record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "session.missing",
            Self::Ambiguous => "session.ambiguous",
            Self::Malformed(_) => "session.malformed",
            Self::TooLarge => "session.too-large",
            Self::AlgorithmNotAllowed => "session.algorithm",
            Self::KeyTypeMismatch => "session.key-type",
            Self::UnknownKey => "session.unknown-key",
            Self::BadSignature => "session.signature",
            Self::DecryptFailed => "session.decrypt",
            Self::UnsupportedVersion => "session.version",
            Self::Expired => "session.expired",
            Self::MissingExpiry => "session.no-expiry",
            Self::NotYetValid => "session.not-yet-valid",
            Self::IssuedInFuture => "session.issued-in-future",
            Self::AbsoluteLifetime => "session.absolute-lifetime",
            Self::WrongIssuer => "session.issuer",
            Self::WrongAudience => "session.audience",
            Self::WrongAuthorizedParty => "session.authorized-party",
            Self::WrongType => "session.type",
            Self::WrongRole => "session.role",
            Self::MissingSubject => "session.no-subject",
            Self::SubjectMismatch => "session.subject-mismatch",
            Self::TokenMismatch => "session.token-mismatch",
            Self::Pending => "session.pending",
            Self::SignedOut => "session.signed-out",
            Self::Stale => "session.stale",
            Self::NotFound => "session.not-found",
            Self::UserDisabled => "session.user-disabled",
        }
    }
}
