//! What holds for captures that are damaged in the middle: whatever is handed out was captured, and
//! what is whole behind the damage is found again.

use proptest::prelude::*;

use super::craft::{self, PcapFile, Seen};
use super::facts::{CaptureFacts, Ending};
use super::order::ByteOrder;
use super::reader::Reader;

/// A capture, and where each of its packets begins and ends.
#[derive(Clone, Debug)]
struct Original {
    bytes: Vec<u8>,
    records: Vec<std::ops::Range<usize>>,
    is_pcap: bool,
}

/// 40 packets of up to 160 bytes, no two of one length, 70 ms apart.
fn original(kind: u8, order: ByteOrder) -> Original {
    let packets = (0..40_u32).map(|n| {
        let len = 4 * usize::try_from(n * 7 % 40).unwrap_or(0);
        let data: Vec<u8> =
            (0..len).map(|at| u8::try_from((at * 7 + 3) % 251).unwrap_or(0)).collect();
        ([&n.to_be_bytes()[..], &data].concat(), 70_000 * n)
    });
    let mut records = Vec::new();
    if kind < 3 {
        let magic = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34][usize::from(kind)];
        let mut file = PcapFile::new(order, magic, 1);
        for (data, micros) in packets {
            let start = file.bytes.len();
            let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
            file.packet(1_700_000_000 + seconds, micros, &data, craft::len32(&data) + 5);
            records.push(start..file.bytes.len());
        }
        return Original { bytes: file.bytes, records, is_pcap: true };
    }
    let mut bytes = [craft::section(order, &[]), craft::interface(order, 1, 0, &[])].concat();
    for (data, micros) in packets {
        let start = bytes.len();
        let ticks = 1_700_000_000_000_000 + u64::from(micros);
        bytes.extend(craft::enhanced(order, 0, ticks, &data, craft::len32(&data) + 5, &[]));
        records.push(start..bytes.len());
    }
    Original { bytes, records, is_pcap: false }
}

fn originals() -> impl Strategy<Value = Original> {
    let order = prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)];
    (0..4_u8, order).prop_map(|(kind, order)| original(kind, order))
}

/// What a broken disk or a broken transfer leaves.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 200..3_000),
        1 => Just(vec![0; 4_096]),
        1 => (200..3_000_usize).prop_map(|len| vec![0; len]),
        1 => (200..3_000_usize).prop_map(|len| vec![0xff; len]),
    ]
}

fn read(bytes: &[u8]) -> (Vec<Seen>, CaptureFacts) {
    craft::read_all(Reader::new(bytes, "x").expect("its header is whole"))
}

/// A packet without its number.
fn unnumbered(seen: &[Seen]) -> Vec<Seen> {
    seen.iter().map(|seen| Seen { number: 0, ..seen.clone() }).collect()
}

