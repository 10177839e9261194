//! A fuzzer without instrumentation, for stable Rust: mutates the seeds token by token, from a seed that one can repeat.
//!
//! `mutate SECONDS [SEED]` starts workers of itself and watches them: a worker that dies, hangs or eats memory leaves
//! its last input in `found/`. `mutate --replay FILE...` runs single inputs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use portcullis_catalog::Catalog;

const HANG: Duration = Duration::from_secs(20);
const MEMORY_KB: u64 = 1_500_000;
const STACK: usize = 256 << 20;
const LONGEST: usize = 40_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--replay", files @ ..] => replay(files),
        ["--worker", seed, current] => work(seed.parse().unwrap_or(1), Path::new(current)),
        [seconds] => watch(seconds.parse().unwrap_or(60), 1),
        [seconds, seed] => watch(seconds.parse().unwrap_or(60), seed.parse().unwrap_or(1)),
        _ => {
            eprintln!("usage: mutate SECONDS [SEED] | mutate --replay FILE...");
            ExitCode::from(2)
        }
    }
}

fn deep(run: impl FnOnce() + Send + 'static) {
    // What the command line does: deep stacks for its thread and for the pool.
    let thread = thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    if thread.join().is_err() {
        process::abort();
    }
}

fn catalog() -> Catalog {
    Catalog::with_entries(&[]).expect("the built-in catalog is sound")
}

fn replay(files: &[&str]) -> ExitCode {
    for file in files {
        eprintln!("{file}");
        let input = fs::read(file).expect("a readable input");
        deep(move || portcullis_fuzz::run(&catalog(), &input));
    }
    ExitCode::SUCCESS
}

fn watch(seconds: u64, first_seed: u64) -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.join("found");
    fs::create_dir_all(&found).expect("a directory for what is found");
    let directory = tempfile::tempdir().expect("a directory");
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut seed, mut executions, mut findings) = (first_seed, 0, 0);
    while Instant::now() < end {
        let current = directory.path().join("current");
        let errors = directory.path().join("errors");
        let mut worker = Command::new(env::current_exe().expect("this program"))
            .args(["--worker", &seed.to_string()])
            .arg(&current)
            .env("RAYON_NUM_THREADS", "1")
            .env("TMPDIR", directory.path())
            .stderr(fs::File::create(&errors).expect("a file"))
            .spawn()
            .expect("a worker");
        let problem = wait(&mut worker, &current, end);
        executions += count(&current);
        if let Some(problem) = problem {
            findings += 1;
            let name = found.join(format!("{problem}-{seed}"));
            drop(fs::copy(&current, &name));
            let errors = fs::read_to_string(&errors).unwrap_or_default();
            let errors = errors.lines().take(4).collect::<Vec<_>>().join(" ");
            println!("{}: {}", name.display(), errors.chars().take(300).collect::<String>());
        }
        seed += 1;
    }
    println!("{executions} executions, {findings} findings, next seed {seed}");
    if findings == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Until the worker ends or must be ended; what went wrong.
fn wait(worker: &mut Child, current: &Path, end: Instant) -> Option<&'static str> {
    let mut last = (0, Instant::now());
    loop {
        if let Some(status) = worker.try_wait().expect("a worker to wait for") {
            return (!status.success()).then_some("crash");
        }
        let now = count(current);
        if now != last.0 {
            last = (now, Instant::now());
        }
        let problem = if last.1.elapsed() > HANG {
            Some("hang")
        } else if memory(worker.id()) > MEMORY_KB {
            Some("memory")
        } else {
            None
        };
        if problem.is_some() || Instant::now() > end {
            drop(worker.kill());
            drop(worker.wait());
            return problem;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// How many inputs a worker has begun: it says so beside the current one.
fn count(current: &Path) -> u64 {
    fs::read_to_string(current.with_extension("count"))
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// A worker lives for this many inputs, so that a finding's seed leads back to it quickly.
const INPUTS: u64 = 500;

fn work(seed: u64, current: &Path) -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = ["seeds", "crashers"]
        .iter()
        .filter_map(|directory| fs::read_dir(here.join(directory)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let seeds: Vec<Vec<String>> = paths
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|text| tokens(&text))
        .collect();
    let current = current.to_owned();
    deep(move || {
        let catalog = catalog();
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for number in 1..=INPUTS {
            let input = mutate(&seeds, &mut random);
            fs::write(&current, &input).expect("room for the input");
            fs::write(current.with_extension("count"), number.to_string()).expect("room for the count");
            portcullis_fuzz::run(&catalog, input.as_bytes());
        }
    });
    ExitCode::SUCCESS
}

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(value).unwrap_or(0) % limit.max(1)
    }
}

/// Words, numbers, spaces and single characters; separators stay whole.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut previous = '\0';
    for character in text.chars() {
        let word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
        let joins = (word(character) && word(previous)) || (character == '/' && previous == '/');
        match tokens.last_mut() {
            Some(last) if joins => last.push(character),
            _ => tokens.push(character.to_string()),
        }
        previous = character;
    }
    tokens
}

