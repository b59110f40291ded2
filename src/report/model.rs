//! The report as data: what every format lays out, and what JSON prints as it stands.
//!
//! Field names are part of the public schema. A field is never removed or given another meaning
//! without a new [`SCHEMA`]; fields may be added.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ApplicationReport, CaptureReport, CodeMeaning, ConnectionQuality, LastWordsReport, PacketCite,
    TlsReport, Traffic,
};
use crate::rules::Severity;

/// The name and version of the schema.
pub const SCHEMA: &str = "wsblame-report/1";

/// Everything that one run has to say.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// `wsblame-report/1`.
    pub schema: String,
    /// What made the report.
    pub tool: Tool,
    /// The captures, in the order in which they were given.
    pub captures: Vec<CaptureReport>,
    /// The WebSocket connections, capture by capture: those that were over long before its end
    /// first, in the order in which they ended, then the others in that of their first packets.
    pub connections: Vec<ConnectionReport>,
    /// What was left out because it was not asked for; null when nothing was.
    pub filtered: Option<Filtered>,
}

/// How much a filter left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Filtered {
    /// Connections.
    pub connections_hidden: u64,
    /// Findings of the connections that are there.
    pub findings_hidden: u64,
}

/// What made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// `wsblame`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One WebSocket connection, or one attempt to open it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ConnectionReport {
    /// From 1, over all captures of the report.
    pub id: u64,
    /// Index into `captures`.
    pub capture: usize,
    /// The number that Wireshark gives the TCP connection (`tcp.stream`).
    pub tcp_stream: u64,
    /// The `id` of the connection that this one is, captured once more behind an address
    /// translation: the same bytes at the same sequence numbers between other addresses. Null for
    /// the first capture of a connection.
    pub same_as: Option<u64>,
    /// `tcp`, or `tls` where it was inside TLS.
    pub transport: String,
    /// The TLS that it was in; absent where it was in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsReport>,
    /// The VLAN tags and tunnels that its packets came through, each kind once; absent where there
    /// were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encapsulation: Vec<Encapsulation>,
    /// The side that asked for the WebSocket, as seen from the capture point.
    pub client: EndpointReport,
    /// The side that was asked.
    pub server: EndpointReport,
    /// Time of the first packet of the TCP connection.
    pub opened: String,
    /// Time of the last packet.
    pub ended: String,
    /// Seconds between the two.
    pub duration: f64,
    /// The opening handshake.
    pub handshake: HandshakeReport,
    /// The product or protocol that is spoken; null when none is recognised.
    pub application: Option<ApplicationReport>,
    /// What a side said last, where that has a form in which applications say why a connection ends:
    /// at most one message of each side.
    pub last_words: Vec<LastWordsReport>,
    /// What each side sent.
    pub traffic: Traffic,
    /// What TCP needed to carry it.
    pub tcp: TcpReport,
    /// How it ended.
    pub close: CloseReport,
    /// What was found, in order of time.
    pub findings: Vec<FindingReport>,
    /// What it comes to.
    pub verdict: VerdictReport,
    /// How far that can be trusted.
    pub quality: ConnectionQuality,
    /// What the capture cannot tell about this connection.
    pub blind_spots: Vec<BlindSpot>,
    /// What happened when: at most 20 rows.
    pub timeline: Vec<TimelineRow>,
}

/// VLAN tags and the outermost tunnel around packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Encapsulation {
    /// VLAN tags outside any tunnel, at most 3.
    pub vlan_tags: u64,
    /// The outermost tunnel, such as `VXLAN`; null when there is none.
    pub tunnel: Option<String>,
    /// The filter expression that finds the tunnel on the outer network; null when there is none.
    pub filter: Option<String>,
}

/// An address and a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointReport {
    /// IPv4 or IPv6 address.
    pub address: String,
    /// TCP port.
    pub port: u16,
}

