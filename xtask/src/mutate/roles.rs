//! What the names of a file stand for, judged as a reader would: by the names of what is called and by where values
//! flow. This is an opinion of its own on purpose: it must not be the scan's, which is what is measured.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    ArrowFunctionExpression, BindingPattern, CallExpression, Expression, FormalParameters, Function, Program,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{Scoping, SymbolId};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

use super::syntax::{argument, call_of, callee_name, callee_path, has_word, mentioned, root, strip, symbol, words};

/// What a guard or check asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Session,
    Role,
    Owner,
    Limit,
    Parsed,
}

/// Names of a file that matter.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// The session, the user, their fields, and the membership that a user was found to have.
    pub(super) identity: BTreeSet<SymbolId>,
    /// What each of these was taken from.
    pub(super) taken_from: BTreeMap<SymbolId, SymbolId>,
    /// What a user was found to have by the user alone: a team, a membership in it. That there is none refuses nobody
    /// for who they are.
    pub(super) tenant: BTreeSet<SymbolId>,
    /// What a helper gives that may turn strangers away itself.
    pub(super) strict: BTreeSet<SymbolId>,
    /// Memberships that were looked up with something that is not the caller's.
    pub(super) membership: BTreeSet<SymbolId>,
    /// What a limiter said.
    pub(super) limit: BTreeSet<SymbolId>,
    /// What `safeParse` said.
    pub(super) parsed: BTreeSet<SymbolId>,
    /// What a check of roles said.
    pub(super) role: BTreeSet<SymbolId>,
}

/// Names of parameters that stand for the caller where a wrapper or another function hands them in.
const CALLER_PARAMETERS: [&str; 8] = [
    "user",
    "session",
    "currentUser",
    "authUser",
    "membership",
    "viewer",
    "actor",
    "ctx",
];
/// The same, where nothing is taken apart: in what is, they may be the client's.
const CALLER_IDS: [&str; 2] = ["userId", "user_id"];

impl Roles {
    /// Reads a file. Of the functions that `is_door` says yes to, parameters come from the client.
    pub(super) fn of(program: &Program<'_>, scoping: &Scoping, is_door: &dyn Fn(Span) -> bool) -> Self {
        let mut roles = Self::default();
        // Twice, since a closure may stand before what it takes.
        for _ in 0..2 {
            let mut reader = Reader {
                roles: &mut roles,
                scoping,
                is_door,
            };
            reader.visit_program(program);
        }
        roles
    }

    /// Whether an expression is the identity, a field of it, or built with it.
    pub(super) fn names_caller(&self, expression: &Expression<'_>, scoping: &Scoping) -> bool {
        mentioned(expression, scoping)
            .iter()
            .any(|symbol| self.identity.contains(symbol))
    }

    /// Whether an expression is the identity or a field of it, and nothing else.
    pub(super) fn is_caller(&self, expression: &Expression<'_>, scoping: &Scoping) -> bool {
        root(expression)
            .and_then(|(identifier, _)| symbol(identifier, scoping))
            .is_some_and(|symbol| self.identity.contains(&symbol))
    }

    /// All that was taken from one of `symbols`, and these themselves.
    pub(super) fn family(&self, symbols: &BTreeSet<SymbolId>) -> BTreeSet<SymbolId> {
        let mut family = symbols.clone();
        loop {
            let more: Vec<SymbolId> = self
                .taken_from
                .iter()
                .filter(|(to, from)| family.contains(from) && !family.contains(to))
                .map(|(to, _)| *to)
                .collect();
            if more.is_empty() {
                return family;
            }
            family.extend(more);
        }
    }
}

/// Words of functions that do something else with sessions and users.
const OTHERS: &[&str] = &[
    "in",
    "out",
    "up",
    "signin",
    "signout",
    "signup",
    "login",
    "logout",
    "create",
    "destroy",
    "delete",
    "update",
    "set",
    "find",
    "by",
    "refresh",
    "invalidate",
    "upsert",
    "list",
    "exchange",
    "revoke",
    "register",
    "all",
    "use",
    "with",
    "many",
    "count",
    "add",
    "remove",
    "save",
    "insert",
    "stripe",
    "checkout",
    "billing",
    "cookie",
    "token",
    "path",
    "redirect",
    "url",
    "handler",
    "handlers",
    "client",
    "provider",
    "action",
    "error",
    "config",
];

