//! `wsblame CAPTURE…`: the main job.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::inputs::{self, Inputs};
use super::interrupt::Interruption;
use super::keys;
use super::output::{self, Output};
use super::{When, any_format, command, complain, explain};
use wsblame::pipeline::{Analysis, Options, Series, Take};
use wsblame::report::{
    AtFault, CaptureReport, ConnectionReport, Detail, FORMATS, Filter, Filtered, Format, Report,
    Style, WriteConnection, format_of,
};
use wsblame::rules::Severity;
use wsblame::tls::Keyring;

#[derive(Args)]
pub(super) struct Arguments {
    /// Captures (pcap or pcapng, also compressed or in tar or zip), directories of such, or - for
    /// standard input
    #[arg(value_name = "CAPTURE", required_unless_present = "files_from")]
    pub(super) captures: Vec<PathBuf>,

    /// Also read the captures listed in FILE (- for standard input): one path a line, or as
    /// find -print0 writes them
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,

    /// Whether files are parts of one capture: by name and time, never, or all of them, merged by
    /// time
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    series: Together,

    /// Threads that follow connections; two and more leave reading to another one [default: as many
    /// as there are cores]
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    #[command(flatten)]
    keys: keys::KeyLogs,

    /// Format of the report [default: by the extension of --output, else text]
    #[arg(short, long, value_parser = any_format())]
    format: Option<&'static Format>,

    /// Write the report to a file; its extension picks the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only this connection, by its number in the report
    #[arg(long, value_name = "N")]
    connection: Option<u64>,

    /// Only connections that this party has to fix something in
    #[arg(long, value_name = "PARTY")]
    at_fault: Option<Party>,

    /// Only findings at least this bad [default: warning, or --fail-on if that is less; note in
    /// JSON]
    #[arg(long, value_name = "SEVERITY")]
    min_severity: Option<Severity>,

    /// Exit with 1 when a finding is at least this bad
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,

    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Say more: explanations, handshake, timeline
    #[arg(short, long)]
    verbose: bool,
}

/// Who is to be looked at.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Party {
    Client,
    Server,
    Intermediary,
}

/// Which files are parts of one capture.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Together {
    /// Rotated files, by name and time
    Auto,
    /// None
    Never,
    /// All, merged by time
    Always,
}

impl Together {
    pub(super) fn series(self) -> Series {
        match self {
            Together::Auto => Series::Auto,
            Together::Never => Series::Never,
            Together::Always => Series::Always,
        }
    }
}

/// From which severity on a finding makes the exit code 1.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    fn least(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let interruption = Interruption::watch();
    let exit = try_run(arguments, &interruption).unwrap_or_else(|Failure(exit, what)| {
        complain(what);
        exit
    });
    interruption.exit().unwrap_or(exit)
}

/// Why a run ended early, and with which exit code.
struct Failure(Exit, String);

fn try_run(arguments: &Arguments, interruption: &Interruption) -> Result<Exit, Failure> {
    let usage = |what: String| Failure(Exit::Usage, what);
    let format = format_for(arguments).map_err(usage)?;
    let inputs = inputs(arguments)?;
    let target = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    if let Some(path) = target {
        inputs::refuse_overwriting(path, &inputs.inputs).map_err(usage)?;
        inputs::refuse_overwriting_keys(path, &arguments.keys.files()).map_err(usage)?;
    }
    let keys = arguments.keys.read().map_err(|(exit, what)| Failure(exit, what))?;
    let unwritable = |error: String| Failure(Exit::Unreadable, error);
    // Opened before the work, so that a wrong path is not found out after an hour of it.
    let output = Output::open(target, interruption.unfinished()).map_err(unwritable)?;
    let mut exit = Ok(Exit::Clean);
    let written = output.write(|out| {
        let run = Run { arguments, format, interruption, is_stdout: target.is_none() };
        run.report(inputs, keys, out, &mut exit)
    });
    let exit = exit?;
    written.map_err(unwritable)?;
    Ok(exit)
}

