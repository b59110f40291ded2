//! `wsblame schema`: the JSON Schema of what `--format json` prints.

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::output;
use wsblame::report;

#[derive(Args)]
pub(super) struct Arguments {
    /// Whether of the whole document, of a line of ndjson, or of a line of frames -f ndjson
    #[arg(short, long, default_value = "json")]
    format: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    Json,
    Ndjson,
    Frames,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let schema = match arguments.format {
        Of::Json => report::schema(),
        Of::Ndjson => report::line_schema(),
        Of::Frames => report::frames::frame_schema(),
    };
    output::to_stdout(|out| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        writeln!(out)
    })
}
