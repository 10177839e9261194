//! SQL as far as its statements and words: quotes, comments and dollar-quoted bodies are kept apart.

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its text, without comments.
    pub(super) text: String,
    /// Where it begins in the file, in bytes.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
}

/// The statements of a file.
pub(super) fn split(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut own = String::new();
    let mut start: Option<usize> = None;
    let mut rest = text;
    let position = |rest: &str| text.len() - rest.len();
    let mut finish = |own: &mut String, start: &mut Option<usize>, end: usize| {
        if let Some(start) = start.take() {
            let at = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
            statements.push(Statement {
                text: own.trim().to_owned(),
                start: at(start),
                end: at(end),
            });
        }
        own.clear();
    };
    while let Some(character) = rest.chars().next() {
        let length = comment(rest);
        if length > 0 {
            own.push(' ');
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        if character == ';' {
            finish(&mut own, &mut start, position(rest));
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        if !character.is_whitespace() && start.is_none() {
            start = Some(position(rest));
        }
        let length = quoted(rest).unwrap_or_else(|| character.len_utf8());
        own.push_str(rest.get(..length).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    finish(&mut own, &mut start, text.len());
    statements
}

/// How long the comment is that a text begins with.
fn comment(text: &str) -> usize {
    if text.starts_with("--") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    0
}

/// How long the quoted part is that a text begins with: `'it''s'`, `"name"`, `$body$ ... $body$`.
fn quoted(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if matches!(first, '\'' | '"') {
        let inner = text.get(1..)?;
        return Some(inner.find(first).map_or(text.len(), |end| end + 2));
    }
    let tag = dollar_tag(text)?;
    let inner = text.get(tag.len()..)?;
    Some(inner.find(tag).map_or(text.len(), |end| end + 2 * tag.len()))
}

/// `$body$`, where a text begins with it.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    inner
        .get(..end)?
        .chars()
        .all(|character| character.is_alphanumeric() || character == '_')
        .then(|| text.get(..end + 2))
        .flatten()
}

/// What stands between the first pair of dollar quotes.
pub(super) fn dollar_quoted(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let at = rest.find('$')?;
        rest = rest.get(at..)?;
        if let Some(tag) = dollar_tag(rest) {
            let inner = rest.get(tag.len()..)?;
            return inner.get(..inner.find(tag)?);
        }
        rest = rest.get(1..)?;
    }
}

/// The words of a statement in small letters: names without quotes, `schema.name` as one, signs alone.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    let mut rest = text;
    let mut put = |word: String, joins: &mut bool| {
        match words.last_mut() {
            Some(last) if *joins => {
                last.push('.');
                last.push_str(&word);
            }
            _ => words.push(word),
        }
        *joins = false;
    };
    while let Some(first) = rest.chars().next() {
        let length = match first {
            character if character.is_whitespace() => character.len_utf8(),
            '.' => {
                joins = true;
                1
            }
            '"' => {
                let length = quoted(rest).unwrap_or(1);
                put(
                    rest.get(1..length.saturating_sub(1))
                        .unwrap_or_default()
                        .to_ascii_lowercase(),
                    &mut joins,
                );
                length
            }
            '\'' | '$' => {
                let length = quoted(rest).unwrap_or(1);
                put(rest.get(..length).unwrap_or_default().to_ascii_lowercase(), &mut joins);
                length
            }
            character if is_of_name(character) => {
                let length = rest.find(|character| !is_of_name(character)).unwrap_or(rest.len());
                put(rest.get(..length).unwrap_or_default().to_ascii_lowercase(), &mut joins);
                length
            }
            character => {
                put(character.to_string(), &mut joins);
                character.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What stands in the parentheses behind a word.
pub(super) fn in_parentheses(text: &str, word: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = from + lower.get(from..)?.find(word)?;
        from = at + word.len();
        let starts = lower
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|before| !is_of_name(before));
        let rest = text.get(from..)?;
        let inner = rest.trim_start();
        if !starts || !inner.starts_with('(') {
            continue;
        }
        return balanced(inner);
    }
}

/// The inside of the parentheses that a text begins with.
fn balanced(text: &str) -> Option<String> {
    let mut depth = 0_u32;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = quoted(rest).unwrap_or_else(|| character.len_utf8());
        match character {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(1..text.len() - rest.len()).map(ToOwned::to_owned);
                }
            }
            _ => {}
        }
        rest = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_keep_quotes_and_bodies_together() {
        let sql = "create table a (b text default ';'); -- x; y\n/* ; */ do $$ a; b $$; select 'it''s'";
        let texts: Vec<String> = split(sql).into_iter().map(|statement| statement.text).collect();
        assert_eq!(
            texts,
            ["create table a (b text default ';')", "do $$ a; b $$", "select 'it''s'"]
        );
    }

    #[test]
    fn unfinished_text_ends_somewhere() {
        for text in ["'", "\"a", "$$ a", "$", "/* a", "--", "create policy (", "é'é", "$é$"] {
            split(text);
            words(text);
            in_parentheses(text, "policy");
            dollar_quoted(text);
        }
    }

    #[test]
    fn names_are_one_word() {
        assert_eq!(
            words("On \"public\".\"Posts\" (a)"),
            ["on", "public.posts", "(", "a", ")"]
        );
    }
}
