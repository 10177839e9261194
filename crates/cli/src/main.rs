//! The `portcullis` binary. Everything that it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    portcullis::main(std::env::args_os())
}
