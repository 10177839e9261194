//! The way to the application: over TLS, by authorities that the policy names, and over HTTP/2.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use crate::actions::{ACTION, call, write_manifest};
use crate::world::{Running, policy, refusal};

/// Says over which version it was asked, for whom, and what it got.
async fn tell(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let version = if request.version() == Version::HTTP_2 {
        "2"
    } else {
        "1.1"
    };
    let host = request
        .uri()
        .authority()
        .map(ToString::to_string)
        .or_else(|| Some(request.headers().get("host")?.to_str().ok()?.to_owned()))
        .unwrap_or_default();
    let target = request.uri().path().to_owned();
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let text = format!("<{version} {host} {target} {}>", String::from_utf8_lossy(&body));
    Ok(Response::new(Full::from(text)))
}

/// An application with a certificate for `name`, which it leaves in `folder` as its own authority.
async fn secure_application(folder: &Path, name: &str, protocol: &'static [u8]) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    std::fs::write(folder.join("ca.pem"), made.cert.pem()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let io = TokioIo::new(stream);
                if protocol == b"h2" {
                    let connection = http2::Builder::new(TokioExecutor::new());
                    drop(connection.serve_connection(io, service_fn(tell)).await);
                } else {
                    drop(http1::Builder::new().serve_connection(io, service_fn(tell)).await);
                }
            });
        }
    });
    address
}

async fn guard(address: SocketAddr, host: &str, more: &str, folder: tempfile::TempDir) -> Running {
    write_manifest(folder.path());
    let more = format!(
        "manifest = '.next/server/server-reference-manifest.json'\n{more}[actions.'app/actions.ts#save']\naccess = {{ public = 'a test' }}\n"
    );
    let upstream = format!("https://{host}:{}", address.port());
    let text = policy(address, &more).replace(&format!("http://{address}"), &upstream);
    Running::with_policy(&text, folder).await
}

#[tokio::test]
async fn the_application_is_reached_over_tls_in_both_versions() {
    for (protocol, more, version) in [(&b"http/1.1"[..], "", "1.1"), (b"h2", "upstream-http2 = true\n", "2")] {
        let folder = tempfile::tempdir().unwrap();
        let address = secure_application(folder.path(), "localhost", protocol).await;
        let more = format!("upstream-ca = 'ca.pem'\n{more}");
        let guard = guard(address, "localhost", &more, folder).await;
        for _ in 0..3 {
            let answer = guard.get("/a", "").await;
            assert!(answer.contains(&format!("<{version} app.test /a >")), "{answer}");
        }
        let post = "POST /b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
        let answer = guard.raw(post).await;
        assert!(answer.contains(&format!("<{version} app.test /b abc>")), "{answer}");
        let answer = guard.raw(call(ACTION, "", "[ ]")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn who_is_not_the_application_gets_nothing() {
    // Another authority, another name, and another version of HTTP than the policy says.
    for (name, more, protocol) in [
        ("localhost", "", &b"http/1.1"[..]),
        ("other.test", "upstream-ca = 'ca.pem'\n", b"http/1.1"),
        (
            "localhost",
            "upstream-ca = 'ca.pem'\nupstream-http2 = true\n",
            b"http/1.1",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let address = secure_application(folder.path(), name, protocol).await;
        let guard = guard(address, "localhost", more, folder).await;
        let answer = guard.get("/a", "").await;
        assert_eq!(
            refusal(&answer),
            (502, "edge.upstream-down".to_owned()),
            "{name} {more}"
        );
    }
}

#[tokio::test]
async fn http2_without_tls_reaches_the_application() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service_fn(tell)));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let guard = Running::with_policy(&policy(address, "upstream-http2 = true\n"), folder).await;
    let asking = (0..20).map(|number| {
        let address = guard.address;
        tokio::spawn(async move {
            let head = format!("GET /{number} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
            crate::world::raw(address, head).await
        })
    });
    for (number, answer) in asking.collect::<Vec<_>>().into_iter().enumerate() {
        let answer = answer.await.unwrap();
        assert!(answer.contains(&format!("<2 app.test /{number} >")), "{answer}");
    }
}
