//! Markdown files: their links lead somewhere, and the changelog has a place for the next change.

use super::Problem;
use crate::repository::Repository;

/// Links between files of the repository resolve, also to a heading. Links to elsewhere are not followed.
pub(super) fn links(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.below("", ".md") {
        for (line, target) in targets(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target
                .split_once('#')
                .map_or((target, None), |(file, name)| (file, Some(name)));
            let Some(file) = (if file.is_empty() {
                Some(path.to_owned())
            } else {
                resolve(path, file)
            }) else {
                problems.push(Problem::at(
                    path,
                    line,
                    format!("`{target}` leads out of the repository"),
                ));
                continue;
            };
            if !repository.has(&file) {
                problems.push(Problem::at(
                    path,
                    line,
                    format!("nothing stands at `{file}`: correct the link"),
                ));
            } else if let (Some(heading), Some(text)) = (heading, repository.text(&file))
                && repository.below(&file, ".md").next().is_some()
                && !headings(text).any(|anchor| anchor == heading)
            {
                problems.push(Problem::at(
                    path,
                    line,
                    format!("`{file}` has no heading for `#{heading}`"),
                ));
            }
        }
    }
    problems
}

/// The lines outside of fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// The target of each `[text](target)`, with its line. Inline code has no links.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut targets = Vec::new();
    for (number, line) in prose(text) {
        // Every second piece between backticks is code; a link's text may hold code, so only targets matter here.
        for piece in line.split('`').step_by(2) {
            let ends = piece.split("](").skip(1);
            targets.extend(ends.filter_map(|rest| Some((number, rest.split_once(')')?.0.trim()))));
        }
    }
    targets
}

/// The anchor of each heading, made as the usual renderers make it.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    })
}

/// `target` seen from the file `from`, as a path from the root; nothing if it leads above the root.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Changes are collected under "Unreleased".
pub(super) fn changelog(repository: &Repository) -> Vec<Problem> {
    const PATH: &str = "CHANGELOG.md";
    let text = repository.text(PATH).unwrap_or_default();
    if text.lines().any(|line| line == "## [Unreleased]") {
        return Vec::new();
    }
    vec![Problem::of_file(PATH, "add the section `## [Unreleased]` at the top")]
}

#[cfg(test)]
mod tests {
    use super::super::assert_problems;
    use super::{changelog, links};

    #[test]
    fn links_lead_somewhere() {
        let book = ("docs/book.md", "# The book\n\n## How to: add a rule\n");
        let good = "[a](docs/book.md) [b](docs/) [`c`](docs/book.md#how-to-add-a-rule) [d](https://example.com/x)\n\
                    `[e](nowhere.md)` [f](#top)\n# Top\n```\n[g](nowhere.md)\n```\n";
        assert_problems(links, &[("README.md", good), book], &[]);
        assert_problems(links, &[("docs/x/y.md", "[a](../book.md)\n"), book], &[]);

        let bad = "[a](docs/none.md)\n\n[b](docs/book.md#none) [c](../up.md)\n";
        assert_problems(
            links,
            &[("README.md", bad), book],
            &[
                "README.md:1: nothing stands at `docs/none.md`",
                "README.md:3: `docs/book.md` has no heading for `#none`",
                "README.md:3: `../up.md` leads out of the repository",
            ],
        );
    }

    #[test]
    fn the_changelog_has_a_place_for_the_next_change() {
        assert_problems(changelog, &[("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")], &[]);
        assert_problems(
            changelog,
            &[("CHANGELOG.md", "# Changelog\n\n## [0.1.0]\n")],
            &["CHANGELOG.md: add"],
        );
        assert_problems(changelog, &[], &["CHANGELOG.md: add"]);
    }
}
