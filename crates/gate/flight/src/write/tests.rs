//! read(write(call)) == call, for calls that are put together at random: every kind of value, objects at several places,
//! every transport and dialect.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::write;
use crate::call::{Call, Transport};
use crate::document::{Document, Field, Node, NodeId, Span};
use crate::text::push_code_point;
use crate::value::{StreamKind, View};
use crate::{
    ActionId, Body, Budgets, Code, Date, DecodeOptions, Dialect, Head, Identified, KnownIds, Refusal, identify,
    read_fetch_multipart, read_fetch_text, read_form, tagged,
};

/// One step of putting a call together: a value made of the last ones, or an earlier one again.
#[derive(Debug, Clone)]
enum Step {
    Leaf(u8, i64, Vec<u16>),
    /// Takes that many of the values on the stack.
    Group(u8, usize, Vec<Vec<u16>>),
    Again(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = || {
        proptest::collection::vec(
            prop_oneof![
                Just(0x24),
                Just(0x3a),
                Just(0xd800),
                Just(0xdc00),
                0x20_u16..0x7f,
                any::<u16>()
            ],
            0..6,
        )
    };
    let step = prop_oneof![
        4 => (any::<u8>(), any::<i64>(), text()).prop_map(|(kind, number, text)| Step::Leaf(kind, number, text)),
        4 => (any::<u8>(), 0_usize..4, proptest::collection::vec(text(), 4)).prop_map(|(kind, count, keys)| Step::Group(kind, count, keys)),
        2 => any::<usize>().prop_map(Step::Again),
    ];
    proptest::collection::vec(step, 0..24)
}

struct Builder {
    document: Document,
    stack: Vec<NodeId>,
    made: Vec<NodeId>,
    dialect: Dialect,
    form: bool,
    form_data: usize,
}

impl Builder {
    fn text(&mut self, units: &[u16]) -> Span {
        let mut wtf8 = Vec::new();
        for unit in char::decode_utf16(units.iter().copied()) {
            push_code_point(
                &mut wtf8,
                unit.map_or_else(|half| u32::from(half.unpaired_surrogate()), u32::from),
            );
        }
        self.document.add_text(&wtf8)
    }

    fn plain(units: &[u16]) -> String {
        let text = String::from_utf16_lossy(units);
        text.chars()
            .filter(|letter| !letter.is_control() && !matches!(letter, '"' | '\\' | '%'))
            .collect()
    }

    fn leaf(&mut self, kind: u8, number: i64, units: &[u16]) -> Node {
        let newer = !self.dialect.is_18() && !self.form;
        match kind % 16 {
            0 => Node::Undefined,
            1 => Node::Null,
            2 => Node::Boolean(number > 0),
            3 => Node::Number(f64::from_bits(number.cast_unsigned())),
            4 => Node::Number([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0][usize::from(kind / 16) % 4]),
            5 => Node::BigInt(self.document.add_text(number.to_string().as_bytes())),
            6 => Node::Date(Date::from_milliseconds(number % 8_640_000_000_000_001).expect("a date")),
            7 if newer => Node::Bytes {
                view: View::ALL[usize::from(kind / 16) % 13].1,
                content: self.document.add_bytes(&number.to_le_bytes()),
            },
            8 if newer => self.document.add_file(
                &format!("f{}", Self::plain(units).replace('/', "")),
                "text/plain",
                &number.to_le_bytes(),
            ),
            9 if newer => Node::TemporaryReference,
            10 if self.dialect.is_18() => Node::Symbol(self.text(units)),
            11 if !self.form && self.form_data < 9 => {
                self.form_data += 1;
                let name = self.document.add_text(Self::plain(units).as_bytes());
                let value = Node::String(self.document.add_text(number.to_string().as_bytes()));
                let file = self.document.add_file("f", "a/b", b"\r\n--");
                let values = [value, file].map(|node| self.document.push(node));
                let start = self.document.fields.len();
                self.document
                    .fields
                    .extend(values.map(|value| Field { key: name, value }));
                Node::FormData(Span::since(&self.document.fields, start))
            }
            _ => Node::String(self.text(units)),
        }
    }

