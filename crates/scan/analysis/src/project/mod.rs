//! What the files of a project say beyond the code that endpoints run: configuration, environment files, imports.
//! One file a topic; every one of them reads the program and decides nothing about severity.

mod boundary;
mod configuration;
mod cookie;
mod environment;
mod graph;
mod header;
mod name;
mod page;
mod promise;
mod search;
mod secret;
mod server;
mod session;
mod unguarded;
mod usage;
mod variable;
mod visit;
mod words;

use portcullis_catalog::Catalog;
use portcullis_model::{EndpointId, FileId, Place, SourceFile, Span};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::project::Project;

use crate::endpoints::Found;
use crate::verdict::Judged;

pub use boundary::Bundled;
pub use configuration::{AllowedOrigin, BodyLimit, OriginProblem};
pub use cookie::{Attribute, InsecureCookie};
pub use header::MissingHeaders;
pub use page::PageOnly;
pub use promise::Floating;
pub use secret::Secret;
pub use session::{SecretProblem, WeakSecret};
pub use unguarded::Unguarded;
pub use variable::{PublicSecret, WhySecret};

use graph::Graph;
use search::{Hits, Word};

/// Everything that rules about the project read.
#[derive(Debug, Default)]
pub struct ProjectFacts {
    /// The frameworks that manifests ask for, with where they do.
    pub dependencies: Vec<Dependency>,
    /// Patterns of origins that let in more than they should.
    pub origins: Vec<AllowedOrigin>,
    /// Limits of the size of a request that are far above the default.
    pub body_limits: Vec<BodyLimit>,
    /// Applications that do not set the headers that protect.
    pub headers: Vec<MissingHeaders>,
    /// Variables that carry a secret into the browser.
    pub public_secrets: Vec<PublicSecret>,
    /// Secrets that stand in files.
    pub secrets: Vec<Secret>,
    /// Session secrets that others can know.
    pub weak_secrets: Vec<WeakSecret>,
    /// Session cookies without the attributes that they need.
    pub cookies: Vec<InsecureCookie>,
    /// Secrets and modules of the server that end up in the client bundle.
    pub bundled: Vec<Bundled>,
    /// Modules of the server that nothing keeps there.
    pub unguarded: Vec<Unguarded>,
    /// Exported actions that nothing imports.
    pub unused: Vec<EndpointId>,
    /// Exported actions that no declared wrapper built, where the configuration demands one.
    pub unwrapped: Vec<EndpointId>,
    /// Promises that nobody waits for.
    pub floating: Vec<Floating>,
    /// Endpoints whose only check is that of their page.
    pub page_only: Vec<PageOnly>,
    /// What must not be printed, as places and how much of each may be.
    masked: Vec<(Place, u32)>,
}

/// A framework that a manifest asks for.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// Where the manifest names it.
    pub place: Place,
    /// What the manifest asks for.
    pub range: String,
    /// What a lock file installs.
    pub locked: Option<String>,
    /// The application has middleware, whose checks some defects skip.
    pub has_middleware: bool,
}

/// Reads the facts off a program. `found` are its endpoints.
pub(crate) fn facts<'program>(
    program: &'program Program,
    catalog: &Catalog,
    config: &ScanConfig,
    found: &[Found],
) -> (ProjectFacts, Graph<'program>) {
    let (hits, graph) = rayon::join(|| Hits::of(program), || Graph::of(program));
    let mut with_endpoints: Vec<FileId> = found.iter().map(|found| found.place.file).collect();
    with_endpoints.dedup();
    let weak_secrets = session::find(program, &hits);
    let public_secrets = variable::find(program, &hits);
    let all_secrets = secrets(program, &hits);
    let mut masked: Vec<(Place, u32)> = all_secrets
        .iter()
        .map(|secret| (secret.place, secret.public_prefix))
        .chain(weak_secrets.iter().map(|weak| (inside(program, weak.place), 0)))
        .chain(environment_values(program))
        .collect();
    masked.sort_unstable();
    masked.dedup();
    let boundary = boundary::find(program, &graph, &hits, &all_secrets);
    // One place is reported once, by the rule that says most about it.
    let is_told = |place: Place| {
        weak_secrets.iter().any(|weak| overlaps(weak.place, place))
            || boundary
                .bundled
                .iter()
                .any(|bundled| bundled.is_literal && overlaps(bundled.place, place))
    };
    let secrets = all_secrets
        .into_iter()
        .filter(|secret| !is_told(secret.place))
        .collect();
    let facts = ProjectFacts {
        dependencies: dependencies(program),
        origins: configuration::origins(program),
        body_limits: configuration::body_limits(program),
        headers: header::missing(program, &hits, &with_endpoints),
        public_secrets,
        secrets,
        weak_secrets,
        cookies: cookie::find(program, &hits),
        bundled: boundary.bundled,
        unguarded: boundary.unguarded,
        unused: usage::unused(program, &graph, found),
        unwrapped: usage::unwrapped(program, config, found),
        floating: promise::find(program, catalog, found),
        page_only: Vec::new(),
        masked,
    };
    (facts, graph)
}

impl ProjectFacts {
    /// Adds what depends on the answers: `judged` is what is known of the authentication of `found`.
    pub(crate) fn add_pages(
        &mut self,
        program: &Program,
        catalog: &Catalog,
        graph: &Graph<'_>,
        found: &[Found],
        judged: &[Judged],
    ) {
        self.page_only = page::find(program, catalog, graph, found, judged);
    }
}

