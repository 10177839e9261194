//! Secrets that sign or seal sessions and are known to others: literals in the code, literals to fall back on, short
//! or well-known values in environment files.

use portcullis_model::{FileId, Place, SourceFile};
use portcullis_source::Program;
use portcullis_source::ir::{Argument, Expression, ExpressionKind, LogicalOperator, Module};

use super::name::{self, Callee};
use super::search::{Hits, Word};
use super::{environment, secret, visit};

/// A session secret that others can know or guess.
#[derive(Debug, Clone)]
pub struct WeakSecret {
    /// The secret's own text.
    pub place: Place,
    /// The library that uses it, or the variable that holds it.
    pub used_by: String,
    /// What is wrong.
    pub problem: SecretProblem,
}

/// What is wrong with a session secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretProblem {
    /// It stands in the code.
    Literal,
    /// The code falls back on a literal where the variable is not set.
    Fallback,
    /// It has so many characters.
    Short(usize),
    /// It is the example of a documentation, or a word.
    Guessable,
}

/// Fewer characters than this are guessed or searched through.
const LEAST_LENGTH: usize = 32;

/// Variables that hold session secrets.
const VARIABLES: [&str; 12] = [
    "AUTH_SECRET",
    "NEXTAUTH_SECRET",
    "BETTER_AUTH_SECRET",
    "SESSION_SECRET",
    "SESSION_PASSWORD",
    "IRON_SESSION_PASSWORD",
    "SECRET_COOKIE_PASSWORD",
    "COOKIE_SECRET",
    "JWT_SECRET",
    "JWT_SECRET_KEY",
    "AUTH0_SECRET",
    "WORKOS_COOKIE_PASSWORD",
];

/// Every weak session secret, in the order of files.
pub(super) fn find(program: &Program, hits: &Hits) -> Vec<WeakSecret> {
    let mut found = Vec::new();
    for id in hits.with(Word::SessionLibrary) {
        let is_for_show =
            program.file(id).is_none_or(|file| secret::is_for_show(&file.path)) || !asks_for_library(program, id);
        if let Some(module) = program.module(id).filter(|_| !is_for_show) {
            let mut sites = Sites {
                program,
                file: id,
                found: &mut found,
            };
            visit::expressions(module, &mut |expression, _| sites.see(module, expression));
        }
    }
    for (id, file) in program.project().texts() {
        if environment::is_environment_file(&file.path) {
            found.extend(in_environment(id, file));
        }
    }
    found.sort_by_key(|weak| weak.place);
    found.dedup_by_key(|weak| weak.place);
    found
}

/// Whether a module names one of the libraries, be it for its types alone.
fn asks_for_library(program: &Program, file: FileId) -> bool {
    const LIBRARIES: [&str; 6] = [
        "jsonwebtoken",
        "jose",
        "iron-session",
        "next-auth",
        "@auth/",
        "better-auth",
    ];
    program.outline(file).is_some_and(|outline| {
        let mut specifiers = outline.requests.iter().map(|request| &*request.specifier);
        specifiers.any(|specifier| LIBRARIES.iter().any(|library| specifier.starts_with(library)))
    })
}

/// Session secrets of an environment file. Templates are left alone: what is in them is to be replaced.
fn in_environment(id: FileId, file: &SourceFile) -> Vec<WeakSecret> {
    if environment::is_template(&file.path) || environment::is_development(&file.path) {
        return Vec::new();
    }
    environment::variables(id, file)
        .into_iter()
        .filter(|variable| VARIABLES.contains(&variable.name) && !variable.value.is_empty())
        .filter(|variable| !variable.value.contains("${") && !variable.value.starts_with('<'))
        .filter_map(|variable| {
            let length = variable.value.len();
            let is_word = super::words::is_placeholder(variable.value);
            let problem = if is_word {
                SecretProblem::Guessable
            } else if length < LEAST_LENGTH {
                SecretProblem::Short(length)
            } else {
                return None;
            };
            Some(WeakSecret {
                place: variable.value_place,
                used_by: variable.name.to_owned(),
                problem,
            })
        })
        .collect()
}

/// Looks at one module for the places where libraries take their secret.
struct Sites<'run> {
    program: &'run Program,
    file: FileId,
    found: &'run mut Vec<WeakSecret>,
}

impl<'run> Sites<'run> {
    fn see(&mut self, module: &'run Module, expression: &'run Expression) {
        match &expression.kind {
            ExpressionKind::Call { callee, arguments, .. } => self.call(callee, arguments),
            ExpressionKind::Object(_) => self.options(module, expression),
            _ => {}
        }
    }

    fn call(&mut self, callee: &'run Expression, arguments: &'run [Argument]) {
        if let ExpressionKind::Member { object, property, .. } = &callee.kind
            && matches!(&**property, "sign" | "encrypt")
            && let Some(class) = self.root_class(object)
            && matches!(class, "SignJWT" | "EncryptJWT" | "CompactSign")
        {
            self.value_at(arguments, 0, "jose");
            return;
        }
        let Callee::Library(module, export) = name::callee(self.program, self.file, callee) else {
            return;
        };
        match (&*module, &*export) {
            ("jsonwebtoken", "sign" | "verify") => self.value_at(arguments, 1, "jsonwebtoken"),
            ("jose", "jwtVerify" | "jwtDecrypt") => self.value_at(arguments, 1, "jose"),
            ("iron-session" | "iron-session/edge", _) => self.property(arguments, "password", "iron-session"),
            ("better-auth", "betterAuth") => self.property(arguments, "secret", "Better Auth"),
            ("next-auth" | "@auth/nextjs" | "next-auth/next", "default" | "NextAuth" | "getServerSession")
            | ("next-auth/jwt" | "@auth/core/jwt", _) => self.property(arguments, "secret", "Auth.js"),
            _ => {}
        }
    }

