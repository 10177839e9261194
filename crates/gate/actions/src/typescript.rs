//! The client for browsers, generated from the actions: types and Zod schemas from the same JSON Schema that the server
//! uses, a function an action, and React hooks. What is generated depends on the actions only.
//!
//! The schemas are hints for people who fill in forms. The server decides, by its own rules.

mod schema;

use std::collections::BTreeMap;

use portcullis_funnel::Replay;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{ActionInfo, ActionTable};
use schema::Names;

const RUNTIME: &str = include_str!("typescript/runtime.ts");
const HOOKS: &str = include_str!("typescript/hooks.ts");
const HEADER: &str = "// Generated from the actions of the server by portcullis-actions. Changes here are lost.\n";

/// A generated client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeScriptClient {
    /// `actions.gen.ts`: types, schemas, and a function an action.
    pub actions: String,
    /// `runtime.gen.ts`: what the functions share.
    pub runtime: String,
    /// `hooks.gen.ts`: React hooks.
    pub hooks: String,
}

/// Why no client can be generated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoClient {
    /// Two types have one name.
    #[error("two different types are named `{0}`: rename one of them, so that clients can tell them apart")]
    Ambiguous(String),
    /// Two actions have one name in TypeScript.
    #[error("two actions are named `{0}` in TypeScript: rename one of them")]
    AmbiguousAction(String),
}

impl ActionTable {
    /// The client for these actions.
    pub fn typescript(&self) -> Result<TypeScriptClient, NoClient> {
        let mut names = Names::default();
        let mut functions = BTreeMap::new();
        for action in self {
            let name = function_name(&action.name);
            let text = function(&name, action, &mut names)?;
            if functions.insert(name.clone(), text).is_some() {
                return Err(NoClient::AmbiguousAction(name));
            }
        }
        let functions: Vec<String> = functions.into_values().collect();
        let actions = format!(
            "{HEADER}import {{ z }} from \"zod\";\nimport {{ action, text }} from \"./runtime.gen.js\";\n\n{}\n{}",
            names.declarations(),
            functions.join("\n")
        );
        Ok(TypeScriptClient {
            actions,
            runtime: format!("{HEADER}{RUNTIME}"),
            hooks: format!("\"use client\";\n{HEADER}{HOOKS}"),
        })
    }
}

impl TypeScriptClient {
    /// File names and texts.
    pub fn files(&self) -> [(&'static str, &str); 3] {
        [
            ("actions.gen.ts", &self.actions),
            ("runtime.gen.ts", &self.runtime),
            ("hooks.gen.ts", &self.hooks),
        ]
    }
}

fn function(name: &str, action: &ActionInfo, names: &mut Names) -> Result<String, NoClient> {
    let input = names.add(&action.input, &pascal(name, "Input"))?;
    let output = names.add(&action.output, &pascal(name, "Output"))?;
    let codes: Vec<String> = action
        .errors
        .iter()
        .map(|error| json!(error.code).to_string())
        .collect();
    let codes = if codes.is_empty() {
        "never".to_owned()
    } else {
        codes.join(" | ")
    };
    let schema = input.zod;
    let needs = json!({
        "name": action.name,
        "nonce": action.replay == Replay::Once,
        "idempotent": action.replay == Replay::Idempotent,
        "captcha": action.captcha,
        "secrets": action.secrets,
    });
    let input = input.ty;
    let output = output.ty;
    Ok(format!(
        "/** `POST /_actions/{}` */\nexport const {name} = action<{input}, {output}, {codes}>({needs}, {schema});\n",
        action.name
    ))
}

/// Words that cannot be names.
const RESERVED: &[&str] = &[
    "action",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "text",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "z",
];

/// An action's name as that of a function: `create-document` is `createDocument`.
fn function_name(name: &str) -> String {
    let mut text = String::new();
    let mut starts_word = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() {
            starts_word = !text.is_empty();
            continue;
        }
        if text.is_empty() && letter.is_ascii_digit() {
            text.push('_');
        }
        text.push(if starts_word {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
        starts_word = false;
    }
    if RESERVED.contains(&text.as_str()) {
        text.push_str("Action");
    }
    text
}

fn pascal(name: &str, suffix: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect::<String>() + suffix
}

/// A text as a TypeScript literal. JSON has the same escapes, and the two line ends that it lets stand are escaped too.
pub(crate) fn literal(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::function_name;

    #[test]
    fn names_are_functions() {
        for (name, function) in [
            ("createDocument", "createDocument"),
            ("create-document", "createDocument"),
            ("billing.pay_now", "billingPayNow"),
            ("delete", "deleteAction"),
            ("2fa", "_2fa"),
            ("-x", "x"),
        ] {
            assert_eq!(function_name(name), function);
        }
    }
}
