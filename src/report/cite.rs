//! Packets as a report cites them.
//!
//! In: packet numbers, and the files of a capture. Out: [`PacketCite`], which says where to look in
//! data, and [`Files`], which says it in words: `packet 17`, or `packet 17 of web.pcap2` where the
//! capture is several files. Nothing here escapes: whoever prints does.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::CaptureReport;
use crate::provenance::{PacketNumber, PacketRef};

/// A packet: its number, as in the "No." column of Wireshark; where the capture is several files,
/// with the file whose number that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PacketCite {
    /// Its number in a capture of one file, from 1.
    Number(u64),
    /// A packet of a capture of several files.
    InFile {
        /// Which of the capture's `files`, from 1.
        file: u32,
        /// Its number in that file, from 1.
        number: u64,
    },
}

impl PacketCite {
    /// Which file of the capture it is in, from 1; `None` when the capture is one file.
    pub fn file(self) -> Option<u32> {
        match self {
            PacketCite::Number(_) => None,
            PacketCite::InFile { file, .. } => Some(file),
        }
    }

    /// Its number in its file, from 1.
    pub fn number(self) -> u64 {
        match self {
            PacketCite::Number(number) | PacketCite::InFile { number, .. } => number,
        }
    }

    /// `17`, or `2#17` for packet 17 of the second file: for columns.
    pub(super) fn short(self) -> String {
        match self {
            PacketCite::Number(number) => number.to_string(),
            PacketCite::InFile { file, number } => PacketNumber::in_file(file, number).to_string(),
        }
    }
}

impl From<PacketNumber> for PacketCite {
    fn from(packet: PacketNumber) -> PacketCite {
        match packet.file() {
            None => PacketCite::Number(packet.number()),
            Some(file) => PacketCite::InFile { file, number: packet.number() },
        }
    }
}

impl From<PacketRef> for PacketCite {
    fn from(packet: PacketRef) -> PacketCite {
        packet.number.into()
    }
}

/// What the files of a capture are called; none for a capture of one file.
#[derive(Default)]
pub(super) struct Files<'r> {
    names: Vec<&'r str>,
}

impl<'r> Files<'r> {
    /// The files of `capture`: by the last part of their path where that is no other's too.
    pub(super) fn of(capture: &'r CaptureReport) -> Files<'r> {
        let mut bearers: HashMap<&str, usize> = HashMap::new();
        for file in &capture.files {
            *bearers.entry(base(&file.file)).or_insert(0) += 1;
        }
        let name = |path: &'r str| match bearers.get(base(path)) {
            Some(1) => base(path),
            _ => path,
        };
        Files { names: capture.files.iter().map(|file| name(&file.file)).collect() }
    }

    /// The name of the `file`th file, from 1.
    pub(super) fn name(&self, file: u32) -> Option<&'r str> {
        let index = usize::try_from(file).ok()?.checked_sub(1)?;
        self.names.get(index).copied()
    }

    /// `packet 17`, or `packet 17 of web.pcap2`.
    pub(super) fn packet(&self, packet: PacketCite) -> String {
        self.packets(&[packet])
    }

    /// `packets 6, 7`, or `packets 17, 18 of web.pcap2, 3 of web.pcap3`.
    pub(super) fn packets(&self, packets: &[PacketCite]) -> String {
        let noun = match packets {
            [] => return "no packet".to_owned(),
            [_] => "packet",
            _ => "packets",
        };
        format!("{noun} {}", self.list(packets))
    }

    /// The same without the noun.
    pub(super) fn list(&self, packets: &[PacketCite]) -> String {
        let runs = packets.chunk_by(|one, next| one.file() == next.file());
        let run = |run: &[PacketCite]| {
            let numbers: Vec<String> = run.iter().map(|one| one.number().to_string()).collect();
            let numbers = numbers.join(", ");
            match run.first().and_then(|one| one.file()) {
                None => numbers,
                Some(file) => match self.name(file) {
                    Some(name) => format!("{numbers} of {name}"),
                    None => format!("{numbers} of file {file}"),
                },
            }
        };
        runs.map(run).collect::<Vec<_>>().join(", ")
    }
}

/// The last part of a path, however the system that wrote it separates them.
fn base(path: &str) -> &str {
    match path.rsplit(['/', '\\']).next() {
        Some(last) if !last.is_empty() => last,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::FileReport;
    use super::*;

    fn series(names: &[&str]) -> CaptureReport {
        let file = |name: &&str| FileReport { file: (*name).into(), ..FileReport::default() };
        CaptureReport { files: names.iter().map(file).collect(), ..CaptureReport::default() }
    }

    fn in_file(file: u32, number: u64) -> PacketCite {
        PacketNumber::in_file(file, number).into()
    }

    #[test]
    fn a_packet_is_a_number_or_a_file_and_a_number() {
        let json = |packet: PacketCite| serde_json::to_string(&packet).unwrap_or_default();
        assert_eq!(json(PacketNumber::new(17).into()), "17");
        assert_eq!(json(in_file(2, 17)), r#"{"file":2,"number":17}"#);
    }

    #[test]
    fn packets_of_one_file_need_no_name() {
        let capture = series(&[]);
        let files = Files::of(&capture);
        let [six, seven] = [6, 7].map(PacketCite::Number);
        assert_eq!(files.packets(&[six, seven]), "packets 6, 7");
        assert_eq!(files.packet(six), "packet 6");
        assert_eq!(files.packets(&[]), "no packet");
    }

    #[test]
    fn packets_of_a_series_are_grouped_by_file() {
        let capture = series(&["day/web.pcap1", "day/web.pcap2"]);
        let files = Files::of(&capture);
        let cited = [in_file(1, 17), in_file(1, 18), in_file(2, 3)];
        assert_eq!(files.packets(&cited), "packets 17, 18 of web.pcap1, 3 of web.pcap2");
        assert_eq!(files.packet(in_file(2, 3)), "packet 3 of web.pcap2");
        assert_eq!(files.packet(in_file(9, 3)), "packet 3 of file 9");
        assert_eq!(in_file(2, 3).short(), "2#3");
    }

    #[test]
    fn a_name_that_two_files_have_is_said_in_full() {
        let capture = series(&["a/web.pcap", "b/web.pcap", "b/other.pcap"]);
        let files = Files::of(&capture);
        assert_eq!(files.packet(in_file(2, 3)), "packet 3 of b/web.pcap");
        assert_eq!(files.packet(in_file(3, 3)), "packet 3 of other.pcap");
    }
}
