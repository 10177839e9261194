//! The methods of schemas. One that is not known may do anything, so its result accepts everything.

use portcullis_model::Place;

use super::meaning::{Library, Meaning};
use super::reader::Reader;
use super::shape::{Change, Kind, Literal, NumberChecks, Shape, Shared, TextChecks};
use super::{format, object, pattern, zod};

/// Methods after which a schema accepts what it did.
const NEUTRAL: &[&str] = &[
    "describe",
    "meta",
    "brand",
    "readonly",
    "register",
    "clone",
    "openapi",
    "superRefine",
    "refine",
    "refinement",
    "transform",
    "pipe",
    "overwrite",
    "check",
    "with",
];

/// What applies a schema to a value.
pub(crate) const PARSERS: &[&str] = &["parse", "parseAsync", "safeParse", "safeParseAsync", "spa"];

/// The checks that `zod/mini` has as functions.
const CHECKS: &[&str] = &[
    "lt",
    "lte",
    "gt",
    "gte",
    "minimum",
    "maximum",
    "positive",
    "negative",
    "nonpositive",
    "nonnegative",
    "multipleOf",
    "maxSize",
    "minSize",
    "size",
    "maxLength",
    "minLength",
    "length",
    "regex",
    "lowercase",
    "uppercase",
    "includes",
    "startsWith",
    "endsWith",
    "property",
    "properties",
    "mime",
    "overwrite",
    "normalize",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "slugify",
    "refine",
    "superRefine",
    "check",
    "describe",
    "meta",
];

/// Whether `zod/mini` has a check of this name.
pub(crate) fn is_check(name: &str) -> bool {
    CHECKS.contains(&name)
}

/// What a method of a schema gives back.
pub(crate) fn call(
    reader: &mut Reader<'_, '_>,
    shape: &Shared,
    name: &str,
    arguments: &[Meaning],
    place: Place,
) -> Meaning {
    if PARSERS.contains(&name) || matches!(name, "isOptional" | "isNullable" | "toJSONSchema" | "encode" | "decode") {
        return Meaning::Unknown;
    }
    Meaning::Schema(called(reader, shape, name, arguments, place))
}

fn called(reader: &mut Reader<'_, '_>, shape: &Shared, name: &str, arguments: &[Meaning], place: Place) -> Shared {
    let first = arguments.first();
    let other = |what: &str| first.map_or_else(|| Shape::unread(place, what), |first| first.schema_or_open(place));
    match name {
        "optional" | "exactOptional" => return shape.optional(false),
        "default" | "prefault" => return shape.optional(true),
        "nullable" => return shape.nullable(),
        "nullish" => return shape.nullable().optional(false),
        "nonoptional" => {
            return match &shape.kind {
                Kind::Optional {
                    inner,
                    is_default: false,
                } => Shared::clone(inner),
                _ => Shared::clone(shape),
            };
        }
        "catch" => return zod::made(place, true),
        "array" => {
            return Shape::new(
                place,
                Kind::Array {
                    element: Shared::clone(shape),
                    min: None,
                    max: None,
                },
            );
        }
        "or" => return Shape::new(place, Kind::Union(vec![Shared::clone(shape), other("or")])),
        "and" => return Shape::new(place, Kind::Intersection(Shared::clone(shape), other("and"))),
        "promise" => return zod::made(place, false),
        "unwrap" | "innerType" | "removeDefault" | "sourceType" | "removeCatch" => {
            return unwrapped(shape, name, place);
        }
        "check" | "with" => return checked(reader, shape, arguments, place),
        _ => {}
    }
    match &shape.kind {
        Kind::Object(of) => {
            if let Some(changed) = object::method(shape, of, name, arguments, place) {
                return changed;
            }
        }
        Kind::Text(checks) => {
            let mut changed = (**shape).clone();
            let mut checks = checks.clone();
            if let Some(note) = text(&mut checks, name, arguments) {
                if let Some(note) = note {
                    changed.note(&note);
                }
                changed.kind = Kind::Text(checks);
                return Shared::new(changed);
            }
        }
        Kind::Number(checks) => {
            let mut changed = (**shape).clone();
            let mut checks = checks.clone();
            if let Some(is_exact) = number(&mut checks, name, arguments) {
                if !is_exact {
                    changed.note(name);
                }
                changed.kind = Kind::Number(checks);
                return Shared::new(changed);
            }
        }
        Kind::Array { element, min, max } => {
            if let Some(changed) = array(shape, (element, *min, *max), name, arguments) {
                return changed;
            }
        }
        Kind::Literal(values) => match name {
            "extract" | "exclude" => return selected(shape, values, first, name == "extract", place),
            _ => {}
        },
        Kind::Tuple { items, .. } if name == "rest" => {
            return shape.with(Kind::Tuple {
                items: items.clone(),
                rest: Some(other("rest")),
            });
        }
        // Limits of what JSON does not have: a date, a file, a set.
        Kind::Native(_)
            if matches!(
                name,
                "min"
                    | "max"
                    | "size"
                    | "nonempty"
                    | "mime"
                    | "positive"
                    | "negative"
                    | "nonnegative"
                    | "nonpositive"
                    | "multipleOf"
                    | "step"
                    | "gt"
                    | "gte"
                    | "lt"
                    | "lte"
            ) =>
        {
            return shape.noted(name);
        }
        _ => {}
    }
    neutral(shape, name, place)
}

