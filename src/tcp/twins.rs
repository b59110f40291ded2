//! Packets that were captured twice: on two interfaces of one host, by a mirror port, before and
//! behind a router or a bridge.
//!
//! In: every segment of one direction that is no copy. Out: whether another one is a copy of one of
//! those, as opposed to a retransmission, which its sender sent anew. A copy is the same datagram:
//! number, acknowledgement, flags, window and length are the same, and so is what a sender changes
//! with every datagram, the identification field of IPv4 and the TCP timestamp (RFC 7323 §3).
//! Where a packet has neither, only the time is left: a copy follows at once. What may differ is
//! what the way changes: the time to live, the tags and tunnels, the interface. Payload is not
//! kept here; the assembler compares it.
//!
//! A retransmission taken for a copy would be ignored, which loses nothing but that it was sent:
//! it says the same as the original, which was captured. A copy taken for a retransmission makes
//! the original's evidence doubtful. Neither accuses anybody.

use std::collections::VecDeque;

use super::Seq;
use super::clocks::Clocks;
use crate::ip::{Segment, TcpFlags};
use crate::provenance::PacketRef;

/// The latest segments of one direction.
#[derive(Debug)]
pub(super) struct Twins {
    recent: VecDeque<Seen>,
    most: usize,
    /// How far the segments go, and their acknowledgements.
    end: Option<Seq>,
    acked: Option<Seq>,
}

/// What identifies a segment.
#[derive(Clone, Copy, Debug)]
struct Seen {
    numbers: Numbers,
    /// 0 stands for none: senders that do not fragment need no identification (RFC 6864 §4).
    ip_id: u16,
    interface: u32,
    stamps: Option<[u8; 8]>,
    at: PacketRef,
    /// The bytes of payload that were captured, of those that were sent.
    captured: u32,
}

/// The fields that a copy has in common with its original, and a retransmission most often too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    seq: Seq,
    ack: Seq,
    len: u32,
    window: u16,
    flags: TcpFlags,
}

impl Numbers {
    /// The number behind the payload.
    fn end(&self) -> Seq {
        self.seq + self.len
    }
}

/// The original of a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Original {
    /// Its packet, with the time that its own interface wrote.
    pub(super) at: PacketRef,
    /// Where that was captured.
    pub(super) interface: u32,
    /// The bytes of payload that were captured of it.
    pub(super) captured: u32,
    /// Whether the datagram itself says so, and not only its time.
    pub(super) is_certain: bool,
}

impl Twins {
    /// Within this time a segment that says the same in every field is the same: nobody waits so
    /// short before a retransmission. In nanoseconds.
    const AT_ONCE: i64 = 5_000_000;

    /// The coarsest clock for TCP timestamps that is in use ticks every 500 ms. In nanoseconds.
    const ONE_TICK: i64 = 500_000_000;

    /// Remembers at most `most` segments.
    pub(super) fn new(most: usize) -> Twins {
        Twins { recent: VecDeque::new(), most, end: None, acked: None }
    }

    /// Remembers a segment.
    pub(super) fn note(&mut self, segment: &Segment<'_>) {
        if self.most == 0 {
            return;
        }
        if self.recent.len() >= self.most {
            self.recent.pop_front();
        }
        let seen = Seen::of(segment);
        if goes_beyond(seen.numbers.end(), self.end) {
            self.end = Some(seen.numbers.end());
        }
        let acked = segment.acknowledgement();
        if acked.is_some_and(|acked| goes_beyond(acked, self.acked)) {
            self.acked = acked;
        }
        self.recent.push_back(seen);
    }

    /// Whether `segment` goes beyond all segments so far, as most do: then it is no copy, and none
    /// needs to be looked at.
    #[inline]
    fn is_new(&self, segment: &Segment<'_>) -> bool {
        goes_beyond(segment.seq + segment.payload_len(), self.end)
            || segment.acknowledgement().is_some_and(|acked| goes_beyond(acked, self.acked))
    }

