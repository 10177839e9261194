//! What a call of a data source selects and writes: from its arguments, and from what a query builder collected.
//!
//! Ownership is decided here: rows that the client picks belong to somebody else, unless what selects them names the
//! caller too.

use std::sync::Arc;

use portcullis_catalog::{Call, EffectKind, Part, Spec, parts};
use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::effect::Details;
use super::written::{
    claimed_owner, finds_by_code, granted_role, moved_amount, names_directly, names_once, only_counts, sets_password,
    writes_whole_payload,
};
use crate::state::State;
use crate::value::{Field, Model, Origin, Query, Source, Value};

/// How deep options are searched.
const DEPTH_LIMIT: u32 = 6;

/// What selects rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// A value of the client, or of a row that the client picked.
    pub(super) client: bool,
    /// The caller: a condition that has to hold names somebody of the session.
    pub(super) caller: bool,
    /// The caller's role: a condition that has to hold asks for one.
    pub(super) role: bool,
}

/// The parts of a query: what the model collected, and what this call adds.
pub(super) fn gather(model: Option<&Arc<Model>>, name: &str, call: &Call, arguments: &[Value]) -> Query {
    let mut query = model
        .and_then(|model| model.query.as_deref().cloned())
        .unwrap_or_default();
    query.is_scoped |= call.scoped && !arguments.iter().any(|argument| argument.origin().has(Origin::SERVICE));
    query.is_once |= arguments.iter().any(|argument| names_the_call(argument, 0));
    query.claims |= matches!(name, "onConflictDoNothing" | "doNothing" | "orIgnore");
    if query.is_scoped && name == "from" {
        query.table = match arguments.first() {
            Some(Value::Text(table)) => Some(Text::clone(table)),
            _ => None,
        };
    }
    if matches!(name, "from" | "into" | "update" | "insert" | "delete")
        && let Some(Value::Model(table)) = arguments.first()
        && let Some(Value::Text(table)) = &table.options
    {
        query.about = Some(Text::clone(table));
    }
    query.command = query.command.or_else(|| crate::policies::Command::of(name));
    let by_name = parts::by_name(name);
    let inserts = call.effect == Some(EffectKind::Sql) && inserts(arguments);
    for (position, argument) in arguments.iter().enumerate() {
        if inserts && position > 0 {
            query.data.push(argument.clone());
            continue;
        }
        let part = match call.takes.get(position) {
            Some(part) => *part,
            None if !call.takes.is_empty() => Part::Other,
            None => match by_name {
                Some(list) => list.get(position).copied().unwrap_or(Part::Other),
                None => Part::Query,
            },
        };
        add(&mut query, part, argument, 0);
    }
    query
}

/// Whether the text of a query adds rows: its values pick none.
fn inserts(arguments: &[Value]) -> bool {
    let text = match arguments.first() {
        Some(Value::Array(pieces)) => pieces.items.first(),
        first => first,
    };
    let Some(Value::Text(text)) = text else { return false };
    let word = text.split_whitespace().next().unwrap_or_default();
    word.eq_ignore_ascii_case("insert")
}

/// Whether options name this call, so that it takes effect once: a key that the client keeps, or that is made from what
/// stays the same. A key made anew for every call names nothing.
fn names_the_call(value: &Value, depth: u32) -> bool {
    let Value::Object(options) = value else { return false };
    options.fields.iter().any(|(name, field)| {
        let Field::Value(value) = field else { return false };
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        if name.eq_ignore_ascii_case("idempotencykey") || name.eq_ignore_ascii_case("xidempotencykey") {
            value.origin().has(Origin::CLIENT | Origin::ROW | Origin::IDENTITY)
        } else {
            depth == 0 && name == "headers" && names_the_call(value, depth + 1)
        }
    })
}

