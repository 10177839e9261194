//! Ownership and sessions asked of a real `MariaDB`: started for the test, with a folder of its own, and stopped with it.

use std::process::Child;
use std::time::Duration;

use sqlx::Connection as _;
use tempfile::TempDir;

use crate::programs::{command, free_port, installed, stop};
use crate::world::{POLICY, Request, UPDATE, World};

struct MySql {
    _folder: TempDir,
    process: Child,
    url: String,
}

impl Drop for MySql {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

async fn start() -> Option<MySql> {
    let install = installed("mariadb-install-db", "mariadb-server", "PORTCULLIS_REQUIRE_MYSQL")?;
    let server = installed("mariadbd", "mariadb-server", "PORTCULLIS_REQUIRE_MYSQL")?;
    let folder = tempfile::tempdir().unwrap();
    let data = format!("--datadir={}", folder.path().join("data").display());
    let made = command(&install, folder.path())
        .args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            &data,
        ])
        .status()
        .unwrap();
    assert!(made.success(), "mariadb-install-db fails");
    let port = free_port();
    let process = command(&server, folder.path())
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            &data,
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.path().join("socket").display()))
        .spawn()
        .unwrap();
    let url = format!("mysql://root@127.0.0.1:{port}/mysql");
    let mysql = MySql {
        _folder: folder,
        process,
        url,
    };
    // It says that it is ready by answering.
    for _ in 0..400 {
        if sqlx::MySqlConnection::connect(&mysql.url).await.is_ok() {
            return Some(mysql);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("mariadbd does not start");
}

#[tokio::test]
async fn owners_are_asked_of_mysql_in_its_types() {
    let Some(mysql) = start().await else { return };
    let mut connection = sqlx::MySqlConnection::connect(&mysql.url).await.unwrap();
    sqlx::raw_sql(
        "create database app; use app;
         create table invoices (id bigint primary key, owner varchar(20), code char(36), price double, open bool);
         insert into invoices values (7, 'ada', '00112233-4455-6677-8899-aabbccddeeff', 2.5, true), (8, 'bob', null, 1, false);
         create function wipe() returns int begin delete from invoices; return 1; end",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let url = mysql.url.replace("/mysql", "/app");
    let policy = |arg: &str, query: &str| {
        POLICY
            .replace("sqlite:app.db", &url)
            .replace("arg = \"/0/id\"", &format!("arg = \"{arg}\""))
            .replace("select 1 from invoices where id = $1 and owner = $user", query)
            .replace("schema = \"update.json\"", "")
            .replace("3/1m", "100/1m")
    };
    let usual = policy("/0/id", "select 1 from invoices where id = $1 and owner = $user");
    let exact = policy(
        "/0/id",
        "select 1 from invoices where cast(id as char) = $1 and owner = $user",
    );
    let turned = policy(
        "/0/id",
        "select 1 from invoices where owner = $user and (id = $1 or id = $1)",
    );
    let coded = policy("/0/code", "select 1 from invoices where code = $1 and owner = $user");
    let priced = policy("/0/price", "select 1 from invoices where price = $1 and owner = $user");
    let opened = policy("/0/open", "select 1 from invoices where open = $1 and owner = $user");
    for (policy, body, is_owned) in [
        (&usual, r#"[{"id":7}]"#, true),
        (&usual, r#"[{"id":"7"}]"#, true),
        (&usual, r#"[{"id":8}]"#, false),
        (&usual, r#"[{"id":[7,7]}]"#, true),
        (&usual, r#"[{"id":[7,8]}]"#, false),
        (&usual, r#"[{"id":"8 or 1=1"}]"#, false),
        (&usual, r#"[{"id":7.5}]"#, false),
        (&usual, "[{}]", false),
        // The database compares a text with a number by the digits at its start.
        (&usual, r#"[{"id":"7 or 1=1"}]"#, true),
        (&exact, r#"[{"id":"7 or 1=1"}]"#, false),
        (&exact, r#"[{"id":"7"}]"#, true),
        (&turned, r#"[{"id":7}]"#, true),
        (&turned, r#"[{"id":8}]"#, false),
        (&coded, r#"[{"code":"00112233-4455-6677-8899-aabbccddeeff"}]"#, true),
        (&coded, r#"[{"code":"' or ''='"}]"#, false),
        (&priced, r#"[{"price":2.5}]"#, true),
        (&opened, r#"[{"open":true}]"#, true),
        (&opened, r#"[{"open":false}]"#, false),
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
    let writing = policy("/0/id", "select wipe() from invoices where id = $1 and owner = $user");
    let world = World::with(&writing).await;
    let request = Request::fetch(UPDATE, r#"[{"id":7}]"#).header("cookie", &world.cookie("ada", &["editor"]));
    assert_eq!(world.refusal(request).await, (503, "unavailable".to_owned()));
    let left: i64 = sqlx::query_scalar("select count(*) from invoices")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 2);
    sessions(&url, &mut connection).await;
    killed(mysql, &usual).await;
}

async fn sessions(url: &str, connection: &mut sqlx::MySqlConnection) {
    sqlx::raw_sql(
        "create table sessions (token varchar(64), user_id int, ends bigint, roles text);
         insert into sessions values ('t-1', 41, 1900000000, 'editor'), ('t-2', 42, 1500000000, 'editor')",
    )
    .execute(connection)
    .await
    .unwrap();
    let session = "provider = \"table\"\ncookie = \"sid\"\n\
        query = \"select token as `key`, user_id, ends as expires_at, roles from sessions where token = $1\"\n[roles]";
    let policy = POLICY
        .replace("provider = \"own\"\nsecret-env = \"SECRET\"\n[roles]", session)
        .replace("sqlite:app.db", url)
        .replace(
            "owns = { arg = \"/0/id\", query = \"select 1 from invoices where id = $1 and owner = $user\" }",
            "",
        );
    let world = World::with(&policy).await;
    let with =
        |token: &str| Request::fetch(UPDATE, r#"[{"id":7,"amount":1}]"#).header("cookie", &format!("sid={token}"));
    world.forward(with("t-1")).await;
    for token in ["t-2", "t-3", "' or '1'='1"] {
        assert_eq!(
            world.refusal(with(token)).await,
            (401, "session.required".to_owned()),
            "{token}"
        );
    }
}

/// A database that is gone is an outage, and never a no.
async fn killed(mysql: MySql, policy: &str) {
    let world = World::with(policy).await;
    let ask = || Request::fetch(UPDATE, r#"[{"id":7}]"#).header("cookie", &world.cookie("ada", &["editor"]));
    world.forward(ask()).await;
    drop(mysql);
    assert_eq!(world.refusal(ask()).await, (503, "unavailable".to_owned()));
}
