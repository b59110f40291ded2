//! pcapng as it is found, and as it must not be.

use super::super::craft::{
    self, Seen, block, enhanced, interface, n32, n64, obsolete, options, section,
};
use super::*;
use crate::capture::{LinkType, Reader};
use crate::provenance::Timestamp;
use ByteOrder::{Big, Little};

fn read(blocks: &[Vec<u8>]) -> (Vec<Seen>, CaptureFacts) {
    let bytes = blocks.concat();
    craft::read_all(Reader::new(&bytes[..], "t.pcapng").expect("a section header"))
}

fn data(packets: &[Seen]) -> Vec<&str> {
    packets.iter().map(|packet| std::str::from_utf8(&packet.data).unwrap_or("?")).collect()
}

fn numbers(packets: &[Seen]) -> Vec<u64> {
    packets.iter().map(|packet| packet.number).collect()
}

#[test]
fn each_section_has_its_byte_order_and_its_interfaces() {
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &[]),
        enhanced(Little, 0, 1_000_001, b"little", 6, &[]),
        section(Big, &[]),
        interface(Big, 113, 96, &[]),
        interface(Big, 101, 0, &options(Big, &[(9, &[9])])),
        enhanced(Big, 1, 2_000_000_002, b"big", 100, &[]),
        enhanced(Big, 0, 3_000_003, b"cooked", 6, &[]),
    ]);
    assert_eq!(data(&packets), ["little", "big", "cooked"]);
    assert_eq!(numbers(&packets), [1, 2, 3]);
    let times: Vec<i64> = packets.iter().map(|packet| packet.time).collect();
    assert_eq!(times, [1_000_001_000, 2_000_000_002, 3_000_003_000]);
    assert_eq!(packets.iter().map(|packet| packet.link).collect::<Vec<_>>(), [1, 101, 113]);
    assert_eq!(facts.interfaces.iter().map(|i| i.snaplen).collect::<Vec<_>>(), [0, 96, 0]);
    assert_eq!((facts.packets, facts.cut_packets), (3, 1));
    assert_eq!(facts.format.name(), "pcapng");
    assert_eq!(facts.ending, Ending::Complete);
}

#[test]
fn names_clocks_and_offsets_are_read_in_either_byte_order() {
    for order in [Little, Big] {
        let described =
            options(order, &[(2, b"eth0"), (9, &[0x80 | 10]), (14, &n64(order, 0x1_0000_0000))]);
        let (packets, facts) = read(&[
            section(order, &[]),
            interface(order, 1, 0, &described),
            enhanced(order, 0, 1536, b"x", 1, &[]), // 1.5 s at 2⁻¹⁰ s
        ]);
        assert_eq!(facts.interfaces[0].name.as_deref(), Some("eth0"));
        assert_eq!(packets[0].time, 0x1_0000_0000 * 1_000_000_000 + 1_500_000_000);
    }
}

#[test]
fn options_behind_the_end_of_options_are_not_honoured() {
    let mut described = options(Little, &[(2, b"eth0")]);
    described.extend(options(Little, &[(9, &[9]), (1, b"no comment")]));
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &described),
        enhanced(Little, 0, 1, b"x", 1, &[]),
    ]);
    assert_eq!((packets[0].time, facts.comments), (1_000, 0));
}

#[test]
fn comments_are_counted_and_drops_are_summed() {
    for order in [Little, Big] {
        let drops = options(order, &[(5, &n64(order, 3)), (7, &n64(order, 4)), (1, b"c")]);
        let statistics = [&n32(order, 0)[..], &[0; 8], &drops].concat();
        let (_, facts) = read(&[
            section(order, &options(order, &[(1, b"one"), (1, b"two"), (3, b"Linux")])),
            interface(order, 1, 0, &[]),
            interface(order, 1, 0, &[]),
            interface(order, 1, 0, &[]),
            enhanced(order, 0, 1, b"abc", 3, &options(order, &[(1, b"three")])),
            enhanced(order, 1, 1, b"abc", 3, &options(order, &[(4, &n64(order, 5))])),
            obsolete(order, 1, 6, 1, b"abc", 3),
            obsolete(order, 1, 0xffff, 1, b"abc", 3),
            block(order, 5, &statistics),
        ]);
        assert_eq!(facts.comments, 4);
        let drops: Vec<_> = facts.interfaces.iter().map(|i| i.drops).collect();
        assert_eq!(drops, [Some(7), Some(11), None]);
        assert_eq!(facts.drops(), Some(18));
    }
}

