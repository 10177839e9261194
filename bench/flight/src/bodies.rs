//! Bodies that are hostile to a reader, of any size.

use portcullis_flight::DecodeOptions;

/// Each kind, with about so many bytes.
pub const BODIES: [(&str, fn(usize) -> String); 6] = [
    ("references", references),
    ("escapes", |size| format!("[\"{}\"]", "\\ud83d\\ude00".repeat(size / 12))),
    ("objects", |size| format!("[[{}]]", vec!["{\"a\":1}"; size / 8].join(","))),
    ("arrays", |size| format!("[[{}]]", vec!["[]"; size / 3].join(","))),
    ("long key", |size| format!("[{{\"{}\":[{}]}}]", "k".repeat(size / 2), vec!["\"$T\""; size / 10].join(","))),
    ("unfinished", |size| "[\"".to_owned() + &"x".repeat(size)),
];

/// To the last of many keys.
fn references(size: usize) -> String {
    let keys: Vec<_> = (0..999).map(|key| format!("\"k{key}\":0")).collect();
    let references = vec!["\"$0:0:k998\""; size.min(90_000) / 13];
    format!("[{{{}}},{}]", keys.join(","), references.join(","))
}

/// Budgets that leave the work to be done.
pub fn options() -> DecodeOptions {
    let mut options = DecodeOptions::all();
    options.budgets.array = 1 << 20;
    options.budgets.nodes = 1 << 20;
    options.budgets.arguments = 1 << 20;
    options.budgets.bytes = 2 << 20;
    options
}
