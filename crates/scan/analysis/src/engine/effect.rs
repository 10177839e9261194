//! What a run observes: effects, questions about the caller, proofs that the payload carries.

use std::sync::Arc;

use portcullis_catalog::EffectKind;
use portcullis_model::Place;
use portcullis_source::Program;
use portcullis_source::ir::Text;

use super::Run;
use crate::state::{State, Step};
use crate::value::{Opaque, Origin, PickedBy, Source};

/// An effect that a run reached.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) kind: EffectKind,
    pub(crate) place: Place,
    pub(crate) label: Text,
    pub(crate) trace: Option<Arc<Step>>,
    pub(crate) doubts: Vec<Opaque>,
    /// It makes or ends a session or an account.
    pub(crate) establishes: bool,
    /// Somebody had asked who calls, on this path.
    pub(crate) asked: bool,
    /// It is known by a name alone.
    pub(crate) by_name: bool,
    /// It writes a log or a trace of what happens, and is not what the endpoint is for.
    pub(crate) incidental: bool,
    /// What is done with what, as far as other protections than authentication ask.
    pub(crate) details: Details,
}

/// What a call with an effect selects and writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Details {
    /// The client alone picks what is read or changed.
    pub(crate) picked: bool,
    /// The database itself decides by who calls.
    pub(crate) scoped: bool,
    /// A value of the client takes part.
    pub(crate) client: bool,
    /// A value of the client takes part that nothing looked at.
    pub(crate) raw: bool,
    /// The column whose owner the client names.
    pub(crate) claimed: Option<Text>,
    /// The client names the columns that are written.
    pub(crate) mass: bool,
    /// The caller's own credential selects: keeping sessions, not what the endpoint is for.
    pub(crate) by_credential: bool,
    /// A cookie that anybody may have takes part: a cart, a draft.
    pub(crate) by_cookie: bool,
    /// Another service does it, and may decide itself.
    pub(crate) is_upstream: bool,
    /// It carries a key by which the other side knows that it was asked before.
    pub(crate) once: bool,
    /// It counts calls, for a limit.
    pub(crate) counts: bool,
    /// The client takes part in picking what is read or changed.
    pub(crate) selects: bool,
    /// The table, where the database decides.
    pub(crate) table: Option<Text>,
    /// What is done with it.
    pub(crate) command: Option<crate::policies::Command>,
    /// It concerns the caller's own: who calls selects it, or is written into it.
    pub(crate) own: bool,
    /// The column of an amount that is moved up or down.
    pub(crate) moves: Option<Text>,
    /// A code that is good for one time selects.
    pub(crate) one_time: bool,
    /// A key of the client that names this call is kept or looked up.
    pub(crate) is_named_once: bool,
    /// A password is written, and the client names whose.
    pub(crate) sets_password_of_named: bool,
    /// The table, in the singular, where that is known: `document`.
    pub(crate) relation: Option<Text>,
    /// The records that the client names, and that what is written or told is put under, or made from: `documentid`, and
    /// whether it may be one of others.
    pub(crate) uses: Vec<(Text, bool)>,
    /// The client names the person, or the row, that is concerned.
    pub(crate) names_other: bool,
    /// The column for a role or permission that the client fills in.
    pub(crate) grants: Option<Text>,
}

impl Observation {
    /// Whether a stranger must not reach it.
    pub(crate) fn needs_protection(&self) -> bool {
        !self.establishes
            && !self.incidental
            && !matches!(
                self.kind,
                EffectKind::Cookie | EffectKind::Revalidate | EffectKind::SignOut | EffectKind::Session
            )
    }
}

/// Something else that a verdict needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Somebody asked who calls.
    Asked(Place, Text),
    /// Somebody believed who calls, without proof.
    Unverified(Place, Text),
    /// A password or code of the payload was checked.
    Credential(Place, Text),
    /// A password was hashed: an account is made, or its password set.
    Hashed(Place),
    /// A session was made or ended.
    Established(Place, Text),
    /// The caller's role or permission decides.
    Role(Place, Text),
    /// The role was asked for, and nothing looks at the answer.
    Ignored(Place),
    /// Whose something is decides.
    Owner(Place, Text),
    /// The caller's own row of this table is looked up, with what the client names.
    Member(Text),
    /// What ties the caller to a record that the client names: by its id, as other tables call it, `documentid`; and the
    /// table that was asked.
    Tied(Text, Option<Text>),
    /// The rows of this table say who has which role: somebody asked.
    Ranked(Text),
    /// What the client names was compared with the caller's own.
    Compared(Place),
    /// A limiter was asked; by which key.
    Limiter(Place, LimitKey),
    /// Whether a human calls was asked.
    Captcha(Place),
    /// Something was read with a value of the client; true if nothing looked at that value.
    Read(Place, Text, bool),
    /// A value of the client reached a place where it is dangerous.
    Sink(Place, Sink, Text),
    /// A row is found by a code that is good for one time.
    OneTime(Place, Text),
    /// A key of the client that names the call is looked up.
    Once(Place, Text),
    /// The client sends a password, a key or a token along.
    Confided,
    /// A component of the client gets something as a property: where, what, by which name.
    Prop(Place, Exposed, Text),
    /// An action that stands in a component takes a variable along: the action, where, what, the variable's name.
    Sealed(Place, Place, Exposed, Text),
    /// An argument is bound to an action: the action, where, what, the argument's name.
    Bound(Place, Place, Exposed, Text),
}

