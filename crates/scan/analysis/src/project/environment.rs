//! `.env` files: which variables they set, and what kind of file it is by its name. Only files that `.gitignore` does
//! not name are ever loaded, so what is here is committed, or one `git add` away from it.

use portcullis_model::{FileId, Place, SourceFile, Span};

/// A variable that an environment file sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable<'text> {
    pub(super) name: &'text str,
    pub(super) value: &'text str,
    pub(super) name_place: Place,
    pub(super) value_place: Place,
}

/// Whether a path is that of an environment file.
pub(super) fn is_environment_file(path: &str) -> bool {
    let name = file_name(path);
    name == ".env" || name.starts_with(".env.")
}

/// Whether the file is there to be copied, or for tests and local emulators: its values stand for others.
pub(super) fn is_template(path: &str) -> bool {
    const WORDS: [&str; 12] = [
        "example", "sample", "template", "dist", "default", "defaults", "test", "ci", "emulated", "tpl", "schema",
        "e2e",
    ];
    file_name(path)
        .split(['.', '-', '_'])
        .any(|part| WORDS.contains(&part.to_ascii_lowercase().as_str()))
}

/// Whether the file is for development alone.
pub(super) fn is_development(path: &str) -> bool {
    file_name(path)
        .split('.')
        .any(|part| matches!(part, "development" | "dev" | "docker"))
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The variables that a file sets, in order.
pub(super) fn variables(id: FileId, file: &SourceFile) -> Vec<Variable<'_>> {
    let mut variables = Vec::new();
    let mut start = 0_usize;
    for line in file.text.split_inclusive('\n') {
        variables.extend(variable(id, line, start));
        start += line.len();
    }
    variables
}

fn variable(id: FileId, line: &str, line_start: usize) -> Option<Variable<'_>> {
    let (left, right) = line.split_once('=')?;
    let name = left.trim().strip_prefix("export ").unwrap_or(left.trim()).trim();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let trimmed = right.trim();
    let quote = trimmed.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    let value = match quote {
        Some(quote) => {
            let inner = trimmed.get(1..)?;
            inner.split_once(quote).map_or(inner, |(inner, _)| inner)
        }
        None => trimmed.split_once(" #").map_or(trimmed, |(value, _)| value).trim_end(),
    };
    let place = |part: &str| {
        let offset = usize::checked_sub(part.as_ptr() as usize, line.as_ptr() as usize)?;
        let from = u32::try_from(line_start + offset).ok()?;
        let to = u32::try_from(line_start + offset + part.len()).ok()?;
        Some(Place::new(id, Span::new(from, to)))
    };
    Some(Variable {
        name,
        value,
        name_place: place(name)?,
        value_place: place(value)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, u32)> {
        let file = SourceFile {
            path: ".env".into(),
            text: text.into(),
        };
        variables(FileId(0), &file)
            .iter()
            .map(|one| (one.name.to_owned(), one.value.to_owned(), one.value_place.span.start))
            .collect()
    }

    #[test]
    fn values_with_quotes_comments_and_blanks() {
        let text = "# A=1\nA=one # not this\nexport B = \"two words\" # no\n\nC='a=b'\nD=\n1 + 1 = 2\n";
        let expected = [("A", "one", 8), ("B", "two words", 35), ("C", "a=b", 55), ("D", "", 62)];
        let expected: Vec<(String, String, u32)> = expected
            .iter()
            .map(|(name, value, at)| ((*name).to_owned(), (*value).to_owned(), *at))
            .collect();
        assert_eq!(read(text), expected);
    }

    #[test]
    fn files_by_name() {
        assert!(is_environment_file("apps/web/.env.local") && !is_environment_file("environment.ts"));
        assert!(is_template(".env.example") && is_template(".env.local-sample") && !is_template(".env.production"));
        assert!(is_development(".env.development"));
    }
}
