//! The small language in which catalog files write values: `null`, `{ data: { user: identity } }`, `row | null`.
//!
//! It parses text to a [`Spec`]; what a spec becomes at run time is the analysis' business.

use crate::TypeId;

/// A value, as a catalog file writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Spec {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A quoted string.
    Text(String),
    /// `identity`: something of the signed-in caller.
    Identity,
    /// `client`: whatever the client likes.
    Client,
    /// `cookie`: the value of a cookie.
    Cookie,
    /// `row`: what a data source found; nothing, if the caller's missing credential selects it.
    Row,
    /// `rows`: a list of rows.
    Rows,
    /// `error`: an error object.
    Error,
    /// `secret`: something that must stay on the server.
    Secret,
    /// `boolean`: true or false, not known which.
    Boolean,
    /// `unknown`: anything; made from the arguments.
    Unknown,
    /// `clean`: made from the arguments, which were escaped or cleaned: free text of the client is in it no more.
    Clean,
    /// `this`: the receiver, with the arguments added to what it was made from.
    This,
    /// `arg0`, `arg1`, and so on.
    Argument(usize),
    /// `result`: what the callback gave back.
    CallbackResult,
    /// `awaited(value)`: what the value resolves to, if it is a promise.
    Awaited(Box<Self>),
    /// `parsed(value)`: the value after the schema accepted it.
    Parsed(Box<Self>),
    /// `count`: how often something happened, for a limit to compare.
    Count,
    /// `type:Name`: an object whose members the catalog lists.
    Type(TypeRef),
    /// `{ a: value, b: value }`
    Object(Vec<(String, Self)>),
    /// `[value]`: a list of such values.
    List(Box<Self>),
    /// `promise(value)`
    Promise(Box<Self>),
    /// `fn(value)`: a function that returns the value.
    Function(Box<Self>),
    /// `a | b`
    Either(Vec<Self>),
    /// `throws`: the call does not return, it throws an error.
    Throws,
    /// `redirects`: the call does not return, the framework ends the request.
    Redirects,
}

/// A reference to a type of the catalog: by name while a file is read, by id afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeRef {
    /// Not linked yet.
    Named(String),
    /// Linked.
    Id(TypeId),
}

/// Parses a spec.
///
/// # Errors
/// What is wrong with it, and at which byte.
pub(crate) fn parse(text: &str) -> Result<Spec, String> {
    let mut reader = Reader { text, at: 0 };
    let spec = reader.either(0)?;
    reader.blank();
    if reader.at < text.len() {
        return Err(format!("unexpected text after the value, at byte {}", reader.at));
    }
    Ok(spec)
}

struct Reader<'text> {
    text: &'text str,
    at: usize,
}