    fn group(&mut self, kind: u8, count: usize, keys: &[Vec<u16>]) -> Node {
        let newer = !self.dialect.is_18() && !self.form;
        let mut taken = self.stack.split_off(self.stack.len().saturating_sub(count));
        let list = |builder: &mut Self, nodes: &[NodeId]| builder.document.add_ids(nodes);
        match kind % 12 {
            0 | 1 => Node::Array(list(self, &taken)),
            2 => {
                // Keys that a map would merge, or change, are left to the tests of the reader.
                let mut flat = Vec::new();
                for (position, value) in taken.into_iter().enumerate() {
                    let key = self.document.add_text(position.to_string().as_bytes());
                    flat.extend([self.document.push(Node::String(key)), value]);
                }
                Node::Map(list(self, &flat))
            }
            3 => {
                taken.retain(|node| {
                    matches!(
                        self.document.node(*node),
                        Node::Array(_) | Node::Object { .. } | Node::Map(_) | Node::File(_)
                    )
                });
                taken.sort_unstable();
                taken.dedup();
                Node::Set(list(self, &taken))
            }
            4 if newer => Node::Iterator(list(self, &taken)),
            5 => taken.first().map_or(Node::Null, |value| Node::Promise(*value)),
            6 if newer => {
                taken.push(self.document.push(Node::Undefined));
                let kind = if kind > 100 {
                    StreamKind::Iterable
                } else {
                    StreamKind::Iterator
                };
                Node::Stream {
                    kind,
                    chunks: list(self, &taken),
                }
            }
            7 if newer => Node::Stream {
                kind: StreamKind::Values,
                chunks: list(self, &taken),
            },
            8 if !self.form => {
                let array = Node::Array(list(self, &taken));
                let bound = if kind > 100 {
                    self.document.push(array)
                } else {
                    NodeId::NONE
                };
                let id = self.document.add_text(b"40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
                Node::ServerReference { id, bound }
            }
            _ => {
                let mut fields: Vec<Field> = Vec::new();
                for (key, value) in keys.iter().zip(taken) {
                    let key = self.text(key);
                    let known = fields
                        .iter()
                        .any(|field| self.document.text(field.key) == self.document.text(key));
                    let imitated = self.document.text(key).as_wtf8().starts_with(b"_");
                    if !known && !imitated && self.document.node(value) != Node::Undefined {
                        fields.push(Field { key, value });
                    }
                }
                self.document.add_object(&fields)
            }
        }
    }

    /// What React loses, or what no client sends, at a second place.
    fn can_stand_again(&self, node: NodeId) -> bool {
        !matches!(self.document.node(node), Node::FormData(_) | Node::Undefined)
    }

    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            let node = match step {
                Step::Leaf(kind, number, units) => self.leaf(*kind, *number, units),
                Step::Group(kind, count, keys) => self.group(*kind, *count, keys),
                Step::Again(number) => {
                    let known = self.made.get(number % self.made.len().max(1)).copied();
                    self.stack.extend(known.filter(|node| self.can_stand_again(*node)));
                    continue;
                }
            };
            let id = self.document.push(node);
            self.stack.push(id);
            self.made.push(id);
        }
    }
}

fn call(steps: &[Step], dialect: Dialect, form: bool) -> Call {
    let mut builder = Builder {
        document: Document::default(),
        stack: Vec::new(),
        made: Vec::new(),
        dialect,
        form,
        form_data: 0,
    };
    builder.run(steps);
    let Builder {
        mut document,
        stack: mut arguments,
        ..
    } = builder;
    let id = if dialect.is_18() {
        "a".repeat(40)
    } else {
        "0".repeat(42)
    };
    let (mut transport, mut described) = (Transport::Fetch, false);
    if form {
        described = !arguments.is_empty();
        transport = Transport::Form;
        let key = document.add_text("na\"me".as_bytes());
        let value = Node::String(document.add_text(b"x"));
        let value = document.push(value);
        let start = document.fields.len();
        document.fields.push(Field { key, value });
        arguments.push(document.push(Node::FormData(Span::since(&document.fields, start))));
    }
    let action = ActionId::new(&id).expect("an id");
    Call {
        action,
        transport,
        dialect: Some(dialect),
        document,
        arguments,
        state_key: form.then(|| "k1".into()),
        described,
    }
}

fn read(call: &Call, body: &Body, options: &DecodeOptions) -> Result<Call, Refusal> {
    let action = [call.action.as_str()];
    let head = Head {
        method: "POST",
        next_action: if call.transport == Transport::Form {
            &[]
        } else {
            &action
        },
        content_type: &[&body.content_type],
        content_encoding: false,
    };
    match identify(&head, &KnownIds::Any, options)? {
        Identified::FetchText(action) => read_fetch_text(action, &body.bytes, &KnownIds::Any, options),
        Identified::FetchMultipart(action, boundary) => {
            read_fetch_multipart(action, boundary, &body.bytes, &KnownIds::Any, options)
        }
        Identified::Form(boundary) => read_form(boundary, &body.bytes, &KnownIds::Any, options),
        Identified::NotAnAction(reason) => panic!("{reason}"),
    }
}

fn check(steps: &[Step], dialect: Dialect, form: bool) {
    let call = call(steps, dialect, form);
    // When React takes form data out of a promise is left to the application, so readers take one in all.
    let count = |kind: fn(&Node) -> bool| call.document.nodes.iter().filter(|node| kind(node)).count();
    let late = |node: &Node| {
        matches!(
            node,
            Node::Promise(_) | Node::Stream { .. } | Node::ServerReference { .. }
        )
    };
    if !form && count(|node| matches!(node, Node::FormData(_))) > 1 && count(late) > 0 {
        return;
    }
    // A random graph may be deeper, through parts, than any client nests.
    let budgets = Budgets {
        arguments: 1000,
        reference_depth: 64,
        ..Budgets::default()
    };
    let options = DecodeOptions {
        dialect: Some(dialect),
        budgets,
        ..DecodeOptions::all()
    };
    let body = write(&call, None).expect("a body");
    let shown = String::from_utf8_lossy(&body.bytes).into_owned();
    let again = match read(&call, &body, &options) {
        Ok(again) => again,
        // No reader returns one there.
        Err(refusal) if refusal.code == Code::TemporaryReferencePlace => return,
        Err(refusal) => panic!("{refusal:?} in {shown}"),
    };
    assert_eq!(tagged::arguments(&again), tagged::arguments(&call), "{shown}");
    assert!(again == call, "other objects are shared in {shown}");
    assert_eq!(
        write(&again, None).as_ref(),
        Ok(&body),
        "the second writing differs from the first"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_the_same(steps in steps()) {
        for dialect in [
            Dialect::R18a,
            Dialect::R18,
            Dialect::R19a,
            Dialect::R19b,
            Dialect::R19c,
        ] {
            check(&steps, dialect, false);
            check(&steps, dialect, true);
        }
    }
}
