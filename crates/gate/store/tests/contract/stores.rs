//! The stores as tests open them: each one new, with a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use portcullis_funnel::{Clock, Store, Timestamp};
use portcullis_store::{EmbeddedStore, MemoryStore, SharedStore};

use crate::redis_server::RedisServer;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn at(millis: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(millis)))
    }

    pub(crate) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A store, its clock, and what keeps it running.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) _keeps: Box<dyn std::any::Any + Send + Sync>,
}

/// 2026-01-01.
pub(crate) const START: i64 = 1_767_225_600_000;

pub(crate) async fn memory() -> Option<Opened> {
    let clock = TestClock::at(START);
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, 200_000);
    Some(Opened {
        store: Arc::new(store),
        clock,
        _keeps: Box::new(()),
    })
}

pub(crate) async fn embedded() -> Option<Opened> {
    let clock = TestClock::at(START);
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("store"), Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    Some(Opened {
        store: Arc::new(store),
        clock,
        _keeps: Box::new(folder),
    })
}

/// A store that waits for its answers however busy the machine is.
pub(crate) fn patient(server: &RedisServer) -> SharedStore {
    SharedStore::open_within(&server.url(), Duration::from_mins(1)).unwrap()
}

pub(crate) async fn shared() -> Option<Opened> {
    let server = RedisServer::start()?;
    let clock = TestClock::at(START);
    let store = patient(&server).with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    Some(Opened {
        store: Arc::new(store),
        clock,
        _keeps: Box::new(server),
    })
}
