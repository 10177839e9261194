//! What of an action's result may leave: the list of fields in the policy, applied to one row of JSON at a time. What a
//! field that stays refers to stays; what only dropped fields refer to is blanked.

pub(crate) mod rows;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep rules and inlined values go.
const DEEPEST: usize = 64;
/// How much longer than four times its length a row may become by what is written out.
const LARGEST_GROWTH: usize = 64 << 10;

/// The fields that may leave, by name. A list has the rules of its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// All of it.
    Everything,
    /// Nothing of it.
    Nothing,
    /// These fields.
    Fields(BTreeMap<String, Self>),
}

impl Allowed {
    /// From the policy's list: `id`, `owner.name`.
    pub(crate) fn new(names: &[String]) -> Self {
        let mut root = Self::Fields(BTreeMap::new());
        for name in names {
            root.add(&name.split('.').collect::<Vec<_>>());
        }
        root
    }

    fn add(&mut self, path: &[&str]) {
        match (self, path.split_first()) {
            (this, None) => *this = Self::Everything,
            (Self::Fields(fields), Some((first, rest))) => {
                let empty = || Self::Fields(BTreeMap::new());
                fields.entry((*first).to_owned()).or_insert_with(empty).add(rest);
            }
            (_, Some(_)) => {}
        }
    }

    /// The same, at the end of a path.
    fn below(self, path: &[String]) -> Self {
        let names = path.iter().rev().filter(|step| step.parse::<usize>().is_err());
        names.fold(self, |rule, name| Self::Fields(BTreeMap::from([(name.clone(), rule)])))
    }

    fn field(&self, name: &str) -> &Self {
        match self {
            Self::Everything => &Self::Everything,
            Self::Nothing => &Self::Nothing,
            Self::Fields(fields) => fields.get(name).unwrap_or(&Self::Nothing),
        }
    }

    /// Both together.
    fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (Self::Nothing, one) | (one, Self::Nothing) => one.clone(),
            (Self::Fields(left), Self::Fields(right)) => {
                let mut fields = left.clone();
                for (name, rule) in right {
                    let both = fields.get(name).map_or_else(|| rule.clone(), |one| one.or(rule));
                    fields.insert(name.clone(), both);
                }
                Self::Fields(fields)
            }
        }
    }
}

/// A value that refers to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `@`, `L`, `Q` ...; none for a model.
    kind: Option<char>,
    row: u32,
    path: Vec<String>,
}

impl Reference {
    /// Reads a string of a row, without its quotes.
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('$')?;
        let first = rest.chars().next()?;
        let (kind, rest) = match first {
            '@' | 'L' | 'Q' | 'W' | 'K' | 'B' | 'i' | 'h' | 'F' | 'E' | 'Y' => (Some(first), rest.get(1..)?),
            _ => (None, rest),
        };
        let mut parts = rest.split(':');
        let digits = parts.next()?;
        let is_hex =
            (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let row = is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()?;
        Some(Self {
            kind,
            row,
            path: parts.map(str::to_owned).collect(),
        })
    }

    /// Whether the row is the value, and not something that holds values in another form.
    const fn is_plain(&self) -> bool {
        matches!(self.kind, None | Some('@' | 'L'))
    }
}

