//! A number for a value: what is looked up by values is compared by numbers first.

use std::hash::Hash as _;

use rustc_hash::FxHasher;

use super::{Field, Value};

/// How deep fingerprints look.
const FINGERPRINT_DEPTH: u32 = 4;

impl Value {
    /// What tells most values apart at once; the same for equal ones.
    pub(crate) fn fingerprint(&self, hasher: &mut FxHasher, depth: u32) {
        std::mem::discriminant(self).hash(hasher);
        if depth >= FINGERPRINT_DEPTH {
            return;
        }
        let all = |values: &[Self], hasher: &mut FxHasher| {
            values.len().hash(hasher);
            values.iter().for_each(|value| value.fingerprint(hasher, depth + 1));
        };
        match self {
            Self::Undefined | Self::Null | Self::Built(_) => {}
            Self::Boolean(value) => value.hash(hasher),
            Self::Number(value) => value.to_bits().hash(hasher),
            Self::Text(text) => text.hash(hasher),
            Self::Object(object) => {
                object.fields.len().hash(hasher);
                for (name, field) in &object.fields {
                    name.len().hash(hasher);
                    if let Field::Value(value) = field {
                        value.fingerprint(hasher, depth + 1);
                    }
                }
                object.open.iter().for_each(|open| open.fingerprint(hasher, depth + 1));
            }
            Self::Array(array) => {
                all(&array.items, hasher);
                array.rest.iter().for_each(|rest| rest.fingerprint(hasher, depth + 1));
            }
            Self::Function(closure) => {
                (closure.file, closure.function, closure.scope).hash(hasher);
                all(&closure.bound, hasher);
            }
            Self::Class(class) => (class.file, class.class, class.scope).hash(hasher),
            Self::Namespace(file) => file.hash(hasher),
            Self::Promise(settled) => match &**settled {
                Ok(value) | Err(value) => value.fingerprint(hasher, depth + 1),
            },
            Self::Native(native) => native.name.hash(hasher),
            Self::Member(bound) => bound.name.hash(hasher),
            Self::Model(model) => {
                model.label.hash(hasher);
                model.origin.bits.hash(hasher);
            }
            Self::Abstract(inner) => (inner.origin.bits, inner.truth, inner.present).hash(hasher),
            Self::Union(options) => all(options, hasher),
        }
    }
}
