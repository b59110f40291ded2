//! Archives: tar and zip, recognised by content.
//!
//! In: [`Bytes`] of an archive. Out: one [`Member`] after the other, in the archive's order, to
//! read or to leave. Nothing is written anywhere, so a member may be called `../../etc/passwd` and
//! it is only a name. Memory does not grow with the number of members. A member that cannot be
//! read takes nothing else with it, as long as the archive tells where the next one begins.

pub(super) mod tar;
pub(super) mod zip;
pub(super) mod zip_stream;

#[cfg(test)]
mod tests;

use super::layer::Bytes;

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Archive {
    Tar,
    Zip,
}

/// Bytes that tell an archive.
pub(super) const LOOKED_AT: usize = 512;

/// The archive that begins with `start`.
pub(super) fn by_content(start: &[u8]) -> Option<Archive> {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some(Archive::Zip);
    }
    tar::begins(start).then_some(Archive::Tar)
}

/// A file in an archive.
pub(super) struct Member<'a> {
    /// Its path in the archive, as it stands there.
    pub(super) name: String,
    /// What it holds, or why that cannot be had.
    pub(super) content: Result<Bytes<'a>, String>,
}

/// Whether the archive is to be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Yes.
    On,
    /// No: what is left of it is passed over.
    Stop,
}

/// Takes the members of an archive, one after the other.
pub(super) type Taker<'t> = dyn FnMut(Member<'_>) -> Go + 't;
