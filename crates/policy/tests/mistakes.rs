//! Each mistake is found, at its place, together with all the others.

use portcullis_model::Severity;
use portcullis_policy::{ConfigError, RuleSetting, parse};

/// The mistakes as `underlined text: message | help`.
fn mistakes(text: &str) -> Vec<String> {
    let show = |error: ConfigError| {
        let underlined = text.get(error.span).unwrap_or("nothing");
        format!("{underlined}: {} | {}", error.message, error.help.join(" | "))
    };
    let errors = parse(text).err().unwrap_or_default();
    errors.into_iter().map(show).collect()
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(parse("").unwrap(), portcullis_policy::Config::default());
}

#[test]
fn rules_are_set_by_name_and_keep_their_place() {
    let text = "[scan.rules]\nmissing-rate-limit = \"off\"\nleaked-error = \"low\"\nweak-check = \"on\"\n";
    let scan = parse(text).unwrap().scan;
    assert_eq!(scan.rules["missing-rate-limit"], RuleSetting::Off);
    assert_eq!(scan.rules["leaked-error"], RuleSetting::Severity(Severity::Low));
    assert_eq!(scan.rules["weak-check"], RuleSetting::On);
    assert_eq!(text.get(scan.rule_spans["leaked-error"].clone()), Some("leaked-error"));
}

#[test]
fn entries_and_catalog_keep_their_place() {
    let text = "[scan.auth]\nguards = [\"lib/auth.ts#a\", \"lib/b.ts#b\"]\n[[scan.catalog]]\nmodule = \"x\"\n\
                [[scan.catalog]]\nmodule = \"y\"\n";
    let scan = parse(text).unwrap().scan;
    let guard = &scan.auth.guards[1];
    assert_eq!(text.get(guard.span.clone()), Some("\"lib/b.ts#b\""));
    assert_eq!(scan.catalog[1]["module"].as_str(), Some("y"));
    assert_eq!(scan.catalog_spans.len(), 2);
    assert!(scan.catalog_spans[0].end <= scan.catalog_spans[1].start);
}

#[test]
fn all_unknown_keys_are_named_at_once_with_what_was_meant() {
    let text = "[scna]\n[scan]\nexlude = []\ntimeout = 1\n[scan.auth]\nrequire_wrapper = true\n";
    assert_eq!(
        mistakes(text),
        [
            "scna: unknown section `scna` | did you mean `scan`?",
            "exlude: unknown key `exlude` in `[scan]` | did you mean `exclude`?",
            "timeout: unknown key `timeout` in `[scan]` | known here: `exclude`, `rules`, `auth`, `database`, `catalog`",
            "require_wrapper: unknown key `require_wrapper` in `[scan.auth]` | did you mean `require-wrapper`?",
        ]
    );
}

#[test]
fn values_of_the_wrong_kind_say_what_they_must_be() {
    let text = "guard = 1\n[scan]\nexclude = \"a\"\ncatalog = [1]\nrules = { a = true }\n\
                auth = { guards = [1], wrappers = {}, require-wrapper = \"yes\" }\n[actions]\nx = 1\n";
    assert_eq!(
        mistakes(text),
        [
            "1: `guard` must be a table, not a number | write it as a section: `[guard]`",
            "\"a\": `scan.exclude` must be a list, not a string | for example `[\"**/*.test.ts\"]`",
            "1: `scan.catalog` must be a list of tables, not a number | write `[[scan.catalog]]`",
            "true: `scan.rules.a` must be a string, not a boolean | \
             write one of `\"off\"`, `\"on\"`, `\"low\"`, `\"medium\"`, `\"high\"`, `\"critical\"`",
            "1: `scan.auth.guards` must be a list of strings, not a number | \
             for example `[\"lib/auth.ts#requireUser\"]`",
            "{}: `scan.auth.wrappers` must be a list, not a table | for example `[\"lib/auth.ts#requireUser\"]`",
            "\"yes\": `scan.auth.require-wrapper` must be `true` or `false`, not a string | \
             write `require-wrapper = true`",
            "1: `actions.x` must be a table, not a number | \
             name the endpoint in the section: `[actions.\"app/actions.ts#save\"]`",
        ]
    );
}

