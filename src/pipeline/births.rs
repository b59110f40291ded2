//! The numbers that Wireshark gives TCP connections.
//!
//! In: for every connection of a capture, which segment was its first. Out: how many connections
//! began before one of them: its `tcp.stream`. Connections are followed in several places at once,
//! and nobody there knows how many began elsewhere; so this list is kept of all of them, at about
//! two bytes for each.

/// The segments with which connections began.
#[derive(Debug, Default)]
pub(super) struct Births {
    /// The distances between them, seven bits a byte, the lowest first; the highest bit says that
    /// more follow.
    distances: Vec<u8>,
    /// Every so many of them, in full, and where in `distances` the next one stands.
    marks: Vec<(u64, usize)>,
    count: u64,
    latest: u64,
}

impl Births {
    /// How many are looked through for one number, at most.
    const STRIDE: u64 = 128;

    /// Adds one that lies behind all others.
    pub(super) fn push(&mut self, birth: u64) {
        let mut distance = birth.saturating_sub(self.latest);
        self.latest = birth;
        if self.count.is_multiple_of(Births::STRIDE) {
            self.marks.push((birth, self.distances.len()));
        } else {
            while distance >= 0x80 {
                self.distances.push(distance.to_le_bytes()[0] | 0x80);
                distance >>= 7;
            }
            self.distances.push(distance.to_le_bytes()[0]);
        }
        self.count += 1;
    }

    /// How many lie before `birth`.
    pub(super) fn before(&self, birth: u64) -> u64 {
        let marks = self.marks.partition_point(|(mark, _)| *mark < birth);
        let Some((mark, start)) = marks.checked_sub(1).and_then(|last| self.marks.get(last)) else {
            return 0;
        };
        let mut number = (marks as u64 - 1) * Births::STRIDE + 1;
        let end = self.marks.get(marks).map_or(self.distances.len(), |(_, end)| *end);
        let (mut at, mut distance, mut shift) = (*mark, 0, 0);
        for byte in self.distances.get(*start..end).unwrap_or_default() {
            distance |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                at += distance;
                if at >= birth {
                    break;
                }
                number += 1;
                (distance, shift) = (0, 0);
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_has_the_number_of_those_before_it(
            distances in prop::collection::vec(
                prop_oneof![1_u64..3, 100_u64..200, 10_000_u64..20_000, 1_u64 << 40..1 << 41],
                0..1_000,
            ),
        ) {
            let mut births = Births::default();
            let mut all = Vec::new();
            let mut at = 0;
            for distance in distances {
                at += distance;
                births.push(at);
                all.push(at);
            }
            for (number, birth) in (0..).zip(&all) {
                prop_assert_eq!(births.before(*birth), number);
                prop_assert_eq!(births.before(birth + 1), number + 1);
            }
            prop_assert_eq!(births.before(0), 0);
        }
    }

    #[test]
    fn two_bytes_are_enough_for_a_connection_every_hundred_segments() {
        let mut births = Births::default();
        (1..=100_000).for_each(|number| births.push(number * 1_000));
        assert!(births.distances.len() + births.marks.len() * 16 < 220_000);
    }
}
