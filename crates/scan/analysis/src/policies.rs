//! What the database itself decides: row-level security, read from the SQL of the project's migrations.
//!
//! A policy counts as tied to the caller if its condition names who calls (`auth.uid() = user_id`), directly or through a
//! function of the migrations. What a condition means beyond that is not evaluated, and what was changed by hand in the
//! database is not seen.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Evidence, Place, Span};
use portcullis_policy::ScanConfig;
use portcullis_source::project::Project;

mod statement;

use statement::{Statement, words};

/// What the project's SQL says of its tables.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    tables: BTreeMap<String, Table>,
    /// Functions whose result depends on who calls.
    callers: BTreeSet<String>,
    /// Tables that the configuration declares to be restricted to the caller.
    declared: BTreeSet<String>,
}

#[derive(Debug)]
struct Table {
    place: Place,
    is_enabled: bool,
    policies: BTreeMap<String, Policy>,
}

#[derive(Debug)]
struct Policy {
    place: Place,
    command: Option<Command>,
    is_restrictive: bool,
    /// Users of the application are among its roles.
    is_for_users: bool,
    using: Option<String>,
    check: Option<String>,
}

/// What is done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Select,
    Insert,
    Update,
    Delete,
}

/// What the database says to a query.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    /// Only rows that a condition ties to the caller.
    Caller(Evidence),
    /// Every row.
    Everyone(Evidence),
    /// Nothing is known of the table.
    Unknown,
}

/// How deep functions of policies call each other.
const DEPTH_LIMIT: u32 = 4;

impl Command {
    /// By the method of a query builder.
    pub(crate) fn of(method: &str) -> Option<Self> {
        Some(match method {
            "select" => Self::Select,
            "insert" => Self::Insert,
            "update" | "upsert" => Self::Update,
            "delete" => Self::Delete,
            _ => return None,
        })
    }
}

impl Policies {
    /// Reads the migrations in the order of their names.
    pub(crate) fn read(project: &Project, config: &ScanConfig) -> Self {
        let mut policies = Self {
            declared: config.database.row_level_security.iter().cloned().collect(),
            ..Self::default()
        };
        let mut functions: BTreeMap<String, String> = BTreeMap::new();
        for (file, source) in project.texts().filter(|(_, source)| source.path.ends_with(".sql")) {
            for statement in statement::split(&source.text) {
                let place = Place::new(file, Span::new(statement.start, statement.end));
                policies.apply(&statement, place, &mut functions);
            }
        }
        policies.callers = callers(&functions);
        policies
    }

    fn apply(&mut self, statement: &Statement, place: Place, functions: &mut BTreeMap<String, String>) {
        let words = words(&statement.text);
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        match (word(0), word(1)) {
            ("create", "table") => {
                if let Some(name) = name_after(&words, "table") {
                    self.tables.entry(name).or_insert_with(|| Table {
                        place,
                        is_enabled: false,
                        policies: BTreeMap::new(),
                    });
                }
            }
            ("drop", "table") => {
                if let Some(name) = name_after(&words, "table") {
                    self.tables.remove(&name);
                }
            }
            ("alter", "table") => {
                let text = words.join(" ");
                let Some(name) = name_after(&words, "table") else {
                    return;
                };
                let enables = text.contains("enable row level security");
                if !enables && !text.contains("disable row level security") {
                    return;
                }
                let table = self.tables.entry(name).or_insert_with(|| Table {
                    place,
                    is_enabled: false,
                    policies: BTreeMap::new(),
                });
                table.is_enabled = enables;
                table.place = place;
            }
            ("create", "policy") => {
                let Some((table, policy)) = policy_of(statement, &words, place) else {
                    return;
                };
                let table = self.tables.entry(table).or_insert_with(|| Table {
                    place,
                    is_enabled: false,
                    policies: BTreeMap::new(),
                });
                table.policies.insert(word(2).to_owned(), policy);
            }
            ("drop", "policy") => {
                let named = words
                    .iter()
                    .skip(2)
                    .find(|word| !matches!(word.as_str(), "if" | "exists"));
                if let (Some(policy), Some(table)) = (named, name_after(&words, "on"))
                    && let Some(table) = self.tables.get_mut(&table)
                {
                    table.policies.remove(policy);
                }
            }
            ("create", _) if words.iter().take(4).any(|word| word == "function") => {
                if let Some(name) = name_after(&words, "function") {
                    functions.insert(name, statement.text.to_ascii_lowercase());
                }
            }
            // What a block does is taken to be done.
            ("do", _) => {
                let inner = statement::dollar_quoted(&statement.text).unwrap_or_default();
                for statement in statement::split(inner) {
                    let text = statement.text.to_ascii_lowercase();
                    let from = ["create policy", "alter table"]
                        .iter()
                        .filter_map(|begin| text.find(begin))
                        .min();
                    if let Some(rest) = from.and_then(|from| statement.text.get(from..)) {
                        let statement = Statement {
                            text: rest.to_owned(),
                            ..statement
                        };
                        self.apply(&statement, place, functions);
                    }
                }
            }
            _ => {}
        }
    }

