//! Writes the bodies that are measured into a folder, and prints nanoseconds a body for the reader, for serde_json on the
//! same text, and for reading and writing. `flight.sh` runs it, and React on the same bodies.
//!
//! usage: portcullis-bench-flight FOLDER

mod bodies;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use portcullis_flight::{ActionId, DecodeOptions, KnownIds, read_fetch_multipart, read_fetch_text, write};

/// Short ones, so that some of them are not interrupted on a machine that others use.
const ROUNDS: usize = 400;
const ROUND: Duration = Duration::from_millis(1);
const BOUNDARY: &str = "----WebKitFormBoundary0123456789abcdef";

fn main() {
    let folder = env::args().nth(1).expect("usage: portcullis-bench-flight FOLDER");
    let id = ActionId::new(&"4".repeat(42)).expect("an id");
    let options = DecodeOptions::all();
    let known = KnownIds::Any;
    println!("{:<14} {:>8} {:>12} {:>12} {:>12} {:>7}", "body", "bytes", "serde_json", "read", "read+write", "read/floor");
    for (name, text) in [
        ("text-1k", invoice(9)),
        ("text-16k", invoice(150)),
        ("strings-1k", format!("[\"{}\"]", "a sentence of an ordinary text. ".repeat(32))),
        ("numbers-1k", format!("[[{}]]", (0..230).map(|number| (number * 37 % 1000).to_string()).collect::<Vec<_>>().join(","))),
    ] {
        let bytes = text.as_bytes();
        fs::write(Path::new(&folder).join(format!("{name}.txt")), bytes).expect("a file");
        let [floor, read, both] = measure([
            &mut || drop(black_box(serde_json::from_slice::<serde_json::Value>(black_box(bytes)).expect("JSON"))),
            &mut || drop(black_box(read_fetch_text(id.clone(), black_box(bytes), &known, &options).expect("a call"))),
            &mut || {
                let call = read_fetch_text(id.clone(), black_box(bytes), &known, &options).expect("a call");
                drop(black_box(write(&call, None).expect("a body")));
            },
        ]);
        println!("{name:<14} {:>8} {floor:>12.0} {read:>12.0} {both:>12.0} {:>7.2}", bytes.len(), read / floor);
    }
    let body = form();
    fs::write(Path::new(&folder).join("form-2k.multipart"), &body).expect("a file");
    let mut read = || drop(black_box(read_fetch_multipart(id.clone(), BOUNDARY, black_box(&body), &known, &options).expect("a call")));
    let [read] = measure([&mut read]);
    println!("{:<14} {:>8} {:>12} {read:>12.0}", "form-2k", body.len(), "-");
    growth(&id, &known);
}

/// Time a byte of hostile bodies of growing size: it must not grow.
fn growth(id: &ActionId, known: &KnownIds) {
    println!("\nnanoseconds a byte, by size");
    let options = bodies::options();
    for (name, make) in bodies::BODIES {
        print!("{name:<14}");
        for size in [10_000, 100_000, 1_000_000] {
            let body = make(size);
            let [time] = measure([&mut || drop(black_box(read_fetch_text(id.clone(), black_box(body.as_bytes()), known, &options)))]);
            print!(" {:>8.2}", time / body.len() as f64);
        }
        println!();
    }
}

/// The best of some rounds of each, in turn, in nanoseconds a call.
fn measure<const N: usize>(mut runs: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    let mut count = [0_u32; N];
    for (run, count) in runs.iter_mut().zip(&mut count) {
        let started = Instant::now();
        while started.elapsed() < ROUND {
            run();
            *count += 1;
        }
    }
    for _ in 0..ROUNDS {
        for ((run, count), best) in runs.iter_mut().zip(count).zip(&mut best) {
            let started = Instant::now();
            (0..count).for_each(|_| run());
            *best = best.min(started.elapsed().as_secs_f64() * 1e9 / f64::from(count));
        }
    }
    best
}

fn invoice(items: usize) -> String {
    let item = |number: usize| {
        format!("{{\"sku\":\"part-{number}\",\"title\":\"A thing, number {number}\",\"amount\":{number},\"price\":{}.25,\"tags\":[\"new\",null,true]}}", number * 3)
    };
    let items: Vec<_> = (0..items).map(item).collect();
    format!("[{{\"id\":\"inv_0001\",\"customer\":{{\"name\":\"Ada Lovelace\",\"mail\":\"ada@example.com\"}},\"items\":[{}]}},\"save\"]", items.join(","))
}

fn form() -> Vec<u8> {
    let mut body = String::new();
    for number in 0..12 {
        body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"_1_field{number}\"\r\n\r\nvalue of the field {number}\r\n");
    }
    body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"0\"\r\n\r\n[{{\"errors\":null}},\"$K1\"]\r\n--{BOUNDARY}--\r\n");
    body.into_bytes()
}
