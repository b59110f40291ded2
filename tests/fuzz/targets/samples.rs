//! The samples, taken apart: what the stages behind the first begin with.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use wsblame::capture::Reader;
use wsblame::endpoint::{PerSide, Side};
use wsblame::ip::{Dissected, Dissector};
use wsblame::tcp::{AssemblerLimits, Connection, StreamEvent};
use wsblame::tls::Keyring;

use crate::sample_keys::keyring;

/// The folder of the samples, from either of the packages that this is part of.
fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut found = here.map(|folder| folder.join("samples")).filter(|folder| folder.is_dir());
    found.next().expect("the samples are part of the project")
}

fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let of = |name: &str| {
        let entries = fs::read_dir(folder().join(name)).expect("part of the project");
        entries.map(|entry| entry.expect("a readable entry").path()).collect::<Vec<_>>()
    };
    let mut all: Vec<PathBuf> = ["real", "rules", "tls"].into_iter().flat_map(of).collect();
    all.retain(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    });
    all.sort();
    all
}

/// Every capture of at most `most` bytes.
pub(crate) fn captures(most: usize) -> Vec<Vec<u8>> {
    static ALL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let all = files(&["pcap", "pcapng"]);
        assert!(all.len() > 200, "the samples are gone");
        all.into_iter().map(|path| fs::read(path).expect("a readable sample")).collect()
    });
    ALL.iter().filter(|capture| capture.len() <= most).cloned().collect()
}

/// Every key log beside them.
pub(crate) fn key_logs() -> Vec<Vec<u8>> {
    files(&["keys"]).into_iter().map(|path| fs::read(path).expect("a readable log")).collect()
}

/// The keys of all samples: those beside them, and those in them.
pub(crate) fn keys() -> Arc<Keyring> {
    static ALL: LazyLock<Arc<Keyring>> =
        LazyLock::new(|| Arc::new(keyring(key_logs(), captures(usize::MAX))));
    ALL.clone()
}

/// What one connection carried, in the order in which it was captured.
#[derive(Clone, Default)]
pub(crate) struct Carried {
    pub(crate) pieces: Vec<(Side, Vec<u8>)>,
}

impl Carried {
    /// All that one side sent.
    pub(crate) fn stream(&self, side: Side) -> Vec<u8> {
        let of_side = self.pieces.iter().filter(|(sender, _)| *sender == side);
        of_side.flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// What stands behind the first head of each side, if it begins with one.
    pub(crate) fn frames(&self) -> Option<PerSide<Vec<u8>>> {
        let behind = |side| {
            let stream = self.stream(side);
            let starts: &[u8] = if side == Side::Client { b"GET " } else { b"HTTP/1.1 101" };
            let end = stream.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
            stream.starts_with(starts).then(|| stream[end..].to_vec())
        };
        let (client, server) = (behind(Side::Client)?, behind(Side::Server)?);
        Some(PerSide { client, server })
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.pieces.first().is_some_and(|(_, bytes)| bytes.starts_with(b"\x16\x03"))
    }
}

/// Every connection in the samples that carried at most `most` bytes.
pub(crate) fn connections(most: usize) -> Vec<Carried> {
    static ALL: LazyLock<Vec<Carried>> =
        LazyLock::new(|| captures(usize::MAX).iter().flat_map(|c| connections_of(c)).collect());
    let size = |carried: &Carried| carried.pieces.iter().map(|(_, bytes)| bytes.len()).sum();
    ALL.iter().filter(|carried| (1..=most).contains(&size(carried))).cloned().collect()
}

fn connections_of(capture: &[u8]) -> Vec<Carried> {
    const LIMITS: AssemblerLimits = AssemblerLimits {
        out_of_order_bytes: 1 << 20,
        out_of_order_pieces: 1 << 12,
        sources: 16,
        recent: 16,
    };
    let mut reader = Reader::new(capture, "sample").expect("a capture");
    let mut dissector = Dissector::new();
    let mut found: Vec<(Connection, Carried)> = Vec::new();
    let mut number = HashMap::new();
    while let Ok(Some(packet)) = reader.next() {
        dissector.dissect(&packet, |dissected| {
            let Dissected::Segment(segment) = dissected else { return };
            let at = *number.entry(segment.flow()).or_insert_with(|| {
                found.push((Connection::new(&segment, LIMITS), Carried::default()));
                found.len() - 1
            });
            let (connection, carried) = &mut found[at];
            if let Some((side, StreamEvent::Data { bytes, .. })) = connection.receive(&segment) {
                carried.pieces.push((side, bytes.to_vec()));
            }
            while let Some((side, released)) = connection.release() {
                if let StreamEvent::Data { bytes, .. } = released.as_event() {
                    carried.pieces.push((side, bytes.to_vec()));
                }
            }
        });
    }
    found.into_iter().map(|(_, carried)| carried).collect()
}

/// A list, of which no more than `most` are taken, spread over all of it.
pub(crate) fn some_of<T>(list: Vec<T>, most: usize) -> Vec<T> {
    let step = list.len().div_ceil(most.max(1)).max(1);
    list.into_iter().step_by(step).collect()
}
