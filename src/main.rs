//! The command line: parse the arguments, run, exit. Everything else is in the library.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// What is kept of a connection is many small things, which come and go with it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run().into()
}
