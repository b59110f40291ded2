//! What can be said about a capture as a whole.
//!
//! Everything here is bounded: a hostile file cannot make the facts grow with its own size.

use super::order::ByteOrder;
use super::packet::LinkType;
use crate::provenance::{PacketNumber, PacketRef, Timestamp};

/// How many [`Problem`]s are kept; [`CaptureFacts::skipped`] counts them all.
const KEPT_PROBLEMS: usize = 64;

/// How many packets are named where there may be very many.
pub(super) const NAMED_PACKETS: usize = 8;
/// How many [`Hole`]s are kept; [`CaptureFacts::hole_count`] counts them all.
const KEPT_HOLES: usize = 64;

/// How many [`Interface`]s are kept, over all sections.
pub(super) const KEPT_INTERFACES: usize = 65_536;

/// What was learned about a capture, as far as it has been read.
#[derive(Clone, Debug)]
pub struct CaptureFacts {
    /// The name it was opened under.
    pub name: String,
    /// How it is written.
    pub format: Format,
    /// Packets handed out. Fewer than the last packet's number when records were skipped.
    pub packets: u64,
    /// Packets that are numbered but could not be handed out; see `problems`.
    pub skipped: u64,
    /// Bytes of the capture that have been read as records.
    pub bytes: u64,
    /// The earliest packet time.
    pub first: Option<Timestamp>,
    /// The latest packet time.
    pub last: Option<Timestamp>,
    /// The interfaces in order of description, over all sections; one for classic pcap.
    pub interfaces: Vec<Interface>,
    /// Comments that people or programs wrote into the capture.
    pub comments: u64,
    /// Secrets that somebody put into the capture.
    pub secrets: SecretsFacts,
    /// Packets whose time is earlier than that of the packet before.
    pub time_went_back: u64,
    /// The first few of those.
    pub first_back: Vec<PacketNumber>,
    /// Packets of which the snap length cut bytes off.
    pub cut_packets: u64,
    /// The first few of those.
    pub first_cut: Vec<PacketNumber>,
    /// The packet that was handed out last.
    pub last_packet: Option<PacketRef>,
    /// The first records that could not be used.
    pub problems: Vec<Problem>,
    /// The first places at which the file is damaged and reading went on behind.
    pub holes: Vec<Hole>,
    /// How many such places there are.
    pub hole_count: u64,
    /// Bytes in all of them.
    pub hole_bytes: u64,
    /// How the capture ends.
    pub ending: Ending,
}

impl CaptureFacts {
    pub(super) fn new(name: &str, format: Format) -> CaptureFacts {
        CaptureFacts {
            name: name.to_owned(),
            format,
            packets: 0,
            skipped: 0,
            bytes: 0,
            first: None,
            last: None,
            interfaces: Vec::new(),
            comments: 0,
            secrets: SecretsFacts::default(),
            time_went_back: 0,
            first_back: Vec::new(),
            cut_packets: 0,
            first_cut: Vec::new(),
            last_packet: None,
            problems: Vec::new(),
            holes: Vec::new(),
            hole_count: 0,
            hole_bytes: 0,
            ending: Ending::NotReached,
        }
    }

    /// Packets that the capturing host says it lost: the sum over the interfaces that say so.
    pub fn drops(&self) -> Option<u64> {
        self.interfaces.iter().filter_map(|interface| interface.drops).reduce(u64::saturating_add)
    }

    pub(super) fn note(&mut self, problem: Problem) {
        self.skipped += 1;
        if self.problems.len() < KEPT_PROBLEMS {
            self.problems.push(problem);
        }
    }

    pub(super) fn note_hole(&mut self, hole: Hole) {
        self.hole_count += 1;
        self.hole_bytes = self.hole_bytes.saturating_add(hole.bytes);
        if self.holes.len() < KEPT_HOLES {
            self.holes.push(hole);
        }
    }

    /// Remembers an interface; its index, unless there are too many.
    pub(super) fn describe(&mut self, interface: Interface) -> Option<usize> {
        let index = self.interfaces.len();
        if index >= KEPT_INTERFACES {
            return None;
        }
        self.interfaces.push(interface);
        Some(index)
    }
}

/// Secrets that somebody put into the capture: how many, and nothing of what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsFacts {
    /// Blocks with a key log of TLS.
    pub key_logs: u64,
    /// Blocks with secrets of something else (SSH, WireGuard, ZigBee), which are passed over.
    pub others: u64,
    /// Blocks that could not be read, or not all of them.
    pub unread: u64,
    /// The first of these: its offset in the capture, and what is wrong with it.
    pub first_unread: Option<(u64, String)>,
}

impl SecretsFacts {
    #[cold]
    pub(super) fn note_unread(&mut self, offset: u64, reason: String) {
        self.unread += 1;
        self.first_unread.get_or_insert((offset, reason));
    }
}

/// How a capture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Classic pcap.
    Pcap {
        /// The byte order of its headers.
        order: ByteOrder,
        /// Nanoseconds in one unit of the time's fraction: 1_000 or 1.
        tick: u32,
        /// Whether its records have the 24-byte headers of the "modified" variant.
        modified: bool,
    },
    /// pcapng; byte order and resolution may differ from section to section.
    PcapNg,
}

impl Format {
    /// The name by which people know it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Pcap { modified: true, .. } => "modified pcap",
            Format::Pcap { tick: 1, .. } => "nanosecond pcap",
            Format::Pcap { .. } => "pcap",
            Format::PcapNg => "pcapng",
        }
    }
}

/// An interface that packets were captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// How its packets begin.
    pub link: LinkType,
    /// Its name on the capturing host, cut at 128 bytes.
    pub name: Option<String>,
    /// The most bytes captured of a packet; 0 means no limit.
    pub snaplen: u32,
    /// Packets lost by the interface or the operating system, if the capture says so.
    pub drops: Option<u64>,
}

/// A record that is numbered but could not be handed out as a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The number it has.
    pub number: PacketNumber,
    /// The offset of the record in the capture.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// A place in the middle of a capture of which nothing can be read. Packets behind it are numbered
/// on from those before it; Wireshark reads no further, or numbers other ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The offset of the first byte that was passed over.
    pub offset: u64,
    /// How many were.
    pub bytes: u64,
    /// What is wrong there.
    pub reason: String,
    /// The last packet in front of it.
    pub before: Option<PacketRef>,
}

/// How a capture ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its end has not been reached, or could not be read.
    NotReached,
    /// After a whole record.
    Complete,
    /// In the middle of a record: the capture was stopped hard, or the file was cut.
    CutMidRecord {
        /// The offset of the record that is cut.
        offset: u64,
        /// Bytes that the record occupies, or its header when that is cut already.
        needed: u64,
        /// Bytes of it that are there.
        available: u64,
    },
    /// Nowhere yet: an end was asked for, and the capture was not read any further.
    Interrupted {
        /// The offset of the first byte that was not used.
        offset: u64,
    },
    /// At a record that cannot be one, and behind which none was found that certainly is one.
    Damaged {
        /// The offset of the record.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
}
