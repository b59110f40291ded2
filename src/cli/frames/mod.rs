//! `wsblame frames CAPTURE…`: the frames of connections, one by one.
//!
//! Connections have their numbers when everything was read, so captures are read twice: once to
//! know which is which, and once for the rows, which go out as they are read. Standard input is
//! read once when all of it is wanted, and else kept in a file that goes away.

mod dump;
mod spool;

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::analyse::Together;
use super::exit::Exit;
use super::inputs::{self, Inputs};
use super::interrupt::Interruption;
use super::keys;
use super::output::Output;
use super::{complain, output};
use dump::Dump;
use wsblame::capture::Stop;
use wsblame::pipeline::{Analysis, Input, Options, Places, Tap};
use wsblame::report::frames::{FRAME_FORMATS, FrameFormat, FrameRow, PayloadAs};
use wsblame::report::{NoSuchConnection, Report};
use wsblame::tls::Keyring;

#[derive(Args)]
#[command(after_help = NOTES)]
pub(super) struct Arguments {
    /// Captures, as for the main command; - is standard input
    #[arg(value_name = "CAPTURE", required = true)]
    captures: Vec<PathBuf>,

    /// Only these connections, by their numbers in the report: --connection 3 or 3,7 [default: all]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    connection: Vec<u64>,

    /// Whether files are parts of one capture: by name and time, never, or all of them, merged by
    /// time
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    series: Together,

    #[command(flatten)]
    keys: keys::KeyLogs,

    /// Format of the rows
    #[arg(short, long, value_parser = any_format(), default_value = "text")]
    format: &'static FrameFormat,

    /// Write the rows to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Also show payload, unmasked and inflated, where a message or control frame ends: as text
    /// (in hex where it is none) or in hex
    #[arg(long, value_name = "AS")]
    payload: Option<Shown>,

    /// Bytes of payload that are shown of each message
    #[arg(long, value_name = "BYTES", default_value_t = 4_096, requires = "payload")]
    payload_limit: usize,

    /// Also write each data message, unmasked and inflated, to a file of its own in this directory,
    /// which is made if need be and has to be empty
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,

    /// Bytes that --dump writes in all
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30, requires = "dump")]
    dump_limit: u64,

    /// Let --dump write into a directory that is not empty, over files of the same names
    #[arg(long, requires = "dump")]
    force: bool,
}

const NOTES: &str = "\
Each row is a frame, in the order of the capture, or what stands in its place: a hole, bytes that \
could not be read as frames, the end of a stream inside a frame. The size of a message stands at \
its last frame. Columns of csv and fields of ndjson are the same; see wsblame schema --format frames.

Without --connection, standard input is read as it comes, and rows name the TCP connection by the \
number that Wireshark gives it (tcp.stream).

Files of --dump are called c<connection>-<message>-<side>.txt, or .bin for binary messages; the \
number is that of the row. What is not all of a message ends in .partial: bytes of it are missing, \
it is longer than 64 MiB, or more than 128 MiB of messages were open at once.

In csv, text escapes what is no plain character, and the backslash, as Rust does (\\n, \\u{1b}, \\\\), \
and also a first character of which a spreadsheet would make a formula.";

/// How payload is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    Text,
    Hex,
}

/// The most bytes of one message that are kept to write it to a file.
const MOST_OF_ONE: usize = 64 << 20;

/// Picks from [`FRAME_FORMATS`] by name.
fn any_format() -> impl TypedValueParser<Value = &'static FrameFormat> {
    PossibleValuesParser::new(FRAME_FORMATS.iter().map(|format| format.name)).try_map(|name| {
        FRAME_FORMATS.iter().find(|format| format.name == name).ok_or("no such format")
    })
}

/// Why a run ended early, and with which exit code.
struct Failure(Exit, String);

pub(super) fn run(arguments: &Arguments) -> Exit {
    let interruption = Interruption::watch();
    let exit = try_run(arguments, &interruption).unwrap_or_else(|Failure(exit, what)| {
        complain(what);
        exit
    });
    let interrupted = interruption.exit();
    if interrupted.is_some() {
        complain("interrupted; the rows are those of what was read by then");
    }
    interrupted.unwrap_or(exit)
}

