//! Connections: accepted within their number, told who they come from, decrypted, and served with HTTP/1 or HTTP/2.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use portcullis_funnel::ClientAddress;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::proxy_protocol::{self, Preamble};
use super::service;
use super::state::{Edge, Live, Peer, stopped};
use super::wire::{Wire, WireState};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long to wait after the system had no more files for connections.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// How long a connection goes on without a request once guard is stopping.
const QUIET: Duration = Duration::from_secs(1);

/// Opens a listener. The port can be shared, so that a new guard listens before the old one ends.
pub(crate) fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until `ends` says otherwise, and then those that are waiting already.
pub(crate) async fn accept(edge: Arc<Edge>, listener: TcpListener, mut ends: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut ends) => break,
        };
        match accepted {
            Ok((stream, address)) => begin(&edge, stream, address, &ends),
            Err(_) => sleep(EXHAUSTED).await,
        }
    }
    // These clients have a connection already: closing the listener would reset it.
    while let Ok(Ok((stream, address))) = timeout(Duration::from_millis(1), listener.accept()).await {
        begin(&edge, stream, address, &ends);
    }
}

fn begin(edge: &Arc<Edge>, stream: TcpStream, address: SocketAddr, alive: &watch::Receiver<bool>) {
    let (edge, alive) = (Arc::clone(edge), alive.clone());
    tokio::spawn(async move {
        let live = edge.live.load_full();
        let limits = live.settings.limits;
        // The proxy's own address says nothing about who uses it.
        let of_one = if live.settings.proxies.trusts(address.ip()) || live.settings.proxy_protocol {
            usize::MAX
        } else {
            limits.connections_per_address
        };
        let whose = ClientAddress::Known(address.ip().to_canonical());
        let Some(_place) = edge.connections.enter(whose, limits.connections, of_one) else {
            edge.metrics.turned_away();
            return;
        };
        drop(stream.set_nodelay(true));
        drop(serve(&edge, &live, stream, address.ip(), alive).await);
    });
}

async fn serve(
    edge: &Arc<Edge>,
    live: &Live,
    mut stream: TcpStream,
    address: IpAddr,
    alive: watch::Receiver<bool>,
) -> io::Result<()> {
    let deadline = live.settings.wire.head_deadline;
    let mut received = BytesMut::new();
    let mut whose = Some(address.to_canonical());
    if live.settings.proxy_protocol {
        if live.settings.has_proxies && !live.settings.proxies.trusts(address) {
            return Ok(());
        }
        whose = timeout(deadline, preamble(&mut stream, &mut received))
            .await??
            .or(whose);
    }
    let stream = Prefixed { received, stream };
    let peer = |is_tls, is_http2| Peer {
        address: whose,
        is_tls,
        is_http2,
        wire: (!is_http2).then(|| Arc::new(WireState::default())),
        alive: alive.clone(),
    };
    let Some(tls) = &live.tls else {
        let (stream, is_http2) = timeout(deadline, looks_like_http2(stream)).await??;
        return if is_http2 {
            Box::pin(serve_http2(edge, live, stream, peer(false, true))).await
        } else {
            let Prefixed { received, stream } = stream;
            Box::pin(serve_http1(edge, live, stream, received, peer(false, false))).await
        };
    };
    let stream = Box::pin(timeout(deadline, tls.0.accept(stream))).await??;
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        Box::pin(serve_http2(edge, live, stream, peer(true, true))).await
    } else {
        Box::pin(serve_http1(edge, live, stream, BytesMut::new(), peer(true, false))).await
    }
}

/// Reads the PROXY protocol: the caller's address, and what came behind it in `received`.
async fn preamble(stream: &mut TcpStream, received: &mut BytesMut) -> io::Result<Option<IpAddr>> {
    loop {
        match proxy_protocol::read(received) {
            Preamble::Complete(length, address) => {
                received.advance(length);
                return Ok(address);
            }
            Preamble::Broken => return Err(io::ErrorKind::InvalidData.into()),
            Preamble::Partial => {}
        }
        if stream.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Reads until it is clear which version of HTTP the client speaks. Nothing is lost.
async fn looks_like_http2(mut stream: Prefixed) -> io::Result<(Prefixed, bool)> {
    loop {
        let common = stream.received.len().min(PREFACE.len());
        if stream.received.get(..common) != PREFACE.get(..common) {
            return Ok((stream, false));
        }
        if common == PREFACE.len() {
            return Ok((stream, true));
        }
        if stream.stream.read_buf(&mut stream.received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

// Connections are many and mostly idle: what only a request needs is allocated with it.
async fn serve_http1<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    edge: &Arc<Edge>,
    live: &Live,
    stream: T,
    received: BytesMut,
    peer: Peer,
) -> io::Result<()> {
    let mut ends = peer.alive.clone();
    let state = peer.wire.clone().unwrap_or_default();
    let wire = Wire::new(stream, received, live.settings.wire, Arc::clone(&state));
    let (edge, peer) = (Arc::clone(edge), Arc::new(peer));
    let service = service_fn(move |request| Box::pin(service::answer(Arc::clone(&edge), Arc::clone(&peer), request)));
    let connection = http1::Builder::new()
        .max_headers(128)
        .max_buf_size((live.settings.wire.head * 2).max(64 << 10))
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        served = connection.as_mut() => return served.map_err(io::Error::other),
        () = stopped(&mut ends) => {}
    }
    // A close that meets a request loses it: the client may have sent one already. So the next request is answered, and its
    // answer says that it is the last one; only a client that asks for nothing meets the close.
    loop {
        let begun = state.begun();
        tokio::select! {
            served = connection.as_mut() => return served.map_err(io::Error::other),
            () = state.request_waits() => break,
            () = sleep(QUIET) => {}
        }
        if state.begun() == begun && !state.is_busy() {
            break;
        }
    }
    connection.as_mut().graceful_shutdown();
    connection.await.map_err(io::Error::other)
}

async fn serve_http2<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    edge: &Arc<Edge>,
    live: &Live,
    stream: T,
    peer: Peer,
) -> io::Result<()> {
    let mut ends = peer.alive.clone();
    let (edge, peer) = (Arc::clone(edge), Arc::new(peer));
    let service = service_fn(move |request| Box::pin(service::answer(Arc::clone(&edge), Arc::clone(&peer), request)));
    let settings = &live.settings;
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.wire.keep_alive / 2)
        .keep_alive_timeout(settings.wire.head_deadline)
        .max_header_list_size(u32::try_from(settings.wire.head).unwrap_or(u32::MAX))
        .max_concurrent_streams(128)
        .max_send_buf_size(256 << 10)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        served = connection.as_mut() => return served.map_err(io::Error::other),
        () = stopped(&mut ends) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.map_err(io::Error::other)
}

/// A connection of which the first bytes were read already.
#[derive(Debug)]
struct Prefixed {
    received: BytesMut,
    stream: TcpStream,
}

impl AsyncRead for Prefixed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let prefixed = self.get_mut();
        if prefixed.received.is_empty() {
            return Pin::new(&mut prefixed.stream).poll_read(cx, into);
        }
        let length = prefixed.received.len().min(into.remaining());
        into.put_slice(&prefixed.received.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