/// Whether a call asks who is there: `auth()`, `getSession()`, `supabase.auth.getUser()`.
pub(super) fn asks_who(call: &CallExpression<'_>) -> bool {
    let Some(name) = callee_name(call) else { return false };
    if has_word(name, OTHERS) && name != "isLoggedIn" && name != "isSignedIn" {
        return false;
    }
    if has_word(
        name,
        &[
            "session",
            "auth",
            "authenticated",
            "authenticate",
            "viewer",
            "signed",
            "logged",
            "authentication",
            "authorized",
        ],
    ) {
        return !has_word(name, &["role", "permission", "admin"]);
    }
    let asks = has_word(
        name,
        &[
            "get", "current", "require", "ensure", "assert", "verify", "check", "validate", "me", "fetch",
        ],
    );
    let plain = call.arguments.iter().all(|one| {
        one.as_expression().is_some_and(|one| match strip(one) {
            Expression::Identifier(identifier) => has_word(
                &identifier.name,
                &[
                    "options", "config", "request", "req", "headers", "cookies", "supabase", "client", "ctx",
                ],
            ),
            Expression::CallExpression(_) => true,
            _ => false,
        })
    });
    has_word(name, &["user"]) && asks && plain
}

/// What a call that decides by itself asks about: `requireAdmin()`, `assertOwner(user, doc)`, `hasPermission('x')`.
pub(super) fn decides(call: &CallExpression<'_>) -> Option<Kind> {
    let name = callee_name(call)?;
    if asks_limiter(call) {
        return Some(Kind::Limit);
    }
    let verb = has_word(
        name,
        &[
            "require",
            "ensure",
            "assert",
            "check",
            "verify",
            "protect",
            "guard",
            "validate",
            "enforce",
            "must",
            "has",
            "is",
            "can",
            "authorize",
            "at",
            "outranks",
            "owns",
            "belongs",
        ],
    );
    if !verb {
        return None;
    }
    if has_word(
        name,
        &[
            "owner",
            "ownership",
            "owns",
            "member",
            "membership",
            "access",
            "belongs",
        ],
    ) && !call.arguments.is_empty()
    {
        return Some(Kind::Owner);
    }
    let roles = [
        "admin",
        "role",
        "roles",
        "permission",
        "permissions",
        "permitted",
        "staff",
        "authorize",
        "least",
        "outranks",
        "superadmin",
    ];
    if has_word(name, &roles) || (name == "can" && !call.arguments.is_empty()) {
        return Some(Kind::Role);
    }
    // A secret that the caller sends proves who calls as well.
    if has_word(name, &["secret", "signature"]) && has_word(name, &["verify", "check", "validate"]) {
        return Some(Kind::Session);
    }
    let sessions = [
        "auth",
        "session",
        "user",
        "signed",
        "logged",
        "authenticated",
        "authentication",
        "login",
        "authorized",
    ];
    (has_word(name, &sessions) && asks_who(call)).then_some(Kind::Session)
}

/// Whether a call counts calls.
pub(super) fn asks_limiter(call: &CallExpression<'_>) -> bool {
    let Some(name) = callee_name(call) else { return false };
    if has_word(name, &["clear", "reset", "create", "new", "init", "get", "set"]) {
        return false;
    }
    let path = callee_path(call);
    let counts = |name: &str| {
        let words = words(name);
        words
            .iter()
            .any(|word| matches!(word.as_str(), "ratelimit" | "limiter" | "throttle" | "ratelimiter"))
            || words.windows(2).any(|pair| {
                pair.first().is_some_and(|one| one == "rate") && pair.last().is_some_and(|one| one.starts_with("limit"))
            })
    };
    path.iter().any(|name| counts(name)) && !call.arguments.is_empty()
}

