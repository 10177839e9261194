//! The linked catalog: modules, types and members by id, and the look-ups that the analysis makes.
//!
//! Long because the linked catalog and its linker belong together.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use globset::{Glob, GlobMatcher};
use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::format::{BuilderEntry, BuilderStep, LibraryFile, MemberEntry, NativeEntry, Part, PerCaller};
use crate::libraries;
use crate::spec::{self, Spec, TypeRef};

/// A type of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// A member of a type, or an export of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u32);

/// A builder of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuilderId(pub u32);

/// A value, by who calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Yield {
    /// What a stranger gets.
    pub stranger: Spec,
    /// What a signed-in caller gets.
    pub caller: Spec,
    /// What somebody gets who is signed in and has no role; what the caller gets, if it says nothing.
    pub outsider: Option<Spec>,
    /// What somebody gets who called too often; what the caller gets, if it says nothing.
    pub limited: Option<Spec>,
}

/// What a call does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// Reads records.
    Read,
    /// Writes records.
    Write,
    /// Raw SQL: reads or writes.
    Sql,
    /// A request to another service; a `GET` without credentials is a read.
    Request,
    /// Reads a file.
    FileRead,
    /// Writes a file.
    File,
    /// Sends a message: mail, SMS, chat, push.
    Message,
    /// Moves money, or starts to.
    Payment,
    /// Puts work into a queue.
    Queue,
    /// Writes to an object store.
    Storage,
    /// Runs a model or another metered service.
    Metered,
    /// Sets or deletes a cookie of the caller's own browser.
    Cookie,
    /// Makes a session, or an account, or sends a sign-in link.
    Session,
    /// Ends the caller's own session.
    SignOut,
    /// Marks cached pages stale.
    Revalidate,
}

impl EffectKind {
    const NAMES: [(&'static str, Self); 15] = [
        ("read", Self::Read),
        ("write", Self::Write),
        ("sql", Self::Sql),
        ("request", Self::Request),
        ("file-read", Self::FileRead),
        ("file", Self::File),
        ("message", Self::Message),
        ("payment", Self::Payment),
        ("queue", Self::Queue),
        ("storage", Self::Storage),
        ("metered", Self::Metered),
        ("cookie", Self::Cookie),
        ("session", Self::Session),
        ("sign-out", Self::SignOut),
        ("revalidate", Self::Revalidate),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(candidate, _)| *candidate == name)
            .map(|(_, kind)| *kind)
    }
}

/// A function among the arguments that a call runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// Which argument, from 0.
    pub argument: usize,
    /// The field of it, if the function is in an object.
    pub field: Option<String>,
    /// What it is called with.
    pub with: Vec<Spec>,
}

/// What calling a member does.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What it gives.
    pub returns: Yield,
    /// It gives a promise of that.
    pub is_async: bool,
    /// What it does to the world.
    pub effect: Option<EffectKind>,
    /// Functions that it runs.
    pub callbacks: Vec<Callback>,
    /// It checks a password or one-time code of the payload.
    pub credential: bool,
    /// It makes or ends a session.
    pub establishes: bool,
    /// What it does as a step of a builder.
    pub builder: Option<(BuilderStep, BuilderId)>,
    /// What each argument is for; empty if names decide.
    pub takes: Vec<Part>,
    /// The client that it gives is bound by the database's own rules.
    pub scoped: bool,
    /// It asks a limiter.
    pub limiter: bool,
    /// It asks whether a human calls.
    pub captcha: bool,
}

/// A member of a type, or an export of a module.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name, for messages: `auth.getUser`.
    pub label: String,
    /// The library, for messages.
    pub library: String,
    /// It is a property with this value.
    pub value: Option<Yield>,
    /// It can be called, or constructed.
    pub call: Option<Call>,
    /// It asks who is calling.
    pub identity: bool,
    /// It tells who is calling without proof; why.
    pub unverified: Option<String>,
    /// The engine has its own code for it.
    pub native: Option<NativeEntry>,
    /// It belongs to a database of the project's own.
    pub is_database: bool,
}

/// A parameter of a builder's middleware or handler: a spec, in which `ctx`, `next`, `input` may stand.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// A value of the catalog.
    Value(Spec),
    /// The context that middlewares built up.
    Context,
    /// The function that goes on with the chain.
    Next,
    /// The parsed input.
    Input,
    /// An object of these.
    Object(Vec<(String, Self)>),
}

/// How a builder runs what it collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// What a middleware is called with.
    pub middleware: Vec<Template>,
    /// What the handler is called with.
    pub handler: Vec<Template>,
    /// The type of the builder.
    pub builder_type: TypeId,
    /// Errors thrown inside become a result object.
    pub catches: bool,
}

