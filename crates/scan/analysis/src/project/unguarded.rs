//! Modules of the server that nothing keeps there: neither `server-only`, nor anything else that the build refuses in the
//! browser. To ask it of every module would be noise, so that it is asked where its absence is an exception.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_model::{Edit, FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::project::Resolution;

use super::boundary::{CLIENT, SERVER};
use super::graph::Graph;
use super::secret;
use super::server::{Reason, is_framework_file, is_kept};

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

/// The modules whose lack of the import is an exception: client code takes a type from them, or at least as many modules of
/// their application have the import as lack it.
pub(super) fn exceptions(program: &Program, graph: &Graph<'_>, candidates: Vec<Unguarded>) -> Vec<Unguarded> {
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

/// A module of the server without anything that keeps it there.
pub(super) fn unguarded(
    program: &Program,
    graph: &Graph<'_>,
    is_reached: impl Fn(FileId) -> bool,
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
            is_reached(edge.from)
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
