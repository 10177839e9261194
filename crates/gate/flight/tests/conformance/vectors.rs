//! `decode-vectors.json`: every vector is decided as its `expect` says.

use base64::Engine as _;
use portcullis_flight::{
    ActionId, Call, Code, DecodeOptions, Dialect, Head, Identified, KnownIds, Refusal, identify, read_fetch_multipart,
    read_fetch_text, read_form, tagged,
};
use serde_json::Value;

use crate::folder;
use crate::json::{parse, same};

/// One vector.
pub(crate) struct Vector {
    pub(crate) name: String,
    category: String,
    form: bool,
    dialect: Dialect,
    content_type: String,
    body: Vec<u8>,
    /// The value, if it is to be accepted.
    accept: Option<Value>,
}

pub(crate) struct Vectors {
    pub(crate) known: KnownIds,
    action: ActionId,
    pub(crate) all: Vec<Vector>,
}

impl Vectors {
    pub(crate) fn load() -> Self {
        let text = folder::read(&folder::flight().join("decode-vectors.json"));
        let file = parse(std::str::from_utf8(&text).expect("text"));
        let ids = file["server_manifest_ids"].as_object().expect("ids");
        let ids: Vec<_> = ids
            .values()
            .map(|id| ActionId::new(id.as_str().expect("text")).expect("an id"))
            .collect();
        let all = file["vectors"]
            .as_array()
            .expect("vectors")
            .iter()
            .map(Vector::read)
            .collect();
        Self {
            action: ids[0].clone(),
            known: KnownIds::Listed(ids.into_iter().collect()),
            all,
        }
    }

    pub(crate) fn decode(
        &self,
        vector: &Vector,
        dialect: Option<Dialect>,
        options: DecodeOptions,
    ) -> Result<Call, Refusal> {
        let options = DecodeOptions { dialect, ..options };
        let action = [self.action.as_str()];
        let head = Head {
            method: "POST",
            next_action: if vector.form { &[] } else { &action },
            content_type: &[&vector.content_type],
            content_encoding: false,
        };
        match identify(&head, &self.known, &options)? {
            Identified::NotAnAction(reason) => panic!("{}: {reason}", vector.name),
            Identified::FetchText(action) => read_fetch_text(action, &vector.body, &self.known, &options),
            Identified::FetchMultipart(action, boundary) => {
                read_fetch_multipart(action, boundary, &vector.body, &self.known, &options)
            }
            Identified::Form(boundary) => read_form(boundary, &vector.body, &self.known, &options),
        }
    }
}

impl Vector {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
        let body = value["body_base64"]
            .as_str()
            .map_or_else(|| text("body").into_bytes(), base64);
        let expect = &value["expect"];
        let dialect = match value["dialect"].as_str() {
            Some("r19c") => Dialect::R19c,
            Some("r19b") => Dialect::R19b,
            Some("r19a") => Dialect::R19a,
            other => panic!("dialect {other:?}"),
        };
        Self {
            name: text("name"),
            category: text("category"),
            form: value["api"] == "decodeAction",
            dialect,
            content_type: text("content_type"),
            body,
            accept: (expect["decision"] == "accept").then(|| expect["value"].clone()),
        }
    }

    fn agrees(&self, call: &Call, value: &Value) -> bool {
        let arguments = parse(&tagged::arguments(call));
        let (id, expected) = if self.form {
            (value["id"].as_str(), &value["args"])
        } else {
            (None, value)
        };
        same(&arguments, expected) && id.is_none_or(|id| id == call.action().as_str())
    }
}

#[test]
fn every_vector_is_decided_as_expected() {
    let vectors = Vectors::load();
    let mut wrong = Vec::new();
    for vector in &vectors.all {
        let all = vectors.decode(vector, Some(vector.dialect), DecodeOptions::all());
        match (&vector.accept, all) {
            (Some(value), Ok(call)) if vector.agrees(&call, value) => {}
            (Some(value), Ok(call)) => wrong.push(format!("{}: {} for {value}", vector.name, tagged::arguments(&call))),
            (Some(_), Err(refusal)) => wrong.push(format!("{}: refused, {refusal:?}", vector.name)),
            (None, all) => {
                if vectors
                    .decode(vector, Some(vector.dialect), DecodeOptions::default())
                    .is_ok()
                {
                    wrong.push(format!("{}: accepted by default", vector.name));
                }
                // What React can send, and is only refused by default, may pass where everything is allowed.
                let by_default = vector.category == "encoded";
                if let (Ok(call), false) = (all, by_default) {
                    wrong.push(format!("{}: accepted as {}", vector.name, tagged::arguments(&call)));
                }
            }
        }
    }
    assert!(vectors.all.len() > 100, "the vectors are there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without a dialect the union is read; a body that one dialect would read is then read the same.
#[test]
fn without_a_dialect_every_accepted_vector_is_accepted() {
    let vectors = Vectors::load();
    for vector in &vectors.all {
        let Some(value) = &vector.accept else { continue };
        let call = vectors.decode(vector, None, DecodeOptions::all());
        let call = call.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", vector.name));
        assert!(
            vector.agrees(&call, value),
            "{}: {}",
            vector.name,
            tagged::arguments(&call)
        );
    }
}

/// Refusals that come for another reason than the one that the vector is about would hide a gap.
#[test]
fn causes_are_told_apart() {
    let vectors = Vectors::load();
    for (name, code) in [
        ("json_duplicate_keys_escaped", Code::JsonDuplicateKey),
        ("json_bom", Code::JsonByteOrderMark),
        ("json_number_overflow", Code::JsonNumberRange),
        ("json_depth_100000", Code::BudgetDepth),
        ("root_reference_array_self", Code::ReferenceCycle),
        ("ref_path_constructor", Code::ReferencePrototype),
        ("ref_path_into_string", Code::ReferenceThrough),
        ("ref_unknown", Code::ReferenceUndefined),
        ("parts_cycle_two", Code::ReferenceForward),
        ("parts_long_chain_50", Code::BudgetReferenceDepth),
        ("parts_amplification", Code::BudgetSlots),
        ("parts_amplification_billion_laughs", Code::BudgetReferenceDepth),
        ("parts_promise_cyclic", Code::ReferenceCycle),
        ("parts_promise_thenable", Code::ReferenceForward),
        ("parts_stream_not_closed", Code::StreamUnfinished),
        ("parts_stream_old_format", Code::DialectForeign),
        ("parts_formdata_hex_prefix", Code::PartName),
        ("parts_formdata_reversed_refs", Code::FormDataOrder),
        ("parts_formdata_same_twice", Code::PartReused),
        ("parts_server_ref_hash_name", Code::ServerReferenceId),
        ("parts_unreferenced_extra", Code::PartUnused),
        ("mpa_unknown_id", Code::IdUnknown),
        ("mpa_ref_descriptor_escape_confusion", Code::JsonDuplicateKey),
    ] {
        let Some(vector) = vectors.all.iter().find(|vector| vector.name == name) else {
            continue;
        };
        let refusal = vectors
            .decode(vector, Some(vector.dialect), DecodeOptions::all())
            .expect_err(name);
        assert_eq!(refusal.code, code, "{name}");
    }
}
