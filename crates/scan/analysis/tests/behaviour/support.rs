//! Small projects as text, run through the whole analysis.
//!
//! [`check`] reads a table of cases. A case begins with `=== STATE: title`, where the state is what is expected of
//! authentication. Options stand between the state and the colon: `@name` is the endpoint, `act` if there is none, and
//! `~ words` must be part of the reason. What follows is the body of the action, or a module with `export`s. Its
//! imports may stand in front; those of [`KNOWN`] are added when they are used. A line `--- path` begins another file.
//!
//! A state `gap GOT/RIGHT` pins a wrong answer that is known: the engine says the first, and the second would be right.
//! The first line of such a case that begins with `// ` is the cause; it is not part of the code. The title of every gap
//! stands in `docs/known-gaps.md`, so that no wrong answer is pinned that users are not told of.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;

use portcullis_analysis::{Analysis, analyse};
use portcullis_catalog::Catalog;
use portcullis_model::{Coverage, Protection};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::project::{LoadOptions, load};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The list of wrong answers for users.
const KNOWN_GAPS: &str = include_str!("../../../../../docs/known-gaps.md");
/// What the analysis can say.
const STATES: &[&str] = &["proven", "absent", "unknown", "not-needed"];

/// Where the action of a case stands.
pub(crate) const ACTIONS: &str = "app/actions.ts";
/// What the runs of one endpoint may use: debug builds have large frames.
const STACK_BYTES: usize = 64 << 20;

/// Names that a body may use without importing them.
const KNOWN: &[(&str, &str)] = &[
    ("auth", "@/auth"),
    ("signIn", "@/auth"),
    ("signOut", "@/auth"),
    ("db", "@/lib/db"),
    ("remove", "@/lib/posts"),
    ("redirect", "next/navigation"),
    ("permanentRedirect", "next/navigation"),
    ("notFound", "next/navigation"),
    ("forbidden", "next/navigation"),
    ("unauthorized", "next/navigation"),
    ("unstable_rethrow", "next/navigation"),
    ("cookies", "next/headers"),
    ("headers", "next/headers"),
    ("after", "next/server"),
    ("revalidatePath", "next/cache"),
    ("revalidateTag", "next/cache"),
    ("z", "zod"),
];

