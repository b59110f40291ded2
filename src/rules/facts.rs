//! What is known of a connection when it, or the capture, has ended.
//!
//! Here the two directions are set against each other, by what each had acknowledged of the other
//! and never by the order in which packets were captured. The `End` rules and the verdict look at
//! this.

use super::{Finding, RoundTrips, Tally};
use crate::endpoint::{PerSide, Side};
use crate::http::Handshake;
use crate::provenance::{PacketRef, Source};
use crate::tcp::{Ending, Range64, Summary};
use crate::tls::TlsFacts;
use crate::ws::{Compressed, ControlFrame, Deflate, Excerpt, Masking, Opcode, PartialFrame};

/// A connection, as far as the capture tells.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The opening handshake.
    pub handshake: Handshake,
    /// Whether permessage-deflate was agreed on.
    pub deflate: Deflate,
    /// What is known of the TLS session that it is in; `None` in the clear. Offsets there are those
    /// of the stream of TCP, and everywhere else here those of the plaintext.
    pub tls: Option<TlsFacts>,
    /// Each side's half of the TCP connection, or of the TLS session on it.
    pub tcp: PerSide<Summary>,
    /// Each side's frames; empty defaults when the handshake did not succeed.
    pub frames: PerSide<Frames>,
    /// Whether no opening handshake that succeeded was captured, and frames were found all the same.
    pub midstream: bool,
    /// Whether a violation (a finding of severity error) was found in the bytes of a side.
    pub violated: PerSide<bool>,
    /// The first and the last packet, by time.
    pub span: (PacketRef, PacketRef),
    /// How far apart the times of two packets have to be for their order to mean something, in
    /// nanoseconds; [`i64::MAX`] where the capture's clock is not to be believed.
    pub clock_doubt: i64,
    /// By how many nanoseconds the clocks of two interfaces differ on which it was captured.
    pub clock_offset: Option<i64>,
}

/// One side's frames. There may be a hundred thousand of these at a time: what most of them lack
/// until the end stands in a box.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    /// Stream offset of the first frame; `None` when no frames were read from this side.
    pub start: Option<u64>,
    /// Where the boundaries of frames were lost to a hole, if they were.
    pub lost_at: Option<u64>,
    /// Where a violation made the rest unreadable, if one did.
    pub spoiled_at: Option<u64>,
    /// Frames whose header was read.
    pub frames: u64,
    /// Complete data messages.
    pub messages: u64,
    /// Payload bytes as declared, control frames included.
    pub payload_bytes: u64,
    /// The same by kind and size.
    pub tally: Tally,
    /// Masking keys.
    pub masking: Masking,
    /// The first Close.
    pub close: Option<Box<Close>>,
    /// Messages that were marked as compressed.
    pub compressed: Compressed,
    /// Excerpts of its text messages.
    pub texts: Texts,
    /// The message that is open at the end.
    pub open_message: Option<Box<OpenMessage>>,
    /// The frame that is incomplete at the end.
    pub partial: Option<Box<PartialFrame>>,
    /// The latest data message, complete or not.
    pub last_message: Option<LastMessage>,
    /// The latest frame of any kind.
    pub last_frame: Option<Source>,
    /// Its Pings, and the peer's Pongs to them; `None` when there were neither.
    pub pings: Option<Box<Pings>>,
    /// Its latest Pong.
    pub last_pong: Option<Box<Ping>>,
    /// What was read behind a boundary that was searched for. All the other fields are about what
    /// stands before it, so that no rule takes it for certain. Rare, and large.
    pub resumed: Option<Box<Resumed>>,
}

