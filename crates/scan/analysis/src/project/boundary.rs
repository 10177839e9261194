//! The line between server and client: modules that belong on the server, whether anything keeps them there, and which
//! of them the import graph of a client component reaches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_model::{Edit, Evidence, FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::ir::{ExportSource, ExpressionKind, Module, StatementKind, Symbol, SymbolKind};
use portcullis_source::project::Resolution;

use super::configuration;
use super::graph::{Edge, Graph};
use super::name::{self, Callee};
use super::search::{Hits, Word};
use super::secret::{self, Secret};
use super::{visit, words};

/// A module of the server that a client component's imports reach.
#[derive(Debug, Clone)]
pub struct Bundled {
    /// What must not be in the browser.
    pub place: Place,
    /// What it is, in words.
    pub what: String,
    /// It is a secret itself, and not only a variable that holds one on the server.
    pub is_literal: bool,
    /// The way there, from the directive of the client component.
    pub path: Vec<Evidence>,
}

/// A module of the server that nothing keeps there.
#[derive(Debug, Clone)]
pub struct Unguarded {
    /// Why it belongs on the server.
    pub place: Place,
    /// What it does, in words.
    pub what: String,
    /// Where client code takes a type from it.
    pub neighbour: Option<Place>,
    /// Adds the import that keeps it, where nothing but the application runs the module.
    pub edit: Option<Edit>,
}

/// Both sides of the line.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    pub(super) bundled: Vec<Bundled>,
    pub(super) unguarded: Vec<Unguarded>,
}

/// Why a module belongs on the server.
struct Reason {
    place: Place,
    what: String,
    is_literal: bool,
}

const CLIENT: &str = "use client";
const SERVER: &str = "use server";
/// How many files a way through the imports is followed over.
const PATH_LIMIT: usize = 6;

/// Looks at both sides. `secrets` are the literals that were found.
pub(super) fn find(program: &Program, graph: &Graph<'_>, hits: &Hits, secrets: &[Secret]) -> Boundary {
    let reasons = reasons(program, hits, secrets);
    let reach = client_reach(program, graph, &reasons);
    let mut boundary = Boundary::default();
    for (file, reasons) in &reasons {
        if let Some(path) = reach.path(program, *file) {
            boundary.bundled.extend(bundled(program, &reach, *file, reasons, &path));
        }
    }
    let reached: BTreeSet<FileId> = boundary.bundled.iter().map(|bundled| bundled.place.file).collect();
    let candidates: Vec<Unguarded> = reasons
        .iter()
        .filter(|(file, _)| !reached.contains(file))
        .filter_map(|(file, reasons)| unguarded(program, graph, &reach, *file, reasons))
        .collect();
    boundary.unguarded = exceptions(program, graph, candidates);
    boundary
}

/// The modules whose lack of the import is an exception: client code takes a type from them, or at least as many modules of
/// their application have the import as lack it.
fn exceptions(program: &Program, graph: &Graph<'_>, candidates: Vec<Unguarded>) -> Vec<Unguarded> {
    let project = program.project();
    let app = |file: FileId| project.app_of(file).map(|app| app.directory.as_str());
    // How many modules have the import, and how many lack it.
    let mut counts: BTreeMap<Option<&str>, (usize, usize)> = BTreeMap::new();
    for (file, source) in (0_u32..).map(FileId).zip(&project.files) {
        let has_import = source.text.contains("server-only")
            && graph.outline(file).is_some_and(|outline| {
                outline
                    .requests
                    .iter()
                    .any(|request| &*request.specifier == "server-only")
            });
        if has_import {
            counts.entry(app(file)).or_default().0 += 1;
        }
    }
    for candidate in &candidates {
        counts.entry(app(candidate.place.file)).or_default().1 += 1;
    }
    candidates
        .into_iter()
        .filter(|candidate| {
            let (have, lack) = counts.get(&app(candidate.place.file)).copied().unwrap_or_default();
            candidate.neighbour.is_some() || (have > 0 && have >= lack)
        })
        .collect()
}

