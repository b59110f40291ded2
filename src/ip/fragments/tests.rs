//! Fragments that wait, are given up, or are whole.

use super::*;
use crate::link::Extent;
use crate::provenance::{PacketNumber, Timestamp};

const ICMP: u8 = 1;
const IP_IN_IP: u8 = 4;

/// A fragment of a datagram without checksum.
fn part(id: u32, offset: u32, more: bool, payload: Extent<'_>) -> Datagram<'_> {
    Datagram {
        source: [192, 0, 2, 1].into(),
        destination: [192, 0, 2, 2].into(),
        ttl: 60,
        id: None,
        protocol: IP_IN_IP,
        part: Some(Part { id, offset, more }),
        payload,
    }
}

fn whole_extent(bytes: &[u8]) -> Extent<'_> {
    Extent::new(bytes, bytes.len())
}

fn at(number: u64, seconds: i64) -> PacketRef {
    PacketRef { number: PacketNumber::new(number), time: Timestamp(seconds * 1_000_000_000) }
}

/// The payload, if the fragment makes it whole, and how much of it was on the wire.
fn add(
    fragments: &mut Fragments,
    datagram: &Datagram<'_>,
    at: PacketRef,
) -> Option<(Vec<u8>, usize)> {
    match fragments.add(datagram, Via::default(), at) {
        Added::Whole(whole) => Some((whole.bytes, whole.wire_len)),
        Added::Waits => None,
        Added::Refused(why) => panic!("{why:?}"),
    }
}

fn limited(datagrams: usize, bytes: usize) -> Fragments {
    Fragments::new(FragmentLimits { datagrams, bytes })
}

#[test]
fn a_datagram_is_whole_once_every_byte_was_there() {
    let mut fragments = Fragments::default();
    let bytes = [b'a'; 24];
    let pieces = [(8, true, 8), (16, false, 8), (0, true, 8)];
    for (offset, more, len) in &pieces[..2] {
        let fragment = part(1, *offset, *more, whole_extent(&bytes[..*len]));
        assert_eq!(add(&mut fragments, &fragment, at(1, 0)), None);
    }
    assert_eq!(fragments.counts(), FragmentCounts { incomplete: 1, ..Default::default() });
    let last = part(1, 0, true, whole_extent(&bytes[..8]));
    assert_eq!(add(&mut fragments, &last, at(1, 0)), Some((bytes.to_vec(), 24)));
    assert_eq!(fragments.counts(), FragmentCounts { whole: 1, ..Default::default() });
    assert_eq!(fragments.slots.values().map(Slot::cost).sum::<usize>(), fragments.bytes);
}

#[test]
fn a_cut_fragment_is_a_cut_of_known_length() {
    // 40 bytes; of the second fragment, 16 bytes long, the snap length left 4.
    let mut fragments = Fragments::default();
    let first = part(1, 0, true, whole_extent(b"abcdefgh"));
    let cut = part(1, 8, true, Extent::new(b"ijkl", 16));
    let last = part(1, 24, false, whole_extent(b"yzyzyzyzyzyzyzyz"));
    assert_eq!(add(&mut fragments, &first, at(1, 0)), None);
    assert_eq!(add(&mut fragments, &cut, at(2, 0)), None);
    assert_eq!(add(&mut fragments, &last, at(3, 0)), Some((b"abcdefghijkl".to_vec(), 40)));
}

#[test]
fn what_another_copy_has_of_a_cut_fragment_is_taken() {
    let mut fragments = Fragments::default();
    let cut = part(1, 0, true, Extent::new(b"abc", 8));
    let copy = part(1, 0, true, whole_extent(b"abcdefgh"));
    let last = part(1, 8, false, whole_extent(b"i"));
    assert_eq!(add(&mut fragments, &cut, at(1, 0)), None);
    assert_eq!(add(&mut fragments, &copy, at(2, 0)), None);
    assert_eq!(add(&mut fragments, &last, at(3, 0)), Some((b"abcdefghi".to_vec(), 9)));
}

