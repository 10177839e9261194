//! What a value was made from, without where: what most questions ask.

use super::{DEPTH_LIMIT, Field, Value};

/// The kinds of sources that an [`Origin`](super::Origin) has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bits(u32);

impl Bits {
    pub(crate) const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

impl std::ops::BitOr for Bits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Value {
    /// The kinds of what it was made from, in all its parts: those of [`Value::origin`].
    pub(crate) fn bits(&self) -> Bits {
        let mut bits = 0;
        self.collect_bits(&mut bits, 0);
        Bits(bits)
    }

    fn collect_bits(&self, bits: &mut u32, depth: u32) {
        if depth > DEPTH_LIMIT {
            return;
        }
        let mut all = |values: &[Self]| values.iter().for_each(|value| value.collect_bits(bits, depth + 1));
        match self {
            Self::Abstract(value) => *bits |= value.origin.bits,
            Self::Model(model) => *bits |= model.origin.bits,
            Self::Object(object) => {
                for (_, field) in &object.fields {
                    if let Field::Value(value) = field {
                        value.collect_bits(bits, depth + 1);
                    }
                }
                if let Some(open) = &object.open {
                    open.collect_bits(bits, depth + 1);
                }
            }
            Self::Array(array) => {
                all(&array.items);
                all(array.rest.as_slice());
            }
            Self::Promise(settled) => match &**settled {
                Ok(value) | Err(value) => value.collect_bits(bits, depth + 1),
            },
            Self::Union(options) => all(options),
            Self::Native(native) => {
                all(native.this.as_slice());
                all(&native.extra);
            }
            _ => {}
        }
    }
}
