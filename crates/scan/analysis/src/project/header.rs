//! Response headers that protect: which of them an application sets anywhere. A mention in its configuration, its
//! middleware or any other of its files counts as setting one; whether it is set for every path is not decided.

use portcullis_model::{FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::project::NextApp;

use super::search::{Hits, Word};
use super::secret;

/// A header, or a package that sets several.
#[derive(Debug)]
pub(super) struct Header {
    /// In small letters, as it is searched for.
    pub(super) name: &'static str,
    /// What it stands for, as positions in [`WANTED`].
    gives: &'static [usize],
}

/// What is searched for.
pub(super) const HEADERS: [Header; 10] = [
    Header {
        name: "content-security-policy",
        gives: &[0],
    },
    Header {
        name: "x-content-type-options",
        gives: &[1],
    },
    Header {
        name: "x-frame-options",
        gives: &[2],
    },
    Header {
        name: "frame-ancestors",
        gives: &[2],
    },
    Header {
        name: "referrer-policy",
        gives: &[3],
    },
    Header {
        name: "strict-transport-security",
        gives: &[4],
    },
    Header {
        name: "nosecone",
        gives: &[0, 1, 2, 3, 4],
    },
    Header {
        name: "next-secure-headers",
        gives: &[0, 1, 2, 3, 4],
    },
    Header {
        name: "next-safe-middleware",
        gives: &[0],
    },
    Header {
        name: "helmet(",
        gives: &[0, 1, 2, 3, 4],
    },
];

/// What an application should send.
const WANTED: [&str; 5] = [
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Strict-Transport-Security",
];

/// An application that does not set them all.
#[derive(Debug, Clone)]
pub struct MissingHeaders {
    /// Its configuration, or its first file.
    pub place: Place,
    /// The headers that no file of it names.
    pub missing: Vec<&'static str>,
}

/// The applications with endpoints that lack headers. `with_endpoints` are the files that hold endpoints.
pub(super) fn missing(program: &Program, hits: &Hits, with_endpoints: &[FileId]) -> Vec<MissingHeaders> {
    let project = program.project();
    let mut found = Vec::new();
    for app in project.next_apps() {
        let own = |file: FileId| project.app_of(file).is_none_or(|of| of.directory == app.directory);
        if !app.has_routes() || !with_endpoints.iter().any(|file| project.app_of(*file) == Some(app)) {
            continue;
        }
        let mut given = [false; WANTED.len()];
        for (file, hits) in hits.files() {
            let is_for_show = program.file(file).is_none_or(|file| secret::is_for_show(&file.path));
            if is_for_show || !own(file) {
                continue;
            }
            for hit in hits {
                let Word::Header(position) = hit.word else { continue };
                for gives in HEADERS.get(position).map_or(&[][..], |header| header.gives) {
                    if let Some(given) = given.get_mut(*gives) {
                        *given = true;
                    }
                }
            }
        }
        // Hosts add the last one by themselves, so that it alone is no finding.
        let is_complete = given.iter().take(WANTED.len() - 1).all(|given| *given);
        if is_complete {
            continue;
        }
        let missing = WANTED
            .iter()
            .zip(given)
            .filter(|(_, given)| !given)
            .map(|(name, _)| *name);
        if let Some(place) = place(program, app) {
            found.push(MissingHeaders {
                place,
                missing: missing.collect(),
            });
        }
    }
    found
}

/// Where the headers would go: the configuration, else the root layout, else any file of the application.
fn place(program: &Program, app: &NextApp) -> Option<Place> {
    let project = program.project();
    let config = app.config.as_ref().and_then(|path| project.file_id(path));
    if let Some(file) = config {
        let exported = program
            .module(file)
            .and_then(|module| module.exports.iter().find(|export| &*export.name == "default"))
            .map(|export| export.span)
            .filter(|span| span.end - span.start < 120);
        return Some(Place::new(file, exported.unwrap_or_else(|| first_line(program, file))));
    }
    let routes = app.app_directory.as_ref().or(app.pages_directory.as_ref())?;
    let layout = ["tsx", "jsx", "js", "ts"]
        .iter()
        .find_map(|extension| project.file_id(&format!("{routes}/layout.{extension}")));
    let file = layout.or_else(|| {
        let first = project
            .files
            .iter()
            .position(|file| file.path.starts_with(routes.as_str()))?;
        Some(FileId(u32::try_from(first).ok()?))
    })?;
    Some(Place::new(file, first_line(program, file)))
}

fn first_line(program: &Program, file: FileId) -> Span {
    let line = program
        .file(file)
        .and_then(|file| file.text.lines().next())
        .map_or(0, str::len);
    Span::new(0, u32::try_from(line).unwrap_or(0))
}