    /// What the database says to a query of a user's client.
    pub(crate) fn decide(&self, table: Option<&str>, command: Option<Command>) -> Decision {
        let (Some(name), Some(command)) = (table, command) else {
            return Decision::Unknown;
        };
        let name = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        let Some(table) = self.tables.get(&name) else {
            return Decision::Unknown;
        };
        let evidence = |place: Place, text: String| Evidence { place, text };
        if !table.is_enabled {
            return Decision::Everyone(evidence(
                table.place,
                format!("`{name}` has no row-level security, so every row is everybody's"),
            ));
        }
        let relevant = |policy: &&Policy| policy.is_for_users && policy.command.is_none_or(|own| own == command);
        let relevant: Vec<&Policy> = table.policies.values().filter(relevant).collect();
        let ties = |policy: &&&Policy| self.ties(policy, command);
        if let Some(restrictive) = relevant.iter().filter(|policy| policy.is_restrictive).find(ties) {
            return Decision::Caller(evidence(
                restrictive.place,
                format!("a restrictive policy of `{name}` names who calls"),
            ));
        }
        let mut permissive = relevant.iter().filter(|policy| !policy.is_restrictive).peekable();
        if permissive.peek().is_none() {
            return Decision::Caller(evidence(
                table.place,
                format!("`{name}` has row-level security, and no policy that lets users do this"),
            ));
        }
        let mut tied = None;
        for policy in permissive {
            if !self.ties(policy, command) {
                return Decision::Everyone(evidence(
                    policy.place,
                    format!("this policy of `{name}` does not name who calls"),
                ));
            }
            tied = tied.or(Some(policy.place));
        }
        Decision::Caller(evidence(
            tied.unwrap_or(table.place),
            format!("the policy of `{name}` names who calls"),
        ))
    }

    /// Whether the configuration says that the database restricts a table to the caller.
    pub(crate) fn is_declared(&self, table: Option<&str>) -> bool {
        self.declared.contains("*") || table.is_some_and(|table| self.declared.contains(table))
    }

    /// Whether the rows that a policy lets through are tied to the caller.
    fn ties(&self, policy: &Policy, command: Command) -> bool {
        let condition = match command {
            Command::Insert => policy.check.as_deref().or(policy.using.as_deref()),
            _ => policy.using.as_deref(),
        };
        condition.is_some_and(|condition| names_caller(condition, &self.callers))
    }
}

/// Whether a condition depends on who calls, and not just on whether somebody does.
fn names_caller(condition: &str, callers: &BTreeSet<String>) -> bool {
    let words = words(condition);
    let text = words.join(" ");
    // Whether somebody is signed in says nothing about the row.
    let text = text
        .replace("( select auth.uid ( ) )", "auth.uid ( )")
        .replace("auth.uid ( ) is not null", "")
        .replace("auth.role ( )", "");
    let direct = [
        "auth.uid ( )",
        "auth.jwt ( )",
        "auth.email ( )",
        "auth.user_id ( )",
        "current_setting ( 'request.jwt",
    ];
    direct.iter().any(|name| text.contains(name))
        || text
            .split(" (")
            .filter_map(|before| before.rsplit(' ').next())
            .any(|name| callers.contains(unqualified(name)))
}

/// The functions that depend on who calls, directly or through others.
fn callers(functions: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for _ in 0..DEPTH_LIMIT {
        let more: Vec<String> = functions
            .iter()
            .filter(|(name, body)| !known.contains(*name) && names_caller(&body.replace('$', " "), &known))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        known.extend(more);
    }
    known
}

