//! A JSON document as plain data: what a schema of a parameter is written in. Nothing here reads or writes text.

/// A JSON value. The fields of an object keep the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number, as JSON writes it.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// A number; none for what JSON has no number for.
    pub fn number(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self::Number(format!("{number}")))
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Self::Number(count.to_string())
    }

    /// The field of an object.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_writes_them() {
        assert_eq!(Json::number(3.0), Some(Json::Number("3".to_owned())));
        assert_eq!(Json::number(-0.5), Some(Json::Number("-0.5".to_owned())));
        assert_eq!(Json::number(f64::INFINITY), None);
        assert_eq!(Json::number(f64::NAN), None);
    }
}
