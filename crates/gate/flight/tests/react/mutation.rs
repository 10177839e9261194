//! Bodies that are almost what a client wrote.

use crate::Sample;

/// xorshift64*: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or_default() % most.max(1)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// What may stand in the place of a JSON value.
const VALUES: &[&str] = &[
    "\"$0:0\"",
    "\"$0:1\"",
    "\"$0:0:0\"",
    "\"$0:0:a\"",
    "\"$0:1:0\"",
    "\"$1\"",
    "\"$1:0\"",
    "\"$1:0:1\"",
    "\"$2\"",
    "\"$2:0\"",
    "\"$3\"",
    "\"$@1\"",
    "\"$@2\"",
    "\"$@3\"",
    "\"$Q1\"",
    "\"$Q2\"",
    "\"$W1\"",
    "\"$W2\"",
    "\"$i1\"",
    "\"$K1\"",
    "\"$K2\"",
    "\"$h1\"",
    "\"$h2\"",
    "\"$F1\"",
    "\"$o1\"",
    "\"$A1\"",
    "\"$l1\"",
    "\"$V2\"",
    "\"$B1\"",
    "\"$B2\"",
    "\"$R1\"",
    "\"$r1\"",
    "\"$X1\"",
    "\"$x1\"",
    "\"$T\"",
    "\"$undefined\"",
    "\"$NaN\"",
    "\"$-0\"",
    "\"$-Infinity\"",
    "\"$n1\"",
    "\"$n-0\"",
    "\"$D1970-01-01T00:00:00.000Z\"",
    "\"$$x\"",
    "\"$\"",
    "\"\\u0024\\u0030\"",
    "null",
    "0",
    "-0",
    "1E2",
    "1e999",
    "[]",
    "{}",
    "[[1,2],[3,4]]",
    "{\"a\":{\"b\":[1]}}",
    "{\"then\":1}",
    "{\"then\":\"$T\"}",
    "{\"__proto__\":1}",
    "{\"constructor\":{}}",
    "\"\"",
    "\"\\ud800\"",
    "true",
    "\"$0:0:__proto__\"",
];
const NAMES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "10",
    "_1_a",
    "_2_b",
    "1_a",
    "S1",
    "S2",
    "_10_a",
    "x",
    "$ACTION_KEY",
    "\u{feff}$ACTION_ID_60bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "\u{feff}a",
    "1\"; filename=\"a/b",
    "_1_a\"; filename=\"",
    "$ACTION_1:2",
];

pub(crate) fn mutate(sample: &Sample, random: &mut Random) -> Sample {
    let mut sample = sample.clone();
    for _ in 0..=random.below(3) {
        match random.below(9) {
            0..=3 => replace_value(&mut sample.body, random),
            4 => change_digit(&mut sample.body, random),
            5 | 6 => move_part(&mut sample, random),
            7 => rename_part(&mut sample.body, random),
            _ => change_byte(&mut sample.body, random),
        }
    }
    sample
}

fn replace_value(body: &mut Vec<u8>, random: &mut Random) {
    let starts: Vec<_> = (1..body.len())
        .filter(|at| matches!(body[at - 1], b'[' | b',' | b':') && body[*at] != b' ')
        .collect();
    if starts.is_empty() {
        return;
    }
    let start = starts[random.below(starts.len())];
    let length = value_length(&body[start..]);
    let value = random.pick(VALUES).bytes();
    // In the place of a value, or as one more.
    if random.below(3) == 0 {
        body.splice(start..start, value.chain([b',']));
    } else {
        body.splice(start..start + length, value);
    }
}

/// Roughly: up to the end of a string, or of a balanced container, or of a word.
fn value_length(text: &[u8]) -> usize {
    let (mut depth, mut quoted) = (0_usize, false);
    for (position, byte) in text.iter().enumerate() {
        match byte {
            b'"' => {
                quoted = !quoted;
                if !quoted && depth == 0 {
                    return position + 1;
                }
            }
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted && depth <= 1 => return position + depth,
            b']' | b'}' if !quoted => depth -= 1,
            b',' | b'\r' if !quoted && depth == 0 => return position,
            _ => {}
        }
    }
    text.len()
}

fn change_digit(body: &mut [u8], random: &mut Random) {
    let digits: Vec<_> = (0..body.len()).filter(|at| body[*at].is_ascii_digit()).collect();
    if !digits.is_empty() {
        body[digits[random.below(digits.len())]] = b"0123456789abcdef"[random.below(16)];
    }
}

fn change_byte(body: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(body.len());
    match random.below(4) {
        0 if at < body.len() => body[at] = u8::try_from(random.below(256)).unwrap_or_default(),
        1 if at < body.len() => drop(body.remove(at)),
        2 => drop(body.splice(at..at, "\u{feff}".bytes())),
        _ => body.insert(at, b"\r\n \"$:,[]{}0"[random.below(12)]),
    }
}

/// Swaps, repeats or drops a part.
fn move_part(sample: &mut Sample, random: &mut Random) {
    let Some((_, boundary)) = sample.content_type.split_once("boundary=") else {
        return;
    };
    let delimiter = format!("--{boundary}\r\n").into_bytes();
    let mut starts: Vec<_> = (0..sample.body.len())
        .filter(|at| sample.body[*at..].starts_with(&delimiter))
        .collect();
    let end = format!("--{boundary}--").into_bytes();
    let Some(last) = (0..sample.body.len()).find(|at| sample.body[*at..].starts_with(&end)) else {
        return;
    };
    starts.push(last);
    let mut parts: Vec<_> = starts
        .windows(2)
        .filter(|pair| pair[0] < pair[1])
        .map(|pair| sample.body[pair[0]..pair[1]].to_vec())
        .collect();
    if parts.is_empty() {
        return;
    }
    let (left, right) = (random.below(parts.len()), random.below(parts.len()));
    match random.below(4) {
        0 | 1 => parts.swap(left, right),
        2 => parts.insert(right, parts[left].clone()),
        _ => drop(parts.remove(left)),
    }
    let tail = sample.body[last..].to_vec();
    sample.body = parts.concat();
    sample.body.extend(tail);
}

fn rename_part(body: &mut Vec<u8>, random: &mut Random) {
    let mark = b" name=\"";
    let names: Vec<_> = (0..body.len()).filter(|at| body[*at..].starts_with(mark)).collect();
    if names.is_empty() {
        return;
    }
    let start = names[random.below(names.len())] + mark.len();
    let length = body[start..].iter().position(|byte| *byte == b'"').unwrap_or_default();
    body.splice(start..start + length, random.pick(NAMES).bytes());
}
