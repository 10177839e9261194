//! One action behind its gates: the funnel with the action's own types in it, and the handler after it. Whatever happens
//! in between, a panic, a deadline, a caller who goes away, one audit record says so.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use portcullis_funnel::{
    Admission, Admitted, Answer, Denial, Funnel, Principal, RateRule, Received, Replay, Stage, Trail, Unavailable,
};
use serde_json::Value;

use crate::access::AccessDecided;
use crate::arguments::{Checks, OneDoor, Opens, Reader, Taken};
use crate::context::Call;
use crate::decode::coerce;
use crate::failure::Shielded;
use crate::handler::{Erased, Ready, Redirect};
use crate::inventory::ActionInfo;
use crate::output::Dto;
use crate::references::{Flat, Opening, Steps};
use crate::secrets;
use crate::verdict::{Reply, Verdict};
use crate::{ActionClient, ActionError, App, Ctx, Input, Validated};

/// An action as the mount sees it.
pub(crate) trait Endpoint<A: App>: Send + Sync {
    /// What it is.
    fn info(&self) -> &ActionInfo;

    /// What is wrong with how it was built.
    fn faults(&self) -> Vec<String>;

    /// The page with its form.
    fn form_page(&self) -> Option<&str>;

    /// Lets a call through the gates and runs the handler.
    fn serve(&self, received: Received, trail: Trail) -> Answer<'_, Reply>;
}

const BACKEND_DOWN: Unavailable = Unavailable::new("handler", "a backend is down");

/// An action with its gates.
pub(crate) struct Served<A: App, X, I: Input, D: Steps<A, I>, O, E>
where
    D::Opened: Flat,
{
    client: ActionClient<A>,
    info: ActionInfo,
    name: Arc<str>,
    faults: Vec<String>,
    funnel: Funnel<Reader<I, D::Opened>>,
    steps: Arc<D>,
    handler: Erased<A, X, I, <D::Opened as Flat>::Resources, O, E>,
    timeout: Duration,
    form_page: Option<String>,
    redirect: Option<Redirect<O>>,
}