/// The modules that belong on the server, with why.
fn reasons(program: &Program, hits: &Hits, secrets: &[Secret]) -> BTreeMap<FileId, Vec<Reason>> {
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
fn database(program: &Program, file: FileId, callee: &portcullis_source::ir::Expression) -> Option<String> {
    if let ExpressionKind::Symbol(symbol) = &callee.kind
        && let Some(module) = program.module(file)
        && let Some(SymbolKind::Import(position)) = name::symbol_kind(module, *symbol)
        && let Some(import) = name::import(module, position)
        && import.specifier.contains("prisma")
        && matches!(&import.name, portcullis_source::ir::ImportName::Named(name) if &**name == "PrismaClient")
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
fn is_framework_file(path: &str) -> bool {
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

/// What the imports of client components reach, as far as it leads to modules of the server.
struct Reach<'run> {
    graph: &'run Graph<'run>,
    /// How each file was reached first; client components themselves have none.
    by: BTreeMap<FileId, Option<Edge>>,
    /// Which names of each file are asked for; none stands for all.
    names: BTreeMap<FileId, BTreeSet<Option<String>>>,
}

fn client_reach<'run>(
    program: &Program,
    graph: &'run Graph<'run>,
    reasons: &BTreeMap<FileId, Vec<Reason>>,
) -> Reach<'run> {
    let leads_there = leads_to(graph, reasons.keys().copied());
    let count = u32::try_from(program.project().files.len()).unwrap_or(u32::MAX);
    let mut reach = Reach {
        graph,
        by: BTreeMap::new(),
        names: BTreeMap::new(),
    };
    let mut queue = VecDeque::new();
    for file in (0..count).map(FileId).filter(|file| leads_there.contains(file)) {
        let is_client = graph.outline(file).is_some_and(|outline| outline.has_directive(CLIENT));
        if is_client && !program.file(file).is_none_or(|file| secret::is_for_show(&file.path)) {
            reach.by.insert(file, None);
            reach.names.entry(file).or_default().insert(None);
            queue.push_back(file);
        }
    }
    while let Some(file) = queue.pop_front() {
        for edge in graph.imports(file) {
            if !leads_there.contains(&edge.to) || !graph.is_left(*edge) {
                continue;
            }
            let (to, name) = graph.origin(*edge);
            if graph
                .outline(to)
                .is_some_and(|outline| outline.has_directive(SERVER) || is_kept(outline))
            {
                continue;
            }
            reach.names.entry(to).or_default().insert(name);
            if let std::collections::btree_map::Entry::Vacant(entry) = reach.by.entry(to) {
                entry.insert(Some(*edge));
                queue.push_back(to);
            }
        }
    }
    reach
}

/// The files from which imports lead to one of `targets`, without regard to types. Modules of actions end the way:
/// the client gets references to them, and nothing of what they import.
fn leads_to(graph: &Graph<'_>, targets: impl Iterator<Item = FileId>) -> BTreeSet<FileId> {
    let mut seen: BTreeSet<FileId> = targets.collect();
    let mut queue: VecDeque<FileId> = seen.iter().copied().collect();
    while let Some(file) = queue.pop_front() {
        if graph
            .outline(file)
            .is_some_and(|outline| outline.has_directive(SERVER) || is_kept(outline))
        {
            continue;
        }
        for edge in graph.importers(file) {
            if seen.insert(edge.from) {
                queue.push_back(edge.from);
            }
        }
    }
    seen
}

/// Whether the build refuses the module in the browser.
fn is_kept(outline: &portcullis_source::Outline) -> bool {
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

impl Reach<'_> {
    /// The way from a client component to a file, if it is reached.
    fn path(&self, program: &Program, file: FileId) -> Option<Vec<Evidence>> {
        let mut steps = Vec::new();
        let mut at = file;
        for _ in 0..64 {
            match self.by.get(&at)? {
                None => {
                    let directive = self
                        .graph
                        .outline(at)?
                        .directives
                        .iter()
                        .find(|directive| &*directive.text == CLIENT)?;
                    steps.push(Evidence {
                        place: Place::new(at, directive.span),
                        text: "this module and what it imports is sent to the browser".to_owned(),
                    });
                    steps.reverse();
                    steps.truncate(PATH_LIMIT);
                    return Some(steps);
                }
                Some(edge) => {
                    let path = program.file(at).map_or("", |file| &*file.path);
                    steps.push(Evidence {
                        place: Place::new(edge.from, self.graph.request(*edge)?.span),
                        text: format!("imports from `{path}`"),
                    });
                    at = edge.from;
                }
            }
        }
        None
    }
}

/// The reasons of a module that what the client asks of it reaches.
fn bundled(program: &Program, reach: &Reach<'_>, file: FileId, reasons: &[Reason], path: &[Evidence]) -> Vec<Bundled> {
    let Some(module) = program.module(file) else {
        return Vec::new();
    };
    let Some(names) = reach.names.get(&file) else {
        return Vec::new();
    };
    let used = used_spans(module, names);
    reasons
        .iter()
        .filter(|reason| used.iter().any(|span| span.contains(reason.place.span)))
        .take(1)
        .map(|reason| Bundled {
            place: reason.place,
            what: reason.what.clone(),
            is_literal: reason.is_literal,
            path: path.to_vec(),
        })
        .collect()
}

/// The declarations of a module that are left when these exports are asked for: theirs, those that they use, and every
/// statement that does something.
fn used_spans(module: &Module, names: &BTreeSet<Option<String>>) -> Vec<Span> {
    if names.contains(&None) {
        return vec![Span::new(0, u32::MAX)];
    }
    let mut uses: Vec<(Symbol, Span)> = Vec::new();
    visit::expressions(module, &mut |expression, _| {
        if let ExpressionKind::Symbol(symbol) = expression.kind {
            uses.push((symbol, expression.span));
        }
    });
    let mut spans: Vec<Span> = module
        .body
        .iter()
        .filter(|statement| !matches!(statement.kind, StatementKind::Declare(..) | StatementKind::Class(..)))
        .map(|statement| statement.span)
        .collect();
    for export in &module.exports {
        if !names.contains(&Some(export.name.to_string())) {
            continue;
        }
        match &export.source {
            ExportSource::Local(symbol) => spans.extend(declaration(module, *symbol)),
            ExportSource::Value(value) => spans.push(value.span),
            ExportSource::From { .. } => {}
        }
    }
    let mut done = 0;
    while let Some(span) = spans.get(done).copied() {
        done += 1;
        for (symbol, at) in &uses {
            if span.contains(*at)
                && let Some(next) = declaration(module, *symbol)
                && !spans.contains(&next)
            {
                spans.push(next);
            }
        }
    }
    spans
}

