//! Pings of one side and the Pongs that answer them (RFC 6455 §5.5.2, §5.5.3).
//!
//! In: both, in whichever order the two directions are read. Out: what is left without a
//! counterpart, and how long the others took. What is held does not grow with the connection.

use std::collections::VecDeque;

use crate::rules::{Ping, Pings, RoundTrips};
use crate::ws::ControlFrame;

/// How many Pings, and how many Pongs, wait for their counterparts.
const MAX_PINGS: usize = 64;

/// Pings of one side and Pongs of the other, matched whichever comes first.
#[derive(Debug, Default)]
pub(super) struct Pinging {
    sent: u64,
    answered: u64,
    /// Pings since the latest that was answered; of these `open` has the latest few.
    outstanding: u64,
    open: Vec<(Vec<u8>, Ping)>,
    /// Earlier ones that are not among these any more. Their Pongs come before all others.
    forgotten: u64,
    /// Payloads of Pings that the Pong to a later one has answered: each may still get its own.
    passed: VecDeque<Vec<u8>>,
    /// Pongs of the peer that no Ping read so far explains: the latest few.
    unmatched: Vec<(Vec<u8>, Ping)>,
    /// Those that are not among them any more.
    unsolicited: u64,
    trips: RoundTrips,
}

impl Pinging {
    pub(super) fn ping(&mut self, frame: &ControlFrame, fact: Ping) {
        self.sent += 1;
        // A Pong that was read first, because the other direction was ahead.
        if let Some(index) = self.unmatched.iter().position(|(pong, _)| *pong == frame.payload) {
            let (_, pong) = self.unmatched.remove(index);
            self.unmatched.drain(..index);
            self.unsolicited += u64::try_from(index).unwrap_or(u64::MAX);
            self.answered += self.outstanding + 1;
            self.outstanding = 0;
            self.open.clear();
            self.forgotten = 0;
            self.measure(&fact, &pong);
            return;
        }
        self.outstanding += 1;
        if self.open.len() == MAX_PINGS {
            self.open.remove(0);
            self.forgotten += 1;
        }
        self.open.push((frame.payload.clone(), fact));
    }

    /// A Pong answers the latest Ping that it equals, and all before that (RFC 6455 §5.5.3).
    pub(super) fn pong(&mut self, frame: &ControlFrame, fact: Ping) {
        if let Some(index) = self.open.iter().rposition(|(ping, _)| *ping == frame.payload) {
            let (_, ping) = self.open.remove(index);
            self.passed.extend(self.open.drain(..index).map(|(payload, _)| payload));
            let surplus = self.passed.len().saturating_sub(MAX_PINGS);
            self.passed.drain(..surplus);
            let left = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
            self.answered += self.outstanding.saturating_sub(left);
            self.outstanding = left;
            self.forgotten = 0;
            self.measure(&ping, &fact);
            return;
        }
        // Of equal Pings the latest was taken for answered: this Pong is for one before it.
        if let Some(index) = self.passed.iter().position(|ping| *ping == frame.payload) {
            self.passed.drain(..=index);
            return;
        }
        if self.forgotten > 0 {
            self.forgotten -= 1;
            self.answered += 1;
            self.outstanding = self.outstanding.saturating_sub(1);
            return;
        }
        if self.unmatched.len() == MAX_PINGS {
            self.unmatched.remove(0);
            self.unsolicited += 1;
        }
        self.unmatched.push((frame.payload.clone(), fact));
    }

    /// What it comes to.
    pub(super) fn finish(self) -> Pings {
        let unmatched = u64::try_from(self.unmatched.len()).unwrap_or(u64::MAX);
        Pings {
            sent: self.sent,
            answered: self.answered,
            outstanding: self.outstanding,
            unsolicited_pongs: self.unsolicited.saturating_add(unmatched),
            trips: self.trips,
            unanswered_since: self.open.first().map(|(_, ping)| ping.clone()),
            unanswered: self.open.into_iter().next_back().map(|(_, ping)| ping),
            unmatched_pongs: self.unmatched.into_iter().map(|(_, pong)| pong).collect(),
        }
    }

