//! The report on a capture, as data: its files, its interfaces, and what in it could not be read.
//!
//! Field names are part of the public schema, as in [`model`](super::Report).

use schemars::JsonSchema;
use serde::Serialize;

use super::{BlindSpot, CaptureQuality};

/// One capture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CaptureReport {
    /// Path as given; `-` for standard input.
    pub file: String,
    /// `pcap` or `pcapng`; null when the file could not be read as a capture.
    pub format: Option<String>,
    /// SHA-256 of the file as it lies on disk, in hex; that of the archive for a capture in one.
    /// Null when it was not computed or the file could not be read.
    pub sha256: Option<String>,
    /// The files that make it up, in the order of time, when it is a rotated series or was put
    /// together of several; empty when it is one file. Then `file` names the first of them.
    pub files: Vec<FileReport>,
    /// Bytes read.
    pub bytes: u64,
    /// Packets in the capture.
    pub packets: u64,
    /// Time of the earliest packet, RFC 3339 in UTC.
    pub first: Option<String>,
    /// Time of the latest packet.
    pub last: Option<String>,
    /// TCP connections seen, numbered as Wireshark does.
    pub tcp_streams: u64,
    /// WebSocket connections among them, attempts included.
    pub websockets: u64,
    /// TCP connections in TLS.
    pub tls_streams: u64,
    /// Those of them of which nothing could be read, for want of their keys.
    pub tls_unread: u64,
    /// Packets that hold no TCP segment, by reason, the most frequent first.
    pub not_analysed: Vec<NotAnalysed>,
    /// The interfaces that were captured on, as far as the file describes them: the first 64.
    pub interfaces: Vec<InterfaceReport>,
    /// Comments in the file (pcapng).
    pub comments: u64,
    /// Packets that the capturing host says it dropped; null when it does not say.
    pub dropped: Option<u64>,
    /// Packets of which the snap length cut bytes off.
    pub cut_packets: u64,
    /// Packets that may have held a segment, and of which none could be made.
    pub unread_packets: u64,
    /// Packets whose time is earlier than that of the packet before.
    pub clock_went_back: u64,
    /// What the capture as a whole cannot tell.
    pub blind_spots: Vec<BlindSpot>,
    /// How far the verdicts can be trusted; null when the file could not be read as a capture.
    pub quality: Option<CaptureQuality>,
    /// Why the file could not be read, or not to its end, in one line.
    pub error: Option<String>,
}

/// An interface that packets were captured on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InterfaceReport {
    /// Its name on the capturing host; null when the file does not say.
    pub name: Option<String>,
    /// How its packets begin: `EN10MB (1)`, …
    pub link_type: String,
    /// The most bytes captured of a packet; null when there is no limit.
    pub snap_length: Option<u32>,
    /// Packets lost by the interface or the operating system; null when the file does not say.
    pub dropped: Option<u64>,
}

/// One file of a capture that is several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReport {
    /// Path as given.
    pub file: String,
    /// SHA-256 of the file in hex; null when it was not computed or the file could not be read.
    pub sha256: Option<String>,
    /// Bytes read.
    pub bytes: u64,
    /// Packets in the file.
    pub packets: u64,
    /// Time of its earliest packet, RFC 3339 in UTC.
    pub first: Option<String>,
    /// Time of its latest packet.
    pub last: Option<String>,
    /// Why the file could not be read, or not to its end, in one line.
    pub error: Option<String>,
}

/// Packets of which nothing was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotAnalysed {
    /// What they are: `link type IEEE802_11 (105)`, `UDP`, `ARP`, `IP fragment`, …
    pub what: String,
    /// How many.
    pub packets: u64,
}