fn add(query: &mut Query, part: Part, value: &Value, depth: u32) {
    match part {
        Part::Where | Part::Path | Part::Key => query.selects.push(value.clone()),
        Part::Data => query.data.push(value.clone()),
        Part::Columns => {
            query.has_columns |= lists_columns(value);
            join(query, value);
        }
        Part::Other => join(query, value),
        // An options object: its fields say more.
        Part::Query => match value {
            Value::Object(object) if depth == 0 => {
                for (name, field) in &object.fields {
                    if let Field::Value(value) = field {
                        match parts::of_field(name) {
                            Part::Where => {
                                let mut one = crate::value::Object::default();
                                one.set(name, value.clone());
                                query.selects.push(Value::Object(Arc::new(one)));
                            }
                            part => add(query, part, value, depth + 1),
                        }
                    }
                }
                query.selects.extend(object.open.clone());
            }
            Value::Function(_) | Value::Model(_) => {}
            other => query.selects.push(other.clone()),
        },
        _ => {}
    }
}

/// Relations of which only the caller's are read: `include: { members: { where: { userId } } }`.
fn join(query: &mut Query, value: &Value) {
    let Value::Object(object) = value else { return };
    for (name, field) in &object.fields {
        if let Field::Value(Value::Object(relation)) = field
            && let Some(condition) = relation.field("where")
        {
            let mut selection = Selection::default();
            walk(condition, false, false, 0, &mut selection);
            if selection.caller && !query.joined.contains(name) {
                query.joined.push(Text::clone(name));
            }
        }
    }
}

/// Whether a list of columns names some, and not all.
fn lists_columns(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.contains('*') && !text.trim().is_empty(),
        Value::Object(object) => !object.fields.is_empty(),
        Value::Undefined | Value::Null => false,
        _ => true,
    }
}

/// What selects, in all that was given.
pub(super) fn selection(query: &Query) -> Selection {
    let mut selection = Selection::default();
    for value in &query.selects {
        walk(value, false, false, 0, &mut selection);
    }
    selection
}

fn walk(value: &Value, is_loose: bool, is_role: bool, depth: u32, selection: &mut Selection) {
    if depth > DEPTH_LIMIT {
        return;
    }
    let mut leaf = |origin: &Origin| {
        // A credential is the caller's own, whoever sends it.
        selection.client |= origin.has(Origin::CLIENT | Origin::FOREIGN) && !origin.has(Origin::CREDENTIAL);
        if !is_loose {
            selection.caller |= origin.has(Origin::IDENTITY);
            selection.role |= origin.has(Origin::ROLE);
        }
    };
    match value {
        Value::Object(object) => {
            for (name, field) in &object.fields {
                if let Field::Value(value) = field {
                    if matches!(parts::of_field(name), Part::Other) {
                        continue;
                    }
                    let is_constant = matches!(value, Value::Text(_) | Value::Array(_) | Value::Object(_));
                    if !is_loose && is_constant && names_role(name) && !value.origin().has(Origin::CLIENT) {
                        selection.role = true;
                    }
                    let loose = is_loose || super::names::is_loose(name);
                    walk(value, loose, is_role, depth + 1, selection);
                }
            }
            if let Some(open) = &object.open {
                walk(open, is_loose, is_role, depth + 1, selection);
            }
        }
        Value::Array(array) => {
            for item in array.items.iter().chain(&array.rest) {
                walk(item, is_loose, is_role, depth + 1, selection);
            }
        }
        // Every alternative has to name the caller.
        Value::Union(options) => {
            let mut all = Selection {
                caller: true,
                ..Selection::default()
            };
            for option in options.iter() {
                let mut one = Selection::default();
                walk(option, is_loose, is_role, depth + 1, &mut one);
                all.client |= one.client;
                all.caller &= one.caller;
                all.role |= one.role;
            }
            selection.client |= all.client;
            selection.caller |= all.caller;
            selection.role |= all.role;
        }
        Value::Abstract(inner) => leaf(&inner.origin),
        Value::Model(model) => leaf(&model.origin),
        other => leaf(&other.origin()),
    }
}

