//! JSON as calls may bring it: an object, without duplicate keys at any depth, because parsers disagree which of the two
//! counts, and within its budgets.

use std::cell::Cell;
use std::fmt;

use portcullis_funnel::Undecoded;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Limits;

/// A key with a meaning of its own in JavaScript.
pub(crate) const RESERVED: &str = "__proto__";

/// Why a reading stopped, beside the texts of serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Duplicate,
    Reserved,
    Budget,
}

/// Reads an object.
pub(crate) fn object(bytes: &[u8], limits: Limits) -> Result<Value, Undecoded> {
    const fn malformed(code: &'static str) -> Undecoded {
        Undecoded::Malformed { code }
    }
    let budget = Budget {
        keys: Cell::new(limits.keys),
        values: Cell::new(limits.values),
        stop: Cell::new(None),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict {
        budget: &budget,
        depth: limits.depth,
    };
    let value = seed
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match (value, budget.stop.get()) {
        (_, Some(Stop::Duplicate)) => Err(malformed("json.duplicate-key")),
        (_, Some(Stop::Reserved)) => Err(malformed("json.reserved-key")),
        (_, Some(Stop::Budget)) => Err(Undecoded::TooLarge),
        (Ok(value @ Value::Object(_)), None) => Ok(value),
        (Ok(_), None) => Err(malformed("json.not-an-object")),
        (Err(_), None) => Err(malformed("json.broken")),
    }
}

struct Budget {
    keys: Cell<usize>,
    values: Cell<usize>,
    stop: Cell<Option<Stop>>,
}

impl Budget {
    fn stop<E: Error>(&self, stop: Stop) -> E {
        self.stop.set(Some(stop));
        E::custom("refused")
    }

    fn spend<E: Error>(&self, purse: &Cell<usize>) -> Result<(), E> {
        let left = purse.get().checked_sub(1).ok_or_else(|| self.stop(Stop::Budget))?;
        purse.set(left);
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Strict<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl Strict<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        let depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| self.budget.stop(Stop::Budget))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.spend(&self.budget.values)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without duplicate keys")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Value, S::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut access: M) -> Result<Value, M::Error> {
        let inside = self.inside()?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            self.budget.spend(&self.budget.keys)?;
            if key == RESERVED {
                return Err(self.budget.stop(Stop::Reserved));
            }
            let value = access.next_value_seed(inside)?;
            if map.insert(key, value).is_some() {
                return Err(self.budget.stop(Stop::Duplicate));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Undecoded;
    use serde_json::json;

    use super::object;
    use crate::Limits;

    fn code(text: &str) -> Result<(), &'static str> {
        match object(text.as_bytes(), Limits::default()) {
            Ok(_) => Ok(()),
            Err(Undecoded::Malformed { code }) => Err(code),
            Err(Undecoded::TooLarge) => Err("too large"),
        }
    }

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = br#"{"a":[1,-2,1.5,true,null,"x\u00e9"],"b":{"c":{}}}"#;
        let expected = json!({"a": [1, -2, 1.5, true, null, "xé"], "b": {"c": {}}});
        assert_eq!(object(text, Limits::default()), Ok(expected));
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        for (text, expected) in [
            (r#"{"a":1,"a":1}"#, "json.duplicate-key"),
            (r#"{"b":[{"a":1,"\u0061":2}]}"#, "json.duplicate-key"),
            (r#"{"__proto__":{}}"#, "json.reserved-key"),
            (r#"{"a":{"__pr\u006fto__":1}}"#, "json.reserved-key"),
            ("[]", "json.not-an-object"),
            ("null", "json.not-an-object"),
            ("", "json.broken"),
            ("{", "json.broken"),
            ("{}{}", "json.broken"),
            (r#"{"a":1e400}"#, "json.broken"),
            (r#"{"a":NaN}"#, "json.broken"),
            ("\u{feff}{}", "json.broken"),
        ] {
            assert_eq!(code(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn budgets_hold_at_their_borders() {
        let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth - 1) + "{}", "}".repeat(depth - 1));
        assert_eq!(code(&nested(32)), Ok(()));
        assert_eq!(code(&nested(33)), Err("too large"));
        assert_eq!(code(&nested(100_000)), Err("too large"));
        let keys = |count: usize| {
            let pairs: Vec<String> = (0..count).map(|number| format!("\"k{number}\":1")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert_eq!(code(&keys(1_000)), Ok(()));
        assert_eq!(code(&keys(1_001)), Err("too large"));
        let values = |count: usize| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
        assert_eq!(code(&values(9_998)), Ok(()));
        assert_eq!(code(&values(9_999)), Err("too large"));
    }
}
