//! When two calls are the same: equal values, with the same objects shared in the same places.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::document::NodeId;
use crate::value::{Kind, Value};

impl PartialEq for Call {
    /// The dialect is a property of a body, and does not count.
    fn eq(&self, other: &Self) -> bool {
        let head =
            self.action == other.action && self.transport == other.transport && self.state_key == other.state_key;
        head && self.described == other.described && self.arguments.len() == other.arguments.len() && {
            let pairs = self.arguments().zip(other.arguments()).collect();
            same(pairs)
        }
    }
}

fn same(mut pairs: Vec<(Value<'_>, Value<'_>)>) -> bool {
    let mut partners: [BTreeMap<NodeId, NodeId>; 2] = Default::default();
    while let Some((left, right)) = pairs.pop() {
        if is_object(left.kind()) {
            let [forth, back] = &mut partners;
            match (forth.insert(left.id(), right.id()), back.insert(right.id(), left.id())) {
                (None, None) => {}
                (Some(partner), Some(other)) if partner == right.id() && other == left.id() => continue,
                _ => return false,
            }
        }
        match (left.kind(), right.kind()) {
            (Kind::Undefined, Kind::Undefined)
            | (Kind::Null, Kind::Null)
            | (Kind::TemporaryReference, Kind::TemporaryReference) => {}
            (Kind::Boolean(left), Kind::Boolean(right)) if left == right => {}
            (Kind::Number(left), Kind::Number(right))
                if left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan()) => {}
            (Kind::BigInt(left), Kind::BigInt(right)) if left == right => {}
            (Kind::String(left), Kind::String(right)) | (Kind::Symbol(left), Kind::Symbol(right)) if left == right => {}
            (Kind::Date(left), Kind::Date(right)) if left == right => {}
            (Kind::Array(left), Kind::Array(right))
            | (Kind::Set(left), Kind::Set(right))
            | (Kind::Iterator(left), Kind::Iterator(right))
                if left.len() == right.len() =>
            {
                pairs.extend(left.iter().zip(right.iter()));
            }
            (Kind::Map(left), Kind::Map(right)) if left.iter().count() == right.iter().count() => {
                for ((key, value), (other_key, other_value)) in left.iter().zip(right.iter()) {
                    pairs.extend([(key, other_key), (value, other_value)]);
                }
            }
            (Kind::Object(left), Kind::Object(right)) | (Kind::FormData(left), Kind::FormData(right))
                if left.len() == right.len() =>
            {
                for ((key, value), (other_key, other_value)) in left.iter().zip(right.iter()) {
                    if key != other_key {
                        return false;
                    }
                    pairs.push((value, other_value));
                }
            }
            (Kind::File(left), Kind::File(right))
                if left.name() == right.name() && left.mime() == right.mime() && left.content() == right.content() => {}
            (Kind::Bytes(left, bytes), Kind::Bytes(right, other)) if left == right && bytes == other => {}
            (Kind::Promise(left), Kind::Promise(right)) => pairs.push((left, right)),
            (Kind::Stream(left), Kind::Stream(right))
                if left.kind == right.kind && left.chunks().len() == right.chunks().len() =>
            {
                pairs.extend(left.chunks().iter().zip(right.chunks().iter()));
                pairs.extend(left.returned().zip(right.returned()));
            }
            (Kind::ServerReference(left), Kind::ServerReference(right))
                if left.id == right.id && left.bound.len() == right.bound.len() =>
            {
                pairs.extend(left.bound.iter().zip(right.bound.iter()));
            }
            _ => return false,
        }
    }
    true
}

/// Whether JavaScript can tell two equal ones apart.
fn is_object(kind: Kind<'_>) -> bool {
    !matches!(
        kind,
        Kind::Undefined
            | Kind::Null
            | Kind::Boolean(_)
            | Kind::Number(_)
            | Kind::BigInt(_)
            | Kind::String(_)
            | Kind::Symbol(_)
            | Kind::Date(_)
    )
}
