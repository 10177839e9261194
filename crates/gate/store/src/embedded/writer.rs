//! The one thread that writes. It takes all work that waits, does it in one transaction, writes that to the disk once,
//! and answers then: the cost of the disk is shared by everybody who waits at that moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use portcullis_funnel::{Answer, Clock, Limit, RateDecision, Timestamp, Unavailable};
use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase as _, WriteTransaction};
use tokio::sync::oneshot;

use super::entries::{ENTRIES, Entries, Kind, Stored, split};
use super::rates::{Rates, numbers};

/// Work that may wait; beyond it the store is too busy.
const QUEUE: usize = 65_536;
/// Work in one transaction.
const BATCH: usize = 512;
/// Ended entries that one transaction gives up.
const FORGET: usize = 64;
/// How long work that is not needed on the disk at once may stay off it.
const SOON: Duration = Duration::from_millis(100);

const BUSY: Unavailable = Unavailable::new("embedded store", "too much work waits");
const FAILED: Unavailable = Unavailable::new("embedded store", "the file cannot be read or written");

/// When work has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durable {
    /// Before its answer.
    BeforeAnswer,
    /// Within a tenth of a second.
    Soon,
}

/// Sends an answer, once the transaction has succeeded. Dropped without a call, it tells the asker of the failure.
type Reply = Box<dyn FnOnce() + Send>;
type Work = Box<dyn FnOnce(&mut Entries<'_>) -> Result<Reply, redb::Error> + Send>;

struct Job {
    durable: Durable,
    work: Work,
}

enum Message {
    Do(Job),
    /// Counters have changed: they are to follow soon.
    Counted,
}

/// The handle of the thread. Dropping it ends the thread after the waiting work is done.
pub(super) struct Writer {
    jobs: SyncSender<Message>,
    database: Arc<Database>,
    counters: Arc<Counters>,
}

/// The counters, and whether the thread knows that some have changed.
#[derive(Debug)]
struct Counters {
    rates: Rates,
    is_told: AtomicBool,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// The entries as of the last transaction.
pub(super) struct Snapshot(ReadOnlyTable<(u8, &'static str), &'static [u8]>);

impl Snapshot {
    pub(super) fn get(&self, kind: Kind, key: &str) -> Result<Option<Stored>, redb::Error> {
        Ok(self.0.get((kind as u8, key))?.map(|value| split(value.value())))
    }
}

impl Writer {
    pub(super) fn start(database: Database, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(QUEUE);
        let database = Arc::new(database);
        let counters = Arc::new(Counters {
            rates: Rates::new(),
            is_told: AtomicBool::new(false),
        });
        let file = File {
            database: Arc::clone(&database),
            counters: Arc::clone(&counters),
            clock,
        };
        thread::Builder::new()
            .name("portcullis-store".to_owned())
            .spawn(move || file.write_all(&waiting))?;
        Ok(Self {
            jobs,
            database,
            counters,
        })
    }

    /// Counts a call. It is on the disk soon.
    pub(super) fn take(
        &self,
        name: &str,
        limit: &Limit,
        cost: u32,
        now: Timestamp,
    ) -> Result<RateDecision, Unavailable> {
        let read = || {
            let stored = self.look(|entries| entries.get(Kind::Rate, name))?;
            let running = stored.filter(|(end, _)| *end > now);
            Ok(running.map(|(_, bytes)| numbers(&bytes)))
        };
        let decision = self.counters.rates.take(name, limit, cost, now, read)?;
        if !self.counters.is_told.swap(true, Ordering::SeqCst) {
            match self.jobs.try_send(Message::Counted) {
                Ok(()) => {}
                // It is at work, and is told with the next call.
                Err(TrySendError::Full(_)) => self.counters.is_told.store(false, Ordering::SeqCst),
                Err(TrySendError::Disconnected(_)) => return Err(FAILED),
            }
        }
        Ok(decision)
    }

    /// Does some work in a transaction.
    pub(super) fn run<T: Send + 'static>(
        &self,
        durable: Durable,
        work: impl FnOnce(&mut Entries<'_>) -> Result<T, redb::Error> + Send + 'static,
    ) -> Answer<'_, Result<T, Unavailable>> {
        let (answer, asked) = oneshot::channel();
        let work: Work = Box::new(move |entries| {
            let result = work(entries)?;
            let reply: Reply = Box::new(move || {
                // Who no longer waits needs no answer.
                let _gone = answer.send(result);
            });
            Ok(reply)
        });
        let sent = self.jobs.try_send(Message::Do(Job { durable, work }));
        Box::pin(async move {
            sent.map_err(|_| BUSY)?;
            asked.await.map_err(|_| FAILED)
        })
    }

    /// Reads without waiting for the writer.
    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, redb::Error>,
    ) -> Answer<'_, Result<T, Unavailable>> {
        Box::pin(std::future::ready(self.look(work)))
    }

    fn look<T>(&self, work: impl FnOnce(&Snapshot) -> Result<T, redb::Error>) -> Result<T, Unavailable> {
        let read = || -> Result<T, redb::Error> {
            let transaction = self.database.begin_read()?;
            work(&Snapshot(transaction.open_table(ENTRIES)?))
        };
        read().map_err(|_| FAILED)
    }
}

