//! `wsblame rules`: the table of all rules.

use clap::Args;

use super::exit::Exit;
use super::{When, medium, output};
use wsblame::report::cards::{self, Medium};
use wsblame::report::{Detail, Style};

#[derive(Args)]
pub(super) struct Arguments {
    /// Format of the table; in Markdown it is the one in the README
    #[arg(short, long, value_parser = medium(), default_value = "text")]
    format: Medium,

    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let style = style(arguments.color);
    output::to_stdout(|out| cards::write_rules(arguments.format, &style, out))
}

/// How cards look on standard output.
pub(super) fn style(color: When) -> Style {
    Style { colour: output::colour(color, true), width: output::width(), detail: Detail::Full }
}
