//! The stream that HTTP and WebSocket are read from: that of TCP, or the plaintext of TLS on it.
//!
//! In: what TCP knows of both directions, and which record each byte of the plaintext came in. Out:
//! the same questions answered for either stream: which packets carried a range, and what is known
//! of each side, in offsets of the stream that is read. TLS takes part in a record only once it has
//! all of it, so what was acknowledged, and where a FIN stands, count in whole records.

use crate::endpoint::{PerSide, Side};
use crate::http::Sources;
use crate::provenance::{PacketRef, Source};
use crate::tcp::{Connection, Ending, GapCause, Range64, Seq, Summary};
use crate::tls::RecordMap;

/// What carries the stream that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier<'a> {
    tcp: &'a Connection,
    plaintext: Option<&'a Plaintext>,
}

/// The plaintext of both directions: where it came from, and what is missing in it.
#[derive(Debug)]
pub(super) struct Plaintext {
    halves: PerSide<PlainHalf>,
}

#[derive(Debug)]
struct PlainHalf {
    map: RecordMap,
    /// What could not be read, the first [`Summary::MOST_GAPS`] of it.
    gaps: Vec<(Range64, GapCause)>,
    gap_bytes: u64,
    /// The last packet before and the first behind each of `gaps`.
    around: Vec<[Option<PacketRef>; 2]>,
    /// Offset in the carrying stream up to which everything was read or passed over.
    read_to: u64,
    /// The alert with which the side ended: where its record stands, and the packet it came in.
    ending: Option<(Range64, PacketRef)>,
}

impl Plaintext {
    /// Nothing was read yet; `most` records of each direction will be remembered.
    pub(super) fn new(most: usize) -> Plaintext {
        let half = |_| PlainHalf {
            map: RecordMap::new(most),
            gaps: Vec::new(),
            gap_bytes: 0,
            around: Vec::new(),
            read_to: 0,
            ending: None,
        };
        Plaintext { halves: PerSide::from_fn(half) }
    }

    /// Takes in a record with `len` bytes of application data; its place in the plaintext.
    pub(super) fn add(&mut self, side: Side, record: Range64, len: usize) -> Range64 {
        self.halves[side].map.push(record, len as u64)
    }

    /// Takes in ciphertext that could not be read: its place in the plaintext, and why that is
    /// missing. Where the number of bytes is not known, it is taken to be that of the ciphertext,
    /// which is more.
    pub(super) fn lose(
        &mut self,
        side: Side,
        record: Range64,
        plain: Option<u64>,
        cause: GapCause,
        tcp: &Connection,
    ) -> (Range64, GapCause) {
        let half = &mut self.halves[side];
        // That it was captured and not opened tells more than that its length is not known.
        let told = if cause == GapCause::Undecrypted { cause } else { GapCause::Unmeasured };
        let told = if plain.is_some() { cause } else { told };
        let cause = if plain.is_some() { cause } else { GapCause::Unmeasured };
        let range = half.map.push(record, plain.unwrap_or(record.len().max(1)));
        if !range.is_empty() {
            half.gap_bytes = half.gap_bytes.saturating_add(range.len());
            if half.gaps.len() < Summary::MOST_GAPS {
                let at = |offset| Some(tcp.sources(side).locate(offset)?.at);
                half.gaps.push((range, told));
                let before = record.start.checked_sub(1).and_then(at);
                half.around.push([before, at(record.end)]);
            }
        }
        (range, cause)
    }

    /// Notes that everything before offset `position` of the stream that carries `side`'s records
    /// was read or passed over.
    pub(super) fn reach(&mut self, side: Side, position: u64) {
        let half = &mut self.halves[side];
        half.read_to = half.read_to.max(position);
    }

    /// Notes that a record behind all that was read of `side` could not be read. There was no
    /// application data in it, but it may be the alert by which the side ended.
    pub(super) fn lose_end(&mut self, side: Side, record: Range64) {
        let half = &mut self.halves[side];
        let end = half.map.end();
        let is_last = half
            .map
            .carried(Range64 { start: end, end })
            .is_none_or(|last| last.end <= record.start);
        if is_last && half.gaps.len() < Summary::MOST_GAPS {
            half.gaps.push((Range64 { start: end, end }, GapCause::Undecrypted));
            half.around.push([None, None]);
        }
    }

    /// Notes that `side` ended its half by an alert in `record`, which came in `at`.
    pub(super) fn end(&mut self, side: Side, record: Range64, at: PacketRef) {
        self.halves[side].ending = Some((record, at));
    }
}

