//! The example application against its own README: what is known of every endpoint of `examples/acme-next`, and which
//! rules say so. Its careless half is insecure on purpose, its careful half is what a scan must leave alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// Authentication, endpoint by endpoint: the file, then its exports by what must be known of them.
const EXPECTED: &[(&str, &str, &[&str])] = &[
    (
        "app/careless/actions/documents.ts",
        "absent",
        &[
            "createDocument",
            "deleteDocument",
            "duplicateDocument",
            "exportDocuments",
            "renameDocument",
            "shareDocument",
        ],
    ),
    (
        "app/careless/actions/documents.ts",
        "proven",
        &["archiveDocument", "searchDocuments", "updateDocument"],
    ),
    (
        "app/careless/actions/comments.ts",
        "absent",
        &["addComment", "deleteComment", "editComment"],
    ),
    ("app/careless/actions/team.ts", "absent", &["listMembers", "renameTeam"]),
    (
        "app/careless/actions/team.ts",
        "proven",
        &["acceptInvite", "changeRole", "inviteMember", "removeMember"],
    ),
    ("app/careless/actions/billing.ts", "absent", &["changePlan"]),
    (
        "app/careless/actions/billing.ts",
        "proven",
        &["refundCharge", "transferCredits"],
    ),
    // The code that the caller sends is a proof of its own; that the user is named beside it is an ownership flaw.
    ("app/careless/actions/otp.ts", "not-needed", &["confirmCode"]),
    ("app/careless/actions/otp.ts", "proven", &["sendCode"]),
    ("app/careless/actions/profile.ts", "absent", &["changeEmail"]),
    (
        "app/careless/actions/profile.ts",
        "proven",
        &["changePassword", "getProfile", "updateProfile"],
    ),
    (
        "app/careless/actions/auth.ts",
        "not-needed",
        &["requestReset", "resetPassword", "signIn", "signOut", "signUp"],
    ),
    ("app/careless/actions/contact.ts", "not-needed", &["sendContactMessage"]),
    // It reads and logs, and gives nothing back: the secret in its closure is the flaw.
    ("app/careless/billing/page.tsx", "not-needed", &["BillingPage.sync"]),
    (
        "lib/careless-helpers.ts",
        "absent",
        &["findUserByEmail", "grantCredits", "setUserPassword"],
    ),
    (
        "app/careful/actions/documents.ts",
        "proven",
        &[
            "archiveDocument",
            "createDocument",
            "deleteDocument",
            "duplicateDocument",
            "exportDocuments",
            "renameDocument",
            "searchDocuments",
            "shareDocument",
            "updateDocument",
        ],
    ),
    (
        "app/careful/actions/comments.ts",
        "proven",
        &["addComment", "deleteComment", "editComment"],
    ),
    (
        "app/careful/actions/team.ts",
        "proven",
        &[
            "acceptInvite",
            "changeRole",
            "inviteMember",
            "listMembers",
            "removeMember",
            "renameTeam",
        ],
    ),
    (
        "app/careful/actions/billing.ts",
        "proven",
        &["changePlan", "refundCharge", "transferCredits"],
    ),
    ("app/careful/actions/otp.ts", "proven", &["confirmCode", "sendCode"]),
    (
        "app/careful/actions/profile.ts",
        "proven",
        &["changeEmail", "changePassword", "getProfile", "updateProfile"],
    ),
    (
        "app/careful/actions/auth.ts",
        "not-needed",
        &["requestReset", "resetPassword", "signIn", "signOut", "signUp"],
    ),
    ("app/careful/actions/contact.ts", "not-needed", &["sendContactMessage"]),
    ("app/careful/billing/page.tsx", "proven", &["BillingPage.sync"]),
];

/// Which rule names which endpoint, authentication alone. `accidental-endpoint` is one finding for its three.
const FIRED: &[(&str, &[&str])] = &[
    (
        "accidental-endpoint",
        &[
            "lib/careless-helpers.ts#findUserByEmail",
            "lib/careless-helpers.ts#grantCredits",
            "lib/careless-helpers.ts#setUserPassword",
        ],
    ),
    (
        "missing-authentication",
        &[
            "app/careless/actions/comments.ts#addComment",
            "app/careless/actions/documents.ts#deleteDocument",
            "app/careless/actions/documents.ts#duplicateDocument",
            "app/careless/actions/documents.ts#exportDocuments",
            "app/careless/actions/profile.ts#changeEmail",
            "app/careless/actions/team.ts#listMembers",
            "app/careless/actions/team.ts#renameTeam",
            "lib/careless-helpers.ts#findUserByEmail",
            "lib/careless-helpers.ts#grantCredits",
            "lib/careless-helpers.ts#setUserPassword",
        ],
    ),
    (
        "unchecked-session",
        &[
            "app/careless/actions/billing.ts#changePlan",
            "app/careless/actions/comments.ts#editComment",
            "app/careless/actions/documents.ts#createDocument",
            "app/careless/actions/documents.ts#renameDocument",
            "app/careless/actions/documents.ts#shareDocument",
        ],
    ),
    (
        "unverified-session",
        &["app/careless/actions/comments.ts#deleteComment"],
    ),
];

fn scan() -> Result<Value, Failure> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["scan", "--format", "json", "--exit-zero"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme-next"))
        .stdin(Stdio::null())
        .output()?;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn list<'json>(value: &'json Value, key: &str) -> &'json [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_endpoint_has_the_state_that_it_deserves() -> Result<(), Failure> {
    let mut expected = BTreeMap::new();
    for (file, state, exports) in EXPECTED {
        for export in *exports {
            expected.insert(format!("{file}#{export}"), (*state).to_owned());
        }
    }
    let scan = scan()?;
    let found: BTreeMap<String, String> = list(&scan, "endpoints")
        .iter()
        .map(|endpoint| {
            let state = &endpoint["protections"]["authentication"]["state"];
            (text(&endpoint["name"]), text(state))
        })
        .collect();
    let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&found), names(&expected), "the endpoints");
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|(name, state)| {
            let expected = expected.get(name)?;
            (state != expected).then(|| format!("{name} is {state}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_careless_action_is_found_by_the_rule_that_fits() -> Result<(), Failure> {
    let scan = scan()?;
    let mut fired: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in list(&scan, "findings") {
        let endpoints = list(finding, "endpoints").iter().map(text);
        fired.entry(text(&finding["rule"])).or_default().extend(endpoints);
    }
    for (rule, endpoints) in FIRED {
        let expected: BTreeSet<String> = endpoints.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(fired.get(*rule), Some(&expected), "{rule}");
    }
    Ok(())
}

/// Whatever points into the careful half is a false alarm.
#[test]
fn nothing_points_into_the_careful_half() -> Result<(), Failure> {
    let scan = scan()?;
    assert!(
        !list(&scan, "findings").is_empty(),
        "a scan that finds nothing proves nothing"
    );
    for finding in list(&scan, "findings") {
        let files = list(finding, "locations")
            .iter()
            .map(|location| text(&location["file"]));
        let endpoints = list(finding, "endpoints").iter().map(text);
        for name in files.chain(endpoints) {
            assert!(!name.starts_with("app/careful/"), "{finding:#}");
        }
    }
    assert!(
        list(&scan, "undecided")
            .iter()
            .all(|undecided| undecided["protection"] != "authentication")
    );
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
