//! One file's text to its module: the only place that runs the parser.
//!
//! The parser, the semantic builder and the lowering recurse over the tree, so text whose nesting could exhaust the
//! stack is refused before any of them sees it.

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use portcullis_model::{Diagnostic, DiagnosticKind, FileId, Place, SourceFile, Span};

use crate::ir::Module;
use crate::lower;
use crate::nesting;
use crate::outline::{self, Outline};

/// What came of a file.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// It parses; the module is there if it was asked for.
    Module(Outline, Option<Box<Module>>),
    /// It does not.
    Failed(Diagnostic),
}

/// Up to this many levels every thread of the program has stack enough.
const ORDINARY_LEVELS: usize = 400;
/// What one level may take of the stack, in the parser, the semantic builder and the lowering: three times what the
/// most expensive shape was seen to take in a debug build.
const BYTES_PER_LEVEL: usize = 48 << 10;

/// Parses a file, and lowers it if `wanted`. Deep code is parsed on a stack of its own. `known` is what is known of its
/// levels from the first time.
pub(crate) fn parse(id: FileId, file: &SourceFile, wanted: bool, known: Option<usize>) -> Parsed {
    let too_deep = || {
        let message = "the code nests deeper than any analysis of it could follow; exclude this file".to_owned();
        failed(file, DiagnosticKind::TooDeep, message, None)
    };
    let Some(levels) = known.or_else(|| nesting::levels(&file.text)) else {
        return too_deep();
    };
    let parse_here = || match parse_here(id, file, wanted) {
        Parsed::Module(outline, module) => Parsed::Module(Outline { levels, ..outline }, module),
        failed @ Parsed::Failed(_) => failed,
    };
    if levels <= ORDINARY_LEVELS {
        return parse_here();
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(levels * BYTES_PER_LEVEL)
            .spawn_scoped(scope, parse_here)
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_else(too_deep)
    })
}

fn failed(file: &SourceFile, kind: DiagnosticKind, message: String, place: Option<Place>) -> Parsed {
    Parsed::Failed(Diagnostic {
        path: file.path.to_string(),
        place,
        kind,
        message,
    })
}

fn parse_here(id: FileId, file: &SourceFile, wanted: bool) -> Parsed {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &file.text, source_type(&file.path))
        .with_options(ParseOptions {
            allow_return_outside_function: true,
            ..ParseOptions::default()
        })
        .parse();
    if parsed.panicked {
        let error = parsed.diagnostics.first();
        let span = error.and_then(|error| error.labels.first()).map(|label| {
            let start = label.offset();
            Span::new(start, start.saturating_add(label.len()))
        });
        let message = error.map_or_else(
            || "the file does not parse".to_owned(),
            |error| error.message.to_string(),
        );
        return failed(
            file,
            DiagnosticKind::Syntax,
            message,
            span.map(|span| Place::new(id, span)),
        );
    }
    let outline = outline::of(&parsed.program, &parsed.module_record, &file.text);
    if !wanted {
        return Parsed::Module(outline, None);
    }
    // Its table of nodes is as large as the tree, and nobody asks for it.
    let scoping = SemanticBuilder::new().build(&parsed.program).semantic.into_scoping();
    let module = lower::lower(&parsed.program, &scoping);
    Parsed::Module(outline, Some(Box::new(module)))
}

fn source_type(path: &str) -> SourceType {
    match path.rsplit('.').next().unwrap_or_default() {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::mjs().with_jsx(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(path: &str, text: &str) -> Parsed {
        parse(
            FileId(0),
            &SourceFile {
                path: path.into(),
                text: text.into(),
            },
            true,
            None,
        )
    }

    #[test]
    fn a_syntax_error_says_where() {
        let Parsed::Failed(diagnostic) = parse_text("a.ts", "const a = ;") else {
            panic!("it parsed")
        };
        assert_eq!(diagnostic.kind, DiagnosticKind::Syntax);
        assert_eq!(diagnostic.place.map(|place| place.span.start), Some(10));
    }
}
