//! Modules that belong on the server: those that hold or read a secret, or make the client of a database. Names of
//! variables and the libraries' own exports decide; what a module does with them does not.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{Expression, ExpressionKind, ImportName, Module, SymbolKind};
use portcullis_source::{Outline, Program};

use super::name::{self, Callee};
use super::search::{Hits, Word};
use super::secret::{self, Secret};
use super::{configuration, visit, words};

/// Why a module belongs on the server.
pub(super) struct Reason {
    pub(super) place: Place,
    /// In words.
    pub(super) what: String,
    /// It is a secret itself.
    pub(super) is_literal: bool,
}

/// The modules that belong on the server, with why.
pub(super) fn reasons(program: &Program, hits: &Hits, secrets: &[Secret]) -> BTreeMap<FileId, Vec<Reason>> {
    let inlined: BTreeSet<String> = configuration::inlined(program)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let mut reasons: BTreeMap<FileId, Vec<Reason>> = BTreeMap::new();
    for secret in secrets.iter().filter(|secret| !secret.is_test_mode) {
        if program.outline(secret.place.file).is_some() {
            reasons.entry(secret.place.file).or_default().push(Reason {
                place: secret.place,
                what: secret.kind.to_owned(),
                is_literal: true,
            });
        }
    }
    for (file, hits) in hits.files() {
        let Some(source) = program.file(file).filter(|file| !secret::is_for_show(&file.path)) else {
            continue;
        };
        let is_wanted = hits.iter().any(|hit| match hit.word {
            Word::Database => true,
            Word::Environment => names_secret(&source.text, hit.at),
            _ => false,
        });
        if !is_wanted || is_framework_file(&source.path) {
            continue;
        }
        let Some(module) = program.module(file).filter(|module| !checks_environment(module)) else {
            continue;
        };
        visit::expressions(module, &mut |expression, _| {
            let mut is_literal = false;
            let what = match &expression.kind {
                ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => {
                    let variable = name::environment_variable(expression)
                        .filter(|variable| !variable.starts_with("NEXT_PUBLIC_") && words::is_secret_name(variable));
                    // `env` of the configuration puts the value itself here.
                    is_literal = variable.is_some_and(|variable| inlined.contains(variable));
                    variable.map(|variable| {
                        if is_literal {
                            format!("the value of `{variable}`, which the configuration copies,")
                        } else {
                            format!("reads `{variable}`")
                        }
                    })
                }
                ExpressionKind::New { callee, .. } | ExpressionKind::Call { callee, .. } => {
                    database(program, file, callee).map(|client| format!("connects to a database with `{client}`"))
                }
                _ => None,
            };
            if let Some(what) = what {
                reasons.entry(file).or_default().push(Reason {
                    place: Place::new(file, expression.span),
                    what,
                    is_literal,
                });
            }
        });
    }
    reasons
}

/// Whether `process.env` at a place is followed by the name of a secret; if the name is not read off easily, it may be.
fn names_secret(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let after = rest.get("process.env".len()..).unwrap_or_default();
    let name = after.trim_start_matches(['.', '?', '!', '[', '"', '\'']);
    let length = name
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    let name = name.get(..length).unwrap_or_default();
    words::is_secret_name(name) && !name.starts_with("NEXT_PUBLIC_")
}

/// Modules that check the environment with a library that keeps the two sides apart by itself.
fn checks_environment(module: &Module) -> bool {
    module
        .imports
        .iter()
        .any(|import| import.specifier.starts_with("@t3-oss/env") || &*import.specifier == "znv")
}

/// The client of a database that a call makes.
fn database(program: &Program, file: FileId, callee: &Expression) -> Option<String> {
    if let ExpressionKind::Symbol(symbol) = &callee.kind
        && let Some(module) = program.module(file)
        && let Some(SymbolKind::Import(position)) = name::symbol_kind(module, *symbol)
        && let Some(import) = name::import(module, position)
        && import.specifier.contains("prisma")
        && matches!(&import.name, ImportName::Named(name) if &**name == "PrismaClient")
    {
        return Some("PrismaClient".to_owned());
    }
    let Callee::Library(module, export) = name::callee(program, file, callee) else {
        return None;
    };
    let is_client = match &*module {
        "@prisma/client" => &*export == "PrismaClient",
        "postgres" | "@neondatabase/serverless" => matches!(&*export, "default" | "neon" | "Pool"),
        "pg" | "mysql2" | "mysql2/promise" => matches!(&*export, "Pool" | "Client" | "createPool" | "createConnection"),
        "mongodb" => &*export == "MongoClient",
        module => module.starts_with("drizzle-orm/") && &*export == "drizzle",
    };
    is_client.then(|| {
        if &*export == "default" {
            module.to_string()
        } else {
            export.to_string()
        }
    })
}

/// Files that the framework itself keeps on the server, or that are no part of the application.
pub(super) fn is_framework_file(path: &str) -> bool {
    const FOLDERS: [&str; 8] = [
        "scripts",
        "script",
        "prisma",
        "drizzle",
        "migrations",
        "bin",
        "cli",
        "supabase",
    ];
    const STEMS: [&str; 12] = [
        "route",
        "page",
        "layout",
        "middleware",
        "proxy",
        "instrumentation",
        "loading",
        "template",
        "default",
        "sitemap",
        "robots",
        "seed",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    STEMS.contains(&stem)
        || name.contains(".config.")
        || path.contains("pages/api/")
        || path.split('/').rev().skip(1).any(|part| FOLDERS.contains(&part))
}

/// Whether the build refuses the module in the browser.
pub(super) fn is_kept(outline: &Outline) -> bool {
    const SERVER_ONLY: [&str; 13] = [
        "server-only",
        "next/headers",
        "fs",
        "node:fs",
        "fs/promises",
        "node:fs/promises",
        "net",
        "node:net",
        "tls",
        "node:tls",
        "child_process",
        "node:child_process",
        "node:async_hooks",
    ];
    outline
        .requests
        .iter()
        .any(|request| !request.is_type && SERVER_ONLY.contains(&&*request.specifier))
}