const DEPTH_LIMIT: usize = 32;

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self) {
        let skipped = self.rest().len() - self.rest().trim_start().len();
        self.at += skipped;
    }

    fn take(&mut self, token: &str) -> bool {
        self.blank();
        if self.rest().starts_with(token) {
            self.at += token.len();
            return true;
        }
        false
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            Ok(())
        } else {
            Err(format!("expected `{token}` at byte {}", self.at))
        }
    }

    fn word(&mut self) -> String {
        self.blank();
        let word: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '/'))
            .collect();
        self.at += word.len();
        word
    }

    fn either(&mut self, depth: usize) -> Result<Spec, String> {
        if depth > DEPTH_LIMIT {
            return Err("the value nests too deeply".to_owned());
        }
        let mut options = vec![self.single(depth)?];
        while self.take("|") {
            options.push(self.single(depth)?);
        }
        Ok(match (options.len(), options.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                options.push(last);
                Spec::Either(options)
            }
            (_, None) => Spec::Undefined,
        })
    }

    fn single(&mut self, depth: usize) -> Result<Spec, String> {
        if self.take("{") {
            return self.object(depth);
        }
        if self.take("[") {
            if self.take("]") {
                return Ok(Spec::List(Box::new(Spec::Undefined)));
            }
            let element = self.either(depth + 1)?;
            self.expect("]")?;
            return Ok(Spec::List(Box::new(element)));
        }
        if self.take("'") {
            let text: String = self.rest().chars().take_while(|c| *c != '\'').collect();
            self.at += text.len();
            self.expect("'")?;
            return Ok(Spec::Text(text));
        }
        let word = self.word();
        if word == "type" && self.take(":") {
            return Ok(Spec::Type(TypeRef::Named(self.word())));
        }
        for (name, wrap) in [
            ("promise", Spec::Promise as fn(Box<Spec>) -> Spec),
            ("fn", Spec::Function as fn(Box<Spec>) -> Spec),
            ("awaited", Spec::Awaited as fn(Box<Spec>) -> Spec),
            ("parsed", Spec::Parsed as fn(Box<Spec>) -> Spec),
        ] {
            if word == name && self.take("(") {
                let inner = self.either(depth + 1)?;
                self.expect(")")?;
                return Ok(wrap(Box::new(inner)));
            }
        }
        self.named(&word)
    }

    fn named(&self, word: &str) -> Result<Spec, String> {
        Ok(match word {
            "undefined" => Spec::Undefined,
            "null" => Spec::Null,
            "true" => Spec::Bool(true),
            "false" => Spec::Bool(false),
            "identity" => Spec::Identity,
            "client" => Spec::Client,
            "cookie" => Spec::Cookie,
            "row" => Spec::Row,
            "rows" => Spec::Rows,
            "error" => Spec::Error,
            "secret" => Spec::Secret,
            "boolean" => Spec::Boolean,
            "unknown" => Spec::Unknown,
            "clean" => Spec::Clean,
            "count" => Spec::Count,
            "this" => Spec::This,
            "result" => Spec::CallbackResult,
            "throws" => Spec::Throws,
            "redirects" => Spec::Redirects,
            _ => {
                if let Some(index) = word.strip_prefix("arg").and_then(|digits| digits.parse().ok()) {
                    return Ok(Spec::Argument(index));
                }
                if let Ok(number) = word.parse() {
                    return Ok(Spec::Number(number));
                }
                return Err(format!(
                    "`{word}` at byte {} is not a value that the catalog knows",
                    self.at
                ));
            }
        })
    }

    fn object(&mut self, depth: usize) -> Result<Spec, String> {
        let mut fields = Vec::new();
        while !self.take("}") {
            let name = self.word();
            if name.is_empty() {
                return Err(format!("expected a field name at byte {}", self.at));
            }
            self.expect(":")?;
            fields.push((name, self.either(depth + 1)?));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Spec::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_nest() {
        assert_eq!(
            parse("{ data: { user: null }, error: error | null }"),
            Ok(Spec::Object(vec![
                ("data".to_owned(), Spec::Object(vec![("user".to_owned(), Spec::Null)])),
                ("error".to_owned(), Spec::Either(vec![Spec::Error, Spec::Null])),
            ]))
        );
        assert_eq!(
            parse("promise([type:Query])"),
            Ok(Spec::Promise(Box::new(Spec::List(Box::new(Spec::Type(
                TypeRef::Named("Query".to_owned())
            ))))))
        );
        assert_eq!(parse("arg12"), Ok(Spec::Argument(12)));
    }

    #[test]
    fn mistakes_say_where() {
        assert_eq!(
            parse("{ data: }").unwrap_err(),
            "`` at byte 8 is not a value that the catalog knows"
        );
        assert_eq!(
            parse("nul").unwrap_err(),
            "`nul` at byte 3 is not a value that the catalog knows"
        );
        assert!(parse(&"[".repeat(100)).unwrap_err().contains("too deeply"));
        assert!(parse("null null").unwrap_err().contains("unexpected text"));
    }
}
