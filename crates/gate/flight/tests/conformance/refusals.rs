//! One body a cause: what is refused by default, what when every kind is allowed, and that nearly the same is read.

use std::fmt::Write as _;

use portcullis_flight::{
    ActionId, Call, Code, DecodeOptions, Dialect, KnownIds, Promises, Refusal, form_action, read_fetch_multipart,
    read_fetch_text, read_form, tagged, write,
};

const ID: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn text(body: &str, options: &DecodeOptions) -> Result<Call, Refusal> {
    read_fetch_text(
        ActionId::new(ID).expect("an id"),
        body.as_bytes(),
        &KnownIds::Any,
        options,
    )
}

/// A part is `name=content`; a file `name@content`.
fn parts(parts: &[&str], options: &DecodeOptions) -> Result<Call, Refusal> {
    read_fetch_multipart(
        ActionId::new(ID).expect("an id"),
        "0b0",
        body(parts).as_bytes(),
        &KnownIds::Any,
        options,
    )
}

fn form(parts: &[&str]) -> Result<Call, Refusal> {
    read_form("0b0", body(parts).as_bytes(), &KnownIds::Any, &DecodeOptions::all())
}

fn body(parts: &[&str]) -> String {
    let mut body = String::new();
    for part in parts {
        let position = part.find(['=', '@']).expect("a separator");
        let (name, content) = (&part[..position], &part[position + 1..]);
        let file = "; filename=\"blob\"\r\nContent-Type: application/octet-stream";
        let file = if part[position..].starts_with('@') { file } else { "" };
        write!(
            body,
            "--0b0\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        )
        .expect("text");
    }
    body + "--0b0--\r\n"
}

fn refused(call: Result<Call, Refusal>, code: Code, about: &str) {
    match call {
        Ok(call) => panic!("{about}: accepted as {}", tagged::arguments(&call)),
        Err(refusal) => assert_eq!(refusal.code, code, "{about}"),
    }
}

fn accepted(call: Result<Call, Refusal>, arguments: &str) {
    let call = call.unwrap_or_else(|refusal| panic!("{arguments}: {refusal:?}"));
    assert_eq!(tagged::arguments(&call), arguments);
}

#[test]
fn kinds_are_refused_by_default() {
    let default = DecodeOptions::default();
    for (all, code) in [
        (&["1=[]", "0=[\"$Q1\"]"][..], Code::KindMap),
        (&["1=[]", "0=[\"$W1\"]"], Code::KindSet),
        (&["1=[]", "0=[\"$i1\"]"], Code::KindIterator),
        (&["1@x", "0=[\"$B1\"]"], Code::KindBlob),
        (&["1@x", "0=[\"$o1\"]"], Code::KindBytes),
        (&["0=[\"$@1\"]", "1=\"v\""], Code::KindPromise),
        (&["0=[\"$R1\"]", "S1=C"], Code::KindStream),
        (&["0=[\"$x1\"]", "S1=C"], Code::KindStream),
        (
            &[
                "1={\"id\":\"40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"bound\":null}",
                "0=[\"$h1\"]",
            ],
            Code::KindServerReference,
        ),
        (&["0=[\"$T\"]"], Code::KindTemporaryReference),
        (&["0=[{\"a\":\"$0:0\"}]"], Code::ReferenceCycle),
        (&["0=[{\"then\":1}]"], Code::KeyReserved),
        (&["0=[{\"constructor\":1}]"], Code::KeyReserved),
        (&["0=[\"\\ud800\"]"], Code::JsonSurrogate),
    ] {
        refused(parts(all, &default), code, all[all.len() - 1]);
        parts(all, &DecodeOptions::all()).unwrap_or_else(|refusal| panic!("{all:?}: {refusal:?}"));
    }
}

#[test]
fn closures_are_promises_that_pass_by_default() {
    let closure = format!("1=\"{}\"", "Ab+/".repeat(16));
    let argument = format!("[{{\"$type\":\"promise\",\"value\":\"{}\"}},1]", "Ab+/".repeat(16));
    let default = DecodeOptions::default();
    accepted(parts(&[&closure, "0=[\"$@1\",1]"], &default), &argument);
    refused(
        parts(&[&closure, "0=[1,\"$@1\"]"], &default),
        Code::KindPromise,
        "not the first",
    );
    refused(
        parts(&[&closure, "0=[\"$@1\",\"$@1\"]"], &default),
        Code::KindPromise,
        "twice",
    );
    refused(
        parts(&["1=\"c2hvcnQ=\"", "0=[\"$@1\"]"], &default),
        Code::KindPromise,
        "too short",
    );
    let strict = DecodeOptions {
        promises: Promises::Refuse,
        ..default
    };
    refused(
        parts(&[&closure, "0=[\"$@1\",1]"], &strict),
        Code::KindPromise,
        "switched off",
    );
}

#[test]
fn references_lead_to_own_values_that_came_before() {
    let all = DecodeOptions::all();
    accepted(
        text("[{\"a\":{\"k\":1},\"b\":\"$0:0:a\"}]", &DecodeOptions::default()),
        "[{\"a\":{\"k\":1},\"b\":{\"k\":1}}]",
    );
    accepted(text("[[[1],\"$0:0:0\"],\"$0:0:1\"]", &all), "[[[1],[1]],[1]]");
    accepted(
        parts(
            &[
                "1=[[\"k\",{\"v\":[]}]]",
                "2=[[\"j\",\"$1:0:1:v\"]]",
                "0=[\"$Q1\",\"$Q2\"]",
            ],
            &all,
        ),
        "[{\"$type\":\"map\",\"entries\":[[\"k\",{\"v\":[]}]]},{\"$type\":\"map\",\"entries\":[[\"j\",[]]]}]",
    );
    for name in [
        "__proto__",
        "prototype",
        "constructor",
        "then",
        "toString",
        "valueOf",
        "hasOwnProperty",
    ] {
        for body in [
            format!("[{{\"a\":[]}},\"$0:0:{name}\"]"),
            format!("[{{\"a\":[]}},\"$0:0:a:{name}\"]"),
            format!("[{{\"a\":[]}},\"$0:0:{name}:a\"]"),
            format!("[{{\"a\":[]}},\"$0:{name}\"]"),
        ] {
            refused(text(&body, &all), Code::ReferencePrototype, &body);
        }
    }
    for (body, code) in [
        ("[\"$0:1\",[]]", Code::ReferenceMissing),
        ("[[1],\"$0:0:length\"]", Code::ReferenceMissing),
        ("[[1],\"$0:0:00\"]", Code::ReferenceMissing),
        ("[[1],\"$0:0:1\"]", Code::ReferenceMissing),
        ("[{\"a\":\"$undefined\"},\"$0:0:a\"]", Code::ReferenceMissing),
        ("[{\"a\":\"$undefined\",\"b\":\"$0:0:a\"}]", Code::ReferenceMissing),
        ("[\"$D1970-01-01T00:00:00.000Z\",\"$0:0:a\"]", Code::ReferenceThrough),
        ("[1,\"$0:0:a\"]", Code::ReferenceThrough),
        ("[\"$1:\"]", Code::ReferenceUndefined),
        ("[\"$0\"]", Code::ReferenceCycle),
        ("[\"$@0\"]", Code::ReferenceCycle),
        ("[{},\"$0:0:a:b:c:d:e:f:g:h:i:j:k:l:m:n:o:p\"]", Code::BudgetPath),
    ] {
        refused(text(body, &all), code, body);
    }
    for (body, code) in [
        (&["1=[[1,2]]", "0=[\"$Q1\",\"$1\"]"][..], Code::ReferenceContainer),
        (&["1=[[1,2]]", "0=[\"$Q1\",\"$1:0\"]"], Code::ReferenceContainer),
        (&["1=[1]", "0=[\"$1\",\"$W1\"]"], Code::ReferenceContainer),
        (&["1=[1]", "0=[\"$W1\",\"$0:0:0\"]"], Code::ReferenceThrough),
        (&["1=[1]", "0=[\"$W1\",\"$@1\"]"], Code::PartReused),
        (&["1@x", "0=[\"$1\"]"], Code::PartType),
        (&["0=[\"$1\"]", "1=[]"], Code::ReferenceForward),
        (&["0=[\"$o1\"]", "1@x"], Code::ReferenceForward),
        (&["1=[\"$1\"]", "0=[\"$1\"]"], Code::ReferenceCycle),
        (&["0=[\"$@1\"]", "1={\"a\":\"$@1\"}"], Code::ReferenceCycle),
        (&["0=[\"$@1\",\"$0:0\"]", "1=1"], Code::ReferenceContainer),
        (&["0=[{\"a\":\"$@1\"}]", "1=\"$0:0\""], Code::ReferenceCycle),
        (&["0=[\"$R1\",\"$1\"]", "S1=C"], Code::ReferenceStream),
        (&["1=1", "0=[\"$@1\",{\"then\":\"$@1\"}]"], Code::KeyThen),
    ] {
        refused(parts(body, &all), code, body[body.len() - 1]);
    }
}

#[test]
fn imitations_of_the_reader_are_refused() {
    let all = DecodeOptions::all();
    for body in [
        "[{\"_response\":{},\"_prefix\":\"\"}]",
        "[{\"status\":\"resolved_model\",\"reason\":-1,\"then\":\"x\"}]",
        "[{\"_chunks\":1,\"a\":2,\"\\u005fformData\":3}]",
    ] {
        refused(text(body, &all), Code::KeyImitation, body);
    }
    refused(text("[{\"__proto__\":1}]", &all), Code::KeyPrototype, "plain");
    refused(text("[{\"\\u005f_proto__\":1}]", &all), Code::KeyPrototype, "escaped");
    accepted(
        text("[{\"status\":1,\"reason\":2,\"_prefix\":3}]", &all),
        "[{\"status\":1,\"reason\":2,\"_prefix\":3}]",
    );
}

#[test]
fn budgets_hold_at_their_edges() {
    let default = DecodeOptions::default();
    let list = |count: usize, item: &str| format!("[[{}]]", vec![item; count].join(","));
    let keys = |count: usize| {
        format!(
            "[{{{}}}]",
            (0..count)
                .map(|key| format!("\"{key}\":0"))
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (fits, exceeds, code) in [
        (nested(32), nested(33), Code::BudgetDepth),
        (list(10_000, "0"), list(10_001, "0"), Code::BudgetArray),
        (keys(1000), keys(1001), Code::BudgetKeys),
        (
            format!("[{}]", vec!["1"; 16].join(",")),
            format!("[{}]", vec!["1"; 17].join(",")),
            Code::BudgetArguments,
        ),
        (
            format!("[\"$n{}\"]", "9".repeat(300)),
            format!("[\"$n{}\"]", "9".repeat(301)),
            Code::BudgetBigInt,
        ),
        (
            format!("[\"{}\"]", "x".repeat((1 << 20) - 4)),
            format!("[\"{}\"]", "x".repeat((1 << 20) - 3)),
            Code::BudgetBytes,
        ),
    ] {
        text(&fits, &default).unwrap_or_else(|refusal| panic!("{code}: {refusal:?}"));
        refused(text(&exceeds, &default), code, code.as_str());
    }
    let many = format!(
        "[{}]",
        vec![vec!["0"; 9000].join(","); 12]
            .iter()
            .map(|row| format!("[{row}]"))
            .collect::<Vec<_>>()
            .join(",")
    );
    refused(text(&many, &default), Code::BudgetNodes, "nodes");
    let expanded = format!("[{{\"a\":\"{}\"}},{}]", "x".repeat(1000), list(5000, "\"$0:0\""));
    refused(text(&expanded, &default), Code::BudgetExpansion, "expansion");
    let below = format!("[{{\"a\":{}}},\"$0:0\"]", nested(30));
    text(&below, &default).expect("a reference at the same depth");
    let deeper = format!("[{},[[\"$0:0\"]]]", nested(30));
    refused(text(&deeper, &default), Code::BudgetDepth, "depth through references");
    let chunks = vec!["_1_a=x"; 1000];
    refused(parts(&chunks, &default), Code::RootMissing, "parts at the limit");
    refused(parts(&vec!["_1_a=x"; 1001], &default), Code::BudgetParts, "parts");
}

#[test]
fn duplicate_keys_are_found_in_objects_of_every_size() {
    for count in [1, 15, 16, 17, 18, 100, 999] {
        for twin in [0, count / 2, count - 1] {
            let keys = (0..count)
                .chain([twin])
                .map(|key| format!("\"k{}\":0", key * 7919 % 1000));
            let body = format!("[{{{}}}]", keys.collect::<Vec<_>>().join(","));
            refused(
                text(&body, &DecodeOptions::default()),
                Code::JsonDuplicateKey,
                &format!("{twin} of {count}"),
            );
        }
    }
    let many = (0..500)
        .map(|key| format!("\"k{}\":[{key}]", key * 7919 % 1000))
        .collect::<Vec<_>>()
        .join(",");
    let body = format!(
        "[{{{many},\"inner\":[\"$0:0:k{}\"]}},\"$0:0:k{}\"]",
        123 * 7919 % 1000,
        77 * 7919 % 1000
    );
    let call = text(&body, &DecodeOptions::default()).expect("an object with an index");
    assert!(tagged::arguments(&call).ends_with("\"inner\":[[123]]},[77]]"));
}

#[test]
fn dialects_are_not_mixed() {
    let all = DecodeOptions::all();
    let reference = "1={\"id\":\"40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"bound\":null}";
    refused(
        parts(&["_1_a=x", "2_b=y", "0=[\"$K1\",\"$K2\"]"], &all),
        Code::DialectMixed,
        "names",
    );
    refused(
        parts(&[reference, "_2_b=y", "0=[\"$F1\",\"$K2\"]"], &all),
        Code::DialectMixed,
        "function and name",
    );
    refused(
        parts(&[reference, "0=[\"$F1\",\"$h1\"]"], &all),
        Code::DialectMixed,
        "functions",
    );
    parts(&[reference, "2_b=y", "0=[\"$F1\",\"$K2\"]"], &all).expect("one dialect");
}

/// Next.js 14.2.34 took over a change of React 19.2.3, in a patch of React 18.
#[test]
fn next_14_writes_functions_in_two_ways() {
    let read = |parts: &[&str], dialect| {
        let id = ActionId::new(&"a".repeat(40)).expect("an id");
        let options = DecodeOptions {
            dialect,
            ..DecodeOptions::all()
        };
        read_fetch_multipart(id, "0b0", body(parts).as_bytes(), &KnownIds::Any, &options)
    };
    let reference = format!("1={{\"id\":\"{ID}\",\"bound\":null}}");
    for (token, dialect, other) in [("F", Dialect::R18a, Dialect::R18), ("h", Dialect::R18, Dialect::R18a)] {
        let parts = [reference.as_str(), &format!("0=[\"${token}1\"]")];
        let call = read(&parts, None).expect("a call");
        let written = write(&call, None).expect("a body");
        let written = String::from_utf8(written.bytes).expect("text");
        assert!(written.contains(&format!("[\"${token}1\"]")), "{written}");
        read(&parts, Some(dialect)).expect("its own");
        refused(read(&parts, Some(other)), Code::DialectForeign, token);
    }
    let both = [reference.as_str(), "0=[\"$F1\",\"$h1\"]"];
    refused(read(&both, None), Code::DialectMixed, "both");
}

/// Below a key of 20,000 bytes stand values to which a few bytes refer.
#[test]
fn short_references_do_not_become_long_ones() {
    let key = "k".repeat(20_000);
    let values = vec!["{}"; 500].join(",");
    let references: Vec<_> = (0..500).map(|position| format!("\"$1:{position}\"")).collect();
    let root = format!("0=[{{\"{key}\":\"$1\"}},{}]", references.join(","));
    let call = parts(&[&format!("1=[{values}]"), &root], &DecodeOptions::all()).expect("a call");
    let written = write(&call, None).expect("a body");
    let parts_of_their_own = 100 * 500;
    assert!(
        written.bytes.len() < 2 * key.len() + parts_of_their_own,
        "{}",
        written.bytes.len()
    );
}

/// Each array holds the next one and all around it: whoever follows the cycles from inside finds thousands of ways.
#[test]
fn cycles_count_on_every_way() {
    let path = |depth: usize| format!("\"$0{}\"", ":0".repeat(depth + 1));
    let body = |deepest: usize| {
        let nested = (0..deepest).rev().fold("1".to_owned(), |inner, depth| {
            let around: Vec<_> = (0..=depth).map(path).collect();
            format!("[{inner},{}]", around.join(","))
        });
        format!("[{nested},{}]", path(deepest - 1))
    };
    let options = DecodeOptions::all();
    let mut wide = options.clone();
    wide.budgets.expansion = 1 << 30;
    refused(text(&body(15), &wide), Code::BudgetNodes, "cycles");
    let call = text(&body(4), &options).expect("few cycles");
    assert!(tagged::arguments(&call).len() < 10_000);
    // Around a value with a long name, short references would print it again and again.
    let key = "k".repeat(100_000);
    let around = vec!["\"$1:0\""; 1000].join(",");
    let root = format!("0=[{{\"{key}\":\"$1\"}}]");
    refused(
        parts(&[&format!("1=[[{around}]]"), &root], &options),
        Code::BudgetExpansion,
        "names",
    );
}

#[test]
fn a_form_names_one_action() {
    let id = format!("$ACTION_ID_{ID}=");
    let description = format!("$ACTION_1:0={{\"id\":\"{ID}\",\"bound\":\"$@1\"}}");
    accepted(
        form(&["$ACTION_REF_1=", &description, "$ACTION_1:1=[1]", "a%22b=x"]),
        "[1,{\"$type\":\"formdata\",\"entries\":[[\"a\\\"b\",\"x\"]]}]",
    );
    accepted(
        form(&[&id, "$ACTION_9:0={\"id\":\"\"}", "$ACTION_9:1=[]", "a=b"]),
        "[{\"$type\":\"formdata\",\"entries\":[[\"a\",\"b\"]]}]",
    );
    let file = id.replace('=', "@");
    let twice: Vec<_> = vec![id.as_str(); 3];
    let many: Vec<_> = (0..40).map(|number| format!("$ACTION_{number}:1=[]")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for (fields, code) in [
        (&["a=b"][..], Code::FormUnaddressed),
        (&[&file], Code::FormSelector),
        (&["$ACTION_REF_01="], Code::FormSelector),
        (&twice, Code::FormSelectors),
        (&many, Code::FormSelectors),
        (
            &["$ACTION_REF_1=", "$ACTION_REF_2=", "$ACTION_REF_3="],
            Code::FormSelectors,
        ),
        (&["$ACTION_REF_1=", &description], Code::PromiseMissing),
        (&["$ACTION_REF_1=", "$ACTION_1:1=[]"], Code::FormDescriptor),
        (
            &["$ACTION_REF_1=", &description, "$ACTION_1:1={}"],
            Code::FormDescriptor,
        ),
        (
            &["$ACTION_REF_1=", &description, "$ACTION_1:1=[\"$0\"]"],
            Code::ReferenceContainer,
        ),
        (
            &[
                "$ACTION_REF_1=",
                &description,
                "$ACTION_1:1=[\"$2\"]",
                "$ACTION_1:2=[\"$1\"]",
            ],
            Code::ReferenceCycle,
        ),
        (
            &["$ACTION_REF_1=", &description, "$ACTION_1:1=[]", "$ACTION_1:2=[]"],
            Code::PartUnused,
        ),
        (
            &["$ACTION_REF_1=", &description, "$ACTION_1:1=[\"$B2\"]", "$ACTION_1:2@x"],
            Code::PartType,
        ),
        (
            &["$ACTION_REF_1=", &description, "$ACTION_1:1=[\"$K2\"]"],
            Code::FormKind,
        ),
        (&[&id, "$ACTION_KEY=x"], Code::FormKey),
        (&[&id, "$ACTION_KEY=k1", "$ACTION_KEY=k1"], Code::FormKey),
    ] {
        refused(form(fields), code, fields[fields.len() - 1]);
    }
}

/// The reader of forms in Node drops the mark: what seems to be a field of the user would be the action that runs.
#[test]
fn no_name_begins_with_a_byte_order_mark() {
    let id = format!("$ACTION_ID_{ID}=");
    for fields in [
        &[
            id.as_str(),
            "\u{feff}$ACTION_ID_60bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=",
        ][..],
        &[&id, "\u{feff}$ACTION_REF_1="],
        &[&id, "\u{feff}a=x"],
        &[&id, "a=\u{feff}x"],
        &[&id, "\u{feff}=x"],
    ] {
        refused(form(fields), Code::MultipartByteOrderMark, fields[1]);
    }
    let hidden = body(&["\u{feff}$ACTION_ID_60bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=", "a=x"]);
    let found = form_action("0b0", hidden.as_bytes(), &KnownIds::Any, &DecodeOptions::default());
    assert_eq!(found.map_err(|refusal| refusal.code), Err(Code::MultipartByteOrderMark));
    form(&[&id, "a\u{feff}=x\u{feff}"]).expect("elsewhere it is a character");
    let all = DecodeOptions::all();
    refused(
        parts(&["_1_a=\u{feff}", "0=[\"$K1\"]"], &all),
        Code::MultipartByteOrderMark,
        "form data",
    );
}

/// Next.js keeps what is behind the last slash, and takes a file without a name for a field.
#[test]
fn files_have_the_name_that_the_application_sees() {
    let read = |name: &str, mime: &str| {
        let head =
            format!("Content-Disposition: form-data; name=\"_1_f\"; filename=\"{name}\"\r\nContent-Type: {mime}");
        let body = format!("--0b0\r\n{head}\r\n\r\nx\r\n{}", body(&["0=[\"$K1\"]"]));
        let id = ActionId::new(ID).expect("an id");
        read_fetch_multipart(id, "0b0", body.as_bytes(), &KnownIds::Any, &DecodeOptions::default())
    };
    for (name, mime, seen) in [
        ("a.txt", "text/plain", "a.txt"),
        ("folder/in/a.txt", "text/plain", "a.txt"),
        ("", "application/octet-stream", "undefined"),
    ] {
        let call = read(name, mime).expect(name);
        let shown = tagged::arguments(&call);
        assert!(shown.contains(&format!("\"name\":\"{seen}\"")), "{name}: {shown}");
    }
    for name in ["", ".", "..", "/", "a/", "a/..", "a/."] {
        refused(read(name, "text/plain"), Code::MultipartFileName, name);
    }
}

#[test]
fn a_refusal_says_where() {
    let refusal = text("[1,{\"a\":\"$Y\"}]", &DecodeOptions::default()).expect_err("a token");
    assert_eq!((refusal.part.as_deref(), refusal.offset), (Some("0"), 8));
    let refusal = parts(&["0=[]", "9=[]"], &DecodeOptions::default()).expect_err("a part");
    assert_eq!((refusal.code, refusal.part.as_deref()), (Code::PartUnused, Some("9")));
}