#[test]
fn a_datagram_captured_twice_leaves_nothing_that_waits() {
    let mut fragments = Fragments::default();
    let first = part(1, 0, true, whole_extent(b"abcdefgh"));
    let last = part(1, 8, false, whole_extent(b"i"));
    // Each fragment on two interfaces: the second copy of the last comes too late.
    for (fragment, whole) in [(&first, false), (&first, false), (&last, true), (&last, false)] {
        assert_eq!(add(&mut fragments, fragment, at(1, 0)).is_some(), whole);
    }
    assert_eq!(fragments.counts(), FragmentCounts { whole: 1, ..Default::default() });
    // The next datagram of that number is another.
    let next = part(1, 0, true, whole_extent(b"ABCDEFGH"));
    assert_eq!(add(&mut fragments, &next, at(2, 0)), None);
    assert_eq!(
        fragments.counts(),
        FragmentCounts { whole: 1, incomplete: 1, ..Default::default() }
    );
    let last = part(1, 8, false, whole_extent(b"j"));
    assert_eq!(add(&mut fragments, &last, at(3, 0)), Some((b"ABCDEFGHj".to_vec(), 9)));
}

#[test]
fn identifiers_are_used_again_after_a_while() {
    for later in [at(2, 61), at(70_000, 0)] {
        let mut fragments = Fragments::default();
        let first = part(1, 0, true, whole_extent(b"abcdefgh"));
        let last = part(1, 8, false, whole_extent(b"i"));
        assert_eq!(add(&mut fragments, &first, at(1, 0)), None);
        assert_eq!(add(&mut fragments, &last, later), None);
        assert_eq!(fragments.counts(), FragmentCounts { incomplete: 2, ..Default::default() });
    }
}

#[test]
fn a_clock_that_goes_back_makes_nothing_old() {
    let mut fragments = Fragments::default();
    let first = part(1, 0, true, whole_extent(b"abcdefgh"));
    let last = part(1, 8, false, whole_extent(b"i"));
    assert_eq!(add(&mut fragments, &first, at(9, 1_000)), None);
    assert!(add(&mut fragments, &last, at(10, -1_000)).is_some());
}

#[test]
fn other_tunnels_and_other_protocols_are_other_datagrams() {
    let mut fragments = Fragments::default();
    let first = part(1, 0, true, whole_extent(b"abcdefgh"));
    let last = part(1, 8, false, whole_extent(b"i"));
    assert_eq!(add(&mut fragments, &first, at(1, 0)), None);
    assert!(matches!(fragments.add(&last, Via(7), at(1, 0)), Added::Waits));
    let other = Datagram { protocol: TCP, ..part(1, 8, false, whole_extent(b"i")) };
    assert!(matches!(fragments.add(&other, Via::default(), at(1, 0)), Added::Waits));
    assert!(add(&mut fragments, &last, at(1, 0)).is_some());
}

#[test]
fn what_is_held_is_bounded_in_datagrams_and_in_bytes() {
    let bytes = [0; 1_024];
    for mut fragments in [limited(10, 1 << 20), limited(1_000, 12_000)] {
        for id in 0..500 {
            let first = part(id, 0, true, whole_extent(&bytes));
            assert_eq!(add(&mut fragments, &first, at(1, 0)), None);
            assert!(fragments.slots.len() <= 10 && fragments.bytes <= 12_200);
            assert!(fragments.order.len() <= 100);
        }
        let counts = fragments.counts();
        assert_eq!(counts.over_limit + counts.incomplete, 500);
        assert!(counts.incomplete <= 10);
    }
}

#[test]
fn what_became_whole_is_remembered_within_the_same_bounds() {
    let mut fragments = limited(16, 4_096);
    for round in 0..2_000 {
        let id = round % 3;
        let first = part(id, 0, true, whole_extent(b"abcdefgh"));
        let last = part(id, 8, false, whole_extent(b"i"));
        assert_eq!(add(&mut fragments, &first, at(1, 0)), None);
        assert!(add(&mut fragments, &last, at(1, 0)).is_some());
        assert!(fragments.order.len() <= 100 && fragments.bytes <= 4_096);
    }
    assert_eq!(fragments.counts(), FragmentCounts { whole: 2_000, ..Default::default() });
}

#[test]
fn fragments_that_no_sender_makes_are_refused() {
    let mut fragments = Fragments::default();
    let mut refused = |fragment: &Datagram<'_>| {
        matches!(fragments.add(fragment, Via::default(), at(1, 0)), Added::Refused(_))
    };
    assert!(refused(&part(1, 0, true, whole_extent(b"seven b"))));
    assert!(refused(&part(1, 8, false, whole_extent(b""))));
    assert!(refused(&part(1, 65_528, false, whole_extent(b"nine bytes")))); // "ping of death"
    assert!(refused(&Datagram { protocol: ICMP, ..part(1, 8, false, whole_extent(b"i")) }));
    assert_eq!(fragments.counts(), FragmentCounts::default());
}
