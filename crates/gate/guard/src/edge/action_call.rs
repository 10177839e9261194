//! A call of an action on its way to the application and back. It runs in a task of its own: once the application has
//! begun, a client that goes away does not stop it halfway, and what is to be remembered about the call is remembered.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::body::{Broken, Relay, UpstreamBody};
use super::refusal::Refusal;
use super::service::{Call, Reply};
use super::state::{Live, Peer};
use crate::action::{Filter, Forward, Outcome, Ticket};
use std::sync::Arc;

/// The pieces of a filtered answer.
pub(crate) type Pieces = mpsc::Receiver<Result<Bytes, Broken>>;

/// Pieces that wait for the client.
const WAITING: usize = 16;

type Head = Result<http::response::Parts, Refusal>;

/// Sends a call on; gives the head of the answer.
pub(super) async fn run(call: &Call<'_>, head: Parts, forward: Forward) -> Result<Reply, Refusal> {
    let request = request(head, &forward);
    let (head_sender, head) = oneshot::channel();
    let (pieces_sender, pieces) = mpsc::channel(WAITING);
    let task = Task {
        live: Arc::clone(call.live),
        peer: Arc::clone(call.peer),
        started: call.started,
        pieces: Some(pieces_sender),
    };
    tokio::spawn(task.run(request, forward.ticket, head_sender));
    let head = head.await.map_err(|_| Refusal::Internal)??;
    Ok(Reply::Filtered(Response::from_parts(head, pieces)))
}

fn request(mut head: Parts, forward: &Forward) -> Request<UpstreamBody> {
    let headers = &mut head.headers;
    for name in &forward.remove {
        headers.remove(name);
    }
    for (name, value) in &forward.set {
        headers.insert(name, value.clone());
    }
    headers.remove(TRANSFER_ENCODING);
    headers.insert(CONTENT_TYPE, forward.content_type.clone());
    headers.insert(CONTENT_LENGTH, HeaderValue::from(forward.body.len()));
    // What is to be filtered must be readable.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Request::from_parts(head, UpstreamBody::whole(forward.body.clone()))
}

struct Task {
    live: Arc<Live>,
    /// Held so that a shutdown waits for the call.
    peer: Arc<Peer>,
    started: Instant,
    /// Nothing once the client has gone.
    pieces: Option<mpsc::Sender<Result<Bytes, Broken>>>,
}

impl Task {
    async fn run(mut self, request: Request<UpstreamBody>, mut ticket: Ticket, head_sender: oneshot::Sender<Head>) {
        let limits = self.live.settings.limits;
        let sent = timeout(limits.answer, self.live.upstream.send(request)).await;
        let (response, lease) = match sent.unwrap_or(Err(Refusal::UpstreamSlow)) {
            Ok(sent) => sent,
            Err(refusal) => {
                let was_sent = refusal != Refusal::UpstreamDown;
                let outcome = if was_sent { Outcome::NoAnswer } else { Outcome::NotSent };
                ticket.finish(outcome).await;
                drop(head_sender.send(Err(refusal)));
                return;
            }
        };
        let (mut head, incoming) = response.into_parts();
        let filter = ticket.answer(&mut head);
        // The filter may change the length; framing is ours.
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(TRANSFER_ENCODING);
        drop(head_sender.send(Ok(head)));
        let relay = Relay::new(incoming, lease, limits.answer_idle, self.started + limits.total);
        let outcome = self.relay(relay, filter).await;
        ticket.finish(outcome).await;
        drop(self.peer);
    }

    async fn relay(&mut self, mut relay: Relay, mut filter: Filter) -> Outcome {
        while let Some(piece) = relay.next().await {
            let filtered = piece
                .map_err(|broken| broken.0)
                .and_then(|piece| filter.push(piece).map_err(|_| Refusal::UpstreamBroken));
            match filtered {
                Ok(piece) => self.give(Ok(piece)).await,
                Err(refusal) => {
                    self.give(Err(Broken(refusal))).await;
                    return Outcome::Cut;
                }
            }
        }
        self.give(Ok(filter.end())).await;
        self.pieces = None;
        Outcome::Answered
    }

    /// Gives the client a piece, unless it has gone or does not read.
    async fn give(&mut self, piece: Result<Bytes, Broken>) {
        let Some(pieces) = &self.pieces else {
            return;
        };
        if piece.as_ref().is_ok_and(Bytes::is_empty) {
            return;
        }
        let given = timeout(self.live.settings.limits.answer_idle, pieces.send(piece)).await;
        if !matches!(given, Ok(Ok(()))) {
            self.pieces = None;
        }
    }
}
