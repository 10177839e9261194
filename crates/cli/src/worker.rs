//! The thread that commands run on, and the pool that the analysis spreads over.
//!
//! Both have deep stacks: the analysis follows calls of the scanned project, and that project chooses how deep they
//! nest. The limits of parser and engine keep that bounded; the stacks are sized so that the limits are reached first.

use std::thread;

use crate::failure::Failure;

const MAIN_STACK: usize = 256 << 20;
const POOL_STACK: usize = 256 << 20;

/// Runs `command` on the deep stack. A panic in it, which has told its story on stderr, becomes a failure.
pub(crate) fn run<T: Send + 'static>(
    command: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let thread = thread::Builder::new()
        .name("analysis".to_owned())
        .stack_size(MAIN_STACK)
        .spawn(command);
    let thread = thread.map_err(|error| {
        Failure::new(format!("cannot start the thread of the analysis: {error}"))
            .help("it needs 256 MB of address space: raise the limit (`ulimit -v`) and run again")
    })?;
    thread.join().unwrap_or_else(|_| {
        Err(
            Failure::new("internal error: this is a defect of portcullis, not of the scanned project")
                .help("please report it with the lines above"),
        )
    })
}

/// Prepares the pool. Called once before an analysis; a pool that is there already is left as it is.
pub(crate) fn prepare_pool() {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(POOL_STACK)
        .thread_name(|index| format!("analysis-{index}"))
        .build_global();
    drop(pool);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        let failure = run::<()>(|| panic!("on purpose")).unwrap_err();
        assert!(failure.messages[0].title.starts_with("internal error"), "{failure:?}");
    }

    /// Each call keeps 16 kB on the stack: with the usual stack of a thread this would be the end of the process.
    #[test]
    fn the_stack_is_deep() {
        fn descend(depth: u32) -> u64 {
            let ballast = std::hint::black_box([u64::from(depth); 2 << 10]);
            let below = if depth == 0 { 0 } else { descend(depth - 1) };
            below + std::hint::black_box(&ballast)[0]
        }
        assert_eq!(run(|| Ok(descend(5000))).unwrap(), 12_502_500);
    }
}
