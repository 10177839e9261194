//! Is somebody signed in before anything happens? From the run of a stranger and the run of an entitled caller.

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence};

use super::{EVIDENCE_LIMIT, Facts, Report, doubt, effect_evidence, is_read, length, path, signals};
use crate::endpoints::Found;
use crate::engine::{EffectWords as _, Observation, Signal};
use crate::policies::{Decision, Policies};

/// The answer for authentication. `forger` is there if somebody believes who calls without proof.
pub(super) fn judge_all(
    endpoint: &Found,
    stranger: &Report,
    forger: Option<&Report>,
    caller: &Report,
    source: &str,
) -> (Coverage, Facts) {
    let (coverage, mut facts) = judge(endpoint, stranger, caller, source);
    let believed = matches!(coverage, Coverage::Proven { .. }).then_some(forger).flatten();
    let Some(forger) = believed else {
        return (coverage, facts);
    };
    let (forged, forged_facts) = judge(endpoint, forger, caller, source);
    if let Coverage::Absent { evidence, .. } = forged {
        facts.does = forged_facts.does;
        facts.only_reads = forged_facts.only_reads;
        facts.is_mild = forged_facts.is_mild;
        facts.by_name = forged_facts.by_name;
        facts.unverified = forged_facts.unverified;
        let reason = "who calls is believed without proof, so a stranger can claim to be anyone".to_owned();
        return (Coverage::Absent { evidence, reason }, facts);
    }
    (coverage, facts)
}

/// A stranger who reaches nothing but what the database gives to its owner alone gets nothing.
pub(super) fn by_database(coverage: Coverage, stranger: &Report, policies: &Policies) -> Coverage {
    if !matches!(coverage, Coverage::Absent { .. }) || stranger.exhausted.is_some() {
        return coverage;
    }
    let mut evidence = Vec::new();
    for effect in stranger.protected() {
        let details = &effect.details;
        match policies.decide(details.table.as_deref(), details.command) {
            Decision::Caller(policy) if details.scoped => {
                evidence.push(effect_evidence(effect));
                evidence.push(policy);
            }
            _ => return coverage,
        }
    }
    evidence.truncate(EVIDENCE_LIMIT);
    if evidence.is_empty() {
        coverage
    } else {
        Coverage::Proven { evidence }
    }
}

