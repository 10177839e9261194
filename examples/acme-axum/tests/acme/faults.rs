//! The database is locked by another process: calls are told to come again, at a gate and in a handler, and nothing is
//! half done.

use serde_json::json;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::browser::{acme_on, call};

#[tokio::test]
async fn a_locked_database_is_503_at_a_gate_and_in_a_handler() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}?mode=rwc", folder.path().join("acme.db").display());
    let acme = acme_on(database.clone(), None).await;
    let bob = acme.sign_in("bob@acme.test").await;
    let before = acme.dump().await;
    let mut other = AnyConnection::connect(&database).await.unwrap();
    let update = || {
        let input = json!({"document": "d2", "title": "changed", "body": "changed"});
        call("updateDocument").cookie(&bob).json(&input)
    };

    // Nobody reads: the gate that asks whose the document is cannot answer.
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let answer = acme.send(update()).await;
    assert_eq!(answer.code(), (503, "unavailable".to_owned()), "{}", answer.body);
    assert!(!answer.body.contains("lock"), "{}", answer.body);
    let record = acme.records().pop().unwrap();
    assert_eq!(
        (&record["decision"], &record["stage"]),
        (&json!("unavailable"), &json!("ownership"))
    );
    other.execute("ROLLBACK").await.unwrap();

    // Nobody else writes: the gates pass, and the handler fails.
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let answer = acme.send(update()).await;
    assert_eq!(answer.code(), (503, "unavailable".to_owned()), "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
    let record = acme.records().pop().unwrap();
    assert_eq!(
        (&record["decision"], &record["reason"]),
        (&json!("failed"), &json!("handler.unavailable"))
    );
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(acme.dump().await, before);

    let answer = acme.send(update()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(acme.dump().await, before);
}