/// Checks in code refuse more, and never accept more; what is made of the value later does not matter.
fn neutral(shape: &Shared, name: &str, place: Place) -> Shared {
    match name {
        "refine" | "superRefine" | "refinement" | "transform" | "pipe" => {
            let mut noted = (**shape).clone();
            noted.note(name);
            if let Kind::Text(checks) = &mut noted.kind {
                checks.is_limited = true;
                // After `transform` come checks of another value.
                if matches!(name, "transform" | "pipe") {
                    checks.change = Change::Replaced;
                }
            }
            Shared::new(noted)
        }
        "overwrite" => shape.noted("transform"),
        name if NEUTRAL.contains(&name) => Shared::clone(shape),
        name => Shape::unread(place, &format!("the method `{name}`")),
    }
}

fn unwrapped(shape: &Shared, name: &str, place: Place) -> Shared {
    match &shape.kind {
        Kind::Optional { inner, .. } | Kind::Nullable(inner) => Shared::clone(inner),
        Kind::Array { element, .. } if name == "unwrap" => Shared::clone(element),
        // Of what `refine` and `transform` made in Zod 3: the same without them.
        _ if matches!(name, "innerType" | "sourceType") => Shared::clone(shape),
        _ => Shape::unread(place, "a part of a schema"),
    }
}

/// `.check(...)`: functions, and the checks of `zod/mini`.
fn checked(reader: &mut Reader<'_, '_>, shape: &Shared, arguments: &[Meaning], place: Place) -> Shared {
    let mut all = Shared::clone(shape);
    for argument in arguments {
        all = match argument {
            Meaning::Array(parts) => match parts.split_first() {
                Some((Meaning::Library(Library::Zod, path), rest)) => {
                    let name = path.first().map_or("", |name| &**name);
                    let name = match name {
                        "minimum" => "gte",
                        "maximum" => "lte",
                        "minLength" | "minSize" => "min",
                        "maxLength" | "maxSize" => "max",
                        "check" => "refine",
                        "describe" | "meta" => continue,
                        name => name,
                    };
                    called(reader, &all, name, rest, place)
                }
                _ => all.noted("check"),
            },
            // `z.email()` is a check as well as a schema.
            Meaning::Schema(check) => match (&all.kind, &check.kind) {
                (Kind::Text(_), Kind::Text(checks)) => match &checks.format {
                    Some(format) => called(reader, &all, format, &[], place),
                    None => all.noted("check"),
                },
                _ => all.noted("check"),
            },
            _ => neutral(&all, "refine", place),
        };
    }
    all
}

/// A count that is a constant.
fn count(argument: Option<&Meaning>) -> Option<u64> {
    let number = argument?.number()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is in the range of exact integers"
    )]
    (0.0..=9e15).contains(&number).then_some(number.ceil() as u64)
}

fn most(argument: Option<&Meaning>) -> Option<u64> {
    let number = argument?.number()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is in the range of exact integers"
    )]
    (0.0..=9e15).contains(&number).then_some(number.floor() as u64)
}

fn at_least(own: Option<u64>, more: u64) -> u64 {
    own.map_or(more, |own| own.max(more))
}

fn at_most(own: Option<u64>, less: u64) -> u64 {
    own.map_or(less, |own| own.min(less))
}

/// A method of a string: what it adds, and a note where that is wider than Zod; none if it has no such method.
#[expect(
    clippy::option_option,
    reason = "not a method of strings, or one with or without a note"
)]
fn text(checks: &mut TextChecks, name: &str, arguments: &[Meaning]) -> Option<Option<String>> {
    let first = arguments.first();
    let changed = checks.change > Change::None;
    match name {
        "trim" => {
            checks.change = checks.change.max(Change::Shortened);
            Some(Some("trim".to_owned()))
        }
        "toLowerCase" | "toUpperCase" | "normalize" | "slugify" => {
            checks.change = checks.change.max(Change::Reworked);
            Some(Some(CHANGED.to_owned()))
        }
        "overwrite" => {
            checks.change = Change::Replaced;
            Some(Some(CHANGED.to_owned()))
        }
        "min" | "nonempty" => {
            let min = if name == "nonempty" { Some(1) } else { count(first) };
            match min {
                Some(min) if checks.change <= Change::Shortened || (min <= 1 && checks.change <= Change::Reworked) => {
                    checks.min = Some(at_least(checks.min, min));
                    Some(None)
                }
                _ => Some(Some("length".to_owned())),
            }
        }
        "max" => {
            checks.is_limited = true;
            match most(first) {
                Some(max) if !changed => {
                    checks.max = Some(at_most(checks.max, max));
                    Some(None)
                }
                _ => Some(Some("length".to_owned())),
            }
        }
        "length" => {
            checks.is_limited = true;
            match (count(first), most(first)) {
                (Some(min), Some(max)) if !changed => {
                    checks.min = Some(at_least(checks.min, min));
                    checks.max = Some(at_most(checks.max, max));
                    Some(None)
                }
                _ => Some(Some("length".to_owned())),
            }
        }
        "regex" => {
            checks.is_limited = true;
            let pattern = match first {
                Some(Meaning::Regex(source, flags)) if !changed => pattern::portable(source, flags),
                _ => None,
            };
            Some(add(checks, pattern, "regex"))
        }
        "startsWith" | "endsWith" | "includes" => {
            let part = first
                .and_then(Meaning::text)
                .filter(|_| !changed && arguments.len() == 1);
            let pattern = part.map(|part| {
                let quoted = pattern::quoted(part);
                match name {
                    "startsWith" => format!("^{quoted}"),
                    "endsWith" => format!("{quoted}$"),
                    _ => quoted,
                }
            });
            Some(add(checks, pattern, name))
        }
        "lowercase" | "uppercase" => {
            let pattern = if name == "lowercase" { "^[^A-Z]*$" } else { "^[^a-z]*$" };
            Some(add(checks, (!changed).then(|| pattern.to_owned()), name))
        }
        "date" | "time" | "datetime" | "duration" => Some(format::check(checks, name, arguments)),
        name if format::is_format(name) => Some(format::check(checks, name, arguments)),
        _ => None,
    }
}

