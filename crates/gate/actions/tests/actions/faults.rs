//! What fails beside the code: crashes, lost backends, damage, clocks that jump, many callers at one moment. The stores'
//! own tests ask each of them; here a whole call goes through the gates to a handler that counts its runs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use portcullis_actions::funnel::Clock;
use portcullis_actions::store::SharedStore;
use portcullis_actions::{BuildError, Memory};

use super::redis_server::RedisServer;
use super::site::{Call, Chosen, Site, TestClock, call, site_with, user};

const CHILD: &str = "PORTCULLIS_ACTIONS_CHILD";
const NONCE: &str = "PORTCULLIS_ACTIONS_NONCE";
const HOUR: Duration = Duration::from_hours(1);

/// A site that waits for its store however busy the machine is.
fn on(memory: Memory) -> Site {
    at(TestClock::new(), memory)
}

fn at(clock: Arc<TestClock>, memory: Memory) -> Site {
    site_with(Chosen {
        clock,
        memory,
        address_rate: "100000/1m per ip by gcra",
        timeout: Duration::from_mins(2),
    })
}

/// A site whose store is in Redis, by the clock of the site. An outage is met after `answer`.
fn on_redis(server: &RedisServer, answer: Duration) -> Site {
    let clock = TestClock::new();
    let store = SharedStore::open_within(&server.url(), answer).unwrap();
    let store = store.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    at(clock, Memory::own(Arc::new(store)))
}

/// A call with a nonce of its own.
fn fresh(site: &Site, action: &str) -> Call {
    let nonce = site.client.nonce(action, &user("ada"), HOUR).unwrap();
    call(action).with("x-portcullis-nonce", &nonce)
}