/// What is wrong with a catalog entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("catalog entry `{library}`: {message}")]
pub struct CatalogError {
    /// The library of the entry.
    pub library: String,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug)]
struct ModulePattern {
    matcher: GlobMatcher,
    exports: BTreeMap<String, MemberId>,
}

/// Everything that is known about libraries.
#[derive(Debug, Default)]
pub struct Catalog {
    members: Vec<Member>,
    types: Vec<(String, BTreeMap<String, MemberId>)>,
    type_names: BTreeMap<String, TypeId>,
    modules: FxHashMap<String, BTreeMap<String, MemberId>>,
    patterns: Vec<ModulePattern>,
    /// Which patterns match a module, the last first: asked again and again for the same few hundred names.
    matches: RwLock<FxHashMap<String, Arc<[usize]>>>,
    unresolved: BTreeMap<String, MemberId>,
    builders: Vec<Builder>,
}

impl Catalog {
    /// The catalog that ships with Portcullis, extended by a project's own entries; later entries win.
    ///
    /// # Errors
    /// Every entry that can't be used, and why.
    pub fn with_entries(entries: &[toml::Table]) -> Result<Self, Vec<CatalogError>> {
        let mut errors = Vec::new();
        let mut files = Vec::new();
        for (name, text) in libraries::ALL {
            match toml::from_str::<LibraryFile>(text) {
                Ok(file) => files.push(file),
                Err(error) => errors.push(CatalogError {
                    library: (*name).to_owned(),
                    message: error.to_string(),
                }),
            }
        }
        for entry in entries {
            let library = entry
                .get("library")
                .and_then(toml::Value::as_str)
                .unwrap_or("scan.catalog")
                .to_owned();
            match entry.clone().try_into::<LibraryFile>() {
                Ok(file) => files.push(file),
                Err(error) => errors.push(CatalogError {
                    library,
                    message: error.message().to_owned(),
                }),
            }
        }
        let mut catalog = Self::default();
        for file in &files {
            catalog.declare_types(file);
        }
        for file in &files {
            if let Err(message) = catalog.add(file) {
                errors.push(CatalogError {
                    library: file.library.clone(),
                    message,
                });
            }
        }
        if errors.is_empty() { Ok(catalog) } else { Err(errors) }
    }

    /// An export of a module, by the specifier as it is written.
    pub fn export(&self, module: &str, name: &str) -> Option<MemberId> {
        let module = module.strip_prefix("node:").unwrap_or(module);
        if let Some(exports) = self.modules.get(module)
            && let Some(id) = exports.get(name).or_else(|| exports.get("*"))
        {
            return Some(*id);
        }
        self.matching(module)
            .iter()
            .filter_map(|at| self.patterns.get(*at))
            .find_map(|pattern| pattern.exports.get(name).or_else(|| pattern.exports.get("*")).copied())
    }

    fn matching(&self, module: &str) -> Arc<[usize]> {
        if let Ok(matches) = self.matches.read()
            && let Some(known) = matches.get(module)
        {
            return Arc::clone(known);
        }
        let patterns = self.patterns.iter().enumerate().rev();
        let found: Arc<[usize]> = patterns
            .filter(|(_, pattern)| pattern.matcher.is_match(module))
            .map(|(at, _)| at)
            .collect();
        if let Ok(mut matches) = self.matches.write() {
            matches.insert(module.to_owned(), Arc::clone(&found));
        }
        found
    }

    /// Whether the catalog says anything about the module.
    pub fn knows_module(&self, module: &str) -> bool {
        let module = module.strip_prefix("node:").unwrap_or(module);
        self.modules.contains_key(module) || !self.matching(module).is_empty()
    }

    /// An export that is known by its name where its module can't be found.
    pub fn unresolved_export(&self, name: &str) -> Option<MemberId> {
        self.unresolved.get(name).copied()
    }

    /// A name that needs no import.
    pub fn global(&self, name: &str) -> Option<MemberId> {
        self.modules
            .get("globals")
            .and_then(|exports| exports.get(name))
            .copied()
    }

    /// A member of a type.
    pub fn member_of(&self, type_id: TypeId, name: &str) -> Option<MemberId> {
        let (_, members) = self.types.get(usize::try_from(type_id.0).ok()?)?;
        members.get(name).or_else(|| members.get("*")).copied()
    }

    /// A member of a type by this very name, the wildcard left aside.
    pub fn own_member_of(&self, type_id: TypeId, name: &str) -> Option<MemberId> {
        let (_, members) = self.types.get(usize::try_from(type_id.0).ok()?)?;
        members.get(name).copied()
    }