#[test]
fn a_simple_packet_has_the_time_of_the_packet_before() {
    let simple = |text: &[u8], wire_len| block(Big, 3, &[&n32(Big, wire_len)[..], text].concat());
    let (packets, facts) = read(&[
        section(Big, &[]),
        interface(Big, 1, 5, &[]),
        simple(b"abc", 3),
        enhanced(Big, 0, 7, b"x", 1, &[]),
        simple(b"abcde", 9), // the snap length is 5; three bytes of padding follow
    ]);
    assert_eq!(data(&packets), ["abc", "x", "abcde"]);
    assert_eq!(packets.iter().map(|p| p.time).collect::<Vec<_>>(), [0, 7_000, 7_000]);
    assert_eq!((packets[2].wire_len, facts.cut_packets), (9, 1));
    assert_eq!(facts.first, Some(Timestamp(7_000)));
}

#[test]
fn the_obsolete_packet_block_is_read() {
    for order in [Little, Big] {
        let (packets, _) = read(&[
            section(order, &[]),
            interface(order, 1, 0, &[]),
            interface(order, 113, 0, &[]),
            obsolete(order, 1, 0, 5, b"old", 3),
        ]);
        assert_eq!((data(&packets), packets[0].link), (vec!["old"], LinkType::LINUX_SLL.0));
    }
}

#[test]
fn packets_are_numbered_as_wireshark_numbers_them() {
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &[]),
        enhanced(Little, 0, 1, b"1", 1, &[]),
        block(Little, 4, &[0; 4]),                   // names: not numbered
        block(Little, 0x0bad, &n32(Little, 32_473)), // custom: 2
        block(Little, 0x0a, &[0; 8]),                // secrets: not numbered
        block(Little, 9, b"__REALTIME_TIMESTAMP=1\nM=x\n"), // journal: 3
        enhanced(Little, 0, 2, b"4", 1, &[]),
        block(Little, 0x4000_0bad, &n32(Little, 32_473)), // custom, not to be copied: 5
        block(Little, 0x1234_5678, b"of the future"),     // unknown: not numbered
        enhanced(Little, 0, 3, b"6", 1, &[]),
    ]);
    assert_eq!(numbers(&packets), [1, 4, 6]);
    assert_eq!((facts.packets, facts.skipped), (3, 0));
}

#[test]
fn a_packet_of_an_interface_that_is_not_described_is_numbered_noted_and_left_out() {
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &[]),
        enhanced(Little, 1, 1, b"whose?", 6, &[]), // at 28 + 20
        enhanced(Little, 0, 2, b"good", 4, &[]),
        section(Little, &[]), // forgets interface 0
        enhanced(Little, 0, 3, b"whose?", 6, &[]),
    ]);
    assert_eq!((data(&packets), numbers(&packets)), (vec!["good"], vec![2]));
    assert_eq!((facts.packets, facts.skipped), (1, 2));
    assert_eq!((facts.problems[0].offset, facts.problems[1].number.number()), (48, 3));
    assert!(facts.problems[0].reason.contains("interface 1"));
    assert_eq!(facts.ending, Ending::Complete);
}

#[test]
fn a_bad_length_inside_a_whole_block_costs_that_packet_only() {
    let mut bad = enhanced(Little, 0, 1, b"four", 4, &[]);
    bad[20..24].copy_from_slice(&0xffff_0000_u32.to_le_bytes());
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &[]),
        bad,
        block(Little, 6, &[0; 8]),
        block(Little, 0x8000_0001, &[]), // process information without its process id
        enhanced(Little, 0, 2, b"good", 4, &[]),
    ]);
    assert_eq!((data(&packets), numbers(&packets), facts.skipped), (vec!["good"], vec![3], 2));
}