/// All of the top-level declaration of a symbol.
fn declaration(module: &Module, symbol: Symbol) -> Option<Span> {
    match name::symbol_kind(module, symbol)? {
        SymbolKind::Function(id) => name::function(module, id).map(|function| function.span),
        _ => name::declaration(module, symbol).map(|(statement, _)| statement.span),
    }
}

/// A module of the server without anything that keeps it there.
fn unguarded(
    program: &Program,
    graph: &Graph<'_>,
    reach: &Reach<'_>,
    file: FileId,
    reasons: &[Reason],
) -> Option<Unguarded> {
    let outline = graph.outline(file)?;
    let path = &program.file(file)?.path;
    let company = company(program, graph, file);
    if company.has_scripts {
        return None;
    }
    let is_sided = outline.has_directive(SERVER) || outline.has_directive(CLIENT);
    let app = program.project().app_of(file);
    if is_sided
        || graph.importers(file).is_empty()
        || app.is_none()
        || is_framework_file(path)
        || is_protected(program, graph, file)
    {
        return None;
    }
    let reason = reasons.iter().find(|reason| !reason.is_literal)?;
    let neighbour = graph
        .importers(file)
        .iter()
        .filter(|edge| {
            reach.by.contains_key(&edge.from)
                || graph
                    .outline(edge.from)
                    .is_some_and(|outline| outline.has_directive(CLIENT))
        })
        .find_map(|edge| Some(Place::new(edge.from, graph.request(*edge)?.span)));
    let at = outline.first_statement;
    let text = if at == 0 {
        "import 'server-only'\n"
    } else {
        "\nimport 'server-only'"
    };
    Some(Unguarded {
        place: reason.place,
        what: reason.what.clone(),
        neighbour,
        // Outside of Next.js the package throws, and tests run there.
        edit: (!company.has_tests).then(|| Edit {
            place: Place::new(file, Span::new(at, at)),
            text: text.to_owned(),
        }),
    })
}

/// What runs a module besides the application.
#[derive(Debug, Default)]
struct Company {
    has_scripts: bool,
    has_tests: bool,
}

/// Follows who imports a module up to files that nobody imports: entries of the application, tests, or something else,
/// which is run by hand.
fn company(program: &Program, graph: &Graph<'_>, file: FileId) -> Company {
    let mut company = Company::default();
    let mut seen = BTreeSet::from([file]);
    let mut queue = VecDeque::from([file]);
    while let Some(at) = queue.pop_front() {
        let path = program.file(at).map_or("", |file| &*file.path);
        if secret::is_for_show(path) {
            company.has_tests = true;
            continue;
        }
        let importers = graph.importers(at);
        if importers.is_empty() && !is_entry(path) && at != file {
            company.has_scripts = true;
        }
        for edge in importers {
            if seen.len() < 2000 && seen.insert(edge.from) {
                queue.push_back(edge.from);
            }
        }
    }
    company
}

/// Files that Next.js itself calls.
fn is_entry(path: &str) -> bool {
    let in_routes = ["app/", "pages/"]
        .iter()
        .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")));
    let name = path.rsplit('/').next().unwrap_or(path);
    in_routes
        || ["middleware.", "proxy.", "instrumentation", "mdx-components."]
            .iter()
            .any(|start| name.starts_with(start))
}

/// Whether the build refuses the module in the browser because of itself or of something that it imports.
fn is_protected(program: &Program, graph: &Graph<'_>, file: FileId) -> bool {
    let mut seen = BTreeSet::from([file]);
    let mut queue = VecDeque::from([file]);
    while let Some(file) = queue.pop_front() {
        let Some(outline) = graph.outline(file) else { continue };
        let imports_builtin = outline.requests.iter().filter(|request| !request.is_type).any(|request| {
            matches!(program.project().resolve(file, &request.specifier), Resolution::Builtin(name) if matches!(name.as_str(), "fs" | "fs/promises" | "net" | "tls" | "child_process" | "dns" | "worker_threads" | "async_hooks"))
        });
        if is_kept(outline) || imports_builtin {
            return true;
        }
        for edge in graph.imports(file) {
            let is_type = graph.request(*edge).is_none_or(|request| request.is_type);
            let is_action = graph
                .outline(edge.to)
                .is_some_and(|outline| outline.has_directive(SERVER));
            if !is_type && !is_action && seen.len() < 2000 && seen.insert(edge.to) {
                queue.push_back(edge.to);
            }
        }
    }
    false
}
