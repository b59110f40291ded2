//! What both sides of a connection say, in pieces and with holes, as the stages behind TCP are told
//! of it.

use wsblame::endpoint::Side;
use wsblame::http::Sources;
use wsblame::provenance::{PacketNumber, PacketRef, Source, Timestamp};
use wsblame::tcp::{GapCause, Range64, Released};

use super::samples::Carried;
use super::tape::{Tape, pieces};

/// Events of both sides, each side's contiguous from offset 0.
pub(crate) struct Streams(pub(crate) Vec<(Side, Released)>);

const CAUSES: [GapCause; 4] =
    [GapCause::NotCaptured, GapCause::NeverSeen, GapCause::SnapLength, GapCause::OverLimit];

impl Streams {
    /// As the tape says: a side and a length, then so many bytes; or a hole.
    pub(crate) fn of(tape: &mut Tape<'_>) -> Streams {
        let mut next = [0_u64; 2];
        let mut events = Vec::new();
        while !tape.is_over() && events.len() < 500 {
            let what = tape.byte();
            let side = if what & 1 == 0 { Side::Client } else { Side::Server };
            let next = &mut next[usize::from(what & 1)];
            let (offset, len, event);
            offset = *next;
            if what & 0xFE == 0xFE {
                len = 1 + tape.up_to(2_000) as u64;
                let cause = *tape.pick(&CAUSES);
                event = Released::Gap { range: (offset..offset + len).into(), cause };
            } else {
                let wanted = usize::from(tape.short());
                let bytes = tape.take(wanted).to_vec();
                len = bytes.len() as u64;
                event = Released::Data { offset, bytes };
            }
            if len > 0 {
                *next += len;
                events.push((side, event));
            }
        }
        Streams(events)
    }

    /// What makes the tape say so.
    pub(crate) fn seed(carried: &Carried) -> Vec<u8> {
        let mut seed = Vec::new();
        for (side, bytes) in &carried.pieces {
            for bytes in bytes.chunks(0xFFFF) {
                seed.push(u8::from(*side == Side::Server));
                seed.extend((bytes.len() as u16).to_le_bytes());
                seed.extend(bytes);
            }
        }
        seed
    }

    /// The same, with the bytes in smaller pieces.
    pub(crate) fn in_pieces(&self, salt: u32) -> Streams {
        let mut events = Vec::new();
        for (side, event) in &self.0 {
            let Released::Data { offset, bytes } = event else {
                events.push((*side, event.clone()));
                continue;
            };
            let mut offset = *offset;
            for piece in pieces(bytes, salt) {
                events.push((*side, Released::Data { offset, bytes: piece.to_vec() }));
                offset += piece.len() as u64;
            }
        }
        Streams(events)
    }
}

/// Packets of ten bytes each, of which nobody knows what they acknowledged.
pub(crate) struct Unknown;

const PACKET: u64 = 10;

impl Sources for Unknown {
    fn packets(&self, side: Side, range: Range64, most: usize) -> Vec<PacketRef> {
        let last = range.end.max(range.start + 1) - 1;
        let packets = (range.start / PACKET..=last / PACKET).take(most);
        packets.filter_map(|packet| Some(self.locate(side, packet * PACKET)?.at)).collect()
    }

    fn locate(&self, side: Side, offset: u64) -> Option<Source> {
        let number = PacketNumber::new(1 + offset / PACKET * 2 + u64::from(side == Side::Server));
        Some(Source { at: PacketRef { number, time: Timestamp(0) }, acked: None })
    }
}
