//! What users do without scripts: pages, forms, redirects, errors and values that come back.

use super::browser::{ORIGIN, acme, call, encoded, get};

const ADA: &str = "ada@acme.test";

#[tokio::test]
async fn signing_in_by_forms() {
    let acme = acme().await;
    assert_eq!(acme.send(get("/")).await.header("location"), "/sign-in");
    let page = acme.send(get("/sign-in")).await;
    assert!(page.body.contains("action=\"/_actions/signIn\""));
    let asked = acme.send(call("signIn").form(&encoded([("email", ADA)]))).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/sign-in/code"));
    let wrong = acme
        .send(call("verifyCode").form(&encoded([("email", ADA), ("code", "abcdef")])))
        .await;
    assert_eq!(wrong.header("location"), "/sign-in/code");
    let flash = wrong.cookie("__Host-portcullis-flash").unwrap();
    let again = acme.send(get("/sign-in/code").cookie(&flash)).await;
    assert!(again.body.contains("data-code=\"wrong_code\""));
    assert!(again.body.contains("value=\"ada@acme.test\"") && !again.body.contains("abcdef"));
    let code = acme.code_for(ADA);
    let right = acme
        .send(call("verifyCode").form(&encoded([("email", ADA), ("code", &code)])))
        .await;
    assert_eq!(right.header("location"), "/");
    let session = right.cookie("__Host-acme").unwrap();
    let home = acme.send(get("/").cookie(&session)).await;
    assert!(home.body.contains("Plan") && !home.body.contains("Secret"));
}

#[tokio::test]
async fn a_document_from_its_form_to_its_comments() {
    let acme = acme().await;
    let ada = acme.sign_in(ADA).await;
    let page = acme.send(get("/documents/new").cookie(&ada)).await;
    let csrf = page.cookie("__Host-portcullis-csrf").unwrap();
    let cookies = format!("{ada}; {csrf}");
    let mut fields = page.hidden("createDocument");
    fields.insert("title".to_owned(), "Über & unter".to_owned());
    fields.insert("body".to_owned(), "x".to_owned());
    // A browser that sends no origin at all: the token stands in for it.
    let form = encoded(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let old = call("createDocument")
        .cookie(&cookies)
        .form(&form)
        .without("origin")
        .without("sec-fetch-site");
    let created = acme.send(old).await;
    let place = created.header("location").to_owned();
    assert!(created.status == 303 && place.starts_with("/documents/"));
    let document = acme.send(get(&place).cookie(&ada)).await;
    assert!(document.body.contains("<h1>Über &amp; unter</h1>"));
    // An edit that fails comes back to the same document, with what was typed.
    let mut fields = document.hidden("updateDocument");
    fields.insert("title".to_owned(), String::new());
    fields.insert("body".to_owned(), "typed".to_owned());
    let form = encoded(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let failed = acme.send(call("updateDocument").cookie(&ada).form(&form)).await;
    assert_eq!(failed.header("location"), place);
    let flash = failed.cookie("__Host-portcullis-flash").unwrap();
    let again = acme.send(get(&place).cookie(&format!("{ada}; {flash}"))).await;
    assert!(again.body.contains("data-code=\"too_short\"") && again.body.contains(">typed</textarea>"));
    let once = acme.send(get(&place).cookie(&format!("{ada}; {flash}"))).await;
    assert!(!once.body.contains("data-code"));
    let mut fields = document.hidden("addComment");
    fields.insert("body".to_owned(), "mine".to_owned());
    let form = encoded(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(
        acme.send(call("addComment").cookie(&ada).form(&form))
            .await
            .header("location"),
        place
    );
    assert!(
        acme.send(get(&place).cookie(&ada))
            .await
            .body
            .contains("<li>Ada: mine</li>")
    );
}

#[tokio::test]
async fn a_team_and_its_invoice_by_forms() {
    let acme = acme().await;
    let ada = acme.sign_in(ADA).await;
    let team = acme.send(get("/team").cookie(&ada)).await;
    let invite = |email: &str, nonce: &str| {
        let form = encoded([("email", email), ("name", "Kim"), ("portcullis_nonce", nonce)]);
        call("inviteMember").cookie(&ada).form(&form)
    };
    let nonce = team.hidden("inviteMember")["portcullis_nonce"].clone();
    let added = acme.send(invite("kim@acme.test", &nonce)).await;
    assert_eq!(added.header("location"), "/team");
    assert!(acme.send(get("/team").cookie(&ada)).await.body.contains("Kim, viewer"));
    let nonce = acme.send(get("/team").cookie(&ada)).await.hidden("inviteMember")["portcullis_nonce"].clone();
    let taken = acme.send(invite("bob@acme.test", &nonce)).await;
    let flash = taken.cookie("__Host-portcullis-flash").unwrap();
    let page = acme.send(get("/team").cookie(&format!("{ada}; {flash}"))).await;
    assert!(page.body.contains("data-code=\"taken\""));
    let fields = acme.send(get("/billing").cookie(&ada)).await.hidden("payInvoice");
    let form = encoded(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let pay = || call("payInvoice").cookie(&ada).form(&form);
    assert_eq!(acme.send(pay()).await.header("location"), "/billing");
    // The button was pressed twice: the second press gets the answer of the first.
    assert_eq!(acme.send(pay()).await.header("location"), "/billing");
    assert!(
        acme.send(get("/billing").cookie(&ada))
            .await
            .body
            .contains("129.00 EUR, paid")
    );
}

#[tokio::test]
async fn pages_have_strict_headers_and_only_their_own_style() {
    let acme = acme().await;
    let page = acme.send(get("/sign-in").with("origin", ORIGIN)).await;
    let policy = page.header("content-security-policy");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .unwrap();
    assert!(page.body.contains(&format!("<style nonce=\"{nonce}\">")));
    assert!(!page.body.contains("style=\"") && !page.body.contains("onclick"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    let other = acme.send(get("/sign-in")).await;
    assert_ne!(other.header("content-security-policy"), policy);
}
