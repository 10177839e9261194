//! What a call came to, and how clients read it: one union, told apart by `ok` and by the error's `kind`.

use std::time::Duration;

use http::StatusCode;
use portcullis_funnel::{Denial, RateNote, Stage, Trail, Unavailable};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::problems;

/// What a call came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The handler gave a result.
    Done { data: Value, redirect: Option<String> },
    /// The stored answer of an earlier call.
    Repeated {
        status: u16,
        body: Value,
        redirect: Option<String>,
    },
    /// A gate refused.
    Denied(Denial),
    /// The handler gave an error that clients may see.
    App {
        status: u16,
        code: &'static str,
        field: Option<&'static str>,
        params: Map<String, Value>,
    },
    /// Anything else.
    Internal,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    status: u16,
    body: Value,
    redirect: Option<String>,
}

impl Verdict {
    /// The answer for later calls with the same key. A failure that says nothing is not stored: whether the call had an
    /// effect is not known, so it is neither repeated nor run again.
    pub(crate) fn stored(&self) -> Option<Vec<u8>> {
        if matches!(self, Self::Internal | Self::Denied(_)) {
            return None;
        }
        let redirect = match self {
            Self::Done { redirect, .. } => redirect.clone(),
            _ => None,
        };
        let stored = Stored {
            status: self.status().as_u16(),
            body: self.body(""),
            redirect,
        };
        serde_json::to_vec(&stored).ok()
    }

    /// The stored answer.
    pub(crate) fn repeated(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Stored>(bytes) {
            Ok(Stored { status, body, redirect }) => Self::Repeated { status, body, redirect },
            Err(_) => Self::Internal,
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        let number = match self {
            Self::Done { .. } => 200,
            Self::Repeated { status, .. } | Self::App { status, .. } => *status,
            Self::Denied(denial) => return denial.status(),
            Self::Internal => 500,
        };
        StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// How long to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Denied(denial) => denial.retry_after(),
            _ => None,
        }
    }

    /// Whether the handler gave a result.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Done { .. } => true,
            Self::Repeated { status, .. } => *status < 300,
            _ => false,
        }
    }

    /// The body.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        match self {
            Self::Done { data, .. } => json!({"ok": true, "data": data}),
            Self::Repeated { body, .. } => {
                let mut body = body.clone();
                if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
                    error.insert("requestId".to_owned(), json!(request_id));
                }
                body
            }
            Self::Denied(denial) => json!({"ok": false, "error": denied(denial, request_id)}),
            Self::App {
                code,
                field: Some(field),
                params,
                ..
            } => {
                let problem = json!({"code": code, "message": "this is not valid", "params": params});
                let fields = json!({format!("/{field}"): [problem]});
                json!({"ok": false, "error": {
                    "kind": "validation", "code": code, "fields": fields, "form": [], "requestId": request_id
                }})
            }
            Self::App { code, params, .. } => json!({"ok": false, "error": {
                "kind": "app", "code": code, "params": params, "requestId": request_id
            }}),
            Self::Internal => json!({"ok": false, "error": {
                "kind": "internal", "code": "internal", "message": "something went wrong", "requestId": request_id
            }}),
        }
    }
}

fn denied(denial: &Denial, request_id: &str) -> Value {
    let row = denial.row();
    let mut error = Map::new();
    let mut set = |key: &str, value: Value| error.insert(key.to_owned(), value);
    set("kind", json!(kind(denial)));
    set("code", json!(row.public_code));
    set("message", json!(row.text));
    set("requestId", json!(request_id));
    if let Denial::Invalid(list) = denial {
        let mut fields: Map<String, Value> = Map::new();
        let mut form = Vec::new();
        for problem in list {
            let shown = problems::shown(&problem.code);
            if problem.pointer.is_empty() {
                form.push(shown);
                continue;
            }
            let place = fields.entry(problem.pointer.clone()).or_insert_with(|| json!([]));
            if let Some(problems) = place.as_array_mut() {
                problems.push(shown);
            }
        }
        set("fields", Value::Object(fields));
        set("form", Value::Array(form));
    }
    if let Some(wait) = denial.retry_after() {
        set("retryAfter", json!(whole_seconds(wait)));
    }
    Value::Object(error)
}

/// Rounded up, so that whoever waits that long has waited long enough.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// What a client does about it.
fn kind(denial: &Denial) -> &'static str {
    match denial.row().public_code {
        "session.required" => "unauthenticated",
        "session.step-up" => "step_up",
        "rate.limited" => "rate_limited",
        "captcha.required" => "captcha",
        "replay.spent" | "replay.in-progress" | "replay.reused-key" => "replayed",
        "replay.stale" => "stale",
        "schema.invalid" => "validation",
        "unavailable" => "unavailable",
        "not-found" | "action.unknown" => "not_found",
        "request.malformed" | "edge.too-large" => "malformed",
        _ => "denied",
    }
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) request_id: String,
    pub(crate) rate: Option<RateNote>,
    pub(crate) cookies: Vec<String>,
    pub(crate) verdict: Verdict,
    /// The gate that refused, or the handler.
    pub(crate) stage: Stage,
}

impl Reply {
    /// With what the trail knows already.
    pub(crate) fn of(trail: &Trail) -> Self {
        Self {
            request_id: trail.request_id().to_owned(),
            rate: trail.rate(),
            cookies: Vec::new(),
            verdict: Verdict::Internal,
            stage: trail.stage(),
        }
    }

    /// A call whose record cannot be written is not told to have gone well: 503, and the log of the server says why.
    pub(crate) fn ending(mut self, written: Result<(), Unavailable>, verdict: Verdict) -> Self {
        self.verdict = match written {
            Ok(()) => verdict,
            Err(unavailable) => {
                tracing::error!(request_id = %self.request_id, %unavailable, "an audit record could not be written");
                self.cookies.clear();
                Verdict::Denied(Denial::Unavailable(unavailable))
            }
        };
        self
    }

    /// A refusal, with its record.
    pub(crate) fn refused(mut self, trail: Trail, denial: Denial) -> Self {
        self.stage = trail.stage();
        tracing::info!(
            denial = denial.code(),
            request_id = trail.request_id(),
            "an action was refused"
        );
        let written = trail.denied(&denial);
        self.ending(written, Verdict::Denied(denial))
    }
}
