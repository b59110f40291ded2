//! `wsblame man`: the man page, as roff.

use clap_mangen::Man;

use super::exit::Exit;
use super::{command, output};

pub(super) fn run() -> Exit {
    output::to_stdout(|mut out| Man::new(command()).render(&mut out))
}
