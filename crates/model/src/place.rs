//! Where something stands: a file, and a span of bytes in it; and the way from there to lines and columns.

use std::sync::Arc;

/// A file of the scanned project: its index in [`crate::Scan::files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Bytes `start..end` of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Bytes `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies within this span.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A span in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

impl Place {
    /// `span` of `file`.
    pub const fn new(file: FileId, span: Span) -> Self {
        Self { file, span }
    }
}

/// Line and column, both from 1; columns count UTF-16 units, as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 units, from 1.
    pub column: u32,
}

/// A file that was read. The path and the text come from the scanned project, so they are hostile when printed.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path relative to the scanned root, with `/`.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> LineColumn {
        let mut end = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let before = self.text.get(..end).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let column = before
            .get(line_start..)
            .unwrap_or_default()
            .encode_utf16()
            .count()
            .saturating_add(1);
        LineColumn {
            line: saturating_u32(line),
            column: saturating_u32(column),
        }
    }
}

fn saturating_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile {
            path: "a.ts".into(),
            text: text.into(),
        }
    }

    #[test]
    fn columns_count_utf16_units() {
        let file = file("a\n😀b");
        assert_eq!(file.position(0), LineColumn { line: 1, column: 1 });
        assert_eq!(file.position(2), LineColumn { line: 2, column: 1 });
        assert_eq!(file.position(6), LineColumn { line: 2, column: 3 });
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_clamped() {
        let file = file("é");
        assert_eq!(file.position(1), LineColumn { line: 1, column: 1 });
        assert_eq!(file.position(99), LineColumn { line: 1, column: 2 });
    }
}
