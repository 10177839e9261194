//! One request, from its body to the verdict, with its one record.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use portcullis_funnel::{Access, Admission, Admitted, Denial, Received, Stage, StoredResult, Trail, Transport};

use super::answer::{Manner, Reader};
use super::arguments::Decoded;
use super::doors::Sight;
use super::filter::Learned;
use super::forward::{Forward, Ticket, Work};
use super::output::rows::{Rules, listed};
use super::stored::Stored;
use super::{Actions, Verdict};

/// Headers that are for the gates, or that a caller must not set.
const OURS: [HeaderName; 4] = [
    HeaderName::from_static("x-portcullis-nonce"),
    HeaderName::from_static("x-portcullis-csrf"),
    HeaderName::from_static("x-portcullis-captcha"),
    HeaderName::from_static("x-action-forwarded"),
];

/// The answer of [`screen`] for an action whose arguments decide.
const NEEDS_BODY: &str = "edge.needs-body";
const NOT_RECORDED: &str = "unavailable";

/// What is known of a request whatever becomes of it.
struct Caller {
    reader: Reader,
}

impl Caller {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            reader: Reader::of(headers),
        }
    }
}

pub(crate) async fn judge(actions: &Actions, received: Received, request_id: &str) -> Verdict {
    let sight = actions.catalogue.sight(&received);
    if matches!(sight, Sight::NotAnAction) {
        return Verdict::NotAnAction(received.body);
    }
    let caller = Caller::of(&received.headers);
    let clock = Arc::clone(&actions.lasting.clock);
    let started = clock.now();
    let mut trail = Trail::start(
        Arc::clone(actions.lasting.log()),
        Arc::clone(&clock),
        request_id.to_owned(),
    );
    // Both are counted references to the same bytes, for the case that a refusal only is recorded.
    let body = received.body.clone();
    let kind = received.headers.get(CONTENT_TYPE).cloned();
    let admission = match sight {
        Sight::Unaddressed => Err(Denial::Malformed {
            code: "action.form.unaddressed",
        }),
        Sight::NotAnAction | Sight::Call => actions.funnel.admit(received, &mut trail).await,
    };
    match admission {
        Ok(Admission::Go(permit)) => forward(actions, permit.redeem(), &caller, trail, started).await,
        Ok(Admission::Stored(result)) => stored(actions, result, &caller, trail, started),
        Err(denial) if observes(actions, &trail) => observed(actions, &denial, body, kind, &caller, trail, started),
        Err(denial) => Verdict::Refuse(denied(actions, &denial, &caller, trail, started)),
    }
}

/// Whether refusals of this call are recorded only, even those without which nothing can be judged. A call of which nobody
/// can say whose it is could be one of an endpoint that is enforced.
fn observes(actions: &Actions, trail: &Trail) -> bool {
    let endpoint = trail.action().and_then(|name| actions.catalogue.by_name(name));
    let unknown = || actions.is_observed && !actions.catalogue.enforces();
    endpoint.map_or_else(unknown, |endpoint| endpoint.is_observed)
}

fn manner<'a>(actions: &'a Actions, caller: &Caller, trail: &'a Trail) -> Manner<'a> {
    Manner {
        reader: caller.reader,
        major: actions.major,
        request_id: trail.request_id(),
        sign_in: actions.sign_in.as_deref(),
        rate: trail.rate(),
        now: actions.lasting.clock.now(),
    }
}

/// Whether a refusal would tell a stranger that there is an action for others. What a stranger is, the session says: a header
/// that looks like one is anybody's.
fn hides(actions: &Actions, denial: &Denial, trail: &Trail) -> bool {
    let endpoint = trail.action().and_then(|name| actions.catalogue.by_name(name));
    let is_for_others = endpoint.is_some_and(|endpoint| matches!(endpoint.policy.access(), Access::Authenticated));
    is_for_others && trail.is_anonymous() && !matches!(denial, Denial::Unavailable(_) | Denial::Deadline)
}

