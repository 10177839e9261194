//! Variables that end up in the browser although their name or their value says that they must not.

use std::collections::BTreeMap;

use portcullis_model::{FileId, Place, SourceFile, Span};
use portcullis_source::Program;

use super::search::{Hits, Word};
use super::{configuration, environment, secret, words};

/// A secret that the build puts into the client bundle.
#[derive(Debug, Clone)]
pub struct PublicSecret {
    /// The variable.
    pub name: String,
    /// Where it is named first.
    pub place: Place,
    /// Where else.
    pub others: Vec<Place>,
    /// Why it must stay on the server.
    pub why: WhySecret,
}

/// Why a variable must stay on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhySecret {
    /// Its name says so.
    Name,
    /// Its value in an environment file is this.
    Value(&'static str),
    /// `env` of the configuration copies a variable of the server whose name says so.
    Inlined,
}

const PREFIX: &str = "NEXT_PUBLIC_";

/// Every such variable, by name.
pub(super) fn find(program: &Program, hits: &Hits) -> Vec<PublicSecret> {
    let mut by_name: BTreeMap<String, (Vec<Place>, WhySecret)> = BTreeMap::new();
    for (id, hits) in hits.files() {
        let Some(file) = program.file(id).filter(|file| !secret::is_for_show(&file.path)) else {
            continue;
        };
        let is_environment = environment::is_environment_file(&file.path);
        if is_environment {
            for (name, place, kind) in public_values(id, file) {
                by_name
                    .entry(name)
                    .or_insert((Vec::new(), WhySecret::Value(kind)))
                    .0
                    .push(place);
            }
        }
        if is_environment || program.outline(id).is_some() {
            for hit in hits.iter().filter(|hit| hit.word == Word::PublicVariable) {
                if let Some((name, place)) = named(id, file, hit.at) {
                    by_name
                        .entry(name)
                        .or_insert((Vec::new(), WhySecret::Name))
                        .0
                        .push(place);
                }
            }
        }
    }
    for (name, place) in configuration::inlined(program) {
        by_name
            .entry(name)
            .or_insert((Vec::new(), WhySecret::Inlined))
            .0
            .push(place);
    }
    by_name
        .into_iter()
        .filter_map(|(name, (mut places, why))| {
            places.dedup();
            let mut places = places.into_iter();
            Some(PublicSecret {
                name,
                place: places.next()?,
                others: places.take(4).collect(),
                why,
            })
        })
        .collect()
}

/// The variable whose name begins at `at`, if its name is that of a secret and the line is no comment.
fn named(id: FileId, file: &SourceFile, at: usize) -> Option<(String, Place)> {
    let text = &*file.text;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.get(..at)?.bytes().next_back().is_some_and(is_name) {
        return None;
    }
    let length = text.get(at..)?.bytes().take_while(|byte| is_name(*byte)).count();
    let name = text.get(at..at + length)?;
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(line_start..at)?.trim_start();
    let is_comment = line.starts_with("//") || line.starts_with('*') || line.starts_with("/*") || line.starts_with('#');
    if is_comment || !words::is_secret_public_name(name) {
        return None;
    }
    let place = Place::new(id, Span::new(u32::try_from(at).ok()?, u32::try_from(at + length).ok()?));
    Some((name.to_owned(), place))
}

/// Public variables of an environment file whose value is a secret of a known form.
fn public_values(id: FileId, file: &SourceFile) -> Vec<(String, Place, &'static str)> {
    environment::variables(id, file)
        .into_iter()
        .filter(|variable| variable.name.starts_with(PREFIX))
        .filter_map(|variable| {
            let at = usize::try_from(variable.value_place.span.start).ok()?;
            let found = secret::needles()
                .filter(|needle| variable.value.starts_with(needle))
                .find_map(|needle| secret::known(id, file, needle, at))?;
            Some((variable.name.to_owned(), variable.name_place, found.kind))
        })
        .collect()
}