/// The opening handshake (RFC 6455 §4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HandshakeReport {
    /// HTTP status of the final response; null when there was none or it was not captured.
    pub status: Option<u16>,
    /// Host as sent; null when the request was not captured.
    pub host: Option<String>,
    /// Request target as sent, the values of its query redacted.
    pub path: Option<String>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
    /// The extensions that the server accepted, with their parameters.
    pub extensions: Vec<String>,
    /// `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// `Server` of the response.
    pub server_software: Option<String>,
    /// Fields by which proxies on the way show (`Via`, `X-Forwarded-For`, …): names only.
    pub proxies: Vec<String>,
    /// Packets with the request.
    pub request_packets: Vec<PacketCite>,
    /// Packets with the response.
    pub response_packets: Vec<PacketCite>,
}

/// Both halves of the TCP connection, the opening handshake included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TcpReport {
    /// The client's.
    pub client: TcpSide,
    /// The server's.
    pub server: TcpSide,
}

/// What one side sent by TCP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TcpSide {
    /// Segments captured.
    pub segments: u64,
    /// Whether its SYN was captured, so that stream offsets count from its first byte.
    pub has_start: bool,
    /// Whether its FIN or RST was captured.
    pub has_end: bool,
    /// Bytes of its stream, those that are missing included.
    pub bytes: u64,
    /// Bytes of its stream that the capture does not have.
    pub lost_bytes: u64,
    /// Bytes captured more than once: retransmissions, or packets that were captured twice.
    pub repeated_bytes: u64,
    /// Segments with which it said that it takes no more for now (a window of 0).
    pub zero_windows: u64,
    /// Keep-alive probes (RFC 9293 §3.8.4).
    pub keep_alives: u64,
    /// Its resets that no receiver would have accepted (RFC 9293 §3.5.3).
    pub ignored_resets: u64,
}

/// How the connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloseReport {
    /// Who sent the first Close frame; null when the capture cannot tell.
    pub initiator: Option<Initiator>,
    /// The client's first Close frame; null when it sent none that was captured.
    pub client_sent: Option<CloseFrameReport>,
    /// The server's.
    pub server_sent: Option<CloseFrameReport>,
    /// Who ended TCP, and how.
    pub tcp_end: TcpEnd,
    /// The code that each side's API reports (RFC 6455 §7.1.5).
    pub surfaced: Surfaced,
}

/// Who sent the first Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Initiator {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Both: neither had received the other's.
    Both,
    /// Neither.
    None,
}

/// A Close frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloseFrameReport {
    /// Status code; null when the frame was empty, had a single byte, or lost its payload.
    pub code: Option<u16>,
    /// Reason; bytes that are not UTF-8 replaced.
    pub reason: String,
    /// The packet that carried it.
    pub packet: PacketCite,
    /// Its time.
    pub time: String,
    /// Whether the peer's TCP acknowledged it; null when the capture cannot tell.
    pub delivered: Option<bool>,
    /// What the application means by the code; null when that is not known.
    pub meaning: Option<CodeMeaning>,
}

/// How TCP ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TcpEnd {
    /// Who sent the first FIN or RST; `how` and `packet` are those of the first one captured.
    pub by: EndedBy,
    /// Which of the two.
    pub how: EndedHow,
    /// The packet with it.
    pub packet: Option<PacketCite>,
}

/// Who ended TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// The client's address.
    Client,
    /// The server's address.
    Server,
    /// Nobody, as far as the capture goes.
    None,
    /// One of them; the first FIN may be among what the capture lost.
    Unknown,
}

/// How TCP was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndedHow {
    /// By FIN.
    Fin,
    /// By RST.
    Rst,
    /// Not at all, as far as the capture goes.
    None,
}

/// The codes that the two APIs report; null for unknown or still open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Surfaced {
    /// At the client.
    pub client: Option<u16>,
    /// At the server.
    pub server: Option<u16>,
}

