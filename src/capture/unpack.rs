//! From a file to the captures in it.
//!
//! In: [`Bytes`] of anything. Out: the capture that they are once every compression is taken off,
//! or the [`Packed`] archive with one [`Leaf`] for each capture in it. Content decides, never a
//! name; of what is in an archive and is no capture only what was named like one is worth a word.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{self, Archive, Go, Member, tar, zip, zip_stream};
use super::compression::{self, Members};
use super::error::{CaptureError, displayable};
use super::layer::{Broken, Bytes, How};
use super::names::is_like_a_capture;
use super::sniff;
use super::stop::Stopping;

/// How many compressions and archives may be around each other. Each holds at most its dictionary.
const MOST_LAYERS: usize = 6;

/// How many captures of one archive are read.
const MOST_CAPTURES: usize = 65_536;

/// What a file is, with every compression taken off.
pub enum Unpacked<'a> {
    /// A capture.
    Capture(Bytes<'a>),
    /// Something else; a [`Reader`](super::Reader) will say what.
    Other(Bytes<'a>),
    /// An archive.
    Archive(Packed<'a>),
}

/// An archive that has not been read yet.
pub struct Packed<'a> {
    bytes: Bytes<'a>,
    archive: Archive,
    layers: usize,
    /// The file that it is in.
    path: Option<PathBuf>,
}

/// What an archive came to.
pub struct Outcome {
    /// The SHA-256 of the file, if it was asked for.
    pub sha256: Option<String>,
    /// What is wrong with the archive itself.
    pub error: Option<CaptureError>,
    /// Whether what was unpacked from it may differ from what was packed.
    pub damaged: bool,
}

/// A capture in an archive, or something that was meant to be one.
pub struct Leaf<'a> {
    /// The name of the archive, a slash, and the name in it.
    pub name: String,
    /// Its bytes with every compression taken off, or why there are none.
    pub bytes: Result<Bytes<'a>, CaptureError>,
}

/// Takes compressions off. `path` is where the bytes can be read from once more, if they can.
///
/// # Errors
/// When the beginning cannot be read or unpacked. Trouble further on is for those who read.
pub fn unpack<'a>(
    bytes: Bytes<'a>,
    name: &str,
    path: Option<PathBuf>,
) -> Result<Unpacked<'a>, CaptureError> {
    let peeled = peel(bytes, 0)
        .map_err(|(place, error)| CaptureError::of_read(&displayable(name), place, error))?;
    Ok(match peeled {
        Peeled { content: Content::Archive(archive), bytes, layers } => {
            Unpacked::Archive(Packed { bytes, archive, layers, path })
        }
        Peeled { content: Content::Capture, bytes, .. } => Unpacked::Capture(bytes),
        Peeled { content: Content::Other, bytes, .. } => Unpacked::Other(bytes),
    })
}

struct Peeled<'a> {
    content: Content,
    bytes: Bytes<'a>,
    /// Compressions and archives around it, itself included.
    layers: usize,
}

enum Content {
    Capture,
    Archive(Archive),
    Other,
}

/// Takes compressions off. An error comes with its place in the file.
fn peel(mut bytes: Bytes<'_>, mut layers: usize) -> Result<Peeled<'_>, (u64, io::Error)> {
    loop {
        // Little by little: a capture that is only just beginning is known by its first bytes.
        if sniff::is_capture(look(&mut bytes, 4)?) {
            return Ok(Peeled { content: Content::Capture, bytes, layers });
        }
        let start = look(&mut bytes, compression::LOOKED_AT)?;
        if let Some(compression) = compression::by_content(start) {
            layers += 1;
            too_deep(&bytes, layers, compression.name)?;
            bytes = Bytes::over(Box::new(Members::new(bytes, compression)));
            continue;
        }
        let content = match archive::by_content(look(&mut bytes, archive::LOOKED_AT)?) {
            Some(archive) => {
                layers += 1;
                too_deep(&bytes, layers, "archive")?;
                Content::Archive(archive)
            }
            None => Content::Other,
        };
        return Ok(Peeled { content, bytes, layers });
    }
}

fn look<'b>(bytes: &'b mut Bytes<'_>, wanted: usize) -> Result<&'b [u8], (u64, io::Error)> {
    match bytes.peek(wanted).map(<[u8]>::len) {
        Ok(_) => bytes.peek(wanted).map_err(|error| (0, error)),
        Err(error) => Err((bytes.place(0), error)),
    }
}

fn too_deep(bytes: &Bytes<'_>, layers: usize, what: &'static str) -> Result<(), (u64, io::Error)> {
    if layers <= MOST_LAYERS {
        return Ok(());
    }
    let how = How::TooDeep(MOST_LAYERS);
    let place = bytes.place(0);
    Err((place, Broken { what, offset: place, how }.into_error()))
}

fn is_too_deep(error: &io::Error) -> bool {
    Broken::of(error).is_some_and(|broken| matches!(broken.how, How::TooDeep(_)))
}

impl Packed<'_> {
    /// Where the archive can be read from once more, if it can.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Hands out every capture to `taker`, as long as that says so.
    pub fn captures(mut self, name: &str, taker: &mut dyn FnMut(Leaf<'_>) -> Go) -> Outcome {
        let mut walk = Walk { taker, taken: 0, stopped: false, damaged: false };
        let mut error = walk.archive(&mut self, name).err();
        if error.is_none() && !walk.stopped {
            error = self.bytes.check(name).err();
        }
        let of_content =
            |error: &CaptureError| matches!(error, CaptureError::NotUnpacked { damaged: true, .. });
        let damaged = walk.damaged || error.as_ref().is_some_and(of_content);
        Outcome { sha256: self.bytes.finish(), error, damaged }
    }
}

/// One way through an archive and those in it.
struct Walk<'w> {
    taker: &'w mut dyn FnMut(Leaf<'_>) -> Go,
    taken: usize,
    stopped: bool,
    /// Whether an archive in it was found to be damaged.
    damaged: bool,
}

