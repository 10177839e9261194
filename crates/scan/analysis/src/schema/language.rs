//! What the language itself computes, for constants: numbers, texts, templates, `Object.values`, regular expressions.

use std::sync::Arc;

use portcullis_source::ir::Text;

use super::meaning::{Library, Meaning, ObjectMeaning};
use super::shape::Literal;

/// A literal that the representation of the source does not carry: a regular expression or a big integer.
pub(crate) fn opaque(source: &str) -> Meaning {
    if let Some((pattern, flags)) = source.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        return Meaning::Regex(Text::from(pattern), Text::from(flags));
    }
    let is_big = source
        .strip_suffix('n')
        .is_some_and(|digits| digits.starts_with(|first: char| first.is_ascii_digit()));
    if is_big {
        Meaning::Constant(Literal::BigInt)
    } else {
        Meaning::Unknown
    }
}

/// `new RegExp(source, flags)`
pub(crate) fn construct(callee: &Meaning, arguments: &[Meaning]) -> Meaning {
    let Meaning::Library(Library::Language, path) = callee else {
        return Meaning::Unknown;
    };
    let flags = match arguments.get(1) {
        None => Text::from(""),
        Some(Meaning::Constant(Literal::Text(flags))) => Text::clone(flags),
        Some(_) => return Meaning::Unknown,
    };
    match (path.first().map(|name| &**name), arguments.first()) {
        (Some("RegExp"), Some(Meaning::Constant(Literal::Text(source)))) => Meaning::Regex(Text::clone(source), flags),
        (Some("RegExp"), Some(Meaning::Regex(source, own))) if arguments.len() == 1 => {
            Meaning::Regex(Text::clone(source), Text::clone(own))
        }
        _ => Meaning::Unknown,
    }
}

/// A template literal of constants.
pub(crate) fn template(pieces: &[Text], values: &[Meaning]) -> Meaning {
    let mut whole = String::new();
    for (position, piece) in pieces.iter().enumerate() {
        whole.push_str(piece);
        match values.get(position) {
            None => {}
            Some(Meaning::Constant(Literal::Text(text))) => whole.push_str(text),
            Some(Meaning::Constant(Literal::Number(number))) if number.fract() == 0.0 && number.abs() < 1e15 => {
                whole.push_str(&number.to_string());
            }
            Some(_) => return Meaning::Unknown,
        }
    }
    Meaning::Constant(Literal::Text(Text::from(whole)))
}

/// An operator on two constants; `between` is the source between them.
pub(crate) fn binary(between: &str, left: &Meaning, right: &Meaning) -> Meaning {
    let operator: String = between
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '(' | ')'))
        .collect();
    if let (Some(left), Some(right)) = (left.text(), right.text())
        && operator == "+"
    {
        return Meaning::Constant(Literal::Text(Text::from(format!("{left}{right}"))));
    }
    let (Some(left), Some(right)) = (left.number(), right.number()) else {
        return Meaning::Unknown;
    };
    let number = match operator.as_str() {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "%" => left % right,
        "**" => left.powf(right),
        _ => return Meaning::Unknown,
    };
    Meaning::Constant(Literal::Number(number))
}

/// `Number.MAX_SAFE_INTEGER`
pub(crate) fn constant(path: &[Text]) -> Option<Meaning> {
    let names: Vec<&str> = path.iter().map(|name| &**name).collect();
    let number = match names.as_slice() {
        ["Number", "MAX_SAFE_INTEGER"] => 9_007_199_254_740_991.0,
        ["Number", "MIN_SAFE_INTEGER"] => -9_007_199_254_740_991.0,
        ["Number", "MAX_VALUE"] => f64::MAX,
        ["Number", "POSITIVE_INFINITY"] | ["Infinity"] => f64::INFINITY,
        ["Number", "NEGATIVE_INFINITY"] => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(Meaning::Constant(Literal::Number(number)))
}

/// A call of a function of the language on constants.
pub(crate) fn call(path: &[Text], arguments: &[Meaning]) -> Meaning {
    let names: Vec<&str> = path.iter().map(|name| &**name).collect();
    match (names.as_slice(), arguments) {
        (["Object", "values"], [Meaning::Object(object)]) if !object.is_open && object.spreads.is_none() => {
            Meaning::Array(Arc::new(with_numbers(object, |_, value| value.clone())))
        }
        (["Object", "keys"], [Meaning::Object(object)]) if !object.is_open && object.spreads.is_none() => {
            Meaning::Array(Arc::new(with_numbers(object, |name, _| {
                Meaning::Constant(Literal::Text(Text::clone(name)))
            })))
        }
        (["Object", "freeze"], [value, ..]) => value.clone(),
        (["Math", "pow"], [base, power]) => match (base.number(), power.number()) {
            (Some(base), Some(power)) => Meaning::Constant(Literal::Number(base.powf(power))),
            _ => Meaning::Unknown,
        },
        (["RegExp"], _) => construct(&Meaning::Library(Library::Language, path.into()), arguments),
        _ => Meaning::Unknown,
    }
}

/// A number of a TypeScript enum is a key too, and its name is that key's value.
fn with_numbers(object: &ObjectMeaning, pick: impl Fn(&Text, &Meaning) -> Meaning) -> Vec<Meaning> {
    let mut picked = Vec::new();
    for (name, value) in &object.fields {
        if let (true, Some(number)) = (object.is_enum, value.number()) {
            let key = Text::from(format!("{number}"));
            picked.push(pick(&key, &Meaning::Constant(Literal::Text(Text::clone(name)))));
        }
        picked.push(pick(name, value));
    }
    picked
}