/// What the thread works on.
struct File {
    database: Arc<Database>,
    counters: Arc<Counters>,
    clock: Arc<dyn Clock>,
}

impl File {
    /// Runs until every handle is gone.
    fn write_all(&self, waiting: &Receiver<Message>) {
        let mut behind = Behind::default();
        loop {
            let first = match behind.remaining() {
                Some(remaining) => waiting.recv_timeout(remaining),
                None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match first {
                Ok(Message::Do(job)) => self.write_batch(job, waiting, &mut behind),
                Ok(Message::Counted) => behind.fell_behind(),
                Err(RecvTimeoutError::Timeout) => {
                    // After a failure it is tried again with the next work or after the same time.
                    behind.caught_up();
                    if self.commit(Vec::new(), Reach::Everything).is_err() {
                        behind.fell_behind();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody is left to hear of a failure; the counters of the last moment would be lost.
                    let _failed = self.commit(Vec::new(), Reach::Everything);
                    return;
                }
            }
        }
    }

    /// Does `first` and what waits with it.
    fn write_batch(&self, first: Job, waiting: &Receiver<Message>, behind: &mut Behind) {
        let mut jobs = vec![first];
        while jobs.len() < BATCH {
            match waiting.try_recv() {
                Ok(Message::Do(job)) => jobs.push(job),
                Ok(Message::Counted) => behind.fell_behind(),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let reach = if behind.is_due() {
            Reach::Everything
        } else if jobs.iter().any(|job| job.durable == Durable::BeforeAnswer) {
            Reach::Disk
        } else {
            Reach::Memory
        };
        // On a failure the replies are gone, and with them everybody who waits learns of it.
        let Ok(replies) = self.commit(jobs, reach) else {
            return;
        };
        match reach {
            Reach::Everything => behind.caught_up(),
            Reach::Memory => behind.fell_behind(),
            Reach::Disk => {}
        }
        replies.into_iter().for_each(|reply| reply());
    }

    fn commit(&self, jobs: Vec<Job>, reach: Reach) -> Result<Vec<Reply>, redb::Error> {
        let rates = &self.counters.rates;
        if reach == Reach::Everything {
            // Before they are looked at: what changes from here on is told again.
            self.counters.is_told.store(false, Ordering::SeqCst);
        }
        let done = self.transact(jobs, reach);
        if reach == Reach::Everything {
            match done {
                Ok(_) => rates.written(self.clock.now()),
                Err(_) => rates.lost(),
            }
        }
        done
    }

    fn transact(&self, jobs: Vec<Job>, reach: Reach) -> Result<Vec<Reply>, redb::Error> {
        let mut transaction: WriteTransaction = self.database.begin_write()?;
        if reach == Reach::Memory {
            transaction.set_durability(Durability::None)?;
        }
        let mut replies = Vec::with_capacity(jobs.len());
        {
            let mut entries = Entries::open(&transaction)?;
            entries.forget_ended(self.clock.now(), FORGET)?;
            for job in jobs {
                replies.push((job.work)(&mut entries)?);
            }
            if reach == Reach::Everything {
                self.counters.rates.write(&mut entries)?;
            }
        }
        transaction.commit()?;
        Ok(replies)
    }
}

/// How far a transaction goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The disk follows soon.
    Memory,
    /// It is on the disk when it has ended, with all transactions before it.
    Disk,
    /// The same, with the counters.
    Everything,
}

/// Since when something is missing on the disk. It measures the disk, not the calls, so it has a clock of its own.
#[derive(Default)]
#[expect(
    clippy::disallowed_types,
    reason = "the store is at the edge, and this time decides nothing about a call"
)]
struct Behind(Option<std::time::Instant>);

#[expect(
    clippy::disallowed_types,
    reason = "the store is at the edge, and this time decides nothing about a call"
)]
impl Behind {
    /// How long it may still stay so; nothing if all is on the disk.
    fn remaining(&self) -> Option<Duration> {
        self.0.map(|since| SOON.saturating_sub(since.elapsed()))
    }

    fn is_due(&self) -> bool {
        self.remaining() == Some(Duration::ZERO)
    }

    fn fell_behind(&mut self) {
        self.0.get_or_insert_with(std::time::Instant::now);
    }

    fn caught_up(&mut self) {
        self.0 = None;
    }
}
