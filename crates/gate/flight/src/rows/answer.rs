//! Small answers in the place of the application's own, in the shape that the client of each Next.js version takes for
//! the result of an action: a value, or an error whose digest is a code.

use crate::tagged;

/// Which client reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NextMajor {
    /// Next.js 14.
    Fourteen,
    /// Next.js 15.
    Fifteen,
    /// Next.js 16.
    Sixteen,
}

/// What the call results in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The client's promise is rejected with an error that has this digest.
    Error {
        /// The digest.
        digest: &'a str,
    },
    /// The client's promise is resolved with this value: JSON, of which strings that begin with `$` are tokens.
    Value {
        /// The value.
        json: &'a str,
    },
}

impl Answer<'_> {
    /// The body, for the content type `text/x-component`. `build` is the application's build id; clients take any.
    /// A line break in `json`, which JSON may only have between tokens, becomes a space.
    pub fn body(self, major: NextMajor, build: &str) -> String {
        let build = tagged::string(build);
        let root = match major {
            NextMajor::Fourteen => format!("[\"$@1\",[{build},null]]"),
            NextMajor::Fifteen => format!("{{\"a\":\"$@1\",\"f\":\"\",\"b\":{build}}}"),
            NextMajor::Sixteen => format!("{{\"a\":\"$@1\",\"q\":\"\",\"i\":false,\"b\":{build}}}"),
        };
        let row = match self {
            Self::Error { digest } => format!("E{{\"digest\":{}}}", tagged::string(digest)),
            Self::Value { json } => json.trim_start().replace(['\n', '\r'], " "),
        };
        format!("0:{root}\n1:{row}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, NextMajor};

    #[test]
    fn answers_have_the_shape_of_each_version() {
        let error = Answer::Error { digest: "rate.user" };
        for (major, root) in [
            (NextMajor::Fourteen, "[\"$@1\",[\"b\",null]]"),
            (NextMajor::Fifteen, "{\"a\":\"$@1\",\"f\":\"\",\"b\":\"b\"}"),
            (NextMajor::Sixteen, "{\"a\":\"$@1\",\"q\":\"\",\"i\":false,\"b\":\"b\"}"),
        ] {
            assert_eq!(
                error.body(major, "b"),
                format!("0:{root}\n1:E{{\"digest\":\"rate.user\"}}\n")
            );
        }
        let value = Answer::Value {
            json: "{\n\"error\": 1}",
        };
        assert!(value.body(NextMajor::Sixteen, "b").ends_with("\n1:{ \"error\": 1}\n"));
        assert!(
            Answer::Error { digest: "a\n2:E" }
                .body(NextMajor::Sixteen, "\n")
                .lines()
                .count()
                == 2
        );
    }
}