async fn one_of_many_wins(site: Site) {
    const CALLS: usize = 10_000;
    let site = Arc::new(site);
    let same = fresh(&site, "burst");
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let (site, call) = (Arc::clone(&site), same.clone());
            tokio::spawn(async move { site.send_unrecorded(call).await.refusal() })
        })
        .collect();
    let mut refused = 0;
    for call in calls {
        let (status, _, code) = call.await.unwrap();
        match (status, code.as_str()) {
            (200, _) => {}
            (409, "replay.spent") => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((site.runs(), refused), (1, CALLS - 1));
    assert_eq!(site.records().len(), CALLS, "one record a call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_with_one_nonce_one_runs_in_memory() {
    one_of_many_wins(on(Memory::process())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_with_one_nonce_one_runs_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    one_of_many_wins(on(Memory::redb(folder.path().join("store")))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_with_one_nonce_one_runs_in_redis() {
    if let Some(server) = RedisServer::start() {
        one_of_many_wins(on_redis(&server, Duration::from_mins(1))).await;
    }
}

/// Not a test of its own: the process that is killed while its handler runs.
#[tokio::test]
async fn child_that_is_killed_in_its_handler() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let site = on(Memory::redb(Path::new(&path)));
    let nonce = std::env::var(NONCE).unwrap();
    let _never = site
        .send_unrecorded(call("stands").with("x-portcullis-nonce", &nonce))
        .await;
}

/// `kill -9` once the handler has begun: the call may have had its effect, so its nonce stays spent after the restart.
#[tokio::test]
async fn a_nonce_stays_spent_when_the_process_is_killed_in_its_handler() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let path = folder.path().join(format!("store {round}"));
        // Nonces are made by the secret and the clock, which all processes of this test have in common.
        let issuer = on(Memory::process());
        let nonce = issuer.client.nonce("stands", &user("ada"), HOUR).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::child_that_is_killed_in_its_handler", "--nocapture"])
            .env(CHILD, &path)
            .env(NONCE, &nonce)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let began = lines
            .map_while(Result::ok)
            .any(|line| line.contains("the handler began"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(began, "the child ended before its handler began");

        let site = on(Memory::redb(&path));
        let replayed = site.send(call("stands").with("x-portcullis-nonce", &nonce)).await;
        assert_eq!(
            replayed.refusal(),
            (409, "replayed".to_owned(), "replay.spent".to_owned())
        );
        assert_eq!(site.send(fresh(&site, "burst")).await.status.as_u16(), 200);
    }
}

/// Redis is killed while calls arrive, and started again: a call is admitted or told that a backend is down, and nothing
/// runs that was not admitted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_restarted_under_calls() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let site = Arc::new(on_redis(&server, Duration::from_secs(5)));
    assert_eq!(site.send(fresh(&site, "burst")).await.status.as_u16(), 200);

    let calls: Vec<_> = (0..500)
        .map(|_| {
            let (site, call) = (Arc::clone(&site), fresh(&site, "burst"));
            tokio::spawn(async move { site.send_unrecorded(call).await.refusal() })
        })
        .collect();
    server.kill();
    let mut admitted = 1;
    for call in calls {
        match call.await.unwrap() {
            (200, ..) => admitted += 1,
            (503, kind, _) => assert_eq!(kind, "unavailable"),
            other => panic!("{other:?}"),
        }
    }
    for _ in 0..3 {
        let refused = site.send(fresh(&site, "burst")).await;
        assert_eq!(refused.refusal().0, 503);
        assert_eq!(site.last()[0], "unavailable");
    }
    assert_eq!(site.runs(), admitted, "what ran was admitted");

    server.restart();
    // The first calls may still find the old connection.
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers.push(site.send(fresh(&site, "burst")).await.status.as_u16());
        if answers.last() == Some(&200) {
            break;
        }
    }
    assert_eq!(answers.last(), Some(&200), "{answers:?}");
    assert_eq!(site.runs(), admitted + 1);
}

#[tokio::test]
async fn a_damaged_store_says_what_to_do_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::fs::write(&path, vec![7; 8_192]).unwrap();
    let Err(error) = super::settings::with_store(Memory::redb(&path)) else {
        panic!("a client was built on a damaged store");
    };
    assert!(matches!(error, BuildError::Store(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("damaged") && text.contains("restore it"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), vec![7; 8_192]);
}

#[tokio::test]
async fn a_store_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _first = super::settings::with_store(Memory::redb(&path)).unwrap();
    let Err(error) = super::settings::with_store(Memory::redb(&path)) else {
        panic!("two clients have one file");
    };
    assert!(error.to_string().contains("Redis"), "{error}");
}

/// A clock that jumps ahead and back brings no spent nonce to life, and opens no second window of a limit.
#[tokio::test]
async fn a_clock_that_jumps_admits_nothing_twice() {
    for file in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let memory = if file {
            Memory::redb(folder.path().join("store"))
        } else {
            Memory::process()
        };
        let site = site_with(Chosen {
            clock: TestClock::new(),
            memory,
            address_rate: "1000/1m per ip",
            timeout: Duration::from_mins(2),
        });
        let spent = fresh(&site, "burst");
        assert_eq!(site.send(spent.clone()).await.status.as_u16(), 200);
        let greet = || call("whoami").without("cookie");
        for _ in 0..3 {
            assert_eq!(site.send(greet()).await.status.as_u16(), 200);
        }
        assert_eq!(site.send(greet()).await.status.as_u16(), 429);

        site.clock.pass(2 * HOUR);
        assert_eq!(site.send(spent.clone()).await.refusal().2, "replay.stale");
        // What the store does now makes it give up what has ended.
        assert_eq!(site.send(fresh(&site, "burst")).await.status.as_u16(), 200);
        for _ in 0..3 {
            assert_eq!(site.send(greet()).await.status.as_u16(), 200);
        }

        site.clock.jump_back(2 * HOUR);
        assert_eq!(site.send(spent).await.refusal().2, "replay.spent");
        assert_eq!(
            site.send(greet()).await.status.as_u16(),
            429,
            "the window of the future counts"
        );
        site.clock.pass(Duration::from_mins(1) + Duration::from_millis(1));
        assert_eq!(
            site.send(greet()).await.status.as_u16(),
            200,
            "nobody is locked out for longer than a window"
        );
    }
}
