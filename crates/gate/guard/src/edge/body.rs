//! Bodies on their way through: what a client sends, held to its size and pace; what the application answers, held to
//! its deadlines. Nothing is buffered: a frame goes on when it is there.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::held::Share;
use super::refusal::Refusal;
use super::upstream::Lease;
use crate::action::PageScan;
use crate::admin::Metrics;

/// Why a body breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the body breaks off: {}", .0.code())]
pub(crate) struct Broken(pub(crate) Refusal);

/// How a body may come in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long it may pause.
    pub(crate) idle: Duration,
    /// How many bytes a second it has to bring, once it is late.
    pub(crate) rate: u64,
    /// Its most bytes.
    pub(crate) limit: u64,
}

impl Pace {
    /// Whether a client that was waited for so long has brought too little.
    fn is_late(self, received: u64, waited: Duration) -> bool {
        let seconds = waited.saturating_sub(GRACE).as_secs();
        seconds > 0 && received < self.rate.saturating_mul(seconds)
    }
}

/// How long a body may be slower than its rate.
const GRACE: Duration = Duration::from_secs(5);

/// A body that a client sends, without trailers.
#[derive(Debug)]
pub(crate) struct Inbound {
    incoming: Incoming,
    pace: Pace,
    received: u64,
    /// How long the client kept us waiting; a slow application does not count.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    cause: Arc<OnceLock<Refusal>>,
}

impl Inbound {
    pub(crate) fn new(incoming: Incoming, pace: Pace) -> Self {
        Self {
            incoming,
            pace,
            received: 0,
            waited: Duration::ZERO,
            waiting: None,
            cause: Arc::default(),
        }
    }

    /// Where the reason will stand if the body breaks off.
    pub(crate) fn cause(&self) -> Arc<OnceLock<Refusal>> {
        Arc::clone(&self.cause)
    }

    /// The whole body, as long as there is room for it.
    pub(crate) async fn whole(mut self, share: &mut Share) -> Result<Bytes, Refusal> {
        let mut first = Bytes::new();
        let mut joined: Option<Vec<u8>> = None;
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
            let piece = frame.map_err(|broken| broken.0)?.into_data().unwrap_or_default();
            if !share.grow(piece.len() as u64) {
                return Err(Refusal::Busy);
            }
            match &mut joined {
                Some(joined) => joined.extend_from_slice(&piece),
                None if first.is_empty() => first = piece,
                None => {
                    let mut both = Vec::with_capacity(first.len() + piece.len());
                    both.extend_from_slice(&first);
                    both.extend_from_slice(&piece);
                    joined = Some(both);
                }
            }
        }
        Ok(joined.map_or(first, Bytes::from))
    }

    fn broken(&self, refusal: Refusal) -> Broken {
        self.cause.set(refusal).unwrap_or_default();
        Broken(refusal)
    }

    fn check(&mut self, frame: Result<Frame<Bytes>, hyper::Error>) -> Result<Frame<Bytes>, Broken> {
        let frame = frame.map_err(|_| self.broken(Refusal::BodyShort))?;
        // What is no data are trailers; on a connection of HTTP/1 they are refused before they get here.
        let data = frame.into_data().map_err(|_| self.broken(Refusal::Trailers))?;
        self.received = self.received.saturating_add(data.len() as u64);
        if self.received > self.pace.limit {
            return Err(self.broken(Refusal::TooLarge));
        }
        if self.pace.is_late(self.received, self.waited) {
            return Err(self.broken(Refusal::BodySlow));
        }
        Ok(Frame::data(data))
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let body = self.get_mut();
        match Pin::new(&mut body.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some((since, _)) = body.waiting.take() {
                    body.waited += since.elapsed();
                }
                Poll::Ready(frame.map(|frame| body.check(frame)))
            }
            Poll::Pending => {
                let idle = body.pace.idle;
                let (_, timer) = body
                    .waiting
                    .get_or_insert_with(|| (Instant::now(), Box::pin(sleep(idle))));
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Some(Err(body.broken(Refusal::BodySlow))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// A body for the application.
#[derive(Debug)]
pub(crate) enum UpstreamBody {
    /// It is there.
    Whole(Option<Bytes>),
    /// It comes from the client.
    Inbound(Box<Inbound>),
}

impl UpstreamBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Inbound(body) => Pin::new(body.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Inbound(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Inbound(body) => body.size_hint(),
        }
    }
}

/// An answer's body as the application sends it. Dropped before its end, it cuts the connection to the application.
#[derive(Debug)]
pub(crate) struct Relay {
    incoming: Incoming,
    lease: Option<Lease>,
    idle: Duration,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    watch: Option<Box<Watch>>,
}

/// What looks for secrets in a page that comes by.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) scan: PageScan,
    /// Whether the page breaks off where there is one.
    pub(crate) blocks: bool,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) path: String,
    pub(crate) request_id: String,
}

