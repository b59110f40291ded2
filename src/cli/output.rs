//! Where a report goes: standard output, or a file that is there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use terminal_size::{Width, terminal_size};

use super::When;
use super::interrupt::Unfinished;
use wsblame::report::Colour;

/// Columns where there is no terminal to ask.
const USUAL_WIDTH: usize = 100;

/// An output, open and empty.
pub(super) enum Output {
    Stdout,
    /// A device or a pipe: there is nothing to replace.
    Stream {
        path: PathBuf,
        file: File,
    },
    /// A regular file, written beside its place and then renamed into it.
    Replaced {
        path: PathBuf,
        beside: Beside,
        file: File,
    },
}

impl Output {
    /// Opens the output; `None` is standard output. Errors name the file.
    pub(super) fn open(path: Option<&Path>, unfinished: Unfinished) -> Result<Output, String> {
        let Some(path) = path else { return Ok(Output::Stdout) };
        let named = |error: io::Error| format!("{}: {}", path.display(), plain(&error));
        // A link stays a link: what it leads to is replaced.
        let beside = |to: PathBuf| path.parent().map_or(to.clone(), |parent| parent.join(&to));
        let place = path
            .canonicalize()
            .or_else(|_| fs::read_link(path).map(beside)) // to nothing yet
            .unwrap_or_else(|_| path.to_owned());
        let path = path.to_owned();
        match fs::metadata(&place) {
            Ok(meta) if meta.is_dir() => Err(format!("{}: is a directory", path.display())),
            Ok(meta) if !meta.is_file() => {
                let file = OpenOptions::new().write(true).open(&place).map_err(named)?;
                Ok(Output::Stream { path, file })
            }
            before => {
                let (beside, file) = Beside::create(place, unfinished).map_err(named)?;
                if let Ok(before) = before {
                    file.set_permissions(before.permissions()).map_err(named)?;
                }
                Ok(Output::Replaced { path, beside, file })
            }
        }
    }

    /// Writes it all. A reader that has gone away, such as `head`, is no error.
    pub(super) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), String> {
        let (name, written) = match self {
            Output::Stdout => {
                // The colour was decided on before; here only old consoles are translated for.
                let stdout = AutoStream::new(io::stdout().lock(), ColorChoice::Always);
                ("standard output".to_owned(), write_to(stdout, write).map(|_| ()))
            }
            Output::Stream { path, file } => {
                (path.display().to_string(), write_to(file, write).map(|_| ()))
            }
            Output::Replaced { path, beside, file } => {
                let written = write_to(file, write).and_then(|file| {
                    file.sync_all()?;
                    drop(file);
                    beside.move_into_place()
                });
                (path.display().to_string(), written)
            }
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| format!("{name}: {}", plain(&error))),
        }
    }
}

/// Writes a page to standard output, for the commands that read no capture.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> super::Exit {
    match Output::Stdout.write(write) {
        Ok(()) => super::Exit::Clean,
        Err(what) => {
            super::complain(what);
            super::Exit::Unreadable
        }
    }
}

fn write_to<W: Write>(
    target: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<W> {
    let mut buffered = BufWriter::with_capacity(1 << 16, target);
    write(&mut buffered)?;
    // `into_inner` flushes, and tells when that fails.
    buffered.into_inner().map_err(|error| error.into_error())
}

/// A file beside the one that it is going to replace. Dropped, it is removed.
pub(super) struct Beside {
    place: PathBuf,
    path: Option<PathBuf>,
    unfinished: Unfinished,
}

impl Beside {
    fn create(place: PathBuf, unfinished: Unfinished) -> io::Result<(Beside, File)> {
        let name = place.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy();
        for attempt in 0..100 {
            let name = format!(".{name}.{}-{attempt}.tmp", std::process::id());
            let path = place.with_file_name(name);
            match unfinished.create(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return Ok((Beside { place, path: Some(path), unfinished }, file)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn move_into_place(mut self) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, &self.place)?;
            self.unfinished.forget(path);
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path); // it is ours and half-written; nobody misses it
            self.unfinished.forget(path);
        }
    }
}

/// Whether to colour, for standard output or for a file.
pub(super) fn colour(when: When, is_stdout: bool) -> Colour {
    let ansi = match when {
        When::Always => true,
        When::Never => false,
        // Looks at NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM, and whether it is a terminal.
        When::Auto => is_stdout && AutoStream::choice(&io::stdout()) != ColorChoice::Never,
    };
    if ansi { Colour::Ansi } else { Colour::Plain }
}

/// Columns to wrap at. Lines of more than 120 are hard to read, less than 40 hard to fill.
pub(super) fn width() -> usize {
    match terminal_size() {
        Some((Width(columns), _)) => usize::from(columns).clamp(40, 120),
        None => USUAL_WIDTH,
    }
}

/// An I/O error without the number of the operating system.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
