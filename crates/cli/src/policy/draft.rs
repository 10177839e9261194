//! A policy for the endpoints of a scan: what scan proved is demanded, so that guard enforces it too; what is missing
//! stands beside it as a suggestion. Where nothing shows who may call, a caller has to be signed in: whoever wants
//! everybody to call says so, with a reason.

use std::collections::BTreeSet;

use portcullis_model::{Coverage, Endpoint, Protection, Scan};

use super::schema_file;

/// The folder of schemas, beside the policy.
pub(crate) const SCHEMAS: &str = "schemas";

/// A policy, and the files that it names.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The text of the policy.
    pub(crate) text: String,
    /// Name in the folder of schemas, and text.
    pub(crate) schemas: Vec<(String, String)>,
}

const HEAD: &str = "\
# What each Server Action demands. `portcullis policy check` compares this file with the code.
";

const GUARD: &str = "
[guard]
listen = \"127.0.0.1:8080\"
upstream = \"http://127.0.0.1:3000\"
# public-origins = [\"https://app.example.com\"]
manifest = \".next/server/server-reference-manifest.json\"
mode = \"observe\" # log refusals first; then \"enforce\"

# [session]
# provider = \"authjs\" # supabase, clerk, better-auth, iron-session, jwt, own

# [roles]
# order = [\"viewer\", \"editor\", \"admin\"] # from the one that may least

# [store]
# url = \"redb:portcullis.redb\"
";

/// Writes the policy. `kept`: sections of an older file that stay as they are.
pub(crate) fn policy(scan: &Scan, kept: &str) -> Draft {
    let mut draft = Draft {
        text: HEAD.to_owned(),
        schemas: Vec::new(),
    };
    if !kept.is_empty() {
        draft.text.push('\n');
        draft.text.push_str(kept.trim_end());
        draft.text.push('\n');
    }
    draft.text.push_str(GUARD);
    let mut taken = BTreeSet::new();
    for endpoint in &scan.endpoints {
        let schema = schema_file::document(endpoint).map(|document| {
            let file = file_name(endpoint, &mut taken);
            draft
                .schemas
                .push((file.clone(), portcullis_report::render_json(&document)));
            file
        });
        entry(endpoint, schema.as_deref(), &mut draft.text);
    }
    draft
}

fn entry(endpoint: &Endpoint, schema: Option<&str>, text: &mut String) {
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line("");
    line(&format!("[actions.{}]", quoted(&endpoint.name)));
    let authentication = endpoint.coverage_of(Protection::Authentication);
    let is_public = matches!(authentication, Coverage::NotNeeded { .. });
    match authentication {
        Coverage::Proven { .. } => line("access = \"authenticated\""),
        Coverage::NotNeeded { reason, .. } => {
            line(&format!("access = {{ public = {} }}", quoted(reason)));
        }
        Coverage::Absent { reason, .. } => {
            line("# missing in the code: nothing stops a caller who is not signed in");
            if !reason.is_empty() {
                line(&format!("# {}", comment(reason)));
            }
            line("access = \"authenticated\" # or { public = \"why\" }");
        }
        Coverage::Unknown { reason, .. } => {
            line(&format!("# not decided by scan: {}", comment(reason)));
            line("access = \"authenticated\" # or { public = \"why\" }");
        }
        Coverage::NotAnalysed => line("access = \"authenticated\" # or { public = \"why\" }"),
    }
    if let Some(schema) = schema {
        line(&format!("schema = {}", quoted(&format!("{SCHEMAS}/{schema}"))));
    }
    for suggestion in suggestions(endpoint, is_public) {
        line(&format!("# {suggestion}"));
    }
}

/// What the entry may demand beyond access and schema, one line each. The evidence of further protections is turned
/// into demands here, once the analysis names roles and permissions.
fn suggestions(endpoint: &Endpoint, is_public: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let is_absent = |protection| matches!(endpoint.coverage_of(protection), Coverage::Absent { .. });
    if !is_public && is_absent(Protection::Authorization) {
        lines.push("role = \"editor\" # missing in the code: no role or permission is checked".to_owned());
    }
    if let Some(role) = asked_role(endpoint).filter(|_| !is_public) {
        // `invoice:write` is a permission, `owner` a role.
        let key = if role.contains([':', '.']) {
            "permission"
        } else {
            "role"
        };
        lines.push(format!("{key} = {} # the code asks for it", quoted(&role)));
    }
    if !is_public && ties_to_caller(endpoint) {
        lines.push(
            "owns = { arg = \"/0/id\", query = \"select 1 from items where id = $1 and owner_id = $user\" } # the code checks it"
                .to_owned(),
        );
    }
    if !is_public && is_absent(Protection::Ownership) {
        lines.push(
            "owns = { arg = \"/0/id\", query = \"select 1 from items where id = $1 and owner_id = $user\" } # missing in the code"
                .to_owned(),
        );
    }
    let limited = matches!(
        endpoint.coverage_of(Protection::RateLimit),
        Coverage::Proven { .. } | Coverage::NotNeeded { .. }
    );
    if !limited {
        let rate = if is_public {
            "10/1m per address"
        } else {
            "60/1m per user"
        };
        lines.push(format!("rate = \"{rate}\""));
    }
    if is_absent(Protection::Replay) {
        lines.push("replay = \"once\" # missing in the code".to_owned());
    }
    if is_absent(Protection::Output) {
        lines.push("output = [\"id\"] # missing in the code: whole rows are returned".to_owned());
    }
    lines
}