impl ProjectFacts {
    /// The project's files as they may be printed, by id: source files, then texts, with every known secret replaced
    /// by `*`, byte for byte, so that places stay what they are. Fingerprints are made of these too.
    pub fn printable(&self, project: &Project) -> Vec<SourceFile> {
        let texts = project.texts().map(|(_, file)| file);
        let mut files: Vec<SourceFile> = project.files.iter().chain(texts).cloned().collect();
        for (place, shown) in &self.masked {
            let file = usize::try_from(place.file.0)
                .ok()
                .and_then(|position| files.get_mut(position));
            let Some(file) = file else { continue };
            let range = usize::try_from(place.span.start.saturating_add(*shown))
                .ok()
                .zip(usize::try_from(place.span.end).ok());
            let Some((start, end)) = range.filter(|(start, end)| start < end) else {
                continue;
            };
            if let (Some(before), Some(secret), Some(after)) =
                (file.text.get(..start), file.text.get(start..end), file.text.get(end..))
            {
                // Line ends stay, so that lines keep their numbers.
                let masked: String = secret
                    .bytes()
                    .map(|byte| {
                        if matches!(byte, b'\n' | b'\r') {
                            char::from(byte)
                        } else {
                            '*'
                        }
                    })
                    .collect();
                file.text = format!("{before}{masked}{after}").into();
            }
        }
        files
    }
}

/// The text of a literal without its quotes.
fn inside(program: &Program, place: Place) -> Place {
    let start = usize::try_from(place.span.start).unwrap_or(usize::MAX);
    let is_quoted = program
        .file(place.file)
        .and_then(|file| file.text.get(start..))
        .is_some_and(|text| text.starts_with(['"', '\'', '`']));
    if is_quoted && place.span.end > place.span.start.saturating_add(2) {
        return Place::new(place.file, Span::new(place.span.start + 1, place.span.end - 1));
    }
    place
}

fn overlaps(one: Place, two: Place) -> bool {
    one.file == two.file && one.span.start < two.span.end && two.span.start < one.span.end
}

/// Every value of every environment file: what a secret looks like is anybody's guess.
fn environment_values(program: &Program) -> Vec<(Place, u32)> {
    let texts = program.project().texts();
    let files = texts.filter(|(_, file)| environment::is_environment_file(&file.path));
    files
        .flat_map(|(id, file)| environment::variables(id, file))
        .filter(|variable| !variable.value.is_empty())
        .map(|variable| (variable.value_place, 0))
        .collect()
}

/// Secrets of known forms and named constants, in the order of files.
fn secrets(program: &Program, hits: &Hits) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for (id, hits) in hits.files() {
        let Some(file) = program.file(id).filter(|file| !secret::is_for_show(&file.path)) else {
            continue;
        };
        let is_environment = environment::is_environment_file(&file.path);
        if is_environment {
            secrets.extend(secret::in_environment(id, file));
        }
        for hit in hits {
            let found = match hit.word {
                Word::Secret(needle) => secret::known(id, file, needle, hit.at),
                Word::SecretName if !is_environment => secret::named(id, file, hit.at),
                _ => None,
            };
            secrets.extend(found);
        }
    }
    // A known form says more than a name, and one token can match two forms.
    secrets.sort_by_key(|secret| (secret.place.file, secret.place.span.start, !secret.has_known_form));
    let mut kept: Vec<Secret> = Vec::new();
    for secret in secrets {
        if kept.last().is_some_and(|last| overlaps(last.place, secret.place)) {
            continue;
        }
        kept.push(secret);
    }
    kept
}

/// Where manifests name the packages that have advisories.
fn dependencies(program: &Program) -> Vec<Dependency> {
    let project = program.project();
    project
        .dependencies()
        .iter()
        .filter_map(|dependency| {
            let (id, file) = project.texts().find(|(_, file)| *file.path == *dependency.manifest)?;
            let key = format!("\"{}\"", dependency.name);
            let at = file.text.match_indices(&key).map(|(at, _)| at).find(|at| {
                let after = file.text.get(at + key.len()..).unwrap_or_default();
                after
                    .trim_start()
                    .strip_prefix(':')
                    .is_some_and(|value| value.trim_start().starts_with('"'))
            })?;
            let start = u32::try_from(at).ok()?;
            let end = u32::try_from(at + key.len()).ok()?;
            Some(Dependency {
                name: dependency.name.clone(),
                place: Place::new(id, Span::new(start, end)),
                range: dependency.range.clone(),
                locked: dependency.locked.clone(),
                has_middleware: has_middleware(project, &dependency.manifest),
            })
        })
        .collect()
}

/// Whether middleware or a proxy stands beside a manifest.
fn has_middleware(project: &Project, manifest: &str) -> bool {
    let folder = manifest.strip_suffix("package.json").unwrap_or_default();
    ["", "src/"].iter().any(|inner| {
        ["middleware", "proxy"].iter().any(|name| {
            ["ts", "js", "mjs"]
                .iter()
                .any(|extension| project.file_id(&format!("{folder}{inner}{name}.{extension}")).is_some())
        })
    })
}
