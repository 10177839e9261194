//! The answer to an action as rows, changed as they come by: errors keep their digest alone, the result keeps the fields
//! that may leave, and keys that look like secrets are reported or held back.
//!
//! A row of the result can come before what refers to it, so while the result is not complete, rows of which it is not
//! known whether they belong to it are held back, up to a limit. What follows the result, the page, is not held.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_flight::rows::{Event, RowReader, Tag};
use portcullis_policy::SecretsInResults;
use serde_json::Value;

use super::super::Unfiltered;
use super::super::secrets::{KeyScan, is_secret};
use super::{Allowed, Pruned, prune};

/// The longest row.
const LONGEST_ROW: usize = 64 << 20;
/// What may be held back.
const MOST_HELD: usize = 4 << 20;
/// The longest error that is looked into.
const LONGEST_ERROR: usize = 64 << 10;

/// What is to be done to an answer.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) output: Option<Allowed>,
    pub(crate) secrets: SecretsInResults,
    /// Names that the policy lets out, secret-looking or not.
    pub(crate) listed: BTreeSet<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Fields that were left out.
    pub(crate) dropped: usize,
    /// Keys that look like secrets.
    pub(crate) secrets: BTreeSet<&'static str>,
    /// A result was replaced because of them.
    pub(crate) is_blocked: bool,
}

#[derive(Debug)]
struct Row {
    id: Option<u32>,
    tag: Tag,
    length: Option<usize>,
    payload: Vec<u8>,
    is_kept: bool,
}

/// Changes rows as they come by.
#[derive(Debug)]
pub(crate) struct RowFilter {
    reader: RowReader,
    rules: Rules,
    /// The rule of the result, or nothing if rows only pass.
    result: Option<Allowed>,
    row: Option<Row>,
    scan: KeyScan,
    /// What may leave of the rows of the result.
    known: BTreeMap<u32, Allowed>,
    /// Those of them that have not come, or not ended.
    pending: BTreeSet<u32>,
    done: BTreeSet<u32>,
    /// Those that are streams: all rows of the stream have its id.
    streams: BTreeSet<u32>,
    held: Vec<Row>,
    held_bytes: usize,
    has_root: bool,
    output: Vec<u8>,
    failed: Option<Unfiltered>,
    pub(crate) findings: Findings,
}

