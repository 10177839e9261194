//! The `portcullis` binary. Everything that it does is in the library beside it.

use std::process::ExitCode;

/// The analysis makes and drops millions of small values on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    portcullis::main(std::env::args_os())
}
