//! How deep a tree could be, estimated from the text alone.
//!
//! The parser, the semantic builder, the lowering and the analysis recurse over the tree, so text whose nesting could
//! exhaust the stack is refused before any of them sees it. The estimate reads bytes, not tokens: what stands in strings
//! and comments counts too. It errs on the deep side, and no real file comes near its limits.

/// Brackets within brackets. Real code stays below 100; generated data reaches a few hundred.
const BRACKET_LIMIT: usize = 1_000;
/// Angles that are open in one statement; the parser tries both meanings of each.
const ANGLE_LIMIT: usize = 500;
/// Levels of any kind. Long pages of markup reach some thousands by this estimate.
const LEVEL_LIMIT: usize = 30_000;

/// Whether a word makes one more level of what follows it, or of what stands before.
const fn makes_level(word: &[u8]) -> bool {
    matches!(
        word,
        b"typeof"
            | b"void"
            | b"delete"
            | b"await"
            | b"new"
            | b"yield"
            | b"async"
            | b"do"
            | b"else"
            | b"in"
            | b"instanceof"
            | b"as"
            | b"satisfies"
    )
}

/// Whether a word's brackets are the head of a statement.
const fn has_head(word: &[u8]) -> bool {
    matches!(word, b"if" | b"for" | b"while" | b"with")
}

/// Stands for the closing bracket of such a head.
const HEAD_END: u8 = 0;

/// How many levels the tree may have, at most; none if that is more than anything here follows.
pub(crate) fn levels(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // What nests at each open bracket, and in all of them together.
    let mut open: Vec<usize> = vec![0];
    let mut total = 0_usize;
    let mut alternatives = 0_usize;
    let mut angles = 0_usize;
    let mut deepest = 0_usize;
    let mut word: &[u8] = b"";
    let mut heads: Vec<bool> = Vec::new();
    let mut previous = b';';
    let mut next = 0_usize;
    while let Some(byte) = bytes.get(next).copied() {
        let at = next;
        next += 1;
        if byte.is_ascii_whitespace() {
            let rest = bytes.get(next..).unwrap_or_default().trim_ascii_start();
            let skipped = bytes.get(at..bytes.len() - rest.len()).unwrap_or_default();
            next = bytes.len() - rest.len();
            if skipped.contains(&b'\n') && ends_line(previous, rest) {
                end(&mut open, &mut total);
            }
            continue;
        }
        let mut levels = 0_usize;
        match byte {
            _ if is_word(byte) => {
                let rest = bytes.get(at..).unwrap_or_default();
                let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
                word = rest.get(..length).unwrap_or_default();
                next = at + length;
                // `if (a) b`: a statement behind a head.
                levels += usize::from(previous == HEAD_END) + usize::from(makes_level(word));
                // `else` goes on after a semicolon.
                alternatives += usize::from(word == b"else");
                previous = word.last().copied().unwrap_or(byte);
                if levels > 0 {
                    add(&mut open, &mut total, levels);
                    deepest = deepest.max(open.len() + total + alternatives);
                    if deepest > LEVEL_LIMIT {
                        return None;
                    }
                }
                continue;
            }
            b'(' | b'[' | b'{' => {
                // `f()()`, `a[0][0]`: each makes one more level of what stands before it.
                levels += usize::from(matches!(previous, b')' | b']' | b'`' | b'}'));
                add(&mut open, &mut total, levels);
                levels = 0;
                heads.push(byte == b'(' && has_head(word) && previous.is_ascii_alphabetic());
                open.push(0);
            }
            b')' | b']' | b'}' => {
                total = total.saturating_sub(open.pop().unwrap_or(0));
                if open.is_empty() {
                    open.push(0);
                }
                if heads.pop() == Some(true) {
                    previous = HEAD_END;
                    continue;
                }
            }
            b';' | b',' => {
                end(&mut open, &mut total);
                angles = 0;
            }
            b'`' => levels += usize::from(previous == b'`'),
            b'!' | b'~' | b'?' | b':' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'='
            | b'.' => {
                levels += 1;
            }
            _ => {}
        }
        match byte {
            b'<' => angles += 1,
            b'>' if previous != b'=' => angles = angles.saturating_sub(1),
            _ => {}
        }
        add(&mut open, &mut total, levels);
        deepest = deepest.max(open.len() + total + alternatives);
        if open.len() > BRACKET_LIMIT || angles > ANGLE_LIMIT || deepest > LEVEL_LIMIT {
            return None;
        }
        previous = byte;
    }
    Some(deepest)
}

