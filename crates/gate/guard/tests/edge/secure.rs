//! TLS with a certificate made here, and HTTP/2 over it.

use std::path::Path;
use std::sync::Arc;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::world::{Application, Running, policy};

/// Writes a new certificate for `app.test` into a folder.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["app.test".to_owned()]).unwrap();
    std::fs::write(folder.join("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

async fn guard_before(application: &Application, folder: tempfile::TempDir) -> Running {
    let text = policy(
        application.address,
        "[guard.tls]\ncertificate = 'chain.pem'\nkey = 'key.pem'\n",
    )
    .replace("http://app.test", "https://app.test");
    Running::with_policy(&text, folder).await
}

async fn connect(
    guard: &Running,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("app.test").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, guard.connect().await)
        .await
}

#[tokio::test]
async fn both_versions_of_http_go_through_tls() {
    let application = Application::hello().await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = certificate(folder.path());
    let guard = guard_before(&application, folder).await;

    let stream = connect(&guard, &trusted, b"http/1.1").await.unwrap();
    let (mut sender, connection) = http1::handshake::<_, Full<bytes::Bytes>>(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get("/one")
        .header("host", "app.test")
        .body(Full::default())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");

    let stream = connect(&guard, &trusted, b"h2").await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let ask = async |request: Request<Full<bytes::Bytes>>| {
        let response = sender.clone().send_request(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    };
    let request = |uri: &str| {
        let crumbs = Request::post(uri).header("cookie", "a=1").header("cookie", "b=2");
        crumbs.body(Full::from("abc")).unwrap()
    };
    assert_eq!(ask(request("https://app.test/two")).await, (200, "hello".into()));
    let heard = application.requests();
    assert_eq!(
        (heard[1].target.as_str(), heard[1].header("host")),
        ("/two", Some("app.test"))
    );
    assert_eq!(
        (heard[1].body.as_ref(), heard[1].header("x-forwarded-proto")),
        (&b"abc"[..], Some("https"))
    );

    assert_eq!(heard[1].header("cookie"), Some("a=1; b=2"));

    // What the reader of HTTP/1 refuses on the wire is refused here by meaning.
    let mut other_host = request("https://app.test/");
    other_host.headers_mut().insert("host", "evil.test".parse().unwrap());
    for (request, status, code) in [
        (request("https://evil.test/"), 421, "edge.host-unknown"),
        (other_host, 400, "edge.host-mismatch"),
        (request("https://app.test/a%2fb"), 400, "edge.path"),
        (
            Request::get("https://app.test/").body(Full::from("abc")).unwrap(),
            400,
            "edge.body-unexpected",
        ),
        (
            Request::builder()
                .method("TRACE")
                .uri("https://app.test/")
                .body(Full::default())
                .unwrap(),
            405,
            "edge.method",
        ),
    ] {
        let (found, body) = ask(request).await;
        assert_eq!(found, status);
        assert!(String::from_utf8_lossy(&body).contains(code), "{body:?}");
    }
    assert_eq!(application.requests().len(), 2);
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_and_a_broken_one_is_not() {
    let application = Application::hello().await;
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let path = folder.path().to_owned();
    let guard = guard_before(&application, folder).await;
    assert!(connect(&guard, &first, b"http/1.1").await.is_ok());
    std::fs::write(path.join("key.pem"), "no key").unwrap();
    guard.reload.send_modify(|count| *count += 1);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(connect(&guard, &first, b"http/1.1").await.is_ok());
    let second = certificate(&path);
    guard.reload.send_modify(|count| *count += 1);
    let taken_up = async {
        while connect(&guard, &second, b"http/1.1").await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, taken_up).await.unwrap();
    assert!(connect(&guard, &first, b"http/1.1").await.is_err());
}

#[tokio::test]
async fn http2_without_tls_is_understood() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(guard.connect().await))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://app.test/")
        .body(Full::<bytes::Bytes>::default())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
}
