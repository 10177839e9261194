//! What the policy demands of one endpoint, in the form in which gates ask for it. Built when the policy is loaded.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use portcullis_flight::{Budgets, DecodeOptions, Promises};
use portcullis_funnel::{ActionPolicy, Counting, Limit, RatePart, RateRule, Replay, Stage};
use portcullis_policy::{Access, Allowance, ArgumentPath, Config, Gate, Mode, Owns, Rate, RateKey};

use super::SetupError;
use super::output::Allowed;
use super::schema::Schema;

/// What the policy says of the name of a call that no section names.
const UNNAMED: &str = "no section of the policy names it";
/// How long a call without an idempotency key is remembered.
const REPLAY_WINDOW: Duration = Duration::from_mins(10);
/// The most bytes of a call, unless the policy says else: what Next.js itself takes.
pub(crate) const BODY_LIMIT: usize = 1 << 20;

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// For the gates.
    pub(crate) policy: Arc<ActionPolicy>,
    /// What its arguments may be.
    pub(crate) options: DecodeOptions,
    /// What they have to be.
    pub(crate) schema: Option<Schema>,
    /// Whose they have to be.
    pub(crate) owns: Vec<Owns>,
    /// Where they hold the proof of a human.
    pub(crate) captcha: Option<ArgumentPath>,
    /// What leaves, as the policy writes it.
    pub(crate) output_names: Vec<String>,
    /// The same, as it is asked for.
    pub(crate) output: Option<Allowed>,
    /// Refusals are recorded only, whatever refuses.
    pub(crate) is_observed: bool,
    /// Whether a section of the policy names it.
    pub(crate) is_named: bool,
    /// Whether anything but its head decides about a call, or its answer is to be changed.
    pub(crate) needs_body: bool,
}

impl Endpoint {
    /// From its section.
    pub(crate) fn named(
        name: &str,
        config: &Config,
        section: &portcullis_policy::ActionPolicy,
        folder: &Path,
    ) -> Result<Self, SetupError> {
        let guard = config.guard.as_ref();
        let judging = guard.map(|guard| &guard.actions);
        let mode = section.mode.or(guard.map(|guard| guard.mode)).unwrap_or_default();
        let is_observed = mode == Mode::Observe;
        let rates = section.rate.iter().map(|rate| rule(&rate.value));
        let rates: Vec<RateRule> = rates
            .collect::<Result<_, _>>()
            .map_err(|problem| SetupError::endpoint(name, &problem))?;
        let mut policy = match &section.access {
            Access::Authenticated => ActionPolicy::authenticated(name),
            Access::Public { why } => {
                let first = rates.first().cloned().map_or_else(generous, Ok)?;
                ActionPolicy::public(name, why, first)
            }
        };
        let is_public = matches!(section.access, Access::Public { .. });
        for rate in rates.into_iter().skip(usize::from(is_public)) {
            policy = policy.rate(rate);
        }
        if let Some(role) = &section.role {
            policy = policy.minimum_role(&role.value);
        }
        if let Some(permission) = &section.permission {
            policy = policy.permission(permission);
        }
        if !section.owns.is_empty() {
            policy = policy.owned();
        }
        if section.replay.is_some() {
            let window = section.replay_window.map_or(REPLAY_WINDOW, Duration::from_secs);
            policy = policy.replay(Replay::Window(window));
        }
        if section.captcha.is_some() {
            let export = name.rsplit_once('#').map_or(name, |(_, export)| export);
            policy = policy.captcha(section.captcha_action.as_deref().unwrap_or(export));
        }
        let everywhere = judging.map(|judging| judging.observe.as_slice()).unwrap_or_default();
        let policy = observe(policy, is_observed, everywhere.iter().chain(&section.observe));
        let limit = section.body_limit.or(judging.and_then(|judging| judging.body_limit));
        let schema = section.schema.as_ref();
        let schema = schema.map(|file| Schema::read(folder, &file.value)).transpose()?;
        Ok(Self {
            policy: Arc::new(policy),
            options: options(&section.allow, limit),
            schema,
            owns: section.owns.clone(),
            captcha: section.captcha_argument.clone(),
            output_names: section.output.clone().unwrap_or_default(),
            output: section.output.as_deref().map(Allowed::new),
            is_observed,
            is_named: true,
            needs_body: needs_body(section),
        })
    }