/// One run, with its output open.
struct Run<'r> {
    arguments: &'r Arguments,
    format: &'static Format,
    interruption: &'r Interruption,
    is_stdout: bool,
}

impl Run<'_> {
    /// Analyses everything and writes the report. `exit` is what it comes to; where that is a
    /// failure, what was written is not to be kept.
    fn report(
        &self,
        inputs: Inputs,
        keys: Arc<Keyring>,
        out: &mut dyn Write,
        exit: &mut Result<Exit, Failure>,
    ) -> io::Result<()> {
        let filter = filter(self.arguments, self.format);
        let mut stream = Stream { filter, written: Ok(()), seen: Seen::default() };
        let mut report = match self.format.write_connection {
            None => self.analyse(inputs, keys, None),
            Some(write) => self.analyse(
                inputs,
                keys,
                Some(&mut |file, connection| {
                    let counts = self.arguments.fail_on.least();
                    if !stream.take(file, connection, counts, write, out) {
                        self.interruption.end_reading();
                    }
                }),
            ),
        };
        let Stream { written, seen, .. } = stream;
        self.complain(&report);
        *exit = Ok(Exit::of(&report, self.arguments.fail_on.least()).max(seen.exit));
        written?;
        let read_nothing = report.captures.iter().all(|capture| capture.format.is_none());
        report.filtered = Some(seen.filtered).filter(|filtered| *filtered != Filtered::default());
        let narrowed = match self.format.write_connection {
            None => filter.narrow(&mut report),
            Some(_) => filter.has_found(seen.last, seen.was_asked_for),
        };
        if let Err(error) = narrowed {
            let code = if read_nothing { Exit::Unreadable } else { Exit::Usage };
            *exit = Err(Failure(code, error.to_string()));
            return Err(io::Error::other(error));
        }
        *exit = Ok(Exit::of(&report, self.arguments.fail_on.least()).max(seen.exit));
        if read_nothing && self.format.shows_from > Severity::Note && self.is_stdout {
            return Ok(()); // the complaints have said it all
        }
        let style = Style {
            colour: output::colour(self.arguments.color, self.is_stdout),
            width: output::width(),
            detail: if self.arguments.verbose { Detail::Full } else { Detail::Brief },
        };
        (self.format.write)(&report, &style, out)
    }

    /// Says what could not be read.
    fn complain(&self, report: &Report) {
        if self.interruption.exit().is_some() {
            complain("interrupted; the report is of what was read by then");
        }
        for capture in &report.captures {
            let whole = capture.error.iter().map(|error| (&capture.file, error));
            let parts =
                capture.files.iter().filter_map(|file| Some((&file.file, file.error.as_ref()?)));
            whole.chain(parts).for_each(|(file, error)| complain(format_args!("{file}: {error}")));
        }
        if let Some(command) = self.arguments.captures.first().and_then(|path| meant_command(path))
        {
            complain(format_args!("did you mean the command {command}? see wsblame --help"));
        }
    }

    /// The report on all inputs; those that are no files to read come last, with their errors.
    /// Connections are not in it if somebody takes them at once.
    fn analyse(&self, inputs: Inputs, keys: Arc<Keyring>, take: Option<&mut Take<'_>>) -> Report {
        let Inputs { mut inputs, mut failed } = inputs;
        inputs::refuse_terminal(&mut inputs, &mut failed);
        let mut analysis = Analysis::new(Options {
            hash: self.format.names_by_hash,
            series: self.arguments.series.series(),
            threads: self.arguments.threads,
            ..Options::default()
        });
        analysis.use_keys(keys);
        analysis.stop_on(self.interruption.reads());
        match take {
            None => analysis.inputs(&inputs),
            Some(take) => analysis.inputs_to(&inputs, take),
        }
        let mut report = analysis.into_report();
        self.interruption.has_read();
        report.captures.extend(failed.into_iter().map(|(path, why)| CaptureReport {
            file: path.display().to_string(),
            error: Some(why),
            ..CaptureReport::default()
        }));
        report
    }
}