    /// Options that are written down away from the call: `{ cookieName, password }` of iron-session, and
    /// `{ providers, secret }` of Auth.js.
    fn options(&mut self, module: &Module, object: &'run Expression) {
        let imports = |start: &str| module.imports.iter().any(|import| import.specifier.starts_with(start));
        let has = |key: &str| name::property_of(object, key);
        let iron_requests = self.asks_for("iron-session");
        let auth_requests = self.asks_for("next-auth") || self.asks_for("@auth/") || imports("next-auth");
        if iron_requests && has("cookieName").is_some() {
            if let Some(password) = has("password") {
                self.value(password, "iron-session");
            }
        } else if auth_requests
            && (has("providers").is_some() || has("callbacks").is_some())
            && let Some(secret) = has("secret")
        {
            self.value(secret, "Auth.js");
        }
    }

    /// Whether the module names a package, be it for its types alone.
    fn asks_for(&self, start: &str) -> bool {
        self.program.outline(self.file).is_some_and(|outline| {
            outline
                .requests
                .iter()
                .any(|request| request.specifier.starts_with(start))
        })
    }

    /// The class at the beginning of a chain: `SignJWT` of `new SignJWT(x).setIssuedAt()`.
    fn root_class(&self, mut at: &'run Expression) -> Option<&'run str> {
        let module = self.program.module(self.file)?;
        for _ in 0..32 {
            match &at.kind {
                ExpressionKind::Call { callee, .. } => at = callee,
                ExpressionKind::Member { object, .. } => at = object,
                ExpressionKind::New { callee, .. } => {
                    let ExpressionKind::Symbol(symbol) = &callee.kind else {
                        return None;
                    };
                    return module
                        .symbols
                        .get(usize::try_from(symbol.0).ok()?)
                        .map(|info| &*info.name);
                }
                _ => return None,
            }
        }
        None
    }

    fn value_at(&mut self, arguments: &'run [Argument], position: usize, library: &str) {
        if let Some(value) = name::argument(arguments, position) {
            self.value(value, library);
        }
    }

    /// The property of any argument that is an object.
    fn property(&mut self, arguments: &'run [Argument], key: &str, library: &str) {
        for argument in arguments {
            let Argument::Value(value) = argument else { continue };
            let (file, object) = name::follow(self.program, self.file, value);
            if let Some(secret) = name::property_of(object, key) {
                self.judge(file, secret, library, false, 0);
            }
        }
    }

    fn value(&mut self, value: &'run Expression, library: &str) {
        self.judge(self.file, value, library, false, 0);
    }

    /// Follows a value to the literal that it is or falls back on.
    fn judge(&mut self, file: FileId, value: &'run Expression, library: &str, is_fallback: bool, depth: u32) {
        if depth > 8 {
            return;
        }
        let (file, value) = name::follow(self.program, file, value);
        match &value.kind {
            ExpressionKind::String(_) | ExpressionKind::Template(..) => {
                let Some(text) = name::text_of(value).filter(|text| !text.is_empty()) else {
                    return;
                };
                if text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN CERTIFICATE") {
                    return;
                }
                self.found.push(WeakSecret {
                    place: Place::new(file, value.span),
                    used_by: library.to_owned(),
                    problem: if is_fallback {
                        SecretProblem::Fallback
                    } else {
                        SecretProblem::Literal
                    },
                });
            }
            ExpressionKind::Logical(LogicalOperator::Or | LogicalOperator::Coalesce, left, right) => {
                self.judge(file, left, library, is_fallback, depth + 1);
                self.judge(file, right, library, true, depth + 1);
            }
            ExpressionKind::Call { callee, arguments, .. } => {
                if is_conversion(callee)
                    && let Some(inner) = name::argument(arguments, 0)
                {
                    self.judge(file, inner, library, is_fallback, depth + 1);
                }
            }
            ExpressionKind::Array(elements) => {
                for element in elements {
                    if let Argument::Value(element) = element {
                        self.judge(file, element, library, is_fallback, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Calls that turn text into a key: `new TextEncoder().encode(x)`, `Buffer.from(x)`, `createSecretKey(x)`, `String(x)`.
fn is_conversion(callee: &Expression) -> bool {
    match &callee.kind {
        ExpressionKind::Member { object, property, .. } => {
            let on_buffer = matches!(&object.kind, ExpressionKind::Global(global) if &**global == "Buffer");
            let on_encoder = matches!(&object.kind, ExpressionKind::New { callee, .. }
                if matches!(&callee.kind, ExpressionKind::Global(global) if &**global == "TextEncoder"));
            (on_buffer && &**property == "from")
                || (&**property == "encode" && (on_encoder || matches!(object.kind, ExpressionKind::Symbol(_))))
        }
        ExpressionKind::Global(global) => &**global == "String",
        _ => false,
    }
}
