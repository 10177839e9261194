//! The readers of untrusted bytes, as programs call them that feed them with mutants.

use portcullis_guard::fuzzing::{Body, ChunkReader, Preamble, head, preamble, target};

#[test]
fn a_stream_of_requests_has_one_reading() {
    let stream: &[u8] = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    let (first, framing) = head(stream, 0, 4096).unwrap().unwrap();
    assert_eq!(framing, Body::Chunked);
    let mut chunks = ChunkReader::default();
    let (body, has_ended) = chunks.read(&stream[first..]).unwrap();
    assert!(has_ended);
    let rest = &stream[first + body..];
    assert_eq!(head(rest, 0, 4096), Ok(Some((rest.len(), Body::None))));
    assert_eq!(head(b"GET / HTTP/1.1\r\n", 0, 4096), Ok(None));
    assert_eq!(head(b"GET / HTTP/9.9\r\n\r\n", 0, 4096), Err("edge.version"));
    assert_eq!(ChunkReader::default().read(b"3;a\r\n"), Err("edge.chunk"));
}

#[test]
fn callers_and_paths_are_read_too() {
    assert_eq!(preamble(b"PROXY UNKNOWN\r\n"), Preamble::Complete(15, None));
    assert_eq!(preamble(b"GET"), Preamble::Broken);
    assert_eq!(preamble(b"PROX"), Preamble::Partial);
    let read = target("/a%62", Some("nxtPid=1&b=2"), false).unwrap();
    assert_eq!(read, ("/a%62?b=2".to_owned(), "/ab".to_owned()));
    assert_eq!(target("/a%2fb", None, false), Err("edge.path"));
    assert!(target("/a%2fb", None, true).is_ok());
}
