//! What is known about a call while it goes through the gates, for its one audit record. A call that ends without a
//! decision, because its code panicked or its caller went away, leaves a record as well.

use std::sync::Arc;

use crate::audit::{Actor, AuditLog, AuditRecord, sha256_hex};
use crate::{ActionPolicy, ClientAddress, Clock, Denial, Identity, RateDecision, Timestamp, Unavailable};

/// The gates, by the names in audit records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each one is the gate of that name")]
pub enum Stage {
    Identify,
    Origin,
    Session,
    Revocation,
    Rate,
    Permission,
    Decode,
    Validate,
    Ownership,
    Replay,
    Captcha,
    Handler,
}

impl Stage {
    /// The gates that a policy can let record instead of refuse.
    pub const OBSERVABLE: &'static [Self] = &[
        Self::Origin,
        Self::Session,
        Self::Revocation,
        Self::Rate,
        Self::Permission,
        Self::Validate,
        Self::Ownership,
        Self::Replay,
        Self::Captcha,
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Origin => "origin",
            Self::Session => "session",
            Self::Revocation => "revocation",
            Self::Rate => "rate",
            Self::Permission => "permission",
            Self::Decode => "decode",
            Self::Validate => "validate",
            Self::Ownership => "ownership",
            Self::Replay => "replay",
            Self::Captcha => "captcha",
            Self::Handler => "handler",
        }
    }
}

/// The limit that is nearest to its end, for the headers of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateNote {
    /// Admissions in a window.
    pub limit: u32,
    /// What is left of them.
    pub remaining: u32,
    /// When the window ends.
    pub reset_at: Timestamp,
}

impl RateNote {
    /// The headers that clients of rate limits expect, by name and value; the last one in seconds from now.
    pub fn headers(&self, now: Timestamp) -> [(&'static str, String); 3] {
        let wait = self.reset_at.since(now);
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_millis() > 0));
        [
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", seconds.to_string()),
        ]
    }
}

/// The trail of one call.
pub struct Trail {
    log: Arc<AuditLog>,
    clock: Arc<dyn Clock>,
    started: Timestamp,
    request_id: String,
    stage: Stage,
    action: Option<String>,
    actor: Option<Actor>,
    address: Option<String>,
    notes: Vec<&'static str>,
    rate: Option<RateNote>,
    observable: Vec<Stage>,
    observed: Vec<(Stage, Denial)>,
    is_written: bool,
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Trail")
            .field("request_id", &self.request_id)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

impl Trail {
    /// Starts the trail of a call.
    pub fn start(log: Arc<AuditLog>, clock: Arc<dyn Clock>, request_id: String) -> Self {
        let started = clock.now();
        Self {
            log,
            clock,
            started,
            request_id,
            stage: Stage::Identify,
            action: None,
            actor: None,
            address: None,
            notes: Vec::new(),
            rate: None,
            observable: Vec::new(),
            observed: Vec::new(),
            is_written: false,
        }
    }

    /// The id that the caller gets with the answer.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// What the answer's rate headers say.
    pub const fn rate(&self) -> Option<RateNote> {
        self.rate
    }

    pub(crate) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// The gate that the call has come to.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The action's name, once it is known.
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// Whether no session has said who calls.
    pub const fn is_anonymous(&self) -> bool {
        self.actor.is_none()
    }

    /// What gates refused that only record.
    pub fn observed(&self) -> &[(Stage, Denial)] {
        &self.observed
    }

    pub(crate) fn is_under(&mut self, policy: &ActionPolicy) {
        self.is_for(policy.name());
        self.observable = policy.observed().to_vec();
    }

    /// Names the action, for a call that is refused before the gates: the first gate does the same.
    pub fn is_for(&mut self, action: &str) {
        self.action = Some(action.to_owned());
    }

    /// A gate's decision. A refusal by a gate that only records is recorded, and goes through with nothing in the place of
    /// what the gate would have found.
    pub(crate) fn decided<T: Default>(&mut self, decision: Result<T, Denial>) -> Result<T, Denial> {
        match decision {
            Err(denial) if self.observable.contains(&self.stage) => {
                self.observed.push((self.stage, denial));
                Ok(T::default())
            }
            decision => decision,
        }
    }

    /// The same for a refusal from outside of the gates.
    pub fn observe(&mut self, stage: Stage, denial: Denial) {
        self.observed.push((stage, denial));
    }

    /// Names the caller's address, for a call that is refused before the gates: the first gate does the same.
    pub fn comes_from(&mut self, address: ClientAddress) {
        self.address = Some(address.rate_key());
    }

    pub(crate) fn is_by(&mut self, identity: &Identity) {
        self.actor = Some(Actor {
            provider: identity.provider.to_owned(),
            user: identity.user_id.clone(),
            session_hash: sha256_hex(identity.revocation_key.as_bytes()),
            org: identity.organization.clone(),
            impersonator: identity.impersonator.clone(),
        });
    }

    /// Something that did not refuse the call and has to be seen: a gate that the policy does not require.
    pub(crate) fn note(&mut self, note: &'static str) {
        self.notes.push(note);
    }

    pub(crate) fn is_paced(&mut self, limit: u32, decision: &RateDecision) {
        let note = RateNote {
            limit,
            remaining: decision.remaining,
            reset_at: decision.reset_at,
        };
        if self.rate.is_none_or(|before| note.remaining < before.remaining) {
            self.rate = Some(note);
        }
    }

    /// The call was refused.
    pub fn denied(mut self, denial: &Denial) -> Result<(), Unavailable> {
        let decision = match denial {
            Denial::Unavailable(_) | Denial::Deadline => "unavailable",
            _ => "denied",
        };
        self.write(decision, Some(denial.code().to_owned()))
    }

    /// The call went through.
    pub fn allowed(mut self) -> Result<(), Unavailable> {
        self.stage = Stage::Handler;
        if let Some((first, _)) = self.observed.first() {
            self.stage = *first;
            let codes: Vec<&str> = self.observed.iter().map(|(_, denial)| denial.code()).collect();
            return self.write("observed", Some(codes.join(",")));
        }
        let notes = (!self.notes.is_empty()).then(|| self.notes.join(","));
        self.write("allowed", notes)
    }

    /// The call went through the gates, and what came after them failed. `reason` is a code, never a caller's text.
    pub fn failed(mut self, reason: &str) -> Result<(), Unavailable> {
        self.stage = Stage::Handler;
        self.write("failed", Some(reason.to_owned()))
    }

    fn write(&mut self, decision: &str, reason: Option<String>) -> Result<(), Unavailable> {
        let now = self.clock.now();
        // From here on a record is there, or the log has said that it cannot be.
        self.is_written = true;
        self.log.write(&AuditRecord {
            ts: now.millis(),
            request_id: self.request_id.clone(),
            action: self.action.clone(),
            decision: decision.to_owned(),
            stage: self.stage.name().to_owned(),
            reason,
            actor: self.actor.take(),
            ip: self.address.clone(),
            latency_ms: u64::try_from(now.since(self.started).as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if !self.is_written {
            // There is nobody to tell that the log failed: the call itself is gone.
            let _lost = self.write("aborted", None);
        }
    }
}