impl RowFilter {
    pub(crate) fn new(rules: Rules) -> Self {
        let result = match (&rules.output, rules.secrets) {
            (Some(output), _) => Some(output.clone()),
            (None, SecretsInResults::Block) => Some(Allowed::Everything),
            (None, _) => None,
        };
        Self {
            reader: RowReader::new(LONGEST_ROW),
            rules,
            result,
            row: None,
            scan: KeyScan::default(),
            known: BTreeMap::new(),
            pending: BTreeSet::new(),
            done: BTreeSet::new(),
            streams: BTreeSet::new(),
            held: Vec::new(),
            held_bytes: 0,
            has_root: false,
            output: Vec::new(),
            failed: None,
            findings: Findings::default(),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Unfiltered> {
        let mut reader = self.reader.clone();
        let read = reader.push(bytes, |event| self.event(event));
        self.reader = reader;
        read.map_err(|_| Unfiltered("it does not consist of rows"))?;
        match self.failed {
            Some(failed) => Err(failed),
            None => Ok(std::mem::take(&mut self.output)),
        }
    }

    /// Whether rows of the result may still come.
    fn is_open(&self) -> bool {
        self.result.is_some() && (!self.has_root || !self.pending.is_empty())
    }

    fn event(&mut self, event: Event<'_>) {
        if self.failed.is_some() {
            return;
        }
        match event {
            Event::Start { id, tag, length } => self.start(id, tag, length),
            Event::Payload(bytes) => self.payload(bytes),
            Event::End => self.end(),
        }
    }

    fn start(&mut self, id: Option<u32>, tag: Tag, length: Option<usize>) {
        let is_root = id == Some(0) && !self.has_root;
        let belongs = matches!(tag, Tag::Json | Tag::Text | Tag::Bytes(_) | Tag::Line(_)) && self.is_open();
        let is_kept = tag == Tag::Error || is_root && self.result.is_some() || belongs;
        self.scan.restart();
        if !is_kept {
            head(&mut self.output, id, tag, length);
        }
        self.row = Some(Row {
            id,
            tag,
            length,
            payload: Vec::new(),
            is_kept,
        });
    }

    fn payload(&mut self, bytes: &[u8]) {
        let Some(row) = &mut self.row else { return };
        if !row.is_kept {
            self.output.extend_from_slice(bytes);
            if row.tag == Tag::Json && self.rules.secrets == SecretsInResults::Report {
                self.findings.secrets.extend(self.scan.push(bytes));
            }
            return;
        }
        if row.tag == Tag::Error && row.payload.len().saturating_add(bytes.len()) > LONGEST_ERROR {
            // The digest stands at the start; a text that long is no use to anybody.
            return;
        }
        row.payload.extend_from_slice(bytes);
        if self.held_bytes.saturating_add(row.payload.len()) > MOST_HELD {
            self.failed = Some(Unfiltered("the result is larger than what can be looked at"));
        }
    }

    fn end(&mut self) {
        let Some(row) = self.row.take() else { return };
        if !row.is_kept {
            if row.length.is_none() {
                self.output.push(b'\n');
            }
            return;
        }
        match (row.id, row.tag) {
            (id, Tag::Error) => {
                error(&mut self.output, id, &digest(&row.payload));
                if let Some(id) = id {
                    self.ends(id);
                }
            }
            (Some(0), Tag::Json) if !self.has_root => self.root(&row),
            _ => self.judge(row),
        }
    }

    /// Row 0 says which row the result is.
    fn root(&mut self, row: &Row) {
        self.has_root = true;
        let root: Option<Value> = serde_json::from_slice(&row.payload).ok();
        let named = root.as_ref().map(|root| root.get("a").or_else(|| root.get(0)));
        let is_none = match named {
            Some(None | Some(Value::Null)) => true,
            Some(Some(Value::String(text))) => text == "$undefined",
            _ => false,
        };
        let Some(rule) = self.result.clone().filter(|_| !is_none) else {
            // Nothing is to be looked for, or there is no result, as after a redirect.
            write(&mut self.output, row);
            return self.release();
        };
        let result = named.flatten().and_then(Value::as_str);
        let Some(result) = result.and_then(super::Reference::read) else {
            // What the result is cannot be told, so it cannot be told what may leave.
            self.failed = Some(Unfiltered("its first row does not say which row the result is"));
            return;
        };
        write(&mut self.output, row);
        self.refer(BTreeMap::from([(result.row, rule)]));
        self.take_up();
    }

    /// A row that came while the result is open.
    fn judge(&mut self, row: Row) {
        let known = row.id.is_some_and(|id| self.known.contains_key(&id));
        let waits = matches!(
            row.tag,
            Tag::Json | Tag::Text | Tag::Bytes(_) | Tag::Line(b'R' | b'r' | b'X' | b'x' | b'C')
        );
        if known {
            self.send(row);
            self.take_up();
        } else if waits {
            self.held_bytes = self.held_bytes.saturating_add(row.payload.len());
            self.held.push(row);
        } else if !matches!(row.tag, Tag::Line(b'D' | b'J' | b'W')) {
            // Modules and hints name files; what a development server adds about values does not leave.
            write(&mut self.output, &row);
        }
    }

    /// Sends what was held back and has turned out to belong to the result.
    fn take_up(&mut self) {
        loop {
            let at = self
                .held
                .iter()
                .position(|row| row.id.is_some_and(|id| self.known.contains_key(&id)));
            let Some(at) = at else { break };
            let row = self.held.remove(at);
            self.held_bytes = self.held_bytes.saturating_sub(row.payload.len());
            self.send(row);
        }
        if !self.is_open() {
            self.release();
        }
    }

    /// The rest belongs to the page.
    fn release(&mut self) {
        self.held_bytes = 0;
        for row in std::mem::take(&mut self.held) {
            write(&mut self.output, &row);
        }
    }

    /// Sends a row of the result.
    fn send(&mut self, row: Row) {
        let Some(id) = row.id else { return };
        let rule = self.known.get(&id).cloned().unwrap_or(Allowed::Nothing);
        match row.tag {
            Tag::Json => self.model(id, &row, &rule),
            Tag::Text if rule != Allowed::Nothing => write(&mut self.output, &row),
            Tag::Bytes(_) if rule == Allowed::Everything => write(&mut self.output, &row),
            Tag::Text | Tag::Bytes(_) => {
                self.findings.dropped = self.findings.dropped.saturating_add(1);
                head(&mut self.output, Some(id), row.tag, Some(0));
            }
            // A stream ends with its own row; until then its rows have its id.
            Tag::Line(b'R' | b'r' | b'X' | b'x') => {
                write(&mut self.output, &row);
                self.streams.insert(id);
                return;
            }
            Tag::Line(b'C') => {
                self.closing(id, &row, &rule);
                self.streams.remove(&id);
                self.ends(id);
                return;
            }
            _ => write(&mut self.output, &row),
        }
        if !self.streams.contains(&id) {
            self.ends(id);
        }
    }

    fn ends(&mut self, id: u32) {
        self.pending.remove(&id);
        self.done.insert(id);
    }

    /// The last row of a stream may have a value.
    fn closing(&mut self, id: u32, row: &Row, rule: &Allowed) {
        if row.payload.is_empty() {
            write(&mut self.output, row);
            return;
        }
        let text = std::str::from_utf8(&row.payload).ok();
        let Some(pruned) = text.and_then(|text| prune(id, text, rule)) else {
            self.failed = Some(Unfiltered("a row of the result cannot be read"));
            return;
        };
        head(&mut self.output, Some(id), row.tag, None);
        self.output.extend_from_slice(pruned.text.as_bytes());
        self.output.push(b'\n');
        self.refer(pruned.referred);
    }

    fn model(&mut self, id: u32, row: &Row, rule: &Allowed) {
        let text = std::str::from_utf8(&row.payload).ok();
        let Some(Pruned {
            text,
            referred,
            dropped,
        }) = text.and_then(|text| prune(id, text, rule))
        else {
            self.failed = Some(Unfiltered("a row of the result cannot be read"));
            return;
        };
        self.findings.dropped = self.findings.dropped.saturating_add(dropped);
        if self.rules.secrets != SecretsInResults::Off {
            let found = KeyScan::default().push(text.as_bytes());
            let found: Vec<_> = found
                .into_iter()
                .filter(|word| !self.rules.listed.contains(*word))
                .collect();
            self.findings.secrets.extend(&found);
            if !found.is_empty() && self.rules.secrets == SecretsInResults::Block {
                self.findings.is_blocked = true;
                // What this row refers to is part of what does not leave.
                let referred = referred.into_keys().map(|row| (row, Allowed::Nothing)).collect();
                self.refer(referred);
                error(&mut self.output, Some(id), "output.secret");
                return;
            }
        }
        head(&mut self.output, Some(id), Tag::Json, None);
        self.output.extend_from_slice(text.as_bytes());
        self.output.push(b'\n');
        self.refer(referred);
    }

    fn refer(&mut self, rows: BTreeMap<u32, Allowed>) {
        for (row, rule) in rows {
            if self.done.contains(&row) {
                continue;
            }
            let both = self
                .known
                .get(&row)
                .map_or_else(|| rule.clone(), |known| known.or(&rule));
            self.known.insert(row, both);
            self.pending.insert(row);
        }
    }
}

fn letter(tag: Tag) -> Option<u8> {
    match tag {
        Tag::Json => None,
        Tag::Text => Some(b'T'),
        Tag::Error => Some(b'E'),
        Tag::Bytes(letter) | Tag::Line(letter) => Some(letter),
    }
}

fn head(output: &mut Vec<u8>, id: Option<u32>, tag: Tag, length: Option<usize>) {
    if let Some(id) = id {
        output.extend_from_slice(format!("{id:x}").as_bytes());
    }
    output.push(b':');
    output.extend(letter(tag));
    if let Some(length) = length {
        output.extend_from_slice(format!("{length:x},").as_bytes());
    }
}

fn write(output: &mut Vec<u8>, row: &Row) {
    head(output, row.id, row.tag, row.length);
    output.extend_from_slice(&row.payload);
    if row.length.is_none() {
        output.push(b'\n');
    }
}

fn error(output: &mut Vec<u8>, id: Option<u32>, digest: &str) {
    head(output, id, Tag::Error, None);
    let json = serde_json::json!({ "digest": digest });
    output.extend_from_slice(json.to_string().as_bytes());
    output.push(b'\n');
}

/// The digest of an error, and nothing else of it.
fn digest(payload: &[u8]) -> String {
    const LONGEST: usize = 512;
    let error: Option<Value> = serde_json::from_slice(payload).ok();
    let digest = error
        .as_ref()
        .and_then(|error| error.get("digest"))
        .and_then(Value::as_str);
    digest.unwrap_or_default().chars().take(LONGEST).collect()
}

/// The names of a policy's list as keys are compared.
pub(crate) fn listed(names: &[String]) -> BTreeSet<String> {
    let parts = names.iter().flat_map(|name| name.split('.'));
    parts.filter_map(is_secret).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use portcullis_policy::SecretsInResults;

    use super::super::Allowed;
    use super::{Findings, RowFilter, Rules, listed};

    /// The same whatever the pieces.
    fn filtered(
        stream: &str,
        names: Option<&[&str]>,
        secrets: SecretsInResults,
    ) -> Result<(String, Findings), &'static str> {
        let names: Option<Vec<String>> = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let rules = Rules {
            output: names.as_deref().map(Allowed::new),
            secrets,
            listed: names.as_deref().map(listed).unwrap_or_default(),
        };
        let run = |size: usize| {
            let mut filter = RowFilter::new(rules.clone());
            let mut output = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                output.extend(filter.push(piece).map_err(|failed| failed.0)?);
            }
            Ok((String::from_utf8(output).unwrap(), filter.findings))
        };
        let whole = run(stream.len().max(1));
        for size in [1, 2, 5] {
            assert_eq!(run(size), whole, "in pieces of {size}");
        }
        whole
    }

