//! Session cookies that are set without the attributes that keep them from scripts, from plain HTTP and from other
//! sites. Cookies whose name or options can't be read off the code are left alone.

use portcullis_model::{Edit, FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::ir::{Argument, Expression, ExpressionKind, ImportName, Module, SymbolKind};

use super::search::{Hits, Word};
use super::{name, secret, visit, words};

/// A session cookie without an attribute that it needs.
#[derive(Debug, Clone)]
pub struct InsecureCookie {
    /// The cookie's name, or the library whose session it is.
    pub name: String,
    /// Where it is set.
    pub place: Place,
    /// The attributes that are missing or switched off.
    pub missing: Vec<Attribute>,
    /// Scripts of the project read cookies of this name, so that one of the attributes would break them.
    pub is_read_by_scripts: bool,
    /// How to add them, where that is mechanical.
    pub edits: Vec<Edit>,
}

/// An attribute of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// `httpOnly`: scripts can't read it.
    HttpOnly,
    /// `secure`: it is not sent in the clear.
    Secure,
    /// `sameSite`: it is not sent along by other sites.
    SameSite,
}

impl Attribute {
    /// As options name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpOnly => "httpOnly",
            Self::Secure => "secure",
            Self::SameSite => "sameSite",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::HttpOnly => "httpOnly: true",
            Self::Secure => "secure: process.env.NODE_ENV === 'production'",
            Self::SameSite => "sameSite: 'lax'",
        }
    }
}

const ATTRIBUTES: [Attribute; 3] = [Attribute::HttpOnly, Attribute::Secure, Attribute::SameSite];

/// Every such cookie, in the order of files.
pub(super) fn find(program: &Program, hits: &Hits) -> Vec<InsecureCookie> {
    let mut found = Vec::new();
    for id in hits.with(Word::Cookie) {
        let is_for_show = program
            .file(id)
            .is_none_or(|file| secret::is_for_show(&file.path) || !sets_cookies(&file.text));
        let Some(module) = program.module(id).filter(|_| !is_for_show) else {
            continue;
        };
        let is_client = program
            .outline(id)
            .is_some_and(|outline| outline.has_directive("use client"));
        if is_client {
            continue;
        }
        visit::expressions(module, &mut |expression, _| {
            if let ExpressionKind::Call { callee, arguments, .. } = &expression.kind {
                found.extend(set(program, id, module, callee, arguments));
            }
            found.extend(library_options(program, id, expression));
        });
    }
    found.sort_by_key(|cookie: &InsecureCookie| cookie.place);
    found.dedup_by_key(|cookie| cookie.place);
    found
}

/// Whether a text has anything that this file looks at.
fn sets_cookies(text: &str) -> bool {
    [".set(", "cookieOptions", "sessionToken"]
        .iter()
        .any(|part| text.contains(part))
}

/// `cookies().set(...)`, `response.cookies.set(...)`.
fn set(
    program: &Program,
    file: FileId,
    module: &Module,
    callee: &Expression,
    arguments: &[Argument],
) -> Option<InsecureCookie> {
    let ExpressionKind::Member {
        object,
        property,
        property_span,
        ..
    } = &callee.kind
    else {
        return None;
    };
    if &**property != "set" || !is_cookie_store(program, file, module, object) {
        return None;
    }
    let first = name::argument(arguments, 0)?;
    let (_, first_value) = name::follow(program, file, first);
    let is_object = matches!(first_value.kind, ExpressionKind::Object(_));
    let name_value = if is_object {
        name::property_of(first_value, "name")?
    } else {
        first
    };
    let (_, name_value) = name::follow(program, file, name_value);
    let cookie = name::text_of(name_value)?;
    if !is_session_name(cookie) {
        return None;
    }
    let value = if is_object {
        name::property_of(first_value, "value")
    } else {
        name::argument(arguments, 1)
    };
    if value.is_none_or(|value| name::text_of(value) == Some("")) {
        return None;
    }
    let options = if is_object {
        Some(first)
    } else {
        name::argument(arguments, 2)
    };
    let Some(options) = options else {
        // A spread argument may hold them.
        if arguments.len() != 2 || arguments.iter().any(|argument| matches!(argument, Argument::Spread(_))) {
            return None;
        }
        let end = name::argument(arguments, 1)?.span.end;
        let code: Vec<&str> = ATTRIBUTES.iter().map(|attribute| attribute.code()).collect();
        let edit = Edit {
            place: Place::new(file, Span::new(end, end)),
            text: format!(", {{ {} }}", code.join(", ")),
        };
        return Some(report(
            program,
            cookie,
            Place::new(file, *property_span),
            ATTRIBUTES.to_vec(),
            vec![edit],
        ));
    };
    let (options_file, options) = name::follow(program, file, options);
    if !matches!(options.kind, ExpressionKind::Object(_)) || name::has_spread(options) || is_deletion(options) {
        return None;
    }
    let (missing, edits) = lacking(options_file, options, true);
    (!missing.is_empty()).then(|| report(program, cookie, Place::new(file, *property_span), missing, edits))
}

fn report(program: &Program, cookie: &str, place: Place, missing: Vec<Attribute>, edits: Vec<Edit>) -> InsecureCookie {
    let is_read_by_scripts = is_read_by_scripts(program, cookie);
    InsecureCookie {
        name: cookie.to_owned(),
        place,
        missing,
        is_read_by_scripts,
        edits: if is_read_by_scripts { Vec::new() } else { edits },
    }
}

