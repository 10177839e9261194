//! Forms without scripts: there and back by redirects, with nothing of theirs in an address.

use axum::http::HeaderMap;
use serde_json::json;

use super::site::{call, site, user};

fn headers(cookie: &str) -> HeaderMap {
    [("cookie".parse().unwrap(), cookie.parse().unwrap())]
        .into_iter()
        .collect()
}

#[tokio::test]
async fn a_form_that_works_goes_on() {
    let site = site();
    let answer = site
        .send(call("write").form("text=hi&tags=a&tags=b&stars=5&pinned=on&place.country=de"))
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/notes/ada-1");
    assert_eq!(site.state.lock().unwrap().notes["ada-1"].1, "hia+bSome(5)truede");
}

#[tokio::test]
async fn a_form_of_a_script_gets_json() {
    let site = site();
    let request = call("write").form("text=hi").with("accept", "application/json");
    assert_eq!(site.send(request).await.json()["ok"], json!(true));
}

#[tokio::test]
async fn a_form_that_fails_comes_back_once_with_its_values() {
    let site = site();
    let answer = site
        .send(call("write").form("text=&stars=9&tags=a&password=hunter2"))
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/notes/new");
    let cookie = answer.cookie("__Host-portcullis-flash").unwrap();
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("HttpOnly; SameSite=Lax")
    );

    let mut flash = site.client.flash(&headers(&cookie)).await;
    assert!(!flash.form("other").has_failed());
    let form = flash.form("write");
    assert!(form.has_failed());
    assert_eq!(form.value("stars"), "9");
    assert_eq!(form.values("tags"), ["a"]);
    assert_eq!(form.value("password"), "");
    assert_eq!(form.errors("text")[0].code, "too_short");
    assert_eq!(form.errors("stars")[0].message, "this is more than 5");
    let again = site.client.flash(&headers(&cookie)).await.form("write");
    assert!(!again.has_failed());
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in() {
    let site = site();
    let answer = site.send(call("write").form("text=hi").without("cookie")).await;
    assert_eq!(answer.header("location"), "/sign-in");
    let cookie = answer.cookie("__Host-portcullis-flash").unwrap();
    let form = site.client.flash(&headers(&cookie)).await.form("write");
    assert_eq!(form.form_errors()[0].code, "session.required");
    assert_eq!(form.value("text"), "", "what strangers type is not kept");
}

#[tokio::test]
async fn nobody_is_sent_to_another_host() {
    let site = site();
    let answer = site
        .send(call("signIn").form("portcullis_captcha=human").without("cookie"))
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/");
}

#[tokio::test]
async fn an_action_without_a_page_answers_with_a_plain_one() {
    let site = site();
    let answer = site.send(call("rename").form("note=%3Cscript%3E&text=x")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.body.contains("not found") && !answer.body.contains("<script>"));
}

#[tokio::test]
async fn an_old_browser_shows_its_token() {
    let site = site();
    let fields = site
        .client
        .form_fields("once", &user("ada"), &HeaderMap::new())
        .unwrap();
    let set = fields.set_cookie.split(';').next().unwrap().to_owned();
    let body: Vec<String> = fields
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let old = |cookie: String, body: &str| call("once").form(body).without("origin").with("cookie", &cookie);
    let cookies = format!("session=ada; {set}");
    // Another's session, another's token, no cookie: refused, and the nonce is not spent.
    for refused in [
        old(format!("session=bob; {set}"), &body.join("&")),
        old("session=ada".to_owned(), &body.join("&")),
        old(cookies.clone(), "portcullis_csrf=x"),
    ] {
        assert_eq!(site.send(refused).await.status, 403);
        assert_eq!(site.last()[2], "origin.token");
    }
    assert_eq!(site.send(old(cookies.clone(), &body.join("&"))).await.status, 303);
    assert_eq!(site.runs(), 1);
    // A second tab of the same session keeps the token, and gets a nonce of its own.
    let second = site
        .client
        .form_fields("once", &user("ada"), &headers(&cookies))
        .unwrap();
    assert_eq!(second.fields[0], fields.fields[0]);
    assert_ne!(second.fields[1], fields.fields[1]);
    assert!(
        second
            .html()
            .starts_with("<input type=\"hidden\" name=\"portcullis_csrf\" value=\"")
    );
}

#[tokio::test]
async fn a_form_with_files_is_read_strictly() {
    let site = site();
    let part = |name: &str, value: &str| {
        format!("--0b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let multipart = |parts: String| {
        call("write")
            .with("content-type", "multipart/form-data; boundary=0b0")
            .body(&format!("{parts}--0b0--\r\n"))
    };
    let good = site.send(multipart(part("text", "hi") + &part("tags", "a"))).await;
    assert_eq!(good.json()["data"]["text"], json!("hiaNonefalse"));
    let doubled = site.send(multipart(part("text", "a") + &part("text", "b"))).await;
    assert_eq!(doubled.refusal().2, "request.malformed");
    assert_eq!(site.last()[2], "form.duplicate-field");
    let broken = site.send(multipart("x".to_owned())).await;
    assert_eq!(broken.refusal().2, "request.malformed");
    let file = "--0b0\r\nContent-Disposition: form-data; name=\"text\"; filename=\"a\"\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    assert_eq!(site.send(multipart(file.to_owned())).await.status, 400);
    assert_eq!(site.last()[2], "form.unexpected-file");
}
