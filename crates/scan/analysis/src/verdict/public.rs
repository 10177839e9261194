//! What is meant for those who are not signed in: signing in and up, getting back into an account, writing to the site.

use portcullis_catalog::EffectKind;

use super::Report;
use crate::endpoints::Found;
use crate::engine::{Observation, Signal};

/// Words in the names of what says who somebody is, or proves it.
const IDENTITY: [&str; 15] = [
    "user",
    "account",
    "profile",
    "customer",
    "member",
    "token",
    "session",
    "verification",
    "code",
    "otp",
    "password",
    "email",
    "auth",
    "magic",
    "login",
];

/// Whether an effect is about who somebody is: accounts, sessions, codes, mail.
pub(super) fn concerns_identity(effect: &Observation) -> bool {
    let is_word = |word: &str| IDENTITY.contains(&word.strip_suffix('s').unwrap_or(word)) || word == "reset";
    let names = |table: &str| IDENTITY.iter().any(|word| table.contains(word)) || table.contains("reset");
    matches!(
        effect.kind,
        EffectKind::Message | EffectKind::Session | EffectKind::Cookie
    ) || effect.details.relation.as_deref().is_some_and(names)
        || crate::engine::words_of(&effect.label).iter().any(|word| is_word(word))
}

/// Whether the effect is the establishing of identity itself, or something meant for everybody.
///
/// This does not make an endpoint safe, it says that authentication is the wrong question. So names may take part here,
/// but only together with what the action does.
pub(super) fn public_by_design(endpoint: &Found, stranger: &Report, caller: &Report, source: &str) -> Option<String> {
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
    // Counters of a limit, lines of a log and what is to be mailed are written beside it.
    let writes_identity = || {
        let written = stranger.protected().filter(|effect| effect.kind == EffectKind::Write);
        let mut known = written.filter(|effect| effect.details.relation.is_some()).peekable();
        known.peek().is_none() || known.any(concerns_identity)
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