fn schema_of<T: schemars::JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Limits by arguments that do not count what they seem to: the argument is not there, or no single value, or one thing
/// has many texts.
fn broken_arguments(rules: &[RateRule], input: &Value, by_token: &[&'static str]) -> Vec<String> {
    let mut faults = Vec::new();
    for pointer in rules.iter().flat_map(RateRule::arguments) {
        let mut known = Some(input);
        for step in pointer.split('/').skip(1) {
            known = known.and_then(|known| coerce::property(known, step, input));
        }
        let Some(known) = known else {
            faults.push(format!(
                "a limit counts by `arg:{pointer}`, which the input does not have"
            ));
            continue;
        };
        let is = |kind: &str| coerce::is(known, kind);
        if is("object") || is("array") {
            faults.push(format!("a limit counts by `arg:{pointer}`, which is no single value"));
        }
        let is_sealed = known.get("format").and_then(Value::as_str) == Some("sealed");
        let name = pointer.trim_start_matches('/');
        if is_sealed || by_token.contains(&name) || is("number") {
            faults.push(format!(
                "a limit counts by `arg:{pointer}`, of which one value has many texts: count by the user"
            ));
        }
    }
    faults
}

impl<A, X, I, D, O, E> Served<A, X, I, D, O, E>
where
    A: App,
    X: AccessDecided,
    I: Input,
    D: Steps<A, I>,
    D::Opened: Flat,
    O: Dto + Send + 'static,
    E: ActionError,
{
    pub(crate) fn new(ready: Ready<A, X, I, D, O, E>) -> Self {
        let Ready {
            client,
            mut draft,
            steps,
            handler,
            form_page,
            redirect,
        } = ready;
        let shared = &client.0;
        if draft.rates.is_empty() && draft.unlimited.is_none() {
            let default = shared
                .default_rate
                .clone()
                .map(|rule| ("default".to_owned(), Some(rule)));
            draft.rates.extend(default);
        }
        let input = schema_of::<I::Wire>();
        let rules: Vec<RateRule> = draft.rates.iter().filter_map(|(_, rule)| rule.clone()).collect();
        let steps = Arc::new(steps);
        let names = Steps::<A, I>::names(steps.as_ref());
        let has_seals = input.to_string().contains("\"format\":\"sealed\"");
        let policy = X::policy(&draft.name, &draft.reason, rules.clone()).map(|policy| {
            let mut policy = draft
                .rules
                .iter()
                .fold(policy, |policy, rule| policy.rule(Arc::clone(rule)));
            policy = draft
                .permissions
                .iter()
                .fold(policy, |policy, one| policy.permission(one));
            policy = policy.replay(draft.replay);
            if let Some(role) = draft.role {
                policy = policy.minimum_role(role);
            }
            if let Some(action) = &draft.captcha {
                policy = policy.captcha(action);
            }
            if let Some(within) = draft.step_up {
                policy = policy.step_up(within);
            }
            if draft.refuses_impersonation {
                policy = policy.refuse_impersonation();
            }
            if draft.admits_provisional_users {
                policy = policy.admit_provisional_users();
            }
            if !names.is_empty() || has_seals {
                policy = policy.owned();
            }
            Arc::new(policy)
        });
        if draft.captcha.is_some() && shared.captcha.is_none() {
            let fault = "it asks for a proof of a human, and the client has no `.captcha(..)` to check one".to_owned();
            draft.faults.push(fault);
        }
        let recognises = draft.replay == Replay::Idempotent;
        draft.faults.extend(broken_arguments(
            &rules,
            &input,
            &Steps::<A, I>::by_token(steps.as_ref()),
        ));
        if X::NEEDS_RATE && !rules.is_empty() && rules.iter().all(RateRule::needs_arguments) {
            let fault =
                "everybody may call it, and its limits are all by an argument, which callers choose: add one `per ip`";
            draft.faults.push(fault.to_owned());
        }
        let info = ActionInfo {
            name: draft.name.clone(),
            access: draft.access,
            reason: draft.reason,
            rates: draft.rates.into_iter().map(|(text, _)| text).collect(),
            unlimited: draft.unlimited,
            role: draft.role,
            permissions: draft.permissions,
            references: names,
            replay: draft.replay,
            captcha: draft.captcha,
            step_up: draft.step_up.is_some(),
            input: input.clone(),
            secrets: secrets::names(&input),
            output: schema_of::<O>(),
            errors: E::codes(),
        };
        let door = OneDoor {
            policy,
            limits: shared.limits,
        };
        let funnel = Funnel {
            doors: Box::new(door),
            origins: shared.origins.clone(),
            csrf: shared.csrf.clone(),
            sessions: Arc::clone(&shared.sessions),
            store: Arc::clone(&shared.store),
            proxies: shared.proxies.clone(),
            authorization: shared.authorization.clone(),
            decoder: Reader {
                limits: shared.limits,
                schema: input,
                types: PhantomData,
            },
            validator: Box::new(Checks { recognises }),
            owners: Box::new(Opens {
                client: client.clone(),
                steps: Arc::clone(&steps),
            }),
            nonces: shared.nonces.clone(),
            captcha: shared.captcha.clone(),
            clock: Arc::clone(&shared.clock),
        };
        Self {
            name: Arc::from(draft.name),
            faults: draft.faults,
            funnel,
            steps,
            handler,
            timeout: draft.timeout.unwrap_or(shared.timeout),
            form_page,
            redirect,
            info,
            client,
        }
    }

    async fn admitted(&self, admitted: Admitted<Taken<I, D::Opened>>, trail: Trail) -> Reply {
        let Admitted {
            principal,
            arguments,
            claim,
            ..
        } = admitted;
        let mut reply = Reply::of(&trail);
        reply.stage = Stage::Handler;
        let opened = arguments.opened.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(input) = arguments.input else {
            return reply.ending(trail.failed("handler.unread"), Verdict::Internal);
        };
        let Some(opened) = self.opened(opened, &principal, &input).await else {
            return reply.ending(trail.failed("handler.unread"), Verdict::Internal);
        };
        let call = Arc::new(Call {
            action: Arc::clone(&self.name),
            caller: principal.clone(),
            principal: X::visible(principal),
            request_id: trail.request_id().to_owned(),
            now: self.client.0.clock.now(),
            cookies: Mutex::new(Vec::new()),
        });
        let context = Ctx::new(self.client.clone(), Arc::clone(&call));
        // All of the application's code is in here: the handler, how its result is written, where a form goes then.
        let judged = caught(async {
            let run = (self.handler)(context, Validated::new(input), opened.flat());
            match tokio::time::timeout(self.timeout, run).await {
                Err(_elapsed) => (Verdict::Denied(Denial::Deadline), Some("handler.deadline".to_owned())),
                Ok(Ok(output)) => self.done(&output, &call.request_id),
                Ok(Err(error)) => failed(error, &self.name, &call.request_id),
            }
        });
        let (verdict, record) = match judged.await {
            Ok(judged) => judged,
            Err(Panicked) => (Verdict::Internal, Some("handler.panic".to_owned())),
        };
        reply.cookies = std::mem::take(&mut *call.cookies.lock().unwrap_or_else(PoisonError::into_inner));
        let written = match record {
            None => trail.allowed(),
            Some(reason) => trail.failed(&reason),
        };
        if let Some(claim) = claim
            && let Some(bytes) = verdict.stored()
            && claim.finish(self.client.store(), &bytes).await.is_err()
        {
            tracing::error!(action = %self.name, "the result of an idempotent call could not be stored");
        }
        reply.ending(written, verdict)
    }

    /// What the steps opened. An action without references has nothing to open, and its gate was not asked.
    async fn opened(&self, opened: Option<D::Opened>, principal: &Principal, input: &I) -> Option<D::Opened> {
        if opened.is_some() || !self.info.references.is_empty() {
            return opened;
        }
        let opening = Opening {
            state: self.client.state(),
            principal,
            tokens: &self.client.0.references,
            now: self.client.0.clock.now(),
        };
        self.steps.open(&opening, input).await.ok()
    }

    fn done(&self, output: &O, request_id: &str) -> (Verdict, Option<String>) {
        match serde_json::to_value(output) {
            Ok(data) => {
                let redirect = self.redirect.as_ref().map(|redirect| redirect(output));
                (Verdict::Done { data, redirect }, None)
            }
            Err(cause) => {
                tracing::error!(action = %self.name, request_id, %cause, "a result could not be written");
                (Verdict::Internal, Some("handler.output".to_owned()))
            }
        }
    }
}

fn failed<E: ActionError>(error: E, action: &str, request_id: &str) -> (Verdict, Option<String>) {
    match error.shield() {
        Shielded::Public {
            status,
            code,
            field,
            params,
        } => {
            let verdict = Verdict::App {
                status,
                code,
                field,
                params,
            };
            (verdict, Some(format!("app.{code}")))
        }
        Shielded::Internal { cause } => {
            tracing::error!(action, request_id, cause, "an action failed");
            (Verdict::Internal, Some("handler.error".to_owned()))
        }
        Shielded::Unavailable { cause } => {
            tracing::error!(action, request_id, cause, "a backend of an action is down");
            (
                Verdict::Denied(BACKEND_DOWN.into()),
                Some("handler.unavailable".to_owned()),
            )
        }
    }
}

/// The code of an action panicked.
struct Panicked;

/// Runs a future, and survives its panic. It is not polled again after one.
async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_panic) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

