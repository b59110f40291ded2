//! The same bytes give the same report, however they were cut, ordered or repeated.

use proptest::prelude::*;

use crate::support::{
    Seg, analyse, capture_of_segments, cases, cut, essences, every_sample, segments,
};

fn resegmented(sample: &[u8], size: usize) -> Vec<Seg> {
    segments(sample).iter().flat_map(|segment| cut(segment, size)).collect()
}

#[test]
fn segments_of_any_size_give_the_same_report() {
    for (name, sample) in every_sample() {
        let expected = essences(&analyse(&sample));
        for size in [1, 2, 3, 7, 64] {
            let again = analyse(&capture_of_segments(&resegmented(&sample, size)));
            assert_eq!(essences(&again), expected, "{name} in segments of {size}");
        }
    }
}

#[test]
fn every_packet_twice_gives_the_same_report() {
    for (name, sample) in every_sample() {
        let expected = essences(&analyse(&sample));
        let twice: Vec<Seg> =
            segments(&sample).into_iter().flat_map(|segment| [segment.clone(), segment]).collect();
        assert_eq!(essences(&analyse(&capture_of_segments(&twice))), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn packets_out_of_order_within_a_window_give_the_same_report(
        pick in any::<prop::sample::Index>(),
        // A single byte that is not pushed and comes out of order counts as a keep-alive probe.
        size in prop_oneof![Just(1_460_usize), 2..200_usize],
        jumps in prop::collection::vec(0..12_usize, 1..64),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let samples = every_sample();
        let (name, sample) = pick.get(&samples);
        let mut segments = resegmented(sample, size);
        // Of a real retransmission that is out of order nobody can tell which copy was the first.
        prop_assume!(!segments.iter().enumerate().any(|(place, segment)| {
            let is_again = |other: &Seg| (other.from, other.seq) == (segment.from, segment.seq);
            !segment.payload.is_empty()
                && segments[..place].iter().any(|other| is_again(other) && !other.payload.is_empty())
        }));
        let expected = essences(&analyse(&capture_of_segments(&segments)));
        for repeat in repeats {
            let again = repeat.get(&segments).clone();
            segments.push(again);
        }
        // Each packet is captured up to `jump` places late; its own time stays.
        let mut places: Vec<(usize, Seg)> = segments
            .into_iter()
            .enumerate()
            .map(|(place, segment)| (place + jumps[place % jumps.len()], segment))
            .collect();
        places.sort_by_key(|(place, _)| *place);
        let shuffled: Vec<Seg> = places.into_iter().map(|(_, segment)| segment).collect();
        let found = essences(&analyse(&capture_of_segments(&shuffled)));
        prop_assert_eq!(found, expected, "{}", name);
    }
}
