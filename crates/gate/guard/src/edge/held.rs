//! How much of bodies is held at once. The bodies of actions are read whole before anything is asked, so many callers who
//! send slowly could fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all requests hold together.
#[derive(Debug, Default)]
pub(crate) struct Held(AtomicU64);

/// What one request holds; it is given back with this.
#[derive(Debug)]
pub(crate) struct Share {
    held: Arc<Held>,
    most: u64,
    bytes: u64,
}

impl Held {
    /// A share of nothing yet, of which all together may have `most` bytes.
    pub(crate) fn share(self: &Arc<Self>, most: u64) -> Share {
        Share {
            held: Arc::clone(self),
            most,
            bytes: 0,
        }
    }
}

impl Share {
    /// Takes more, if there is more.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let before = self.held.0.fetch_add(bytes, Ordering::AcqRel);
        self.bytes = self.bytes.saturating_add(bytes);
        before.saturating_add(bytes) <= self.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Held;

    #[test]
    fn what_is_held_is_given_back() {
        let held = Arc::new(Held::default());
        let (mut first, mut second) = (held.share(10), held.share(10));
        assert!(first.grow(6) && second.grow(4));
        assert!(!second.grow(1));
        drop(second);
        assert!(first.grow(4) && !first.grow(1));
        drop(first);
        assert!(held.share(10).grow(10));
    }
}