/// Frames behind a boundary that was searched for: a hypothesis.
#[derive(Clone, Debug, Default)]
pub struct Resumed {
    /// Stream offset of the first header that was found.
    pub at: u64,
    /// The packet with that header.
    pub packet: Option<PacketRef>,
    /// Whether the boundary itself is known, because the request ended there, and only the answer is
    /// not; and no header was lost behind it.
    pub follows_request: bool,
    /// Bits of evidence for it: see [`crate::ws::search`].
    pub bits: u32,
    /// Frames whose header was read.
    pub frames: u64,
    /// Complete data messages.
    pub messages: u64,
    /// Payload bytes as declared, control frames included.
    pub payload_bytes: u64,
    /// The same by kind and size.
    pub tally: Tally,
    /// Its Pings, and those of the peer's Pongs that were found in the same way.
    pub pings: Pings,
    /// The Close, if nothing follows it.
    pub close: Option<Close>,
    /// Where a header was lost once more and no boundary found behind it.
    pub lost_at: Option<u64>,
    /// Whether it led to something that no conforming endpoint sends: then it was wrong, or the
    /// endpoint is, and nobody knows which.
    pub refuted: bool,
}

/// Excerpts of a side's complete text messages, by which what is spoken on the connection may be
/// recognised. They are payload: nothing of them is for a report, but what is recognised.
#[derive(Clone, Default)]
pub struct Texts {
    /// Of the first one that could be read from its beginning.
    pub first: Option<Excerpt>,
    /// Of the latest one.
    pub last: Option<Excerpt>,
    /// Where the latest one stands: from its first header to its last byte.
    pub last_range: Option<Range64>,
}

impl Texts {
    /// Takes in at most `most` bytes of the latest message, which stands at `range`.
    pub fn note(&mut self, excerpt: &Excerpt, range: Range64, most: usize) {
        self.last_range = Some(range);
        if self.first.is_none() && !excerpt.damaged {
            self.first.get_or_insert_default().copy_from(excerpt, most);
        }
        self.last.get_or_insert_default().copy_from(excerpt, most);
    }
}

/// Without payload.
impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

/// A side's first Close frame.
#[derive(Clone, Debug)]
pub struct Close {
    /// The frame.
    pub frame: ControlFrame,
    /// The packet with its first byte, and how much of the peer's stream that packet
    /// acknowledged, as a stream offset.
    pub source: Source,
}

/// A data message without its end.
#[derive(Clone, Copy, Debug)]
pub struct OpenMessage {
    /// Text or binary.
    pub opcode: Opcode,
    /// Frames so far.
    pub fragments: u64,
    /// Payload bytes so far.
    pub len: u64,
    /// Payload bytes as its headers so far declare.
    pub declared: u64,
    /// Whether RSV1 was set on its first frame.
    pub compressed: bool,
    /// Stream offset of its first header.
    pub start: u64,
}

/// The latest data message of a side.
#[derive(Clone, Copy, Debug)]
pub struct LastMessage {
    /// The packet with its last byte so far.
    pub at: PacketRef,
    /// From its first header to its last byte so far.
    pub range: Range64,
    /// Text or binary.
    pub opcode: Opcode,
    /// Payload bytes so far.
    pub len: u64,
    /// Payload bytes declared by the header of its latest frame.
    pub declared: u64,
}

/// A side's Pings, matched with the peer's Pongs by payload (RFC 6455 §5.5.3).
#[derive(Clone, Debug, Default)]
pub struct Pings {
    /// Pings sent.
    pub sent: u64,
    /// Those that a Pong answered, itself or a later one.
    pub answered: u64,
    /// Those since the latest that was answered.
    pub outstanding: u64,
    /// Pongs of the peer that equal no Ping, all counted.
    pub unsolicited_pongs: u64,
    /// How long Pongs took.
    pub trips: RoundTrips,
    /// The latest Ping, if no Pong has answered it. A Pong answers every Ping before it.
    pub unanswered: Option<Ping>,
    /// The first Ping since the latest Pong that answered one: of this and of all that followed it,
    /// none was answered.
    pub unanswered_since: Option<Ping>,
    /// Pongs of the peer that equal no Ping: the latest few.
    pub unmatched_pongs: Vec<Ping>,
}

