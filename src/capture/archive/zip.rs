//! zip in a file that can be read out of order: by its central directory.
//!
//! Entries are taken from the directory one at a time; no index is held.

use std::io::{self, BufReader, Read, Seek};

use zip::read::{Config, ZipFile};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipReadOptions};

use super::{Go, Member, Taker};
use crate::capture::layer::{Broken, Bytes, How, Layer, Trailing};
use crate::capture::stop::is_interrupted;

/// Hands out every file.
///
/// # Errors
/// When there is no directory, so that nothing was handed out; and when it is damaged.
pub(in crate::capture) fn members(
    file: impl Read + Seek,
    taker: &mut Taker<'_>,
) -> Result<(), Failed> {
    let file = BufReader::new(file);
    let mut archive = ZipIterable::try_new(file, Config::default()).map_err(|_| Failed::NoIndex)?;
    let entries = archive.files().map_err(|_| Failed::NoIndex)?;
    let damaged = |error: ZipError| {
        let how = How::Astray(format!("in its directory: {error}"));
        Failed::Broken(Broken { what: "zip", offset: 0, how })
    };
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(damaged)?;
        if entry.is_dir() || entry.is_symlink() {
            continue;
        }
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if let Some(why) = unread(entry.encrypted(), entry.compression()) {
            if taker(Member { name, content: Err(why) }) == Go::Stop {
                break;
            }
            continue;
        }
        let offset = entry.header_start();
        let opened = entry.with_reader(entries.reader_mut(), ZipReadOptions::default());
        let content = match opened {
            Ok(file) => Ok(Bytes::over(Box::new(Content { file, offset }))),
            Err(error) => Err(format!("cannot be unpacked: {error}")),
        };
        if taker(Member { name, content }) == Go::Stop {
            break;
        }
    }
    Ok(())
}

/// Why the members could not be handed out.
#[derive(Debug)]
pub(in crate::capture) enum Failed {
    /// The end of the file with the directory is missing: the members may still stream.
    NoIndex,
    Broken(Broken),
}

fn unread(encrypted: bool, method: CompressionMethod) -> Option<String> {
    if encrypted {
        return Some("encrypted; unpack it with its password first".to_owned());
    }
    match method {
        CompressionMethod::Stored | CompressionMethod::Deflated => None,
        other => Some(format!("packed in a way that is not read ({other}); unpack it first")),
    }
}

struct Content<'m, R: Read> {
    file: ZipFile<'m, R>,
    /// Where its header stands: as near as the place can be told.
    offset: u64,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.file.read(room).map_err(|error| {
            if error.raw_os_error().is_some() || is_interrupted(&error) {
                return error; // of the file, not of what is in it
            }
            let how = match error.kind() {
                io::ErrorKind::UnexpectedEof => How::Cut,
                _ => How::Damaged(error.to_string()),
            };
            Broken { what: "zip", offset: self.offset, how }.into_error()
        })
    }
}

impl<R: Read> Layer for Content<'_, R> {
    fn place(&self, _: u64) -> u64 {
        self.offset
    }

    fn is_checked_at_end(&self) -> bool {
        true
    }

    fn trailing(&self) -> Option<Trailing> {
        None
    }

    fn finish(self: Box<Self>) -> Option<String> {
        None
    }
}