/// A broken rule, or a recognised cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingReport {
    /// The rule's id: `wsblame explain ID` says more.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Who has to mend it.
    pub at_fault: AtFault,
    /// Whose stream `stream_range` is in: the side that sent the bytes.
    pub side: SideName,
    /// The packets with the bytes in question; of many the first few and the last.
    pub packets: Vec<PacketCite>,
    /// Time of the first of them.
    pub time: String,
    /// Offsets in the sender's TCP stream: first byte, and behind the last.
    pub stream_range: [u64; 2],
    /// The bytes in question in hex, at most 16: header bytes, or those that are the violation
    /// themselves; never other payload.
    pub bytes: String,
    /// The guilty bits of `bytes`.
    pub guilty: Option<GuiltyReport>,
    /// What exactly was seen.
    pub detail: String,
    /// How many times the same side broke the same rule; the first time is shown.
    pub count: u64,
    /// Whether the connection lived on although the peer had received it.
    pub tolerated: bool,
    /// Whether this finding caused the end of the connection.
    pub caused_the_end: bool,
}

/// Bits to point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GuiltyReport {
    /// Index into the bytes shown.
    pub byte: usize,
    /// The bits of that byte.
    pub mask: u8,
}

/// A side by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SideName {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// Who has to mend a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AtFault {
    /// The client's address, as seen from the capture point.
    Client,
    /// The server's address.
    Server,
    /// Something between the two.
    Intermediary,
    /// One capture cannot tell.
    Unknown,
}

/// What a connection comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerdictReport {
    /// How it ended, in a word.
    pub outcome: Outcome,
    /// Who has to fix it.
    pub at_fault: Blame,
    /// Why it ended: the id of a rule or of a cause; null when unknown.
    pub cause: Option<String>,
    /// How sure that is.
    pub confidence: Confidence,
    /// What lowered the confidence.
    pub lowered_by: Vec<String>,
    /// The verdict in one sentence.
    pub summary: String,
    /// What the one at fault should do; empty when there is nothing to fix.
    pub fix: String,
    /// Other readings of the same evidence, the likelier first.
    pub alternatives: Vec<String>,
    /// What would settle it, or overturn it.
    pub would_settle: Vec<String>,
    /// Texts that libraries print for exactly this, to match a log with the capture: the client's
    /// side first, at most 4 a side. None of them need have been printed.
    pub in_your_logs: Vec<LogHint>,
}

/// A text that a library may have printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogHint {
    /// The side that prints it.
    pub side: SideName,
    /// The library.
    pub library: String,
    /// The text: `N` stands for a number and `…` for any text.
    pub phrase: String,
    /// Whether the handshake or the reason of a Close gives the library away; else it is a common
    /// one that behaves as this side did.
    pub recognised: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both sides sent a Close and no error was signalled.
    Closed,
    /// A Close with an error code was sent, or an endpoint failed the connection for a violation.
    Failed,
    /// TCP ended without a closing handshake.
    Aborted,
    /// The server, or something in front of it, refused the opening handshake.
    Rejected,
    /// The opening handshake did not come to an end that both sides could accept.
    HandshakeFailed,
    /// It was open when the capture ended.
    Open,
    /// The capture cannot tell.
    Unknown,
}

/// Who has to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The client's address, as seen from the capture point.
    Client,
    /// The server's address.
    Server,
    /// Something between the two.
    Intermediary,
    /// Nobody: there is nothing to fix.
    None,
    /// The capture cannot tell.
    Unknown,
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Not at all.
    Unknown,
    /// Two or more readings fit the evidence.
    Possible,
    /// One premise is missing.
    Likely,
    /// Every byte that matters was captured and acknowledged, and the rule leaves no choice.
    Proven,
}

/// Something that the capture cannot tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BlindSpot {
    /// What kind it is: `lost-segments`, `snap-length`, `no-request`, `one-sided`, …
    pub kind: String,
    /// Whose bytes are missing; null when it concerns both or neither.
    pub side: Option<SideName>,
    /// Packets around it.
    pub packets: Vec<PacketCite>,
    /// Bytes missing, if known.
    pub bytes: u64,
    /// What it hides.
    pub hides: String,
    /// What is therefore not said, or said with less confidence: a clause.
    pub lowered: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineRow {
    /// The packet.
    pub packet: PacketCite,
    /// Its time.
    pub time: String,
    /// Seconds since the connection's first packet, with a sign if the clock went back.
    pub after: String,
    /// Who did it.
    pub side: SideName,
    /// What it was: `SYN`, `GET /chat`, `101`, `text 5 bytes`, `Close 1002`, `FIN`, …
    pub event: String,
}
