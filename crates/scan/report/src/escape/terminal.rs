//! For a terminal, and for the log of a build server.
//!
//! ATTACK: an escape sequence in a file name moves the cursor and rewrites what was printed before. On GitHub's runners a
//! printed line is also a command channel: `::name::` at the start of a line, and `##[name]` anywhere in it.

use super::{is_deceptive, push_number};

/// One line of text. Line breaks and tabs become spaces where they are harmless, everything deceptive its number.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut state = State::default();
    for character in text.chars() {
        match character {
            '\n' | '\t' => state.push(&mut out, ' '),
            _ => state.push(&mut out, character),
        }
    }
    out
}

/// Text of several lines, each escaped by itself.
pub(crate) fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// A source line, with where each of its bytes went: underlines must follow what they underline.
#[derive(Debug)]
pub(crate) struct EscapedLine {
    /// The escaped text.
    pub(crate) text: String,
    /// For each character: its offset in the source, and in the text. Sorted.
    offsets: Vec<(usize, usize)>,
}

impl EscapedLine {
    /// Escapes one line; a tab is four columns wide.
    pub(crate) fn new(line: &str) -> Self {
        let mut text = String::with_capacity(line.len());
        let mut offsets = Vec::with_capacity(line.len());
        let mut state = State {
            started: true,
            ..State::default()
        };
        for (at, character) in line.char_indices() {
            offsets.push((at, text.len()));
            if character == '\t' {
                text.push_str("    ");
            } else {
                state.push(&mut text, character);
            }
        }
        offsets.push((line.len(), text.len()));
        Self { text, offsets }
    }

    /// Where an offset of the source line is in the text.
    pub(crate) fn offset(&self, source: usize) -> usize {
        let after = self.offsets.partition_point(|(at, _)| *at <= source);
        self.offsets.get(after.saturating_sub(1)).map_or(0, |(_, out)| *out)
    }
}

/// What was seen of the line so far, as far as a runner's command syntax needs it.
#[derive(Debug, Default)]
struct State {
    started: bool,
    hashes: usize,
}

impl State {
    fn push(&mut self, out: &mut String, character: char) {
        let opens_command = (character == ':' && !self.started) || (character == '[' && self.hashes >= 2);
        if opens_command || is_deceptive(character) {
            push_number(out, character);
        } else {
            out.push(character);
        }
        self.started |= !character.is_whitespace();
        self.hashes = if character == '#' { self.hashes + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_are_shown_by_number() {
        assert_eq!(escape("a\u{1b}[2Jb\u{9b}1m"), "a\\u{1b}[2Jb\\u{9b}1m");
        assert_eq!(escape("user\u{202e}nimda"), "user\\u{202e}nimda");
        assert_eq!(escape("one\ntwo\r"), "one two\\u{d}");
    }

    #[test]
    fn text_cannot_start_a_workflow_command() {
        assert_eq!(escape("::add-mask::a"), "\\u{3a}:add-mask::a");
        assert_eq!(escape(" \n::error::a"), "  \\u{3a}:error::a");
        assert_eq!(escape("a ##[add-mask]b"), "a ##\\u{5b}add-mask]b");
        assert_eq!(escape_lines("a\n::b::"), "a\n\\u{3a}:b::");
        assert_eq!(escape("a::b #[c]"), "a::b #[c]");
    }

    #[test]
    fn offsets_follow_what_they_point_at() {
        let line = EscapedLine::new("\té\u{1b}x");
        assert_eq!(line.text, "    é\\u{1b}x");
        assert_eq!(line.offset(0), 0);
        assert_eq!(line.offset(1), 4);
        assert_eq!(line.offset(3), 6);
        assert_eq!(line.offset(4), 12);
        assert_eq!(line.offset(99), line.text.len());
    }
}
