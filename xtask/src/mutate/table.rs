//! The table of classes, and the misses with their differences.

use super::mutant::{Class, Edit};
use super::rounds::{Outcome, Result};

/// Prints one row a class.
pub(super) fn print(results: &[Result]) {
    println!("| class | what is gone | mutants | invalid | redundant | judged | state | finding | both | missed |");
    println!("| --- | --- |{}", " ---: |".repeat(8));
    let mut before = true;
    for class in Class::ALL {
        let row = Row::of(results.iter().filter(|result| result.class == class));
        if class.protection().is_none() && before {
            before = false;
            let found = Row::of(results.iter().filter(|result| result.class.protection().is_some()));
            println!("| **all** | | {} |", found.cells());
            println!();
            println!(
                "| rewrite | what is turned round | mutants | invalid | redundant | judged | | | unchanged | changed |"
            );
            println!("| --- | --- |{}", " ---: |".repeat(8));
        }
        println!("| {} | {} | {} |", class.name(), class.what(), row.cells());
    }
}

/// Whether each class with a mutant reaches the target.
pub(super) fn reaches(results: &[Result], target: usize) -> bool {
    Class::ALL.into_iter().all(|class| {
        let row = Row::of(results.iter().filter(|result| result.class == class));
        row.found * 100 >= row.judged() * target
    })
}

/// Prints what was missed.
pub(super) fn print_misses(results: &[Result]) {
    for result in results {
        if result.outcome == Outcome::Found {
            continue;
        }
        let outcome = match result.outcome {
            Outcome::Found => "found",
            Outcome::Missed => "missed",
            Outcome::Redundant => "redundant",
            Outcome::Invalid => "invalid",
        };
        println!("{outcome}: {} ({}), {}", result.class.name(), result.form, result.path);
        for reason in &result.reasons {
            println!("  {reason}");
        }
        for line in &result.difference {
            println!("    {line}");
        }
        println!();
    }
}

/// The lines that edits touch, before and after.
pub(super) fn difference(text: &str, edits: &[Edit]) -> Vec<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort();
    let mut lines = Vec::new();
    let mut left = edits.as_slice();
    while let Some((first, _)) = left.split_first() {
        let start = text
            .get(..first.start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let line_end = |at: usize| {
            text.get(at..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |more| at + more)
        };
        let mut end = line_end(first.end);
        let mut count = 0;
        while let Some(edit) = left.get(count).filter(|edit| edit.start <= end) {
            end = end.max(line_end(edit.end));
            count += 1;
        }
        let (hunk, rest) = left.split_at(count);
        left = rest;
        let mut changed = String::new();
        let mut at = start;
        for edit in hunk {
            changed.push_str(text.get(at..edit.start).unwrap_or_default());
            changed.push_str(&edit.text);
            at = at.max(edit.end);
        }
        changed.push_str(text.get(at..end).unwrap_or_default());
        let before = text.get(start..end).unwrap_or_default();
        lines.extend(before.lines().map(|line| format!("- {line}")));
        lines.extend(changed.lines().map(|line| format!("+ {line}")));
    }
    lines
}

#[derive(Debug, Default)]
struct Row {
    mutants: usize,
    invalid: usize,
    redundant: usize,
    state: usize,
    finding: usize,
    found: usize,
    missed: usize,
}

impl Row {
    fn of<'result>(results: impl Iterator<Item = &'result Result>) -> Self {
        let mut row = Self::default();
        for result in results {
            row.mutants += 1;
            match result.outcome {
                Outcome::Found => row.found += 1,
                Outcome::Missed => row.missed += 1,
                Outcome::Redundant => row.redundant += 1,
                Outcome::Invalid => row.invalid += 1,
            }
            if matches!(result.outcome, Outcome::Found | Outcome::Missed) {
                row.state += usize::from(result.state_changed);
                row.finding += usize::from(result.has_finding);
            }
        }
        row
    }

    fn judged(&self) -> usize {
        self.found + self.missed
    }

    fn cells(&self) -> String {
        let share = (self.found * 100).checked_div(self.judged());
        let share = share.map_or_else(String::new, |share| format!(" ({share} %)"));
        format!(
            "{} | {} | {} | {} | {} | {} | {}{share} | {}",
            self.mutants,
            self.invalid,
            self.redundant,
            self.judged(),
            self.state,
            self.finding,
            self.found,
            self.missed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, difference};

    #[test]
    fn a_difference_shows_the_lines_of_the_edits() {
        let edit = |start, end, text: &str| Edit {
            start,
            end,
            text: text.to_owned(),
        };
        let lines = difference("ab\ncd\nef", &[edit(3, 4, "x"), edit(5, 5, "y")]);
        assert_eq!(lines, ["- cd", "+ xdy"]);
        let lines = difference("ab\ncd\nef", &[edit(6, 8, ""), edit(0, 1, "")]);
        assert_eq!(lines, ["- ab", "+ b", "- ef"]);
    }
}