/// Files that every project has, unless a case brings its own.
const BASE: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{ "name": "app", "private": true, "dependencies": { "next": "15.4.1", "react": "19.1.0", "react-dom": "19.1.0",
            "next-auth": "5.0.0-beta.29", "@prisma/client": "6.11.0", "zod": "4.0.0" } }"#,
    ),
    (
        "tsconfig.json",
        r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./*"] } } }"#,
    ),
    (
        "auth.ts",
        "import NextAuth from 'next-auth';\nexport const { auth, signIn, signOut, handlers } = NextAuth({ providers: [] });\n",
    ),
    (
        "lib/db.ts",
        "import { PrismaClient } from '@prisma/client';\nexport const db = new PrismaClient();\n",
    ),
    (
        "lib/posts.ts",
        "import { db } from './db';\nexport async function remove(id: string) {\n  await db.post.delete({ where: { id } });\n}\n",
    ),
    (
        "app/layout.tsx",
        "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
    ),
];

pub(crate) type Files = Vec<(String, String)>;

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::with_entries(&[]).expect("the shipped catalog is valid"))
}

/// Threads with room for deep code.
pub(crate) fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(count)
        .stack_size(STACK_BYTES)
        .build()
        .expect("threads can be started")
}

fn shared_threads() -> &'static ThreadPool {
    static THREADS: OnceLock<ThreadPool> = OnceLock::new();
    THREADS.get_or_init(|| threads(2))
}

fn write(root: &Path, files: &Files) {
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        std::fs::write(path, text).expect("files can be written");
    }
}

/// Writes the files, and those of [`BASE`] that are not among them, and analyses the project in `pool`.
pub(crate) fn analyse_in<T: Send>(
    pool: &ThreadPool,
    files: &[(&str, &str)],
    then: impl FnOnce(&Program, &Analysis) -> T + Send,
) -> T {
    let mut all: BTreeMap<&str, &str> = BASE.iter().copied().collect();
    all.extend(files.iter().copied());
    let config = all
        .remove(portcullis_policy::FILE_NAME)
        .map_or_else(ScanConfig::default, |text| {
            portcullis_policy::parse(text)
                .expect("the configuration of the case is valid")
                .scan
        });
    let all: Files = all
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    write(directory.path(), &all);
    pool.install(|| {
        let project = load(directory.path(), &[], &LoadOptions::default(), &|_| {}).expect("the project loads");
        let program = Program::build(project, &|_| {});
        assert_eq!(program.diagnostics(), &[], "the project parses");
        let analysis = analyse(&program, catalog(), &config, &|_| {});
        then(&program, &analysis)
    })
}

/// What the analysis says of a project.
pub(crate) fn analysed<T: Send>(files: &[(&str, &str)], then: impl FnOnce(&Program, &Analysis) -> T + Send) -> T {
    analyse_in(shared_threads(), files, then)
}

/// The state and reason of authentication for one endpoint, by its name or the last part of it.
pub(crate) fn verdict(files: &[(&str, &str)], endpoint: &str) -> (&'static str, String) {
    analysed(files, |_, analysis| {
        let found = analysis
            .endpoints
            .iter()
            .find(|found| found.name == endpoint)
            .or_else(|| analysis.endpoints.iter().find(|found| found.short_name == endpoint));
        let Some(found) = found else {
            let names: Vec<&str> = analysis.endpoints.iter().map(|found| &*found.name).collect();
            return ("no endpoint", format!("there are {names:?}"));
        };
        let coverage = found.coverage_of(Protection::Authentication);
        let (evidence, reason) = match coverage {
            Coverage::Proven { evidence } => (evidence.len(), String::new()),
            Coverage::Absent { evidence, reason } => (evidence.len(), reason.clone()),
            Coverage::Unknown { reason, .. } | Coverage::NotNeeded { reason, .. } => (1, reason.clone()),
            Coverage::NotAnalysed => (1, "not analysed".to_owned()),
        };
        if evidence == 0 {
            return (coverage.state(), format!("without evidence: {reason}"));
        }
        (coverage.state(), reason)
    })
}

/// A line of a table and what follows it.
#[derive(Debug, Default)]
struct Case {
    title: String,
    state: String,
    /// What would be right, if `state` is not.
    right: Option<String>,
    endpoint: String,
    words: String,
    files: Files,
}

impl Case {
    fn read(heading: &str, text: &str) -> Self {
        let (options, title) = heading.split_once(": ").expect("a heading is `=== STATE: title`");
        let (options, words) = options.split_once(" ~ ").unwrap_or((options, ""));
        let (state, endpoint) = options.split_once(" @").unwrap_or((options, "act"));
        let (state, right) = match state.strip_prefix("gap ") {
            Some(gap) => {
                let (state, right) = gap.split_once('/').expect("a gap is `gap GOT/RIGHT`");
                assert!(
                    STATES.contains(&right) && state != right,
                    "{title}: `{right}` cannot be right"
                );
                (state, Some(right.to_owned()))
            }
            None => (state, None),
        };
        assert!(
            STATES.contains(&state) || state == "no endpoint",
            "{title}: `{state}` is no state"
        );
        let text = if right.is_some() {
            without_cause(title, text)
        } else {
            text.to_owned()
        };
        let mut case = Self {
            title: title.to_owned(),
            state: state.to_owned(),
            right,
            endpoint: endpoint.to_owned(),
            words: words.to_owned(),
            files: Files::new(),
        };
        let mut parts = format!("\n{text}")
            .split("\n--- ")
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let body = parts.remove(0);
        if !body.trim().is_empty() {
            case.files.push((ACTIONS.to_owned(), action(&case.endpoint, &body)));
        }
        for part in parts {
            let (path, text) = part.split_once('\n').expect("a file has a name and text");
            case.files.push((path.trim().to_owned(), format!("{text}\n")));
        }
        case
    }

    /// What is wrong, if something is.
    fn run(&self) -> Option<String> {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(path, text)| (&**path, &**text)).collect();
        let result = catch_unwind(AssertUnwindSafe(|| verdict(&files, &self.endpoint)));
        let Ok((state, reason)) = result else {
            return Some(format!("{}: panicked", self.title));
        };
        self.judge(state, &reason)
    }

    /// What is wrong with an answer, if something is.
    fn judge(&self, state: &str, reason: &str) -> Option<String> {
        if self.right.as_deref() == Some(state) {
            return Some(format!(
                "{}: the gap is closed, the engine says {state}: make it a normal case, `=== {state}: ...`, and strike it from docs/known-gaps.md",
                self.title
            ));
        }
        if self.right.is_some() && !KNOWN_GAPS.contains(&format!("\"{}\"", self.title)) {
            return Some(format!("{}: the gap is not listed in docs/known-gaps.md", self.title));
        }
        let is_right = state == self.state && reason.contains(&self.words) && !reason.starts_with("without evidence");
        (!is_right).then(|| {
            let words = if self.words.is_empty() {
                String::new()
            } else {
                format!(" ({})", self.words)
            };
            let gap = self
                .right
                .as_ref()
                .map_or_else(String::new, |right| format!(", a gap where {right} is right"));
            format!(
                "{}: expected {}{words}{gap}, got {state} ({reason})",
                self.title, self.state
            )
        })
    }
}

/// The text of a gap without the line that says why it is there.
fn without_cause(title: &str, text: &str) -> String {
    let cause = text
        .lines()
        .position(|line| line.starts_with("// "))
        .unwrap_or_else(|| panic!("{title}: a gap has a line with its cause"));
    let lines = text.lines().enumerate().filter(|(at, _)| *at != cause);
    lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

/// The module of an action: its body, or all of its exports.
fn action(name: &str, body: &str) -> String {
    let (imports, body): (Vec<&str>, Vec<&str>) = body.lines().partition(|line| line.starts_with("import "));
    let (imports, body) = (imports.join("\n"), body.join("\n"));
    let is_module = body.starts_with("export ") || body.contains("\nexport ");
    let mut text = format!("'use server';\n{imports}\n");
    for (known, module) in KNOWN {
        if mentions(&body, known) && !mentions(&imports, known) {
            writeln!(text, "import {{ {known} }} from '{module}';").expect("text can be written");
        }
    }
    if is_module {
        text.push_str(&body);
    } else {
        writeln!(
            text,
            "export async function {name}(input: any, other?: any) {{\n{body}\n}}"
        )
        .expect("text can be written");
    }
    text
}

fn mentions(text: &str, name: &str) -> bool {
    let is_part =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '$' | '.' | '/' | '-' | '\'');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(|after| is_part(after) && after != '.')
    })
}

/// Adds lines in front of the body of every case of a table, and files behind it.
pub(crate) fn with(table: &str, lines: &str, files: &str) -> String {
    let mut text = String::new();
    for case in cases(&format!("\n{}", table.trim())) {
        let (heading, body) = case.split_once('\n').expect("a case has a body");
        writeln!(text, "=== {heading}\n{lines}\n{body}\n{}", files.trim()).expect("text can be written");
    }
    text
}

fn cases(table: &str) -> impl Iterator<Item = &str> {
    table.split("\n=== ").skip(1)
}

/// Runs every case of a table, and fails with a list of those that are wrong.
pub(crate) fn check(table: &str) {
    let table = format!("\n{}", table.trim_start());
    let cases: Vec<Case> = cases(&table)
        .map(|case| {
            let (heading, text) = case.split_once('\n').expect("a case has a body");
            Case::read(heading, text)
        })
        .collect();
    assert!(!cases.is_empty(), "the table has cases");
    let wrong: Vec<String> = cases.iter().filter_map(Case::run).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n  {}",
        wrong.len(),
        cases.len(),
        wrong.join("\n  ")
    );
}

#[test]
fn a_gap_passes_only_while_it_is_open_and_listed() {
    let gap = |heading: &str| Case::read(heading, "// A cause.\nawait remove(input);\n");
    let open = gap("gap absent/proven: emptied through another name");
    assert_eq!(open.files.len(), 1);
    assert!(
        !open.files[0].1.contains("A cause"),
        "the cause is not part of the code"
    );
    assert_eq!(open.judge("absent", "a reason"), None);
    let closed = open.judge("proven", "").expect("a closed gap fails");
    assert!(closed.contains("make it a normal case, `=== proven: ...`"), "{closed}");
    let other = open.judge("unknown", "a reason").expect("another answer fails");
    assert!(other.contains("a gap where proven is right"), "{other}");
    let unlisted = gap("gap absent/proven: nobody has heard of it").judge("absent", "a reason");
    assert!(unlisted.is_some_and(|message| message.contains("not listed")));
}