    /// The segment of which `segment` is a copy, as far as their headers tell.
    pub(super) fn original(&self, segment: &Segment<'_>, clocks: &Clocks) -> Option<Original> {
        if self.is_new(segment) {
            return None;
        }
        let copy = Seen::of(segment);
        let alike = self.recent.iter().rev().filter(|seen| seen.numbers == copy.numbers);
        for seen in alike {
            let Some(is_certain) = self.compare(seen, &copy, clocks) else { continue };
            let Seen { at, interface, captured, .. } = *seen;
            return Some(Original { at, interface, captured, is_certain });
        }
        None
    }

    /// Whether `copy` is the datagram `seen`, whose numbers are the same: `Some(true)` when it
    /// certainly is, `Some(false)` when only the time says so.
    fn compare(&self, seen: &Seen, copy: &Seen, clocks: &Clocks) -> Option<bool> {
        let has_id = seen.ip_id != 0 && copy.ip_id != 0;
        if has_id && seen.ip_id != copy.ip_id {
            return None;
        }
        let stamped = seen.stamps.is_some() && copy.stamps.is_some();
        if stamped && seen.stamps != copy.stamps {
            return None;
        }
        // One that is the same in every datagram tells nothing.
        let tells = |other: &Seen| other.ip_id != copy.ip_id || other.numbers == copy.numbers;
        if has_id && self.recent.iter().all(tells) {
            return Some(true);
        }
        let time = |seen: &Seen| clocks.on_reference(seen.interface, seen.at.time);
        let apart = time(copy).nanos_since(time(seen)).saturating_abs();
        let elsewhere = seen.interface != copy.interface;
        if stamped {
            // Another interface's clock may be anywhere, as long as nothing is known of it.
            let unknown = clocks.is_unknown(seen.interface) || clocks.is_unknown(copy.interface);
            return (apart < Twins::ONE_TICK || (elsewhere && unknown)).then_some(true);
        }
        (apart < Twins::AT_ONCE).then_some(false)
    }
}

impl Seen {
    fn of(segment: &Segment<'_>) -> Seen {
        let numbers = Numbers {
            seq: segment.seq,
            ack: segment.acknowledgement().unwrap_or(Seq(0)),
            len: segment.payload_len(),
            window: segment.window,
            flags: segment.flags,
        };
        Seen {
            numbers,
            ip_id: segment.ip_id.unwrap_or(0),
            interface: segment.interface,
            stamps: timestamps(segment.options),
            at: segment.at,
            captured: u32::try_from(segment.payload.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Whether `seq` lies behind `furthest`, the furthest so far.
fn goes_beyond(seq: Seq, furthest: Option<Seq>) -> bool {
    furthest.is_none_or(|furthest| furthest.is_before(seq))
}

/// Value and echo of the timestamp option (RFC 7323 §3.2), raw.
fn timestamps(options: &[u8]) -> Option<[u8; 8]> {
    const TIMESTAMPS: u8 = 8;
    // Most senders put it behind two bytes of padding, as RFC 7323 (appendix A) recommends.
    if let [1, 1, TIMESTAMPS, 10, stamps @ ..] = options {
        return stamps.first_chunk().copied();
    }
    let mut rest = options;
    loop {
        match rest {
            [TIMESTAMPS, 10, stamps @ ..] => return stamps.first_chunk().copied(),
            [] | [0, ..] => return None,
            [1, behind @ ..] => rest = behind,
            [_, len, ..] if *len >= 2 => rest = rest.get(usize::from(*len)..)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::timestamps;

    #[test]
    fn timestamps_are_found_among_the_options() {
        let stamps = [1, 2, 3, 4, 5, 6, 7, 8];
        let behind = |options: &[u8]| timestamps(&[options, &[8, 10], &stamps].concat());
        assert_eq!(behind(&[1, 1]), Some(stamps), "padded");
        assert_eq!(behind(&[2, 4, 5, 180, 4, 2]), Some(stamps), "behind MSS and SACK permitted");
        assert_eq!(behind(&[0]), None, "behind the end of options");
        assert_eq!(behind(&[3, 0]), None, "an option without a length");
        assert_eq!(behind(&[3, 200]), None, "a length beyond the options");
        assert_eq!(timestamps(&[1, 1, 8, 10, 1, 2]), None, "cut");
    }
}
