//! Each attack as its attacker would try it: refused with its code, nothing changed, one record.

use serde_json::json;

use super::browser::{acme, call, encoded, get};

const ADA: &str = "ada@acme.test";
const BOB: &str = "bob@acme.test";
const EVE: &str = "eve@acme.test";
const MALLORY: &str = "mallory@umbrella.test";

#[tokio::test]
async fn without_a_session() {
    let acme = acme().await;
    for info in &acme.table {
        if info.access == "authenticated" {
            acme.refuses(call(&info.name), 401, "session.required", "session.required")
                .await;
        }
    }
    for cookie in [
        "__Host-acme=admin",
        "__Host-acme=p1.k1.AAAA",
        "__Host-acme=eyJhbGciOiJub25lIn0.e30.",
    ] {
        acme.refuses(
            call("updateProfile").cookie(cookie),
            401,
            "session.required",
            "session.invalid",
        )
        .await;
    }
}

#[tokio::test]
async fn a_session_that_was_changed_or_doubled() {
    let acme = acme().await;
    let cookie = acme.sign_in(ADA).await;
    let other = if cookie.ends_with('A') { 'B' } else { 'A' };
    let middle = cookie.len() / 2;
    let mut changed = cookie.clone();
    changed.replace_range(
        middle..=middle,
        if cookie.as_bytes()[middle] == b'x' { "y" } else { "x" },
    );
    acme.refuses(
        call("updateProfile").cookie(&changed),
        401,
        "session.required",
        "session.invalid",
    )
    .await;
    let two = format!("{cookie}; {cookie}{other}");
    acme.refuses(
        call("updateProfile").cookie(&two),
        401,
        "session.required",
        "session.ambiguous",
    )
    .await;
}

#[tokio::test]
async fn anothers_id() {
    let acme = acme().await;
    let mallory = acme.sign_in(MALLORY).await;
    let bob = acme.sign_in(BOB).await;
    let update =
        |document: &str| call("updateDocument").json(&json!({"document": document, "title": "x", "body": "x"}));
    for (cookie, id) in [
        (&mallory, "d1"),
        (&bob, "d1"),
        (&bob, "d9"),
        (&bob, "d0"),
        (&bob, "d2' OR '1'='1"),
    ] {
        acme.refuses(update(id).cookie(cookie), 404, "not-found", "ownership.not-found")
            .await;
    }
    let comment = call("addComment").json(&json!({"document": "d9", "body": "x"}));
    acme.refuses(comment.cookie(&bob), 404, "not-found", "ownership.not-found")
        .await;
    for id in ["ada", "mallory"] {
        let promote = call("changeRole").json(&json!({"member": id, "role": "admin"}));
        acme.refuses(promote.cookie(&mallory), 404, "not-found", "ownership.not-found")
            .await;
    }
    let page = acme.send(get("/documents/d9").cookie(&bob)).await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn who_acts_comes_from_the_session_alone() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    for extra in ["userId", "user_id", "owner_id", "role", "isAdmin", "team_id"] {
        let mut input = json!({"name": "Bob", "bio": ""});
        input[extra] = json!("ada");
        let attack = call("updateProfile").cookie(&bob).json(&input);
        acme.refuses(attack, 422, "schema.invalid", "schema.invalid").await;
        let text = format!("name=Bob&bio=&{extra}=admin");
        let form = call("updateProfile")
            .cookie(&bob)
            .form(&text)
            .with("accept", "application/json");
        acme.refuses(form, 422, "schema.invalid", "schema.invalid").await;
    }
    let header = call("updateProfile")
        .with("x-user-id", "ada")
        .with("x-middleware-subrequest", "middleware");
    acme.refuses(header, 401, "session.required", "session.required").await;
}

#[tokio::test]
async fn a_role_that_is_too_low() {
    let acme = acme().await;
    let (bob, eve) = (acme.sign_in(BOB).await, acme.sign_in(EVE).await);
    acme.refuses(call("createDocument").cookie(&eve), 403, "forbidden", "permission.role")
        .await;
    acme.refuses(call("changeRole").cookie(&bob), 403, "forbidden", "permission.role")
        .await;
    acme.refuses(call("payInvoice").cookie(&bob), 403, "forbidden", "permission.role")
        .await;
    acme.refuses(
        call("inviteMember").cookie(&bob),
        403,
        "forbidden",
        "permission.missing",
    )
    .await;
}

