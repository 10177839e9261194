//! Gates 10 and 12: once. First it is checked that the nonce is ours; it is spent at the very end, so that no failure
//! before burns it. Spending it is what yields the permit.

use std::time::Duration;

use super::Call;
use super::captcha::Human;
use super::ownership::Owned;
use crate::audit::sha256_hex;
use crate::nonces::CheckedNonce;
use crate::permit::{Admission, Admitted, Claim, Permit, StoredResult};
use crate::{
    Arguments, Begun, Consumed, Denial, IdempotencyStore, NonceStore, Nonces, Principal, Replay, Store, Timestamp,
    Trail,
};

/// How long a result is kept for a second call.
const RESULT_LIFE: Duration = Duration::from_hours(24);
const LONGEST_KEY: usize = 128;

/// The call has what makes it unique, if it needs that. It is not spent.
#[derive(Debug)]
pub(crate) struct Fresh<A> {
    call: Call,
    principal: Principal,
    arguments: A,
    proof: Proof,
}

#[derive(Debug, Default)]
enum Proof {
    #[default]
    NotRequired,
    Nonce(CheckedNonce),
    Key {
        key: String,
        fingerprint: String,
    },
    /// The same call within this time is the same call.
    Repeat {
        key: String,
        window: Duration,
    },
}

/// Shows that the last gate was passed. Made in this file only, so that there is no permit without it.
#[derive(Debug)]
pub(crate) struct Spent(());

impl<A> Fresh<A> {
    pub(super) const fn call(&self) -> &Call {
        &self.call
    }

    pub(super) const fn arguments(&self) -> &A {
        &self.arguments
    }
}

pub(crate) fn check<A: Arguments>(
    owned: Owned<A>,
    nonces: &Nonces,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Fresh<A>, Denial> {
    let (call, principal, arguments) = owned.into_parts();
    let proof = trail.decided(proof(&call, &principal, &arguments, nonces, now))?;
    Ok(Fresh {
        call,
        principal,
        arguments,
        proof,
    })
}

fn proof<A: Arguments>(
    call: &Call,
    principal: &Principal,
    arguments: &A,
    nonces: &Nonces,
    now: Timestamp,
) -> Result<Proof, Denial> {
    let policy = &call.door.policy;
    let fingerprint = || {
        arguments
            .fingerprint()
            .unwrap_or_else(|| sha256_hex(&call.received.body))
    };
    let window = match policy.replay {
        Replay::NotRequired => return Ok(Proof::NotRequired),
        Replay::Once => {
            let nonce = call
                .door
                .fields
                .nonce
                .clone()
                .or_else(|| call.header("x-portcullis-nonce"));
            let nonce = nonce.ok_or(Denial::MissingNonce)?;
            let checked = nonces.check(&nonce, policy.name(), principal.identity(), now)?;
            return Ok(Proof::Nonce(checked));
        }
        Replay::Idempotent => None,
        Replay::Window(window) => Some(window),
    };
    let Some(key) = sent_key(call, window.is_some())? else {
        let scope = format!("{}|{}|{}", policy.name(), caller(call, principal), fingerprint());
        return Ok(Proof::Repeat {
            key: sha256_hex(scope.as_bytes()),
            window: window.unwrap_or(RESULT_LIFE),
        });
    };
    // One caller's key says nothing about another's, nor about another action.
    let scope = format!("{}|{}|{key}", policy.name(), caller(call, principal));
    Ok(Proof::Key {
        key: sha256_hex(scope.as_bytes()),
        fingerprint: fingerprint(),
    })
}

/// The client's idempotency key. Where one may be missing, a broken one still is an error.
fn sent_key(call: &Call, may_be_missing: bool) -> Result<Option<String>, Denial> {
    if may_be_missing && !call.received.headers.contains_key("idempotency-key") {
        return Ok(None);
    }
    let key = call.header("idempotency-key").ok_or(Denial::MissingNonce)?;
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Denial::MissingNonce);
    }
    Ok(Some(key))
}

/// The user, over all of their sessions: a retry after signing in again is the same call. Without a session an address
/// is all there is to tell callers apart.
fn caller(call: &Call, principal: &Principal) -> String {
    principal.identity().map_or_else(
        || call.address.rate_key(),
        |identity| {
            format!(
                "user:{}:{}:{}",
                identity.provider,
                identity.user_id.len(),
                identity.user_id
            )
        },
    )
}

pub(crate) async fn spend<A>(
    human: Human<A>,
    store: &dyn Store,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Admission<A>, Denial> {
    let Fresh {
        call,
        principal,
        arguments,
        proof,
    } = human.into_fresh();
    let spending = take(proof, store, now).await;
    let claim = match trail.decided(spending)? {
        Taken::Nothing => {
            trail.note("replay.not-required");
            None
        }
        Taken::Nonce => None,
        Taken::Claim(claim) => Some(claim),
        Taken::Stored(result) => {
            trail.note("replay.stored-result");
            return Ok(Admission::Stored(StoredResult::new(result)));
        }
    };
    let admitted = Admitted {
        door: call.door,
        received: call.received,
        principal,
        arguments,
        claim,
    };
    Ok(Admission::Go(Permit::new(Spent(()), admitted)))
}

/// What this call took.
#[derive(Debug, Default)]
enum Taken {
    #[default]
    Nothing,
    Nonce,
    Claim(Claim),
    Stored(Vec<u8>),
}

async fn take(proof: Proof, store: &dyn Store, now: Timestamp) -> Result<Taken, Denial> {
    let (key, fingerprint, life, is_repeat) = match proof {
        Proof::NotRequired => return Ok(Taken::Nothing),
        Proof::Nonce(nonce) => {
            return match NonceStore::consume(store, &nonce.id, nonce.expires_at).await? {
                Consumed::First => Ok(Taken::Nonce),
                Consumed::Again => Err(Denial::ReplayedNonce),
            };
        }
        Proof::Key { key, fingerprint } => (key, fingerprint, RESULT_LIFE, false),
        Proof::Repeat { key, window } => (key.clone(), key, window, true),
    };
    let ends = now.plus(life);
    match IdempotencyStore::begin(store, &key, &fingerprint, ends).await? {
        Begun::New => Ok(Taken::Claim(Claim::new(key, fingerprint, ends))),
        Begun::InProgress => Err(Denial::InProgress),
        Begun::Mismatch => Err(Denial::ReusedKey),
        // Nobody asked for the result of the first call: it is said that there was one.
        Begun::Done(_) if is_repeat => Err(Denial::ReplayedNonce),
        Begun::Done(result) => Ok(Taken::Stored(result)),
    }
}