    fn pruned(stream: &str, names: &[&str]) -> String {
        filtered(stream, Some(names), SecretsInResults::Off).unwrap().0
    }

    #[test]
    fn the_result_is_pruned_and_the_page_passes() {
        let page = "2:I[\"x\",[]]\n3:[\"$\",\"div\",null,{\"hash\":1}]\n4:T5,a\nb:c:HL[\"/x\"]\n";
        for root in [
            "0:{\"a\":\"$@1\",\"q\":\"\",\"i\":false,\"b\":\"b\"}\n",
            "0:{\"a\":\"$@1\",\"f\":\"\",\"b\":\"b\"}\n",
            "0:[\"$@1\",[\"b\",null]]\n",
        ] {
            let stream = format!("{root}1:{{\"id\":7,\"hash\":\"x\"}}\n{page}");
            assert_eq!(pruned(&stream, &["id"]), format!("{root}1:{{\"id\":7}}\n{page}"));
            let unruled = filtered(&stream, None, SecretsInResults::Off).unwrap();
            assert_eq!(unruled.0, stream);
        }
    }

    #[test]
    fn rows_of_the_result_follow_their_fields_in_any_order() {
        let stream = "2:\"early secret\"\n3:{\"name\":\"Ada\",\"mail\":\"m\"}\n9:\"page\"\n0:{\"a\":\"$@1\"}\n\
                      1:{\"secret\":\"$2\",\"owner\":\"$3\",\"text\":\"$4\",\"later\":\"$@5\",\"big\":\"$6\"}\n\
                      4:T6,se\ncre6:T2,ok7:\"nested\"\n5:{\"id\":\"$7\",\"x\":1}\n8:\"after\"\n";
        let expected = "0:{\"a\":\"$@1\"}\n\
                        1:{\"owner\":\"$3\",\"later\":\"$@5\",\"big\":\"$6\"}\n\
                        2:null\n3:{\"name\":\"Ada\"}\n4:T0,6:T2,ok5:{\"id\":\"$7\"}\n7:\"nested\"\n9:\"page\"\n8:\"after\"\n";
        assert_eq!(pruned(stream, &["owner.name", "later.id", "big"]), expected);
    }