/// What must not go to the browser, or come back from there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposed {
    /// A secret of the server.
    Secret,
    /// A column or field that holds a password, a key or a token.
    Sensitive,
    /// A whole row; what read it, where that is known.
    Row(Option<Text>),
    /// Who the caller is, or which role it has.
    Identity,
    /// Something that decides, by its name: a price, a role.
    Decisive,
}

/// What a limit is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LimitKey {
    /// Who calls, or something that the server knows.
    Trusted,
    /// What the client sends, and may change with every call.
    Untrusted,
    /// Not known.
    Unknown,
}

/// Where a value of the client is dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// The text of an SQL query.
    Sql,
    /// A filter of a document database, where an object is an operator.
    Filter,
    /// A command.
    Command,
    /// The path of a file.
    Path,
    /// The address of a request that the server makes.
    Url,
    /// Where the browser is sent.
    Redirect,
    /// Markup.
    Markup,
    /// The name of a property that is written, where it may be the prototype's.
    Property,
    /// The name of a function or table that is looked up.
    Lookup,
    /// A log gets a password, a key or a token.
    Log,
    /// A log gets all that the client sent.
    Body,
}

const OBSERVATION_LIMIT: usize = 64;

impl EffectWords for EffectKind {}

/// How messages speak of effects.
pub(crate) trait EffectWords: Copy + Into<EffectKind> {
    fn verb(self) -> &'static str {
        match self.into() {
            EffectKind::Read => "reads records",
            EffectKind::Write => "writes records",
            EffectKind::Sql => "runs SQL",
            EffectKind::Request => "calls another service",
            EffectKind::FileRead => "reads a file",
            EffectKind::File => "writes a file",
            EffectKind::Message => "sends a message",
            EffectKind::Payment => "starts a payment",
            EffectKind::Queue => "queues work",
            EffectKind::Storage => "writes to storage",
            EffectKind::Metered => "runs a metered service",
            EffectKind::Cookie => "sets a cookie",
            EffectKind::Session => "makes a session",
            EffectKind::SignOut => "ends the session",
            EffectKind::Revalidate => "marks cached pages stale",
        }
    }
}

