//! What `next.config` says about Server Actions: whose origins may call them, and how large a request may be.

use portcullis_model::{FileId, Place};
use portcullis_source::Program;
use portcullis_source::ir::{Expression, ExpressionKind, Key, Module, Property};

use super::{name, visit, words};

/// An origin that `serverActions.allowedOrigins` lets in.
#[derive(Debug, Clone)]
pub struct AllowedOrigin {
    /// The entry of the list.
    pub place: Place,
    /// The pattern as it is written.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: OriginProblem,
}

/// What is wrong with a pattern of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginProblem {
    /// `*` or `**`: Next.js ignores it, so it does not do what it says.
    Bare,
    /// Anybody can own a domain that matches: `*.com`.
    AnyDomain,
    /// Anybody can have a host that matches: `*.vercel.app`.
    SharedHost,
    /// `null` is what sandboxed frames of any site send.
    Null,
}

/// A limit of the size of a request that is far above the default of 1 MB.
#[derive(Debug, Clone)]
pub struct BodyLimit {
    /// The value.
    pub place: Place,
    /// In bytes.
    pub bytes: u64,
}

/// Limits up to this are ordinary.
const ORDINARY_BYTES: u64 = 4 << 20;

/// Domains below which hosts are handed out to anybody.
const SHARED: &[&str] = &[
    "vercel.app",
    "now.sh",
    "netlify.app",
    "herokuapp.com",
    "pages.dev",
    "workers.dev",
    "github.io",
    "gitlab.io",
    "web.app",
    "firebaseapp.com",
    "onrender.com",
    "fly.dev",
    "railway.app",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "ngrok.dev",
    "loca.lt",
    "trycloudflare.com",
    "amplifyapp.com",
    "cloudfront.net",
    "azurewebsites.net",
    "azurestaticapps.net",
    "run.app",
    "appspot.com",
    "app.github.dev",
    "github.dev",
    "gitpod.io",
    "csb.app",
    "stackblitz.io",
    "webcontainer.io",
    "repl.co",
    "replit.app",
    "replit.dev",
    "surge.sh",
    "glitch.me",
    "deno.dev",
];

/// Second-level domains that are suffixes themselves.
const SUFFIXES: &[&str] = &[
    "co.uk", "org.uk", "ac.uk", "gov.uk", "com.au", "net.au", "org.au", "co.nz", "co.jp", "com.br", "com.mx", "com.ar",
    "co.in", "co.za", "com.tr", "com.cn", "com.sg", "com.hk", "com.tw", "co.kr", "co.id", "com.my", "co.il", "com.ua",
];

/// The values of `serverActions`, wherever the configuration writes it.
fn server_actions<'program>(
    program: &'program Program,
    file: FileId,
    module: &'program Module,
) -> Vec<name::Found<'program>> {
    let mut found = Vec::new();
    visit::expressions(module, &mut |expression, _| {
        if let Some(value) = name::property_of(expression, "serverActions") {
            found.push(name::follow(program, file, value));
        }
    });
    found
}

fn configurations(program: &Program) -> impl Iterator<Item = (FileId, &Module)> {
    let project = program.project();
    project.next_apps().iter().filter_map(|app| {
        let file = project.file_id(app.config.as_ref()?)?;
        Some((file, program.module(file)?))
    })
}

/// The patterns of origins that let in more than they should.
pub(super) fn origins(program: &Program) -> Vec<AllowedOrigin> {
    let mut origins = Vec::new();
    for (file, module) in configurations(program) {
        for (file, actions) in server_actions(program, file, module) {
            let Some(list) = name::property_of(actions, "allowedOrigins") else {
                continue;
            };
            let (file, list) = name::follow(program, file, list);
            visit::expressions_of(list, &mut |entry| {
                let Some(pattern) = name::text_of(entry) else { return };
                if let Some(problem) = problem_of(pattern) {
                    origins.push(AllowedOrigin {
                        place: Place::new(file, entry.span),
                        pattern: pattern.to_owned(),
                        problem,
                    });
                }
            });
        }
    }
    origins
}

fn problem_of(pattern: &str) -> Option<OriginProblem> {
    let pattern = pattern.trim().to_ascii_lowercase();
    if pattern == "null" {
        return Some(OriginProblem::Null);
    }
    if pattern.chars().all(|character| character == '*') && !pattern.is_empty() {
        return Some(OriginProblem::Bare);
    }
    let fixed = pattern.trim_start_matches(['*', '.']);
    if !pattern.starts_with('*') && !pattern.contains('*') {
        return None;
    }
    let host = fixed.split(':').next().unwrap_or(fixed);
    if SHARED.contains(&host) {
        return Some(OriginProblem::SharedHost);
    }
    let is_suffix = !host.contains('.') || SUFFIXES.contains(&host);
    // `localhost` and other names without a dot are no top-level domains.
    let is_local = matches!(host, "localhost" | "local" | "test" | "internal" | "lan");
    (is_suffix && !is_local && pattern.starts_with('*')).then_some(OriginProblem::AnyDomain)
}

/// The limits above what actions ordinarily need.
pub(super) fn body_limits(program: &Program) -> Vec<BodyLimit> {
    let mut limits = Vec::new();
    for (file, module) in configurations(program) {
        for (file, actions) in server_actions(program, file, module) {
            let Some(value) = name::property_of(actions, "bodySizeLimit") else {
                continue;
            };
            let (file, value) = name::follow(program, file, value);
            if let Some(bytes) = bytes_of(value).filter(|bytes| *bytes > ORDINARY_BYTES) {
                limits.push(BodyLimit {
                    place: Place::new(file, value.span),
                    bytes,
                });
            }
        }
    }
    limits
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast of a float saturates, and the value is checked to be positive"
)]
fn bytes_of(value: &Expression) -> Option<u64> {
    if let ExpressionKind::Number(number) = value.kind {
        return (number > 0.0).then_some(number as u64);
    }
    let text = name::text_of(value)?.trim().to_ascii_lowercase();
    let digits = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        "gb" => 1024.0 * 1024.0 * 1024.0,
        "tb" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    (number > 0.0).then_some((number * factor) as u64)
}

/// Variables whose name promises a secret and that `env` of the configuration writes into the client bundle.
pub(super) fn inlined(program: &Program) -> Vec<(String, Place)> {
    let mut inlined = Vec::new();
    for (file, module) in configurations(program) {
        visit::expressions(module, &mut |expression, _| {
            let Some(Expression {
                kind: ExpressionKind::Object(properties),
                ..
            }) = name::property_of(expression, "env")
            else {
                return;
            };
            for property in properties {
                if let Property::Value(Key::Name(key), value) = property
                    && words::is_secret_name(key)
                {
                    inlined.push((key.to_string(), Place::new(file, value.span)));
                }
            }
        });
    }
    inlined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_origins() {
        for (pattern, problem) in [
            ("*", OriginProblem::Bare),
            ("*.com", OriginProblem::AnyDomain),
            ("**.com", OriginProblem::AnyDomain),
            ("*.co.uk", OriginProblem::AnyDomain),
            ("*.vercel.app", OriginProblem::SharedHost),
            ("**.ngrok-free.app", OriginProblem::SharedHost),
            ("null", OriginProblem::Null),
        ] {
            assert_eq!(problem_of(pattern), Some(problem), "{pattern}");
        }
        for pattern in [
            "acme.com",
            "*.acme.com",
            "my-app.vercel.app",
            "localhost:3000",
            "*.localhost",
            "",
        ] {
            assert_eq!(problem_of(pattern), None, "{pattern}");
        }
    }
}