fn try_run(arguments: &Arguments, interruption: &Interruption) -> Result<Exit, Failure> {
    let usage = |what: String| Failure(Exit::Usage, what);
    let unreadable = |what: String| Failure(Exit::Unreadable, what);
    let target = arguments.output.as_deref().filter(|path| !inputs::is_stdin(path));
    let Inputs { mut inputs, mut failed } = inputs::expand(&arguments.captures).map_err(usage)?;
    inputs::refuse_terminal(&mut inputs, &mut failed);
    if let Some(path) = target {
        inputs::refuse_overwriting(path, &inputs).map_err(usage)?;
        inputs::refuse_overwriting_keys(path, &arguments.keys.files()).map_err(usage)?;
    }
    let keys = arguments.keys.read().map_err(|(exit, what)| Failure(exit, what))?;
    let dump = arguments.dump.as_deref();
    let mut dump = dump
        .map(|folder| {
            let unfinished = interruption.unfinished();
            Dump::into(folder, arguments.dump_limit, arguments.force, unfinished)
        })
        .transpose()
        .map_err(usage)?;
    let output = Output::open(target, interruption.unfinished()).map_err(unreadable)?;

    let mut exit = Exit::Clean;
    for (path, why) in &failed {
        complain(format_args!("{}: {why}", path.display()));
        exit = Exit::Unreadable;
    }
    // Standard input can be read only once, and as a live capture it may never end.
    let is_live = arguments.connection.is_empty()
        && matches!(inputs.as_slice(), [only] if inputs::is_stdin(&only.path));
    let spooled = match is_live {
        true => None,
        false => spool::keep(&mut inputs, interruption).map_err(unreadable)?,
    };
    // What was kept of standard input is listed, also where that was interrupted.
    let stop = interruption.reads();
    let named = |report: &Report| complain_of(report, spooled.as_ref());
    let (places, listed) = match is_live {
        true => {
            dump.as_ref().map_or(Ok(()), Dump::make_folder).map_err(usage)?;
            (None, None)
        }
        false => {
            let (places, report) = survey(&inputs, &keys, arguments, stop.clone());
            if stop.is_asked() {
                return Ok(exit); // nothing is known yet of what is to be listed
            }
            exit = exit.max(named(&report));
            let read_nothing = report.captures.iter().all(|capture| capture.format.is_none());
            let (places, report) =
                choose(places, report, &arguments.connection).map_err(|what| {
                    Failure(if read_nothing { Exit::Unreadable } else { Exit::Usage }, what)
                })?;
            if let Some(dump) = dump.as_ref().filter(|_| !read_nothing) {
                dump.make_folder().map_err(usage)?;
            }
            (Some(places), Some(report))
        }
    };
    let shown = arguments.payload.map_or(0, |_| arguments.payload_limit);
    let keep = if dump.is_some() { shown.max(MOST_OF_ONE) } else { shown };
    let (tap, rows) = Tap::new(places, keep);
    let options = options(arguments);
    let reader = thread::spawn(move || {
        let mut analysis = Analysis::new(options);
        analysis.use_keys(keys);
        analysis.stop_on(stop);
        analysis.list_frames(tap);
        analysis.inputs(&inputs);
        analysis.into_report() // with it goes the tap, and the rows end
    });
    let mut gone = true;
    output
        .write(|out| {
            write_rows(arguments, listed.as_ref(), rows, dump.as_mut(), out)?;
            gone = false;
            Ok(())
        })
        .map_err(unreadable)?;
    if gone && dump.is_none() {
        return Ok(exit); // nobody reads the rows any more, and the rest need not be read either
    }
    let report = reader.join().map_err(|_| unreadable("the analysis ended early".to_owned()))?;
    if is_live {
        exit = exit.max(named(&report));
    }
    let notes = dump.map(Dump::finish).transpose().map_err(unreadable)?;
    notes.into_iter().flatten().for_each(complain);
    Ok(exit)
}

fn options(arguments: &Arguments) -> Options {
    Options { series: arguments.series.series(), ..Options::default() }
}

/// Says what could not be read.
fn complain_of(report: &Report, spooled: Option<&spool::Spooled>) -> Exit {
    let mut exit = Exit::Clean;
    for capture in &report.captures {
        let whole = capture.error.iter().map(|error| (&capture.file, error));
        let parts =
            capture.files.iter().filter_map(|file| Some((&file.file, file.error.as_ref()?)));
        for (file, error) in whole.chain(parts) {
            let file = spooled.map_or(file.as_str(), |spooled| spooled.name_of(file));
            complain(format_args!("{file}: {error}"));
            exit = Exit::Unreadable;
        }
    }
    exit
}

/// Reads everything to know which connection is which.
fn survey(
    inputs: &[Input],
    keys: &Arc<Keyring>,
    arguments: &Arguments,
    stop: Stop,
) -> (Places, Report) {
    let mut analysis = Analysis::new(options(arguments));
    analysis.use_keys(keys.clone());
    analysis.stop_on(stop);
    analysis.inputs(inputs);
    (analysis.places(), analysis.into_report())
}

/// Leaves out what was not asked for.
fn choose(places: Places, mut report: Report, asked: &[u64]) -> Result<(Places, Report), String> {
    if asked.is_empty() {
        return Ok((places, report));
    }
    let known: HashSet<u64> = report.connections.iter().map(|connection| connection.id).collect();
    if let Some(&asked) = asked.iter().find(|number| !known.contains(number)) {
        let last = known.into_iter().max().unwrap_or(0);
        return Err(NoSuchConnection { asked, last }.to_string());
    }
    report.connections.retain(|connection| asked.contains(&connection.id));
    Ok((places.only(asked), report))
}

/// Writes rows as they come. Where they cannot be written any more, the dump is completed all the
/// same.
fn write_rows(
    arguments: &Arguments,
    listed: Option<&Report>,
    rows: Receiver<Vec<FrameRow>>,
    mut dump: Option<&mut Dump>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut writer = (arguments.format.begin)();
    let mut written = writer.head(listed, out);
    let is_watched = listed.is_none();
    for mut row in rows.into_iter().flatten() {
        match &mut dump {
            Some(dump) => dump.take(&row),
            None if written.is_err() => break,
            None => {}
        }
        if let Some(shown) = arguments.payload {
            let how = match shown {
                Shown::Text => PayloadAs::Text,
                Shown::Hex => PayloadAs::Hex,
            };
            row.show_payload(how, arguments.payload_limit);
        }
        written = written.and_then(|()| {
            writer.row(&row, out)?;
            if is_watched { out.flush() } else { Ok(()) }
        });
    }
    written.and_then(|()| out.flush())
}

/// What an I/O error of a file is called.
fn named(path: &std::path::Path, error: &std::io::Error) -> String {
    format!("{}: {}", path.display(), output::plain(error))
}
