//! Corners that were got wrong once: secrets and rules below the first level, forms of other sites, panics after the
//! handler, calls that say the same in other bytes, values sealed for somebody whom the handler may not see.

use std::time::Duration;

use axum::http::HeaderMap;
use portcullis_actions::{Authed, Ctx, Dto, Input, Outcome, Public, Sealed, Validated, actions};
use serde_json::json;

use super::site::{Call, Notes, Site, call, site, user};

#[derive(Input)]
struct SignUp {
    #[garde(length(chars, max = 20))]
    name: String,
    #[garde(dive)]
    account: Account,
    // No `dive`: the rules of each one hold all the same.
    #[garde(length(max = 3))]
    others: Option<Vec<Account>>,
}

#[derive(Input)]
struct Account {
    #[garde(length(chars, min = 3, max = 20))]
    email: String,
    #[input(secret)]
    #[garde(length(max = 20))]
    password: String,
}

#[derive(Dto)]
struct Name {
    name: String,
}

async fn sign_up(ctx: Ctx<Notes, Authed>, input: Validated<SignUp>) -> Outcome<Name> {
    ctx.state().lock().unwrap().runs += 1;
    let SignUp { name, account, others } = input.into_inner();
    let passwords = std::iter::once(account).chain(others.into_iter().flatten());
    let name = passwords.fold(name, |name, one| {
        assert_eq!(one.password, "", "nothing else gets here in these tests");
        name + one.email.split('@').next().unwrap_or_default()
    });
    Ok(Name { name })
}

#[derive(Input)]
struct Buy {
    price: Sealed<u32>,
}

async fn buy(ctx: Ctx<Notes, Public>, input: Validated<Buy>) -> Outcome<Name> {
    let price = ctx.unseal(&input.price).unwrap();
    let again = ctx.seal(&(price + 1), "buyOpen", Duration::from_mins(1)).unwrap();
    let name = serde_json::to_value(&again).unwrap().as_str().unwrap().to_owned();
    Ok(Name { name })
}

fn edges() -> Site {
    let mut site = site();
    let c = &site.client;
    let mounted = c
        .mount(actions![
            c.action("signUp")
                .authenticated()
                .idempotent()
                .input::<SignUp>()
                .handler(sign_up)
                .form_page("/sign-up/{name}"),
            c.action("leaps")
                .authenticated()
                .input::<SignUp>()
                .handler(sign_up)
                .redirect_to(|name: &Name| name.name.strip_prefix("no such start").unwrap().to_owned()),
            c.action("buyOpen")
                .public("a shop")
                .rate_limit("9/1m per ip")
                .input::<Buy>()
                .handler(buy),
        ])
        .unwrap();
    site.router = mounted.router;
    site.table = mounted.table;
    site
}

async fn kept(site: &Site, cookie: &str) -> portcullis_actions::FormState {
    let headers: HeaderMap = [("cookie".parse().unwrap(), cookie.parse().unwrap())]
        .into_iter()
        .collect();
    site.client.flash(&headers).await.form("signUp")
}

fn form(text: &str) -> Call {
    call("signUp").form(text).with("idempotency-key", "k1")
}

#[tokio::test]
async fn a_secret_is_not_given_back_from_any_level() {
    let site = edges();
    let answer = site
        .send(form(
            "name=ada&account.email=a&account.password=hunter2&others.password=hunter3&role=admin",
        ))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/sign-up/ada")
    );
    let form = kept(&site, &answer.cookie("__Host-portcullis-flash").unwrap()).await;
    assert_eq!((form.value("name"), form.value("account.email")), ("ada", "a"));
    for name in ["account.password", "others.password", "role"] {
        assert_eq!(form.value(name), "", "{name}");
    }
    let table = site.table.find("signUp").unwrap();
    assert_eq!(table.secrets, ["account.password", "others.password"]);
}

#[tokio::test]
async fn rules_hold_below_a_field_that_forgets_to_dive() {
    let site = edges();
    let account = |email: &str| json!({"email": email, "password": ""});
    let input = json!({"name": "ada", "account": account("a"), "others": [account("long enough"), account("b")]});
    let answer = site
        .send(call("signUp").with("idempotency-key", "k").json(&input))
        .await;
    let fields = answer.json()["error"]["fields"].clone();
    for pointer in ["/account/email", "/others/1/email"] {
        assert_eq!(
            fields[pointer].as_array().map(Vec::len),
            Some(1),
            "{pointer} in {fields}"
        );
    }
    assert_eq!(fields.as_object().unwrap().len(), 2);
    assert_eq!(site.runs(), 0);
}

