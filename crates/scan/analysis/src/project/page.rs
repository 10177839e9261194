//! Pages, layouts and middleware that ask who calls before they show an action which does not ask itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_catalog::Catalog;
use portcullis_model::{Coverage, EndpointId, FileId, Place};
use portcullis_source::Program;
use portcullis_source::ir::{ExportSource, Expression, ExpressionKind, Function, Module, SymbolKind};

use super::graph::Graph;
use super::{name, promise, visit};
use crate::endpoints::{DIRECTIVE, Found};
use crate::verdict::Judged;

/// An endpoint whose only check is that of what shows it.
#[derive(Debug, Clone)]
pub struct PageOnly {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Where the page, the layout or middleware asks.
    pub check: Place,
    /// What asks there: `page`, `layout`, `middleware`.
    pub asker: &'static str,
    /// Where the action is imported on the way.
    pub import: Option<Place>,
}

/// How many files the way from an action to its pages is followed over.
const REACH_LIMIT: usize = 400;

/// Every such endpoint. `judged` are the answers about authentication, in the order of `found`.
pub(super) fn find(
    program: &Program,
    catalog: &Catalog,
    graph: &Graph<'_>,
    found: &[Found],
    judged: &[Judged],
) -> Vec<PageOnly> {
    let mut checks: BTreeMap<FileId, Option<Place>> = BTreeMap::new();
    let mut pages = Vec::new();
    for ((position, endpoint), judged) in (0_u32..).zip(found).zip(judged) {
        let (Some(coverage), facts) = (judged.authentication(), &judged.facts) else {
            continue;
        };
        let is_open =
            matches!(coverage, Coverage::Absent { .. }) && facts.asked.is_empty() && facts.unverified.is_empty();
        if !is_open {
            continue;
        }
        let own = endpoint.place.file;
        let (shown_by, import) = shown_by(graph, program, own, &endpoint.short_name);
        let mut check_in = |file: FileId| *checks.entry(file).or_insert_with(|| check_of(program, catalog, file));
        let per_page: Vec<Option<(Place, &'static str)>> = shown_by
            .iter()
            .map(|(page, asker)| {
                let around = layouts(program, *page).into_iter().map(|layout| (layout, "layout"));
                std::iter::once((*page, *asker))
                    .chain(around)
                    .find_map(|(file, asker)| Some((check_in(file)?, asker)))
            })
            .collect();
        // Where one of its pages is open to everybody, the author did not rely on the check of another.
        let asked = if per_page.iter().all(Option::is_none) && !per_page.is_empty() {
            middleware(program, own).and_then(|file| Some((check_in(file)?, "middleware")))
        } else {
            let covered: Option<Vec<_>> = per_page.into_iter().collect();
            covered.and_then(|covered| covered.into_iter().next())
        };
        // What the action itself calls is no check of its page.
        let Some((check, asker)) =
            asked.filter(|(check, _)| check.file != own || endpoint.place.span.start > check.span.start)
        else {
            continue;
        };
        pages.push(PageOnly {
            endpoint: EndpointId(position),
            check,
            asker,
            import,
        });
    }
    pages
}

/// The pages and layouts from which imports lead to an action, the closest first; and where the action itself is
/// imported.
fn shown_by(
    graph: &Graph<'_>,
    program: &Program,
    action: FileId,
    export: &str,
) -> (Vec<(FileId, &'static str)>, Option<Place>) {
    let mut shown = Vec::new();
    let mut import = None;
    let mut seen = BTreeSet::from([action]);
    let mut queue = VecDeque::from([action]);
    while let Some(file) = queue.pop_front() {
        if let Some(asker) = program.file(file).and_then(|file| asker(&file.path)) {
            shown.push((file, asker));
        }
        for edge in graph.importers(file) {
            let Some(request) = graph.request(*edge).filter(|request| !request.is_type) else {
                continue;
            };
            if file == action {
                let (origin, name) = graph.origin(*edge);
                if origin != action || name.is_some_and(|name| name != export) {
                    continue;
                }
                import = import.or(Some(Place::new(edge.from, request.span)));
            }
            // Another action that calls it is another endpoint.
            let is_action = graph
                .outline(edge.from)
                .is_some_and(|outline| outline.has_directive(DIRECTIVE));
            if !is_action && seen.len() < REACH_LIMIT && seen.insert(edge.from) {
                queue.push_back(edge.from);
            }
        }
    }
    (shown, import)
}

fn asker(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    let in_app = path.starts_with("app/") || path.contains("/app/");
    match name.split('.').next()? {
        "page" if in_app => Some("page"),
        "layout" | "template" if in_app => Some("layout"),
        _ => None,
    }
}

/// The layouts around a page, from the inside out.
fn layouts(program: &Program, page: FileId) -> Vec<FileId> {
    let project = program.project();
    let Some(path) = program.file(page).map(|file| &*file.path) else {
        return Vec::new();
    };
    let mut layouts = Vec::new();
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        folder = parent;
        layouts.extend(
            ["tsx", "jsx", "ts", "js"]
                .iter()
                .find_map(|extension| project.file_id(&format!("{folder}/layout.{extension}"))),
        );
        if folder == "app" || folder.ends_with("/app") {
            break;
        }
    }
    layouts
}

fn middleware(program: &Program, action: FileId) -> Option<FileId> {
    let project = program.project();
    let directory = &project.app_of(action)?.directory;
    let base = if directory.is_empty() {
        String::new()
    } else {
        format!("{directory}/")
    };
    [
        "middleware.ts",
        "middleware.js",
        "proxy.ts",
        "proxy.js",
        "src/middleware.ts",
        "src/middleware.js",
        "src/proxy.ts",
    ]
    .iter()
    .find_map(|name| project.file_id(&format!("{base}{name}")))
}

/// Where the default export of a file, or its `middleware` or `proxy`, asks who calls and acts upon it.
fn check_of(program: &Program, catalog: &Catalog, file: FileId) -> Option<Place> {
    let module = program.module(file)?;
    let function = entry(module)?;
    if !promise::stops(module, function) && !decides(function) {
        return None;
    }
    let mut found = None;
    visit::expressions_in(&function.body, &mut |expression: &Expression| {
        if found.is_none()
            && let ExpressionKind::Call { callee, .. } = &expression.kind
            && promise::asks_call(program, catalog, file, callee, 0)
        {
            found = Some(Place::new(file, expression.span));
        }
    });
    found
}

/// Whether a function has a condition with a way out.
fn decides(function: &Function) -> bool {
    use portcullis_source::ir::StatementKind;
    let mut decides = false;
    visit::statements_in(&function.body, &mut |statement| {
        if let StatementKind::If { consequent, .. } = &statement.kind {
            decides |= consequent
                .iter()
                .any(|inner| matches!(inner.kind, StatementKind::Return(_) | StatementKind::Throw(_)));
        }
    });
    decides
}

/// The function that the framework calls.
fn entry(module: &Module) -> Option<&Function> {
    let export = ["default", "middleware", "proxy"]
        .iter()
        .find_map(|name| module.exports.iter().find(|export| &*export.name == *name))?;
    match &export.source {
        ExportSource::Local(symbol) => match name::symbol_kind(module, *symbol)? {
            SymbolKind::Function(id) => name::function(module, id),
            _ => None,
        },
        ExportSource::Value(value) => match &value.kind {
            ExpressionKind::Function(id) => name::function(module, *id),
            _ => None,
        },
        ExportSource::From { .. } => None,
    }
}
