//! The same packets in files of every format: the same verdicts.

use crate::pack::{Order, Written, write};
use crate::support::{Raw, all_samples, analyse, essences, packets};

const FORMATS: &[Written] = &[
    Written::Pcap(Order::Little, 1_000_000),
    Written::Pcap(Order::Big, 1_000_000),
    Written::Pcap(Order::Little, 1_000_000_000),
    Written::Pcap(Order::Big, 1_000_000_000),
    Written::Pcapng(Order::Little, 6),
    Written::Pcapng(Order::Big, 6),
    Written::Pcapng(Order::Little, 9),
    Written::Pcapng(Order::Big, 9),
    Written::Interfaces(3),
    Written::Sections(5),
];

/// The packets of each sample that has one link type only.
fn samples() -> Vec<(String, Vec<u8>, Vec<Raw>)> {
    let all = all_samples().into_iter().map(|(name, sample)| {
        let packets = packets(&sample);
        (name, sample, packets)
    });
    all.filter(|(.., packets)| packets.iter().all(|packet| packet.link == packets[0].link))
        .collect()
}

#[test]
fn in_every_format_there_are_the_same_verdicts() {
    for (name, sample, packets) in samples() {
        let expected = essences(&analyse(&sample));
        for format in FORMATS {
            let report = analyse(&write(&packets, *format));
            assert_eq!(report.captures[0].packets, packets.len() as u64, "{name} as {format:?}");
            assert_eq!(essences(&report), expected, "{name} as {format:?}");
        }
    }
}
