//! Takes typed values out of parsed TOML, and collects what does not fit instead of stopping there.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::Key;
use crate::{ConfigError, closest};

/// A value with its place.
pub(crate) type Value<'text> = Spanned<DeValue<'text>>;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    errors: Vec<ConfigError>,
}

impl Reader {
    /// Records a mistake.
    pub(crate) fn error(&mut self, span: Range<usize>, message: String, help: Vec<String>) {
        self.errors.push(ConfigError {
            span,
            message,
            label: String::new(),
            help,
        });
    }

    /// Records a mistake with a word about the marked text.
    pub(crate) fn labelled(&mut self, span: Range<usize>, message: String, label: &str, help: Vec<String>) {
        self.errors.push(ConfigError {
            span,
            message,
            label: label.to_owned(),
            help,
        });
    }

    /// Every mistake in the order of the file.
    pub(crate) fn into_errors(self) -> Vec<ConfigError> {
        let mut errors = self.errors;
        errors.sort_by(|left, right| {
            (left.span.start, left.span.end, &left.message).cmp(&(right.span.start, right.span.end, &right.message))
        });
        errors
    }

    /// The known keys of `table` that are there; each other key is a mistake.
    pub(crate) fn known<'table, 'text>(
        &mut self,
        table: &'table DeTable<'text>,
        path: &str,
        keys: &'static [Key],
    ) -> Vec<(&'static Key, &'table Value<'text>)> {
        let mut found = Vec::new();
        for (name, value) in table {
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => found.push((key, value)),
                None => self.unknown(name, path, keys),
            }
        }
        found
    }

    fn unknown(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, path: &str, keys: &[Key]) {
        let name_text = name.get_ref().as_ref();
        let message = if path.is_empty() {
            format!("unknown section `{name_text}`")
        } else {
            format!("unknown key `{name_text}` in `[{path}]`")
        };
        let meant = closest(name_text, keys.iter().map(|key| key.name));
        let help = meant.map_or_else(
            || {
                let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
                format!("known here: {}", names.join(", "))
            },
            |meant| format!("did you mean `{meant}`?"),
        );
        self.error(name.span(), message, vec![help]);
    }

    /// A table.
    pub(crate) fn table<'value, 'text>(
        &mut self,
        value: &'value Value<'text>,
        path: &str,
    ) -> Option<&'value DeTable<'text>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_kind(value, path, "a table", format!("write it as a section: `[{path}]`"));
        }
        table
    }

    /// The items of a list.
    pub(crate) fn list<'value, 'text>(
        &mut self,
        value: &'value Value<'text>,
        path: &str,
        example: &str,
    ) -> impl Iterator<Item = &'value Value<'text>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.wrong_kind(value, path, "a list", format!("for example {example}"));
        }
        array.into_iter().flat_map(|array| array.iter())
    }

    /// The strings of a list, with their places.
    pub(crate) fn texts<'value>(
        &mut self,
        value: &'value Value<'_>,
        path: &str,
        example: &str,
    ) -> Vec<(&'value str, Range<usize>)> {
        let items: Vec<_> = self.list(value, path, example).collect();
        items
            .into_iter()
            .filter_map(|item| {
                let text = item.get_ref().as_str();
                if text.is_none() {
                    self.wrong_kind(item, path, "a list of strings", format!("for example {example}"));
                }
                Some((text?, item.span()))
            })
            .collect()
    }

    /// A string.
    pub(crate) fn text(&mut self, value: &Value<'_>, path: &str, example: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_kind(value, path, "a string", format!("for example {example}"));
        }
        text
    }

    /// One of several strings.
    pub(crate) fn choice(
        &mut self,
        value: &Value<'_>,
        path: &str,
        known: &'static [&'static str],
    ) -> Option<&'static str> {
        let names: Vec<String> = known.iter().map(|name| format!("`\"{name}\"`")).collect();
        let help = match names.as_slice() {
            [only] => format!("write {only}"),
            names => format!("write one of {}", names.join(", ")),
        };
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_kind(value, path, "a string", help);
            return None;
        };
        let found = known.iter().find(|name| **name == text).copied();
        if found.is_none() {
            let meant = closest(text, known.iter().copied());
            let help = meant.map_or(help, |meant| format!("did you mean `\"{meant}\"`?"));
            self.error(value.span(), format!("`{path}` cannot be `{text}`"), vec![help]);
        }
        found
    }

    /// Several of some strings.
    pub(crate) fn choices(
        &mut self,
        value: &Value<'_>,
        path: &str,
        known: &'static [&'static str],
    ) -> Vec<&'static str> {
        let example = known.first().map_or_else(String::new, |name| format!("`[\"{name}\"]`"));
        let items: Vec<_> = self.list(value, path, &example).collect();
        items
            .into_iter()
            .filter_map(|item| self.choice(item, path, known))
            .collect()
    }

    /// A whole number from 1.
    pub(crate) fn number(&mut self, value: &Value<'_>, path: &str) -> Option<u64> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| integer.as_str().parse::<u64>().ok())
            .filter(|number| *number > 0);
        if number.is_none() {
            self.wrong_kind(
                value,
                path,
                "a whole number from 1",
                format!("write `{} = 1000`", last(path)),
            );
        }
        number
    }

    /// True or false.
    pub(crate) fn flag(&mut self, value: &Value<'_>, path: &str) -> Option<bool> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(
                value,
                path,
                "`true` or `false`",
                format!("write `{} = true`", last(path)),
            );
        }
        flag
    }

    /// Records that a value is of another kind than its key demands.
    pub(crate) fn wrong_kind(&mut self, value: &Value<'_>, path: &str, wanted: &str, help: String) {
        let found = kind_of(value.get_ref());
        self.error(
            value.span(),
            format!("`{path}` must be {wanted}, not {found}"),
            vec![help],
        );
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}

const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
