//! Rate limits as policies write them: `5/1m per user`, `20/1h per user+arg:/0/invoiceId`, `5 per 1 m`,
//! `50000/1m per ip by gcra`.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::limit::{BrokenLimit, Counting, Limit};
use crate::{ClientAddress, Principal};

/// What calls are counted by. The action is always a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RatePart {
    /// The caller's address.
    Address,
    /// The user; for a caller who is not signed in, the address.
    User,
    /// The session; for a caller who is not signed in, the address.
    Session,
    /// The user's organization; without one, the user.
    Organization,
    /// An argument, by a JSON pointer into the list of arguments.
    Argument(String),
}

/// One limit of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRule {
    limit: Limit,
    parts: Vec<RatePart>,
    cost: u32,
}

/// Why a text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenRate {
    /// The form is another.
    #[error("a rate is written `5/1m per user`: how often, in which time, by what")]
    Form,
    /// The time has no known unit.
    #[error("`{0}` is no time: write a number and `ms`, `s`, `m`, `h` or `d`")]
    Window(String),
    /// The way of counting is unknown.
    #[error("there is no counting `{0}`: use `exact`, `gcra`, `upstash` or `upstash-fixed`")]
    Counting(String),
    /// The part is unknown.
    #[error("calls are not counted by `{0}`: use `ip`, `user`, `session`, `org` or `arg:/0/name`, joined by `+`")]
    Part(String),
    /// The limit makes no sense.
    #[error(transparent)]
    Limit(#[from] BrokenLimit),
}

impl RateRule {
    /// A rule from its parts.
    pub fn new(limit: Limit, mut parts: Vec<RatePart>) -> Self {
        parts.sort();
        parts.dedup();
        Self { limit, parts, cost: 1 }
    }

    /// Each call takes this many admissions.
    #[must_use]
    pub const fn with_cost(mut self, cost: u32) -> Self {
        self.cost = cost;
        self
    }

    /// The limit.
    pub const fn limit(&self) -> &Limit {
        &self.limit
    }

    /// Admissions that one call takes.
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// Whether it can be decided only after the arguments are decoded.
    pub fn needs_arguments(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, RatePart::Argument(_)))
    }

    /// The key of a call. `argument` gives the text of an argument, or nothing if it is not there: calls without it
    /// share one key, so that leaving it out is no way around.
    pub fn key(
        &self,
        action: &str,
        address: ClientAddress,
        principal: &Principal,
        argument: impl Fn(&str) -> Option<String>,
    ) -> String {
        let identity = principal.identity();
        let mut texts = vec![action.to_owned()];
        for part in &self.parts {
            let by_user = || identity.map(|identity| format!("user:{}:{}", identity.provider, identity.user_id));
            let known = match part {
                RatePart::Address => None,
                RatePart::User => by_user(),
                RatePart::Session => identity.map(|one| format!("session:{}:{}", one.provider, one.revocation_key)),
                RatePart::Organization => identity
                    .and_then(|one| one.organization.as_ref())
                    .map(|organization| format!("org:{organization}"))
                    .or_else(by_user),
                RatePart::Argument(pointer) => {
                    let text = argument(pointer);
                    Some(text.map_or_else(|| format!("no-arg:{pointer}"), |text| format!("arg:{pointer}={text}")))
                }
            };
            texts.push(known.unwrap_or_else(|| address.rate_key()));
        }
        join(&texts)
    }
}

/// Joins texts so that no two lists give one key, and a long key has a bounded length.
fn join(texts: &[String]) -> String {
    const LONGEST: usize = 200;
    let joined = texts
        .iter()
        .map(|text| text.replace('\\', "\\\\").replace('|', "\\|"))
        .collect::<Vec<_>>()
        .join("|");
    if joined.len() <= LONGEST && joined.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return joined;
    }
    format!("sha256:{}", crate::audit::sha256_hex(joined.as_bytes()))
}

impl FromStr for RateRule {
    type Err = BrokenRate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (words, counting) = match words.as_slice() {
            [words @ .., "by", counting] => (words, parse_counting(counting)?),
            words => (words, Counting::Exact),
        };
        let (head, parts) = match words {
            // `5 per 1 m`, and the same with `per user` after it.
            [count, "per", number, unit, rest @ ..] if count.bytes().all(|byte| byte.is_ascii_digit()) => {
                (format!("{count}/{number}{unit}"), rest)
            }
            [count, "per", window, rest @ ..] if count.bytes().all(|byte| byte.is_ascii_digit()) => {
                (format!("{count}/{window}"), rest)
            }
            [head, rest @ ..] => ((*head).to_owned(), rest),
            [] => return Err(BrokenRate::Form),
        };
        let parts = match parts {
            [] => vec![RatePart::Address],
            ["per", parts] => parts.split('+').map(parse_part).collect::<Result<_, _>>()?,
            _ => return Err(BrokenRate::Form),
        };
        let (count, window) = head.split_once('/').ok_or(BrokenRate::Form)?;
        let tokens = count.parse().map_err(|_| BrokenRate::Form)?;
        let limit = Limit::counted(tokens, parse_window(window)?, counting)?;
        Ok(Self::new(limit, parts))
    }
}

