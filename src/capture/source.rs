//! Where the bytes come from.
//!
//! In: a path, or `-` for standard input. Out: a [`Source`] to read from, and on request the
//! digest by which a ticket can name the very file that was analysed.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::{CaptureError, displayable};
use super::stop::Stop;

/// The name of standard input in facts and errors.
pub const STDIN_NAME: &str = "standard input";

/// An opened capture: a file, a named pipe, a device, standard input.
#[derive(Debug)]
pub struct Source {
    file: File,
    /// A file that can be opened and read once more; its bytes are there and need no waiting for.
    is_regular: bool,
    stop: Stop,
    #[cfg(unix)]
    patience: super::stop::Patience,
}

/// Opens the file at `path`, or standard input when it is `-`.
///
/// # Errors
/// When there is no such file, when it is a directory, and when it may not be opened.
pub fn open(path: &Path) -> Result<Source, CaptureError> {
    if path == Path::new("-") {
        let name = STDIN_NAME.to_owned();
        let file = stdin().map_err(|source| CaptureError::NotOpened { name, source })?;
        return Ok(Source::new(file, false));
    }
    let name = displayable(&path.to_string_lossy());
    let refused = |source: io::Error| match source.kind() {
        ErrorKind::NotFound => CaptureError::NotFound { name: name.clone() },
        ErrorKind::IsADirectory => CaptureError::Directory { name: name.clone() },
        _ => CaptureError::NotOpened { name: name.clone(), source },
    };
    let file = File::open(path).map_err(refused)?;
    // Some systems open directories and only fail to read them.
    let metadata = file.metadata().map_err(refused)?;
    if metadata.is_dir() {
        return Err(CaptureError::Directory { name });
    }
    Ok(Source::new(file, metadata.is_file()))
}

/// Standard input without the buffer of the standard library: who waits for a pipe has to know that
/// nothing waits in front of it.
fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    use std::os::fd::AsFd;
    #[cfg(windows)]
    use std::os::windows::io::AsHandle;

    #[cfg(unix)]
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    #[cfg(windows)]
    let input = io::stdin().as_handle().try_clone_to_owned()?;
    Ok(File::from(input))
}

impl Source {
    fn new(file: File, is_regular: bool) -> Source {
        Source {
            file,
            is_regular,
            stop: Stop::default(),
            #[cfg(unix)]
            patience: super::stop::Patience::default(),
        }
    }

    /// Ends reading when `stop` is asked for, also while it waits for a pipe.
    #[must_use]
    pub fn until(self, stop: &Stop) -> Source {
        Source { stop: stop.clone(), ..self }
    }

    /// Whether it can be opened and read once more.
    pub fn is_regular_file(&self) -> bool {
        self.is_regular
    }
}

impl Read for Source {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        if !self.is_regular {
            self.patience.wait(&self.file, &self.stop)?;
            return self.file.read(room);
        }
        self.stop.check()?;
        self.file.read(room)
    }
}

/// A source whose bytes are hashed as they pass.
pub struct Hashing<R> {
    source: R,
    hash: Sha256,
}

impl<R: Read> Hashing<R> {
    /// Nothing is read yet.
    pub fn new(source: R) -> Hashing<R> {
        Hashing { source, hash: Sha256::new() }
    }

    /// Reads what is left of the source, and returns the SHA-256 of all its bytes in lower-case
    /// hexadecimal. It ends when the source does.
    ///
    /// # Errors
    /// When the rest cannot be read.
    pub fn finish(mut self) -> io::Result<String> {
        let mut room = vec![0; 1 << 16];
        loop {
            match self.read(&mut room) {
                Ok(0) => break,
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(room)?;
        self.hash.update(room.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Reader;
    use crate::capture::craft::PcapFile;
    use crate::capture::order::ByteOrder;

    #[test]
    fn a_missing_file_and_a_directory_are_told_apart() {
        let missing = open(Path::new("no/such/file.pcap"));
        assert!(matches!(missing, Err(CaptureError::NotFound { .. })));
        let directory = open(Path::new(env!("CARGO_MANIFEST_DIR")));
        assert!(matches!(directory, Err(CaptureError::Directory { .. })));
    }

    #[test]
    fn the_digest_is_that_of_the_whole_source_however_far_it_was_read() {
        let digest = Hashing::new(&b"abc"[..]).finish().expect("a slice never fails");
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

        let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
        file.bytes.extend(vec![0xff; 3_000_000]); // damaged: reading stops here
        let whole = Hashing::new(&file.bytes[..]).finish().expect("a slice never fails");
        let mut reader = Reader::new(Hashing::new(&file.bytes[..]), "x").expect("a pcap header");
        assert!(reader.next().is_ok_and(|packet| packet.is_none()));
        let (source, _) = reader.into_parts();
        assert_eq!(source.finish().expect("a slice never fails"), whole);
    }
}
