//! The same tests on a real `PostgreSQL`, which this test starts. Where there is none it says so and passes;
//! `PORTCULLIS_REQUIRE_POSTGRES` makes that a failure, as in CI, where the package is installed first.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::browser::SERVER;

/// A server in a folder of its own. It ends with the test.
struct Server {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Where the programs are: on the path, or where Debian keeps each version.
#[expect(clippy::disallowed_methods, reason = "it looks for programs of this machine")]
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders = std::env::split_paths(&path).chain(versions.map(|version| version.path().join("bin")));
    folders.find(|folder| folder.join("initdb").is_file())
}

/// A program of `PostgreSQL`, which refuses to run as root: then it runs as the user that its package made.
fn program(programs: &Path, name: &str, as_package_user: bool) -> Command {
    if as_package_user {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(programs.join(name));
        return command;
    }
    Command::new(programs.join(name))
}

fn initialised(programs: &Path, data: &Path) -> Option<bool> {
    [false, true].into_iter().find(|as_package_user| {
        let mut command = program(programs, "initdb", *as_package_user);
        command
            .args(["-U", "acme", "--auth=trust", "--no-sync", "-D"])
            .arg(data);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

fn start() -> Option<Server> {
    use std::os::unix::fs::PermissionsExt as _;
    let programs = programs()?;
    let folder = tempfile::tempdir().unwrap();
    // The package's user has to get in as well.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let data = folder.path().join("data");
    let as_package_user = initialised(&programs, &data)?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = program(&programs, "postgres", as_package_user)
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(folder.path())
        .args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=300",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let url = format!("postgres://acme@127.0.0.1:{port}");
    Some(Server {
        child,
        url,
        _folder: folder,
    })
}

async fn is_ready(url: &str) -> bool {
    use sqlx::{AnyConnection, Connection as _};
    sqlx::any::install_default_drivers();
    for _ in 0..200 {
        if AnyConnection::connect(&format!("{url}/postgres")).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "it runs the other tests, or says why not"
)]
async fn the_same_tests_on_a_database_server() {
    if std::env::var(SERVER).is_ok() {
        return;
    }
    let Some(server) = start() else {
        assert!(
            std::env::var_os("PORTCULLIS_REQUIRE_POSTGRES").is_none(),
            "there is no `initdb` that works here: install the package `postgresql`"
        );
        eprintln!("SKIPPED: there is no `initdb` that works here, so nothing was tested on `PostgreSQL`");
        return;
    };
    assert!(is_ready(&server.url).await, "the database server does not answer");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["attacks::", "pages::", "--test-threads=4"])
        .env(SERVER, &server.url)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(" passed") && !text.contains(" 0 passed"), "{text}");
}