/// A Ping or a Pong.
#[derive(Clone, Debug)]
pub struct Ping {
    /// Where it stands in its sender's stream.
    pub range: Range64,
    /// Its packet, and how much of the other side's stream that acknowledged.
    pub source: Source,
    /// Payload bytes.
    pub len: u64,
}

impl Facts {
    /// Whether the capture's clock is certain enough for something to be concluded from a time.
    pub fn tells_time(&self) -> bool {
        const TOO_UNCERTAIN: i64 = 100_000_000;
        self.clock_doubt <= TOO_UNCERTAIN
    }

    /// Seconds from `earlier` to `later`, where the clock can tell.
    pub fn seconds(&self, earlier: PacketRef, later: PacketRef) -> Option<f64> {
        self.tells_time().then(|| later.time.seconds_since(earlier.time))
    }

    /// Whether nothing that `side` is known to have sent behind the opening handshake is missing:
    /// segments of it were captured, its stream has no hole, no bytes of which two versions exist
    /// and no end that only the peer's acknowledgements or its own later numbers tell of, and every
    /// frame's boundaries are known.
    ///
    /// What this side had not sent by the time of a later segment of either side can then be
    /// concluded; see [`Facts::is_whole`] for what it never sent.
    pub fn is_unbroken(&self, side: Side) -> bool {
        let (tcp, frames) = (&self.tcp[side], &self.frames[side]);
        let fin = u64::from(tcp.fin.is_some()); // it takes a number of its own
        tcp.segments > 0
            && frames.start.is_some()
            && frames.lost_at.is_none()
            && frames.spoiled_at.is_none()
            && tcp.gaps.is_empty()
            && tcp.conflicts.is_empty()
            && tcp.acknowledged.max(tcp.reached) <= tcp.end.saturating_add(fin)
    }

    /// Whether `side`'s stream is known from the start of its frames to its end: it is unbroken,
    /// and its FIN, or a RST that stands right behind its last byte, shows that nothing followed.
    pub fn is_whole(&self, side: Side) -> bool {
        let end = self.tcp[side].end;
        self.is_unbroken(side) && self.end_of(side).is_some_and(|(ending, _)| ending.offset == end)
    }

    /// Whether the peer reset the connection when it had received everything that `side` is known
    /// to have sent.
    fn was_cut_off(&self, side: Side) -> bool {
        let acked = self.tcp[!side].rst.and_then(|reset| reset.acked);
        self.is_unbroken(side) && acked == Some(self.tcp[side].end)
    }

    /// Whether a finding rests on bytes of which two versions were captured, or on some behind
    /// them: nobody knows which version the receiver had.
    pub fn is_disputed(&self, finding: &Finding) -> bool {
        let evidence =
            [(finding.place.side, finding.place.range), (finding.side, finding.asked_at)];
        evidence.into_iter().any(|(side, range)| {
            self.tcp[side].disputed_from().is_some_and(|from| range.end > from)
        })
    }

    /// How `side` first ended its half of TCP, or of TLS.
    pub fn end_of(&self, side: Side) -> Option<(Ending, EndKind)> {
        let alert = self.tls.as_ref().and_then(|tls| tls.sides[side].ending.as_ref()?.alert);
        let kind = match alert {
            Some(alert) if alert.is_close_notify() => EndKind::CloseNotify,
            Some(_) => EndKind::Alert,
            None => EndKind::Fin,
        };
        let fin = self.tcp[side].fin.map(|fin| (fin, kind));
        let rst = self.tcp[side].rst.map(|rst| (rst, EndKind::Reset));
        match (fin, rst) {
            // A reset behind the FIN follows it; only a retransmitted FIN comes later.
            (Some(fin), Some(rst)) => Some(if rst.0.offset < fin.0.offset { rst } else { fin }),
            (fin, rst) => fin.or(rst),
        }
    }