    /// For an action that no section names, where that is recorded only. Everybody may call it; what the gates that know
    /// no policy would refuse is refused all the same.
    pub(crate) fn unnamed(name: &str, config: &Config) -> Result<Self, SetupError> {
        let guard = config.guard.as_ref();
        let limit = guard.and_then(|guard| guard.actions.body_limit);
        let is_observed = guard.is_some_and(|guard| guard.mode == Mode::Observe);
        let everything_but_origin = [
            Gate::Session,
            Gate::Revocation,
            Gate::Rate,
            Gate::Permission,
            Gate::Validate,
            Gate::Ownership,
            Gate::Replay,
            Gate::Captcha,
        ];
        let policy = ActionPolicy::public(name, UNNAMED, generous()?);
        Ok(Self {
            policy: Arc::new(observe(policy, is_observed, everything_but_origin.iter())),
            options: options(&[], limit),
            schema: None,
            owns: Vec::new(),
            captcha: None,
            output_names: Vec::new(),
            output: None,
            is_observed,
            is_named: false,
            needs_body: true,
        })
    }
}

fn needs_body(section: &portcullis_policy::ActionPolicy) -> bool {
    let of_argument = |rate: &portcullis_policy::Located<Rate>| {
        let mut keys = rate.value.per.iter();
        keys.any(|key| matches!(key, RateKey::Argument(_)))
    };
    section.schema.is_some()
        || !section.owns.is_empty()
        || section.replay.is_some()
        || section.captcha.is_some()
        || section.output.is_some()
        || section.rate.iter().any(of_argument)
}

/// What a public endpoint without a limit of its own gets: more than people do, less than a program can.
fn generous() -> Result<RateRule, SetupError> {
    RateRule::from_str("300/1m per address").map_err(|problem| SetupError::endpoint(UNNAMED, &problem.to_string()))
}

fn observe<'a>(policy: ActionPolicy, everything: bool, gates: impl Iterator<Item = &'a Gate>) -> ActionPolicy {
    if everything {
        return Stage::OBSERVABLE
            .iter()
            .fold(policy, |policy, stage| policy.observe(*stage));
    }
    gates.fold(policy, |policy, gate| policy.observe(stage(*gate)))
}

const fn stage(gate: Gate) -> Stage {
    match gate {
        Gate::Origin => Stage::Origin,
        Gate::Session => Stage::Session,
        Gate::Revocation => Stage::Revocation,
        Gate::Rate => Stage::Rate,
        Gate::Permission => Stage::Permission,
        Gate::Validate => Stage::Validate,
        Gate::Ownership => Stage::Ownership,
        Gate::Replay => Stage::Replay,
        Gate::Captcha => Stage::Captcha,
    }
}

/// What the decoder lets through.
fn options(allow: &[Allowance], limit: Option<u64>) -> DecodeOptions {
    let bytes = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(BODY_LIMIT);
    let defaults = Budgets::default();
    let mut options = DecodeOptions {
        budgets: Budgets {
            bytes,
            string: bytes,
            expansion: bytes.saturating_mul(4),
            ..defaults
        },
        ..DecodeOptions::default()
    };
    for allowance in allow {
        match allowance {
            Allowance::Maps => options.maps = true,
            Allowance::Sets => options.sets = true,
            Allowance::Iterators => options.iterators = true,
            Allowance::Blobs => options.blobs = true,
            Allowance::Bytes => options.bytes = true,
            Allowance::Promises => options.promises = Promises::Allow,
            Allowance::Streams => options.streams = true,
            Allowance::ServerReferences => options.server_references = true,
            Allowance::TemporaryReferences => options.temporary_references = true,
            Allowance::Symbols => options.symbols = true,
            Allowance::Cycles => options.cycles = true,
            Allowance::LoneSurrogates => options.lone_surrogates = true,
            Allowance::ReservedKeys => options.reserved_keys = true,
            Allowance::CachedFunctions => options.cached_functions = true,
            Allowance::WideFormData => options.wide_form_data = true,
        }
    }
    options
}

/// A limit of the policy in the words of the gates.
fn rule(rate: &Rate) -> Result<RateRule, String> {
    let window = Duration::from_secs(rate.seconds);
    // The exact algorithm remembers each admission, so there is a largest number of them.
    let counting = if rate.count <= portcullis_funnel::MAX_EXACT_TOKENS {
        Counting::Exact
    } else {
        Counting::Upstash
    };
    let limit = Limit::counted(rate.count, window, counting).map_err(|problem| problem.to_string())?;
    let parts = rate.per.iter().filter_map(|key| {
        Some(match key {
            RateKey::User => RatePart::User,
            RateKey::Session => RatePart::Session,
            RateKey::Address => RatePart::Address,
            // All callers together are told apart by nothing.
            RateKey::Everyone => return None,
            RateKey::Argument(path) => RatePart::Argument(pointer(path)),
        })
    });
    Ok(RateRule::new(limit, parts.collect()))
}

/// A place in the arguments as a JSON Pointer.
pub(crate) fn pointer(path: &ArgumentPath) -> String {
    let fields = path
        .fields
        .iter()
        .map(|field| field.replace('~', "~0").replace('/', "~1"));
    fields.fold(format!("/{}", path.argument), |pointer, field| {
        format!("{pointer}/{field}")
    })
}
