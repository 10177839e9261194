//! Runs a command several times and prints what it took: `measure RUNS FOLDER COMMAND [ARGUMENT]...`.
//!
//! One line to stdout: best wall seconds, median wall seconds, largest peak memory in MB, exit code of the last
//! run. Peak memory is that of the largest process among the command and its children. What the command prints is
//! thrown away.

#![expect(clippy::disallowed_types, reason = "a stopwatch needs a clock")]

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let runs = arguments
        .next()
        .and_then(|runs| runs.to_str()?.parse::<usize>().ok());
    let (Some(runs @ 1..), Some(folder), Some(program)) =
        (runs, arguments.next(), arguments.next())
    else {
        eprintln!("usage: measure RUNS FOLDER COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let rest: Vec<OsString> = arguments.collect();
    let mut seconds = Vec::new();
    let mut peak = 0;
    let mut last = None;
    for _ in 0..runs {
        let mut command = Command::new(&program);
        command.args(&rest).current_dir(&folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = Instant::now();
        let used = match command.spawn().and_then(|child| child.wait4()) {
            Ok(used) => used,
            Err(error) => {
                eprintln!("error: cannot run `{}`: {error}", program.display());
                return ExitCode::from(2);
            }
        };
        seconds.push(started.elapsed().as_secs_f64());
        peak = peak.max(used.rusage.maxrss);
        last = used.status.code();
    }
    seconds.sort_by(f64::total_cmp);
    let (best, median) = (seconds[0], seconds[runs / 2]);
    let code = last.map_or_else(|| "signal".to_owned(), |code| code.to_string());
    println!("{best:.3} {median:.3} {} {code}", peak / 1_000_000);
    ExitCode::SUCCESS
}
