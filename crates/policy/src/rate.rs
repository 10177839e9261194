//! Limits of calls, as the policy writes them: `5/1m per user`, `20/1h per user+arg:/0/invoiceId`.

/// How many calls may come in how much time, counted by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// How many calls.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u64,
    /// Counted separately for each combination of these.
    pub per: Vec<RateKey>,
}

/// What calls are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateKey {
    /// The user who is signed in.
    User,
    /// The session.
    Session,
    /// The network address of the caller.
    Address,
    /// All callers together.
    Everyone,
    /// A value in the arguments.
    Argument(ArgumentPath),
}

/// A place in the list of arguments, as a JSON Pointer: `/0/invoiceId` is a field of the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentPath {
    /// Which argument.
    pub argument: usize,
    /// The fields within it, from the outside.
    pub fields: Vec<String>,
}

/// What is wrong, and what to do.
type Problem = (String, String);

/// The keys with a fixed name.
const KEYS: [(&str, RateKey); 4] = [
    ("user", RateKey::User),
    ("session", RateKey::Session),
    ("address", RateKey::Address),
    ("everyone", RateKey::Everyone),
];

impl Rate {
    /// Reads a limit.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let shape = || {
            (
                format!("`{text}` is not a limit"),
                "write calls, time and whose: `\"5/1m per user\"`".to_owned(),
            )
        };
        let (amount, keys) = text.split_once(" per ").ok_or_else(shape)?;
        let (count, window) = amount.trim().split_once('/').ok_or_else(shape)?;
        let count = count
            .trim()
            .parse::<u32>()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| {
                (
                    format!("`{}` is not a number of calls", count.trim()),
                    "write a whole number from 1".to_owned(),
                )
            })?;
        let seconds = seconds(window.trim())?;
        let per = keys
            .split('+')
            .map(|key| key_of(key.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { count, seconds, per })
    }
}

/// Reads a time.
pub(crate) fn seconds(window: &str) -> Result<u64, Problem> {
    let problem = || {
        (
            format!("`{window}` is not a time"),
            "write a number and `s`, `m`, `h` or `d`: `30s`, `1m`, `12h`".to_owned(),
        )
    };
    let unit = window.chars().last().ok_or_else(problem)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(problem()),
    };
    let number = window.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok());
    number
        .filter(|number| *number > 0)
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(problem)
}

fn key_of(key: &str) -> Result<RateKey, Problem> {
    if let Some(path) = key.strip_prefix("arg:") {
        return ArgumentPath::read(path).map(RateKey::Argument);
    }
    if let Some((_, known)) = KEYS.iter().find(|(name, _)| *name == key) {
        return Ok(known.clone());
    }
    let meant = crate::closest(key, KEYS.iter().map(|(name, _)| *name));
    let help = meant.map_or_else(
        || "calls are counted per `user`, `session`, `address`, `everyone`, or `arg:/0/field`".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    Err((format!("`{key}` is nothing that calls are counted by"), help))
}

impl ArgumentPath {
    /// Reads a JSON Pointer into the list of arguments.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let problem = || {
            (
                format!("`{text}` is not a place in the arguments"),
                "write the number of the argument, then the fields: `/0/invoiceId`".to_owned(),
            )
        };
        let mut parts = text.strip_prefix('/').ok_or_else(problem)?.split('/');
        let first = parts.next().ok_or_else(problem)?;
        let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        let argument = first.parse::<usize>().ok().filter(|_| is_number).ok_or_else(problem)?;
        let fields = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Self { argument, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read() {
        assert_eq!(
            Rate::read("5/1m per user"),
            Ok(Rate {
                count: 5,
                seconds: 60,
                per: vec![RateKey::User]
            })
        );
        assert_eq!(
            Rate::read("20/12h per user+arg:/0/a~1b/c"),
            Ok(Rate {
                count: 20,
                seconds: 43_200,
                per: vec![
                    RateKey::User,
                    RateKey::Argument(ArgumentPath {
                        argument: 0,
                        fields: vec!["a/b".to_owned(), "c".to_owned()]
                    })
                ]
            })
        );
    }

    #[test]
    fn what_is_no_limit_says_why() {
        let problem = |text: &str| Rate::read(text).unwrap_err();
        assert_eq!(problem("5/1m").0, "`5/1m` is not a limit");
        assert_eq!(problem("0/1m per user").0, "`0` is not a number of calls");
        assert_eq!(problem("-1/1m per user").0, "`-1` is not a number of calls");
        assert_eq!(problem("5/minute per user").0, "`minute` is not a time");
        assert_eq!(problem("5/0s per user").0, "`0s` is not a time");
        assert_eq!(
            problem("5/99999999999999999d per user").0,
            "`99999999999999999d` is not a time"
        );
        assert_eq!(problem("5/1m per usre").1, "did you mean `user`?");
        assert_eq!(problem("5/1m per user+").0, "`` is nothing that calls are counted by");
        assert_eq!(problem("5/1m per arg:id").0, "`id` is not a place in the arguments");
        assert_eq!(problem("5/1m per arg:/id").0, "`/id` is not a place in the arguments");
        assert_eq!(problem("5/1m per arg:/+1").0, "`/` is not a place in the arguments");
    }
}