impl<A, X, I, D, O, E> Endpoint<A> for Served<A, X, I, D, O, E>
where
    A: App,
    X: AccessDecided,
    I: Input,
    D: Steps<A, I>,
    D::Opened: Flat,
    O: Dto + Send + 'static,
    E: ActionError,
{
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    fn faults(&self) -> Vec<String> {
        self.faults.clone()
    }

    fn form_page(&self) -> Option<&str> {
        self.form_page.as_deref()
    }

    fn serve(&self, received: Received, mut trail: Trail) -> Answer<'_, Reply> {
        Box::pin(async move {
            let admission = caught(tokio::time::timeout(
                self.timeout,
                self.funnel.admit(received, &mut trail),
            ))
            .await;
            let reply = Reply::of(&trail);
            let denial = match admission {
                Ok(Ok(Ok(Admission::Go(permit)))) => return self.admitted(permit.redeem(), trail).await,
                Ok(Ok(Ok(Admission::Stored(result)))) => {
                    let verdict = Verdict::repeated(&result.into_bytes());
                    return reply.ending(trail.allowed(), verdict);
                }
                Ok(Ok(Err(denial))) => denial,
                Ok(Err(_elapsed)) => Denial::Deadline,
                // The trail is dropped here, and leaves the record of a call that ended without a decision.
                Err(Panicked) => return reply.ending(Ok(()), Verdict::Internal),
            };
            reply.refused(trail, denial)
        })
    }
}
