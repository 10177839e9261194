//! The regression corpus against a guard whose application records: what is refused never arrives, what is allowed does,
//! and what is taken away is gone.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads what guard wrote"
)]

mod cases;
mod react;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cases::{Case, Expect, Site};
use portcullis_guard::{Guard, Options, Overrides};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

const ACTION: &str = "40eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
/// One that may be called with every kind of value.
const WIDE: &str = "7fdddddddddddddddddddddddddddddddddddddddd";
/// Functions to which bodies refer.
const REFERRED: [&str; 3] = [
    "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "60bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "70cccccccccccccccccccccccccccccccccccccccc",
];
/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What has arrived at the application, connection by connection, as bytes.
type Arrived = Arc<Mutex<Vec<Vec<u8>>>>;

fn site() -> Site {
    Site {
        host: "app.test".to_owned(),
        origin: "http://app.test".to_owned(),
        page: "/page".to_owned(),
        action: ACTION.to_owned(),
    }
}

/// An application that keeps what it gets, and says nothing but yes.
async fn application() -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arrived::default();
    let kept = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(keep(stream, Arc::clone(&kept)));
        }
    });
    (address, arrived)
}

/// Reads one request to its end, keeps it, and answers.
async fn keep(mut stream: TcpStream, kept: Arrived) {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    while !is_whole(&bytes) {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(length) => bytes.extend(piece.iter().take(length)),
        }
    }
    if bytes.is_empty() {
        return;
    }
    kept.lock().unwrap().push(bytes);
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    drop(stream.write_all(answer.as_bytes()).await);
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head_length = head.len() + 4;
    let head = head.to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return bytes.ends_with(b"0\r\n\r\n");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    bytes.len() >= head_length + length
}

