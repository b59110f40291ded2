//! The same packets in files of every format, compressed, in archives, and in several files: the
//! same verdicts.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use wsblame::pipeline::{self, Options, Series};

use crate::pack::{Order, PACKINGS, Written, pack, write};
use crate::support::{Raw, all_samples, analyse, cases, essences, packets};

const FORMATS: &[Written] = &[
    Written::Pcap(Order::Little, 1_000_000),
    Written::Pcap(Order::Big, 1_000_000),
    Written::Pcap(Order::Little, 1_000_000_000),
    Written::Pcap(Order::Big, 1_000_000_000),
    Written::Pcapng(Order::Little, 6),
    Written::Pcapng(Order::Big, 6),
    Written::Pcapng(Order::Little, 9),
    Written::Pcapng(Order::Big, 9),
    Written::Sections(5),
];

/// Samples whose rule rests on times: nothing is concluded from them across the clocks of several
/// interfaces and files.
const NEEDS_ONE_CLOCK: &[&str] = &["handshake-key-reused", "close-lost-by-rst"];

/// The packets of each sample that has one link type only.
fn samples() -> Vec<(String, Vec<u8>, Vec<Raw>)> {
    let all = all_samples().into_iter().map(|(name, sample)| {
        let packets = packets(&sample);
        (name, sample, packets)
    });
    let all = all.filter(|(name, ..)| !NEEDS_ONE_CLOCK.contains(&name.as_str()));
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

#[test]
fn compressed_and_in_archives_there_are_the_same_verdicts() {
    for (name, sample) in all_samples() {
        let expected = essences(&analyse(&sample));
        for packing in PACKINGS {
            let report = analyse(&pack(&sample, *packing));
            assert_eq!(report.captures.len(), 1, "{name} in {packing:?}");
            assert_eq!(report.captures[0].error, None, "{name} in {packing:?}");
            assert_eq!(essences(&report), expected, "{name} in {packing:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// As a ring buffer writes them: by number and time.
    #[test]
    fn split_into_a_series_of_files_there_are_the_same_verdicts(
        pick in any::<Index>(),
        cuts in prop::collection::vec(any::<Index>(), 1..6),
        packing in prop::option::of(prop::sample::select(&PACKINGS[..5])),
        format in prop::sample::select(FORMATS),
        always in any::<bool>(),
    ) {
        let samples = samples();
        let (name, sample, packets) = pick.get(&samples);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(packets.len() + 1)).collect();
        cuts.extend([0, packets.len()]);
        cuts.sort_unstable();
        // A ring buffer begins a file when there is a packet to write.
        cuts.dedup();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("series");
        let _ = fs::remove_dir_all(&folder); // of the case before
        fs::create_dir_all(&folder).expect("a writable target folder");
        let paths: Vec<PathBuf> = cuts
            .windows(2)
            .enumerate()
            .map(|(number, part)| {
                let file = write(&packets[part[0]..part[1]], format);
                let path = folder.join(format!("ring_{:05}_202601011200{number:02}.pcap", number + 1));
                let bytes = packing.map_or(file.clone(), |packing| pack(&file, packing));
                fs::write(&path, bytes).expect("a writable target folder");
                path
            })
            .collect();
        let series = if always { Series::Always } else { Series::Auto };
        let report = pipeline::analyse(&paths, Options { series, ..Options::default() });
        prop_assert_eq!(essences(&report), essences(&analyse(sample)), "{} in {:?}", name, cuts);
    }
}