fn judge(endpoint: &Found, stranger: &Report, caller: &Report, source: &str) -> (Coverage, Facts) {
    let mut facts = Facts {
        asked: signals(stranger, |signal| match signal {
            Signal::Asked(place, text) => Some(Evidence {
                place: *place,
                text: text.to_string(),
            }),
            _ => None,
        }),
        unverified: signals(stranger, |signal| match signal {
            Signal::Unverified(place, text) => Some(Evidence {
                place: *place,
                text: text.to_string(),
            }),
            _ => None,
        }),
        does: "has an effect",
        ..Facts::default()
    };
    let reached: Vec<&Observation> = stranger
        .observations
        .iter()
        .filter(|observation| observation.needs_protection())
        .collect();
    let certain = reached.iter().filter(|observation| observation.doubts.is_empty());
    // A write says more than a read, and the first one is the easiest to follow.
    let worst = certain.min_by_key(|observation| (is_read(observation.kind), length(observation)));
    if let Some(worst) = worst {
        if let Some(reason) = public_by_design(endpoint, stranger, caller, source) {
            return (
                Coverage::NotNeeded {
                    evidence: vec![effect_evidence(worst)],
                    reason,
                },
                facts,
            );
        }
        if serves_visitors(stranger, caller) {
            let reason = "public by design: it turns away who is signed in, and serves who is not yet".to_owned();
            let evidence = vec![effect_evidence(worst)];
            return (Coverage::NotNeeded { evidence, reason }, facts);
        }
        if let Some(upstream) = upstream(worst, caller) {
            return (upstream, facts);
        }
        facts.is_mild = is_mild(endpoint, &reached);
        facts.does = worst.kind.verb();
        facts.by_name = worst.by_name;
        facts.only_reads = reached.iter().all(|observation| is_read(observation.kind));
        let reason = format!("a stranger reaches `{}`, which {}", worst.label, worst.kind.verb());
        return (
            Coverage::Absent {
                evidence: path(worst),
                reason,
            },
            facts,
        );
    }
    if let Some(doubtful) = reached
        .iter()
        .min_by_key(|observation| (observation.doubts.len(), length(observation)))
    {
        return (doubt(doubtful), facts);
    }
    if let Some(reason) = stranger.exhausted {
        return (
            Coverage::Unknown {
                evidence: Vec::new(),
                reason: reason.to_owned(),
            },
            facts,
        );
    }
    let protected = caller
        .observations
        .iter()
        .find(|observation| observation.needs_protection());
    if let (None, Some(reason)) = (protected, caller.exhausted) {
        return (
            Coverage::Unknown {
                evidence: Vec::new(),
                reason: reason.to_owned(),
            },
            facts,
        );
    }
    let establishes = [stranger, caller].iter().any(|report| {
        report.observations.iter().any(|observation| {
            observation.establishes || matches!(observation.kind, EffectKind::SignOut | EffectKind::Session)
        })
    });
    let asked: Vec<Evidence> = facts.asked.clone();
    if let Some(protected) = protected {
        if !asked.is_empty() {
            let mut evidence = asked;
            evidence.extend(stranger.ends.iter().map(|(place, text)| Evidence {
                place: *place,
                text: format!("a stranger's call {text}"),
            }));
            evidence.truncate(EVIDENCE_LIMIT - 1);
            evidence.push(Evidence {
                place: protected.place,
                text: format!(
                    "`{}` {}: only a signed-in caller gets here",
                    protected.label,
                    protected.kind.verb()
                ),
            });
            return (Coverage::Proven { evidence }, facts);
        }
        let credential = signals(stranger, |signal| match signal {
            Signal::Credential(place, text) => Some(Evidence {
                place: *place,
                text: format!("`{text}` checks what the caller sent"),
            }),
            _ => None,
        });
        if !credential.is_empty() {
            let reason = "what the caller sends proves who it is: a password or a one-time code".to_owned();
            return (
                Coverage::NotNeeded {
                    evidence: credential,
                    reason,
                },
                facts,
            );
        }
        if let Some(reason) = public_by_design(endpoint, stranger, caller, source) {
            return (
                Coverage::NotNeeded {
                    evidence: vec![effect_evidence(protected)],
                    reason,
                },
                facts,
            );
        }
        let reason = "a stranger does not get to the effect, but nothing asks who calls".to_owned();
        return (
            Coverage::Unknown {
                evidence: vec![effect_evidence(protected)],
                reason,
            },
            facts,
        );
    }
    if establishes {
        let evidence = signals(caller, |signal| match signal {
            Signal::Established(place, text) => Some(Evidence {
                place: *place,
                text: format!("`{text}` makes or ends a session"),
            }),
            _ => None,
        });
        let reason = "public by design: its effect is that somebody signs in or out".to_owned();
        return (Coverage::NotNeeded { evidence, reason }, facts);
    }
    let unseen = caller
        .opaque
        .iter()
        .chain(&stranger.opaque)
        .chain(&caller.outside)
        .chain(&stranger.outside)
        .next();
    if let Some(opaque) = unseen {
        let reason = format!(
            "`{}` of `{}` could not be looked into, so what happens is not known",
            opaque.label, opaque.module
        );
        let evidence = vec![Evidence {
            place: opaque.place,
            text: format!("`{}` leads out of the project", opaque.label),
        }];
        return (Coverage::Unknown { evidence, reason }, facts);
    }
    if !caller.completes && !caller.navigates {
        let evidence = caller.ends.iter().map(|(place, text)| Evidence {
            place: *place,
            text: format!("the call {text}"),
        });
        let reason = "no call was seen to get through, not even that of a signed-in caller".to_owned();
        return (
            Coverage::Unknown {
                evidence: evidence.collect(),
                reason,
            },
            facts,
        );
    }
    let reason = "it reaches no effect: nothing is read out or changed".to_owned();
    let evidence = caller.ends.iter().map(|(place, text)| Evidence {
        place: *place,
        text: format!("the call {text}"),
    });
    (
        Coverage::NotNeeded {
            evidence: evidence.collect(),
            reason,
        },
        facts,
    )
}