async fn guard(upstream: SocketAddr, folder: &Path) -> (SocketAddr, oneshot::Sender<()>) {
    let ids = [ACTION, WIDE].into_iter().chain(REFERRED);
    let entries: Vec<String> = ids
        .zip(["act", "wide", "one", "two", "three"])
        .map(|(id, name)| format!(r#""{id}":{{"workers":{{}},"filename":"app/a.ts","exportedName":"{name}"}}"#))
        .collect();
    let manifest = format!(
        r#"{{"node":{{{}}},"edge":{{}},"encryptionKey":"a2V5"}}"#,
        entries.join(",")
    );
    std::fs::write(folder.join("manifest.json"), manifest).unwrap();
    let pages = r#"{"/page/page":"app/page/page.js"}"#;
    std::fs::write(folder.join("app-paths-manifest.json"), pages).unwrap();
    let policy = format!(
        "[guard]\nlisten = '127.0.0.1:0'\nupstream = 'http://{upstream}'\npublic-origins = ['http://app.test']\n\
         manifest = 'manifest.json'\n[store]\nurl = 'memory:'\n[audit]\nfile = 'audit.jsonl'\n\
         [actions.'app/a.ts#act']\naccess = {{ public = 'the corpus' }}\nrate = '1000000/1m per address'\n\
         [actions.'app/a.ts#wide']\naccess = {{ public = 'the corpus' }}\nrate = '1000000/1m per address'\n\
         allow = ['maps', 'sets', 'iterators', 'blobs', 'bytes', 'promises', 'streams', 'server-references', \
         'temporary-references', 'symbols', 'cycles', 'lone-surrogates', 'reserved-keys', 'wide-form-data']\n"
    );
    std::fs::write(folder.join("portcullis.toml"), policy).unwrap();
    let options = Options {
        policy: Some(folder.join("portcullis.toml")),
        folder: folder.to_owned(),
        overrides: Overrides::default(),
        secrets: Arc::new(|_| None),
    };
    let guard = Guard::start(options).await.unwrap();
    let address = guard.address().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (reload, asked) = watch::channel(0);
    tokio::spawn(async move {
        guard.serve(asked, async move { drop(stopped.await) }).await;
        drop(reload);
    });
    (address, stop)
}

/// Sends bytes on a connection of their own, and gives what comes back.
async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    let talking = async {
        // A refusal may come before everything is written.
        drop(stream.write_all(bytes).await);
        drop(stream.read_to_end(&mut answer).await);
    };
    if tokio::time::timeout(PATIENCE, talking).await.is_err() {
        return "NO ANSWER".to_owned();
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn audit(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("audit.jsonl")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What was wrong with one case.
fn problem(case: &Case, answer: &str, arrived: &[Vec<u8>], recorded: Option<&str>) -> Option<String> {
    // `100 Continue` is no answer yet.
    let last = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(answer);
    let status = last.split(' ').nth(1).unwrap_or("none");
    let what = match &case.expect {
        Expect::Refused(codes) => {
            if !arrived.is_empty() {
                format!(
                    "arrived: {}",
                    String::from_utf8_lossy(&arrived[0])
                        .escape_debug()
                        .take(300)
                        .collect::<String>()
                )
            } else if !(status.starts_with('4') || status == "501" || answer.is_empty()) {
                format!("answered with {status}")
            } else {
                let said = format!("{}\n{answer}", recorded.unwrap_or_default());
                let has_code = codes
                    .iter()
                    .any(|code| said.contains(&format!("\"{code}")) || said.contains(&format!("({code}")));
                if has_code || answer.is_empty() {
                    return None;
                }
                format!(
                    "refused by another code: {}",
                    said.escape_debug().skip(100).take(500).collect::<String>()
                )
            }
        }
        Expect::Passes if arrived.len() == 1 && status == "200" => return None,
        Expect::Passes => format!(
            "{} arrived, answered with {status}: {}",
            arrived.len(),
            recorded
                .unwrap_or(answer)
                .escape_debug()
                .skip(130)
                .take(400)
                .collect::<String>()
        ),
        Expect::Without(words) => {
            let Some(bytes) = arrived.first() else {
                return Some(format!(
                    "{}: did not arrive, answered with {status}: {answer}",
                    case.name
                ));
            };
            let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
            let left = words.iter().find(|word| text.contains(&word.to_ascii_lowercase()));
            match left {
                None => return None,
                Some(word) => format!(
                    "`{word}` arrived: {}",
                    text.escape_debug().take(400).collect::<String>()
                ),
            }
        }
    };
    Some(format!("{} / {}: {what}", case.family, case.name))
}

#[tokio::test]
async fn every_case_ends_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (upstream, arrived) = application().await;
    let (address, _stop) = guard(upstream, folder.path()).await;
    let mut problems = Vec::new();
    for case in cases::all(&site()) {
        arrived.lock().unwrap().clear();
        let before = audit(folder.path()).len();
        let answer = send(address, &case.bytes).await;
        let records = audit(folder.path());
        let recorded = records.get(before).map(String::as_str);
        let arrived = arrived.lock().unwrap().clone();
        problems.extend(problem(&case, &answer, &arrived, recorded));
    }
    assert!(
        problems.is_empty(),
        "{} problems\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn the_corpus_has_twenty_families_and_both_sides_of_each_but_one() {
    let cases = cases::all(&site());
    let mut families: Vec<&str> = cases.iter().map(|case| case.family).collect();
    families.dedup();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), 20, "{families:?}");
    for family in families {
        let of = || cases.iter().filter(|case| case.family == family);
        let refused = of().filter(|case| matches!(case.expect, Expect::Refused(_))).count();
        assert!(refused > 0 || family.starts_with("17"), "{family}");
        let goes_on = of().count() - refused;
        assert!(
            goes_on > 0 || ["2 ", "12", "20"].iter().any(|none| family.starts_with(none)),
            "{family}"
        );
    }
}

#[test]
fn no_case_stands_twice() {
    let cases = cases::all(&site());
    let mut names: Vec<(&str, &str)> = cases.iter().map(|case| (case.family, &*case.name)).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
