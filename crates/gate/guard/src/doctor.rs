//! Looks for the classic mistakes of a setup. It asks the application for nothing but a connection and its front page.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, LOCATION};
use http::{HeaderValue, Request};
use portcullis_policy::Config;
use tokio::time::timeout;

use crate::edge::{Upstream, UpstreamBody};
use crate::guard::read_policy;
use crate::settings::Settings;
use crate::{Options, SetupError};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How it is.
    pub state: CheckState,
    /// What was found. It may quote files and answers, so it is hostile when printed.
    pub text: String,
    /// What to do.
    pub help: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// As it should be.
    Fine,
    /// Perhaps not as it is meant.
    Warning,
    /// It cannot work.
    Failed,
}

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks at a setup.
pub fn diagnose(options: &Options) -> Result<Vec<Check>, SetupError> {
    let (config, folder) = read_policy(options)?;
    let settings = Settings::new(&config, &folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SetupError::Runtime)?;
    let mut checks = vec![match &options.policy {
        Some(path) => fine(format!("the policy `{}` has no mistakes", path.display())),
        None => warning("there is no policy", "`portcullis policy init` writes one"),
    }];
    checks.extend(origins(options, &config, &settings));
    checks.extend(manifest(&config, &folder));
    checks.push(captcha(&config));
    if let Some(tls) = &settings.tls {
        checks.push(match crate::edge::acceptor(tls) {
            Ok(_) => fine("the certificate fits its key".to_owned()),
            Err(error) => failed(error.to_string(), "give the chain and its key in PEM"),
        });
    }
    checks.extend(runtime.block_on(application(&settings, &config)));
    checks.push(runtime.block_on(store(options, &config, &folder)));
    Ok(checks)
}

fn fine(text: String) -> Check {
    Check {
        state: CheckState::Fine,
        text,
        help: None,
    }
}

fn warning(text: impl Into<String>, help: impl Into<String>) -> Check {
    Check {
        state: CheckState::Warning,
        text: text.into(),
        help: Some(help.into()),
    }
}

fn failed(text: impl Into<String>, help: impl Into<String>) -> Check {
    Check {
        state: CheckState::Failed,
        ..warning(text, help)
    }
}

/// A browser's `Origin` has to be one that guard knows, and the application has to see the same host.
fn origins(options: &Options, config: &Config, settings: &Settings) -> Vec<Check> {
    let public = config.guard.as_ref().map_or(&[][..], |guard| &guard.public_origins);
    let is_local = |origin: &str| {
        ["//localhost", "//127.0.0.1", "//[::1]"]
            .iter()
            .any(|local| origin.contains(local))
    };
    let mut checks = Vec::new();
    let names: Vec<&str> = public.iter().map(|origin| origin.value.as_str()).collect();
    let is_assumed = options.overrides.public_origins.is_empty() && public.iter().all(|origin| origin.span == (0..0));
    checks.push(if is_assumed {
        warning(
            "no public origin is set: only browsers on this machine can use guard",
            "set `public-origins = [\"https://app.example.com\"]` in `[guard]` to what stands in the browser",
        )
    } else {
        fine(format!("browsers know the application as {}", names.join(", ")))
    });
    let is_plain_outside = names.iter().any(|name| name.starts_with("http://") && !is_local(name));
    if is_plain_outside {
        checks.push(warning(
            "a public origin without HTTPS: sessions can be read and changed on the way",
            "write `https://` if the browser uses it, whoever ends TLS",
        ));
    }
    if names.iter().any(|name| name.starts_with("https://")) && settings.tls.is_none() && !settings.has_proxies {
        checks.push(warning(
            "browsers use HTTPS, guard does not end TLS, and no proxy before it is trusted: every caller has the \
             address of that proxy",
            "set `trusted-proxies` to the networks of the proxy that ends TLS",
        ));
    }
    if settings.proxy_protocol && !settings.has_proxies {
        checks.push(warning(
            "the PROXY protocol is believed from everywhere",
            "set `trusted-proxies` to the networks of the proxies that speak it",
        ));
    }
    checks
}