impl<'a> Carrier<'a> {
    pub(super) fn new(tcp: &'a Connection, plaintext: Option<&'a Plaintext>) -> Carrier<'a> {
        Carrier { tcp, plaintext }
    }

    /// The packet with the first byte of what carried `offset` of `side`'s stream, and how much of
    /// the peer's stream that packet acknowledged, in TCP's own numbers: see
    /// [`Carrier::in_offsets`].
    #[inline]
    pub(super) fn carried_by(self, side: Side, offset: u64) -> Option<Source> {
        let offset = match self.plaintext {
            None => offset,
            Some(plaintext) => {
                let range = Range64 { start: offset, end: offset };
                plaintext.halves[side].map.carried(range)?.start
            }
        };
        self.tcp.sources(side).locate(offset)
    }

    /// The same source, its acknowledgement as an offset of the peer's stream; `None` while that
    /// cannot be told.
    pub(super) fn in_offsets(self, side: Side, source: Source) -> Source {
        let source = self.tcp.in_offsets(side, source);
        match self.plaintext {
            None => source,
            Some(plaintext) => plaintext.translate(side, source),
        }
    }

    /// The sequence number of TCP with which `offset` of `side`'s stream came, or the record that
    /// it came in.
    pub(super) fn sequence(self, side: Side, offset: u64) -> Option<Seq> {
        let offset = match self.plaintext {
            None => offset,
            Some(plaintext) => {
                let range = Range64 { start: offset, end: offset };
                plaintext.halves[side].map.carried(range)?.start
            }
        };
        self.tcp.sequence(side, offset)
    }

    /// What is known of `side`.
    pub(super) fn summary(self, side: Side) -> Summary {
        match self.plaintext {
            None => self.tcp.summary(side),
            Some(plaintext) => plaintext.summary(side, self.tcp),
        }
    }
}

impl Sources for Carrier<'_> {
    fn packets(&self, side: Side, range: Range64, most: usize) -> Vec<PacketRef> {
        let range = match self.plaintext {
            None => range,
            Some(plaintext) => match plaintext.halves[side].map.carried(range) {
                Some(range) => range,
                None => return Vec::new(),
            },
        };
        self.tcp.sources(side).packets(range.into(), most)
    }

    fn locate(&self, side: Side, offset: u64) -> Option<Source> {
        let source = self.carried_by(side, offset)?;
        Some(self.in_offsets(side, source))
    }
}

impl Plaintext {
    /// A source of `side`'s, its acknowledgement as an offset of the peer's plaintext; `None` while
    /// what was acknowledged has not been read.
    fn translate(&self, side: Side, source: Source) -> Source {
        let peer = &self.halves[!side];
        let acked = source.acked.filter(|acked| *acked <= peer.read_to);
        Source { at: source.at, acked: acked.and_then(|acked| peer.map.plain(acked)) }
    }

    /// What TCP knows of `side`, in offsets of the plaintext.
    fn summary(&self, side: Side, connection: &Connection) -> Summary {
        let mut tcp = PerSide::from_fn(|side| connection.summary(side));
        let half = &self.halves[side];
        let own = |position: u64| half.behind(position, &tcp[side]);
        let peers = |position: u64| self.halves[!side].behind(position, &tcp[!side]);
        let ending = |ending: Ending| Ending {
            offset: half.map.plain(ending.offset).unwrap_or_default(),
            acked: ending.acked.and_then(peers),
            stated: ending.stated.and_then(peers),
            answered: ending.answered.and_then(own),
            ..ending
        };
        let acknowledged = own(tcp[side].acknowledged).unwrap_or_default();
        let reached = own(tcp[side].reached).unwrap_or_default();
        let latest = tcp[side]
            .latest
            .map(|source| Source { at: source.at, acked: source.acked.and_then(peers) });
        let alert = half.ending.map(|(record, at)| {
            let source = connection.locate(side, record.start);
            let acked = source.and_then(|source| peers(source.acked?));
            let offset = half.map.plain(record.start).unwrap_or_default();
            Ending { at, offset, acked, stated: acked, answered: None }
        });
        // Whoever sends close_notify or a fatal alert has ended its half with that (RFC 8446 §6.1),
        // whoever's FIN comes first.
        let (fin, rst) = (alert.or(tcp[side].fin.map(ending)), tcp[side].rst.map(ending));
        let mut around = std::mem::take(&mut tcp[side].around);
        around.gaps.clone_from(&half.around);
        around.conflicts.clear();
        Summary {
            end: half.map.end(),
            acknowledged,
            reached,
            latest,
            fin,
            rst,
            gaps: half.gaps.clone(),
            gap_bytes: half.gap_bytes,
            around,
            // A record that authenticates was read from the bytes that were sent.
            conflicts: Vec::new(),
            ..tcp[side].clone()
        }
    }
}

impl PlainHalf {
    /// The plaintext before a position that somebody acknowledged or reached, a byte more where
    /// that lies behind what was captured or behind the end, which counts as one byte: the alert, or
    /// else the FIN. `None` where it was forgotten.
    fn behind(&self, position: u64, tcp: &Summary) -> Option<u64> {
        let plain = self.map.plain(position)?;
        let fin = match self.ending {
            Some((record, _)) => position >= record.end,
            None => tcp.fin.is_some_and(|fin| position > fin.offset),
        };
        let unread = position > tcp.end;
        Some(plain.saturating_add(u64::from(fin || unread)))
    }
}