    fn measure(&mut self, ping: &Ping, pong: &Ping) {
        self.trips.note(pong.source.at.time.nanos_since(ping.source.at.time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::{PacketNumber, PacketRef, Source, Timestamp};
    use crate::ws::Opcode;

    fn probe(payload: &[u8], nanos: i64) -> (ControlFrame, Ping) {
        let range = (0..2).into();
        let len = payload.len() as u64;
        let frame = ControlFrame {
            opcode: Opcode::PING,
            payload: payload.to_vec(),
            payload_len: len,
            range,
            damaged: false,
        };
        let at = PacketRef { number: PacketNumber::new(1), time: Timestamp(nanos) };
        (frame, Ping { range, source: Source { at, acked: None }, len })
    }

    fn after(talk: &[(char, &[u8], i64)]) -> Pings {
        let mut pinging = Pinging::default();
        for (what, payload, nanos) in talk {
            let (frame, fact) = probe(payload, *nanos);
            match what {
                '?' => pinging.ping(&frame, fact),
                _ => pinging.pong(&frame, fact),
            }
        }
        pinging.finish()
    }

    #[test]
    fn a_pong_answers_its_ping_and_all_before_it() {
        let pings = after(&[('?', b"1", 0), ('?', b"2", 100), ('?', b"3", 200), ('!', b"2", 250)]);
        assert_eq!((pings.sent, pings.answered, pings.outstanding), (3, 2, 1));
        assert_eq!(pings.trips, RoundTrips { count: 1, min: 150, max: 150, sum: 150, last: 150 });
        assert_eq!(pings.unsolicited_pongs, 0);
    }

    #[test]
    fn of_equal_pings_the_latest_is_answered() {
        let pings = after(&[('?', b"", 0), ('?', b"", 100), ('!', b"", 130)]);
        assert_eq!((pings.answered, pings.outstanding, pings.trips.last), (2, 0, 30));
    }

    #[test]
    fn equal_pings_may_each_get_their_pong() {
        let pings = after(&[
            ('?', b"x", 0),
            ('?', b"x", 10),
            ('!', b"x", 20),
            ('!', b"x", 30),
            ('?', b"y", 40),
        ]);
        assert_eq!((pings.answered, pings.outstanding, pings.unsolicited_pongs), (2, 1, 0));
    }

    #[test]
    fn a_burst_of_pings_that_are_all_answered_has_no_wrong_pong() {
        let payloads: Vec<[u8; 2]> = (0..200_u16).map(u16::to_be_bytes).collect();
        let pings = payloads.iter().map(|payload| ('?', &payload[..], 0));
        let pongs = payloads.iter().take(150).map(|payload| ('!', &payload[..], 1));
        let talk: Vec<_> = pings.chain(pongs).collect();
        let pings = after(&talk);
        assert_eq!((pings.answered, pings.outstanding, pings.unsolicited_pongs), (150, 50, 0));
    }

    #[test]
    fn a_pong_that_is_read_first_is_paired_all_the_same() {
        let pings = after(&[('!', b"x", 5), ('!', b"1", 40), ('?', b"1", 10)]);
        assert_eq!((pings.answered, pings.outstanding, pings.trips.last), (1, 0, 30));
        assert_eq!(pings.unsolicited_pongs, 1);
    }

    #[test]
    fn a_heartbeat_of_pongs_is_unsolicited_and_takes_no_room() {
        let pongs: Vec<_> = (0..1_000).map(|at| ('!', &b"beat"[..], at)).collect();
        let pings = after(&pongs);
        assert_eq!((pings.unsolicited_pongs, pings.sent), (1_000, 0));
        assert_eq!(pings.unmatched_pongs.len(), MAX_PINGS);
    }

    #[test]
    fn pings_that_nobody_answers_are_all_counted() {
        let pings: Vec<_> = (0..1_000).map(|at| ('?', &b"there?"[..], at)).collect();
        let counted = after(&pings);
        assert_eq!((counted.sent, counted.answered, counted.outstanding), (1_000, 0, 1_000));
        let answered: Vec<_> = pings.into_iter().chain([('!', &b"there?"[..], 2_000)]).collect();
        assert_eq!((after(&answered).answered, after(&answered).outstanding), (1_000, 0));
    }
}