/// See [`Actions::screen`].
pub(crate) async fn screen(actions: &Actions, received: Received, request_id: &str) -> Result<(), &'static str> {
    let caller = Caller::of(&received.headers);
    let clock = Arc::clone(&actions.lasting.clock);
    let started = clock.now();
    let mut trail = Trail::start(Arc::clone(actions.lasting.log()), clock, request_id.to_owned());
    let screened = actions.funnel.screen(received, &mut trail).await;
    let needs_body = || {
        let endpoint = trail.action().and_then(|name| actions.catalogue.by_name(name));
        endpoint.is_none_or(|endpoint| endpoint.needs_body)
    };
    let refusal = match screened {
        Err(denial) if !observes(actions, &trail) => denial,
        // What its policy asks of the arguments is not asked here, so it has not been answered.
        _ if needs_body() => {
            let recorded = trail.failed(NEEDS_BODY);
            return Err(recorded.map_or(NOT_RECORDED, |()| NEEDS_BODY));
        }
        Err(denial) => {
            trail.observe(trail.stage(), denial);
            return recorded(actions, &caller, trail, started).map_err(|_| NOT_RECORDED);
        }
        Ok(()) => return recorded(actions, &caller, trail, started).map_err(|_| NOT_RECORDED),
    };
    let hidden = actions.hides && hides(actions, &refusal, &trail);
    let code = if hidden {
        Denial::UnknownAction.row().public_code
    } else {
        refusal.row().public_code
    };
    drop(denied(actions, &refusal, &caller, trail, started));
    Err(code)
}

fn denied(
    actions: &Actions,
    denial: &Denial,
    caller: &Caller,
    trail: Trail,
    started: portcullis_funnel::Timestamp,
) -> Response<Bytes> {
    let recorder = &actions.lasting.recorder;
    recorder.decided(&trail, Some(denial), started, actions.lasting.clock.now());
    let hidden = actions.hides && hides(actions, denial, &trail);
    let shown = if hidden { &Denial::UnknownAction } else { denial };
    let response = manner(actions, caller, &trail).refusal(shown);
    let action = trail.action().unwrap_or_default().to_owned();
    if trail.denied(denial).is_err() {
        // The call is refused either way.
        lost(actions, &action);
    }
    response
}

fn lost(actions: &Actions, action: &str) {
    tracing::error!(action, "a decision could not be written to the audit log");
    actions
        .lasting
        .recorder
        .note("lost", "audit", "store.unavailable", action);
}

/// Writes that a call goes through. If that is impossible, it does not, unless the policy says else.
fn recorded(
    actions: &Actions,
    caller: &Caller,
    trail: Trail,
    started: portcullis_funnel::Timestamp,
) -> Result<(), Box<Response<Bytes>>> {
    let now = actions.lasting.clock.now();
    actions.lasting.recorder.decided(&trail, None, started, now);
    let action = trail.action().unwrap_or_default().to_owned();
    let manner = Manner {
        reader: caller.reader,
        major: actions.major,
        request_id: "",
        sign_in: None,
        rate: None,
        now,
    };
    let request_id = trail.request_id().to_owned();
    match trail.allowed() {
        Ok(()) => Ok(()),
        Err(unavailable) => {
            lost(actions, &action);
            if actions.allows_unrecorded {
                return Ok(());
            }
            let manner = Manner {
                request_id: &request_id,
                ..manner
            };
            Err(Box::new(manner.refusal(&unavailable.into())))
        }
    }
}

async fn forward(
    actions: &Actions,
    admitted: Admitted<Decoded>,
    caller: &Caller,
    mut trail: Trail,
    started: portcullis_funnel::Timestamp,
) -> Verdict {
    let Admitted {
        door, arguments, claim, ..
    } = admitted;
    if !arguments.endpoint.is_named {
        trail.observe(Stage::Identify, Denial::MissingPolicy);
    }
    if arguments.has_surplus() {
        // Recorded only: ids of re-exported functions can say less than the function takes.
        actions
            .lasting
            .recorder
            .note("arity", "validate", "schema.surplus", door.policy.name());
        tracing::debug!(
            action = door.policy.name(),
            "a call carries arguments that its id does not use"
        );
    }
    let Ok(body) = arguments.body() else {
        // INVARIANT: the decoder refuses what cannot be written.
        let denial = Denial::Malformed {
            code: "action.form.kind",
        };
        return Verdict::Refuse(denied(actions, &denial, caller, trail, started));
    };
    let (Ok(content_type), bytes) = (
        HeaderValue::from_str(&body.content_type),
        Bytes::from(body.bytes.clone()),
    ) else {
        let denial = Denial::Malformed {
            code: "action.content-type",
        };
        return Verdict::Refuse(denied(actions, &denial, caller, trail, started));
    };
    let work = Work {
        action: door.policy.name().to_owned(),
        request_id: trail.request_id().to_owned(),
        transport: door.transport,
        reader: caller.reader,
        major: actions.major,
        rules: rules(actions, &arguments),
        is_observed: arguments.endpoint.is_observed,
        claim: None,
        store: Arc::clone(actions.lasting.store()),
        recorder: Arc::clone(&actions.lasting.recorder),
        rate: trail.rate(),
        now: actions.lasting.clock.now(),
        shared: Arc::new(Mutex::new(Learned {
            body: claim.is_some().then(Vec::new),
            ..Learned::default()
        })),
        head: None,
    };
    if let Err(response) = recorded(actions, caller, trail, started) {
        if let Some(claim) = claim {
            // It did not run. If that cannot be remembered either, a repetition is refused for a while.
            let _forgotten = claim.abandon(actions.lasting.store().as_ref()).await;
        }
        return Verdict::Refuse(*response);
    }
    Verdict::Forward(Box::new(Forward {
        body: bytes,
        content_type,
        remove: OURS.to_vec(),
        set: encodings(door.transport),
        ticket: Ticket {
            work: Some(Box::new(Work { claim, ..work })),
        },
    }))
}

