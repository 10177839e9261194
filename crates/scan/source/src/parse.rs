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

/// Brackets within brackets. Real code stays below 100; generated data reaches a few hundred.
const BRACKET_LIMIT: usize = 1_000;
/// Operators, arrows, `else` and opening tags within one statement: each may be one level of the tree.
const CHAIN_LIMIT: usize = 20_000;

/// What came of a file.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// It parses; the module is there if it was asked for.
    Module(Option<Module>),
    /// It does not.
    Failed(Diagnostic),
}

/// Parses a file, and lowers it if `wanted`.
pub(crate) fn parse(id: FileId, file: &SourceFile, wanted: bool) -> Parsed {
    let failed = |kind, message: String, span: Option<Span>| {
        Parsed::Failed(Diagnostic {
            path: file.path.to_string(),
            place: span.map(|span| Place::new(id, span)),
            kind,
            message,
        })
    };
    if is_too_deep(&file.text) {
        let message = "the code nests deeper than any analysis of it could follow; exclude this file".to_owned();
        return failed(DiagnosticKind::TooDeep, message, None);
    }
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
        return failed(DiagnosticKind::Syntax, message, span);
    }
    if !wanted {
        return Parsed::Module(None);
    }
    let semantic = SemanticBuilder::new().build(&parsed.program).semantic;
    Parsed::Module(Some(lower::lower(&parsed.program, semantic.scoping())))
}

fn source_type(path: &str) -> SourceType {
    match path.rsplit('.').next().unwrap_or_default() {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::mjs().with_jsx(true),
    }
}

/// Over-counts on purpose: what stands in strings and comments counts too, as no real file comes near the limits.
fn is_too_deep(text: &str) -> bool {
    let mut brackets = 0_usize;
    let mut chain = 0_usize;
    let mut tail = 0_u64;
    let mut alternatives = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b';' | b',' | b'\n' if brackets == 0 => chain = 0,
            b';' => chain = 0,
            b'!' | b'~' | b'?' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'.' => {
                chain += 1;
            }
            b' ' if ends_with_operator(tail) => chain += 1,
            _ => {}
        }
        // `else if` nests without brackets, and a semicolon does not end it.
        tail = (tail << 8) | u64::from(byte);
        if tail & 0xffff_ffff == u64::from(u32::from_be_bytes(*b"else")) {
            alternatives += 1;
        }
        if brackets > BRACKET_LIMIT || chain > CHAIN_LIMIT || alternatives > CHAIN_LIMIT {
            return true;
        }
    }
    false
}

/// Whether the last bytes are an operator that is a word; each may be one level.
fn ends_with_operator(tail: u64) -> bool {
    let bytes = tail.to_be_bytes();
    [
        &b"typeof"[..],
        b"void",
        b"delete",
        b"await",
        b"new",
        b"yield",
        b"async",
        b"in",
        b"instanceof",
        b"as",
        b"satisfies",
    ]
    .iter()
    .any(|word| bytes.ends_with(word.get(word.len().saturating_sub(8)..).unwrap_or_default()))
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
        )
    }

    #[test]
    fn deep_code_is_refused_in_every_form() {
        for text in [
            "(".repeat(100_000),
            "[".repeat(100_000),
            "!".repeat(100_000),
            "a=>".repeat(100_000),
            "a?b:".repeat(100_000),
            "<a>".repeat(100_000),
            "typeof ".repeat(100_000),
            "if(a);else ".repeat(100_000),
            "`${".repeat(100_000),
        ] {
            let start: String = text.chars().take(12).collect();
            let outcome = parse_text("a.tsx", &text);
            assert!(matches!(&outcome, Parsed::Failed(_)), "{start}");
        }
    }

    /// What the limits let through must fit the stack that the command line gives its threads.
    #[test]
    fn what_is_just_not_too_deep_is_parsed_and_lowered() {
        let check = || {
            for (piece, count, end) in [
                ("(", 900, "1"),
                ("[", 900, ""),
                ("!", 19_000, "a"),
                ("a=>", 9_000, "a"),
                ("a?b:", 9_000, "c"),
                ("typeof ", 19_000, "a"),
                ("if(a);else ", 9_000, "b;"),
                ("a+", 19_000, "a"),
            ] {
                let _ = parse_text("a.tsx", &format!("{}{end}", piece.repeat(count)));
            }
        };
        std::thread::Builder::new()
            .stack_size(256 << 20)
            .spawn(check)
            .unwrap()
            .join()
            .unwrap();
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