/// Whether a call checks a value against a schema, throwing or not.
pub(super) fn parses(call: &CallExpression<'_>) -> Option<bool> {
    let name = callee_name(call)?;
    let throws = match name {
        "parse" | "parseAsync" => true,
        "safeParse" | "safeParseAsync" => false,
        _ => return None,
    };
    let path = callee_path(call);
    let other = path.first().is_some_and(|first| {
        matches!(
            *first,
            "JSON" | "Date" | "qs" | "url" | "path" | "superjson" | "marked" | "Papa" | "cookie" | "querystring"
        )
    });
    (path.len() > 1 && !other && call.arguments.len() == 1).then_some(throws)
}

struct Reader<'roles> {
    roles: &'roles mut Roles,
    scoping: &'roles Scoping,
    is_door: &'roles dyn Fn(Span) -> bool,
}

impl Reader<'_> {
    fn parameters(&mut self, parameters: &FormalParameters<'_>, function: Span) {
        if (self.is_door)(function) {
            return;
        }
        for parameter in &parameters.items {
            let is_plain = matches!(parameter.pattern, BindingPattern::BindingIdentifier(_));
            for binding in parameter.pattern.get_binding_identifiers() {
                let symbol = binding.symbol_id.get();
                let name = binding.name.as_str();
                if CALLER_PARAMETERS.contains(&name) || (is_plain && CALLER_IDS.contains(&name)) {
                    self.roles.identity.extend(symbol);
                }
            }
        }
    }
}

fn bound(pattern: &BindingPattern<'_>) -> Vec<SymbolId> {
    let identifiers = pattern.get_binding_identifiers();
    identifiers.iter().filter_map(|one| one.symbol_id.get()).collect()
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.parameters(&function.params, function.span);
        walk::walk_function(self, function, flags);
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.parameters(&function.params, function.span);
        walk::walk_arrow_function_expression(self, function);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let Some(init) = &declarator.init {
            self.declared(&declarator.id, init);
        }
        walk::walk_variable_declarator(self, declarator);
    }
}

impl Reader<'_> {
    fn declared(&mut self, pattern: &BindingPattern<'_>, init: &Expression<'_>) {
        let symbols = bound(pattern);
        if let Some(call) = call_of(init) {
            if asks_who(call) {
                let name = callee_name(call).unwrap_or_default();
                if has_word(name, &["require", "ensure", "assert", "must", "current"]) && name != "currentUser" {
                    self.roles.strict.extend(symbols.iter().copied());
                }
                self.roles.identity.extend(symbols);
                return;
            }
            if asks_limiter(call) {
                self.roles.limit.extend(symbols);
                return;
            }
            if parses(call) == Some(false) {
                self.roles.parsed.extend(symbols);
                return;
            }
            let name = callee_name(call).unwrap_or_default();
            let by_caller = call
                .arguments
                .iter()
                .filter_map(|one| one.as_expression())
                .any(|one| self.roles.names_caller(one, self.scoping));
            if by_caller
                && has_word(
                    name,
                    &[
                        "member",
                        "membership",
                        "team",
                        "organization",
                        "org",
                        "workspace",
                        "tenant",
                        "account",
                        "profile",
                    ],
                )
                && !has_word(
                    name,
                    &[
                        "create", "update", "delete", "remove", "add", "find", "insert", "upsert",
                    ],
                )
            {
                let all_by_caller = (0..call.arguments.len())
                    .filter_map(|at| argument(call, at))
                    .all(|one| self.roles.names_caller(one, self.scoping));
                if all_by_caller {
                    self.roles.tenant.extend(symbols.iter().copied());
                } else {
                    self.roles.membership.extend(symbols.iter().copied());
                }
                self.roles.identity.extend(symbols);
                return;
            }
            match decides(call) {
                Some(Kind::Role) => self.roles.role.extend(symbols),
                Some(Kind::Owner) if by_caller => self.roles.membership.extend(symbols),
                _ => {}
            }
            return;
        }
        // A field of it, or it unless it is missing.
        let plain = match strip(init) {
            Expression::LogicalExpression(either) => strip(&either.left),
            other => other,
        };
        if let Some(from) = root(plain).and_then(|(identifier, _)| symbol(identifier, self.scoping))
            && self.roles.identity.contains(&from)
        {
            for symbol in symbols {
                self.roles.identity.insert(symbol);
                self.roles.taken_from.insert(symbol, from);
            }
        }
    }
}