/// A build that is newer than its list of actions, or has none.
fn manifest(config: &Config, folder: &Path) -> Vec<Check> {
    let named = config.guard.as_ref().and_then(|guard| guard.manifest.as_ref());
    let relative = named.map_or(crate::action::USUAL_MANIFEST, |manifest| &manifest.value);
    let path = folder.join(relative);
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(written) = modified(&path) else {
        let text = format!("there is no list of actions at `{}`", path.display());
        let help = "run `next build`, and give guard the same `.next/server` that the application runs from";
        return vec![if named.is_some() {
            failed(text, help)
        } else {
            warning(text, help)
        }];
    };
    let build = path.parent().and_then(Path::parent).map(|next| next.join("BUILD_ID"));
    let built = build.as_ref().and_then(modified);
    let is_stale = built.is_some_and(|built| built > written + PATIENCE * 60);
    if is_stale {
        return vec![failed(
            format!("`{}` is older than the build beside it", path.display()),
            "copy the manifest of the build that is running: its ids change with every build",
        )];
    }
    vec![fine(format!("the list of actions is `{}`", path.display()))]
}

/// A proof of a human can be shown once: if guard asks the service, the application must not ask again.
fn captcha(config: &Config) -> Check {
    let with: Vec<&str> = config
        .actions
        .iter()
        .filter(|(_, action)| action.captcha.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    if with.is_empty() {
        return fine("no action asks for a captcha here".to_owned());
    }
    warning(
        format!("guard asks the captcha's service for {}", with.join(", ")),
        "each proof is accepted once: if the code of these actions asks the service too, it is refused there; take one out",
    )
}

async fn application(settings: &Settings, config: &Config) -> Vec<Check> {
    let address = format!("{}://{}", settings.upstream.scheme(), settings.upstream.authority);
    let upstream = match Upstream::new(settings.upstream.clone(), settings.limits.connect) {
        Ok(upstream) => Arc::new(upstream),
        Err(error) => return vec![failed(error.to_string(), "give its authorities in PEM: `upstream-ca`")],
    };
    if !upstream.is_reachable().await {
        return vec![failed(
            format!("nothing answers at {address}"),
            "start the application (`next start`), or give its address: `upstream` in `[guard]`, or --upstream",
        )];
    }
    let mut checks = vec![fine(format!("the application answers at {address}"))];
    let public = config.guard.as_ref().and_then(|guard| guard.public_origins.first());
    let Some((scheme, host)) = public.and_then(|origin| origin.value.split_once("://")) else {
        return checks;
    };
    checks.extend(redirect(&upstream, scheme, host).await);
    checks
}

/// An application that sends browsers to another host than guard's compares origins with that host, too.
async fn redirect(upstream: &Arc<Upstream>, scheme: &str, host: &str) -> Option<Check> {
    let mut request = Request::new(UpstreamBody::whole(bytes::Bytes::new()));
    *request.uri_mut() = http::Uri::from_static("/");
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(host).ok()?);
    headers.insert("x-forwarded-host", HeaderValue::from_str(host).ok()?);
    headers.insert("x-forwarded-proto", HeaderValue::from_str(scheme).ok()?);
    let (response, _lease) = timeout(PATIENCE, upstream.send(request)).await.ok()?.ok()?;
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let (_, rest) = location.split_once("://")?;
    let elsewhere = rest.split('/').next().unwrap_or_default();
    if elsewhere.eq_ignore_ascii_case(host) {
        return None;
    }
    Some(warning(
        format!("asked as `{host}`, the application sends browsers to `{elsewhere}`"),
        "if that is the same application, add it to `public-origins`: a form posted from there has that `Origin`",
    ))
}

/// The store and everything else that actions need.
async fn store(options: &Options, config: &Config, folder: &Path) -> Check {
    let secrets = |name: &str| (options.secrets)(name);
    // The log belongs to the guard that is running.
    let config = &Config {
        audit: None,
        ..config.clone()
    };
    match crate::action::Actions::load(config, folder, &secrets).await {
        Ok(_) => fine("the policy of actions can be put in force".to_owned()),
        Err(error) => failed(
            error.to_string(),
            "guard does not start like this; a store in a file is open in one process at a time, so stop guard before asking",
        ),
    }
}