/// Whether it is for those who are not signed in: callers with a session get nowhere, and all that happens to others
/// concerns signing in. A guard that is the wrong way round protects something else.
fn serves_visitors(stranger: &Report, caller: &Report) -> bool {
    // Who signs up or in says something. What only names whoever has a session is a guard the wrong way round.
    let is_told = stranger
        .observations
        .iter()
        .any(|effect| effect.needs_protection() && (effect.details.client || effect.establishes));
    is_told
        && !caller.reaches()
        && caller.exhausted.is_none()
        && !caller.ends.is_empty()
        && stranger
            .signals
            .iter()
            .any(|signal| matches!(signal, Signal::Asked(..)))
        && stranger
            .observations
            .iter()
            .filter(|effect| effect.needs_protection())
            .all(concerns_identity)
}

/// Whether an effect is about who somebody is: accounts, sessions, codes, mail.
fn concerns_identity(effect: &Observation) -> bool {
    matches!(
        effect.kind,
        EffectKind::Message | EffectKind::Session | EffectKind::Cookie
    ) || crate::engine::words_of(&effect.label).iter().any(|word| {
        matches!(
            word.as_str(),
            "user"
                | "users"
                | "account"
                | "accounts"
                | "profile"
                | "profiles"
                | "customer"
                | "customers"
                | "member"
                | "members"
                | "token"
                | "tokens"
                | "session"
                | "sessions"
                | "verification"
                | "verifications"
                | "code"
                | "codes"
                | "otp"
                | "otps"
                | "password"
                | "passwords"
                | "reset"
                | "email"
                | "emails"
                | "auth"
        )
    })
}

/// Whether the label of an effect says which table it is about: `prisma.order.update`.
fn names_a_table(effect: &Observation) -> bool {
    effect.label.split('.').count() > 2
}

/// The service behind decides, where an entitled caller's call carries the caller's own token to it.
fn upstream(effect: &Observation, caller: &Report) -> Option<Coverage> {
    let carries = effect.details.is_upstream
        && caller
            .observations
            .iter()
            .any(|seen| seen.place == effect.place && seen.details.by_credential);
    carries.then(|| Coverage::Unknown {
        evidence: vec![effect_evidence(effect)],
        reason: format!(
            "the service behind `{}` decides: the call carries the caller's token, if there is one",
            effect.label
        ),
    })
}

/// Words in the names of what belongs to somebody.
const PERSONAL: [&str; 34] = [
    "user",
    "users",
    "account",
    "accounts",
    "customer",
    "customers",
    "order",
    "orders",
    "invoice",
    "invoices",
    "bank",
    "banks",
    "payment",
    "payments",
    "message",
    "messages",
    "member",
    "members",
    "session",
    "sessions",
    "profile",
    "profiles",
    "subscription",
    "subscriptions",
    "address",
    "transaction",
    "transactions",
    "key",
    "keys",
    "token",
    "secret",
    "email",
    "patient",
    "employee",
];

/// Whether what is reached concerns nobody in person. This says how bad it is, never that it is safe.
fn is_mild(endpoint: &Found, reached: &[&Observation]) -> bool {
    let personal = |name: &str| {
        crate::engine::words_of(name)
            .iter()
            .any(|word| PERSONAL.contains(&word.as_str()) || word == "cart")
    };
    let only_reads = reached.iter().all(|effect| is_read(effect.kind));
    let names = reached
        .iter()
        .map(|effect| &*effect.label)
        .chain([&*endpoint.short_name]);
    let is_catalogue = only_reads && !names.into_iter().any(personal);
    is_catalogue
        || reached
            .iter()
            .all(|effect| is_read(effect.kind) || effect.details.by_cookie)
            && reached.iter().any(|effect| effect.details.by_cookie)
}

