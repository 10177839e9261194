//! From byte offsets to lines and columns, fast: one pass over a file, then a binary search for each offset.
//!
//! ATTACK: a minified file is one line of megabytes with a finding at its end. Counting columns from the start of the
//! line for each of thousands of places would take minutes, so UTF-16 units are counted once, at checkpoints.

use portcullis_model::{LineColumn, Span};

/// Bytes between two checkpoints.
const STRIDE: usize = 1024;

/// The lines of one file.
#[derive(Debug)]
pub(crate) struct LineIndex<'text> {
    text: &'text str,
    /// The first byte of each line. Never empty: the first is 0.
    starts: Vec<usize>,
    /// How many UTF-16 units stand before byte `STRIDE * index`.
    units: Vec<usize>,
}

impl<'text> LineIndex<'text> {
    /// Reads the text once.
    pub(crate) fn new(text: &'text str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at + 1),
        );
        let mut units = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut count = 0;
        for chunk in text.as_bytes().chunks(STRIDE) {
            units.push(count);
            count += utf16_units(chunk);
        }
        units.push(count);
        Self { text, starts, units }
    }

    /// An offset within the text and at a character boundary: past the end is the end, within a character its start.
    fn clamp(&self, offset: u32) -> usize {
        self.text
            .floor_char_boundary(usize::try_from(offset).unwrap_or(usize::MAX))
    }

    /// A span within the text; an end before the start is the start.
    pub(crate) fn clamp_span(&self, span: Span) -> (usize, usize) {
        let start = self.clamp(span.start);
        (start, self.clamp(span.end).max(start))
    }

    /// The line of an offset, from 0.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The bytes of a line without its line break.
    pub(crate) fn line_bytes(&self, line: usize) -> (usize, usize) {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or_default();
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        (start, start + content.len())
    }

    /// The text between two offsets.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'text str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Line and column of an offset that was clamped.
    pub(crate) fn position(&self, offset: usize) -> LineColumn {
        let line = self.line(offset);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let column = self.units_before(offset).saturating_sub(self.units_before(start));
        LineColumn {
            line: from_zero(line),
            column: from_zero(column),
        }
    }

    /// Where a span starts and ends.
    pub(crate) fn positions(&self, span: Span) -> (LineColumn, LineColumn) {
        let (start, end) = self.clamp_span(span);
        (self.position(start), self.position(end))
    }

    fn units_before(&self, offset: usize) -> usize {
        let checkpoint = offset / STRIDE;
        let rest = self
            .text
            .as_bytes()
            .get(checkpoint * STRIDE..offset)
            .unwrap_or_default();
        self.units.get(checkpoint).copied().unwrap_or_default() + utf16_units(rest)
    }
}

/// Counted by lead bytes, so that a chunk may begin within a character: a lead byte of four bytes is two units, any other
/// lead byte is one.
fn utf16_units(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .map(|byte| usize::from(*byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0))
        .sum()
}

/// A count from 0 as a number from 1.
pub(crate) fn from_zero(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use portcullis_model::SourceFile;

    use super::*;

    #[test]
    fn agrees_with_the_model_at_every_offset() {
        let text = "a\r\n😀b é\n\n".repeat(300) + "last";
        let file = SourceFile {
            path: "a.ts".into(),
            text: text.as_str().into(),
        };
        let index = LineIndex::new(&text);
        for offset in 0..u32::try_from(text.len() + 3).unwrap() {
            let (start, _) = index.positions(Span::new(offset, offset));
            assert_eq!(start, file.position(offset), "offset {offset}");
        }
    }

    #[test]
    fn a_backward_span_and_an_empty_file_are_harmless() {
        let index = LineIndex::new("");
        assert_eq!(index.clamp_span(Span::new(7, 2)), (0, 0));
        assert_eq!(index.line_bytes(0), (0, 0));
        assert_eq!(index.line_bytes(9), (0, 0));
        assert_eq!(LineIndex::new("abc").clamp_span(Span::new(2, 1)), (2, 2));
    }

    #[test]
    fn a_line_does_not_hold_its_line_break() {
        let index = LineIndex::new("ab\r\ncd\n");
        assert_eq!(index.line_bytes(0), (0, 2));
        assert_eq!(index.line_bytes(1), (4, 6));
        assert_eq!(index.line_bytes(2), (7, 7));
    }
}