#[test]
fn what_breaks_the_framing_is_passed_over_and_what_breaks_the_meaning_ends_the_capture() {
    let start = [section(Little, &[]), interface(Little, 1, 0, &[])];
    let good = enhanced(Little, 0, 1, b"good", 4, &[]); // at 48, 36 bytes
    let mut wrong_tail = good.clone();
    *wrong_tail.last_mut().expect("not empty") = 1;
    let mut wrong_head = good.clone();
    wrong_head[4] = 8;
    let no_magic = block(Little, SECTION_HEADER, &[0; 16]);
    let version = {
        let mut section = section(Little, &[]);
        section[12] = 9;
        section
    };
    for bad in [wrong_tail, wrong_head, no_magic] {
        let (packets, facts) =
            read(&[&start[..], &[good.clone(), bad.clone(), good.clone()]].concat());
        assert_eq!((data(&packets), numbers(&packets)), (vec!["good", "good"], vec![1, 2]));
        assert_eq!((facts.holes.len(), facts.hole_count), (1, 1));
        assert_eq!((facts.holes[0].offset, facts.hole_bytes), (84, bad.len() as u64));
        assert_eq!(facts.ending, Ending::Complete);
        let (_, facts) = read(&[&start[..], &[good.clone(), bad.clone()]].concat());
        assert!(matches!(facts.ending, Ending::Damaged { offset: 84, .. }), "nothing behind it");
    }
    for bad in [version, block(Little, 1, &[0; 4])] {
        let (packets, facts) =
            read(&[&start[..], &[good.clone(), bad.clone(), good.clone()]].concat());
        assert_eq!(data(&packets), ["good"]);
        let Ending::Damaged { offset, reason } = facts.ending else { panic!("{bad:02x?}") };
        assert_eq!(offset, 84, "{reason}");
    }
}

#[test]
fn a_capture_cut_in_a_block_says_where() {
    let blocks = [
        section(Big, &[]),
        interface(Big, 1, 0, &[]),
        enhanced(Big, 0, 1, b"good", 4, &[]),
        enhanced(Big, 0, 1, b"cut", 4, &[]),
    ]
    .concat();
    let ending = |len: usize| read(&[blocks[..len].to_vec()]).1.ending;
    assert_eq!(ending(84), Ending::Complete);
    assert_eq!(ending(90), Ending::CutMidRecord { offset: 84, needed: 12, available: 6 });
    assert_eq!(ending(119), Ending::CutMidRecord { offset: 84, needed: 36, available: 35 });
    assert_eq!(ending(20), Ending::CutMidRecord { offset: 0, needed: 28, available: 20 });
}

#[test]
fn a_block_too_large_to_hold_is_passed_over() {
    let mut large = vec![0; LARGEST_BLOCK];
    large[12..16].copy_from_slice(&(16_777_216_u32 - 20).to_le_bytes());
    let blocks = |kind| {
        [
            section(Little, &[]),
            interface(Little, 1, 0, &[]),
            block(Little, kind, &large),
            enhanced(Little, 0, 1, b"good", 4, &[]),
        ]
    };
    let (packets, facts) = read(&blocks(4));
    assert_eq!((numbers(&packets), facts.skipped), (vec![1], 0));
    let (packets, facts) = read(&blocks(6));
    assert_eq!((numbers(&packets), facts.skipped), (vec![2], 1));
    let mut cut = blocks(6).concat();
    cut.truncate(LARGEST_BLOCK);
    let (_, facts) = read(&[cut]);
    let (needed, available) = (16_777_228, 16_777_216 - 48);
    assert_eq!(facts.ending, Ending::CutMidRecord { offset: 48, needed, available });
}

#[test]
fn a_length_that_forgets_the_padding_is_forgiven() {
    let mut forgetful = enhanced(Little, 0, 1, b"odd", 3, &[]); // 36 bytes, declared as 35
    forgetful[4] = 35;
    forgetful[32] = 35;
    let (packets, facts) = read(&[
        section(Little, &[]),
        interface(Little, 1, 0, &[]),
        forgetful,
        enhanced(Little, 0, 1, b"next", 4, &[]),
    ]);
    assert_eq!(data(&packets), ["odd", "next"]);
    assert_eq!(facts.ending, Ending::Complete);
}

#[test]
fn a_long_interface_name_is_cut() {
    let name = [b'e'; 300];
    let (_, facts) =
        read(&[section(Little, &[]), interface(Little, 1, 0, &options(Little, &[(2, &name)]))]);
    assert_eq!(facts.interfaces[0].name.as_ref().map(String::len), Some(128));
}

#[test]
fn more_interfaces_than_are_kept_end_the_section() {
    let mut blocks = vec![section(Little, &[])];
    blocks.extend(std::iter::repeat_n(interface(Little, 1, 0, &[]), 65_537));
    let (_, facts) = read(&blocks);
    assert_eq!(facts.interfaces.len(), 65_536);
    assert!(matches!(facts.ending, Ending::Damaged { .. }));
}