/// What real attacks and odd code are made of; put in where it does not fit.
const WORDS: &[&str] = &[
    "'use server';\n",
    "await ",
    "async ",
    "return ",
    "throw ",
    "yield ",
    "...",
    "?.",
    "??",
    "&&",
    "||",
    "!",
    "=>",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    ":",
    "=",
    "+",
    "`",
    "${",
    "\"",
    "'",
    "/",
    "//",
    "/*",
    "*/",
    "<",
    ">",
    "<a>",
    "</a>",
    "#",
    "@",
    "null",
    "undefined",
    "this",
    "super",
    "new ",
    "class A extends A {}",
    "function ",
    "function* ",
    "get x() ",
    "static ",
    "import ",
    "export ",
    "export * from './a';",
    "export default ",
    "from './a'",
    "import('./a')",
    "__proto__",
    "constructor",
    "prototype",
    "arguments",
    "eval",
    "if (a) ",
    "else ",
    "for (const x of a) ",
    "while (a) ",
    "do ",
    "switch (a) {case 1:",
    "try {",
    "} catch (e) {",
    "} finally {",
    "break;",
    "continue;",
    "l: ",
    "with (a) ",
    "typeof ",
    "delete ",
    "void ",
    "in ",
    "instanceof ",
    "0",
    "1e309",
    "-1",
    "2n",
    "0x",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "😀",
    "é",
    "\r",
    "\r\n",
    "\u{2028}",
    "\\u{61}",
    "\\",
    "// portcullis: allow(x) reason=\"y\"\n",
    ".map((x) => x)",
    ".then((x) => x)",
    ".bind(null, a)",
    ".call(a)",
    ".apply(a, a)",
    ".push(a)",
    ".concat(a)",
    "Object.assign(a, a)",
    "JSON.parse(a)",
    "Promise.all(a)",
    "new Proxy(a, a)",
    "Reflect.get(a, a)",
    "as const",
    "satisfies A",
    "enum A { a = 1 }",
    "namespace A { export const a = 1; }",
    "declare ",
    "using a = a;",
    "a = a",
];

fn mutate(seeds: &[Vec<String>], random: &mut Random) -> String {
    let mut tokens = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(8) {
        if tokens.is_empty() {
            break;
        }
        let at = random.below(tokens.len());
        let longest = if random.below(4) == 0 { 60 } else { 6 };
        let length = 1 + random.below(longest);
        let end = (at + length).min(tokens.len());
        let to = random.below(tokens.len());
        match random.below(9) {
            0 => drop(tokens.drain(at..end)),
            1 => {
                let piece: Vec<String> = tokens[at..end].to_vec();
                tokens.splice(to..to, piece);
            }
            2 => tokens.swap(at, to),
            3 | 4 => tokens.insert(at, WORDS[random.below(WORDS.len())].to_owned()),
            5 => tokens[at] = WORDS[random.below(WORDS.len())].to_owned(),
            6 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let piece: Vec<String> = other[from..(from + length * 3).min(other.len())].to_vec();
                tokens.splice(at..at, piece);
            }
            // Many times the same: depth, length, doubling.
            7 => {
                let piece: Vec<String> = tokens[at..end].to_vec();
                for _ in 0..random.below(40) {
                    tokens.splice(at..at, piece.iter().cloned());
                }
            }
            // One name for another of the same file, which makes circles.
            _ => tokens[at] = tokens[to].clone(),
        }
    }
    let mut text = tokens.concat();
    let mut limit = text.len().min(LONGEST);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    text.truncate(limit);
    text
}
