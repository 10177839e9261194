//! The reader and writer beside React itself: wherever the reader accepts a body, React decodes it to the same value, and
//! so it does with the body that the writer makes of it.
//!
//! It needs `node` and `npm`, and the registry once; without them it says so and passes, or fails where
//! `PORTCULLIS_REQUIRE_NODE` is set. The packages have pinned hashes, lie in the target folder, and none of their install
//! scripts run.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

#[path = "../conformance/folder.rs"]
mod folder;
#[path = "../conformance/json.rs"]
mod json;
mod mutation;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_flight::rows::{Answer, NextMajor};
use portcullis_flight::{
    ActionId, Call, DecodeOptions, Dialect, Head, Identified, KnownIds, identify, read_fetch_multipart,
    read_fetch_text, read_form, tagged, write,
};
use serde_json::Value;

use mutation::Random;

const ID: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The versions that speak a dialect: those of npm, and the copies that Next.js brings along.
const VERSIONS: &[(Dialect, &[&str])] = &[
    (
        Dialect::R19c,
        &[
            "19.3.1",
            "next-16.4.6",
            "19.2.9",
            "next-15.5.29",
            "19.0.9",
            "next-16.4.6-experimental",
            "next-15.5.29-experimental",
        ],
    ),
    (Dialect::R19b, &["19.2.4"]),
    (Dialect::R19a, &["19.0.0", "19.2.0"]),
    (Dialect::R18a, &["next-14.2.33"]),
    (Dialect::R18, &["next-14.2.35", "next-14.2.35-experimental"]),
];
const GENERATED: u32 = 3000;
const MUTATED: usize = 20_000;

/// A body and its content type.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    form: bool,
    content_type: String,
    body: Vec<u8>,
}

#[test]
fn react_decodes_what_is_accepted_to_the_same_value() {
    let Some(react) = React::install() else { return };
    let mut samples = react.generate();
    let generated = samples.len();
    samples.extend(recorded());
    let mut random = Random::new(13);
    let originals = samples.len();
    for _ in 0..MUTATED {
        let sample = &samples[random.below(originals)];
        samples.push(mutation::mutate(sample, &mut random));
    }
    let mut cases = Vec::new();
    let mut accepted = [0; 2];
    for (number, sample) in samples.iter().enumerate() {
        for (dialect, versions) in VERSIONS {
            let Some(call) = decode(sample, *dialect) else { continue };
            let body = write(&call, Some(*dialect)).unwrap_or_else(|error| panic!("{error} for {}", show(sample)));
            let rewritten = Sample {
                form: sample.form,
                content_type: body.content_type,
                body: body.bytes,
            };
            let value = json::parse(&tagged::arguments(&call));
            cases.push((sample, (*dialect, value), rewritten, versions[number % versions.len()]));
            accepted[usize::from(number >= originals)] += 1;
        }
    }
    let jobs = cases
        .iter()
        .flat_map(|(sample, _, rewritten, version)| [(*sample, *version), (rewritten, *version)]);
    let answers = react.decode(jobs);
    assert_eq!(answers.len(), cases.len() * 2, "an answer is missing");
    let mut wrong = String::new();
    let mut count = 0;
    for ((sample, value, rewritten, version), answers) in cases.iter().zip(answers.chunks_exact(2)) {
        let (dialect, value) = value;
        let [original, again] = answers else { continue };
        let agrees = |answer: &Value| {
            let (mut value, mut answer) = (value.clone(), answer["value"].clone());
            if *dialect != Dialect::R19c {
                sort_entries(&mut value);
                sort_entries(&mut answer);
            }
            answer.is_array() && json::same(&value, &answer)
        };
        if !agrees(original) || !agrees(again) || original["shared"] != again["shared"] {
            count += 1;
            if count <= 8 {
                let (body, rewritten) = (show(sample), show(rewritten));
                writeln!(
                    wrong,
                    "React {version}\n  body      {body}\n  rewritten {rewritten}\n  read      {value}\n  React     {original}\n  rewritten {again}"
                ).expect("a string takes every text");
            }
        }
    }
    assert!(wrong.is_empty(), "{count} of {} differ\n{wrong}", cases.len());
    let [unchanged, mutated] = accepted;
    // Not an empty comparison: most of what React writes is read, and mutants get through.
    assert!(
        unchanged > generated && mutated > 1000,
        "{generated} generated, {unchanged} and {mutated} accepted"
    );
    said(&format!(
        "{} bodies compared with React: {unchanged} from clients, {mutated} mutated",
        cases.len()
    ));
}

