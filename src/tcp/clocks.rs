//! The clocks by which the packets of one connection were timed.
//!
//! In: the times of packets, as their interfaces wrote them. Out: the same on one clock, that of
//! the interface that saw the connection first, and a bound on how wrong they may still be.
//!
//! Two interfaces of one capture may be two hosts, seconds apart. The offset is learned from
//! packets that were captured on both. The way between the two points takes its time, so that
//! packets of one direction show too much and those of the other too little: the truth lies
//! between the extremes, which is why both are kept. Where no packet was captured twice, a clock
//! gives itself away by an acknowledgement that is older than what it acknowledges.

use crate::provenance::Timestamp;

/// The clocks of a connection.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// The interface of the first segment.
    reference: u32,
    /// What is known of other interfaces.
    others: Vec<(u32, Skew)>,
    /// Nanoseconds by which two times may be in the wrong order.
    doubt: i64,
    /// Whether a packet counts that was timed by a clock of which nothing is known.
    mixed: bool,
    /// Acknowledgements whose time was compared with that of what they acknowledge, and those of
    /// them that were older.
    compared: u64,
    contradicted: u64,
}

/// By how much a clock is ahead of the reference, in nanoseconds: the extremes of what was seen.
#[derive(Clone, Copy, Debug)]
struct Skew {
    least: i64,
    most: i64,
}

impl Skew {
    /// Clocks that are less apart than this are one clock: the way between the points takes longer.
    const SAME: i64 = 1_000_000;

    fn ahead(self) -> i64 {
        let middle = self.least.midpoint(self.most);
        if middle.abs() <= Skew::SAME { 0 } else { middle }
    }

    /// How far the truth may lie from [`Skew::ahead`].
    fn doubt(self) -> i64 {
        let ahead = self.ahead();
        (self.most.saturating_sub(ahead)).max(ahead.saturating_sub(self.least))
    }
}

impl Clocks {
    /// Interfaces besides the first whose clocks are compared with it.
    const MOST: usize = 8;

    /// What queues of one host may exchange. A clock that is further off than that is not believed
    /// at all.
    const JITTER: i64 = 20_000_000;

    /// By how much clocks may differ without their packets' order showing it: a round trip.
    const UNSEEN: i64 = 100_000_000;

    /// The clock of a connection whose first segment was captured on `interface`.
    pub(super) fn new(interface: u32) -> Clocks {
        Clocks { reference: interface, ..Clocks::default() }
    }

    /// How far apart two times have to be for their order to mean something, in nanoseconds;
    /// [`i64::MAX`] when it never does.
    pub(super) fn doubt(&self) -> i64 {
        self.doubt
    }

    /// Whether a packet of `interface` was timed by the first interface's clock.
    pub(super) fn is_reference(&self, interface: u32) -> bool {
        self.reference == interface
    }

    /// Whether nothing tells how `interface`'s clock compares with the reference.
    pub(super) fn is_unknown(&self, interface: u32) -> bool {
        !self.is_reference(interface) && self.skew(interface).is_none()
    }

    /// What a packet of `interface` would have been timed at by the reference.
    pub(super) fn on_reference(&self, interface: u32, time: Timestamp) -> Timestamp {
        let ahead = self.skew(interface).map_or(0, Skew::ahead);
        Timestamp(time.0.saturating_sub(ahead))
    }

    /// The most by which the clock of an interface is ahead of the first one's or behind it.
    pub(super) fn largest_offset(&self) -> Option<i64> {
        self.others
            .iter()
            .map(|(_, skew)| skew.ahead())
            .filter(|ahead| *ahead != 0)
            .max_by_key(|ahead| ahead.unsigned_abs())
    }

    /// One packet was captured at `first` and again at `second`, each with the interface's own time.
    pub(super) fn learn(&mut self, first: (u32, Timestamp), second: (u32, Timestamp)) {
        let (known, other) =
            if self.is_reference(second.0) { (second, first) } else { (first, second) };
        if known.0 == other.0 || self.is_unknown(known.0) {
            return;
        }
        let ahead = other.1.nanos_since(self.on_reference(known.0, known.1));
        let known = self.others.iter_mut().find(|(interface, _)| *interface == other.0);
        let skew = if let Some((_, skew)) = known {
            *skew = Skew { least: skew.least.min(ahead), most: skew.most.max(ahead) };
            *skew
        } else if self.others.len() < Clocks::MOST {
            let skew = Skew { least: ahead, most: ahead };
            self.others.push((other.0, skew));
            skew
        } else {
            return;
        };
        self.doubt = self.doubt.max(skew.doubt());
    }

