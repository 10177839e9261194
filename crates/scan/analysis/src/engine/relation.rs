//! How tables hang together, as far as queries show it: which table one is about, under which record something is put,
//! whose rows it was made from.

use portcullis_source::ir::Text;

use super::effect::words_of;
use crate::value::{Field, Origin, Query, Source, Value};

/// How deep values are searched.
const DEPTH_LIMIT: u32 = 4;
/// More columns than any check looks at.
const KEY_LIMIT: usize = 8;

/// The table of a query, in the singular: by the table that it was given, or by what it was reached through,
/// `prisma.document.findFirst`.
pub(super) fn table(query: &Query, label: &str) -> Option<Text> {
    if let Some(table) = query.about.as_ref().or(query.table.as_ref()) {
        return Some(singular(table));
    }
    let parts: Vec<&str> = label.split('.').collect();
    let (_, rest) = parts.split_first()?;
    let (_, path) = rest.split_last()?;
    let table = path.last()?;
    let is_step = matches!(
        *table,
        "query"
            | "select"
            | "selectDistinct"
            | "insert"
            | "update"
            | "delete"
            | "from"
            | "into"
            | "where"
            | "set"
            | "values"
            | "returning"
            | "with"
            | "$transaction"
            | "rpc"
            | "raw"
            | "db"
            | "client"
            | "schema"
    );
    (!is_step).then(|| singular(table))
}

/// The table that a row was read from.
pub(super) fn table_read(source: &Source) -> Option<Text> {
    match source {
        Source::Read { by, .. } => by.relation.clone(),
        _ => None,
    }
}

/// How other tables call the id of a record of this one: `documentid`.
pub(super) fn id_of(table: &str) -> Text {
    Text::from(format!("{table}id").as_str())
}