/// The role that a condition asks for, where it is a constant; the first of several.
pub(super) fn role_asked(query: &Query) -> Option<Text> {
    fn constant(value: &Value) -> Option<Text> {
        match value {
            Value::Text(text) => Some(Text::clone(text)),
            Value::Array(array) => array.items.iter().find_map(constant),
            Value::Object(object) => object.fields.iter().find_map(|(_, field)| match field {
                Field::Value(value) => constant(value),
                Field::Getter(_) => None,
            }),
            _ => None,
        }
    }
    fn find(value: &Value, depth: u32) -> Option<Text> {
        let Value::Object(object) = value else { return None };
        object.fields.iter().find_map(|(name, field)| match field {
            Field::Value(value) if names_role(name) => constant(value),
            Field::Value(value) if depth < DEPTH_LIMIT => find(value, depth + 1),
            _ => None,
        })
    }
    query.selects.iter().find_map(|value| find(value, 0))
}

/// Names of fields that say who somebody is to others.
pub(super) fn names_role(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_start_matches("is").trim_start_matches('_');
    matches!(
        name,
        "role"
            | "roles"
            | "admin"
            | "superadmin"
            | "super_admin"
            | "superuser"
            | "staff"
            | "owner"
            | "moderator"
            | "permission"
            | "permissions"
            | "scopes"
            | "privileges"
            | "accesslevel"
            | "access_level"
            | "userrole"
            | "user_role"
            | "usertype"
            | "user_type"
            | "orgrole"
            | "org_role"
            | "teamrole"
            | "team_role"
            | "membershiprole"
            | "globalrole"
            | "isadmin"
    ) || name.ends_with("role")
        || name.ends_with("_role")
        || name.ends_with("permissions")
}

/// Names of columns that say whose a row is.
pub(super) fn names_owner(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(
        name.as_str(),
        "userid"
            | "user"
            | "ownerid"
            | "owner"
            | "authorid"
            | "author"
            | "createdby"
            | "createdbyid"
            | "creatorid"
            | "accountid"
            | "customerid"
            | "profileid"
            | "memberid"
            | "senderid"
            | "clerkid"
            | "clerkuserid"
            | "kindeid"
            | "uid"
            | "useremail"
            | "authoremail"
            | "owneremail"
    )
}

/// Whether what is done concerns the caller's own. Whose rows those are that were read before is not known here.
fn concerns_own(query: &Query, selection: Selection, name: &str, given: &Origin) -> bool {
    let adds = query.selects.is_empty() || name.starts_with("create") || name.starts_with("insert");
    selection.caller
        || query.selects.iter().any(|value| value.origin().has(Origin::ROW))
        || adds && given.has(Origin::IDENTITY)
}

