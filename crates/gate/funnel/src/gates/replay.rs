//! Gates 10 and 12: once. First it is checked that the nonce is ours; it is spent at the very end, so that no failure
//! before burns it. Spending it is what yields the permit.

use std::time::Duration;

use super::Call;
use super::captcha::Human;
use super::ownership::Owned;
use crate::audit::sha256_hex;
use crate::csrf::binding;
use crate::nonces::CheckedNonce;
use crate::permit::{Admission, Admitted, Claim, Permit, StoredResult};
use crate::{
    Begun, Consumed, Denial, IdempotencyStore, NonceStore, Nonces, Principal, Replay, Store, Timestamp, Trail,
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

#[derive(Debug)]
enum Proof {
    NotRequired,
    Nonce(CheckedNonce),
    Key { key: String, fingerprint: String },
}

/// Shows that the last gate was passed. Made in this file only, so that there is no permit without it.
#[derive(Debug)]
pub(crate) struct Spent(());

impl<A> Fresh<A> {
    pub(super) const fn call(&self) -> &Call {
        &self.call
    }
}

pub(crate) fn check<A>(owned: Owned<A>, nonces: &Nonces, now: Timestamp) -> Result<Fresh<A>, Denial> {
    let (call, principal, arguments) = owned.into_parts();
    let policy = &call.door.policy;
    let proof = match policy.replay {
        Replay::NotRequired => Proof::NotRequired,
        Replay::Once => {
            let nonce = call
                .door
                .fields
                .nonce
                .clone()
                .or_else(|| call.header("x-portcullis-nonce"));
            let nonce = nonce.ok_or(Denial::MissingNonce)?;
            Proof::Nonce(nonces.check(&nonce, policy.name(), principal.identity(), now)?)
        }
        Replay::Idempotent => {
            let key = call.header("idempotency-key").ok_or(Denial::MissingNonce)?;
            if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Denial::MissingNonce);
            }
            // One caller's key says nothing about another's, nor about another action.
            let scope = format!("{}|{}|{key}", policy.name(), user(&principal));
            Proof::Key {
                key: sha256_hex(scope.as_bytes()),
                fingerprint: sha256_hex(&call.received.body),
            }
        }
    };
    Ok(Fresh {
        call,
        principal,
        arguments,
        proof,
    })
}

/// The user, over all of their sessions: a retry after signing in again is the same call.
fn user(principal: &Principal) -> String {
    principal.identity().map_or_else(
        || binding(None),
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
    let claim = match proof {
        Proof::NotRequired => {
            trail.note("replay.not-required");
            None
        }
        Proof::Nonce(nonce) => match NonceStore::consume(store, &nonce.id, nonce.expires_at).await? {
            Consumed::First => None,
            Consumed::Again => return Err(Denial::ReplayedNonce),
        },
        Proof::Key { key, fingerprint } => {
            let ends = now.plus(RESULT_LIFE);
            match IdempotencyStore::begin(store, &key, &fingerprint, ends).await? {
                Begun::New => Some(Claim::new(key, fingerprint, ends)),
                Begun::InProgress => return Err(Denial::InProgress),
                Begun::Mismatch => return Err(Denial::ReusedKey),
                Begun::Done(result) => {
                    trail.note("replay.stored-result");
                    return Ok(Admission::Stored(StoredResult::new(result)));
                }
            }
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
