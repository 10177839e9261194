//! Guard as a program: a runtime, the signals of an operator, and a summary at the start.

use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_policy::Mode;
use tokio::sync::watch;

use crate::edge::Live;
use crate::{Guard, Options, SetupError};

/// Runs guard until a signal ends it. `started` gets the summary once all listeners are open.
pub fn run(options: Options, started: impl FnOnce(&str)) -> Result<(), SetupError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("guard")
        .build()
        .map_err(SetupError::Runtime)?;
    runtime.block_on(async {
        let has_policy = options.policy.is_some();
        let guard = Guard::start(options).await?;
        started(&guard.summary(has_policy));
        let (ask, reload) = watch::channel(0);
        let asking = tokio::spawn(ask_on_hangup(ask));
        guard.serve(reload, ended_by_signal()).await;
        asking.abort();
        Ok(())
    })
}

/// SIGHUP reads the policy again.
#[cfg(unix)]
async fn ask_on_hangup(ask: watch::Sender<u64>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return;
    };
    while hangups.recv().await.is_some() {
        ask.send_modify(|count| *count += 1);
    }
}

#[cfg(not(unix))]
async fn ask_on_hangup(ask: watch::Sender<u64>) {
    ask.closed().await;
}

/// SIGTERM and SIGINT end it.
async fn ended_by_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminations) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminations.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}

impl Guard {
    /// What is enforced, what is only observed, and what is missing.
    pub fn summary(&self, has_policy: bool) -> String {
        let live = self.live();
        let mut text = String::new();
        let address = self.address().unwrap_or(live.settings.listen);
        let scheme = if live.tls.is_some() { "https" } else { "http" };
        writeln!(
            text,
            "guard listens on {scheme}://{address}, in front of {}://{}",
            live.settings.upstream.scheme(),
            live.settings.upstream.authority
        )
        .unwrap_or_default();
        text.push_str(&enforcement(&live, has_policy));
        if let Some(admin) = live.settings.admin {
            writeln!(
                text,
                "  operators: http://{admin}/, with the token in {}",
                live.settings.admin_token
            )
            .unwrap_or_default();
        }
        text
    }

    fn live(&self) -> Arc<Live> {
        self.edge().live.load_full()
    }
}

fn enforcement(live: &Live, has_policy: bool) -> String {
    let mut text = String::new();
    let origins: Vec<&str> = live
        .config
        .guard
        .iter()
        .flat_map(|guard| &guard.public_origins)
        .map(|origin| origin.value.as_str())
        .collect();
    writeln!(text, "  known to browsers as {}", origins.join(", ")).unwrap_or_default();
    writeln!(
        text,
        "  enforced for every request: framing, hosts, sizes, deadlines, headers of Next.js and of proxies"
    )
    .unwrap_or_default();
    let rest = match live.settings.mode {
        Mode::Enforce => "enforced",
        Mode::Observe => "observed (logged, let through)",
    };
    writeln!(
        text,
        "  {rest}: paths of the development server and of internal requests, caches, rates of addresses"
    )
    .unwrap_or_default();
    let actions = live.actions.summary();
    if !actions.has_builds {
        text.push_str("  no list of actions was found: ids of actions are judged by their form alone\n");
    }
    if !has_policy {
        text.push_str(
            "  no policy: payloads and origins of actions are checked; who may call, how often, with what and for whose \
             records is only recorded\n  `portcullis policy init` writes a policy that says so for each action\n",
        );
    }
    text.push_str(&names("enforced", &actions.enforced));
    text.push_str(&names("observed", &actions.observed));
    let unnamed = if actions.admits_unnamed {
        "not in the policy, only recorded"
    } else {
        "not in the policy, denied"
    };
    text.push_str(&names(unnamed, &actions.unnamed));
    text.push_str(&names("in the policy, in no build", &actions.unbuilt));
    let store = live.config.store.as_ref().and_then(|store| store.url.as_ref());
    let is_kept = store.is_some_and(|url| !url.value.starts_with("memory:"));
    if !is_kept && live.config.session.is_some() {
        text.push_str(
            "  no store outlives guard: revocations, and what was called once, are forgotten when it stops; set `[store] url`\n",
        );
    }
    text
}

/// How many names a line shows.
const SHOWN: usize = 8;

/// One line with the number of actions, and the first of them.
fn names(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("  {} action{plural} {what}: {}{more}\n", names.len(), shown.join(", "))
}
