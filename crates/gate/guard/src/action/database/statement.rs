//! A statement of the policy in the words of one database. `$1` is what the caller names, `$user` who the caller is; they
//! become placeholders, and everything else stays as it is.

use super::{Bound, Placeholders};

/// A statement with placeholders, and which value each one stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    text: String,
    /// For databases that have no numbers: the values in the order in which they stand.
    order: Option<Vec<usize>>,
}

impl Statement {
    /// Reads a statement. `names` are the words after the dollar, in the order of the values.
    pub(crate) fn new(text: &str, names: &[&str], placeholders: Placeholders) -> Result<Self, &'static str> {
        let first = text.split_whitespace().next().unwrap_or_default();
        if !["select", "with"].iter().any(|word| first.eq_ignore_ascii_case(word)) {
            return Err("a query begins with `select` or `with`");
        }
        let mut written = String::with_capacity(text.len());
        let mut order = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let quoted = skip(rest)?;
            if quoted > 0 {
                let (whole, after) = rest.split_at_checked(quoted).unwrap_or((rest, ""));
                written.push_str(whole);
                rest = after;
                continue;
            }
            let after = rest.get(letter.len_utf8()..).unwrap_or_default();
            match letter {
                '$' => {
                    let length = after.bytes().take_while(|byte| is_word(*byte)).count();
                    let (word, after) = after.split_at_checked(length).unwrap_or((after, ""));
                    let known = names.iter().position(|name| *name == word);
                    let position = known.ok_or("a query knows `$1` and `$user`, and no other names")?;
                    let number = position.saturating_add(1);
                    match placeholders {
                        Placeholders::Dollar => written.extend(["$", &number.to_string()]),
                        Placeholders::Numbered => written.extend(["?", &number.to_string()]),
                        Placeholders::Plain => written.push('?'),
                    }
                    order.push(position);
                    rest = after;
                }
                ';' if !after.trim().is_empty() => return Err("a query is one statement"),
                // A placeholder of the database's own would shift the others.
                '?' if placeholders != Placeholders::Dollar => return Err("write `$1` and `$user`, not `?`"),
                _ => {
                    written.push(letter);
                    rest = after;
                }
            }
        }
        let order = (placeholders == Placeholders::Plain).then_some(order);
        Ok(Self { text: written, order })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The values as this statement wants them.
    pub(crate) fn in_order(&self, values: &[Bound]) -> Vec<Bound> {
        match &self.order {
            Some(order) => order
                .iter()
                .filter_map(|position| values.get(*position).cloned())
                .collect(),
            None => values.to_vec(),
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes at the start are a string, a quoted name or a comment.
fn skip(text: &str) -> Result<usize, &'static str> {
    const OPEN: &str = "a string, a name or a comment does not end";
    let until = |start: usize, end: &str| {
        let found = text.get(start..).and_then(|rest| rest.find(end));
        found.map(|at| start + at + end.len()).ok_or(OPEN)
    };
    if text.starts_with("--") {
        return Ok(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return until(2, "*/");
    }
    for quote in ["'", "\"", "`"] {
        if text.starts_with(quote) {
            let end = until(1, quote)?;
            // What a backslash means differs between databases, so there is none.
            if text.get(..end).is_some_and(|quoted| quoted.contains('\\')) {
                return Err("a quoted text has no backslash");
            }
            return Ok(end);
        }
    }
    if text.starts_with("$$") {
        return Err("write texts with single quotes");
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::super::{Bound, Placeholders};
    use super::Statement;

    const NAMES: &[&str] = &["1", "user"];

    fn written(text: &str, placeholders: Placeholders) -> Result<String, &'static str> {
        Statement::new(text, NAMES, placeholders).map(|statement| statement.text)
    }

    #[test]
    fn names_become_placeholders_and_nothing_else_changes() {
        let text = "select '$1', \"$user\" -- $1\n from t where a=$user and (id = $1 or b = $user) /* $x */";
        let with = |user: &str, one: &str| {
            format!("select '$1', \"$user\" -- $1\n from t where a={user} and (id = {one} or b = {user}) /* $x */")
        };
        assert_eq!(written(text, Placeholders::Dollar), Ok(with("$2", "$1")));
        assert_eq!(written(text, Placeholders::Numbered), Ok(with("?2", "?1")));
        assert_eq!(written(text, Placeholders::Plain), Ok(with("?", "?")));
        let statement = Statement::new(text, NAMES, Placeholders::Plain).unwrap();
        let (id, user) = (Bound::Integer(7), Bound::Text("ada".to_owned()));
        assert_eq!(
            statement.in_order(&[id.clone(), user.clone()]),
            [user.clone(), id, user]
        );
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for text in [
            "delete from t where id = $1 and o = $user",
            "select 1 from t where id = $2 and o = $user",
            "select 1 from t where id = $1; delete from t",
            "select 1 from t where id = '$1",
            "select 1 from t where id = '\\' or $1 = '",
            "select $$ $1 $$",
            "",
        ] {
            assert!(written(text, Placeholders::Dollar).is_err(), "{text}");
        }
        assert!(written("select 1 where ? = $1", Placeholders::Numbered).is_err());
        assert!(
            written(
                "with x as (select 1) select 1 from x where $1 = $user;",
                Placeholders::Plain
            )
            .is_ok()
        );
    }
}