/// One level of JSON, with everything below as it stands.
enum Level<'a> {
    Object(Vec<(String, &'a RawValue)>),
    Array(Vec<&'a RawValue>),
    Text(String),
    Other,
}

impl<'a> Level<'a> {
    fn of(raw: &'a str) -> Option<Self> {
        serde_json::from_str(raw).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Level<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Levels;
        impl<'de> Visitor<'de> for Levels {
            type Value = Level<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Level<'de>, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Level::Object(fields))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Level<'de>, S::Error> {
                let mut items = Vec::new();
                while let Some(item) = sequence.next_element()? {
                    items.push(item);
                }
                Ok(Level::Array(items))
            }

            fn visit_str<E>(self, text: &str) -> Result<Level<'de>, E> {
                Ok(Level::Text(text.to_owned()))
            }

            fn visit_unit<E>(self) -> Result<Level<'de>, E> {
                Ok(Level::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Level<'de>, E> {
                Ok(Level::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Level<'de>, E> {
                Ok(Level::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Level<'de>, E> {
                Ok(Level::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Level<'de>, E> {
                Ok(Level::Other)
            }
        }
        deserializer.deserialize_any(Levels)
    }
}

/// A row on its way: what it becomes, and what it says of other rows.
#[derive(Debug, Default)]
pub(crate) struct Pruned {
    /// The row's JSON.
    pub(crate) text: String,
    /// What may leave of other rows.
    pub(crate) referred: BTreeMap<u32, Allowed>,
    /// How many fields were left out.
    pub(crate) dropped: usize,
}

/// Prunes the JSON of row `id`. Nothing if it is no JSON, or too deep.
pub(crate) fn prune(id: u32, json: &str, rule: &Allowed) -> Option<Pruned> {
    let mut pruner = Pruner {
        id,
        root: json,
        rule,
        pruned: Pruned::default(),
    };
    pruner.value(json.trim(), rule, 0)?;
    Some(pruner.pruned)
}

struct Pruner<'a> {
    id: u32,
    root: &'a str,
    rule: &'a Allowed,
    pruned: Pruned,
}

impl Pruner<'_> {
    fn refer(&mut self, row: u32, rule: &Allowed) {
        let both = self
            .pruned
            .referred
            .get(&row)
            .map_or_else(|| rule.clone(), |known| known.or(rule));
        self.pruned.referred.insert(row, both);
    }

    fn value(&mut self, raw: &str, rule: &Allowed, depth: usize) -> Option<()> {
        let longest = self.root.len().saturating_mul(4).saturating_add(LARGEST_GROWTH);
        if depth > DEEPEST || self.pruned.text.len() > longest {
            return None;
        }
        match rule {
            // What refers to a field of this very row has to be looked at: the field may be gone.
            Allowed::Everything if self.refers_to_itself(raw) => self.fields(raw, rule, depth)?,
            Allowed::Everything => {
                self.scan(raw, rule);
                self.pruned.text.push_str(raw);
            }
            Allowed::Nothing => {
                self.scan(raw, rule);
                self.pruned.dropped = self.pruned.dropped.saturating_add(1);
                self.pruned.text.push_str("null");
            }
            Allowed::Fields(_) => self.fields(raw, rule, depth)?,
        }
        Some(())
    }

    fn refers_to_itself(&self, raw: &str) -> bool {
        *self.rule != Allowed::Everything
            && references(raw).any(|reference| reference.row == self.id && !reference.path.is_empty())
    }

    fn fields(&mut self, raw: &str, rule: &Allowed, depth: usize) -> Option<()> {
        match Level::of(raw)? {
            Level::Object(fields) => {
                self.pruned.text.push('{');
                let mut is_first = true;
                for (name, value) in fields {
                    if *rule.field(&name) == Allowed::Nothing {
                        self.scan(value.get(), &Allowed::Nothing);
                        self.pruned.dropped = self.pruned.dropped.saturating_add(1);
                        continue;
                    }
                    if !std::mem::take(&mut is_first) {
                        self.pruned.text.push(',');
                    }
                    self.pruned.text.push_str(&serde_json::to_string(&name).ok()?);
                    self.pruned.text.push(':');
                    self.value(value.get(), rule.field(&name), depth.saturating_add(1))?;
                }
                self.pruned.text.push('}');
            }
            Level::Array(items) => {
                // React's elements are arrays; nothing in them has the names of a policy, so they are dropped.
                if *rule != Allowed::Everything && is_element(&items) {
                    return self.value(raw, &Allowed::Nothing, depth);
                }
                self.pruned.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.pruned.text.push(',');
                    }
                    self.value(item.get(), rule, depth.saturating_add(1))?;
                }
                self.pruned.text.push(']');
            }
            Level::Text(text) => self.text(raw, &text, rule, depth)?,
            // A plain value where the policy names fields: the result itself, or an element of a list.
            Level::Other => self.pruned.text.push_str(raw),
        }
        Some(())
    }

    fn text(&mut self, raw: &str, text: &str, rule: &Allowed, depth: usize) -> Option<()> {
        let Some(reference) = Reference::read(text) else {
            self.pruned.text.push_str(raw);
            return Some(());
        };
        if !reference.is_plain() && *rule != Allowed::Everything {
            // A map, a form, a function: what they hold has no fields that a policy could name.
            return self.value(raw, &Allowed::Nothing, depth);
        }
        if reference.path.is_empty() {
            self.refer(reference.row, rule);
            self.pruned.text.push_str(raw);
            return Some(());
        }
        // Part of a row that was sent before. Where that part leaves anyway, so does the reference.
        let target = |rule: &Allowed| {
            let steps = reference.path.iter().filter(|step| step.parse::<usize>().is_err());
            steps.fold(rule.clone(), |rule, step| rule.field(step).clone())
        };
        if reference.row != self.id {
            self.refer(reference.row, &rule.clone().below(&reference.path));
            self.pruned.text.push_str(raw);
            return Some(());
        }
        if target(self.rule) == *rule {
            self.pruned.text.push_str(raw);
            return Some(());
        }
        // It was left out there, or pruned otherwise: it is written here instead.
        let mut found = self.root;
        for step in &reference.path {
            found = match Level::of(found)? {
                Level::Object(fields) => fields.into_iter().find(|(name, _)| name == step)?.1.get(),
                Level::Array(items) => items.get(step.parse::<usize>().ok()?)?.get(),
                _ => return self.value(raw, &Allowed::Nothing, depth),
            };
        }
        self.value(found, rule, depth.saturating_add(1))
    }

    /// Notes what the rows are that a value refers to.
    fn scan(&mut self, raw: &str, rule: &Allowed) {
        for reference in references(raw) {
            let rule = match rule {
                Allowed::Nothing => Allowed::Nothing,
                rule => rule.clone().below(&reference.path),
            };
            self.refer(reference.row, &rule);
        }
    }
}