    /// A type by `library/Name`.
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.type_names.get(name).copied()
    }

    /// A type's name, for messages.
    pub fn type_name(&self, type_id: TypeId) -> &str {
        usize::try_from(type_id.0)
            .ok()
            .and_then(|index| self.types.get(index))
            .map_or("", |(name, _)| name)
    }

    /// What a member means.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(usize::try_from(id.0).ok()?)
    }

    /// How a builder runs.
    pub fn builder(&self, id: BuilderId) -> Option<&Builder> {
        self.builders.get(usize::try_from(id.0).ok()?)
    }

    fn declare_types(&mut self, file: &LibraryFile) {
        for name in file.types.keys() {
            let full = format!("{}/{name}", file.library);
            if !self.type_names.contains_key(&full) {
                self.type_names.insert(full.clone(), TypeId(index(self.types.len())));
                self.types.push((full, BTreeMap::new()));
            }
        }
    }

    fn add(&mut self, file: &LibraryFile) -> Result<(), String> {
        let mut builders = BTreeMap::new();
        for (name, entry) in &file.builders {
            let builder = self
                .link_builder(file, entry)
                .map_err(|error| format!("builder `{name}`: {error}"))?;
            builders.insert(name.clone(), BuilderId(index(self.builders.len())));
            self.builders.push(builder);
        }
        for (name, members) in &file.types {
            let type_id = self.named_type(file, name)?;
            for (member, entry) in members {
                let label = if member == "*" {
                    name.clone()
                } else {
                    format!("{name}.{member}")
                };
                let id = self.add_member(file, &builders, &label, entry)?;
                if let Some((_, table)) = self.types.get_mut(usize::try_from(type_id.0).unwrap_or(usize::MAX)) {
                    table.insert(member.clone(), id);
                }
            }
        }
        for module in &file.module {
            let mut exports = BTreeMap::new();
            for (name, entry) in &module.exports {
                exports.insert(name.clone(), self.add_member(file, &builders, name, entry)?);
            }
            for name in &module.unresolved {
                let id = exports
                    .get(name)
                    .ok_or_else(|| format!("`unresolved` names `{name}`, which `exports` lacks"))?;
                self.unresolved.insert(name.clone(), *id);
            }
            for name in &module.names {
                if name.contains(['*', '{', '?']) {
                    let matcher = Glob::new(name)
                        .map_err(|error| format!("`{name}`: {error}"))?
                        .compile_matcher();
                    self.patterns.push(ModulePattern {
                        matcher,
                        exports: exports.clone(),
                    });
                } else {
                    self.modules.entry(name.clone()).or_default().extend(exports.clone());
                }
            }
        }
        Ok(())
    }

    fn add_member(
        &mut self,
        file: &LibraryFile,
        builders: &BTreeMap<String, BuilderId>,
        label: &str,
        entry: &MemberEntry,
    ) -> Result<MemberId, String> {
        let member = self
            .link_member(file, builders, label, entry)
            .map_err(|error| format!("`{label}`: {error}"))?;
        let id = MemberId(index(self.members.len()));
        self.members.push(member);
        Ok(id)
    }

    fn link_member(
        &self,
        file: &LibraryFile,
        builders: &BTreeMap<String, BuilderId>,
        label: &str,
        entry: &MemberEntry,
    ) -> Result<Member, String> {
        let value = entry
            .value
            .as_ref()
            .map(|value| self.link_yield(file, value))
            .transpose()?;
        let builder = match (&entry.builder, &entry.uses) {
            (None, None) => None,
            (Some(step), name) => {
                let name = name.as_deref().unwrap_or("default");
                let id = builders
                    .get(name)
                    .ok_or_else(|| format!("no builder is called `{name}`"))?;
                Some((*step, *id))
            }
            (None, Some(_)) => return Err("`uses` needs `builder`".to_owned()),
        };
        let effect = match &entry.effect {
            None => None,
            Some(name) => Some(EffectKind::named(name).ok_or_else(|| format!("`{name}` is no kind of effect"))?),
        };
        let callbacks = entry
            .calls
            .iter()
            .map(|callback| {
                Ok(Callback {
                    argument: callback.arg,
                    field: callback.field.clone(),
                    with: callback
                        .with
                        .iter()
                        .map(|text| self.link_text(file, text))
                        .collect::<Result<_, String>>()?,
                })
            })
            .collect::<Result<Vec<_>, String>>()?;
        let returns = entry
            .returns
            .as_ref()
            .map(|value| self.link_yield(file, value))
            .transpose()?;
        let call = (returns.is_some()
            || effect.is_some()
            || builder.is_some()
            || !callbacks.is_empty()
            || !entry.takes.is_empty()
            || entry.pure)
            .then(|| Call {
                returns: returns.unwrap_or(Yield {
                    stranger: Spec::Unknown,
                    caller: Spec::Unknown,
                    outsider: None,
                    limited: None,
                }),
                is_async: entry.r#async,
                effect,
                callbacks,
                credential: entry.credential,
                establishes: entry.establishes,
                builder,
                takes: entry.takes.clone(),
                scoped: entry.scoped,
                limiter: entry.limiter,
                captcha: entry.captcha,
            });
        if call.is_none() && value.is_none() && entry.native.is_none() {
            return Err("it says neither `value` nor `returns`, `effect`, `calls`, `builder` or `pure`".to_owned());
        }
        Ok(Member {
            label: label.to_owned(),
            library: file.library.clone(),
            value,
            call,
            identity: entry.identity,
            unverified: entry.unverified.clone(),
            native: entry.native,
            is_database: file.database,
        })
    }

    fn link_yield(&self, file: &LibraryFile, value: &PerCaller) -> Result<Yield, String> {
        Ok(match value {
            PerCaller::All(text) => {
                let spec = self.link_text(file, text)?;
                Yield {
                    stranger: spec.clone(),
                    caller: spec,
                    outsider: None,
                    limited: None,
                }
            }
            PerCaller::Each(each) => {
                let link = |text: &Option<String>| text.as_ref().map(|text| self.link_text(file, text)).transpose();
                let caller = self.link_text(file, &each.caller)?;
                Yield {
                    stranger: link(&each.stranger)?.unwrap_or_else(|| caller.clone()),
                    caller,
                    outsider: link(&each.outsider)?,
                    limited: link(&each.limited)?,
                }
            }
        })
    }

    fn link_text(&self, file: &LibraryFile, text: &str) -> Result<Spec, String> {
        let spec = spec::parse(text).map_err(|error| format!("`{text}`: {error}"))?;
        self.link_spec(file, spec)
    }

    fn link_spec(&self, file: &LibraryFile, spec: Spec) -> Result<Spec, String> {
        Ok(match spec {
            Spec::Type(TypeRef::Named(name)) => Spec::Type(TypeRef::Id(self.named_type(file, &name)?)),
            Spec::Object(fields) => Spec::Object(
                fields
                    .into_iter()
                    .map(|(name, field)| Ok((name, self.link_spec(file, field)?)))
                    .collect::<Result<_, String>>()?,
            ),
            Spec::List(element) => Spec::List(Box::new(self.link_spec(file, *element)?)),
            Spec::Promise(inner) => Spec::Promise(Box::new(self.link_spec(file, *inner)?)),
            Spec::Function(inner) => Spec::Function(Box::new(self.link_spec(file, *inner)?)),
            Spec::Awaited(inner) => Spec::Awaited(Box::new(self.link_spec(file, *inner)?)),
            Spec::Parsed(inner) => Spec::Parsed(Box::new(self.link_spec(file, *inner)?)),
            Spec::Either(options) => Spec::Either(
                options
                    .into_iter()
                    .map(|option| self.link_spec(file, option))
                    .collect::<Result<_, String>>()?,
            ),
            other => other,
        })
    }

    fn link_builder(&self, file: &LibraryFile, entry: &BuilderEntry) -> Result<Builder, String> {
        let templates = |texts: &[String]| {
            texts
                .iter()
                .map(|text| self.link_template(file, text))
                .collect::<Result<Vec<_>, String>>()
        };
        Ok(Builder {
            middleware: templates(&entry.middleware)?,
            handler: templates(&entry.handler)?,
            builder_type: self.named_type(file, &entry.r#type)?,
            catches: entry.catches,
        })
    }

    /// `ctx`, `next` and `input` alone, or as the fields of one object; anything else is a value.
    fn link_template(&self, file: &LibraryFile, text: &str) -> Result<Template, String> {
        let text = text.trim();
        Ok(match text {
            "ctx" => Template::Context,
            "next" => Template::Next,
            "input" => Template::Input,
            _ => match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(inner) => Template::Object(
                    inner
                        .split(',')
                        .filter(|field| !field.trim().is_empty())
                        .map(|field| {
                            let (name, value) = field.split_once(':').unwrap_or((field, field));
                            Ok((name.trim().to_owned(), self.link_template(file, value)?))
                        })
                        .collect::<Result<_, String>>()?,
                ),
                None => Template::Value(self.link_text(file, text)?),
            },
        })
    }

    fn named_type(&self, file: &LibraryFile, name: &str) -> Result<TypeId, String> {
        let full = if name.contains('/') {
            name.to_owned()
        } else {
            format!("{}/{name}", file.library)
        };
        self.type_named(&full)
            .ok_or_else(|| format!("no type is called `{name}`"))
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
