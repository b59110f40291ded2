//! `wsblame man`: the man page, as roff.

use std::io::{self, Write};

use clap_mangen::Man;

use super::exit::Exit;
use super::{EXAMPLES, EXIT_CODES, NOTES, command, output};

pub(super) fn run() -> Exit {
    output::to_stdout(render)
}

fn render(mut out: &mut dyn Write) -> io::Result<()> {
    let command = command();
    let man = Man::new(command.clone());
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    // The commands have no pages of their own to point at.
    writeln!(out, ".SH COMMANDS")?;
    for known in command.get_subcommands() {
        let about = known.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(out, ".TP\n\\fBwsblame {}\\fR\n{}", roff(known.get_name()), roff(&about))?;
    }
    writeln!(out, ".SH EXAMPLES\n.nf\n{}\n.fi", roff(EXAMPLES))?;
    writeln!(out, ".SH NOTES\n{}", roff(NOTES))?;
    writeln!(out, ".SH EXIT STATUS\n.nf\n{}\n.fi", roff(EXIT_CODES))?;
    man.render_version_section(&mut out)
}

/// Text of which roff makes nothing else.
fn roff(text: &str) -> String {
    let plain = text.replace('\\', "\\e").replace('-', "\\-").replace("\n\n", "\n.PP\n");
    let lines: Vec<&str> = plain.lines().map(str::trim_start).collect();
    lines.join("\n")
}
