//! Why a capture cannot be read at all.
//!
//! Each error is one line: which capture, what was there instead, and what to try. A capture that
//! merely ends badly is no error; see [`Ending`](super::Ending).

use std::io::{self, ErrorKind};

use thiserror::Error;

use super::layer::{Broken, How};
use super::source::STDIN_NAME;
use super::stop::is_interrupted;

/// The tool cannot go on with this capture.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// There is no such file.
    #[error("{name}: there is no such file; check the path, or use - for standard input")]
    NotFound {
        /// The path as given.
        name: String,
    },
    /// A directory was named.
    #[error("{name}: this is a directory; name the capture file in it")]
    Directory {
        /// The path as given.
        name: String,
    },
    /// The file is there, but may not be opened.
    #[error("{name}: cannot be opened: {}; {}", in_words(.source), remedy(.source))]
    NotOpened {
        /// The path as given.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Reading failed on the way.
    #[error(
        "{name}: reading failed at byte {offset}: {}; copy the file to a sound disk and try again",
        in_words(.source)
    )]
    Unreadable {
        /// The capture's name.
        name: String,
        /// The offset of the first byte that could not be read.
        offset: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// What is packed cannot be unpacked, or not to its end.
    #[error("{name}: {reason}")]
    NotUnpacked {
        /// The capture's name.
        name: String,
        /// What is wrong, and how far into the file.
        reason: String,
        /// Whether it does not agree with itself, so that what was unpacked before may be wrong as
        /// well: bytes differ from those that were packed. It is sound if it merely ends too early.
        damaged: bool,
    },
    /// An end was asked for before all of it was read.
    #[error("{name}: not read to its end: the run was interrupted")]
    Interrupted {
        /// The capture's name.
        name: String,
    },
    /// There is not one byte.
    #[error("{name}: empty, not one byte; did the capturing program run to its end?")]
    Empty {
        /// The capture's name.
        name: String,
    },
    /// The format is known, but its header is cut.
    #[error(
        "{name}: {format} cut inside its header: {needed} bytes needed, {available} there; capture \
         again, or fetch the file again"
    )]
    CutHeader {
        /// The capture's name.
        name: String,
        /// The format that begins.
        format: &'static str,
        /// Bytes of the header.
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// The format is known, but not in this version.
    #[error(
        "{name}: {format} of version {major}.{minor}, which is unknown; write it anew with a \
         current tcpdump or dumpcap"
    )]
    UnknownVersion {
        /// The capture's name.
        name: String,
        /// The format.
        format: &'static str,
        /// The version before the point.
        major: u16,
        /// The version behind the point.
        minor: u16,
    },
    /// The content is something else.
    #[error("{name}: not a pcap or pcapng capture but {found}; {}", for_file(.advice, .name))]
    NotACapture {
        /// The capture's name.
        name: String,
        /// What it is instead.
        found: String,
        /// What to try; `FILE` stands for the capture, and `OUT` for a new file.
        advice: &'static str,
    },
}

impl CaptureError {
    /// For an error while the byte at `offset` was to be read.
    pub(super) fn of_read(name: &str, offset: u64, source: io::Error) -> CaptureError {
        let name = name.to_owned();
        if is_interrupted(&source) {
            return CaptureError::Interrupted { name };
        }
        match Broken::of(&source) {
            Some(broken) => CaptureError::NotUnpacked {
                name,
                reason: broken.to_string(),
                damaged: matches!(broken.how, How::Damaged(_)),
            },
            None => CaptureError::Unreadable { name, offset, source },
        }
    }
}

/// What the operating system said, without its number for it.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// What to try when a file cannot be opened.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "captures often belong to root: have it made readable, or copy it as its owner"
        }
        _ => "check the path and the file system that it is on",
    }
}

/// `advice` with the capture's name in it, so that a command can be pasted into a shell.
fn for_file(advice: &str, name: &str) -> String {
    if name == STDIN_NAME {
        return advice.to_owned();
    }
    // What begins with a dash would be taken for an option.
    let path = if name.starts_with('-') { format!("./{name}") } else { name.to_owned() };
    let (file, out) = (quoted(&path), quoted(&format!("{path}.pcapng")));
    let words = advice.split(' ').map(|word| match word {
        "FILE" => file.as_str(),
        "OUT" => out.as_str(),
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `word` as one word of a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `name` without control characters, so that a hostile file name cannot break the line or speak
/// to the terminal.
pub(super) fn displayable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_that_names_the_file() {
        let name = displayable("a\nb\u{1b}[31m.pcap");
        let error = CaptureError::NotFound { name };
        assert_eq!(
            error.to_string(),
            "a\u{fffd}b\u{fffd}[31m.pcap: there is no such file; check the path, or use - for standard input"
        );
    }

    #[test]
    fn an_error_speaks_without_numbers_and_says_what_to_try() {
        let source = io::Error::from_raw_os_error(13); // EACCES
        let line = CaptureError::NotOpened { name: "x.pcap".to_owned(), source }.to_string();
        assert!(line.starts_with("x.pcap: cannot be opened: "), "{line}");
        assert!(!line.contains("os error") && line.contains("; "), "{line}");
    }
}
