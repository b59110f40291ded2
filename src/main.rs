//! The command line: parse the arguments, run, exit. Everything else is in the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
