//! Opening what is to be analysed.
//!
//! In: inputs. Out: their bytes or packets, and what can be told from their beginnings: what they
//! are, and which of them are parts of one capture.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use super::analysis::Input;
use super::series::{self, Candidate, Name, Part};
use crate::capture::{self, Bytes, CaptureError, LinkType, Reader, Stop, Unpacked};
use crate::provenance::Timestamp;

/// The bytes of an input, and where they can be read from once more, if they can.
pub(super) fn open(
    input: &Input,
    hash: bool,
    stop: &Stop,
) -> Result<(Bytes<'static>, Option<PathBuf>), CaptureError> {
    let source = capture::open(&input.path)?.until(stop);
    let path = source.is_regular_file().then(|| input.path.clone());
    Ok((Bytes::of(source, hash).until(stop), path))
}

/// The packets of an input that is one capture.
pub(super) fn open_reader(
    input: &Input,
    hash: bool,
    stop: &Stop,
) -> Result<Reader<Bytes<'static>>, CaptureError> {
    let name = input.name();
    let (bytes, _) = open(input, hash, stop)?;
    match capture::unpack(bytes, &name, None)? {
        Unpacked::Capture(bytes) | Unpacked::Other(bytes) => Reader::new(bytes, &name),
        Unpacked::Archive(_) => {
            let source = io::Error::other("it has become an archive");
            Err(CaptureError::NotOpened { name, source })
        }
    }
}

/// What can be told about an input from its beginning.
pub(super) enum Glance {
    /// A capture, or something that is named like one; its first packet's time and link type.
    Capture(Option<(Timestamp, LinkType)>),
    /// Something to be read by itself, or not at all.
    Other,
}

pub(super) fn glance(input: &Input, stop: &Stop) -> Glance {
    if input.is_stdin() {
        return Glance::Capture(None); // it can be read only once
    }
    let name = input.name();
    let unpacked = open(input, false, stop);
    let unpacked = unpacked.and_then(|(bytes, _)| capture::unpack(bytes, &name, None));
    let bytes = match unpacked {
        Ok(Unpacked::Capture(bytes)) => bytes,
        Ok(Unpacked::Archive(_)) => return Glance::Other,
        Ok(Unpacked::Other(_)) | Err(_) if !input.is_meant() => return Glance::Other,
        Ok(Unpacked::Other(_)) | Err(_) => return Glance::Capture(None),
    };
    let Ok(mut reader) = Reader::new(bytes, &name) else { return Glance::Capture(None) };
    Glance::Capture(match reader.next() {
        Ok(Some(packet)) => Some((packet.at.time, packet.link)),
        Ok(None) | Err(_) => None,
    })
}

/// The files that are parts of one capture. Only those are looked at whose names say so.
pub(super) fn find_runs(inputs: &[Input], stop: &Stop) -> Vec<Vec<Part>> {
    let mut groups: BTreeMap<(PathBuf, String), Vec<(usize, Name)>> = BTreeMap::new();
    for (index, input) in inputs.iter().enumerate().filter(|(_, input)| !input.is_stdin()) {
        if let Some(name) = series::name_of(&input.path) {
            groups.entry(name.key.clone()).or_default().push((index, name));
        }
    }
    let mut runs = Vec::new();
    for group in groups.into_values() {
        let names: Vec<&Name> = group.iter().map(|(_, name)| name).collect();
        if !series::may_be(&names) {
            continue;
        }
        let candidates =
            group.into_iter().filter_map(|(index, name)| match glance(inputs.get(index)?, stop) {
                Glance::Capture(first) => Some(Candidate { input: index, name, first }),
                Glance::Other => None,
            });
        runs.extend(series::runs(candidates.collect()));
    }
    runs
}