/// The role or permission that the code asks for, by the evidence: what stands in backticks behind the question.
fn asked_role(endpoint: &Endpoint) -> Option<String> {
    let Coverage::Proven { evidence } = endpoint.coverage_of(Protection::Authorization) else {
        return None;
    };
    evidence.iter().find_map(|evidence| {
        let (_, asked) = evidence
            .text
            .split_once("is asked for `")
            .or_else(|| evidence.text.split_once("has the role `"))?;
        let role = asked.split('`').next()?;
        let is_name = !role.is_empty()
            && role.len() <= 60
            && role
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ':' | '.'));
        // `isAdmin` is a question, and not the name of a role.
        (is_name && !role.starts_with("is")).then(|| role.to_owned())
    })
}

/// Whether the code ties what the client picks to the caller.
fn ties_to_caller(endpoint: &Endpoint) -> bool {
    let Coverage::Proven { evidence } = endpoint.coverage_of(Protection::Ownership) else {
        return false;
    };
    let ties = [
        "finds only what belongs to the caller",
        "is compared with the caller's own",
    ];
    evidence
        .iter()
        .any(|evidence| ties.iter().any(|words| evidence.text.contains(words)))
}

/// A name for the schema's file: the endpoint's own, or with its path where two share one.
fn file_name(endpoint: &Endpoint, taken: &mut BTreeSet<String>) -> String {
    let short = slug(
        endpoint
            .name
            .rsplit_once('#')
            .map_or(endpoint.name.as_str(), |(_, export)| export),
    );
    let long = slug(&endpoint.name);
    let mut number = 1;
    let mut candidate = if taken.contains(&short.to_lowercase()) {
        long.clone()
    } else {
        short
    };
    // Some file systems do not tell upper case from lower case.
    while !taken.insert(candidate.to_lowercase()) {
        number += 1;
        candidate = format!("{long}-{number}");
    }
    format!("{candidate}.json")
}

/// Letters, digits and a few signs; everything else is a dash.
fn slug(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut slug = String::new();
    for letter in name.chars().take(LONGEST) {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "action".to_owned()
    } else {
        slug.to_owned()
    }
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if is_hidden(letter) => {
                let number = format!("\\U{:08X}", u32::from(letter));
                quoted.push_str(&number);
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Text of a scanned project in a comment: one line, and nothing that a terminal or an editor obeys.
fn comment(text: &str) -> String {
    const LONGEST: usize = 160;
    text.chars()
        .take(LONGEST)
        .map(|letter| if is_hidden(letter) { ' ' } else { letter })
        .collect()
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The `[scan]` sections of a policy, as they stand, comments in them included.
pub(crate) fn scan_sections(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        let header = line.trim_start();
        if header.starts_with('[') && header.contains(']') && !line.starts_with([' ', '\t']) {
            let name = header.trim_start_matches('[').trim_start();
            inside = name.starts_with("scan]") || name.starts_with("scan.") || name.starts_with("scan ");
        }
        if inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use portcullis_model::{EndpointKind, FileId, Parameter, Place, Span};

    use super::*;

    fn endpoint(name: &str, authentication: Coverage) -> Endpoint {
        Endpoint {
            name: name.to_owned(),
            short_name: name.to_owned(),
            kind: EndpointKind::Module,
            place: Place::new(FileId(0), Span::new(0, 0)),
            parameters: vec![Parameter {
                name: "input".to_owned(),
                schema: Some(portcullis_model::Json::Object(Vec::new())),
            }],
            wrapper: None,
            captures: Vec::new(),
            coverage: vec![(Protection::Authentication, authentication)],
        }
    }

    fn absent(reason: &str) -> Coverage {
        Coverage::Absent {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn every_draft_is_a_policy_whatever_the_project_calls_things() {
        let evil = "app/\"]\nmode = 'x'\n[\u{1b}[2J\u{202e}.ts#a";
        let endpoints = vec![
            endpoint("a.ts#save", Coverage::Proven { evidence: Vec::new() }),
            endpoint("b.ts#save", absent("line\nlisten = 1")),
            endpoint("b.ts#SAVE", Coverage::NotAnalysed),
            endpoint(evil, absent("\u{1b}]0;x\u{7}")),
            endpoint(
                "c.ts#signIn",
                Coverage::NotNeeded {
                    evidence: Vec::new(),
                    reason: "it \"signs\" in\\".to_owned(),
                },
            ),
        ];
        let scan = Scan {
            endpoints,
            ..Scan::default()
        };
        let draft = policy(&scan, "[scan]\nexclude = [\"x\"]\n");
        let config = portcullis_policy::parse(&draft.text).unwrap();
        assert_eq!(config.actions.len(), 5);
        assert!(config.actions.contains_key(evil));
        assert_eq!(config.scan.exclude, ["x"]);
        assert!(draft.text.chars().all(|letter| letter == '\n' || !is_hidden(letter)));
        let files: Vec<&str> = draft.schemas.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(files[..3], ["save.json", "b-ts-save.json", "b-ts-SAVE-2.json"]);
    }

    #[test]
    fn the_sections_of_scan_are_kept_and_no_others() {
        let text = "# top\n[scan]\nexclude = [\n  \"a\",\n]\n# about auth\n[scan.auth]\nguards = []\n[guard]\nmode = \"observe\"\n[[scan.catalog]]\nlibrary = \"x\"\n[scanner]\n";
        assert_eq!(
            scan_sections(text),
            "[scan]\nexclude = [\n  \"a\",\n]\n# about auth\n[scan.auth]\nguards = []\n[[scan.catalog]]\nlibrary = \"x\"\n"
        );
    }
}
