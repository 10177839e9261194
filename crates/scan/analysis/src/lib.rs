//! The engine of scan: runs every endpoint abstractly under a hypothesis about the caller, and says what still happens.
//!
//! A guard is not a name or a place, it is a behaviour: when the caller is not entitled, the effect does not happen.
//! So each endpoint is run for a stranger and for a signed-in caller. What the stranger reaches is the counterexample;
//! if it reaches nothing and the caller does reach an effect, the protection is proven.

mod accidental;
mod endpoints;
mod engine;
mod schema;
mod state;
mod value;
mod verdict;

use portcullis_catalog::Catalog;
use portcullis_model::{Coverage, Endpoint, Evidence, FileId, OpaqueCall, Protection};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use rayon::prelude::*;

pub use accidental::Accidental;
pub use endpoints::{Misplaced, MisplacedKind};
pub use schema::{Loose, LooseKind, SchemaFacts, Unbounded};
pub use verdict::Facts;

use engine::{Hypothesis, Shared};

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
}

/// Finds every endpoint of the program and judges it. `progress` is called once an endpoint.
pub fn analyse(
    program: &Program,
    catalog: &Catalog,
    config: &ScanConfig,
    progress: &(dyn Fn(usize) + Sync),
) -> Analysis {
    let stranger = Shared::new(program, catalog, config, Hypothesis::Stranger);
    let forger = Shared::new(program, catalog, config, Hypothesis::Forger);
    let caller = Shared::new(program, catalog, config, Hypothesis::Caller);
    let per_file: Vec<_> = program
        .candidates()
        .par_iter()
        .map(|file: &FileId| endpoints::find(&caller, *file))
        .collect();
    let mut found = Vec::new();
    let mut misplaced = Vec::new();
    for (endpoints, problems) in per_file {
        found.extend(endpoints);
        misplaced.extend(problems);
    }
    found.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    progress(found.len());
    let judged: Vec<(Coverage, Facts)> = found
        .par_iter()
        .map(|endpoint| {
            let hostile = verdict::run(&stranger, endpoint, false);
            // Where the stranger gets nowhere, one effect of the caller's is enough to know.
            let friendly = verdict::run(&caller, endpoint, !hostile.reaches());
            let forged = hostile.believes().then(|| verdict::run(&forger, endpoint, false));
            let judged = verdict::authentication(
                endpoint,
                &hostile,
                forged.as_ref(),
                &friendly,
                program.file(endpoint.place.file).map_or("", |file| &file.text),
            );
            progress(0);
            judged
        })
        .collect();
    let accidental = accidental::find(program, &found);
    let schemas = schema::read(program, &found);
    let mut endpoints = Vec::with_capacity(found.len());
    let mut facts = Vec::with_capacity(found.len());
    let mut schema_facts = Vec::with_capacity(found.len());
    let mut opaque_calls = Vec::new();
    for ((found, (authentication, fact)), schemas) in found.into_iter().zip(judged).zip(schemas) {
        if let Coverage::Unknown { evidence, .. } = &authentication {
            opaque_calls.extend(
                evidence
                    .iter()
                    .filter(|evidence| evidence.text.ends_with("looked into"))
                    .map(|Evidence { place, text }| OpaqueCall {
                        place: *place,
                        callee: text.split('`').nth(1).unwrap_or_default().to_owned(),
                    }),
            );
        }
        let coverage = Protection::ALL
            .into_iter()
            .map(|protection| {
                let coverage = match protection {
                    Protection::Authentication => authentication.clone(),
                    _ => Coverage::NotAnalysed,
                };
                (protection, coverage)
            })
            .collect();
        endpoints.push(Endpoint {
            name: found.name,
            short_name: found.short_name,
            kind: found.kind,
            place: found.place,
            parameters: schemas.parameters.unwrap_or(found.parameters),
            wrapper: found.wrapper,
            captures: found.captures,
            coverage,
        });
        facts.push(fact);
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
    }
}
