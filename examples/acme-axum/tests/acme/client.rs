//! What is derived from the actions: the client for browsers, which is committed, and the table of who may call what.

use std::path::Path;

use acme_axum::Acme;
use portcullis_actions::testing::matrix;

use super::browser::{acme, acme_with, get};

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the committed client is a file")]
async fn the_committed_client_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src");
    for (name, text) in acme().await.table.typescript().unwrap().files() {
        let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is stale: run `cargo run -p acme-axum -- --export-client examples/acme-axum/web/src`"
        );
    }
}

#[tokio::test]
async fn who_may_call_what() {
    let expected = "\
action | stranger | viewer | editor | admin | also
addComment | no | yes | yes | yes | opens document, at most 5/1m per user+arg:/document
changeRole | no | no | no | yes | opens member, at most default, fresh proof
contact | yes | yes | yes | yes | at most 3/1m per ip, once, open because visitors ask questions
createDocument | no | no | yes | yes | at most 10/1m per user
deleteDocument | no | no | yes | yes | opens document, at most 10/1m per user, once
inviteMember | no | no | no | yes | at most 5/1h per user, once
payInvoice | no | no | no | yes | opens invoice, at most 5/1m per user, fresh proof, idempotent
signIn | yes | yes | yes | yes | at most 10/1m per ip, at most 5/1h per arg:/email, open because nobody has a session before
signOut | no | yes | yes | yes | at most default
updateDocument | no | no | yes | yes | opens document, at most 30/1m per user
updateProfile | no | yes | yes | yes | at most 20/1m per user
verifyCode | yes | yes | yes | yes | at most 10/1m per ip, at most 5/1h per arg:/email, open because nobody has a session before
";
    assert_eq!(matrix::<Acme>(&acme().await.table), expected);
}

#[tokio::test]
async fn the_front_end_is_served_as_it_was_built() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html>"),
        ("assets/a.js", "1"),
        ("assets/a.exe", "2"),
        ("secret", "3"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let acme = acme_with(Some(folder.path().to_owned())).await;
    let page = acme.send(get("/app")).await;
    assert_eq!((page.status, page.body.as_str()), (200, "<!doctype html>"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(
        acme.send(get("/app/assets/a.js")).await.header("content-type"),
        "text/javascript"
    );
    for path in [
        "/app/assets/a.exe",
        "/app/assets/..%2Fsecret",
        "/app/assets/../secret",
        "/app/secret",
    ] {
        assert_eq!(acme.send(get(path)).await.status, 404, "{path}");
    }
    assert_eq!(acme.send(get("/app/documents.json")).await.status, 401);
    let bob = acme.sign_in("bob@acme.test").await;
    let list = acme.send(get("/app/documents.json").cookie(&bob)).await.json();
    let titles: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["title"].as_str())
        .collect();
    assert_eq!(titles, ["Notes", "Plan"]);
}