#[tokio::test]
async fn objects_in_place_of_texts() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    for value in [
        json!({"$ne": null}),
        json!({"$gt": ""}),
        json!(["a"]),
        json!(1),
        json!(true),
        json!(null),
    ] {
        let attack = call("verifyCode")
            .from("203.0.113.1")
            .json(&json!({"email": value, "code": value}));
        acme.refuses(attack, 422, "schema.invalid", "schema.invalid").await;
        acme.pass(61);
        let attack = call("addComment")
            .cookie(&bob)
            .json(&json!({"document": value, "body": "x"}));
        acme.refuses(attack, 422, "schema.invalid", "schema.invalid").await;
    }
    let form = call("verifyCode")
        .form("email[$ne]=x&code[$ne]=x")
        .with("accept", "application/json");
    acme.refuses(form, 422, "schema.invalid", "schema.invalid").await;
}

#[tokio::test]
async fn prototype_keys_and_doubled_keys() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    let profile = |text: &str| call("updateProfile").cookie(&bob).body(text);
    let reserved = r#"{"name":"B","bio":"","__proto__":{"isAdmin":true}}"#;
    acme.refuses(profile(reserved), 400, "request.malformed", "json.reserved-key")
        .await;
    let constructor = r#"{"name":"B","bio":"","constructor":{"prototype":{"isAdmin":true}}}"#;
    let answer = acme
        .refuses(profile(constructor), 422, "schema.invalid", "schema.invalid")
        .await;
    assert!(!answer.body.contains("constructor"));
    let doubled = r#"{"name":"B","name":"A","bio":""}"#;
    acme.refuses(profile(doubled), 400, "request.malformed", "json.duplicate-key")
        .await;
    let form = |text: &str| {
        call("updateProfile")
            .cookie(&bob)
            .form(text)
            .with("accept", "application/json")
    };
    acme.refuses(
        form("name=a&name=b&bio="),
        400,
        "request.malformed",
        "form.duplicate-field",
    )
    .await;
    acme.refuses(
        form("__proto__.isAdmin=1&name=a&bio="),
        400,
        "request.malformed",
        "form.field-name",
    )
    .await;
}

#[tokio::test]
async fn large_and_deep_bodies() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    let profile = |text: &str| call("updateProfile").cookie(&bob).body(text);
    let deep = format!("{}{}", r#"{"a":"#.repeat(20_000), "}".repeat(20_000));
    acme.refuses(profile(&deep), 413, "edge.too-large", "edge.too-large")
        .await;
    acme.refuses(profile(&"[".repeat(100_000)), 413, "edge.too-large", "edge.too-large")
        .await;
    acme.refuses(profile(&" ".repeat(300_000)), 413, "edge.too-large", "edge.too-large")
        .await;
    let wide = format!(
        "{{\"name\":\"B\",\"bio\":\"\",\"x\":[{}]}}",
        vec!["0"; 20_000].join(",")
    );
    acme.refuses(profile(&wide), 413, "edge.too-large", "edge.too-large")
        .await;
    let long = json!({"name": "x".repeat(81), "bio": ""});
    acme.refuses(profile(&long.to_string()), 422, "schema.invalid", "schema.invalid")
        .await;
}

#[tokio::test]
async fn other_origins_methods_and_content_types() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    let good = || {
        call("updateProfile")
            .cookie(&bob)
            .json(&json!({"name": "B", "bio": "x"}))
    };
    for (origin, recorded) in [
        ("https://evil.test", "origin.foreign"),
        ("null", "origin.null"),
        ("http://localhost:4000.evil.test", "origin.foreign"),
        ("https://localhost:4000", "origin.foreign"),
    ] {
        acme.refuses(good().with("origin", origin), 403, "origin.foreign", recorded)
            .await;
    }
    acme.refuses(good().without("origin"), 403, "origin.foreign", "origin.missing")
        .await;
    let cross = good().with("sec-fetch-site", "cross-site");
    acme.refuses(cross, 403, "origin.foreign", "origin.cross-site").await;
    let two = good().and("origin", "https://evil.test");
    acme.refuses(two, 403, "origin.foreign", "origin.ambiguous").await;
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"] {
        let answer = acme.send(good().method(method)).await;
        assert_eq!(answer.status, 405, "{method}");
    }
    let text = good().with("content-type", "text/plain");
    acme.refuses(text, 415, "action.unknown", "action.content-type").await;
    let two = good().and("content-type", "text/plain");
    acme.refuses(two, 415, "action.unknown", "action.content-type").await;
    acme.refuses(call("dropTables").cookie(&bob), 404, "action.unknown", "action.unknown")
        .await;
    assert!(!acme.dump().await.join("\n").contains("Bob x"));
}