/// The ids that a condition on the caller and on values of the client is about, `documentid`, and those of the rows that
/// it was made from: the group that a post is in.
pub(super) fn keys(query: &Query, table: Option<&str>, given: &Origin) -> Vec<Text> {
    let mut keys: Vec<Text> = Vec::new();
    for source in given.sources() {
        if let Source::Read { by, .. } = source
            && by.client
            && let Some(table) = &by.relation
        {
            keys.push(id_of(table));
        }
    }
    for (column, origin) in conditions(query) {
        let is_named = origin.has(Origin::CLIENT | Origin::FOREIGN) && !origin.has(Origin::IDENTITY);
        let key = match table {
            Some(table) if names_row(&column) => id_of(table),
            _ => column,
        };
        if is_named && key.ends_with("id") && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Whether the client takes part in naming the row, or the person whose row it is.
pub(super) fn names_other(query: &Query) -> bool {
    conditions(query)
        .iter()
        .any(|(column, origin)| origin.has(Origin::CLIENT) && (names_row(column) || super::query::names_owner(column)))
}

fn names_row(column: &str) -> bool {
    matches!(column, "id" | "slug" | "uuid" | "publicid")
}

/// The columns that select, each with what it is compared to.
fn conditions(query: &Query) -> Vec<(Text, Origin)> {
    let mut conditions = Vec::new();
    for value in &query.selects {
        collect_conditions(value, 0, &mut conditions);
    }
    conditions
}

fn collect_conditions(value: &Value, depth: u32, conditions: &mut Vec<(Text, Origin)>) {
    if depth > DEPTH_LIMIT || conditions.len() >= KEY_LIMIT {
        return;
    }
    match value {
        Value::Object(object) => {
            for (name, field) in &object.fields {
                let Field::Value(value) = field else { continue };
                if matches!(value, Value::Object(_) | Value::Array(_)) {
                    collect_conditions(value, depth + 1, conditions);
                } else {
                    conditions.push((plain(name), value.origin()));
                }
            }
        }
        Value::Array(array) => {
            for item in &array.items {
                collect_conditions(item, depth + 1, conditions);
            }
        }
        // `and(eq(posts.id, id), eq(posts.ownerId, user.id))`: the first argument names the column.
        Value::Model(condition) => match &condition.options {
            Some(Value::Array(several)) => {
                for item in &several.items {
                    collect_conditions(item, depth + 1, conditions);
                }
            }
            Some(Value::Model(column)) if !column.label.is_empty() => {
                let name = column.label.rsplit('.').next().unwrap_or_default();
                conditions.push((plain(name), condition.origin.clone()));
            }
            _ => {}
        },
        _ => {}
    }
}

/// The records that the client names, and that something is put under, `{ documentId }` and
/// `{ document: { connect: { id } } }`, or made from; and whether they may be those of others.
pub(super) fn uses(data: &[Value], given: &Origin) -> Vec<(Text, bool)> {
    let mut uses = Vec::new();
    for value in data {
        collect_parents(value, None, 0, &mut uses);
    }
    let mut sources = given.clone();
    data.iter().for_each(|value| sources.add(&value.origin()));
    for source in sources.sources() {
        let Source::Read { by, .. } = source else { continue };
        let Some(table) = by.relation.as_ref().filter(|_| by.client) else {
            continue;
        };
        let key = id_of(table);
        let of_others = by.alone && sources.has(Origin::FOREIGN);
        if uses.len() < KEY_LIMIT && !uses.contains(&(Text::clone(&key), of_others)) {
            uses.push((key, of_others));
        }
    }
    uses
}

fn collect_parents(value: &Value, relation: Option<&str>, depth: u32, parents: &mut Vec<(Text, bool)>) {
    if depth > DEPTH_LIMIT {
        return;
    }
    let object = match value {
        Value::Object(object) => object,
        Value::Array(array) => {
            for item in array.items.iter().chain(&array.rest) {
                collect_parents(item, relation, depth + 1, parents);
            }
            return;
        }
        _ => return,
    };
    for (name, field) in &object.fields {
        let Field::Value(value) = field else { continue };
        if matches!(value, Value::Object(_)) {
            let relation = if &**name == "connect" { relation } else { Some(&**name) };
            collect_parents(value, relation, depth + 1, parents);
            continue;
        }
        let key = match relation {
            Some(relation) if &**name == "id" => id_of(&singular(relation)),
            _ => plain(name),
        };
        let is_parent = key.len() > 2 && key.ends_with("id") && !super::query::names_owner(&key);
        if !is_parent || parents.len() >= KEY_LIMIT {
            continue;
        }
        if let Some(of_others) = named(value) {
            parents.push((key, of_others));
        }
    }
}

/// Whether the client takes part in naming a record, and if so, whether it may be one of others.
fn named(value: &Value) -> Option<bool> {
    let origin = value.origin();
    if !origin.has(Origin::CLIENT | Origin::FOREIGN) {
        return None;
    }
    Some(!origin.has(Origin::IDENTITY) && (origin.has(Origin::FOREIGN) || !origin.has(Origin::ROW)))
}

/// `document` of `documents`, `Document` and `app_documents`: the last word, in the singular, with those before it.
fn singular(table: &str) -> Text {
    let mut words = words_of(table);
    if let Some(last) = words.last_mut() {
        let one = match last.strip_suffix("ies") {
            Some(stem) if stem.len() > 1 => format!("{stem}y"),
            _ => match last.strip_suffix('s') {
                Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
                _ => last.clone(),
            },
        };
        *last = one;
    }
    Text::from(words.concat().as_str())
}

/// Letters and digits, in lower case.
fn plain(name: &str) -> Text {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    Text::from(name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::{id_of, singular, table};
    use crate::value::Query;

    #[test]
    fn tables_are_read_from_labels() {
        let none = Query::default();
        assert_eq!(table(&none, "prisma.document.findFirst").as_deref(), Some("document"));
        assert_eq!(
            table(&none, "db.query.teamMembers.findFirst").as_deref(),
            Some("teammember")
        );
        assert_eq!(table(&none, "db.select.from.where"), None);
        assert_eq!(table(&none, "query"), None);
        assert_eq!(&*id_of(&singular("categories")), "categoryid");
        assert_eq!(&*singular("address"), "address");
    }
}