/// Rows have to be read on their way back, so they are asked for as they are.
fn encodings(transport: Transport) -> Vec<(HeaderName, HeaderValue)> {
    match transport {
        Transport::Fetch => vec![(ACCEPT_ENCODING, HeaderValue::from_static("identity"))],
        Transport::Form => Vec::new(),
    }
}

fn rules(actions: &Actions, arguments: &Decoded) -> Rules {
    let names = arguments.endpoint.output_names.as_slice();
    Rules {
        output: arguments.endpoint.output.clone(),
        secrets: actions.secrets_in_results,
        listed: listed(names),
    }
}

fn stored(
    actions: &Actions,
    result: StoredResult,
    caller: &Caller,
    trail: Trail,
    started: portcullis_funnel::Timestamp,
) -> Verdict {
    let response = Stored::answer(&result.into_bytes(), &manner(actions, caller, &trail));
    match recorded(actions, caller, trail, started) {
        Ok(()) => Verdict::Refuse(response),
        Err(response) => Verdict::Refuse(*response),
    }
}

/// A call that would be refused goes on as it came: there may be nothing that it could be written from.
fn observed(
    actions: &Actions,
    denial: &Denial,
    body: Bytes,
    kind: Option<HeaderValue>,
    caller: &Caller,
    mut trail: Trail,
    started: portcullis_funnel::Timestamp,
) -> Verdict {
    trail.observe(trail.stage(), denial.clone());
    let Some(content_type) = kind else {
        // Without a content type there is no call to be filtered on its way back.
        return match recorded(actions, caller, trail, started) {
            Ok(()) => Verdict::NotAnAction(body),
            Err(response) => Verdict::Refuse(*response),
        };
    };
    let work = Work {
        action: trail.action().unwrap_or_default().to_owned(),
        request_id: trail.request_id().to_owned(),
        transport: Transport::Fetch,
        reader: caller.reader,
        major: actions.major,
        rules: Rules {
            output: None,
            secrets: portcullis_policy::SecretsInResults::Off,
            listed: std::collections::BTreeSet::new(),
        },
        is_observed: true,
        claim: None,
        store: Arc::clone(actions.lasting.store()),
        recorder: Arc::clone(&actions.lasting.recorder),
        rate: None,
        now: actions.lasting.clock.now(),
        shared: Arc::default(),
        head: None,
    };
    if let Err(response) = recorded(actions, caller, trail, started) {
        return Verdict::Refuse(*response);
    }
    Verdict::Forward(Box::new(Forward {
        body,
        content_type,
        remove: Vec::new(),
        set: Vec::new(),
        ticket: Ticket {
            work: Some(Box::new(work)),
        },
    }))
}

/// A refusal by the edge.
pub(crate) fn refuse(actions: &Actions, headers: &HeaderMap, denial: &Denial, request_id: &str) -> Response<Bytes> {
    let clock = Arc::clone(&actions.lasting.clock);
    let started = clock.now();
    let trail = Trail::start(Arc::clone(actions.lasting.log()), clock, request_id.to_owned());
    denied(actions, denial, &Caller::of(headers), trail, started)
}
