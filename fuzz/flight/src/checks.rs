//! One function a reader: it panics where the reader breaks a promise. What is accepted is written and read again, and
//! must be the same; what the defaults accept, all options accept as well. The tests of the crate run these too.

use portcullis_flight::rows::{Event, RowReader};
use portcullis_flight::{
    ActionId, Body, Budgets, Call, DecodeOptions, Dialect, Head, Identified, KnownIds, Refusal, identify,
    read_fetch_multipart, read_fetch_text, read_form, tagged, write,
};

/// The boundary of every multipart input.
pub const BOUNDARY: &str = "----WireVectorBoundary7f3a";
const IDS: [&str; 2] = [
    "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// The body of a fetch action that is text.
pub fn text(input: &[u8]) {
    each(input, |id, options| {
        read_fetch_text(id.clone(), input, &KnownIds::Any, options)
    });
}

/// The body of a fetch action that is multipart.
pub fn multipart(input: &[u8]) {
    each(input, |id, options| {
        read_fetch_multipart(id.clone(), BOUNDARY, input, &KnownIds::Any, options)
    });
}

/// A form.
pub fn form(input: &[u8]) {
    each(input, |_, options| read_form(BOUNDARY, input, &KnownIds::Any, options));
}

fn each(input: &[u8], read: impl Fn(&ActionId, &DecodeOptions) -> Result<Call, Refusal>) {
    for id in IDS.iter().filter_map(|id| ActionId::new(id)) {
        for dialect in [
            None,
            Some(Dialect::R18),
            Some(Dialect::R19a),
            Some(Dialect::R19b),
            Some(Dialect::R19c),
        ] {
            let all = read(
                &id,
                &DecodeOptions {
                    dialect,
                    ..DecodeOptions::all()
                },
            );
            let default = read(
                &id,
                &DecodeOptions {
                    dialect,
                    ..DecodeOptions::default()
                },
            );
            match (&default, &all) {
                (Ok(default), Ok(all)) => assert!(default == all, "an option changes a value"),
                (Ok(_), Err(refusal)) => panic!("refused when all is allowed: {refusal:?}"),
                _ => {}
            }
            if let Ok(call) = all {
                check(input, &call, dialect);
            }
        }
    }
}

fn check(input: &[u8], call: &Call, dialect: Option<Dialect>) {
    // What was accepted stays small, however it is looked at: these are the budgets, with what names and quotes add.
    assert!(tagged::arguments(call).len() < 64 << 20, "printed, it is too long");
    // Cycles below keys with a colon cannot be written; that is an error, and nothing else.
    let Ok(body) = write(call, dialect) else { return };
    assert!(
        body.bytes.len() <= 64 * input.len() + 4096,
        "{} bytes were written for {}",
        body.bytes.len(),
        input.len()
    );
    // What the writer gives a part of its own nests deeper than it did in the body.
    let budgets = Budgets {
        reference_depth: 64,
        ..DecodeOptions::all().budgets
    };
    let dialect = dialect.or(call.dialect());
    let options = DecodeOptions {
        dialect,
        budgets,
        ..DecodeOptions::all()
    };
    let again = read(call, &body, &options)
        .unwrap_or_else(|refusal| panic!("{refusal:?} in {:?}", String::from_utf8_lossy(&body.bytes)));
    assert!(
        again == *call,
        "{} was written, and is read as {}",
        tagged::arguments(call),
        tagged::arguments(&again)
    );
    assert!(
        write(&again, dialect).as_ref() == Ok(&body),
        "the second writing differs from the first"
    );
}

fn read(call: &Call, body: &Body, options: &DecodeOptions) -> Result<Call, Refusal> {
    let action = [call.action().as_str()];
    let form = call.transport() == portcullis_flight::Transport::Form;
    let head = Head {
        method: "POST",
        next_action: if form { &[] } else { &action },
        content_type: &[&body.content_type],
        content_encoding: false,
    };
    match identify(&head, &KnownIds::Any, options)? {
        Identified::FetchText(id) => read_fetch_text(id, &body.bytes, &KnownIds::Any, options),
        Identified::FetchMultipart(id, boundary) => {
            read_fetch_multipart(id, boundary, &body.bytes, &KnownIds::Any, options)
        }
        Identified::Form(boundary) => read_form(boundary, &body.bytes, &KnownIds::Any, options),
        Identified::NotAnAction(reason) => panic!("{reason}"),
    }
}

/// Rows, which mean the same in whichever pieces they arrive.
pub fn rows(input: &[u8]) {
    let whole = events(&[input]);
    for at in [1, 2, input.len() / 2, input.len().saturating_sub(1)] {
        if let Some((first, second)) = input.split_at_checked(at) {
            let parts = events(&[first, second]);
            assert!(parts == whole, "split at {at}: {parts:?} for {whole:?}");
        }
    }
}

/// The events as text, with payloads joined; `None` after an error.
fn events(pieces: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let mut reader = RowReader::new(1 << 20);
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        let pushed = reader.push(piece, |event| match event {
            Event::Start { id, tag, length } => rows.push(format!("{id:?} {tag:?} {length:?} ").into_bytes()),
            Event::Payload(bytes) => rows
                .last_mut()
                .expect("a payload belongs to a row")
                .extend_from_slice(bytes),
            Event::End => rows.last_mut().expect("what ends has begun").push(b'.'),
        });
        pushed.ok()?;
    }
    rows.push(format!("{:?}", reader.finish()).into_bytes());
    Some(rows)
}
