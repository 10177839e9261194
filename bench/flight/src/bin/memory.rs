//! Prints how much memory the reader takes at most for hostile bodies of growing size, in bytes for each byte of the body.
//! A program of its own, because counting takes time.

#[path = "../bodies.rs"]
mod bodies;

use peak_alloc::PeakAlloc;
use portcullis_flight::{ActionId, KnownIds, read_fetch_text};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() {
    let id = ActionId::new(&"4".repeat(42)).expect("an id");
    let options = bodies::options();
    println!("bytes of memory a byte of the body, by size");
    for (name, make) in bodies::BODIES {
        print!("{name:<14}");
        for size in [10_000, 100_000, 1_000_000] {
            let body = make(size);
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            drop(read_fetch_text(id.clone(), body.as_bytes(), &KnownIds::Any, &options));
            let most = MEMORY.peak_usage().saturating_sub(before);
            print!(" {:>8.2}", most as f64 / body.len() as f64);
        }
        println!();
    }
}
