//! `drizzle-zod`: schemas that are made of a table. The table's columns say what an insert accepts, approximately: what
//! a database takes and what the library checks differ between versions.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::Meaning;
use super::reader::Reader;
use super::shape::{Kind, NumberChecks, ObjectShape, Others, Shape, Shared, TextChecks};
use super::zod;

/// A column of a table, as its declaration says it.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    kind: ColumnKind,
    is_required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Text,
    Number,
    Boolean,
    Other,
}

impl Column {
    /// The column after a method of its declaration.
    pub(crate) fn with(&self, name: &str, _arguments: &[Meaning]) -> Self {
        let mut column = self.clone();
        match name {
            "notNull" => column.is_required = true,
            "array" | "$type" => column.kind = ColumnKind::Other,
            _ => {}
        }
        if matches!(
            name,
            "default"
                | "defaultNow"
                | "defaultRandom"
                | "$default"
                | "$defaultFn"
                | "$onUpdate"
                | "$onUpdateFn"
                | "primaryKey"
                | "generatedAlwaysAs"
                | "generatedAlwaysAsIdentity"
                | "generatedByDefaultAsIdentity"
                | "autoincrement"
        ) {
            // It can be left out from here on, whatever `notNull` says later.
            column.kind = ColumnKind::Other;
        }
        column
    }

    fn shape(&self, place: Place) -> Shared {
        let kind = match self.kind {
            ColumnKind::Text => Kind::Text(TextChecks {
                is_limited: true,
                ..TextChecks::default()
            }),
            ColumnKind::Number => Kind::Number(NumberChecks::default()),
            ColumnKind::Boolean => Kind::Boolean,
            ColumnKind::Other => return zod::made(place, true),
        };
        let shape = Shape::new(place, kind);
        if self.is_required {
            shape
        } else {
            shape.nullable().optional(false)
        }
    }
}

/// `pgTable('users', { ... })`, and the functions that make its columns.
pub(crate) fn declare(path: &[Text], arguments: &[Meaning]) -> Meaning {
    let [name] = path else { return Meaning::Unknown };
    let is_mode = |wanted: &str| {
        arguments.iter().any(|argument| {
            argument
                .field("mode")
                .and_then(Meaning::text)
                .is_some_and(|mode| &**mode == wanted)
        })
    };
    let kind = match &**name {
        "pgTable" | "mysqlTable" | "sqliteTable" => return table(arguments),
        "text" | "varchar" | "char" | "uuid" if !is_mode("json") => ColumnKind::Text,
        "integer" | "int" | "smallint" | "real" | "doublePrecision" | "mediumint" | "tinyint"
            if arguments.iter().all(|argument| argument.field("mode").is_none()) =>
        {
            ColumnKind::Number
        }
        "boolean" => ColumnKind::Boolean,
        _ => ColumnKind::Other,
    };
    Meaning::Column(Column {
        kind,
        is_required: false,
    })
}

fn table(arguments: &[Meaning]) -> Meaning {
    let Some(Meaning::Object(object)) = arguments.get(1) else {
        return Meaning::Unknown;
    };
    if object.is_open {
        return Meaning::Unknown;
    }
    let columns = object.fields.iter().map(|(name, value)| {
        let column = match value {
            Meaning::Column(column) => column.clone(),
            _ => Column {
                kind: ColumnKind::Other,
                is_required: false,
            },
        };
        (Text::clone(name), column)
    });
    Meaning::Table(Arc::new(columns.collect()))
}

/// `createInsertSchema(table, refinements)`
pub(crate) fn schema(reader: &mut Reader<'_, '_>, path: &[Text], arguments: &[Meaning], place: Place) -> Meaning {
    let [name] = path else { return Meaning::Unknown };
    let is_insert = match &**name {
        "createInsertSchema" => true,
        "createUpdateSchema" | "createSelectSchema" => false,
        _ => return Meaning::Unknown,
    };
    let object = ObjectShape {
        fields: match arguments.first() {
            Some(Meaning::Table(columns)) if is_insert => columns
                .iter()
                .map(|(name, column)| (Text::clone(name), column.shape(place)))
                .collect(),
            _ => Vec::new(),
        },
        others: Others::Stripped,
    };
    let mut object = object;
    match arguments.get(1) {
        None => {}
        Some(Meaning::Object(changes)) if !changes.is_open => {
            for (name, change) in &changes.fields {
                let own = object.fields.iter_mut().find(|(own, _)| own == name);
                let before = own.as_ref().map(|(_, shape)| Shared::clone(shape));
                let after = match change {
                    Meaning::Schema(shape) => Shared::clone(shape),
                    Meaning::Function(closure) => {
                        // The function gets the column's schema before it is made optional.
                        let plain = before.as_ref().map_or_else(|| zod::made(place, true), plain);
                        let made = reader.invoke(closure, &[Meaning::Schema(plain)]).schema_or_open(place);
                        match before.as_ref().map(|before| &before.kind) {
                            Some(Kind::Optional { .. }) => made.nullable().optional(false),
                            _ => made,
                        }
                    }
                    _ => zod::made(place, true),
                };
                match own {
                    Some((_, shape)) => *shape = after,
                    None => object.fields.push((Text::clone(name), after.optional(false))),
                }
            }
        }
        Some(_) => object.fields.clear(),
    }
    Meaning::Schema(Shape::new(place, Kind::Object(object)).noted("drizzle-zod"))
}

fn plain(shape: &Shared) -> Shared {
    match &shape.kind {
        Kind::Optional { inner, .. } | Kind::Nullable(inner) => plain(inner),
        _ => Shared::clone(shape),
    }
}
