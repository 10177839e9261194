//! The engine of scan: runs every endpoint abstractly under a hypothesis about the caller, and says what still happens.
//!
//! A guard is not a name or a place, it is a behaviour: when the caller is not entitled, the effect does not happen.
//! So each endpoint is run for a stranger and for a signed-in caller. What the stranger reaches is the counterexample;
//! if it reaches nothing and the caller does reach an effect, the protection is proven.

mod accidental;
mod endpoints;
mod engine;
pub mod project;
mod schema;
mod state;
mod value;
mod verdict;

use portcullis_catalog::Catalog;
use portcullis_model::{Endpoint, OpaqueCall};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use rayon::prelude::*;

pub use accidental::Accidental;
pub use endpoints::{Misplaced, MisplacedKind};
pub use engine::Sink;
pub use portcullis_catalog::EffectKind;
pub use schema::{Loose, LooseKind, SchemaFacts, Unbounded};
pub use verdict::{Claimed, Facts, Foreign};

use engine::{Hypothesis, Shared};
use project::ProjectFacts;
use verdict::Context;

/// How many files share what was computed to find their endpoints. The number decides what is shared, so it does not
/// depend on the machine.
const FILES_TOGETHER: usize = 64;
/// How many endpoints share the results of calls.
const ENDPOINTS_TOGETHER: usize = 256;

/// Everything that the analysis found.
#[derive(Debug)]
pub struct Analysis {
    /// The endpoints, sorted by file, then position.
    pub endpoints: Vec<Endpoint>,
    /// What rules need to know of each beyond its coverage, in the same order.
    pub facts: Vec<Facts>,
    /// What rules need to know of the schemas of each, in the same order.
    pub schemas: Vec<SchemaFacts>,
    /// Directives that are wrong.
    pub misplaced: Vec<Misplaced>,
    /// Helpers that a directive exposes.
    pub accidental: Vec<Accidental>,
    /// Calls that stood in the way of an answer.
    pub opaque_calls: Vec<OpaqueCall>,
    /// What the project's files say beyond the code that endpoints run.
    pub project: ProjectFacts,
}

/// Finds every endpoint of the program and judges it. `progress` is called once an endpoint.
pub fn analyse(
    program: &Program,
    catalog: &Catalog,
    config: &ScanConfig,
    progress: &(dyn Fn(usize) + Sync),
) -> Analysis {
    let loggers = engine::loggers(program);
    let context = Context {
        program,
        catalog,
        config,
        loggers: &loggers,
    };
    let per_file: Vec<_> = program
        .candidates()
        .par_chunks(FILES_TOGETHER)
        .flat_map_iter(|files| {
            let shared = Shared::new(program, catalog, config, Hypothesis::Caller, false, &loggers);
            files
                .iter()
                .map(|file| endpoints::find(&shared, *file))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut found = Vec::new();
    let mut misplaced = Vec::new();
    for (endpoints, problems) in per_file {
        found.extend(endpoints);
        misplaced.extend(problems);
    }
    found.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    progress(found.len());
    let ((judged, (accidental, schemas)), (mut project, graph)) = rayon::join(
        || {
            let judged: Vec<_> = found
                .par_chunks(ENDPOINTS_TOGETHER)
                .flat_map_iter(|endpoints| verdict::judge(&context, endpoints, progress))
                .collect();
            let rest = rayon::join(|| accidental::find(program, &found), || schema::read(program, &found));
            (judged, rest)
        },
        || project::facts(program, catalog, config, &found),
    );
    project.add_pages(program, catalog, &graph, &found, &judged);
    let mut endpoints = Vec::with_capacity(found.len());
    let mut facts = Vec::with_capacity(found.len());
    let mut schema_facts = Vec::with_capacity(found.len());
    let mut opaque_calls = Vec::new();
    for ((found, judged), schemas) in found.into_iter().zip(judged).zip(schemas) {
        opaque_calls.extend(judged.opaque);
        endpoints.push(Endpoint {
            name: found.name,
            short_name: found.short_name,
            kind: found.kind,
            place: found.place,
            parameters: schemas.parameters.unwrap_or(found.parameters),
            wrapper: found.wrapper,
            captures: found.captures,
            coverage: judged.coverage,
        });
        facts.push(judged.facts);
        schema_facts.push(schemas.facts);
    }
    opaque_calls.sort();
    opaque_calls.dedup();
    Analysis {
        endpoints,
        facts,
        schemas: schema_facts,
        misplaced,
        accidental,
        opaque_calls,
        project,
    }
}