/// Whether the effect is the establishing of identity itself, or something meant for everybody.
///
/// This does not make an endpoint safe, it says that authentication is the wrong question. So names may take part here,
/// but only together with what the action does.
fn public_by_design(endpoint: &Found, stranger: &Report, caller: &Report, source: &str) -> Option<String> {
    let name = if endpoint.short_name == "default" {
        endpoint.name.as_str()
    } else {
        endpoint.short_name.as_str()
    };
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let all_signals = || stranger.signals.iter().chain(&caller.signals);
    let established = all_signals().any(|signal| matches!(signal, Signal::Established(..)));
    let hashed = all_signals().any(|signal| matches!(signal, Signal::Hashed(_)));
    let credential = all_signals().any(|signal| matches!(signal, Signal::Credential(..)));
    let sets_cookie = caller
        .observations
        .iter()
        .any(|observation| matches!(observation.kind, EffectKind::Cookie | EffectKind::Session));
    let kinds = |allowed: &[EffectKind]| {
        stranger
            .observations
            .iter()
            .filter(|observation| observation.needs_protection())
            .all(|observation| allowed.contains(&observation.kind))
    };
    let sends = stranger
        .observations
        .iter()
        .any(|observation| observation.kind == EffectKind::Message);
    let signs_in = has(&["signin", "login", "authenticate", "logon"]);
    let signs_up = has(&["signup", "register", "createaccount", "createuser", "onboard"]);
    let signs_out = has(&["signout", "logout", "logoff"]);
    let resets = has(&[
        "reset",
        "forgot",
        "recover",
        "newpassword",
        "changepassword",
        "magiclink",
        "verif",
        "confirm",
        "activate",
        "otp",
        "resend",
    ]);
    // What is about signing in, whatever else is reset, confirmed or sent again.
    let by_token = source.contains("token") || source.contains("otp") || source.contains("code");
    let about_signing_in = by_token || hashed || credential || has(&["password", "magiclink", "verif", "otp", "email"]);
    let writes_identity = || {
        let written = stranger.protected().filter(|effect| effect.kind == EffectKind::Write);
        written.filter(|effect| names_a_table(effect)).all(concerns_identity)
    };
    // Who names an account, and neither knows its password nor got a code, would set the password of others.
    let sets_password_of_others = || {
        let found_by_code = all_signals().any(|signal| matches!(signal, Signal::OneTime(..)));
        let names_whose = |effect: &Observation| effect.details.sets_password_of_named;
        !credential && !found_by_code && stranger.protected().any(names_whose)
    };
    let asked = stranger
        .signals
        .iter()
        .any(|signal| matches!(signal, Signal::Asked(..)));
    let ends_session = stranger
        .observations
        .iter()
        .chain(&caller.observations)
        .any(|observation| {
            matches!(
                observation.kind,
                EffectKind::Cookie | EffectKind::SignOut | EffectKind::Session
            )
        });
    if signs_out && (ends_session || established || !stranger.reaches()) {
        return Some("public by design: it ends the caller's own session".to_owned());
    }
    if signs_in && (established || credential || sets_cookie) {
        return Some("public by design: it signs somebody in".to_owned());
    }
    if signs_up && (established || hashed || sets_cookie || sends) {
        return Some("public by design: it makes an account".to_owned());
    }
    // Somebody is told, or the action holds a token that only they were told.
    let tells_or_checks = established || hashed || credential || sends || by_token;
    if resets && !asked && tells_or_checks && about_signing_in && writes_identity() && !sets_password_of_others() {
        return Some("public by design: it serves callers who cannot sign in yet".to_owned());
    }
    if established
        && !asked
        && kinds(&[
            EffectKind::Read,
            EffectKind::Write,
            EffectKind::Message,
            EffectKind::Request,
        ])
        && (hashed || credential)
        && !sets_password_of_others()
    {
        return Some("public by design: it signs somebody in or makes an account".to_owned());
    }
    let creates = stranger.observations.iter().any(|observation| {
        let label = observation.label.to_ascii_lowercase();
        label.contains("create") || label.contains("insert") || label.contains("signup")
    });
    if hashed && creates && !asked && !sets_password_of_others() {
        return Some("public by design: it makes an account".to_owned());
    }
    let words = crate::engine::words_of(&endpoint.short_name);
    let says = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let public = says(&[
        "contact",
        "feedback",
        "newsletter",
        "subscribe",
        "unsubscribe",
        "waitlist",
        "enquiry",
        "inquiry",
    ]) && !says(&[
        "delete", "remove", "update", "edit", "get", "list", "find", "fetch", "all", "create", "notify",
    ]);
    if public
        && !asked
        && kinds(&[
            EffectKind::Message,
            EffectKind::Write,
            EffectKind::Request,
            EffectKind::Queue,
        ])
    {
        return Some("public by design: everybody may send this".to_owned());
    }
    None
}