/// Checks what was read of a damaged capture: `whole` says which records nothing befell.
fn check(original: &Original, damaged: &[u8], whole: &[bool]) -> Result<(), TestCaseError> {
    let all = unnumbered(&read(&original.bytes).0);
    let (found, facts) = read(damaged);
    let mut last = 0;
    for packet in &found {
        prop_assert!(packet.number > last, "numbers go up");
        last = packet.number;
    }
    let found = unnumbered(&found);
    for packet in &found {
        prop_assert!(all.contains(packet), "never captured: {:?}", packet);
    }
    // In a classic pcap nothing tells whether the damage begins in the record before it; and of
    // the first one behind it, whether its time is sound.
    let last_before = whole.iter().position(|whole| !whole).unwrap_or(all.len());
    let missed: Vec<usize> =
        (0..all.len()).filter(|n| whole[*n] && !found.contains(&all[*n])).collect();
    let most = if original.is_pcap { 2 } else { 0 };
    // A torn length may reach beyond the end of so short a file, which then counts as cut there.
    if matches!(facts.ending, Ending::CutMidRecord { .. }) {
        return Ok(());
    }
    prop_assert!(missed.len() <= most, "{:?} are whole and were missed", missed);
    let near = |n: &usize| n + 2 >= last_before;
    prop_assert!(missed.iter().all(near), "{:?} lie before {}", missed, last_before);
    if found.last() == all.last() {
        prop_assert_eq!(&facts.ending, &Ending::Complete);
        prop_assert!(facts.hole_count >= 1);
    }
    prop_assert_eq!(facts.bytes, damaged.len() as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn garbage_between_records_yields_no_packet_and_hides_none(
        original in originals(), garbage in garbage(), place in 1..38_usize,
    ) {
        let at = original.records[place].start;
        let mut damaged = original.bytes.clone();
        damaged.splice(at..at, garbage);
        // Where the damage begins, the record before it counts as the last whole one.
        let mut whole = vec![true; original.records.len()];
        let found = unnumbered(&read(&damaged).0);
        let all = unnumbered(&read(&original.bytes).0);
        if original.is_pcap {
            whole[place - 1] = found.contains(&all[place - 1]);
        }
        check(&original, &damaged, &whole)?;
    }

    #[test]
    fn bytes_that_were_lost_yield_no_packet_and_hide_no_other(
        original in originals(), garbage in garbage(), place in any::<prop::sample::Index>(),
    ) {
        let from = original.records[1].start;
        let to = original.records[36].start;
        let start = from + place.index(to - from);
        let end = (start + garbage.len()).min(original.bytes.len());
        let mut damaged = original.bytes.clone();
        damaged[start..end].copy_from_slice(&garbage[..end - start]);
        let whole: Vec<bool> =
            original.records.iter().map(|r| r.end <= start || r.start >= end).collect();
        check(&original, &damaged, &whole)?;
    }

    #[test]
    fn a_block_that_is_there_twice_yields_nothing_that_was_not_captured(
        original in originals(), place in any::<prop::sample::Index>(), len in 200..1_500_usize,
    ) {
        let from = original.records[1].start;
        let to = original.records[35].start - len; // behind the damage, two have to be whole
        let start = from + place.index(to - from);
        // Where the torn record, with a whole header, ends just where another one does, nothing
        // tells.
        let torn = original.records.iter().find(|r| r.end > start + len).expect("not the last");
        let (into, left) = (start + len - torn.start, torn.end - start - len);
        let meets = original.records.iter().any(|r| r.start == start + left);
        prop_assume!(into == 0 || (!meets && (into >= 24 || !original.is_pcap)));
        let mut damaged = original.bytes.clone();
        let block = damaged[start..start + len].to_vec();
        damaged.splice(start + len..start + len, block);
        let all = unnumbered(&read(&original.bytes).0);
        let (found, facts) = read(&damaged);
        for packet in unnumbered(&found) {
            // Of a packet without a byte nothing is made.
            let says_nothing = packet.data.is_empty();
            prop_assert!(says_nothing || all.contains(&packet), "never captured: {:?}", packet);
        }
        // A torn length may reach beyond the end of so short a file: then the report says that the
        // file is cut there.
        let data = |seen: Option<&Seen>| seen.map(|seen| seen.data.clone());
        let all_the_rest = data(found.last()) == data(all.last());
        prop_assert!(all_the_rest || facts.ending != Ending::Complete);
    }
}

#[test]
fn several_holes_are_counted_and_the_first_are_described() {
    let original = original(3, ByteOrder::Little);
    let mut damaged = original.bytes.clone();
    for place in [10, 20, 30] {
        let at = original.records[place].start;
        damaged[at + 4..at + 8].fill(0xff);
    }
    let (found, facts) = read(&damaged);
    assert_eq!((found.len(), facts.hole_count, facts.holes.len()), (37, 3, 3));
    let ten = &original.records[10];
    assert_eq!((facts.holes[0].offset, facts.holes[0].bytes), (ten.start as u64, ten.len() as u64));
    assert_eq!(facts.hole_bytes, facts.holes.iter().map(|hole| hole.bytes).sum::<u64>());
}

#[test]
fn a_packet_behind_a_lost_description_is_nobodys() {
    let order = ByteOrder::Little;
    let good = craft::enhanced(order, 0, 1, b"good", 4, &[]);
    let mut torn = good.clone();
    torn[4] = 9;
    let second = craft::interface(order, 101, 0, &[]);
    let of_second = craft::enhanced(order, 1, 1, b"whose", 5, &[]);
    let start = [craft::section(order, &[]), craft::interface(order, 1, 0, &[])].concat();
    let file = [&start[..], &torn, &good, &second, &of_second, &good, &start, &good].concat();
    let (found, facts) = read(&file);
    assert_eq!(found.len(), 2, "before the description, and in the next section");
    assert_eq!((facts.skipped, facts.hole_count), (2, 1));
}

#[test]
fn a_search_among_almost_plausible_headers_stays_linear() {
    // Headers that are almost plausible, each of which costs a look at what it leads to.
    let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
    file.packet(1, 0, b"good", 4);
    file.bytes.extend([0xff; 16]);
    let almost: Vec<u8> =
        [1_u32, 1, 100_000, 100_000].iter().flat_map(|f| f.to_le_bytes()).collect();
    (0..500_000).for_each(|_| file.bytes.extend(&almost)); // 8 MB
    file.bytes.extend(vec![0xff; 200_000]);
    let (found, facts) = read(&file.bytes);
    assert!(found.len() < 600_000 && facts.bytes > 0);
}