    /// Whether both Closes were sent, and `side` had received the peer's when it ended TCP.
    pub fn has_closed_before(&self, side: Side, ending: &Ending) -> bool {
        let received =
            |close: &Close| ending.acked.is_some_and(|acked| acked >= close.frame.range.end);
        self.frames[side].close.is_some()
            && self.frames[!side].close.as_deref().is_some_and(received)
    }

    /// Whether `side`'s bytes up to stream offset `end` arrived: `Some(true)` when the peer
    /// acknowledged them, `Some(false)` when the peer reset the connection without having received
    /// them, `None` when the capture cannot tell.
    pub fn arrived(&self, side: Side, end: u64) -> Option<bool> {
        if self.tcp[side].acknowledged >= end {
            return Some(true);
        }
        // A peer that resets the connection reads nothing more. What its RST does not say, an
        // acknowledgement may have said that the capture lost.
        let acked = self.tcp[!side].rst?.acked?;
        (acked < end).then_some(false)
    }

    /// Whether one packet came before another, by time where that can be told, and else by number.
    pub fn is_before(&self, one: PacketRef, other: PacketRef) -> bool {
        let apart = other.time.nanos_since(one.time);
        if apart.saturating_abs() > self.clock_doubt {
            apart > 0
        } else {
            one.number < other.number
        }
    }

    /// The first FIN or RST: who sent it, where, and which of the two.
    ///
    /// Of two, the one is second whose sender had acknowledged the other; where neither had, or
    /// the capture does not tell, the packets' times decide, and where these cannot, their numbers.
    pub fn first_end(&self) -> Option<(Side, Ending, EndKind)> {
        let end = |side: Side| self.end_of(side).map(|(ending, kind)| (side, ending, kind));
        let (client, server) = (end(Side::Client), end(Side::Server));
        let (Some(client), Some(server)) = (client, server) else { return client.or(server) };
        let knew = |later: &Ending, earlier: &Ending| {
            later.acked.is_some_and(|acked| acked > earlier.offset)
        };
        match (knew(&client.1, &server.1), knew(&server.1, &client.1)) {
            (true, false) => Some(server),
            (false, true) => Some(client),
            _ if self.is_before(server.1.at, client.1.at) => Some(server),
            _ => Some(client),
        }
    }

    /// The side that ended TCP first, if the capture can tell: where the last bytes of the peer are
    /// missing, a FIN may be among them that came before.
    pub fn first_to_end(&self) -> Option<Side> {
        let (side, ending, _) = self.first_end()?;
        if let Some((other, _)) = self.end_of(!side) {
            // Of two that acknowledge each other one is a repetition, and nobody knows which.
            let states =
                |one: &Ending, two: &Ending| one.stated.is_some_and(|acked| acked > two.offset);
            if states(&ending, &other) && states(&other, &ending) {
                return None;
            }
            // What a repeated FIN acknowledged when it was first sent is not known, nor when that
            // was.
            let knew = other.acked.is_some_and(|acked| acked > ending.offset);
            let is_original = |end: &Ending, kind| end.acked.is_some() || kind == EndKind::Reset;
            let kinds = Side::BOTH.map(|side| self.end_of(side));
            let both = kinds.iter().flatten().all(|(end, kind)| is_original(end, *kind));
            return (knew || both).then_some(side);
        }
        let peer = &self.tcp[!side];
        let tail = peer.gaps.last().map(|(range, _)| *range).filter(|range| range.end >= peer.end);
        let unseen = tail.map_or(peer.end, |range| range.start);
        // A FIN counts as one byte, the last one; so it may be any that was sent last and not seen.
        let last = peer.end.max(peer.acknowledged).max(peer.reached);
        // A RST that acknowledges nothing answers a segment that came too late (RFC 9293
        // §3.10.7.1): one that its sender had closed for, or one that was the peer's end.
        let acked = ending.acked?;
        // Where nothing of the peer's stream was captured, its FIN may be what came before.
        let is_known = (peer.has_start || peer.end > 0) && peer.gaps.len() < Summary::MOST_GAPS;
        (is_known && (unseen == last || acked < last)).then_some(side)
    }

