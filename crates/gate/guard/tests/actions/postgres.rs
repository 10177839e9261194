//! Ownership asked of a real `PostgreSQL`: started for the test, with a folder of its own, and stopped with it.

use std::process::Child;
use std::time::Duration;

use sqlx::Connection as _;
use tempfile::TempDir;

use crate::programs::{command, free_port, installed, stop};
use crate::world::{POLICY, Request, UPDATE, World};

struct Postgres {
    _folder: TempDir,
    process: Child,
    url: String,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

async fn start() -> Option<Postgres> {
    let initdb = installed("initdb", "postgresql", "PORTCULLIS_REQUIRE_POSTGRES")?;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let made = command(&initdb, folder.path())
        .args(["-A", "trust", "-U", "app", "-D"])
        .arg(&data)
        .status()
        .unwrap();
    assert!(made.success(), "initdb fails");
    let port = free_port();
    let process = command(&initdb.with_file_name("postgres"), folder.path())
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-c",
            "unix_socket_directories=",
            "-D",
        ])
        .arg(&data)
        .spawn()
        .unwrap();
    let url = format!("postgres://app@127.0.0.1:{port}/postgres");
    let postgres = Postgres {
        _folder: folder,
        process,
        url,
    };
    // It says that it is ready by answering.
    for _ in 0..200 {
        if sqlx::PgConnection::connect(&postgres.url).await.is_ok() {
            return Some(postgres);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("postgres does not start");
}

#[tokio::test]
async fn owners_are_asked_of_postgres_in_its_types() {
    let Some(postgres) = start().await else { return };
    let mut connection = sqlx::PgConnection::connect(&postgres.url).await.unwrap();
    sqlx::raw_sql(
        "create table invoices (id bigint primary key, owner text, code uuid, tenant int);
         insert into invoices values (7, 'ada', '00112233-4455-6677-8899-aabbccddeeff', 1), (8, 'bob', null, 1)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let policy = |arg: &str, query: &str| {
        POLICY
            .replace("sqlite:app.db", &postgres.url)
            .replace("arg = \"/0/id\"", &format!("arg = \"{arg}\""))
            .replace("select 1 from invoices where id = $1 and owner = $user", query)
            .replace("schema = \"update.json\"", "")
            .replace("3/1m", "100/1m")
    };
    let usual = policy("/0/id", "select 1 from invoices where id = $1 and owner = $user");
    let coded = policy("/0/code", "select 1 from invoices where code = $1 and owner = $user");
    for (policy, body, is_owned) in [
        (&usual, r#"[{"id":7}]"#, true),
        (&usual, r#"[{"id":"7"}]"#, true),
        (&usual, r#"[{"id":8}]"#, false),
        (&usual, r#"[{"id":[7,7]}]"#, true),
        (&usual, r#"[{"id":[7,8]}]"#, false),
        (&usual, r#"[{"id":"7 or 1=1"}]"#, false),
        (&usual, r#"[{"id":7.5}]"#, false),
        (&usual, "[{}]", false),
        (&coded, r#"[{"code":"00112233-4455-6677-8899-aabbccddeeff"}]"#, true),
        (&coded, r#"[{"code":"nonsense"}]"#, false),
    ] {
        let world = World::with(policy).await;
        let request = Request::fetch(UPDATE, body).header("cookie", &world.cookie("ada", &["editor"]));
        if is_owned {
            world.forward(request).await;
        } else {
            assert_eq!(world.refusal(request).await, (404, "not-found".to_owned()), "{body}");
        }
    }
    // Whatever the query does, it does not write.
    let writing = policy(
        "/0/id",
        "with gone as (delete from invoices returning id, owner) select 1 from gone where id = $1 and owner = $user",
    );
    let world = World::with(&writing).await;
    let request = Request::fetch(UPDATE, r#"[{"id":7}]"#).header("cookie", &world.cookie("ada", &["editor"]));
    assert_eq!(world.refusal(request).await, (503, "unavailable".to_owned()));
    let left: i64 = sqlx::query_scalar("select count(*) from invoices")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 2);
}
