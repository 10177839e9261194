//! What a client is not built with, and what is not mounted.

use std::sync::Arc;

use portcullis_actions::testing::{AuditLines, NamedSessions};
use portcullis_actions::{
    ActionClient, App, BuildError, Builder, Ctx, Memory, NoPermissions, NoRoles, Outcome, Public, actions,
};

struct Bare;

impl App for Bare {
    type State = ();
    type Role = NoRoles;
    type Permission = NoPermissions;
}

const SECRET: &str = "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u";

/// A client for production, but for what `without` leaves out.
fn builder(without: &str) -> Builder<Bare> {
    let mut builder = ActionClient::<Bare>::builder(());
    if without != "session" {
        builder = builder.session(Arc::new(NamedSessions::default()));
    }
    if without != "store" {
        // Opening a connection is left to the first call.
        builder = builder.store(Memory::redis("redis://127.0.0.1:1/"));
    }
    if without != "origins" {
        builder = builder.origins(["https://app.example.com"]);
    }
    if without != "secret" {
        builder = builder.secret("k1", SECRET);
    }
    if without != "audit" {
        builder = builder.audit(Box::new(AuditLines::default()));
    }
    builder
}

/// A client for production on this store.
pub(crate) fn with_store(memory: Memory) -> Result<ActionClient<impl App>, BuildError> {
    builder("store").store(memory).build()
}

fn error(builder: Builder<Bare>) -> String {
    builder
        .build()
        .map_or_else(|error| error.to_string(), |_| "built".to_owned())
}

#[tokio::test]
async fn a_client_is_built_from_all_its_parts() {
    assert_eq!(error(builder("")), "built");
    for (missing, help) in [
        ("session", ".session("),
        ("store", ".store("),
        ("origins", ".origins("),
        ("secret", "openssl rand"),
        ("audit", ".audit("),
    ] {
        let text = error(builder(missing));
        assert!(text.contains(help), "{missing}: {text}");
    }
}

#[tokio::test]
async fn what_is_only_fit_for_development_is_refused_in_production() {
    let plain = || builder("origins").origins(["http://localhost:3000"]);
    assert!(matches!(plain().build(), Err(BuildError::PlainOrigin(origin)) if origin == "http://localhost:3000"));
    let forgetful = || builder("store").store(Memory::process());
    assert!(matches!(forgetful().build(), Err(BuildError::ForgetfulStore)));
    assert_eq!(error(plain().development()), "built");
    assert_eq!(error(forgetful().development()), "built");
    // A weak secret is refused on every machine.
    let weak = builder("secret").secret("k1", "short").development().build();
    assert!(matches!(weak, Err(BuildError::WeakSecret { id, .. }) if id == "k1"));
}

#[tokio::test]
async fn broken_settings_are_named() {
    let broken = [
        builder("origins").origins(["https://app.example.com/"]),
        builder("").proxies(["10.0.0.0/99"]),
        builder("").rate_default("often"),
        builder("").address_rate("1/1x per ip"),
        builder("").sign_in_page("//evil.test"),
        builder("store").store(Memory::redis("http://nowhere")),
    ];
    for builder in broken {
        assert_ne!(error(builder), "built");
    }
}

async fn nothing(_ctx: Ctx<Bare, Public>) -> Outcome<()> {
    Ok(())
}

#[tokio::test]
async fn broken_actions_are_all_named_and_not_mounted() {
    let client = builder("").build().unwrap();
    let action = |name: &str, rate: &str| client.action(name).public("for this test").rate_limit(rate);
    assert!(
        client
            .mount(actions![action("a", "1/1m per ip").handler(nothing)])
            .is_ok()
    );
    let broken = client.mount(actions![
        action("twice", "1/1m per ip").handler(nothing),
        action("twice", "1/1m per ip").handler(nothing),
        action("a/b", "1/1m per ip").handler(nothing),
        action("rate", "often").handler(nothing),
        action("human", "1/1m per ip").captcha("x").handler(nothing),
        action("page", "1/1m per ip")
            .handler(nothing)
            .form_page("https://evil.test"),
        client
            .action("reason")
            .public(" ")
            .rate_limit("1/1m per ip")
            .handler(nothing),
    ]);
    let text = broken.map_or_else(|broken| broken.to_string(), |_| String::new());
    for part in [
        "`twice` is the name of several actions",
        "`a/b` is no name",
        "`rate`: a rate is written",
        "`human`: it asks for a proof of a human",
        "`page`: `https://evil.test` is no path",
        "`reason`: an action that everybody may call says why",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