#[tokio::test]
async fn a_call_that_was_made_before() {
    let acme = acme().await;
    let (bob, mallory) = (acme.sign_in(BOB).await, acme.sign_in(MALLORY).await);
    let page = acme.send(get("/documents/d2").cookie(&bob)).await;
    let nonce = page.hidden("deleteDocument")["portcullis_nonce"].clone();
    let delete = |cookie: &str, nonce: &str, document: &str| {
        call("deleteDocument")
            .cookie(cookie)
            .with("x-portcullis-nonce", nonce)
            .json(&json!({"document": document}))
    };
    acme.refuses(delete(&bob, "", "d2"), 409, "replay.stale", "replay.forged")
        .await;
    acme.refuses(delete(&mallory, &nonce, "d9"), 409, "replay.stale", "replay.forged")
        .await;
    assert_eq!(
        acme.send(delete(&bob, &nonce, "d2")).await.code(),
        (200, "ok".to_owned())
    );
    let created = call("createDocument")
        .cookie(&bob)
        .json(&json!({"title": "t", "body": ""}));
    let id = acme.send(created).await.json()["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    acme.refuses(delete(&bob, &nonce, &id), 409, "replay.spent", "replay.spent")
        .await;
}

#[tokio::test]
async fn guessing_one_time_passwords_from_many_addresses() {
    let acme = acme().await;
    let sent = acme
        .send(call("signIn").from("198.51.100.1").json(&json!({"email": ADA})))
        .await;
    assert_eq!(sent.status, 200);
    let right = acme.code_for(ADA);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let guess = |code: &str, address: &str| {
        call("verifyCode")
            .from(address)
            .json(&json!({"email": ADA, "code": code}))
    };
    for number in 1..=5 {
        let answer = acme
            .refuses(
                guess(wrong, &format!("203.0.113.{number}")),
                422,
                "wrong_code",
                "app.wrong_code",
            )
            .await;
        assert!(!answer.body.contains(wrong));
    }
    // The sixth is refused, though its address is new and its code is right.
    let answer = acme
        .refuses(guess(&right, "203.0.113.6"), 429, "rate.limited", "rate.limited")
        .await;
    assert_eq!(answer.header("retry-after"), "3600");
    // What a caller claims about its address is not believed behind a proxy's word.
    let spoofed = guess(&right, "10.0.0.1, 203.0.113.7");
    acme.refuses(spoofed, 429, "rate.limited", "rate.limited").await;
}

#[tokio::test]
async fn whether_a_user_exists_is_not_told() {
    let acme = acme().await;
    let sign_in = |email: &str| call("signIn").from("198.51.100.1").json(&json!({"email": email}));
    let known = acme.send(sign_in(ADA)).await;
    let unknown = acme.send(sign_in("nobody@acme.test")).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    let verify = |email: &str| {
        call("verifyCode")
            .from("198.51.100.1")
            .json(&json!({"email": email, "code": "abcdef"}))
    };
    let (known, unknown) = (
        acme.send(verify(ADA)).await,
        acme.send(verify("nobody@acme.test")).await,
    );
    assert_eq!(known.code(), unknown.code());
}

#[tokio::test]
async fn sealed_values_and_tokens_of_others() {
    let acme = acme().await;
    let (ada, mallory) = (acme.sign_in(ADA).await, acme.sign_in(MALLORY).await);
    let mine = acme.send(get("/billing").cookie(&ada)).await.hidden("payInvoice");
    let theirs = acme.send(get("/billing").cookie(&mallory)).await.hidden("payInvoice");
    let pay = |invoice: &str, price: &str| {
        call("payInvoice")
            .cookie(&ada)
            .with("idempotency-key", "k")
            .json(&json!({"invoice": invoice, "price": price}))
    };
    let mut changed = mine["price"].clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for price in [changed.as_str(), "1", "", &theirs["price"], &mine["invoice"]] {
        acme.refuses(pay(&mine["invoice"], price), 409, "replay.stale", "sealed.forged")
            .await;
        acme.pass(1);
    }
    for invoice in [&theirs["invoice"], &"i1".to_owned(), &mine["price"]] {
        acme.refuses(pay(invoice, &mine["price"]), 404, "not-found", "ownership.not-found")
            .await;
        acme.pass(1);
    }
    let good = pay(&mine["invoice"], &mine["price"]);
    assert_eq!(acme.send(good.clone()).await.json()["data"]["cents"], json!(12900));
    assert!(acme.dump().await.contains(&"invoice i1 t1 12900 paid".to_owned()));
    // The same key is the same payment; another key is another, and it is paid already.
    assert_eq!(acme.send(good.clone()).await.json()["data"]["cents"], json!(12900));
    let again = good.with("idempotency-key", "k2");
    acme.refuses(again, 409, "paid_already", "app.paid_already").await;
}

#[tokio::test]
async fn a_session_that_ended() {
    let acme = acme().await;
    let (ada, bob) = (acme.sign_in(ADA).await, acme.sign_in(BOB).await);
    let profile = |cookie: &str| {
        call("updateProfile")
            .cookie(cookie)
            .json(&json!({"name": "x", "bio": ""}))
    };
    // Signed out: the cookie that was stolen before is worth nothing.
    assert_eq!(acme.send(call("signOut").cookie(&ada)).await.status, 200);
    acme.refuses(profile(&ada), 401, "session.required", "revocation.revoked")
        .await;
    assert_eq!(acme.send(get("/").cookie(&ada)).await.header("location"), "/sign-in");
    // Demoted: sessions with the old role end.
    acme.pass(1);
    let ada = acme.sign_in(ADA).await;
    let demote = call("changeRole")
        .cookie(&ada)
        .json(&json!({"member": "bob", "role": "viewer"}));
    assert_eq!(acme.send(demote).await.status, 200);
    acme.refuses(profile(&bob), 401, "session.required", "revocation.revoked")
        .await;
    // Too old for what is dangerous, and too old at all.
    acme.pass(31);
    let promote = call("changeRole")
        .cookie(&ada)
        .json(&json!({"member": "bob", "role": "admin"}));
    acme.refuses(promote, 401, "session.step-up", "session.step-up").await;
    acme.pass(8 * 60);
    acme.refuses(profile(&ada), 401, "session.required", "session.expired")
        .await;
}

#[tokio::test]
async fn probing_for_errors() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    let pool = acme.outbox.database().pool();
    sqlx::query("DROP TABLE comments").execute(pool).await.unwrap();
    let comment = call("addComment")
        .cookie(&bob)
        .json(&json!({"document": "d2", "body": "x"}));
    let answer = acme.send(comment).await;
    assert_eq!(answer.code(), (500, "internal".to_owned()));
    assert_eq!(
        answer.json()["error"]["requestId"].as_str().unwrap(),
        answer.header("x-request-id")
    );
    pool.close().await;
    let update = call("updateDocument")
        .cookie(&bob)
        .json(&json!({"document": "d2", "title": "x", "body": "x"}));
    let gate = acme.send(update).await;
    assert_eq!(gate.code(), (503, "unavailable".to_owned()));
    for text in [&answer.body, &gate.body] {
        for leak in ["pool", "sqlx", "SELECT", "INSERT", "comments", "table", ".rs"] {
            assert!(!text.contains(leak), "{leak} in {text}");
        }
    }
    let records = acme.records();
    assert_eq!(records[records.len() - 2]["reason"], json!("handler.error"));
    assert_eq!(records[records.len() - 1]["decision"], json!("unavailable"));
}

#[tokio::test]
async fn scripts_in_what_users_write() {
    let acme = acme().await;
    let bob = acme.sign_in(BOB).await;
    let script = "\"><script>alert(1)</script>";
    let created = call("createDocument")
        .cookie(&bob)
        .json(&json!({"title": script, "body": script}));
    let id = acme.send(created).await.json()["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in ["/".to_owned(), format!("/documents/{id}")] {
        let page = acme.send(get(&path).cookie(&bob)).await;
        assert!(
            page.body.contains("&lt;script&gt;") && !page.body.contains("<script>"),
            "{path}"
        );
    }
    let form = encoded([("title", ""), ("body", script)]);
    let failed = acme.send(call("createDocument").cookie(&bob).form(&form)).await;
    let flash = failed.cookie("__Host-portcullis-flash").unwrap();
    let page = acme
        .send(get("/documents/new").cookie(&format!("{bob}; {flash}")))
        .await;
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script>"));
}
