//! `wsblame completions SHELL`.

use clap::Args;
use clap_complete::{Shell, generate};

use super::exit::Exit;
use super::{command, output};

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command(), "wsblame", &mut script);
    output::to_stdout(|out| out.write_all(&script))
}