    /// Whether `side` sent something behind its last captured byte, a FIN most likely, that the
    /// capture does not have.
    pub fn has_lost_its_end(&self, side: Side) -> bool {
        let tcp = &self.tcp[side];
        tcp.fin.is_none() && tcp.end > 0 && tcp.acknowledged.max(tcp.reached) == tcp.end + 1
    }

    /// Whether `side` had received the peer's bytes up to `end` when it sent its Close.
    pub fn close_answers(&self, side: Side, end: u64) -> Option<bool> {
        let close = self.frames[side].close.as_ref()?;
        close.source.acked.map(|acked| acked >= end)
    }

    /// Whether every frame of `side` is known, as far as its stream was sent at all.
    pub fn frames_are_known(&self, side: Side) -> bool {
        self.frames[side].start.is_some() && self.frames[side].lost_at.is_none()
    }

    /// Whether every frame of `side` that lies before stream offset `end` is known.
    pub fn is_known_until(&self, side: Side, end: u64) -> bool {
        let frames = &self.frames[side];
        frames.start.is_some()
            && frames.lost_at.is_none_or(|lost| lost >= end)
            && self.tcp[side].end >= end
    }

    /// `side`, the only one whose Close was captured, unless the capture may have lost one of the
    /// peer, sent before this one had reached it.
    fn initiator_unless_hidden(&self, side: Side) -> Initiator {
        let Some(close) = &self.frames[side].close else { return Initiator::Unknown };
        let end = close.frame.range.end;
        // Where the peer had it, what the peer had sent by then is known; where the peer reset the
        // connection without having it, nothing followed.
        let latest = self.tcp[!side].latest;
        let arrived = latest.and_then(|latest| latest.acked).is_some_and(|acked| acked >= end)
            || self.arrived(side, end) == Some(false);
        let peer_end = self.tcp[!side].end;
        // Where a RST stands that acknowledges nothing, the packet that it answers says (RFC 9293
        // §3.10.7.1), and not how far its sender had come.
        let peer_ended = self.end_of(!side).is_some_and(|(ending, kind)| {
            ending.offset == peer_end && (kind != EndKind::Reset || ending.stated.is_some())
        });
        // What the capture has only a part of may be the peer's Close.
        let perhaps_close = self.frames[!side].partial.as_ref().is_some_and(|partial| {
            partial.header.is_none_or(|header| header.opcode == Opcode::CLOSE)
        });
        if (arrived || peer_ended) && self.frames_are_known(!side) && !perhaps_close {
            Initiator::One(side)
        } else {
            Initiator::Unknown
        }
    }

    /// Whether `side`'s Close certainly repeats nothing: it was the first, it crossed the peer's,
    /// or it says something else than the peer's.
    pub fn close_is_no_echo(&self, side: Side) -> bool {
        let first = matches!(self.close_initiator(), Initiator::Both)
            || self.close_initiator() == Initiator::One(side);
        let says = |close: &Close| {
            let known = !close.frame.damaged;
            known.then(|| (close.frame.payload_len == 0, close.frame.code()))
        };
        let own = self.frames[side].close.as_deref().and_then(says);
        let peers = self.frames[!side].close.as_deref().and_then(says);
        first || (own.is_some() && peers.is_some() && own != peers)
    }

