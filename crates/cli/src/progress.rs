//! What a long analysis is doing: counters that the pipeline moves, and one live line on stderr that shows them.
//!
//! The line has words of this program and numbers alone, so nothing of the scanned project reaches the terminal here.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Nothing is shown before this time has passed: a quick scan is silent.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// A part of the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Finding and reading files.
    Reading,
    /// Parsing and linking them.
    Linking,
    /// Running endpoints.
    Analysing,
    /// Running rules.
    Checking,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Reading, Self::Linking, Self::Analysing, Self::Checking];

    const fn words(self) -> &'static str {
        match self {
            Self::Reading => "reading files",
            Self::Linking => "linking modules",
            Self::Analysing => "analysing endpoints",
            Self::Checking => "checking rules",
        }
    }
}

/// The counters. Any thread may move them.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    stage: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    /// A stage begins, with as many steps as are known now; 0 if that is not known.
    pub(crate) fn begin(&self, stage: Stage, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// One more step of the stage is done.
    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn line(&self) -> String {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        let words = Stage::ALL.get(stage).map_or("working", |stage| stage.words());
        match (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed)) {
            (0, 0) => format!("{words} ..."),
            (0, total) => format!("{words} ({total}) ..."),
            (done, 0) => format!("{words} {done} ..."),
            (done, total) => format!("{words} {done}/{total} ..."),
        }
    }
}

/// Does `work`, with a live line if `visible` and if it takes long.
pub(crate) fn show<T>(visible: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !visible {
        return work(&progress);
    }
    thread::scope(|scope| {
        let (end, ended) = channel::<()>();
        let counters = &progress;
        let line = scope.spawn(move || {
            let mut stderr = anstream::AutoStream::always(io::stderr());
            draw(counters, &ended, PATIENCE, &mut stderr);
        });
        let result = work(counters);
        drop(end);
        // The line is gone before the first byte of the report comes.
        drop(line.join());
        result
    })
}

/// Draws until `ended` hangs up, and leaves an empty line behind.
fn draw(progress: &Progress, ended: &Receiver<()>, patience: Duration, sink: &mut impl Write) {
    let mut wait = patience;
    let mut drawn = false;
    while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = TICK;
        drawn = true;
        if rewrite(sink, &progress.line()).is_err() {
            return;
        }
    }
    if drawn {
        drop(rewrite(sink, ""));
    }
}

fn rewrite(sink: &mut impl Write, line: &str) -> io::Result<()> {
    write!(sink, "\r\u{1b}[K{line}")?;
    sink.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use super::*;

    #[test]
    fn the_line_says_the_stage_and_what_is_known() {
        let progress = Progress::default();
        assert_eq!(progress.line(), "reading files ...");
        progress.begin(Stage::Analysing, 37);
        assert_eq!(progress.line(), "analysing endpoints (37) ...");
        progress.step();
        progress.step();
        assert_eq!(progress.line(), "analysing endpoints 2/37 ...");
        progress.begin(Stage::Checking, 0);
        assert_eq!(progress.line(), "checking rules ...");
    }

    #[test]
    fn the_result_comes_through() {
        assert_eq!(show(true, |_| 7), 7);
        assert_eq!(show(false, |_| 7), 7);
    }

    /// A terminal that ends the work as soon as it has been drawn on.
    struct Screen {
        end: Option<Sender<()>>,
        text: Vec<u8>,
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.text.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.end = None;
            Ok(())
        }
    }

    #[test]
    fn the_line_is_drawn_and_taken_away_again() {
        let (end, ended) = channel();
        let mut screen = Screen {
            end: Some(end),
            text: Vec::new(),
        };
        draw(&Progress::default(), &ended, Duration::ZERO, &mut screen);
        let text = String::from_utf8(screen.text).unwrap();
        assert_eq!(text, "\r\u{1b}[Kreading files ...\r\u{1b}[K");
    }

    #[test]
    fn quick_work_leaves_no_trace() {
        let (end, ended) = channel();
        drop(end);
        let mut screen = Screen {
            end: None,
            text: Vec::new(),
        };
        draw(&Progress::default(), &ended, PATIENCE, &mut screen);
        assert_eq!(screen.text, b"");
    }
}