    /// A packet of `interface` counts, as it was captured nowhere else before.
    pub(super) fn note(&mut self, interface: u32) {
        if !self.is_reference(interface) && self.is_unknown(interface) {
            self.mixed = true;
            self.doubt = self.doubt.max(Clocks::UNSEEN);
        }
    }

    /// Whether a packet counts that was timed by a clock of which nothing is known.
    pub(super) fn are_mixed(&self) -> bool {
        self.mixed
    }

    /// A packet was captured behind another, which its sender had received by then.
    pub(super) fn compare(&mut self, cause: Timestamp, effect: Timestamp) {
        self.compared += 1;
        let nanos = cause.nanos_since(effect);
        if nanos > 0 {
            self.contradicted += 1;
            // What happens now and then is haste; what happens always is a clock that runs back.
            let always = self.contradicted > 1 && self.contradicted * 4 >= self.compared;
            self.distrust(if always { i64::MAX } else { nanos });
        }
    }

    /// A time was found to be wrong by `nanos`.
    pub(super) fn distrust(&mut self, nanos: i64) {
        let doubt = if nanos > Clocks::JITTER { i64::MAX } else { nanos };
        self.doubt = self.doubt.max(doubt);
    }

    fn skew(&self, interface: u32) -> Option<Skew> {
        self.others.iter().find(|(other, _)| *other == interface).map(|(_, skew)| *skew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn the_offset_of_two_clocks_lies_between_what_both_directions_show() {
        let mut clocks = Clocks::new(0);
        // Interface 1 is three seconds behind; the way takes 20 ms.
        clocks.learn((0, Timestamp(10_000 * MS)), (1, Timestamp(7_020 * MS)));
        clocks.learn((1, Timestamp(7_100 * MS)), (0, Timestamp(10_120 * MS)));
        assert_eq!(clocks.on_reference(1, Timestamp(0)), Timestamp(3_000 * MS));
        assert_eq!(clocks.doubt(), 20 * MS);
    }

    #[test]
    fn one_clock_stays_one_clock_however_long_the_way() {
        let mut clocks = Clocks::new(0);
        clocks.learn((0, Timestamp(0)), (1, Timestamp(MS / 10)));
        assert_eq!((clocks.on_reference(1, Timestamp(5)), clocks.doubt()), (Timestamp(5), MS / 10));
        assert_eq!(clocks.largest_offset(), None);
    }

    #[test]
    fn a_third_clock_is_compared_by_way_of_the_second() {
        let mut clocks = Clocks::new(0);
        clocks.learn((1, Timestamp(500 * MS)), (2, Timestamp(0)));
        assert!(clocks.is_unknown(2), "nothing is known of either");
        clocks.learn((0, Timestamp(0)), (1, Timestamp(400 * MS)));
        clocks.learn((1, Timestamp(500 * MS)), (2, Timestamp(0)));
        assert_eq!(clocks.on_reference(2, Timestamp(0)), Timestamp(100 * MS));
        assert_eq!(clocks.largest_offset(), Some(400 * MS));
    }

    #[test]
    fn a_clock_that_runs_backwards_is_not_believed() {
        let mut clocks = Clocks::new(0);
        (0..10).for_each(|n| clocks.compare(Timestamp(n), Timestamp(n + 5)));
        clocks.compare(Timestamp(20 + MS), Timestamp(20));
        assert_eq!(clocks.doubt(), MS, "once");
        (0..10).for_each(|n| clocks.compare(Timestamp(20 - n), Timestamp(19 - n)));
        assert_eq!(clocks.doubt(), i64::MAX, "always");
        let mut clocks = Clocks::new(0);
        clocks.compare(Timestamp(1_000 * MS), Timestamp(0));
        assert_eq!(clocks.doubt(), i64::MAX, "by far");
    }
}
