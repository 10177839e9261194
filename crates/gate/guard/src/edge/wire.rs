//! What arrives on a connection of HTTP/1, before the server library sees it. That library drops, joins or forgives some
//! of what request smuggling is made of: a length beside chunks, a repeated length, extensions of chunks. So heads and
//! chunk sizes are read here first, by one strict grammar, and the library gets bytes that have one reading only.
//!
//! A head that is refused is replaced by one that no client can send (the method [`REFUSED`]), so that the refusal is
//! answered in its turn, after the answers to the requests before it.

pub(in crate::edge) mod chunks;
pub(in crate::edge) mod head;

use std::future::Future as _;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};

use self::chunks::{Chunks, Progress};
use self::head::Framing;
pub(crate) use self::head::MOST_HEADERS;
use super::refusal::Refusal;

/// The method of a replaced head.
pub(crate) const REFUSED: &str = "REFUSED";

const REPLACEMENT: &[u8] = b"REFUSED / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// How much is read at once.
const PIECE: usize = 16 << 10;

/// How long, and how much, is read from a client that is being refused: a connection that is closed with unread bytes
/// is reset, and the client might not see why.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1 << 20;

/// What a connection's reader and its requests tell each other.
#[derive(Debug, Default)]
pub(crate) struct WireState {
    refusal: OnceLock<Refusal>,
    is_raw: AtomicBool,
    in_flight: AtomicUsize,
    /// Requests whose answers have not begun.
    waiting: AtomicUsize,
    begun: AtomicUsize,
    begins: Notify,
}

impl WireState {
    /// Ready when there is a request whose answer has not begun.
    pub(crate) async fn request_waits(&self) {
        loop {
            let begins = self.begins.notified();
            if self.waiting.load(Ordering::Acquire) > 0 {
                return;
            }
            begins.await;
        }
    }

    /// How many requests have come.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Acquire)
    }

    /// Whether a request is being answered, or its answer has not gone.
    pub(crate) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) > 0
    }

    /// A request whose answer has not begun.
    pub(crate) fn answer(self: &Arc<Self>) -> Answering {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.begun.fetch_add(1, Ordering::AcqRel);
        self.begins.notify_one();
        Answering(Arc::clone(self))
    }

    /// Why the connection is refused, once it is.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal.get().copied()
    }

    /// From here on the bytes are no HTTP.
    pub(crate) fn make_raw(&self) {
        self.is_raw.store(true, Ordering::Release);
    }

    /// A request that is being answered; while there is one, the connection is not idle.
    pub(crate) fn request(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(Arc::clone(self))
    }
}