impl super::Run<'_> {
    /// Conditions that are functions, `where: (post, { eq }) => eq(post.id, id)`, become what they give.
    pub(super) fn with_conditions(
        &mut self,
        state: &mut Box<State>,
        call: &Call,
        mut arguments: Vec<Value>,
        place: Place,
    ) -> Vec<Value> {
        if call.effect.is_none() && call.takes.is_empty() && !matches!(call.returns.caller, Spec::Type(_)) {
            return arguments;
        }
        for argument in &mut arguments {
            let Value::Object(object) = argument else { continue };
            let condition = object.fields.iter().position(|(name, field)| {
                matches!(parts::of_field(name), Part::Where)
                    && matches!(&**name, "where")
                    && matches!(field, Field::Value(Value::Function(_)))
            });
            let Some((name, Field::Value(function))) = condition.and_then(|at| object.fields.get(at)).cloned() else {
                continue;
            };
            let any = vec![Value::unknown(), Value::unknown()];
            let flows = self.call_back(state.clone(), &function, any, place);
            let given = flows
                .into_iter()
                .filter_map(|(_, outcome)| outcome.ok())
                .reduce(Value::or)
                .unwrap_or(Value::Undefined);
            let mut object = crate::value::Object::clone(object);
            object.set(&name, given);
            *argument = Value::Object(Arc::new(object));
        }
        arguments
    }

    /// What a call selects and writes, as far as the protections ask.
    pub(super) fn judge_query(
        &self,
        query: &Query,
        call: &Call,
        name: &str,
        is_database: bool,
        given: &Origin,
        place: Place,
    ) -> (Selection, Details) {
        let Some(kind) = call.effect else {
            return (Selection::default(), Details::default());
        };
        let selection = selection(query);
        let selects_rows = matches!(
            kind,
            EffectKind::Read | EffectKind::Write | EffectKind::Sql | EffectKind::Payment
        );
        let writes = matches!(kind, EffectKind::Write | EffectKind::Sql);
        // What a message says, or whom it goes to, stands in a row that the client picked.
        let tells_of_others = kind == EffectKind::Message
            && given.has(Origin::FOREIGN)
            && !given.has(Origin::IDENTITY | Origin::CREDENTIAL);
        let is_kept_by_the_server = matches!(name, "set" | "setEx" | "setex" | "lpush" | "rpush" | "sadd" | "hset");
        let details = Details {
            picked: tells_of_others
                || selects_rows
                    && selection.client
                    && !selection.caller
                    && !given.has(Origin::CREDENTIAL)
                    && !query.is_scoped
                    && !only_counts(query),
            scoped: query.is_scoped,
            client: given.has(Origin::CLIENT),
            raw: given.has(Origin::RAW),
            claimed: writes
                .then(|| claimed_owner(&query.data))
                .flatten()
                .filter(|_| is_database),
            mass: writes && is_database && !is_kept_by_the_server && writes_whole_payload(&query.data),
            by_credential: given.has(Origin::CREDENTIAL) || keeps_session(given, place),
            by_cookie: given.has(Origin::COOKIE),
            is_upstream: !is_database && matches!(kind, EffectKind::Request | EffectKind::Write | EffectKind::Read),
            once: query.is_once,
            counts: call.returns.caller == Spec::Count,
            selects: selects_rows && selection.client,
            table: query.is_scoped.then(|| query.table.clone()).flatten(),
            command: query.command,
            own: concerns_own(query, selection, name, given),
            moves: writes
                .then(|| moved_amount(&query.data))
                .flatten()
                .filter(|_| is_database),
            one_time: kind == EffectKind::Read && is_database && finds_by_code(&query.selects),
            is_named_once: query.claims && query.data.iter().any(|value| value.origin().has(Origin::CLIENT))
                || names_once(&query.data, 0)
                || names_once(&query.selects, 0),
            sets_password_of_named: writes
                && is_database
                && sets_password(&query.data)
                && names_directly(&query.selects),
            relation: None,
            uses: if writes && is_database || kind == EffectKind::Message {
                super::relation::uses(&query.data, given)
            } else {
                Vec::new()
            },
            names_other: super::relation::names_other(query),
            grants: writes
                .then(|| granted_role(&query.data))
                .flatten()
                .filter(|_| is_database),
        };
        (selection, details)
    }
}

/// Whether something is done with a row that the caller's credential found, where that row was looked up: sessions are
/// renewed and deleted like that.
fn keeps_session(given: &Origin, place: Place) -> bool {
    given.sources().iter().any(
        |source| matches!(source, Source::Read { by, place: read, .. } if by.credential && read.file == place.file),
    )
}

/// What a row is made from: what was asked for is in it no more, whose it is stays.
pub(super) fn row_origin(
    given: &Origin,
    from: &Origin,
    selection: Selection,
    query: &Query,
    details: &Details,
    is_database: bool,
) -> Origin {
    let mut origin = given.clone().without(Origin::SENT | Origin::CREDENTIAL | Origin::WHOLE);
    if !query.selects.is_empty() && !selection.caller {
        origin = origin.without(Origin::IDENTITY);
    }
    // A row that names the caller is the caller's own, whatever else took part in finding it.
    if selection.caller {
        origin = origin.without(Origin::FOREIGN);
    }
    let mut bits = Origin::ROW;
    if is_database && !query.has_columns {
        bits |= Origin::WHOLE;
    }
    if details.picked {
        bits |= Origin::FOREIGN;
    }
    origin.with(bits).plus(from)
}