fn parse_part(text: &str) -> Result<RatePart, BrokenRate> {
    Ok(match text {
        "ip" | "address" => RatePart::Address,
        "user" => RatePart::User,
        "session" => RatePart::Session,
        "org" => RatePart::Organization,
        _ => {
            let pointer = text.strip_prefix("arg:").filter(|pointer| pointer.starts_with('/'));
            RatePart::Argument(pointer.ok_or_else(|| BrokenRate::Part(text.to_owned()))?.to_owned())
        }
    })
}

/// The bucket of `@upstash/ratelimit` has one more number, and is made by [`Limit::counted`].
fn parse_counting(text: &str) -> Result<Counting, BrokenRate> {
    Ok(match text {
        "exact" => Counting::Exact,
        "gcra" => Counting::Gcra,
        "upstash" => Counting::Upstash,
        "upstash-fixed" => Counting::UpstashFixed,
        _ => return Err(BrokenRate::Counting(text.to_owned())),
    })
}

fn parse_window(text: &str) -> Result<Duration, BrokenRate> {
    let broken = || BrokenRate::Window(text.to_owned());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(broken)?;
    // `5/hour` is one hour.
    let number: u64 = if number.is_empty() {
        1
    } else {
        number.parse().map_err(|_| broken())?
    };
    let millis = match unit {
        "ms" => 1,
        "s" | "sec" | "second" | "seconds" => 1_000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return Err(broken()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{BrokenRate, RatePart, RateRule};
    use crate::Counting;
    use crate::{ClientAddress, Identity, Principal};

    fn parsed(text: &str) -> Result<(u32, i64, Vec<RatePart>), BrokenRate> {
        let rule: RateRule = text.parse()?;
        Ok((rule.limit.tokens(), rule.limit.window_millis(), rule.parts))
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        let user = || vec![RatePart::User];
        let argument = RatePart::Argument("/0/invoiceId".to_owned());
        for (text, expected) in [
            ("5/1m per user", (5, 60_000, user())),
            (
                "20/1h per user+arg:/0/invoiceId",
                (20, 3_600_000, vec![RatePart::User, argument]),
            ),
            ("5 per 1 m", (5, 60_000, vec![RatePart::Address])),
            ("5 per 1m", (5, 60_000, vec![RatePart::Address])),
            ("5 per 1 m per user", (5, 60_000, user())),
            ("10/500ms per session", (10, 500, vec![RatePart::Session])),
            (
                "5/hour per user+ip",
                (5, 3_600_000, vec![RatePart::Address, RatePart::User]),
            ),
            ("1/2d per org", (1, 172_800_000, vec![RatePart::Organization])),
        ] {
            assert_eq!(parsed(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_rate_may_say_how_it_is_counted() {
        for (text, expected) in [
            ("5/1m per user", Counting::Exact),
            ("5/1m per user by exact", Counting::Exact),
            ("50000/1m by gcra", Counting::Gcra),
            ("50000 per 1 m per ip by upstash", Counting::Upstash),
            ("5/1m per user+ip by upstash-fixed", Counting::UpstashFixed),
        ] {
            let rule: RateRule = text.parse().unwrap();
            assert_eq!(rule.limit.counting(), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "5",
            "5/",
            "/1m",
            "x/1m",
            "-5/1m",
            "5/1x",
            "5/1m user",
            "5/1m per",
            "5/1m per planet",
            "5/1m per user per ip",
            "5/1m per arg:x",
            "0/1m",
            "5/0m",
            "1001/1m",
            "5/99999999999999999999m",
            "5/1m per user+",
            "5/1m by",
            "5/1m by magic",
            "by gcra",
            "1001/1m by exact",
        ] {
            assert!(text.parse::<RateRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn different_callers_have_different_keys() {
        let rule: RateRule = "5/1m per user+arg:/0".parse().unwrap();
        let user = |id: &str| {
            Principal::User(Box::new(Identity {
                provider: "own",
                user_id: id.to_owned(),
                ..Identity::default()
            }))
        };
        let address = ClientAddress::Known("203.0.113.7".parse().unwrap());
        let mut keys = BTreeSet::new();
        for principal in [
            user("a"),
            user("a|b"),
            user("b"),
            user("ü"),
            user(&"x".repeat(500)),
            Principal::Anonymous,
        ] {
            for argument in [None, Some(""), Some("b"), Some("b|c"), Some("no-arg:/0")] {
                keys.insert(rule.key("act", address, &principal, |_| argument.map(str::to_owned)));
            }
        }
        assert_eq!(keys.len(), 30);
        assert!(keys.iter().all(|key| key.len() <= 200));
    }
}
