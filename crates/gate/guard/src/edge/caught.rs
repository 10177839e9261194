//! A request whose handling panics: its caller gets an answer, the other requests of the connection go on, and what the
//! handling held is let go as its parts are dropped; a call of an action leaves its audit record that way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What `handling` gives, or nothing if it panics. It is not polled again after that, so that no state of it is seen that
/// the panic left unfinished.
pub(super) async fn caught<T>(handling: impl Future<Output = T>) -> Option<T> {
    let mut handling = pin!(handling);
    std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[tokio::test]
    async fn a_panic_is_nothing_and_everything_else_is_itself() {
        assert_eq!(caught(async { 7 }).await, Some(7));
        let handling = async {
            tokio::task::yield_now().await;
            let nothing: Vec<u8> = Vec::new();
            nothing[0]
        };
        assert_eq!(caught(handling).await, None);
    }
}