/// The note of a string that is changed before it is checked further.
const CHANGED: &str = "changed before it is checked";

fn add(checks: &mut TextChecks, pattern: Option<String>, note: &str) -> Option<String> {
    match pattern {
        Some(pattern) => {
            if !checks.patterns.contains(&pattern) {
                checks.patterns.push(pattern);
            }
            None
        }
        None => Some(note.to_owned()),
    }
}

/// A method of a number: whether its meaning is kept whole; none if it has no such method.
fn number(checks: &mut NumberChecks, name: &str, arguments: &[Meaning]) -> Option<bool> {
    let given = arguments
        .first()
        .and_then(Meaning::number)
        .filter(|number| number.is_finite());
    let raise = |own: Option<f64>, more: f64| Some(own.map_or(more, |own| own.max(more)));
    let lower = |own: Option<f64>, less: f64| Some(own.map_or(less, |own| own.min(less)));
    match name {
        "int" => checks.integer = true,
        "safe" => {
            checks.min = raise(checks.min, -9_007_199_254_740_991.0);
            checks.max = lower(checks.max, 9_007_199_254_740_991.0);
        }
        "finite" => {}
        "positive" => checks.above = raise(checks.above, 0.0),
        "negative" => checks.below = lower(checks.below, 0.0),
        "nonnegative" => checks.min = raise(checks.min, 0.0),
        "nonpositive" => checks.max = lower(checks.max, 0.0),
        "min" | "gte" | "max" | "lte" | "gt" | "lt" => {
            let Some(limit) = given else {
                // A limit of `Infinity` is none.
                return Some(arguments.first().and_then(Meaning::number).is_some());
            };
            match name {
                "min" | "gte" => checks.min = raise(checks.min, limit),
                "max" | "lte" => checks.max = lower(checks.max, limit),
                "gt" => checks.above = raise(checks.above, limit),
                _ => checks.below = lower(checks.below, limit),
            }
        }
        // Whether it can be said depends on limits that may follow, so the note stays.
        "multipleOf" | "step" => {
            checks.step = checks.step.or(given);
            return Some(false);
        }
        _ => return None,
    }
    Some(true)
}

fn array(
    shape: &Shared,
    (element, min, max): (&Shared, Option<u64>, Option<u64>),
    name: &str,
    arguments: &[Meaning],
) -> Option<Shared> {
    let first = arguments.first();
    let (min, max, is_known) = match name {
        "nonempty" => (Some(at_least(min, 1)), max, true),
        "min" => count(first).map_or((min, max, false), |count| (Some(at_least(min, count)), max, true)),
        "max" => most(first).map_or((min, max, false), |most| (min, Some(at_most(max, most)), true)),
        "length" => count(first).map_or((min, max, false), |count| {
            (Some(at_least(min, count)), Some(at_most(max, count)), true)
        }),
        _ => return None,
    };
    let changed = shape.with(Kind::Array {
        element: Shared::clone(element),
        min,
        max,
    });
    Some(if is_known { changed } else { changed.noted("length") })
}

fn selected(shape: &Shared, values: &[Literal], list: Option<&Meaning>, extracts: bool, place: Place) -> Shared {
    let Some(listed) = list.and_then(Meaning::constants) else {
        return Shape::unread(place, "the values of an enum");
    };
    // The list names keys. They are the values where all values are texts that are named so; elsewhere it is not known.
    let all_texts = values.iter().all(|value| matches!(value, Literal::Text(_)));
    if !all_texts || listed.iter().any(|value| !values.contains(value)) {
        return shape.noted(if extracts { "extract" } else { "exclude" });
    }
    let kept = values
        .iter()
        .filter(|value| listed.contains(value) == extracts)
        .cloned()
        .collect();
    shape.with(Kind::Literal(kept))
}