/// `["$", type, key, props]`
fn is_element(items: &[&RawValue]) -> bool {
    items.first().is_some_and(|first| first.get() == "\"$\"")
}

/// Every string of a text that refers to a row. Strings are found by their quotes; one that only looks like a reference
/// does no harm.
fn references(raw: &str) -> impl Iterator<Item = Reference> {
    raw.match_indices("\"$").filter_map(|(at, _)| {
        let rest = raw.get(at.saturating_add(1)..)?;
        let end = rest.find('"')?;
        Reference::read(rest.get(..end)?)
    })
}

#[cfg(test)]
mod tests {
    use super::{Allowed, prune};

    fn allowed(names: &[&str]) -> Allowed {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Allowed::new(&names)
    }

    fn check(json: &str, names: &[&str], expected: &str, rows: &[(u32, Allowed)]) {
        let pruned = prune(1, json, &allowed(names)).unwrap();
        assert_eq!(pruned.text, expected);
        let referred: Vec<_> = pruned.referred.into_iter().collect();
        assert_eq!(referred, rows);
    }

    #[test]
    fn only_named_fields_leave() {
        check(
            r#"{"id":7,"hash":"x","owner":{"name":"Ada","mail":"a@b"},"n":1.50e3}"#,
            &["id", "owner.name", "n"],
            r#"{"id":7,"owner":{"name":"Ada"},"n":1.50e3}"#,
            &[],
        );
        check(r#"[{"id":1,"x":2},{"x":3}]"#, &["id"], r#"[{"id":1},{}]"#, &[]);
        check("null", &["id"], "null", &[]);
        check(r#""$undefined""#, &["id"], r#""$undefined""#, &[]);
        // A name is compared as it means, not as it is spelt.
        check(r#"{"\u0069d":1,"\u0068ash":2}"#, &["id"], r#"{"id":1}"#, &[]);
    }

    #[test]
    fn rows_leave_as_what_refers_to_them_does() {
        check(
            r#"{"id":"$2","list":["$@3"],"secret":"$4","map":"$Q5","title":"$6"}"#,
            &["id", "list.name", "title"],
            r#"{"id":"$2","list":["$@3"],"title":"$6"}"#,
            &[
                (2, Allowed::Everything),
                (3, allowed(&["name"])),
                (4, Allowed::Nothing),
                (5, Allowed::Nothing),
                (6, Allowed::Everything),
            ],
        );
        let map = prune(1, r#"{"map":"$Q5"}"#, &allowed(&["map.x"])).unwrap();
        assert_eq!(
            (map.text.as_str(), map.referred.get(&5)),
            (r#"{"map":null}"#, Some(&Allowed::Nothing))
        );
        let escaped = prune(1, r#"{"id":"$$2"}"#, &allowed(&["id"])).unwrap();
        assert!(escaped.referred.is_empty());
    }

    #[test]
    fn what_is_shared_with_a_dropped_field_is_written_where_it_stays() {
        check(
            r#"{"all":{"name":"Ada","hash":"x"},"author":"$1:all"}"#,
            &["author.name"],
            r#"{"author":{"name":"Ada"}}"#,
            &[],
        );
        check(
            r#"{"a":{"name":"Ada","hash":"x"},"b":"$1:a"}"#,
            &["a.name", "b.name"],
            r#"{"a":{"name":"Ada"},"b":"$1:a"}"#,
            &[],
        );
        // Through a path that ends nowhere, or into another row, nothing leaves.
        assert!(prune(1, r#"{"b":"$1:a:x"}"#, &allowed(&["b.name"])).is_none());
        check(
            r#"{"b":"$2:a:0"}"#,
            &["b.name"],
            r#"{"b":"$2:a:0"}"#,
            &[(2, allowed(&["a.name"]))],
        );
        check(
            r#"{"b":["$2:a"],"c":"$1:d","d":[1]}"#,
            &["b", "c"],
            r#"{"b":["$2:a"],"c":[1]}"#,
            &[(2, allowed(&["a"]))],
        );
        // A cycle is not followed for ever.
        assert!(prune(1, r#"{"a":{"b":"$1:a"}}"#, &allowed(&["x.y"])).is_some());
        assert!(prune(1, r#"{"s":["$1:s","$1:s"],"b":"$1:s"}"#, &allowed(&["b"])).is_none());
    }
}
