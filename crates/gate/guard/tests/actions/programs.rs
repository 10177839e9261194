//! Servers of other people's, started for one test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where a program is. Without it the test says so and passes; the variable makes that a failure, as in CI, where the
/// package is installed first.
#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test looks for programs of this machine, and says what it skips"
)]
pub(crate) fn installed(program: &str, package: &str, required: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    // Debian keeps each version of PostgreSQL in a folder of its own.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let mut found = folders.into_iter().map(|folder| folder.join(program));
    let found = found.find(|path| path.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os(required).is_none(),
            "there is no `{program}` here: install the package `{package}`"
        );
        println!("SKIPPED: there is no `{program}` here; install the package `{package}`");
    }
    // Other programs lie beside what a link points at.
    found.map(|path| path.canonicalize().unwrap())
}

/// A command that is not run by the system's administrator, whom servers refuse.
pub(crate) fn command(program: &Path, folder: &Path) -> Command {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let mut command = Command::new(program);
    command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    if std::fs::metadata(folder).unwrap().uid() == 0 {
        std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    } else if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn stop(process: &mut Child) {
    let _ended = process.kill();
    let _ended = process.wait();
}
