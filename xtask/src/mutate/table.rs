//! The table of classes, and the misses with their differences.

use super::mutant::Class;
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
        for line in difference(&result.texts.0, &result.texts.1) {
            println!("    {line}");
        }
        println!();
    }
}

/// The lines that differ: all between the first and the last one, unless they are the same.
fn difference(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut lines = Vec::new();
    let (mut left, mut right) = (before.iter().peekable(), after.iter().peekable());
    // Edits of one mutant are few and short: the next line that both have is near.
    while left.peek().is_some() || right.peek().is_some() {
        if left.peek() == right.peek() {
            left.next();
            right.next();
            continue;
        }
        let near = |here: &Vec<&str>, there: &Vec<&str>| {
            (0..here.len()).find_map(|skipped| {
                let line = here.get(skipped)?;
                let at = there
                    .iter()
                    .position(|other| other == line && !line.trim().is_empty())?;
                Some((skipped, at))
            })
        };
        let rest: (Vec<&str>, Vec<&str>) = (left.clone().copied().collect(), right.clone().copied().collect());
        let (gone, come) = near(&rest.0, &rest.1).unwrap_or((rest.0.len(), rest.1.len()));
        lines.extend(
            left.by_ref()
                .take(gone.max(usize::from(come == 0)))
                .map(|line| format!("- {line}")),
        );
        lines.extend(right.by_ref().take(come).map(|line| format!("+ {line}")));
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
    use super::difference;

    #[test]
    fn a_difference_shows_what_changed() {
        let lines = difference("a\nb\nc\nd", "a\nx\nc\nd");
        assert_eq!(lines, ["- b", "+ x"]);
        assert_eq!(difference("a\nb", "a\nb\nc"), ["+ c"]);
        assert_eq!(difference("a\nb\nc", "a\nc"), ["- b"]);
    }
}
