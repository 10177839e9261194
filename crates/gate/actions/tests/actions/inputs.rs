//! What inputs refuse, and how errors name it.

use serde_json::{Value, json};

use super::site::{call, note, site};

/// The codes by pointer.
fn fields(body: &Value) -> Vec<(String, String)> {
    let fields = body.pointer("/error/fields").and_then(Value::as_object).unwrap();
    let code = |list: &Value| list[0]["code"].as_str().unwrap_or_default().to_owned();
    fields
        .iter()
        .map(|(pointer, list)| (pointer.clone(), code(list)))
        .collect()
}

#[tokio::test]
async fn fields_are_named_by_pointer_and_code() {
    let site = site();
    let with = |key: &str, value: Value| {
        let mut note = note();
        note[key] = value;
        note
    };
    for (input, pointer, code) in [
        (json!({"tags": [], "pinned": false}), "/text", "required"),
        (with("text", json!("")), "/text", "too_short"),
        (with("text", json!("x".repeat(21))), "/text", "too_long"),
        (with("text", json!({"$ne": null})), "/text", "type"),
        (with("text", json!(["a"])), "/text", "type"),
        (with("stars", json!(6)), "/stars", "too_large"),
        (with("stars", json!(-1)), "/stars", "type"),
        (with("tags", json!(["a", "abcd"])), "/tags/1", "too_long"),
        (with("tags", json!(["a", 7])), "/tags/1", "type"),
        (with("place", json!({"country": "xyz"})), "/place/country", "too_long"),
        (with("place", json!({})), "/place/country", "required"),
    ] {
        let answer = site.send(call("write").json(&input)).await;
        assert_eq!(
            answer.refusal(),
            (422, "validation".to_owned(), "schema.invalid".to_owned()),
            "{input}"
        );
        assert_eq!(
            fields(&answer.json()),
            [(pointer.to_owned(), code.to_owned())],
            "{input}"
        );
    }
    assert_eq!(site.runs(), 0);
}

#[tokio::test]
async fn a_rule_tells_its_limit() {
    let site = site();
    let answer = site
        .send(call("write").json(&json!({"text": "", "tags": [], "pinned": true})))
        .await;
    let problem = answer.json()["error"]["fields"]["/text"][0].clone();
    let expected = json!({"code": "too_short", "message": "this is shorter than 1", "params": {"limit": 1}});
    assert_eq!(problem, expected);
}

#[tokio::test]
async fn all_broken_rules_are_told_at_once() {
    let site = site();
    let input = json!({"text": "", "stars": 9, "tags": ["long tag"], "pinned": true});
    let answer = site.send(call("write").json(&input)).await;
    let pointers: Vec<String> = fields(&answer.json()).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/stars", "/tags/0", "/text"]);
}

#[tokio::test]
async fn unknown_fields_are_refused_at_every_level_and_not_repeated() {
    let site = site();
    let mut outer = note();
    outer["role"] = json!("admin");
    let mut inner = note();
    inner["place"] = json!({"country": "de", "user_id": "bob"});
    for (input, name, place) in [
        (outer, "role", "/error/form/0"),
        (inner, "user_id", "/error/fields/~1place/0"),
    ] {
        let answer = site.send(call("write").json(&input)).await;
        assert_eq!(answer.refusal().2, "schema.invalid");
        assert_eq!(answer.json().pointer(place).unwrap()["code"], json!("unknown_field"));
        assert!(!answer.body.contains(name));
    }
}

#[tokio::test]
async fn who_may_not_call_does_not_learn_the_schema() {
    let site = site();
    let answer = site.send(call("transfer").json(&json!({"x": 1}))).await;
    assert_eq!(answer.refusal().2, "forbidden");
    assert!(answer.json()["error"].get("fields").is_none());
}

#[tokio::test]
async fn a_schema_says_what_the_rules_say() {
    let site = site();
    let schema = &site.table.find("write").unwrap().input;
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["text"]["minLength"], json!(1));
    assert_eq!(schema["properties"]["text"]["maxLength"], json!(20));
    assert_eq!(schema["properties"]["stars"]["maximum"], json!(5));
    assert_eq!(site.table.find("rename").unwrap().references, ["note"]);
    assert_eq!(site.table.find("write").unwrap().secrets, ["password"]);
}

#[test]
fn the_table_shows_who_may_call_what() {
    let table = portcullis_actions::testing::matrix::<super::site::Notes>(&site().table);
    let line = |name: &str| {
        table
            .lines()
            .find(|line| line.starts_with(&format!("{name} |")))
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        table.lines().next(),
        Some("action | stranger | viewer | editor | admin | also")
    );
    assert_eq!(
        line("rename"),
        "rename | no | yes | yes | yes | opens note, at most default"
    );
    assert_eq!(
        line("transfer"),
        "transfer | no | no | yes | yes | opens note, opens team, at most default"
    );
    assert_eq!(line("publish"), "publish | no | no | no | yes | at most default");
    let short = "retitle | no | yes | yes | yes | opens note, at most 9/1m per user, once";
    assert_eq!(line("retitle"), short);
    let short = "shortGreeting | yes | yes | yes | yes | at most 9/1m per ip, open because the page greets";
    assert_eq!(line("shortGreeting"), short);
    let greets = "whoami | yes | yes | yes | yes | at most 3/1m per ip, open because the page greets";
    assert_eq!(line("whoami"), greets);
}

#[test]
fn a_client_for_browsers_names_types_rules_and_codes() {
    let client = site().table.typescript().unwrap();
    for part in [
        "export type NoteDto = { \"id\": string; \"text\": string };",
        "\"text\": text(z.string(), 1, 20)",
        "\"stars\": z.union([z.int().gte(0).lte(5), z.null()]).optional()",
        "export const write = action<Write, NoteDto, \"too_many\" | \"wrong\">({",
        "\"secrets\":[\"password\"]",
        "export const deleteAction = action<",
        "action<Move, Array<NoteDto>, never>(",
    ] {
        assert!(client.actions.contains(part), "{part} in\n{}", client.actions);
    }
    assert_eq!(client, site().table.typescript().unwrap());
}

/// A known gap: serde stops at the first value of another shape.
#[tokio::test]
async fn of_wrong_types_the_first_is_told() {
    let site = site();
    let input = json!({"text": 1, "stars": "x", "tags": 1, "pinned": 1});
    let answer = site.send(call("write").json(&input)).await;
    assert_eq!(fields(&answer.json()).len(), 1);
}