fn unqualified(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The name behind a word, without its schema; `if not exists` and the like are passed over.
fn name_after(words: &[String], word: &str) -> Option<String> {
    let at = words.iter().position(|own| own == word)?;
    words
        .iter()
        .skip(at + 1)
        .find(|word| !matches!(word.as_str(), "if" | "not" | "exists" | "only"))
        .map(|name| unqualified(name).to_owned())
}

/// The table of `create policy`, and the policy.
fn policy_of(statement: &Statement, words: &[String], place: Place) -> Option<(String, Policy)> {
    let table = name_after(words.get(3..)?, "on")?;
    let clause = |word: &str| words.iter().position(|own| own == word);
    let first_condition = [clause("using"), clause("check")].into_iter().flatten().min();
    let head = words.get(..first_condition.unwrap_or(words.len())).unwrap_or(words);
    let after = |word: &str| head.iter().position(|own| own == word).and_then(|at| head.get(at + 1));
    let command = match after("for").map(String::as_str) {
        Some("select") => Some(Command::Select),
        Some("insert") => Some(Command::Insert),
        Some("update") => Some(Command::Update),
        Some("delete") => Some(Command::Delete),
        _ => None,
    };
    let roles: Vec<&str> = match head.iter().position(|word| word == "to") {
        Some(at) => head
            .iter()
            .skip(at + 1)
            .map(String::as_str)
            .take_while(|word| *word != "with")
            .collect(),
        None => vec!["public"],
    };
    let policy = Policy {
        place,
        command,
        is_restrictive: after("as").is_some_and(|kind| kind == "restrictive"),
        is_for_users: roles
            .iter()
            .any(|role| matches!(*role, "public" | "authenticated" | "anon")),
        using: statement::in_parentheses(&statement.text, "using"),
        check: statement::in_parentheses(&statement.text, "check"),
    };
    Some((table, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::FileId;

    fn decide(sql: &str, table: &str, command: Command) -> &'static str {
        let mut policies = Policies::default();
        let mut functions = BTreeMap::new();
        for statement in statement::split(sql) {
            let place = Place::new(FileId(0), Span::new(statement.start, statement.end));
            policies.apply(&statement, place, &mut functions);
        }
        policies.callers = callers(&functions);
        match policies.decide(Some(table), Some(command)) {
            Decision::Caller(_) => "caller",
            Decision::Everyone(_) => "everyone",
            Decision::Unknown => "unknown",
        }
    }

    const POSTS: &str = "create table public.posts (id uuid, user_id uuid);\nalter table \"public\".\"posts\" enable row level security;\n";

    #[test]
    fn a_policy_that_names_the_caller() {
        let sql = format!(
            "{POSTS}create policy \"own; rows\" on posts for all to authenticated using (auth.uid() = user_id);"
        );
        assert_eq!(decide(&sql, "posts", Command::Update), "caller");
        assert_eq!(decide(&sql, "posts", Command::Insert), "caller");
        assert_eq!(decide(&sql, "comments", Command::Select), "unknown");
    }

    #[test]
    fn no_row_level_security_or_a_policy_for_everybody() {
        assert_eq!(
            decide("CREATE TABLE IF NOT EXISTS posts (id int);", "posts", Command::Delete),
            "everyone"
        );
        let open = format!("{POSTS}create policy p on posts for update using (true);");
        assert_eq!(decide(&open, "posts", Command::Update), "everyone");
        assert_eq!(decide(&open, "posts", Command::Delete), "caller");
        let signed_in =
            format!("{POSTS}create policy p on posts for update to authenticated using (auth.uid() is not null);");
        assert_eq!(decide(&signed_in, "posts", Command::Update), "everyone");
        let role = format!("{POSTS}create policy p on posts for update using (auth.role() = 'authenticated');");
        assert_eq!(decide(&role, "posts", Command::Update), "everyone");
    }

    #[test]
    fn the_widest_policy_decides_unless_a_restrictive_one_ties() {
        let own = format!("{POSTS}create policy a on posts using ((select auth.uid()) = user_id);");
        assert_eq!(decide(&own, "posts", Command::Select), "caller");
        let wide = format!("{own} create policy b on posts for select using (published);");
        assert_eq!(decide(&wide, "posts", Command::Select), "everyone");
        let restricted =
            format!("{wide} create policy c on posts as restrictive for select using (auth.uid() = user_id);");
        assert_eq!(decide(&restricted, "posts", Command::Select), "caller");
        let dropped = format!("{wide} drop policy if exists b on posts;");
        assert_eq!(decide(&dropped, "posts", Command::Select), "caller");
        let service = format!("{own} create policy s on posts to service_role using (true);");
        assert_eq!(decide(&service, "posts", Command::Select), "caller");
    }

    #[test]
    fn functions_blocks_and_comments() {
        let sql = format!(
            "{POSTS}-- create policy x on posts using (true);\n\
             create or replace function public.is_member(team uuid) returns boolean as $$\n\
             begin return exists (select 1 from members where user_id = auth.uid()); end; $$ language plpgsql;\n\
             do $body$ begin\n create policy m on posts for select using (is_member(team_id));\n end $body$;"
        );
        assert_eq!(decide(&sql, "posts", Command::Select), "caller");
        let off = format!("{sql} alter table posts disable row level security;");
        assert_eq!(decide(&off, "posts", Command::Select), "everyone");
    }
}