/// Before 19.2.6, React hands out the entries of form data grouped by name, and those before a file after it.
fn sort_entries(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(sort_entries),
        Value::Object(object) => {
            let form_data = object.get("$type").is_some_and(|kind| kind == "formdata");
            if let Some(Value::Array(entries)) = object.get_mut("entries").filter(|_| form_data) {
                entries.sort_by_key(|entry| (entry[0].to_string(), entry[1].is_object()));
            }
            object.values_mut().for_each(sort_entries);
        }
        _ => {}
    }
}

fn show(sample: &Sample) -> String {
    String::from_utf8_lossy(&sample.body)
        .escape_debug()
        .take(1500)
        .collect()
}

/// Where React has to be there, as in CI, its absence is a failure.
#[expect(clippy::disallowed_methods, reason = "a test asks what its surroundings promise")]
fn skipped(reason: &str) -> Option<React> {
    let required = std::env::var_os("PORTCULLIS_REQUIRE_NODE").is_some();
    assert!(!required, "{reason}");
    said(&format!("SKIPPED: {reason}, so nothing was compared with React"));
    None
}

#[expect(clippy::print_stderr, reason = "a test that skips says why")]
fn said(text: &str) {
    eprintln!("{text}");
}

fn decode(sample: &Sample, dialect: Dialect) -> Option<Call> {
    let options = DecodeOptions {
        dialect: Some(dialect),
        ..DecodeOptions::all()
    };
    let head = Head {
        method: "POST",
        next_action: if sample.form { &[] } else { &[ID] },
        content_type: &[&sample.content_type],
        content_encoding: false,
    };
    let known = KnownIds::Any;
    match identify(&head, &known, &options).ok()? {
        Identified::FetchText(action) => read_fetch_text(action, &sample.body, &known, &options).ok(),
        Identified::FetchMultipart(action, boundary) => {
            read_fetch_multipart(action, boundary, &sample.body, &known, &options).ok()
        }
        Identified::Form(boundary) => read_form(boundary, &sample.body, &known, &options).ok(),
        Identified::NotAnAction(_) => None,
    }
}

/// The bodies of the recorded requests and of the vectors.
fn recorded() -> Vec<Sample> {
    let mut samples = Vec::new();
    for label in folder::folders(&folder::flight().join("captures")) {
        for case in folder::folders(&label) {
            let file = case.join("request.http");
            // Some cases are about what a client refuses to send.
            if !file.exists() {
                continue;
            }
            let request = folder::read(&file);
            let end = request
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
                .expect("a head");
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let header = |name: &str| {
                let line = head.lines().find(|line| line.to_lowercase().starts_with(name))?;
                Some(line.split_once(':')?.1.trim().to_owned())
            };
            let Some(content_type) = header("content-type") else {
                continue;
            };
            samples.push(Sample {
                form: header("next-action").is_none(),
                content_type,
                body: request[end + 4..].to_vec(),
            });
        }
    }
    let vectors = folder::read(&folder::flight().join("decode-vectors.json"));
    let vectors = json::parse(std::str::from_utf8(&vectors).expect("text"));
    for vector in vectors["vectors"].as_array().expect("vectors") {
        let text = |key: &str| vector[key].as_str().map(str::to_owned);
        let body = text("body").map(String::into_bytes);
        let body = body
            .or_else(|| STANDARD.decode(text("body_base64")?).ok())
            .expect("a body");
        let content_type = text("content_type").expect("a content type");
        samples.push(Sample {
            form: vector["api"] == "decodeAction",
            content_type,
            body,
        });
    }
    samples
}

/// React, installed.
struct React {
    folder: PathBuf,
}

