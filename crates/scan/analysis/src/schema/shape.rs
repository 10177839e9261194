//! What a schema in the source accepts, as a value: the form between the code that builds a schema and JSON Schema.
//!
//! INVARIANT: a shape accepts everything that the schema accepts. Where the reader is not sure, the shape is wider.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{Symbol, Text};

/// A shape, shared.
pub(crate) type Shared = Arc<Shape>;

/// The variable of a module that a recursive schema is stored in.
pub(crate) type Definition = (FileId, Symbol);

/// What a schema accepts.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Where it is built.
    pub(crate) place: Place,
    /// What it accepts.
    pub(crate) kind: Kind,
    /// In what respects the schema may accept less than the shape.
    pub(crate) notes: Vec<Text>,
}

/// The kinds of shapes.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Every value.
    Anything(Anything),
    /// No value.
    Never,
    /// `null`
    Null,
    /// A value that JSON does not have: `date`, `bigint`, `map`, `set`, `file`, `undefined` and so on.
    Native(&'static str),
    /// `true`, `false`
    Boolean,
    /// A string.
    Text(TextChecks),
    /// A number.
    Number(NumberChecks),
    /// One of these values.
    Literal(Vec<Literal>),
    /// An object with named fields.
    Object(ObjectShape),
    /// An array.
    Array {
        /// What each element is.
        element: Shared,
        /// How many at least.
        min: Option<u64>,
        /// How many at most.
        max: Option<u64>,
    },
    /// An array with a shape for each place.
    Tuple {
        /// The places.
        items: Vec<Shared>,
        /// What follows them; nothing may if there is none.
        rest: Option<Shared>,
    },
    /// An object whose keys are data.
    Record {
        /// What each key is; none if that can't be said.
        key: Option<Shared>,
        /// What each value is.
        value: Shared,
    },
    /// One of several.
    Union(Vec<Shared>),
    /// Both.
    Intersection(Shared, Shared),
    /// `undefined` as well; `is_default` if the schema puts a value in its place.
    Optional {
        /// What else.
        inner: Shared,
        /// Whether it has a default.
        is_default: bool,
    },
    /// `null` as well.
    Nullable(Shared),
    /// The recursive schema in a variable.
    Reference(Definition),
}

/// Why a shape accepts every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anything {
    /// The schema says so in as many words: `z.any()`.
    Any,
    /// `z.unknown()`: the code has to look at the value before it can use it.
    Unknown,
    /// It makes what it needs out of every value: `coerce`, `catch`, `preprocess`; whether `undefined` is such a value.
    Made {
        /// Whether `undefined` is accepted.
        undefined: bool,
    },
    /// The code that builds it was not understood.
    Unread,
}

/// What a string has to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextChecks {
    /// Any value is turned into a string first.
    pub(crate) coerced: bool,
    /// What was done to the string before what follows is checked.
    pub(crate) change: Change,
    /// UTF-16 units at least.
    pub(crate) min: Option<u64>,
    /// UTF-16 units at most.
    pub(crate) max: Option<u64>,
    /// Patterns that it matches, in the portable dialect.
    pub(crate) patterns: Vec<String>,
    /// The name of its format.
    pub(crate) format: Option<Text>,
    /// Something other than `max` limits its length, or may: a format, a pattern, a check in code.
    pub(crate) is_limited: bool,
}

/// What was done to a string before the checks that follow, so that these say little about what came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Nothing.
    #[default]
    None,
    /// It is not longer than it was.
    Shortened,
    /// It may be longer or shorter; the empty string is still empty.
    Reworked,
    /// It may be any other string.
    Replaced,
}

/// What a number has to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberChecks {
    /// Any value is turned into a number first.
    pub(crate) coerced: bool,
    /// Without a fraction.
    pub(crate) integer: bool,
    /// At least.
    pub(crate) min: Option<f64>,
    /// Greater than.
    pub(crate) above: Option<f64>,
    /// At most.
    pub(crate) max: Option<f64>,
    /// Less than.
    pub(crate) below: Option<f64>,
    /// A multiple of this.
    pub(crate) step: Option<f64>,
}

impl NumberChecks {
    /// The step, where it divides without a doubt. Zod tolerates what rounding of fractions or of large numbers may have
    /// done, so it has to be a whole number, and the range small.
    pub(crate) fn exact_step(&self) -> Option<f64> {
        const RATIO: f64 = 1e12;
        let low = self.min.or(self.above)?;
        let high = self.max.or(self.below)?;
        self.step.filter(|step| {
            self.integer
                && !self.coerced
                && *step >= 1.0
                && step.fract() == 0.0
                && low.abs().max(high.abs()) / step < RATIO
        })
    }
}

/// An object with named fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectShape {
    /// The fields, in the order of the source.
    pub(crate) fields: Vec<(Text, Shared)>,
    /// What other keys may hold.
    pub(crate) others: Others,
}

/// What keys without a field may hold.
#[derive(Debug, Clone, Default)]
pub(crate) enum Others {
    /// They are dropped.
    #[default]
    Stripped,
    /// There may be none.
    Refused,
    /// They are kept as they are; where the code says so.
    Kept(Place),
    /// They are of this shape.
    Checked(Shared),
}

/// A constant value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Text),
    /// A big integer.
    BigInt,
}

impl Shape {
    /// A shape without notes.
    pub(crate) fn new(place: Place, kind: Kind) -> Shared {
        Arc::new(Self {
            place,
            kind,
            notes: Vec::new(),
        })
    }

    /// Accepts everything, because its code was not understood.
    pub(crate) fn unread(place: Place, why: &str) -> Shared {
        Arc::new(Self {
            place,
            kind: Kind::Anything(Anything::Unread),
            notes: vec![Text::from(format!("not read: {why}"))],
        })
    }

    /// The same shape with one more note.
    pub(crate) fn noted(&self, note: &str) -> Shared {
        let mut noted = self.clone();
        noted.note(note);
        Arc::new(noted)
    }

    /// Adds a note, once.
    pub(crate) fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|own| &**own == note) {
            self.notes.push(Text::from(note));
        }
    }

    /// The same place and notes, and another kind.
    pub(crate) fn with(&self, kind: Kind) -> Shared {
        Arc::new(Self {
            place: self.place,
            kind,
            notes: self.notes.clone(),
        })
    }

    /// This shape, and `undefined`.
    pub(crate) fn optional(self: &Arc<Self>, is_default: bool) -> Shared {
        Self::new(
            self.place,
            Kind::Optional {
                inner: Arc::clone(self),
                is_default,
            },
        )
    }

    /// This shape, and `null`.
    pub(crate) fn nullable(self: &Arc<Self>) -> Shared {
        Self::new(self.place, Kind::Nullable(Arc::clone(self)))
    }
}
