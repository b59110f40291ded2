//! The formats of a report.

use std::io::{self, Write};
use std::path::Path;

use super::{ConnectionReport, Report, json, markdown, text};
use crate::rules::Severity;

/// A format: one row of [`FORMATS`].
pub struct Format {
    /// As given to `--format`.
    pub name: &'static str,
    /// Extensions of files that are written in it, in lower case.
    pub extensions: &'static [&'static str],
    /// The least severity that it shows unless told otherwise.
    pub shows_from: Severity,
    /// Whether it names captures by their SHA-256, which takes longer than to read them.
    pub names_by_hash: bool,
    /// Writes a report.
    pub write: fn(&Report, &Style, &mut dyn Write) -> io::Result<()>,
    /// Writes the report on one connection of the capture with that name before all others are
    /// known, where the format allows for that. In what [`Format::write`] writes behind, it is not
    /// to be there once more.
    pub write_connection: Option<WriteConnection>,
}

/// Writes the report on one connection of the capture with that name.
pub type WriteConnection = fn(&str, &ConnectionReport, &mut dyn Write) -> io::Result<()>;

/// Every format; the first is the usual one.
pub static FORMATS: &[Format] = &[
    Format {
        name: "text",
        extensions: &["txt", "text", "log"],
        shows_from: Severity::Warning,
        names_by_hash: false,
        write: text::write,
        write_connection: None,
    },
    Format {
        name: "markdown",
        extensions: &["md", "markdown"],
        shows_from: Severity::Warning,
        names_by_hash: true,
        write: markdown::write,
        write_connection: None,
    },
    Format {
        name: "json",
        extensions: &["json"],
        shows_from: Severity::Note,
        names_by_hash: true,
        write: json::write,
        write_connection: None,
    },
    Format {
        name: "ndjson",
        extensions: &["ndjson", "jsonl"],
        shows_from: Severity::Note,
        names_by_hash: false,
        write: json::write_lines,
        write_connection: Some(json::write_connection),
    },
];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format in which a file of this name is written.
pub fn format_of(file: &Path) -> Option<&'static Format> {
    let extension = file.extension()?.to_str()?.to_ascii_lowercase();
    FORMATS.iter().find(|format| format.extensions.contains(&extension.as_str()))
}

/// How a report is to look. Formats for machines ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI escape sequences.
    pub colour: Colour,
    /// Columns to wrap at.
    pub width: usize,
    /// How much to say.
    pub detail: Detail,
}

impl Default for Style {
    /// Plain, brief, 100 columns.
    fn default() -> Style {
        Style { colour: Colour::Plain, width: 100, detail: Detail::Brief }
    }
}

/// Whether to write ANSI escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// No.
    Plain,
    /// Yes.
    Ansi,
}

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What is needed to act.
    Brief,
    /// Explanations, handshake and timeline too.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_picks_one_format() {
        let name = |file: &str| format_of(Path::new(file)).map(|format| format.name);
        assert_eq!(name("a.JSON"), Some("json"));
        assert_eq!(name("dir.json/ticket.md"), Some("markdown"));
        assert_eq!(name("rows.jsonl"), Some("ndjson"));
        assert_eq!(name("report"), None);
        let all: Vec<_> = FORMATS.iter().flat_map(|format| format.extensions).collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
    }
}