impl Run<'_> {
    /// Records an effect. For reads, gives what the result is made from: they count when it leaves.
    pub(super) fn effect(
        &mut self,
        state: &mut State,
        kind: EffectKind,
        place: Place,
        label: &str,
        given: &Origin,
        establishes: bool,
        details: &Details,
    ) -> Origin {
        let bits = Origin::ROW;
        match kind {
            _ if details.is_named_once && kind == EffectKind::Read => {
                self.signal(Signal::Once(place, Text::from(label)));
                self.read_effect(kind, place, label, details)
            }
            EffectKind::Revalidate => Origin::default(),
            EffectKind::Read | EffectKind::FileRead => self.read_effect(kind, place, label, details),
            _ => {
                self.observe(state, kind, place, label, given, establishes, details);
                if matches!(kind, EffectKind::Write | EffectKind::Sql) {
                    let label = Text::from(label);
                    Origin::from_source(bits, Source::Written { place, label })
                } else {
                    Origin::of(bits)
                }
            }
        }
    }

    fn read_effect(&mut self, kind: EffectKind, place: Place, label: &str, details: &Details) -> Origin {
        if details.one_time {
            self.signal(Signal::OneTime(place, Text::from(label)));
        }
        let bits = Origin::ROW;
        if details.client && !details.by_credential {
            self.signal(Signal::Read(place, Text::from(label), details.raw));
        }
        Origin::from_source(
            bits,
            Source::Read {
                kind,
                place,
                label: Text::from(label),
                by: PickedBy {
                    client: details.client,
                    raw: details.raw,
                    alone: details.picked,
                    scoped: details.scoped,
                    credential: details.by_credential,
                    own: details.own,
                    table: details.table.clone(),
                    relation: details.relation.clone(),
                },
            },
        )
    }

    pub(crate) fn observe(
        &mut self,
        state: &State,
        kind: EffectKind,
        place: Place,
        label: &str,
        given: &Origin,
        establishes: bool,
        details: &Details,
    ) {
        self.record(Observation {
            details: details.clone(),
            kind,
            place,
            label: Text::from(label),
            trace: state.trace.clone(),
            doubts: state.doubts.clone(),
            establishes,
            asked: state.asked,
            incidental: may_be_incidental(kind) && self.is_logging(),
            by_name: given.opaque().any(|opaque| opaque.place == place),
        });
    }

    pub(super) fn record(&mut self, observation: Observation) {
        let is_known = self.observations.iter().any(|seen| {
            seen.place == observation.place
                && seen.kind == observation.kind
                && seen.doubts.len() <= observation.doubts.len()
                && seen.asked == observation.asked
                && seen.incidental == observation.incidental
                && seen.details == observation.details
        });
        if !is_known && self.observations.len() < OBSERVATION_LIMIT {
            self.observations.push(observation);
        }
    }

    /// Whether a function on the stack, other than the endpoint's own module, is there to log, trace or measure.
    pub(super) fn is_logging(&self) -> bool {
        let program = self.shared.program;
        let own = self.stack.first().map(|(file, _)| *file);
        self.stack
            .iter()
            .skip(1)
            .filter(|(file, _)| Some(*file) != own)
            .any(|(file, function)| {
                let path = program.file(*file).map_or("", |file| &*file.path);
                let name = program
                    .module(*file)
                    .and_then(|module| module.functions.get(usize::try_from(function.0).ok()?))
                    .and_then(|function| function.name.as_deref())
                    .unwrap_or_default();
                let file_words = path.rsplit('/').take(2).flat_map(words_of);
                file_words.chain(words_of(name)).any(|word| {
                    matches!(
                        word.as_str(),
                        "log"
                            | "logs"
                            | "logger"
                            | "logging"
                            | "audit"
                            | "telemetry"
                            | "analytics"
                            | "metrics"
                            | "metric"
                            | "tracking"
                            | "track"
                            | "tracing"
                            | "monitoring"
                            | "sentry"
                            | "posthog"
                    )
                })
            })
    }

    pub(super) fn asked(&mut self, place: Place, text: &str) {
        self.signal(Signal::Asked(place, Text::from(text)));
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        if !self.signals.contains(&signal) && self.signals.len() < OBSERVATION_LIMIT {
            self.signals.push(signal);
        }
    }

    /// A call out of the project whose name says that it touches data. Names are evidence for effects, never for guards.
    pub(super) fn effect_by_name(&mut self, state: &mut State, opaque: &Opaque, origin: &mut Origin) {
        if let Some(kind) = effect_named(&opaque.label, &opaque.module) {
            let given = origin.clone();
            let details = Details {
                client: given.has(Origin::CLIENT),
                raw: given.has(Origin::RAW),
                ..Details::default()
            };
            let from = self.effect(state, kind, opaque.place, &opaque.label, &given, false, &details);
            origin.add(&from);
        }
    }
}

/// Whether an effect of this kind may be a log: nobody logs with a payment.
pub(super) fn may_be_incidental(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Request | EffectKind::Queue | EffectKind::File | EffectKind::Metered
    )
}

/// The effect that a name like `db.user.delete` suggests.
fn effect_named(label: &str, module: &str) -> Option<EffectKind> {
    let label = label.trim_end_matches("()");
    let method = label.rsplit(['.', ' ']).next()?;
    let path = format!("{module}/{label}").to_ascii_lowercase();
    let is_data = [
        "db",
        "prisma",
        "sql",
        "database",
        "supabase",
        "mongo",
        "redis",
        "drizzle",
        "repository",
        "repo.",
        "model",
        "client",
        "api",
        "queries",
        "data",
        "store",
        "service",
        "actions",
    ]
    .iter()
    .any(|word| path.contains(word));
    let words: Vec<String> = words_of(method);
    let first = words.first().map(String::as_str)?;
    match first {
        "create" | "insert" | "update" | "upsert" | "delete" | "remove" | "save" | "destroy" | "add" | "set"
        | "execute" | "publish" | "upload" | "put" | "patch" | "post" | "archive" | "assign" | "invite"
            if is_data && (label.contains('.') || words.len() > 1) =>
        {
            Some(EffectKind::Write)
        }
        "send" => Some(EffectKind::Message),
        "find" | "select" | "query" | "fetch" | "get" | "list" | "search" | "load" | "read" | "count"
            if is_data && (label.contains('.') || words.len() > 1) =>
        {
            Some(EffectKind::Read)
        }
        _ => None,
    }
}

/// `createUser` is `create` and `user`.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for character in name.chars() {
        if !character.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        if character.is_ascii_uppercase() || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| word.chars().any(char::is_alphanumeric));
    words
}

/// Which files only write logs, by number: their path says so. What is logged is no effect, and running loggers for
/// every call that passes one along costs more than everything else.
pub(crate) fn loggers(program: &Program) -> Vec<bool> {
    let words = ["log", "logs", "logger", "loggers", "logging"];
    let speaks = |path: &str| {
        path.rsplit('/')
            .take(2)
            .flat_map(words_of)
            .any(|word| words.contains(&word.as_str()))
    };
    program.project().files.iter().map(|file| speaks(&file.path)).collect()
}
