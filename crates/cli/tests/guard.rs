//! `portcullis guard` as a program: what it says at the start, that it proxies, and that a signal ends it.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// An application that says `hello` to everybody.
fn application() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || hello(stream));
        }
    });
    Ok(address)
}

fn hello(mut stream: TcpStream) {
    let mut head = [0; 4096];
    while matches!(stream.read(&mut head), Ok(1..)) {
        if stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
            .is_err()
        {
            return;
        }
    }
}

/// A guard that is ended with the test.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(arguments: &[&str]) -> Outcome<(Guard, BufReader<ChildStderr>)> {
    let folder = tempfile::tempdir()?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .arg("guard")
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let stderr = child.stderr.take().ok_or("no stderr")?;
    Ok((Guard(child), BufReader::new(stderr)))
}

#[test]
fn without_a_policy_it_says_what_it_does_proxies_and_ends_at_a_signal() -> Outcome {
    let upstream = format!("http://{}", application()?);
    let arguments = [
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
        "--public-origin",
        "http://app.test",
    ];
    let (mut guard, stderr) = start(&arguments)?;
    let mut lines = stderr.lines();
    let mut summary = Vec::new();
    while !summary.iter().any(|line: &String| line.contains("policy init")) {
        summary.push(lines.next().ok_or("guard ended")??);
    }
    let address = summary
        .iter()
        .find_map(|line| line.strip_prefix("guard listens on http://")?.split(',').next())
        .ok_or("no address")?;
    assert!(
        summary
            .iter()
            .any(|line| line.contains("known to browsers as http://app.test")),
        "{summary:?}"
    );
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
        "{answer}"
    );
    let ended = Command::new("kill").arg(guard.0.id().to_string()).status()?;
    assert!(ended.success());
    assert_eq!(guard.0.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn what_cannot_work_is_said_before_it_listens() -> Outcome {
    for (arguments, message) in [
        (&["--listen", "0.0.0.0:0"][..], "public-origins"),
        (&["--upstream", "ftp://127.0.0.1:1"], "`ftp://127.0.0.1:1`"),
        (&["--config", "missing.toml"], "`missing.toml` does not exist"),
        (
            &["--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0"],
            "PORTCULLIS_ADMIN_TOKEN",
        ),
    ] {
        let (mut guard, mut stderr) = start(arguments)?;
        let mut text = String::new();
        stderr.read_to_string(&mut text)?;
        assert!(text.contains(message), "{arguments:?}: {text}");
        assert_eq!(guard.0.wait()?.code(), Some(2), "{arguments:?}");
    }
    Ok(())
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() -> Outcome {
    let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let folder = tempfile::tempdir()?;
    let run = |upstream: &str| {
        Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["guard", "doctor", "--upstream", upstream])
            .current_dir(folder.path())
            .output()
    };
    let output = run(&format!("http://{gone}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for line in [
        "FAILED  nothing answers at",
        "warning there is no policy",
        "warning no public origin",
        "warning there is no list of actions",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let output = run(&format!("http://{}", application()?))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("ok      the application answers"), "{text}");
    Ok(())
}
