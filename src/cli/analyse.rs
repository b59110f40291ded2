//! `wsblame CAPTURE…`: the main job.

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
use wsblame::capture::Stop;
use wsblame::pipeline::{Analysis, Options, Series};
use wsblame::report::{
    AtFault, CaptureReport, Detail, FORMATS, Filter, Format, Report, Style, format_of,
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

    /// Threads, besides the one that reads [default: as many as there are cores]
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

    let mut report = analyse(inputs, keys, arguments, format, interruption.reads());
    interruption.has_read();
    if interruption.exit().is_some() {
        complain("interrupted; the report is of what was read by then");
    }
    for capture in &report.captures {
        let whole = capture.error.iter().map(|error| (&capture.file, error));
        let parts =
            capture.files.iter().filter_map(|file| Some((&file.file, file.error.as_ref()?)));
        whole.chain(parts).for_each(|(file, error)| complain(format_args!("{file}: {error}")));
    }
    if let Some(command) = arguments.captures.first().and_then(|path| meant_command(path)) {
        complain(format_args!("did you mean the command {command}? see wsblame --help"));
    }
    let read_nothing = report.captures.iter().all(|capture| capture.format.is_none());
    filter(arguments, format).narrow(&mut report).map_err(|error| match read_nothing {
        true => Failure(Exit::Unreadable, error.to_string()),
        false => usage(error.to_string()),
    })?;
    let exit = Exit::of(&report, arguments.fail_on.least());
    if read_nothing && format.shows_from > Severity::Note && target.is_none() {
        return Ok(exit); // the complaints have said it all
    }

    let style = Style {
        colour: output::colour(arguments.color, target.is_none()),
        width: output::width(),
        detail: if arguments.verbose { Detail::Full } else { Detail::Brief },
    };
    output.write(|out| (format.write)(&report, &style, out)).map_err(unwritable)?;
    Ok(exit)
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

/// The report on all inputs; those that are no files to read come last, with their errors.
fn analyse(
    inputs: Inputs,
    keys: Arc<Keyring>,
    arguments: &Arguments,
    format: &Format,
    stop: Stop,
) -> Report {
    let Inputs { mut inputs, mut failed } = inputs;
    inputs::refuse_terminal(&mut inputs, &mut failed);
    let series = arguments.series.series();
    let threads = arguments.threads;
    let options = Options { hash: format.names_by_hash, series, threads, ..Options::default() };
    let mut analysis = Analysis::new(options);
    analysis.use_keys(keys);
    analysis.stop_on(stop);
    analysis.inputs(&inputs);
    let mut report = analysis.into_report();
    report.captures.extend(failed.into_iter().map(|(path, why)| CaptureReport {
        file: path.display().to_string(),
        error: Some(why),
        ..CaptureReport::default()
    }));
    report
}
