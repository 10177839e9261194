//! One pass over the text of every file for the words that make it worth a closer look. Most files have none, and are
//! neither read again nor lowered for the questions of this folder.

use aho_corasick::{AhoCorasick, MatchKind};
use portcullis_model::FileId;
use portcullis_source::Program;
use rayon::prelude::*;

use super::secret;

/// A word that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The beginning of a token of a known form.
    Secret(&'static str),
    /// A word in the names of secrets.
    SecretName,
    /// A variable that ends up in the browser.
    PublicVariable,
    /// A variable of the server.
    Environment,
    /// Something about cookies.
    Cookie,
    /// A library that signs sessions.
    SessionLibrary,
    /// A client of a database.
    Database,
    /// A response header that protects, by its position in [`super::header::HEADERS`].
    Header(usize),
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) word: Word,
    pub(super) at: usize,
}

/// What was found in each file; source files first, then texts.
#[derive(Debug)]
pub(super) struct Hits {
    files: Vec<(FileId, Vec<Hit>)>,
}

const WORDS: &[(&str, Word)] = &[
    ("secret", Word::SecretName),
    ("password", Word::SecretName),
    ("private_key", Word::SecretName),
    ("privatekey", Word::SecretName),
    ("apikey", Word::SecretName),
    ("api_key", Word::SecretName),
    ("api_token", Word::SecretName),
    ("service_role", Word::SecretName),
    ("encryption_key", Word::SecretName),
    ("encryptionkey", Word::SecretName),
    ("signing_key", Word::SecretName),
    ("NEXT_PUBLIC_", Word::PublicVariable),
    ("process.env", Word::Environment),
    ("cookie", Word::Cookie),
    ("jsonwebtoken", Word::SessionLibrary),
    ("jose", Word::SessionLibrary),
    ("iron-session", Word::SessionLibrary),
    ("next-auth", Word::SessionLibrary),
    ("@auth/", Word::SessionLibrary),
    ("better-auth", Word::SessionLibrary),
    ("prismaclient", Word::Database),
    ("drizzle(", Word::Database),
    ("mongoclient", Word::Database),
    ("new pool(", Word::Database),
    ("postgres(", Word::Database),
    ("neon(", Word::Database),
    ("createpool(", Word::Database),
];

impl Hits {
    /// Searches every file, in parallel.
    pub(super) fn of(program: &Program) -> Self {
        let mut words: Vec<(&str, Word)> = secret::needles().map(|needle| (needle, Word::Secret(needle))).collect();
        words.extend(WORDS);
        words.extend(
            super::header::HEADERS
                .iter()
                .enumerate()
                .map(|(position, header)| (header.name, Word::Header(position))),
        );
        let Ok(automaton) = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(words.iter().map(|(text, _)| text))
        else {
            return Self { files: Vec::new() };
        };
        let ids: Vec<FileId> = (0_u32..)
            .zip(&program.project().files)
            .map(|(position, _)| FileId(position))
            .chain(program.project().texts().map(|(id, _)| id))
            .collect();
        let files = ids
            .into_par_iter()
            .filter_map(|id| {
                let text = &program.file(id)?.text;
                let hits: Vec<Hit> = automaton
                    .find_overlapping_iter(&**text)
                    .filter_map(|found| {
                        let (_, word) = words.get(found.pattern().as_usize())?;
                        Some(Hit {
                            word: *word,
                            at: found.start(),
                        })
                    })
                    .collect();
                (!hits.is_empty()).then_some((id, hits))
            })
            .collect();
        Self { files }
    }

    /// The files with hits, in order.
    pub(super) fn files(&self) -> impl Iterator<Item = (FileId, &[Hit])> {
        self.files.iter().map(|(id, hits)| (*id, hits.as_slice()))
    }

    /// The files that have a word, in order.
    pub(super) fn with(&self, word: Word) -> impl Iterator<Item = FileId> {
        self.files()
            .filter(move |(_, hits)| hits.iter().any(|hit| hit.word == word))
            .map(|(id, _)| id)
    }
}