/// See [`WireState::request`].
#[derive(Debug)]
pub(crate) struct InFlight(Arc<WireState>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// See [`WireState::answer`].
#[derive(Debug)]
pub(crate) struct Answering(Arc<WireState>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Limits of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WireLimits {
    /// Bytes of a head.
    pub(crate) head: usize,
    /// How long a head may take.
    pub(crate) head_deadline: Duration,
    /// How long the connection may be idle between requests.
    pub(crate) keep_alive: Duration,
    /// How long a client may take nothing of an answer.
    pub(crate) stall: Duration,
}

#[derive(Debug)]
enum Phase {
    /// Before or in a head, of which this much is known to have no end.
    Head { scanned: usize },
    /// In a body with this much left.
    Sized(u64),
    /// In a body of chunks.
    Chunked(Chunks),
    /// The connection was refused, and nothing more is read.
    Refused,
}

/// A connection whose requests are looked at as they come in.
#[derive(Debug)]
pub(crate) struct Wire<T> {
    inner: T,
    state: Arc<WireState>,
    limits: WireLimits,
    buffer: BytesMut,
    /// How much of `buffer` may be handed on.
    passable: usize,
    phase: Phase,
    timer: Pin<Box<Sleep>>,
    has_begun: bool,
    /// Runs while the client takes nothing of an answer.
    stalled: Option<Pin<Box<Sleep>>>,
    lingered: usize,
    has_shut_down: bool,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    /// A connection from which `received` was already read.
    pub(crate) fn new(inner: T, received: BytesMut, limits: WireLimits, state: Arc<WireState>) -> Self {
        Self {
            inner,
            state,
            limits,
            buffer: received,
            passable: 0,
            phase: Phase::Head { scanned: 0 },
            timer: Box::pin(sleep(limits.head_deadline)),
            has_begun: true,
            stalled: None,
            lingered: 0,
            has_shut_down: false,
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        // The first one counts: what follows it has no meaning any more.
        self.state.refusal.set(refusal).unwrap_or_default();
        self.phase = Phase::Refused;
    }

    fn refuse_head(&mut self, refusal: Refusal) {
        self.refuse(refusal);
        self.buffer.clear();
        self.buffer.extend_from_slice(REPLACEMENT);
        self.passable = self.buffer.len();
    }

    /// Looks at what is in the buffer. Errors are for the body that is being read.
    fn inspect(&mut self) -> io::Result<()> {
        match &mut self.phase {
            Phase::Refused => Ok(()),
            Phase::Head { scanned } => {
                let from = *scanned;
                match head::read(&self.buffer, from, self.limits.head) {
                    Err(refusal) => self.refuse_head(refusal),
                    Ok(None) => {
                        self.phase = Phase::Head {
                            scanned: self.buffer.len(),
                        }
                    }
                    Ok(Some((length, framing))) => {
                        self.passable = length;
                        self.phase = match framing {
                            Framing::None => Phase::Head { scanned: 0 },
                            Framing::Sized(length) => Phase::Sized(length),
                            Framing::Chunked => Phase::Chunked(Chunks::default()),
                        };
                        self.has_begun = false;
                        self.timer.as_mut().reset(Instant::now() + self.limits.keep_alive);
                    }
                }
                Ok(())
            }
            Phase::Sized(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(self.buffer.len());
                self.passable = length;
                *left = left.saturating_sub(length as u64);
                if *left == 0 {
                    self.phase = Phase::Head { scanned: 0 };
                }
                Ok(())
            }
            Phase::Chunked(chunks) => match chunks.read(&self.buffer) {
                Ok(Progress::Within(length)) => {
                    self.passable = length;
                    Ok(())
                }
                Ok(Progress::Ended(length)) => {
                    self.passable = length;
                    self.phase = Phase::Head { scanned: 0 };
                    Ok(())
                }
                Err(refusal) => {
                    self.refuse(refusal);
                    Err(io::Error::new(io::ErrorKind::InvalidData, refusal.code()))
                }
            },
        }
    }

    /// The deadline of a head, or of an idle connection.
    fn check_timer(&mut self, cx: &mut Context<'_>) -> Option<io::Result<()>> {
        if !matches!(self.phase, Phase::Head { .. }) {
            return None;
        }
        if !self.has_begun && !self.buffer.is_empty() {
            self.has_begun = true;
            self.timer.as_mut().reset(Instant::now() + self.limits.head_deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if self.state.in_flight.load(Ordering::Acquire) > 0 {
                let pause = if self.has_begun {
                    self.limits.head_deadline
                } else {
                    self.limits.keep_alive
                };
                self.timer.as_mut().reset(Instant::now() + pause);
                continue;
            }
            if self.buffer.is_empty() {
                return Some(Ok(()));
            }
            self.refuse_head(Refusal::HeadSlow);
            return None;
        }
        None
    }

    /// Reads what there is. A connection that waits holds no memory for it.
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut piece))?;
        self.buffer.extend_from_slice(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }

    /// Ends a connection whose client takes nothing: it would hold a connection to the application for ever.
    fn within_stall<R>(&mut self, written: Poll<io::Result<R>>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall = self.limits.stall;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads and drops what a refused client still sends.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.lingered >= LINGER_BYTES || self.timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            self.buffer.clear();
            match ready!(self.poll_inner(cx)) {
                Ok(length) if length > 0 => self.lingered += length,
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        loop {
            if wire.passable > 0 {
                let length = wire.passable.min(into.remaining());
                let (piece, _) = wire.buffer.split_at_checked(length).unwrap_or_default();
                into.put_slice(piece);
                wire.buffer.advance(length);
                wire.passable -= length;
                if wire.buffer.is_empty() {
                    wire.buffer = BytesMut::new();
                }
                return Poll::Ready(Ok(()));
            }
            if wire.state.is_raw.load(Ordering::Acquire) {
                if wire.buffer.is_empty() {
                    return Pin::new(&mut wire.inner).poll_read(cx, into);
                }
                wire.passable = wire.buffer.len();
                continue;
            }
            if matches!(wire.phase, Phase::Refused) {
                // The answer closes the connection; the end of what was read would cancel the answer.
                return Poll::Pending;
            }
            if !wire.buffer.is_empty() {
                wire.inspect()?;
                if wire.passable > 0 {
                    continue;
                }
            }
            if let Some(ended) = wire.check_timer(cx) {
                return Poll::Ready(ended);
            }
            if wire.passable > 0 {
                continue;
            }
            if ready!(wire.poll_inner(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let written = Pin::new(&mut wire.inner).poll_write(cx, bytes);
        wire.within_stall(written, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let written = Pin::new(&mut wire.inner).poll_write_vectored(cx, slices);
        wire.within_stall(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let flushed = Pin::new(&mut wire.inner).poll_flush(cx);
        wire.within_stall(flushed, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if !wire.has_shut_down {
            ready!(Pin::new(&mut wire.inner).poll_shutdown(cx))?;
            wire.has_shut_down = true;
            wire.timer.as_mut().reset(Instant::now() + LINGER);
        }
        let is_between = matches!(wire.phase, Phase::Head { .. }) && wire.buffer.is_empty();
        if is_between || wire.state.is_raw.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        wire.poll_linger(cx).map(Ok)
    }
}
