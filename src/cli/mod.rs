//! The command line.
//!
//! In: arguments. Out: a report on standard output or in a file, complaints on standard error, an
//! exit code. One file for each subcommand; nothing here knows what is in a capture.

mod analyse;
mod completions;
mod exit;
mod explain;
mod frames;
mod inputs;
mod interrupt;
mod keys;
mod locale;
mod man;
mod output;
mod rules;
mod schema;

use std::ffi::OsString;
use std::io::ErrorKind;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ColorChoice, CommandFactory, Parser, Subcommand, ValueEnum};

use exit::Exit;
use wsblame::report::{self, FORMATS, Format};

const EXAMPLES: &str =
    "  wsblame incident.pcap                     who closed each WebSocket, and whose fault it was
  wsblame -o ticket.md incident.pcap        the same, ready to paste into a ticket
  wsblame --connection 3 -v incident.pcap   everything about connection 3
  wsblame --at-fault client captures/       what clients have to fix, in a directory of captures
  wsblame incident.tar.gz                   every capture in an archive; rotated files as one
  find /var/cap -mmin -60 | wsblame --files-from -
  wsblame -f ndjson *.pcap | jq .verdict    one line of JSON for each connection
  tcpdump -i any -s 0 -w - port 80 | wsblame -
  wsblame --keylog keys.log incident.pcap   also what TLS encrypts, with its keys
  wsblame frames --connection 3 a.pcap      the frames of connection 3, one by one
  wsblame explain 1006                      what a close code means and what to do
  wsblame explain 1005 1006                 two close codes side by side
  wsblame explain 4000-4999                 a range of codes, and which products use them
  wsblame explain --lang vi 1006            the same in Vietnamese
  wsblame explain keylog                    how to have the keys of TLS logged
  wsblame explain client-frame-unmasked     why a rule exists, and how to keep it
  wsblame explain \"RSV1 must be clear\"      which library logs that, and what it means";

const NOTES: &str = "\
A capture that is named like a command: wsblame ./rules, or wsblame -- rules.

Files are recognised by content: pcap and pcapng; gzip, zstd, lz4, xz, bzip2; tar and zip. Files \
that tcpdump -C/-G/-W or dumpcap rotated are analysed as one capture; see --series.

Keys of TLS come from --keylog, from the file that SSLKEYLOGFILE names where no --keylog is given, \
and from the capture itself (pcapng with decryption secrets).

Filters (--connection, --at-fault, --min-severity) narrow what is shown and what is judged.";

const EXIT_CODES: &str = "  0  no finding at --fail-on or above
  1  at least one
  2  the command line is wrong
  3  an input could not be read, or the output not be written (wins over 1)
  130  interrupted by Ctrl-C, or 143 by SIGTERM: the report is of what was read by then (wins over
     all others); a second signal ends the run at once
A reader of the output that goes away, such as head, changes no exit code; in NDJSON reading ends
there, and what was read by then counts.";

/// Reads packet captures and says, for every WebSocket in them, who closed it, with which code,
/// what each side's API reported, who broke the protocol, and who has to fix it.
#[derive(Parser)]
#[command(
    version,
    after_help = format!("Examples:\n{EXAMPLES}\n\n{NOTES}\n\nExit codes:\n{EXIT_CODES}"),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    override_usage = "wsblame [OPTIONS] <CAPTURE>...\n       wsblame [OPTIONS] --files-from <FILE>\n       wsblame <COMMAND>",
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    analyse: analyse::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// List the frames of connections one by one, also with their payload
    Frames(frames::Arguments),
    /// List every rule
    Rules(rules::Arguments),
    /// Explain a rule, a cause, a blind spot, close codes, a product, key logs or a line of a log, or
    /// compare two close codes
    Explain(explain::Arguments),
    /// Print the JSON Schema of the report
    Schema(schema::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
    /// Print the man page
    Man,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal unless NO_COLOR is set, and elsewhere if CLICOLOR_FORCE is
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Parses the arguments of the process and does what they say.
pub(crate) fn run() -> Exit {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print();
            return match printed {
                _ if error.use_stderr() => Exit::Usage, // nobody is left to be told
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    complain(format_args!("standard output: {}", output::plain(&error)));
                    Exit::Unreadable
                }
                Ok(()) | Err(_) => Exit::Clean,
            };
        }
    };
    match cli.command {
        None => analyse::run(&cli.analyse),
        Some(Command::Frames(arguments)) => frames::run(&arguments),
        Some(Command::Rules(arguments)) => rules::run(&arguments),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Schema(arguments)) => schema::run(&arguments),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Man) => man::run(),
    }
}

/// The whole command line, for completions and the man page.
fn command() -> clap::Command {
    Cli::command().color(ColorChoice::Never)
}

/// Says what went wrong, in one line.
fn complain(what: impl std::fmt::Display) {
    use std::io::Write;
    let line = what.to_string();
    let line = report::escape::terminal(line.trim_end());
    let _ = writeln!(std::io::stderr(), "wsblame: {line}"); // nobody is left to be told
}

/// Picks from [`FORMATS`] by name.
fn any_format() -> impl TypedValueParser<Value = &'static Format> {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
        .try_map(|name| report::format(&name).ok_or("no such format"))
}

/// Picks from [`FORMATS`] by name, of those that cards can be written in.
fn medium() -> impl TypedValueParser<Value = report::cards::Medium> {
    let media = FORMATS.iter().filter(|format| report::cards::Medium::of(format).is_some());
    PossibleValuesParser::new(media.map(|format| format.name)).try_map(|name| {
        report::format(&name).and_then(report::cards::Medium::of).ok_or("no such format")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_word_is_a_command_first_and_a_capture_when_told_so() {
        let captures = |arguments: &[&str]| {
            let cli = Cli::try_parse_from(arguments).ok()?;
            cli.command.is_none().then_some(cli.analyse.captures.len())
        };
        assert_eq!(captures(&["wsblame", "rules"]), None);
        assert_eq!(captures(&["wsblame", "./rules"]), Some(1));
        assert_eq!(captures(&["wsblame", "--", "rules"]), Some(1));
        assert_eq!(captures(&["wsblame", "-v", "a.pcap", "b.pcap"]), Some(2));
    }
}
