//! The caller: requests from a file over some connections, as fast as they are answered.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Writes requests, each after its length.
pub(crate) fn write(path: &Path, requests: impl Iterator<Item = Vec<u8>>) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for request in requests {
        let length = u32::try_from(request.len()).unwrap();
        file.write_all(&length.to_le_bytes()).unwrap();
        file.write_all(&request).unwrap();
    }
    file.flush().unwrap();
}

fn read(path: &str) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut requests = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (request, after) = after.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        requests.push(request.to_vec());
        rest = after;
    }
    requests
}

/// Sends everything, and prints the seconds and how many calls were not answered by 200.
pub(crate) async fn run(words: &[String]) {
    let requests = Arc::new(read(&words[1]));
    let (next, bad) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut connections = Vec::new();
    for _ in 0..words[2].parse().unwrap() {
        let stream = TcpStream::connect(&words[0]).await.unwrap();
        stream.set_nodelay(true).unwrap();
        connections.push(stream);
    }
    let started = Instant::now();
    let callers: Vec<_> = connections
        .into_iter()
        .map(|stream| {
            let (requests, next, bad) = (Arc::clone(&requests), Arc::clone(&next), Arc::clone(&bad));
            tokio::spawn(async move { call(stream, &requests, &next, &bad).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    println!("{} {}", started.elapsed().as_secs_f64(), bad.load(Ordering::Relaxed));
}

async fn call(mut stream: TcpStream, requests: &[Vec<u8>], next: &AtomicUsize, bad: &AtomicUsize) {
    let mut buffer = vec![0; 16 * 1024];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        stream.write_all(request).await.unwrap();
        let mut filled = 0;
        loop {
            let length = stream.read(&mut buffer[filled..]).await.unwrap();
            assert_ne!(length, 0, "the server closed the connection");
            filled += length;
            if is_whole(&buffer[..filled]) {
                break;
            }
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            bad.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Whether head and body are there.
fn is_whole(answer: &[u8]) -> bool {
    let text = std::str::from_utf8(answer).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let mut lengths = head.lines().filter_map(|line| line.strip_prefix("content-length: "));
    let length: usize = lengths.next().map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