/// `maxAge: 0` and a date in the past take a cookie away.
fn is_deletion(options: &Expression) -> bool {
    let is_zero = |value: &Expression| match &value.kind {
        ExpressionKind::Number(number) => *number <= 0.0,
        ExpressionKind::Unary(..) => true,
        ExpressionKind::New { arguments, .. } => name::argument(arguments, 0)
            .is_some_and(|first| matches!(first.kind, ExpressionKind::Number(number) if number <= 1.0)),
        _ => false,
    };
    name::property_of(options, "maxAge").is_some_and(is_zero)
        || name::property_of(options, "expires").is_some_and(is_zero)
}

/// The attributes that options lack or switch off, and the edits that add them. `must_say` is whether leaving an
/// attribute out leaves it off.
fn lacking(file: FileId, options: &Expression, must_say: bool) -> (Vec<Attribute>, Vec<Edit>) {
    let mut missing = Vec::new();
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for attribute in ATTRIBUTES {
        match name::property_of(options, attribute.name()) {
            None if must_say => {
                missing.push(attribute);
                added.push(attribute.code());
            }
            Some(value) if matches!(value.kind, ExpressionKind::Boolean(false)) => {
                missing.push(attribute);
                let text = attribute.code().split_once(": ").map_or("true", |(_, value)| value);
                edits.push(Edit {
                    place: Place::new(file, value.span),
                    text: text.to_owned(),
                });
            }
            _ => {}
        }
    }
    if !added.is_empty() {
        let brace = options.span.start + 1;
        let is_empty = matches!(&options.kind, ExpressionKind::Object(properties) if properties.is_empty());
        edits.push(Edit {
            place: Place::new(file, Span::new(brace, brace)),
            text: format!(" {}{}", added.join(", "), if is_empty { " " } else { "," }),
        });
    }
    (missing, edits)
}

/// Whether an expression is a store of cookies: `cookies()`, `await cookies()`, a constant of it, `response.cookies`.
fn is_cookie_store(program: &Program, file: FileId, module: &Module, object: &Expression) -> bool {
    let (_, value) = name::follow(program, file, object);
    match &value.kind {
        ExpressionKind::Member { object, property, .. } => &**property == "cookies" && !is_request(module, object),
        ExpressionKind::Call { callee, .. } => {
            let ExpressionKind::Symbol(symbol) = &callee.kind else {
                return false;
            };
            let Some(SymbolKind::Import(position)) = name::symbol_kind(module, *symbol) else {
                return false;
            };
            name::import(module, position).is_some_and(|import| {
                &*import.specifier == "next/headers"
                    && matches!(&import.name, ImportName::Named(name) if &**name == "cookies")
            })
        }
        _ => false,
    }
}

/// Cookies of a request are what the caller has sent; setting them there changes nothing in the browser.
fn is_request(module: &Module, object: &Expression) -> bool {
    let ExpressionKind::Symbol(symbol) = &object.kind else {
        return false;
    };
    let info = usize::try_from(symbol.0)
        .ok()
        .and_then(|position| module.symbols.get(position));
    info.is_some_and(|info| matches!(&*info.name, "request" | "req" | "nextRequest"))
}

/// Whether a cookie of this name carries a session or a credential.
fn is_session_name(cookie: &str) -> bool {
    const CARRIES: [&str; 9] = [
        "session",
        "sid",
        "jwt",
        "token",
        "auth",
        "credentials",
        "sessionid",
        "accesstoken",
        "authtoken",
    ];
    const OTHER: [&str; 24] = [
        "csrf", "xsrf", "cart", "theme", "sidebar", "locale", "redirect", "callback", "device", "push", "fcm",
        "expires", "expiry", "state", "view", "last", "count", "has", "is", "method", "provider", "hint", "return",
        "public",
    ];
    let words = words::words(cookie);
    words.iter().any(|word| CARRIES.contains(&word.as_str()))
        && !words.iter().any(|word| OTHER.contains(&word.as_str()))
}

/// Whether a file that reads cookies in the browser mentions this name.
fn is_read_by_scripts(program: &Program, cookie: &str) -> bool {
    const READERS: [&str; 5] = [
        "document.cookie",
        "js-cookie",
        "universal-cookie",
        "react-cookie",
        "cookies-next",
    ];
    program
        .project()
        .files
        .iter()
        .any(|file| READERS.iter().any(|reader| file.text.contains(reader)) && file.text.contains(cookie))
}

/// Options of libraries that make their session cookie weaker than they do by themselves: iron-session's
/// `cookieOptions`, and the session cookie of Auth.js.
fn library_options(program: &Program, file: FileId, object: &Expression) -> Option<InsecureCookie> {
    let asks_for = |start: &str| {
        program.outline(file).is_some_and(|outline| {
            outline
                .requests
                .iter()
                .any(|request| request.specifier.starts_with(start))
        })
    };
    let (library, options) = if let Some(options) = name::property_of(object, "cookieOptions") {
        name::property_of(object, "password")?;
        ("iron-session", options)
    } else {
        let token =
            name::property_of(object, "sessionToken").filter(|_| asks_for("next-auth") || asks_for("@auth/"))?;
        let (_, token) = name::follow(program, file, token);
        ("Auth.js", name::property_of(token, "options")?)
    };
    let (options_file, options) = name::follow(program, file, options);
    let (missing, edits) = lacking(options_file, options, false);
    let place = Place::new(options_file, edits.first()?.place.span);
    (!missing.is_empty()).then(|| report(program, library, place, missing, edits))
}