#[test]
fn values_that_mean_nothing_are_refused() {
    let text = "[scan]\nexclude = [\"ok\", \"a[\"]\nrules = { a = \"hihg\", b = \"never\" }\nauth.guards = [\"requireUser\"]\n";
    let found = mistakes(text);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(
        found[0].starts_with("\"a[\": `a[` is not a glob pattern: "),
        "{}",
        found[0]
    );
    assert_eq!(
        found[1],
        "\"hihg\": `hihg` is not a setting of a rule | did you mean `\"high\"`?"
    );
    assert!(
        found[2].starts_with("\"never\": `never` is not a setting of a rule | write one of "),
        "{}",
        found[2]
    );
    assert!(
        found[3].starts_with("\"requireUser\": `requireUser` does not name an export | "),
        "{}",
        found[3]
    );
}

#[test]
fn broken_syntax_has_its_place_and_one_line_each() {
    let text = "[scan]\nexclude = [\n[scan.auth\n";
    let errors = parse(text).unwrap_err();
    assert!(!errors.is_empty());
    for error in errors {
        assert!(error.span.start > 6 && error.span.end <= text.len(), "{error:?}");
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let errors = parse(&format!("a = {}", "[".repeat(100_000))).unwrap_err();
    assert!(!errors.is_empty());
}

const POLICY: &str = r#"
[guard]
listen = "127.0.0.1:8080"
upstream = "http://127.0.0.1:3000"
public-origins = ["https://app.example.com"]
manifest = ".next/server/server-reference-manifest.json"
mode = "enforce"
[session]
provider = "authjs"
[roles]
order = ["viewer", "editor", "admin"]
[store]
url = "redb:portcullis.redb"

[actions."app/invoices/actions.ts#updateInvoice"]
access = "authenticated"
role = "editor"
permission = "invoice:update"
rate = ["5/1m per user", "20/1h per user+arg:/0/invoiceId"]
schema = "schemas/updateInvoice.json"
owns = { arg = "/0/invoiceId", query = "select 1 from invoices where id = $1 and owner_id = $user" }
replay = "once"
captcha = "turnstile"
output = ["id", "title"]

[actions."app/login/actions.ts#signIn"]
access = { public = "sign-in form" }
rate = "10/1m per address"
"#;

#[test]
fn a_whole_policy_is_read() {
    let config = parse(POLICY).unwrap();
    let update = &config.actions["app/invoices/actions.ts#updateInvoice"];
    assert_eq!(update.role.as_ref().unwrap().value, "editor");
    assert_eq!(update.rate.len(), 2);
    assert_eq!(update.owns[0].argument.value.fields, ["invoiceId"]);
    assert_eq!(
        POLICY.get(update.schema.as_ref().unwrap().span.clone()),
        Some("\"schemas/updateInvoice.json\"")
    );
    let sign_in = &config.actions["app/login/actions.ts#signIn"];
    assert!(matches!(&sign_in.access, portcullis_policy::Access::Public { why } if why == "sign-in form"));
    assert_eq!(config.roles.order.len(), 3);
}

#[test]
fn several_resources_have_an_owner_each() {
    let text = "[actions.'a.ts#move']\naccess = 'authenticated'\nowns = [\n\
                { arg = '/0/from', query = 'select 1 from t where id = $1 and owner = $user' },\n\
                { arg = '/0/to', query = 'select 1 from u where id = $1 and owner = $user' },\n]\n";
    let config = parse(text).unwrap();
    let fields: Vec<_> = config.actions["a.ts#move"]
        .owns
        .iter()
        .map(|owns| owns.argument.value.fields.concat())
        .collect();
    assert_eq!(fields, ["from", "to"]);
    let public = text.replace("'authenticated'", "{ public = 'why' }");
    assert_eq!(parse(&public).unwrap_err().len(), 2);
}

#[test]
fn mistakes_of_an_action_stand_at_their_place() {
    let check = |body: &str, expected: &[&str]| {
        let text = format!("[roles]\norder = ['viewer', 'editor']\n[actions.'a.ts#b']\n{body}\n");
        assert_eq!(mistakes(&text), expected, "{body}");
    };
    check(
        "access = 'authenticated'\nrole = 'editr'",
        &["'editr': unknown role `editr` | did you mean `editor`?"],
    );
    check(
        "access = 'authenticated'\nrole = 'root'",
        &["'root': unknown role `root` | add it to `order` in `[roles]`"],
    );
    check(
        "role = 'editor'",
        &[
            "'a.ts#b': the endpoint does not say who may call it | write `access = \"authenticated\"`, or `access = { public = \"why\" }`",
        ],
    );
    check(
        "access = 'public'",
        &["'public': `public` is nobody who may call | say why: `access = { public = \"sign-in form\" }`"],
    );
    check(
        "access = { public = ' ' }",
        &["' ': a public endpoint needs a reason | say why everybody may call it: `{ public = \"sign-in form\" }`"],
    );
    check(
        "access = { pulic = 'x' }",
        &["pulic: unknown key `pulic` in `[access]` | did you mean `public`?"],
    );
    check(
        "access = 'authenticated'\nrates = '5/1m per user'",
        &["rates: unknown key `rates` in `[actions.\"a.ts#b\"]` | did you mean `rate`?"],
    );
    check(
        "access = 'authenticated'\nrate = '5 per user'",
        &["'5 per user': `5 per user` is not a limit | write calls, time and whose: `\"5/1m per user\"`"],
    );
    check(
        "access = { public = 'x' }\nrate = '5/1m per user'",
        &[
            "'5/1m per user': `actions.\"a.ts#b\"` is public, and its calls are counted by who is signed in | count them `per address`",
        ],
    );
    check(
        "access = 'authenticated'\nschema = '../x.json'",
        &[
            "'../x.json': `../x.json` is not a file below the policy | write a path from the policy's folder, with `/`: `schemas/save.json`",
        ],
    );
    check(
        "access = 'authenticated'\nreplay = 'twice'",
        &["'twice': `replay` cannot be `twice` | write `\"once\"`"],
    );
    check(
        "access = 'authenticated'\nowns = { arg = '/0/id', query = 'select 1' }",
        &[
            "'select 1': the query does not tie the resource to the caller | use `$1` for what the argument names, and `$user` for the caller",
        ],
    );
    check(
        "access = 'authenticated'\nowns = []",
        &[
            "[]: `owns` is empty, and would let everybody through | leave `owns` out, or name what has to be the caller's",
        ],
    );
}

#[test]
fn mistakes_of_guard_stand_at_their_place_and_a_password_is_not_repeated() {
    let text = "[guard]\nlisten = '8080'\nupstream = 'localhost:3000'\nmode = 'enforced'\npublic-origins = ['https://*.example.com']\n\
                [session]\nprovider = 'auth.js'\n[store]\nurl = 'postgres://u:secret@h'\n[roles]\norder = ['a', 'a']\n";
    let found = mistakes(text);
    assert_eq!(
        found,
        [
            "'8080': `8080` is not an address and port | write `127.0.0.1:8080`",
            "'localhost:3000': `localhost:3000` is not an origin | write scheme, host and port alone: `https://app.example.com`",
            "'enforced': `guard.mode` cannot be `enforced` | did you mean `\"enforce\"`?",
            "'https://*.example.com': `https://*.example.com` is not an origin | write scheme, host and port alone: `https://app.example.com`",
            "'auth.js': `session.provider` cannot be `auth.js` | did you mean `\"authjs\"`?",
            "'postgres://u:secret@h': this is no store that guard knows | write `redb:FILE`, `redis://HOST`, `rediss://HOST` or `memory:`",
            "'a': the role `a` stands here twice | name each role once, from the one that may least",
        ]
    );
}