impl Walk<'_> {
    fn archive(&mut self, packed: &mut Packed<'_>, name: &str) -> Result<(), CaptureError> {
        let layers = packed.layers;
        let bytes = &mut packed.bytes;
        let mut each = |member: Member<'_>| self.member(member, name, layers);
        let read = match packed.archive {
            Archive::Tar => tar::members(bytes, &mut each),
            Archive::Zip => {
                // Only what is not in something else can be read out of order.
                let path = packed.path.as_ref().filter(|_| layers == 1);
                let file = path.and_then(|path| File::open(path).ok());
                let file = file.map(|file| Stopping::new(file, bytes.stop().clone()));
                match file.map(|file| zip::members(file, &mut each)) {
                    Some(Ok(())) => Ok(()),
                    Some(Err(zip::Failed::Broken(broken))) => Err(broken.into_error()),
                    Some(Err(zip::Failed::NoIndex)) | None => zip_stream::members(bytes, &mut each),
                }
            }
        };
        read.map_err(|error| CaptureError::of_read(&displayable(name), bytes.place(0), error))
    }

    fn member(&mut self, member: Member<'_>, archive: &str, layers: usize) -> Go {
        let name = displayable(&format!("{archive}/{}", member.name));
        let meant = is_like_a_capture(&name);
        let peeled = match member.content {
            Ok(bytes) => peel(bytes, layers),
            Err(_) if !meant => return Go::On,
            Err(reason) => {
                let error =
                    CaptureError::NotUnpacked { name: name.clone(), reason, damaged: false };
                return self.take(name, Err(error));
            }
        };
        match peeled {
            Ok(Peeled { content: Content::Archive(kind), bytes, layers }) => {
                let mut packed = Packed { bytes, archive: kind, layers, path: None };
                let read = self.archive(&mut packed, &name);
                let check = |()| if self.stopped { Ok(()) } else { packed.bytes.check(&name) };
                match read.and_then(check) {
                    Ok(()) if self.stopped => Go::Stop,
                    Ok(()) => Go::On,
                    Err(error) => {
                        self.damaged = true;
                        self.take(name, Err(error))
                    }
                }
            }
            Ok(Peeled { content: Content::Capture, bytes, .. }) => self.take(name, Ok(bytes)),
            Ok(Peeled { content: Content::Other, bytes, .. }) if meant => {
                self.take(name, Ok(bytes))
            }
            // What lies in it is not known, and may well be captures.
            Err((place, error)) if meant || is_too_deep(&error) => {
                let error = CaptureError::of_read(&name, place, error);
                self.take(name, Err(error))
            }
            Ok(_) | Err(_) => Go::On,
        }
    }

    fn take(&mut self, name: String, bytes: Result<Bytes<'_>, CaptureError>) -> Go {
        self.taken += 1;
        let go = if self.taken <= MOST_CAPTURES {
            (self.taker)(Leaf { name, bytes })
        } else {
            let limit = MOST_CAPTURES;
            let reason = format!("the {limit} captures before it in the archive are the limit");
            let error = CaptureError::NotUnpacked { name: name.clone(), reason, damaged: false };
            (self.taker)(Leaf { name, bytes: Err(error) });
            Go::Stop
        };
        self.stopped |= go == Go::Stop;
        go
    }
}