    /// The Close of a side: read in order, or found behind a boundary that was searched for and
    /// confirmed by the peer's, which says the same. Where nothing but the answer to the request is
    /// missing, the boundary was not in question.
    ///
    /// A hole may hide a first Close of which this one is a repetition, or a violation behind which
    /// nothing counts; and a recorded stream inside a message looks like frames. An equal code on
    /// the other side leaves room for none of these. A code that complains of something counts only
    /// where it was read in order.
    pub fn sent_close(&self, side: Side) -> Option<&Close> {
        if let Some(close) = &self.frames[side].close {
            return Some(close);
        }
        if let Some(resumed) = self.frames[side].resumed.as_ref().filter(|r| r.follows_request) {
            return resumed.close.as_ref();
        }
        let supposed = |side: Side| self.frames[side].resumed.as_ref()?.close.as_ref();
        let (own, peers) = (supposed(side)?, self.frames[!side].close.as_deref());
        let peers = peers.or_else(|| supposed(!side))?;
        let says = |close: &Close| {
            let harmless = matches!(close.frame.code(), None | Some(1000 | 1001 | 3000..=4999));
            (harmless && !close.frame.damaged)
                .then(|| (close.frame.payload_len, close.frame.code()))
        };
        let (own_says, peer_says) = (says(own)?, says(peers)?);
        let alike = own_says.1 == peer_says.1 && (own_says.0 == 0) == (peer_says.0 == 0);
        alike.then_some(own)
    }

    /// Whether both sides sent the same Close of which one at least stands behind a boundary that was
    /// searched for: see [`Facts::sent_close`].
    pub fn closes_are_supposed(&self) -> bool {
        let says = |side: Side| Some(self.sent_close(side)?.frame.code());
        let known = |side: Side| self.frames[side].close.is_some();
        says(Side::Client).is_some()
            && says(Side::Client) == says(Side::Server)
            && !(known(Side::Client) && known(Side::Server))
    }

    /// As [`Facts::close_initiator`], where the Closes are supposed.
    pub fn supposed_initiator(&self) -> Initiator {
        let closes = (self.sent_close(Side::Client), self.sent_close(Side::Server));
        let (Some(client), Some(server)) = closes else { return Initiator::Unknown };
        let knew = |one: &Close, other: &Close| {
            one.source.acked.map(|acked| acked >= other.frame.range.end)
        };
        first_of(knew(client, server), knew(server, client))
    }

    /// The side that sent the first Close, by what the Closes acknowledge of each other.
    pub fn close_initiator(&self) -> Initiator {
        let close = |side: Side| self.frames[side].close.as_ref();
        match (close(Side::Client), close(Side::Server)) {
            (None, None) => {
                // A side that has not ended when the capture does may still send one.
                let known = Side::BOTH.into_iter().all(|side| self.frames_are_known(side));
                let open = self.first_end().is_none();
                let over = Side::BOTH
                    .into_iter()
                    .all(|side| self.is_whole(side) || self.was_cut_off(side));
                if known && (open || over) { Initiator::None } else { Initiator::Unknown }
            }
            (Some(_), None) => self.initiator_unless_hidden(Side::Client),
            (None, Some(_)) => self.initiator_unless_hidden(Side::Server),
            (Some(client), Some(server)) => {
                let client_knew = self.close_answers(Side::Client, server.frame.range.end);
                let server_knew = self.close_answers(Side::Server, client.frame.range.end);
                first_of(client_knew, server_knew)
            }
        }
    }
}

/// Who closed first, by whether each side had received the other's Close when it sent its own.
fn first_of(client_knew: Option<bool>, server_knew: Option<bool>) -> Initiator {
    match (client_knew, server_knew) {
        (Some(true), Some(false)) => Initiator::One(Side::Server),
        (Some(false), Some(true)) => Initiator::One(Side::Client),
        (Some(false), Some(false)) => Initiator::Both,
        _ => Initiator::Unknown,
    }
}

/// How a side ended its half of TCP, or of the TLS session on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// By FIN.
    Fin,
    /// By the alert `close_notify` (RFC 8446 §6.1): it sends nothing more, whenever its FIN comes.
    CloseNotify,
    /// By a fatal alert.
    Alert,
    /// By RST.
    Reset,
}

/// Who sent the first Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// Nobody was seen to.
    None,
    /// This side.
    One(Side),
    /// Both: neither had received the other's (RFC 6455 §7.1.5 foresees it).
    Both,
    /// Both sent one, and the capture cannot tell which came first.
    Unknown,
}