impl Watch {
    /// Whether a piece may go on.
    fn lets_through(&mut self, piece: &[u8]) -> bool {
        let found = self.scan.push(piece);
        let (path, request_id, blocked) = (&self.path, &self.request_id, self.blocks);
        for key in &found {
            tracing::warn!(
                path,
                request_id,
                key,
                blocked,
                "a page has a key that looks like a secret"
            );
        }
        if found.is_empty() {
            return true;
        }
        if blocked {
            self.metrics.refused(Refusal::PageSecret, path);
        } else {
            self.metrics.observed(Refusal::PageSecret, path);
        }
        !blocked
    }
}

impl Relay {
    /// The same, looked at.
    pub(crate) fn watched(mut self, watch: Option<Watch>) -> Self {
        self.watch = watch.map(Box::new);
        self
    }

    pub(crate) fn new(incoming: Incoming, lease: Option<Lease>, idle: Duration, deadline: Instant) -> Self {
        let mut relay = Self {
            incoming,
            lease,
            idle,
            deadline,
            timer: None,
            watch: None,
        };
        if relay.incoming.is_end_stream() {
            relay.end();
        }
        relay
    }

    /// The next piece; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        std::future::poll_fn(|cx| self.poll_piece(cx)).await
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(None) => {
                    self.end();
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(Broken(Refusal::UpstreamBroken)))),
                Poll::Ready(Some(Ok(frame))) => {
                    self.timer = None;
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    if self.watch.as_mut().is_some_and(|watch| !watch.lets_through(&data)) {
                        return Poll::Ready(Some(Err(Broken(Refusal::PageSecret))));
                    }
                    if self.incoming.is_end_stream() {
                        self.end();
                    }
                    return Poll::Ready(Some(Ok(data)));
                }
                Poll::Pending => {
                    let until = (Instant::now() + self.idle).min(self.deadline);
                    let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
                    ready!(timer.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(Broken(Refusal::UpstreamSlow))));
                }
            }
        }
    }

    /// The answer is complete: the connection may be used again.
    fn end(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

/// The body of an answer to a client. What it holds lives until the answer has gone, or has failed.
#[derive(Debug)]
pub(crate) struct EdgeBody<G> {
    kind: Kind,
    _guard: G,
}

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Relay(Box<Relay>),
    /// What a task of its own reads from the application; it goes on reading when the client has gone.
    Filtered(mpsc::Receiver<Result<Bytes, Broken>>),
}

impl<G> EdgeBody<G> {
    pub(crate) fn whole(bytes: Bytes, guard: G) -> Self {
        let kind = Kind::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()));
        Self { kind, _guard: guard }
    }

    pub(crate) fn relay(relay: Relay, guard: G) -> Self {
        let kind = Kind::Relay(Box::new(relay));
        Self { kind, _guard: guard }
    }

    pub(crate) fn filtered(pieces: mpsc::Receiver<Result<Bytes, Broken>>, guard: G) -> Self {
        let kind = Kind::Filtered(pieces);
        Self { kind, _guard: guard }
    }
}

impl<G: Unpin> Body for EdgeBody<G> {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let piece = match &mut self.get_mut().kind {
            Kind::Whole(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Kind::Relay(relay) => relay.poll_piece(cx),
            Kind::Filtered(pieces) => pieces.poll_recv(cx),
        };
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Relay(relay) => relay.incoming.is_end_stream(),
            Kind::Filtered(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Kind::Relay(relay) => relay.incoming.size_hint(),
            Kind::Filtered(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    #[test]
    fn a_trickle_is_late_and_a_slow_start_is_not() {
        let pace = Pace {
            idle: Duration::from_secs(10),
            rate: 100,
            limit: 1 << 20,
        };
        let late = |received, seconds| pace.is_late(received, Duration::from_secs(seconds));
        assert!(!late(0, 5));
        assert!(late(99, 6) && !late(100, 6));
        assert!(late(1_000, 65) && !late(6_000, 65));
        let unlimited = Pace { rate: 0, ..pace };
        assert!(!unlimited.is_late(0, Duration::from_hours(1)));
    }
}