/// Whether a byte is part of a word.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn add(open: &mut [usize], total: &mut usize, levels: usize) {
    if let Some(own) = open.last_mut() {
        *own += levels;
        *total += levels;
    }
}

/// A statement or an element ends: what follows is not nested in it.
fn end(open: &mut [usize], total: &mut usize) {
    if let Some(own) = open.last_mut() {
        *total = total.saturating_sub(*own);
        *own = 0;
    }
}

/// Whether a line break before `rest` ends a statement: nothing before it or after it asks for more.
fn ends_line(previous: u8, rest: &[u8]) -> bool {
    let goes_on = |byte: u8| b".?:+-*%&|^<>=([`!~".contains(&byte);
    if goes_on(previous) || previous == HEAD_END {
        return false;
    }
    match rest {
        [b'/', b'/' | b'*', ..] => true,
        [b'/', ..] => false,
        [next, ..] => !goes_on(*next),
        [] => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Parsed, parse};
    use portcullis_model::{DiagnosticKind, FileId, SourceFile};

    const SHAPES: [(&str, &str); 32] = [
        ("(", "1"),
        ("[", ""),
        ("{", ""),
        ("!", "a"),
        ("~", "a"),
        ("typeof ", "a"),
        ("await ", "a"),
        ("a instanceof ", "b"),
        ("a as ", "b"),
        ("new ", "a"),
        ("a=>", "a"),
        ("a?b:", "c"),
        ("a?", "b"),
        ("<a>", ""),
        ("`${", ""),
        ("if(a);else ", "b;"),
        ("if(a){}else ", "b;"),
        ("if(a)", ";"),
        ("for(;;)", ";"),
        ("while(a)", ";"),
        ("do ", ";"),
        ("with(a)", ";"),
        ("l:", ";"),
        ("a+", "a"),
        ("a=", "a"),
        ("a.", "a"),
        ("a\n.", "a"),
        ("a||", "a"),
        ("x[0]", ""),
        ("f()", ""),
        ("a<", "b"),
        ("``", ""),
    ];

    /// Shapes that only nest when they stand behind something.
    fn code(piece: &str, count: usize, end: &str) -> String {
        let repeated = match piece {
            "x[0]" => format!("x{}", "[0]".repeat(count)),
            "f()" => format!("f{}", "()".repeat(count)),
            "``" => format!("f{}", "``".repeat(count)),
            piece => piece.repeat(count),
        };
        format!("{repeated}{end}")
    }

    #[test]
    fn deep_code_is_refused_in_every_form() {
        for (piece, end) in SHAPES {
            assert!(levels(&code(piece, 100_000, end)).is_none(), "{piece}");
        }
    }

    /// What the limits let through is parsed on a stack that fits it, whatever the caller's.
    #[test]
    fn what_is_just_not_too_deep_is_parsed_and_lowered() {
        let check = || {
            for (piece, end) in SHAPES {
                let mut count = 32_000;
                while levels(&code(piece, count, end)).is_none() {
                    count -= count / 20 + 1;
                }
                let file = SourceFile {
                    path: "a.tsx".into(),
                    text: code(piece, count, end).into(),
                };
                let outcome = parse(FileId(0), &file, true, None);
                let is_refused =
                    matches!(&outcome, Parsed::Failed(diagnostic) if diagnostic.kind == DiagnosticKind::TooDeep);
                assert!(!is_refused, "{piece}");
            }
        };
        // A deep module is dropped by whoever holds it; the command line does that on a stack of this size.
        std::thread::Builder::new()
            .stack_size(256 << 20)
            .spawn(check)
            .unwrap()
            .join()
            .unwrap();
    }

    #[test]
    fn long_flat_code_is_not_too_deep() {
        for text in [
            "// a comment - like - this\n".repeat(50_000),
            format!(
                "export async function f() {{\n{}}}",
                "  // a comment - like - this\n".repeat(50_000)
            ),
            format!(
                "const m = {{\n{}}}",
                "  'a.key': 'a text - of words, and more',\n".repeat(50_000)
            ),
            "a.b = c + d\nawait f(x)\na.b(1 + 2)\n".repeat(50_000),
            format!("const t = [{}]", "{ a: 1, b: -2 },".repeat(50_000)),
        ] {
            let start: String = text.chars().take(40).collect();
            assert!(levels(&text).is_some_and(|levels| levels < 100), "{start}");
        }
    }
}