/// Connections that are written one by one, while captures are still read.
struct Stream {
    filter: Filter,
    written: io::Result<()>,
    seen: Seen,
}

/// What is known of the connections that were written.
struct Seen {
    filtered: Filtered,
    exit: Exit,
    /// The highest number.
    last: u64,
    /// Whether the one that was asked for was among them.
    was_asked_for: bool,
}

impl Default for Seen {
    fn default() -> Seen {
        let filtered = Filtered::default();
        Seen { filtered, exit: Exit::Clean, last: 0, was_asked_for: false }
    }
}

impl Stream {
    /// Writes a connection, if it is to be shown; whether that goes on being possible.
    fn take(
        &mut self,
        file: &str,
        mut connection: ConnectionReport,
        counts: Option<Severity>,
        write: WriteConnection,
        out: &mut dyn Write,
    ) -> bool {
        let seen = &mut self.seen;
        seen.last = seen.last.max(connection.id);
        seen.was_asked_for |= self.filter.connection == Some(connection.id);
        if self.filter.admits(&mut connection, &mut seen.filtered) && self.written.is_ok() {
            seen.exit = seen.exit.max(Exit::of_connection(&connection, counts));
            // Who reads along is to see it now.
            self.written = write(file, &connection, out).and_then(|()| out.flush());
        }
        self.written.is_ok()
    }
}

/// The command that a file that is not there was meant to be.
fn meant_command(path: &Path) -> Option<String> {
    let word = path.to_str().filter(|word| !word.contains(['.', '/']) && !path.exists())?;
    let commands = command();
    let mut names = commands.get_subcommands().map(|known| known.get_name());
    names.find(|name| explain::distance(word, name) <= 2).map(str::to_owned)
}

fn format_for(arguments: &Arguments) -> Result<&'static Format, String> {
    if let Some(format) = arguments.format {
        return Ok(format);
    }
    let by_default = FORMATS.first().ok_or("no formats")?;
    match arguments.output.as_deref() {
        None => Ok(by_default),
        Some(path) if path == Path::new("-") => Ok(by_default),
        Some(path) => format_of(path).ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().flat_map(|format| format.extensions).collect();
            let known: Vec<_> = known.iter().map(|extension| format!(".{extension}")).collect();
            format!(
                "{}: the extension does not tell the format (known: {}); give one with --format",
                path.display(),
                known.join(" ")
            )
        }),
    }
}

/// What the filters say. Nothing that --fail-on counts is hidden unless asked for.
fn filter(arguments: &Arguments, format: &Format) -> Filter {
    let counted = arguments.fail_on.least().unwrap_or(Severity::Error);
    Filter {
        connection: arguments.connection,
        at_fault: arguments.at_fault.map(|party| match party {
            Party::Client => AtFault::Client,
            Party::Server => AtFault::Server,
            Party::Intermediary => AtFault::Intermediary,
        }),
        min_severity: arguments.min_severity.unwrap_or(format.shows_from.min(counted)),
    }
}

/// Everything that the arguments and the list name.
fn inputs(arguments: &Arguments) -> Result<Inputs, Failure> {
    let mut paths = arguments.captures.clone();
    if let Some(list) = &arguments.files_from {
        if inputs::is_stdin(list) && paths.iter().any(|path| inputs::is_stdin(path)) {
            let what = "standard input (-) is either a capture or the list of captures";
            return Err(Failure(Exit::Usage, what.to_owned()));
        }
        paths.extend(inputs::listed(list).map_err(|what| Failure(Exit::Unreadable, what))?);
        if paths.is_empty() {
            let what = format!("{}: the list names no capture", list.display());
            return Err(Failure(Exit::Unreadable, what));
        }
    }
    inputs::expand(&paths).map_err(|what| Failure(Exit::Usage, what))
}
