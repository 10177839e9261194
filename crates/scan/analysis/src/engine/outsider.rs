//! What a caller meets who is signed in and has no role: comparisons that fail. The outsider also names what belongs to
//! others; the colleague has a part in it.

use portcullis_model::Place;
use portcullis_source::ir::{BinaryOperator, Expression, ExpressionKind, Text};

use super::effect::Signal;
use super::{Flows, Here, Run};
use crate::value::{Origin, Source, Value};

/// Roles that everybody has who is signed in.
const ORDINARY: [&str; 12] = [
    "user",
    "member",
    "viewer",
    "customer",
    "basic",
    "free",
    "guest",
    "client",
    "default",
    "student",
    "authenticated",
    "reader",
];

impl Run<'_> {
    /// A comparison that the hypothesis decides.
    pub(super) fn supposed(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Option<bool> {
        let limited = limited_comparison(operator, left, right);
        // Nothing else is decided by who calls.
        let concerns = limited.is_some() || (left.bits() | right.bits()).has(Origin::ROLE | Origin::IDENTITY);
        if concerns && self.has_no_role() {
            return self.outsider_comparison(operator, left, right, place);
        }
        if limited.is_some() && !self.limited() {
            self.signal(Signal::Limiter(place, super::effect::LimitKey::Unknown));
            return None;
        }
        limited
    }

    fn outsider_comparison(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Option<bool> {
        let (own, other) = (left.origin(), right.origin());
        match operator {
            BinaryOperator::StrictEqual | BinaryOperator::Equal => self.outsider_equality(left, right, place),
            BinaryOperator::StrictNotEqual | BinaryOperator::NotEqual => {
                self.outsider_equality(left, right, place).map(|equal| !equal)
            }
            // Who has no role stands below every other.
            BinaryOperator::Less | BinaryOperator::Greater if own.has(Origin::ROLE) != other.has(Origin::ROLE) => {
                let rank = self.last_rank.take();
                self.role(
                    place,
                    &rank.map_or_else(|| "its rank".to_owned(), |rank| format!("`{rank}`, or above")),
                );
                Some((operator == BinaryOperator::Less) == own.has(Origin::ROLE))
            }
            BinaryOperator::In if own.has(Origin::ROLE) || other.has(Origin::ROLE) => {
                self.role(place, "a list of roles");
                Some(false)
            }
            _ => None,
        }
    }

    fn outsider_equality(&mut self, left: &Value, right: &Value, place: Place) -> Option<bool> {
        if left.nullish() == Some(true) || right.nullish() == Some(true) {
            return None;
        }
        let (own, other) = (left.origin(), right.origin());
        for (value, role, constant) in [(left, &own, right), (right, &other, left)] {
            if role.has(Origin::ROLE) && !value.is_nullish() {
                match constant {
                    Value::Text(text) => {
                        if ORDINARY.contains(&text.to_ascii_lowercase().as_str()) {
                            return Some(true);
                        }
                        self.role(place, &format!("`{text}`"));
                        return Some(false);
                    }
                    Value::Boolean(true) => {
                        self.role(place, "the permission");
                        return Some(false);
                    }
                    Value::Boolean(false) => return Some(true),
                    constant if !constant.origin().has(Origin::CLIENT | Origin::FOREIGN | Origin::ROLE) => {
                        self.role(place, "the role");
                        return Some(false);
                    }
                    _ => return None,
                }
            }
        }
        // `ADMINS.includes(user.email)`: those whom the server's configuration names are others.
        let is_named = |origin: &Origin, value: &Value| {
            origin.has(Origin::CONFIGURED) && !origin.has(Origin::IDENTITY | Origin::CLIENT | Origin::ROW)
                || matches!(value, Value::Text(text) if text.contains('@'))
        };
        if own.has(Origin::IDENTITY) && is_named(&other, right) || other.has(Origin::IDENTITY) && is_named(&own, left) {
            self.role(place, "a list of the server's configuration");
            return Some(false);
        }
        if !self.outsider() {
            return None;
        }
        let is_own = |origin: &Origin| origin.has(Origin::IDENTITY) && !origin.has(Origin::FOREIGN);
        let is_others =
            |origin: &Origin| origin.has(Origin::FOREIGN) || origin.has(Origin::CLIENT) && !origin.has(Origin::ROW);
        let differs = is_own(&own) && is_others(&other) && !other.has(Origin::IDENTITY)
            || is_own(&other) && is_others(&own) && !own.has(Origin::IDENTITY);
        if differs {
            self.signal(Signal::Compared(place));
            let others = if is_own(&own) { &other } else { &own };
            for table in others.sources().iter().filter_map(super::relation::table_read) {
                self.signal(Signal::Tied(super::relation::id_of(&table), Some(table)));
            }
            self.signal(Signal::Owner(
                place,
                Text::from("what the client names is compared with the caller's own"),
            ));
            return Some(false);
        }
        None
    }

    /// `await isAdmin()` as a statement: somebody without the role is told no, and goes on.
    pub(super) fn look_for_ignored(&mut self, here: Here, expression: &Expression, flows: &Flows) {
        let call = match &expression.kind {
            ExpressionKind::Await(inner) => inner,
            _ => expression,
        };
        let says_no = matches!(call.kind, ExpressionKind::Call { .. })
            && flows
                .iter()
                .any(|(_, outcome)| matches!(outcome, Ok(Value::Boolean(false))))
            && self.signals.iter().any(|signal| matches!(signal, Signal::Role(..)))
            && self.has_no_role();
        if says_no {
            self.signal(Signal::Ignored(here.at(expression.span)));
        }
    }

    /// The role that a row gives is asked for.
    pub(super) fn role_in(&mut self, origin: &Origin) {
        for source in origin.sources() {
            // A row of the caller's own, and not what it was looked up with.
            if let Source::Read { by, .. } = source
                && by.own
                && let Some(table) = &by.relation
            {
                self.signal(Signal::Ranked(Text::clone(table)));
            }
        }
    }

    pub(super) fn role(&mut self, place: Place, what: &str) {
        self.signal(Signal::Role(
            place,
            Text::from(format!("the caller's role is asked for {what}").as_str()),
        ));
    }

    /// Whether a list or set holds a value: `user.permissions.includes('write')`, `ADMINS.includes(user.role)`.
    pub(super) fn outsider_holds(&mut self, holder: &Value, wanted: &Value, place: Place) -> Option<bool> {
        let concerns = (holder.bits() | wanted.bits()).has(Origin::ROLE | Origin::IDENTITY);
        if !concerns || !self.has_no_role() {
            return None;
        }
        let (own, other) = (holder.origin(), wanted.origin());
        if own.has(Origin::ROLE) || other.has(Origin::ROLE) {
            let names: Vec<String> = match (holder, wanted) {
                (Value::Array(array), _) => array.items.iter().filter_map(text).collect(),
                (_, wanted) => text(wanted).into_iter().collect(),
            };
            if names
                .iter()
                .any(|name| ORDINARY.contains(&name.to_ascii_lowercase().as_str()))
            {
                return Some(true);
            }
            self.role(
                place,
                &names
                    .first()
                    .map_or_else(|| "a permission".to_owned(), |name| format!("`{name}`")),
            );
            return Some(false);
        }
        self.outsider_equality(holder, wanted, place).filter(|equal| !equal)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// What counts calls is over every limit.
fn limited_comparison(operator: BinaryOperator, left: &Value, right: &Value) -> Option<bool> {
    let counts = |value: &Value| matches!(value, Value::Abstract(inner) if inner.origin.has(Origin::COUNT));
    // Whether there are rows at all is no count of calls.
    let is_met = |value: &Value, limit: &Value| {
        matches!(limit, Value::Number(number) if *number < 2.0) && value.origin().has(Origin::ROW)
    };
    if is_met(left, right) || is_met(right, left) {
        return None;
    }
    match (operator, counts(left), counts(right)) {
        (BinaryOperator::Greater, true, false) | (BinaryOperator::Less, false, true) => Some(true),
        (BinaryOperator::Less, true, false) | (BinaryOperator::Greater, false, true) => Some(false),
        _ => None,
    }
}
