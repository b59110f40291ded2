//! The TCP segment, as every stage from here on knows it.

use crate::endpoint::{Endpoint, FlowKey};
use crate::link::Via;
use crate::provenance::PacketRef;
use crate::tcp::Seq;

/// The control bits of a TCP header (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: TcpFlags = TcpFlags(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: TcpFlags = TcpFlags(0x02);
    /// Reset the connection.
    pub const RST: TcpFlags = TcpFlags(0x04);
    /// Push.
    pub const PSH: TcpFlags = TcpFlags(0x08);
    /// The acknowledgement field is significant.
    pub const ACK: TcpFlags = TcpFlags(0x10);

    /// Whether every bit of `wanted` is set.
    pub fn has(self, wanted: TcpFlags) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Both sets of bits.
    pub const fn with(self, more: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 | more.0)
    }
}

/// One TCP segment in one packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'b> {
    /// The packet that carried it.
    pub at: PacketRef,
    /// The interface on which that packet was captured, as [`Packet::interface`].
    ///
    /// [`Packet::interface`]: crate::capture::Packet::interface
    pub interface: u32,
    /// The sender.
    pub from: Endpoint,
    /// The receiver.
    pub to: Endpoint,
    /// Sequence number of the first payload byte, or of the SYN when there is one.
    pub seq: Seq,
    /// Acknowledgement number; to be read only when `flags` has ACK.
    pub ack: Seq,
    /// Control bits.
    pub flags: TcpFlags,
    /// The window field as sent: bytes before any scaling.
    pub window: u16,
    /// IPv4 time to live or IPv6 hop limit.
    pub ttl: u8,
    /// The identification field of an IPv4 header; `None` in IPv6.
    pub ip_id: Option<u16>,
    /// The TCP options, unread: what of them was captured.
    pub options: &'b [u8],
    /// Which tags and tunnels it came through.
    pub via: Via,
    /// The payload bytes that the capture has.
    pub payload: &'b [u8],
    /// Payload bytes that were on the wire behind `payload` but were cut off by the snap length.
    pub cut: u32,
}

impl Segment<'_> {
    /// The key of the connection, the same in both directions.
    pub fn flow(&self) -> FlowKey {
        FlowKey::of(self.from, self.to)
    }

    /// The acknowledgement number, if the segment carries one.
    pub fn acknowledgement(&self) -> Option<Seq> {
        self.flags.has(TcpFlags::ACK).then_some(self.ack)
    }

    /// The same segment with its options and its payload taken from somewhere else.
    pub(crate) fn with_bytes<'c>(&self, options: &'c [u8], payload: &'c [u8]) -> Segment<'c> {
        let Segment {
            at, interface, from, to, seq, ack, flags, window, ttl, ip_id, via, cut, ..
        } = *self;
        Segment {
            at,
            interface,
            from,
            to,
            seq,
            ack,
            flags,
            window,
            ttl,
            ip_id,
            options,
            via,
            payload,
            cut,
        }
    }

    /// Payload bytes as sent, whether captured or not.
    pub fn payload_len(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX).saturating_add(self.cut)
    }
}
