//! The floor: walks a tree as scan does, parses each source file with oxc in parallel, and throws the result away.
//!
//! A whole-program analysis cannot be faster than this with the same parser. What scan takes more is its own.

#![expect(clippy::disallowed_methods, reason = "it reads what it measures")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ignore::{WalkBuilder, WalkState};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

const EXTENSIONS: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1) else {
        eprintln!("usage: floor TREE");
        return ExitCode::from(2);
    };
    let files = walk(Path::new(&root));
    let bytes = AtomicU64::new(0);
    let broken = AtomicU64::new(0);
    files.par_iter().for_each(|path| {
        let Ok(text) = std::fs::read_to_string(path) else {
            return;
        };
        bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        let allocator = Allocator::default();
        let kind = SourceType::from_path(path).unwrap_or_default();
        let parsed = Parser::new(&allocator, &text, kind).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            broken.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (bytes, broken) = (bytes.into_inner(), broken.into_inner());
    println!(
        "{} files, {bytes} bytes, {broken} with syntax errors",
        files.len()
    );
    ExitCode::SUCCESS
}

/// The source files below `root`, by the rules of scan: `.gitignore` files within the tree count, hidden files,
/// `node_modules`, declarations and minified bundles do not. Scan also leaves out build outputs.
fn walk(root: &Path) -> Vec<PathBuf> {
    let files = Mutex::new(Vec::new());
    let walker = WalkBuilder::new(root)
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != "node_modules")
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && is_source(entry.path())
                && let Ok(mut files) = files.lock()
            {
                files.push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    files.into_inner().unwrap_or_default()
}

fn is_source(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = path
        .extension()
        .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
    source && !stem.ends_with(".d") && !stem.ends_with(".min")
}
