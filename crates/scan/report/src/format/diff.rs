//! Edits as a unified diff: what `--fix` would change, for people and for `patch`. The lines are those of the scan, in
//! which secrets are masked.

use portcullis_model::{Edit, SourceFile};

use crate::escape::terminal::escape;
use crate::push::PushFmt as _;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Lines `start..end` of a file, and what stands in their place.
#[derive(Debug)]
struct Change {
    start: usize,
    end: usize,
    lines: Vec<String>,
}

/// Bytes `start..end`, and what stands in their place.
type Replacement<'edit> = (usize, usize, &'edit str);

/// The edits of one file, which are sorted and do not overlap.
pub(crate) fn file(out: &mut String, file: &SourceFile, edits: &[Edit]) {
    let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
    let changes = changes(&lines, edits);
    if changes.is_empty() {
        return;
    }
    let path = escape(&file.path);
    out.push_fmt(format_args!("--- a/{path}\n+++ b/{path}\n"));
    let mut shift = 0_isize;
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        // Changes whose contexts touch share a hunk.
        let mut taken = 1;
        let mut end = first.end;
        while let Some(next) = rest.get(taken).filter(|next| next.start <= end + 2 * CONTEXT) {
            end = next.end;
            taken += 1;
        }
        let (hunk, later) = rest.split_at(taken);
        shift = push_hunk(out, &lines, hunk, shift);
        rest = later;
    }
}

fn push_hunk(out: &mut String, lines: &[&str], changes: &[Change], shift: isize) -> isize {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return shift;
    };
    let from = first.start.saturating_sub(CONTEXT);
    let to = (last.end + CONTEXT).min(lines.len());
    let removed: usize = changes.iter().map(|change| change.end - change.start).sum();
    let added: usize = changes.iter().map(|change| change.lines.len()).sum();
    let new_length = to - from - removed + added;
    let number = |length: usize, line: usize| if length == 0 { line } else { line + 1 };
    let new_from = from.saturating_add_signed(shift);
    out.push_fmt(format_args!(
        "@@ -{},{} +{},{new_length} @@\n",
        number(to - from, from),
        to - from,
        number(new_length, new_from)
    ));
    let mut at = from;
    for change in changes {
        push_lines(
            out,
            ' ',
            lines.get(at..change.start).unwrap_or_default().iter().copied(),
        );
        push_lines(
            out,
            '-',
            lines.get(change.start..change.end).unwrap_or_default().iter().copied(),
        );
        push_lines(out, '+', change.lines.iter().map(String::as_str));
        at = change.end;
    }
    push_lines(out, ' ', lines.get(at..to).unwrap_or_default().iter().copied());
    let grown = isize::try_from(added).unwrap_or(0) - isize::try_from(removed).unwrap_or(0);
    shift + grown
}

fn push_lines<'line>(out: &mut String, mark: char, lines: impl Iterator<Item = &'line str>) {
    for line in lines {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        // Tabs are part of the code, and harmless.
        let escaped: Vec<String> = text.split('\t').map(escape).collect();
        out.push_fmt(format_args!("{mark}{}\n", escaped.join("\t")));
        if !line.ends_with('\n') {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}

/// The lines that edits touch, with what becomes of them.
fn changes(lines: &[&str], edits: &[Edit]) -> Vec<Change> {
    let mut starts = Vec::with_capacity(lines.len());
    let mut offset = 0_usize;
    for line in lines {
        starts.push(offset);
        offset += line.len();
    }
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    let mut groups: Vec<(usize, usize, Vec<Replacement<'_>>)> = Vec::new();
    for edit in edits {
        let (Ok(start), Ok(end)) = (
            usize::try_from(edit.place.span.start),
            usize::try_from(edit.place.span.end),
        ) else {
            continue;
        };
        let (first, last) = (line_of(start), line_of(end));
        match groups.last_mut().filter(|(_, until, _)| first <= *until) {
            Some((_, until, own)) => {
                *until = last.max(*until);
                own.push((start, end, &edit.text));
            }
            None => groups.push((first, last, vec![(start, end, &edit.text)])),
        }
    }
    let changed = groups.into_iter().map(|(first, last, edits)| {
        let base = starts.get(first).copied().unwrap_or(0);
        let old: String = lines.get(first..=last).unwrap_or_default().concat();
        let new = apply(&old, base, &edits);
        trimmed(first, lines.get(first..=last).unwrap_or_default(), &new)
    });
    changed
        .filter(|change| change.end > change.start || !change.lines.is_empty())
        .collect()
}

/// `text`, which begins at `base`, with edits applied that are sorted and do not overlap.
fn apply(text: &str, base: usize, edits: &[Replacement<'_>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = base;
    for (start, end, new) in edits {
        out.push_str(
            text.get(at.saturating_sub(base)..start.saturating_sub(base))
                .unwrap_or_default(),
        );
        out.push_str(new);
        at = *end;
    }
    out.push_str(text.get(at.saturating_sub(base)..).unwrap_or_default());
    out
}

/// A change without the lines at its ends that stay the same.
fn trimmed(first: usize, old: &[&str], new: &str) -> Change {
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let same_start = old.iter().zip(&new).take_while(|(one, two)| one == two).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(one, two)| one == two)
        .count();
    Change {
        start: first + same_start,
        end: first + old.len() - same_end,
        lines: new
            .get(same_start..new.len() - same_end)
            .unwrap_or_default()
            .iter()
            .map(|line| (*line).to_owned())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::{FileId, Place, Span};

    use super::*;

    fn diff(text: &str, edits: &[(u32, u32, &str)]) -> String {
        let source = SourceFile {
            path: "a.ts".into(),
            text: text.into(),
        };
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(start, end, text)| Edit {
                place: Place::new(FileId(0), Span::new(*start, *end)),
                text: (*text).to_owned(),
            })
            .collect();
        let mut out = String::new();
        file(&mut out, &source, &edits);
        out
    }

    #[test]
    fn an_inserted_line_and_a_changed_one() {
        assert_eq!(
            diff("one\ntwo\n", &[(0, 0, "zero\n")]),
            "--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,3 @@\n+zero\n one\n two\n"
        );
        assert_eq!(
            diff("one\ntwo", &[(4, 7, "2")]),
            "--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn far_changes_have_hunks_of_their_own_and_near_ones_share_one() {
        let text = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let far = diff(text, &[(0, 0, "new\n"), (18, 19, "nine")]);
        assert_eq!(far.matches("@@ -").count(), 2);
        assert!(far.contains("@@ -7,4 +8,4 @@\n 6\n 7\n 8\n-9\n+nine\n"), "{far}");
        assert_eq!(diff(text, &[(0, 1, "a"), (8, 9, "b")]).matches("@@ -").count(), 1);
    }

    #[test]
    fn hostile_lines_are_escaped() {
        let text = diff("a\u{1b}[2J\nb\n", &[(6, 7, "c")]);
        assert!(!text.contains('\u{1b}') && text.contains("\n-b\n+c\n"), "{text}");
    }
}
