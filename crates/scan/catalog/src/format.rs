//! The file format of the catalog: what one TOML file of a library may say. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A library's file, and the form of a `[[scan.catalog]]` entry in a project's own configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LibraryFile {
    /// The library's name, for messages.
    pub(crate) library: String,
    /// It reads and writes a database of the project's own.
    #[serde(default)]
    pub(crate) database: bool,
    /// Modules and what they export.
    #[serde(default)]
    pub(crate) module: Vec<ModuleEntry>,
    /// Types: objects that the library hands out.
    #[serde(default)]
    pub(crate) types: BTreeMap<String, BTreeMap<String, MemberEntry>>,
    /// How its builders run what they collected.
    #[serde(default)]
    pub(crate) builders: BTreeMap<String, BuilderEntry>,
}

/// Modules that share their exports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ModuleEntry {
    /// Specifiers, globs allowed; `globals` for what needs no import; a path for a file of the project.
    pub(crate) names: Vec<String>,
    /// What they export; `default` for the default export, `*` for all others.
    #[serde(default)]
    pub(crate) exports: BTreeMap<String, MemberEntry>,
    /// Exports that are matched by name alone when their module can't be found: generated clients.
    #[serde(default)]
    pub(crate) unresolved: Vec<String>,
}

/// A value for each hypothesis, or one for all.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum PerCaller {
    /// The same for every caller.
    All(String),
    /// It depends on who calls, or on what a check says.
    Each(Alternatives),
}

/// A value for each kind of caller; what is missing is what `caller` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alternatives {
    /// What a stranger gets.
    pub(crate) stranger: Option<String>,
    /// What a signed-in caller gets.
    pub(crate) caller: String,
    /// What somebody gets who is signed in, and has no role, permission or membership.
    pub(crate) outsider: Option<String>,
    /// What somebody gets who called too often.
    pub(crate) limited: Option<String>,
}

/// An export of a module, or a member of a type.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MemberEntry {
    /// It is a property with this value.
    pub(crate) value: Option<PerCaller>,
    /// It is a function, or a constructor, that gives this.
    pub(crate) returns: Option<PerCaller>,
    /// The function gives a promise of it.
    #[serde(default)]
    pub(crate) r#async: bool,
    /// The call asks who is calling.
    #[serde(default)]
    pub(crate) identity: bool,
    /// The call, or property, tells who is calling without proof; why.
    pub(crate) unverified: Option<String>,
    /// The call checks a password or one-time code of the payload.
    #[serde(default)]
    pub(crate) credential: bool,
    /// The call makes or ends a session: the effect is identity itself.
    #[serde(default)]
    pub(crate) establishes: bool,
    /// What the call does to the world.
    pub(crate) effect: Option<String>,
    /// Functions among the arguments that the call runs.
    #[serde(default)]
    pub(crate) calls: Vec<CallbackEntry>,
    /// What a builder does with the argument.
    pub(crate) builder: Option<BuilderStep>,
    /// Which of the file's builders that is.
    pub(crate) uses: Option<String>,
    /// Part of the engine: what it does there.
    pub(crate) native: Option<NativeEntry>,
    /// A call of it does nothing to the world, and gives what it makes of its arguments.
    #[serde(default)]
    pub(crate) pure: bool,
    /// What each argument is for; without it, the names in an options object decide.
    #[serde(default)]
    pub(crate) takes: Vec<Part>,
    /// The database decides by who calls, through this client: row-level security.
    #[serde(default)]
    pub(crate) scoped: bool,
    /// The call asks a limiter.
    #[serde(default)]
    pub(crate) limiter: bool,
    /// The call asks whether a human calls.
    #[serde(default)]
    pub(crate) captcha: bool,
    /// The argument, from 0, that the call vouches for where it answers yes, or where it gives nothing and does not throw.
    pub(crate) checks: Option<usize>,
}

/// What an argument of a library's function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// An options object: its fields say what is for what.
    Query,
    /// It selects what is read, changed or deleted.
    Where,
    /// It is written.
    Data,
    /// It lists the columns to give back.
    Columns,
    /// The text of a query, in which a value of the client is an injection.
    Sql,
    /// A command of a shell.
    Command,
    /// A path of a file.
    Path,
    /// The address of a request that the server makes.
    Url,
    /// Where the browser is sent.
    Redirect,
    /// Markup that is shown as it is.
    Markup,
    /// A key that limits or caches are counted by.
    Key,
    /// Lines of a log.
    Log,
    /// Nothing that matters here.
    Other,
}

/// Functions for which the engine has code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NativeEntry {
    /// Throws its argument again if it is what `redirect()` and its kin throw.
    Rethrow,
    /// Whether its argument is what `redirect()` and its kin throw.
    IsControlFlow,
    /// One cookie of the request.
    CookieGet,
    /// All cookies of the request.
    CookieAll,
    /// One header of the request.
    HeaderGet,
    /// Throws unless its argument is truthy.
    Assert,
}

/// A function among the arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CallbackEntry {
    /// Which argument, from 0.
    pub(crate) arg: usize,
    /// A field of the argument, if the function is in an object.
    pub(crate) field: Option<String>,
    /// What it is called with.
    #[serde(default)]
    pub(crate) with: Vec<String>,
}

/// What a builder's method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuilderStep {
    /// Starts a builder.
    Start,
    /// Adds a middleware.
    Middleware,
    /// Sets the schema of the input.
    Input,
    /// Ends the chain: the argument is the handler, and the result is the action.
    Handler,
    /// Ends the chain: the argument is a procedure, whose result becomes the context of later ones.
    Procedure,
    /// Takes over a procedure as the beginning of another chain.
    Extend,
    /// Goes on unchanged.
    Pass,
}

/// How a builder runs what it collected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BuilderEntry {
    /// What a middleware is called with. `ctx`, `next`, `input` and `client` stand for the chain's own.
    #[serde(default)]
    pub(crate) middleware: Vec<String>,
    /// What the handler is called with.
    pub(crate) handler: Vec<String>,
    /// The type that its methods return.
    pub(crate) r#type: String,
    /// Errors thrown inside become a result object.
    #[serde(default)]
    pub(crate) catches: bool,
}
