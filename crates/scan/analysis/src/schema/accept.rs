//! Whether a shape accepts `undefined` or `null`. Where that is not sure, it does.

use std::collections::BTreeMap;

use portcullis_source::ir::Text;

use super::shape::{Anything, Definition, Kind, Literal, Shape, Shared};

/// The recursive schemas, each with its name.
pub(crate) type Definitions = BTreeMap<Definition, (Text, Shared)>;

/// How deep shapes are looked into.
const DEPTH_LIMIT: u32 = 64;

/// How many shapes are looked at for one answer: shapes that are shared count each time that they are met.
const SIZE_LIMIT: u32 = 500;

/// Whether `undefined` is accepted; a field that accepts it may be missing.
pub(crate) fn undefined(shape: &Shape, definitions: &Definitions) -> bool {
    accepts(shape, &Literal::Undefined, definitions, 0, &mut 0)
}

/// Whether `null` is accepted.
pub(crate) fn null(shape: &Shape, definitions: &Definitions) -> bool {
    accepts(shape, &Literal::Null, definitions, 0, &mut 0)
}

fn accepts(shape: &Shape, value: &Literal, definitions: &Definitions, depth: u32, size: &mut u32) -> bool {
    *size += 1;
    if depth > DEPTH_LIMIT || *size > SIZE_LIMIT {
        return true;
    }
    let mut inner = |shape: &Shape| accepts(shape, value, definitions, depth + 1, size);
    let is_undefined = *value == Literal::Undefined;
    match &shape.kind {
        Kind::Anything(Anything::Made { undefined }) => *undefined || !is_undefined,
        Kind::Anything(_) => true,
        Kind::Never
        | Kind::Boolean
        | Kind::Object(_)
        | Kind::Array { .. }
        | Kind::Tuple { .. }
        | Kind::Record { .. } => false,
        Kind::Null => !is_undefined,
        Kind::Native(name) => is_undefined && *name == "undefined",
        Kind::Text(checks) => checks.coerced,
        // `Number(null)` is zero, `Number(undefined)` is not a number.
        Kind::Number(checks) => checks.coerced && !is_undefined,
        Kind::Literal(values) => values.contains(value),
        Kind::Union(options) => options.iter().any(|option| inner(option)),
        Kind::Intersection(left, right) => inner(left) && inner(right),
        Kind::Optional { inner: shape, .. } => is_undefined || inner(shape),
        Kind::Nullable(shape) => !is_undefined || inner(shape),
        Kind::Reference(definition) => definitions.get(definition).is_none_or(|(_, shape)| inner(shape)),
    }
}
