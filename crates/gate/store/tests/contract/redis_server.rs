//! A real Redis for one test: started on a free port with nothing on the disk, stopped with the test.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running server.
pub(crate) struct RedisServer {
    port: u16,
    process: Child,
    /// Certificate and key, if it speaks TLS.
    secured: Option<(PathBuf, PathBuf)>,
}

impl RedisServer {
    /// Starts one. Without the program the test says so and passes; `PORTCULLIS_REQUIRE_REDIS` makes that a failure, as in
    /// CI, where the program is installed first.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// The same; with a certificate for `localhost` and its key, over TLS.
    pub(crate) fn start_with(secured: Option<(PathBuf, PathBuf)>) -> Option<Self> {
        // The port is free when the listener is dropped; should another process take it, the server ends and the next
        // one is tried.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            match spawn(port, secured.as_ref()) {
                Spawned::Running(process) => return Some(Self { port, process, secured }),
                Spawned::Ended => {}
                Spawned::NoProgram => return None,
            }
        }
        panic!("redis-server did not start on any of ten ports");
    }

    pub(crate) fn url(&self) -> String {
        match self.secured {
            Some(_) => format!("rediss://localhost:{}", self.port),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port.
    pub(crate) fn restart(&mut self) {
        let Spawned::Running(process) = spawn(self.port, self.secured.as_ref()) else {
            panic!("the port is taken");
        };
        self.process = process;
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

enum Spawned {
    Running(Child),
    /// It ended at once: somebody has the port.
    Ended,
    NoProgram,
}

fn spawn(port: u16, secured: Option<&(PathBuf, PathBuf)>) -> Spawned {
    let mut command = Command::new("redis-server");
    match secured {
        None => command.args(["--port", &port.to_string()]),
        Some((certificate, key)) => command
            .args([
                "--port",
                "0",
                "--tls-port",
                &port.to_string(),
                "--tls-auth-clients",
                "no",
            ])
            .arg("--tls-cert-file")
            .arg(certificate)
            .arg("--tls-key-file")
            .arg(key)
            .arg("--tls-ca-cert-file")
            .arg(certificate),
    };
    let started = command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--daemonize", "no", "--loglevel", "notice"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut process = match started {
        Ok(process) => process,
        Err(error) => {
            assert!(
                std::env::var_os("PORTCULLIS_REQUIRE_REDIS").is_none(),
                "redis-server cannot be started: {error}"
            );
            println!("SKIPPED: redis-server cannot be started ({error}); install the package `redis-server`");
            return Spawned::NoProgram;
        }
    };
    // Its log says when it listens. The pipe stays open with the process, and its few lines fit into it.
    let mut log = process.stdout.take().unwrap();
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        match log.read(&mut chunk) {
            Ok(0) | Err(_) => {
                process.wait().unwrap();
                return Spawned::Ended;
            }
            Ok(length) => text.push_str(&String::from_utf8_lossy(&chunk[..length])),
        }
        if text.contains("eady to accept connections") {
            break;
        }
    }
    process.stdout = Some(log);
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    Spawned::Running(process)
}