    #[test]
    fn streams_are_pruned_chunk_by_chunk() {
        let stream = "0:{\"a\":\"$@1\"}\n1:{\"items\":\"$2\",\"hidden\":\"$3\"}\n2:R\n3:R\n2:{\"id\":1,\"hash\":2}\n\
                      3:{\"hash\":2}\n2:C\n3:C\n";
        let expected = "0:{\"a\":\"$@1\"}\n1:{\"items\":\"$2\"}\n2:R\n3:R\n2:{\"id\":1}\n3:null\n2:C\n3:C\n";
        assert_eq!(pruned(stream, &["items.id"]), expected);
    }

    #[test]
    fn errors_keep_their_digest_alone() {
        let stream = "0:{\"a\":\"$@1\"}\n1:E{\"digest\":\"12@E3\",\"message\":\"no table users\",\"stack\":[\"x\"]}\n";
        let expected = "0:{\"a\":\"$@1\"}\n1:E{\"digest\":\"12@E3\"}\n";
        for names in [None, Some(&["id"][..])] {
            let (text, _) = filtered(stream, names, SecretsInResults::Off).unwrap();
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn secrets_are_reported_or_do_not_leave() {
        let stream = "0:{\"a\":\"$@1\"}\n2:{\"passwordHash\":\"x\"}\n1:{\"user\":\"$2\",\"token\":\"t\"}\n";
        let (text, found) = filtered(stream, None, SecretsInResults::Report).unwrap();
        assert_eq!(text, stream);
        assert_eq!(found.secrets, BTreeSet::from(["passwordhash", "token"]));
        let (text, found) = filtered(stream, None, SecretsInResults::Block).unwrap();
        assert!(found.is_blocked && !text.contains('x'), "{text}");
        assert!(text.contains("1:E{\"digest\":\"output.secret\"}"), "{text}");
        let listed = filtered(stream, Some(&["token"]), SecretsInResults::Block).unwrap();
        assert!(
            !listed.1.is_blocked && listed.0.contains("\"token\":\"t\""),
            "{}",
            listed.0
        );
    }

    #[test]
    fn what_cannot_be_looked_at_does_not_leave() {
        let large = format!("0:{{\"a\":\"$@1\"}}\n1:{{\"id\":\"{}\"}}\n", "x".repeat(5 << 20));
        let mut filter = RowFilter::new(Rules {
            output: Some(Allowed::new(&["id".to_owned()])),
            secrets: SecretsInResults::Off,
            listed: BTreeSet::new(),
        });
        assert!(filter.push(large.as_bytes()).is_err());
        for stream in ["<html>", "0:{\"a\":\"$@1\"}\n1:{\"id\n"] {
            assert!(
                filtered(stream, Some(&["id"]), SecretsInResults::Off).is_err(),
                "{stream}"
            );
        }
        // What was held for a part of the result that never came stays.
        assert_eq!(pruned("0:{\"a\":\"$@1\"}\n5:\"x\"\n", &["id"]), "0:{\"a\":\"$@1\"}\n");
    }
}