impl React {
    fn install() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/react/node");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("react");
        let found = |program: &str| {
            Command::new(program)
                .arg("--version")
                .output()
                .is_ok_and(|output| output.status.success())
        };
        if !found("node") || !found("npm") {
            return skipped("there is no `node` or no `npm`");
        }
        std::fs::create_dir_all(&folder).expect("a folder");
        // One test at a time, in whatever process: the others find it installed.
        let lock = std::fs::File::create(folder.join("lock")).expect("a file");
        lock.lock().expect("a lock");
        let mark = folder.join("installed");
        let wanted = ["package.json", "package-lock.json"]
            .map(|file| folder::read(&source.join(file)))
            .concat();
        for file in [
            "package.json",
            "package-lock.json",
            "next.mjs",
            "react.mjs",
            "generate.mjs",
            "decode.mjs",
            "answers.mjs",
        ] {
            std::fs::copy(source.join(file), folder.join(file)).expect("a copy");
        }
        if !mark.exists() || folder::read(&mark) != wanted {
            let npm = [
                "ci",
                "--legacy-peer-deps",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ];
            for (program, arguments) in [("npm", &npm[..]), ("node", &["next.mjs"])] {
                let output = Command::new(program)
                    .args(arguments)
                    .current_dir(&folder)
                    .output()
                    .expect(program);
                if !output.status.success() {
                    let text = String::from_utf8_lossy(&output.stderr);
                    let reason = text.lines().take(3).collect::<Vec<_>>().join(" ");
                    return skipped(&format!("`{program}` could not fetch React: {reason}"));
                }
            }
            std::fs::write(mark, wanted).expect("a mark");
        }
        Some(Self { folder })
    }

    fn generate(&self) -> Vec<Sample> {
        let output = Command::new("node")
            .args(["generate.mjs", &GENERATED.to_string(), "13"])
            .current_dir(&self.folder)
            .stderr(Stdio::inherit())
            .output()
            .expect("node");
        assert!(output.status.success(), "the generator failed");
        let lines = String::from_utf8(output.stdout).expect("text");
        let sample = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let content_type = line["type"].as_str().expect("a type").to_owned();
            Sample {
                form: false,
                content_type,
                body: STANDARD.decode(line["body"].as_str().expect("a body")).expect("base64"),
            }
        };
        lines.lines().filter(|line| !line.is_empty()).map(sample).collect()
    }

    fn decode<'a>(&self, jobs: impl Iterator<Item = (&'a Sample, &'a str)>) -> Vec<Value> {
        let jobs = jobs.map(|(Sample { form, content_type, body }, version)| {
            serde_json::json!({"version": version, "form": form, "type": content_type, "body": STANDARD.encode(body)})
        });
        self.run(&["--conditions=react-server", "decode.mjs"], jobs)
    }

    /// One line of JSON for each job.
    fn run(&self, arguments: &[&str], jobs: impl Iterator<Item = Value>) -> Vec<Value> {
        let jobs: Vec<_> = jobs.map(|job| job.to_string()).collect();
        let mut node = Command::new("node")
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node");
        let mut input = node.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || drop(input.write_all(format!("{}\n", jobs.join("\n")).as_bytes())));
        let output = node.wait_with_output().expect("an output");
        writer.join().expect("the jobs were written");
        let lines = String::from_utf8(output.stdout).expect("text");
        lines.lines().map(json::parse).collect()
    }
}

/// What is answered in the place of the application: the client of each version takes it for the result of its call.
#[test]
fn react_understands_our_answers() {
    let Some(react) = React::install() else { return };
    let clients = [
        (NextMajor::Fourteen, "next-14.2.33"),
        (NextMajor::Fourteen, "next-14.2.35"),
        (NextMajor::Fifteen, "next-15.5.29"),
        (NextMajor::Sixteen, "next-16.4.6"),
    ];
    let value = "{\n \"error\": {\"fields\": [\"a\\u2028b\", 1.5, null]}}";
    let answers = [
        Answer::Error { digest: "rate.user" },
        Answer::Error { digest: "a\n2:E{}\"" },
        Answer::Value { json: value },
        Answer::Value { json: "null" },
    ];
    let understood = [
        serde_json::json!({"digest": "rate.user"}),
        serde_json::json!({"digest": "a\n2:E{}\""}),
        serde_json::json!({"value": serde_json::from_str::<Value>(value).expect("JSON")}),
        serde_json::json!({"value": null}),
    ];
    let mut jobs = Vec::new();
    for (major, version) in clients {
        for answer in answers {
            let body = answer.body(major, "build\n\"");
            jobs.push(serde_json::json!({"version": version, "body": STANDARD.encode(body)}));
        }
    }
    let results = react.run(&["answers.mjs"], jobs.into_iter());
    assert_eq!(results.len(), clients.len() * answers.len(), "an answer is missing");
    for (number, mut result) in results.into_iter().enumerate() {
        let (_, version) = clients[number / answers.len()];
        drop(result.as_object_mut().expect("an object").remove("message"));
        assert_eq!(result, understood[number % answers.len()], "{version}");
    }
}

#[test]
fn the_action_id_of_the_samples_is_one() {
    assert!(ActionId::new(ID).is_some());
}