/// Another site sends its own texts to our form. They do not come back in it, and the user is not led to it.
#[tokio::test]
async fn a_form_of_another_site_leaves_nothing() {
    let site = edges();
    let evil = || form("name=ada&account.email=e&account.password=x");
    for foreign in [
        evil().with("origin", "https://evil.test"),
        evil().with("origin", "null"),
        evil().with("sec-fetch-site", "cross-site"),
        evil().without("origin"),
        evil().without("origin").with("cookie", "session=ada; other=1"),
    ] {
        let answer = site.send(foreign).await;
        assert_eq!(answer.status.as_u16(), 403, "{}", site.last().join(" "));
        assert_eq!(answer.cookie("__Host-portcullis-flash"), None);
        assert_eq!(answer.header("location"), "");
    }
}

/// Who is not known fills no store: the page learns what was wrong, and not what was typed.
#[tokio::test]
async fn a_stranger_and_who_comes_too_often_leave_no_values() {
    let site = edges();
    let stranger = site.send(form("name=ada").without("cookie")).await;
    assert_eq!(stranger.header("location"), "/sign-in");
    let form_of = kept(&site, &stranger.cookie("__Host-portcullis-flash").unwrap()).await;
    assert!(form_of.has_failed());
    assert_eq!(form_of.value("name"), "");
    let mut last = None;
    for _ in 0..61 {
        last = Some(site.send(form("name=ada").by("bob")).await);
    }
    assert_eq!(site.last()[2], "rate.limited");
    let cookie = last.unwrap().cookie("__Host-portcullis-flash").unwrap();
    let form_of = kept(&site, &cookie).await;
    assert_eq!(form_of.form_errors()[0].code, "rate.limited");
    assert_eq!(form_of.value("name"), "");
}

#[tokio::test]
async fn a_panic_behind_the_handler_is_answered_and_recorded() {
    let site = edges();
    let input = json!({"name": "ada", "account": {"email": "a@b", "password": ""}, "others": null});
    let answer = site.send(call("leaps").json(&input)).await;
    assert_eq!(answer.refusal(), (500, "internal".to_owned(), "internal".to_owned()));
    assert_eq!(site.last(), ["failed", "handler", "handler.panic"]);
    assert_eq!(site.runs(), 1);
}

/// A browser chooses a new boundary for each try, and a script may order its keys anew.
#[tokio::test]
async fn a_second_try_in_other_bytes_is_the_same_call() {
    let site = edges();
    let multipart = |boundary: &str, nonce: &str| {
        let part = |name: &str, value: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts = part("name", "ada") + &part("account.email", "a@b") + &part("account.password", "");
        call("signUp")
            .with("idempotency-key", "k1")
            .with("content-type", &format!("multipart/form-data; boundary={boundary}"))
            .body(&format!("{parts}{}--{boundary}--\r\n", part("portcullis_nonce", nonce)))
    };
    let first = site.send(multipart("0b0", "n1")).await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.body);
    let second = site.send(multipart("0b1", "n2")).await;
    assert_eq!(second.json(), first.json());
    let script = r#"{"account":{"password":"","email":"a@b"},"name":"ada"}"#;
    let script = call("signUp").with("idempotency-key", "k1").body(script);
    assert_eq!(site.send(script).await.json(), first.json());
    let other = call("signUp").with("idempotency-key", "k1");
    let other = other.body(r#"{"name":"bob","account":{"email":"a@b","password":""}}"#);
    assert_eq!(site.send(other).await.refusal().2, "replay.reused-key");
    assert_eq!(site.runs(), 1);
}

#[tokio::test]
async fn what_is_sealed_for_a_signed_in_caller_opens_in_a_public_action() {
    let site = edges();
    let life = Duration::from_mins(1);
    let price = site.client.seal(&7_u32, "buyOpen", &user("ada"), life).unwrap();
    let bought = site.send(call("buyOpen").json(&json!({"price": price}))).await;
    assert_eq!(bought.status.as_u16(), 200, "{}", bought.body);
    // What the handler sealed is for the same caller, and for nobody else.
    let again = json!({"price": bought.json()["data"]["name"]});
    assert_eq!(site.send(call("buyOpen").json(&again)).await.status.as_u16(), 200);
    for other in [call("buyOpen").by("bob"), call("buyOpen").without("cookie")] {
        assert_eq!(site.send(other.json(&again)).await.refusal().2, "replay.stale");
    }
}

#[tokio::test]
async fn an_address_that_is_no_text_is_recorded_too() {
    let site = edges();
    let answer = site.send(call("%ff")).await;
    assert_eq!(answer.refusal().0, 404);
    let answer = site.send(call("sign%55p")).await;
    assert_eq!(
        answer.refusal(),
        (404, "not_found".to_owned(), "action.unknown".to_owned())
    );
}

#[tokio::test]
async fn a_form_that_is_too_large_gets_a_page() {
    let site = edges();
    let answer = site.send(form(&format!("name={}", "x".repeat(300_000)))).await;
    assert_eq!(answer.status.as_u16(), 413);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
}
