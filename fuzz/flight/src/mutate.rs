//! A fuzzer without instrumentation, for stable Rust: mutates the seeds of one target, from a seed that one can repeat.
//!
//! `mutate TARGET SECONDS [SEED]`, where the target is `text`, `multipart`, `form` or `rows`. An input that breaks a promise
//! or takes over a second is left in `found/`. `mutate --replay TARGET FILE...` runs single inputs.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, panic};

use portcullis_fuzz_flight::checks;

const SLOW: Duration = Duration::from_secs(1);
const LONGEST: usize = 200_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--replay", target, files @ ..] => {
            for file in files {
                eprintln!("{file}");
                run(target, &fs::read(file).expect("a readable input"));
            }
            ExitCode::SUCCESS
        }
        [target, seconds] => fuzz(target, seconds.parse().unwrap_or(60), 1),
        [target, seconds, seed] => fuzz(target, seconds.parse().unwrap_or(60), seed.parse().unwrap_or(1)),
        _ => {
            eprintln!("usage: mutate TARGET SECONDS [SEED] | mutate --replay TARGET FILE...");
            ExitCode::from(2)
        }
    }
}

fn run(target: &str, input: &[u8]) {
    match target {
        "text" => checks::text(input),
        "multipart" => checks::multipart(input),
        "form" => checks::form(input),
        "rows" => checks::rows(input),
        _ => panic!("the targets are text, multipart, form and rows"),
    }
}

fn fuzz(target: &str, seconds: u64, seed: u64) -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = fs::read_dir(here.join("seeds").join(target)).expect("seeds").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("a seed")).collect();
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut executions, mut findings) = (0_u64, 0);
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let input = mutate(&seeds, &mut random);
        let started = Instant::now();
        let outcome = panic::catch_unwind(|| run(target, &input));
        slowest = slowest.max(started.elapsed());
        executions += 1;
        if outcome.is_err() || started.elapsed() > SLOW {
            findings += 1;
            fs::create_dir_all(here.join("found")).expect("a directory");
            fs::write(here.join("found").join(format!("{target}-{seed}-{executions}")), &input).expect("room");
        }
    }
    println!("{target}: {executions} executions, {findings} findings, the slowest {slowest:?}, seed {seed}");
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits") % most.max(1)
    }
}

const WORDS: &[&str] = &[
    "\"$0:0\"", "\"$0:1\"", "\"$0:0:a\"", "\"$1\"", "\"$1:0\"", "\"$1:0:1\"", "\"$2\"", "\"$@1\"", "\"$@2\"", "\"$Q1\"", "\"$W2\"", "\"$i1\"",
    "\"$K1\"", "\"$h1\"", "\"$F1\"", "\"$o1\"", "\"$B1\"", "\"$R1\"", "\"$x1\"", "\"$T\"", "\"$undefined\"", "\"$n1\"", "\"$-0\"",
    "\"$D1970-01-01T00:00:00.000Z\"", "\"\\ud800\"", "\"\\udc00", "null", "-0", "1e308", "[]", "{}", "[[1,2]]", "{\"a\":{}}", "\"then\":",
    "\"__proto__\":", "\"a:b\":", ",", ":", "[", "]", "{", "}", "\"", "\\", "\r\n", "\n", "--", "\0", "é", "😀", "\r\n------WireVectorBoundary7f3a\r\n",
    "\r\n------WireVectorBoundary7f3a--\r\n", "Content-Disposition: form-data; name=\"", "; filename=\"blob\"",
    "Content-Type: application/octet-stream\r\n", "\r\n\r\n", "_1_a", "1_a", "S1", "C", "$ACTION_ID_", "$ACTION_REF_1", "$ACTION_1:0",
    "$ACTION_KEY", "\u{feff}", "; filename=\"a/b\"\r\nContent-Type: a/b", "1:T3,", "2:E", ":H", "a:o4,", "0", "1", "10", "ff",
];

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(6) {
        let at = random.below(input.len() + 1);
        let longest = if random.below(4) == 0 { 200 } else { 8 };
        let end = (at + 1 + random.below(longest)).min(input.len());
        match random.below(9) {
            0 => drop(input.drain(at..end)),
            1 => {
                let piece = input[at..end].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            2..=4 => drop(input.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
            5 => drop(input.splice(at..end, WORDS[random.below(WORDS.len())].bytes())),
            6 if at < input.len() => input[at] = u8::try_from(random.below(256)).expect("a byte"),
            7 if random.below(20) == 0 => {
                let piece = input[at..end].repeat(1 + random.below(3000));
                input.splice(at..at, piece);
            }
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                let until = (from + random.below(60)).min(other.len());
                input.splice(at..at, other[from..until].to_vec());
            }
        }
    }
    input.truncate(LONGEST);
    input
}
