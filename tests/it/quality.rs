//! What the report says of the capture itself: blind spots, grades, and the command for a better
//! capture.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use wsblame::ip::TcpFlags;
use wsblame::report::{
    BlindSpot, Cites, ConnectionReport, Grade, PacketCite, Recapture, Report, Weight,
    blind_spot_kind, format,
};

use crate::support::{
    Raw, Seg, all_samples, analyse, capture_of, capture_of_segments, cases, packets, root, segments,
};

/// Samples that are small enough to be analysed again and again.
static SAMPLES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    all_samples().into_iter().filter(|(_, capture)| capture.len() < 64 << 10).collect()
});

fn all_spots(report: &Report) -> impl Iterator<Item = &BlindSpot> {
    let own = report.captures.iter().flat_map(|capture| &capture.blind_spots);
    own.chain(report.connections.iter().flat_map(|connection| &connection.blind_spots))
}

fn grade(report: &Report) -> Grade {
    report.captures[0].quality.as_ref().expect("a capture that was read").grade
}

fn loses(spot: &BlindSpot) -> bool {
    blind_spot_kind(&spot.kind).expect("a kind of the table").weight > Weight::Remark
}

/// What is wrong with what a report says of its capture.
fn complaints(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let packets = report.captures[0].packets;
    // Records that hold no usable packet are numbered as well.
    let unusable = all_spots(report).filter(|spot| spot.kind == "unusable-records");
    let numbered = packets + unusable.map(|spot| spot.packets.len() as u64).sum::<u64>();
    for spot in all_spots(report) {
        let Some(kind) = blind_spot_kind(&spot.kind) else {
            wrong.push(format!("{} is in no table", spot.kind));
            continue;
        };
        if kind.cites == Cites::Always && spot.packets.is_empty() && packets > 0 {
            wrong.push(format!("{} cites no packet", spot.kind));
        }
        if spot.hides.is_empty() || spot.lowered.is_empty() {
            wrong.push(format!("{} says nothing", spot.kind));
        }
        let is_there = |packet: &PacketCite| (1..=numbered).contains(&packet.number());
        if !spot.packets.iter().all(is_there) {
            wrong.push(format!("{} cites {:?} of {packets}", spot.kind, spot.packets));
        }
    }
    if all_spots(report).any(loses) && grade(report) == Grade::Good {
        wrong.push("a capture that lost something is called good".to_owned());
    }
    for connection in &report.connections {
        let is_good = connection.quality.grade == Grade::Good;
        if is_good == connection.blind_spots.iter().any(loses) {
            wrong.push(format!("connection {} is {:?}", connection.id, connection.quality));
        }
        for spot in &connection.blind_spots {
            let lowered_to = spot.lowered.split_once(" → ").map(|(_, level)| level);
            if lowered_to.is_some_and(|level| level != connection.verdict.confidence.name()) {
                wrong.push(format!("{} is not what the verdict says", spot.lowered));
            }
        }
        if !is_good && grade(report) == Grade::Good {
            wrong.push("a capture is better than what is in it".to_owned());
        }
    }
    wrong
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_capture_that_lost_something_says_what_and_where(
        sample: Index,
        lost in prop::collection::vec(any::<Index>(), 0..5),
        snap in prop_oneof![2 => Just(None), 1 => (40..200_usize).prop_map(Some)],
        twice in prop::collection::vec((any::<Index>(), 1..=255_u8), 0..2),
        swapped in prop::option::of((any::<Index>(), any::<Index>())),
        end in prop_oneof![3 => Just(0), 1 => 1..12_usize],
    ) {
        let (name, capture) = &SAMPLES[sample.index(SAMPLES.len())];
        let mut rest = packets(capture);
        for which in &lost {
            if rest.len() > 1 {
                rest.remove(which.index(rest.len()));
            }
        }
        for (which, by) in &twice {
            let place = which.index(rest.len());
            let mut other: Raw = rest[place].clone();
            *other.data.last_mut().expect("a packet") ^= by;
            rest.insert(place + 1, other);
        }
        if let Some((one, other)) = swapped {
            let places = (one.index(rest.len()), other.index(rest.len()));
            rest.swap(places.0, places.1);
        }
        if let Some(snap) = snap {
            rest.iter_mut().for_each(|packet| packet.data.truncate(snap));
        }
        let mut capture = capture_of(&rest);
        capture.truncate(capture.len() - end);
        let wrong = complaints(&analyse(&capture));
        prop_assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn the_samples_as_they_are_say_what_they_lack() {
    for (name, capture) in all_samples() {
        let wrong = complaints(&analyse(&capture));
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

/// Whether the bytes of `segment` were acknowledged by a later segment, and sent only once.
fn is_needed(segment: &Seg, all: &[Seg]) -> bool {
    let end = segment.seq.wrapping_add(u32::try_from(segment.payload.len()).expect("small"));
    let same_way = |other: &&Seg| other.from == segment.from;
    let overlaps = |other: &&Seg| {
        let distance = other.seq.wrapping_sub(segment.seq).cast_signed();
        let back = segment.seq.wrapping_sub(other.seq).cast_signed();
        !other.payload.is_empty()
            && (0..segment.payload.len()).contains(&usize::try_from(distance).unwrap_or(usize::MAX))
            || (1..other.payload.len()).contains(&usize::try_from(back).unwrap_or(usize::MAX))
    };
    let acknowledges = |other: &&Seg| {
        other.from == segment.to
            && other.to == segment.from
            && other.flags & TcpFlags::ACK.0 != 0
            && other.flags & TcpFlags::RST.0 == 0
            && other.ack.wrapping_sub(end).cast_signed() >= 0
            && other.time > segment.time
    };
    !segment.payload.is_empty()
        && all.iter().filter(same_way).filter(overlaps).count() == 1
        && all.iter().any(|other| acknowledges(&other))
}

#[test]
fn a_lost_segment_that_was_acknowledged_is_never_called_a_good_capture() {
    let mut tried = 0;
    for (name, capture) in SAMPLES.iter() {
        let whole = analyse(capture);
        if whole.connections.len() != 1 || whole.captures[0].tcp_streams != 1 {
            continue;
        }
        let segments = segments(capture);
        for lost in 0..segments.len() {
            if !is_needed(&segments[lost], &segments) {
                continue;
            }
            let mut rest = segments.clone();
            rest.remove(lost);
            let report = analyse(&capture_of_segments(&rest));
            tried += 1;
            // Without its request and response nothing may be left that is taken for a WebSocket.
            if !report.connections.is_empty() {
                assert_ne!(grade(&report), Grade::Good, "{name} without segment {}", lost + 1);
            }
        }
    }
    assert!(tried > 100, "only {tried}");
}

#[test]
fn a_whole_capture_is_good_and_says_so_in_one_line() {
    let report = analyse(&fs::read(sample("chromium-close-tab-1001.pcap")).expect("a sample"));
    let quality = report.captures[0].quality.as_ref().expect("it was read");
    assert_eq!((quality.grade, quality.lost_bytes), (Grade::Good, 0));
    assert_eq!((quality.complete_connections, &quality.recapture), (1, &None));
    let text = text(&report);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("quality")).collect();
    assert_eq!(
        lines,
        [
            "  quality: good; nothing is known to be lost; the WebSocket was captured from its start to \
          its end"
        ]
    );
}

fn sample(name: &str) -> PathBuf {
    root().join("samples/real").join(name)
}

fn text(report: &Report) -> String {
    let mut out = Vec::new();
    let text = format("text").expect("a format");
    (text.write)(report, &Default::default(), &mut out).expect("a Vec takes all");
    String::from_utf8(out).expect("text")
}

/// A sample without the packets that `lost` picks by number, cut to `snap` bytes each.
fn damaged(name: &str, lost: &[usize], snap: usize) -> Report {
    let capture = fs::read(sample(name)).expect("a sample");
    let mut numbered: Vec<(usize, Raw)> = (1..).zip(packets(&capture)).collect();
    numbered.retain(|(number, _)| !lost.contains(number));
    let mut rest: Vec<Raw> = numbered.into_iter().map(|(_, packet)| packet).collect();
    rest.iter_mut().for_each(|packet| packet.data.truncate(snap));
    analyse(&capture_of(&rest))
}

fn recapture(report: &Report) -> &Recapture {
    let quality = report.captures[0].quality.as_ref().expect("it was read");
    quality.recapture.as_ref().expect("it lacks something")
}

#[test]
fn a_hole_cites_the_packets_around_it_and_says_what_it_took_from_the_verdict() {
    let v6 = damaged("wsproto-fragments-with-ping-ipv6.pcap", &[8], usize::MAX);
    let lost = v6.connections[0].blind_spots.iter().find(|spot| spot.kind == "lost-segments");
    let lost = lost.expect("a segment was removed");
    assert_eq!((lost.bytes, &lost.packets[..]), (18, &[4, 8].map(PacketCite::Number)[..]));
    let lowered = |report: &Report| {
        let spots = report.connections.iter().flat_map(|connection| &connection.blind_spots);
        spots.clone().any(|spot| spot.lowered.ends_with("proven → likely"))
    };
    let mut with_one_lost = SAMPLES.iter().flat_map(|(_, capture)| {
        let all = packets(capture);
        (0..all.len()).map(move |lost| {
            let mut rest = all.clone();
            rest.remove(lost);
            analyse(&capture_of(&rest))
        })
    });
    assert!(with_one_lost.any(|report| lowered(&report)), "no confidence is ever lowered");
}

#[test]
fn of_two_versions_both_are_cited() {
    let capture = fs::read(sample("wsproto-fragments-with-ping-ipv6.pcap")).expect("a sample");
    let mut packets = packets(&capture);
    let mut other = packets[12].clone(); // a text message of the server
    *other.data.last_mut().expect("a packet") ^= 1;
    packets.insert(13, other);
    let report = analyse(&capture_of(&packets));
    let spots = &report.connections[0].blind_spots;
    let spot = spots.iter().find(|spot| spot.kind == "conflicting-copies").expect("they differ");
    assert_eq!(spot.packets, [13, 14].map(PacketCite::Number));
}

#[test]
fn each_lack_has_its_part_in_the_command() {
    let command = |report: &Report| recapture(report).command.clone();
    let snapped = command(&damaged("chromium-bad-utf8.pcap", &[], 120));
    assert!(snapped.contains(" -s 0 ") && !snapped.contains(" -C "), "{snapped}");
    let late = damaged("chromium-bad-utf8.pcap", &[1, 2, 3, 4], usize::MAX);
    assert!(command(&late).contains(" -C 100 -W 20 "), "{}", command(&late));
    assert!(recapture(&late).advice.iter().any(|advice| advice.contains("before the connection")));
    let server: &ConnectionReport = &late.connections[0];
    let host = format!("host {} and tcp port {}", server.server.address, server.server.port);
    assert!(command(&late).contains(&host), "{}", command(&late));
}

/// Whether a program can be run here; what needs it is passed over with a note if not.
fn is_installed(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("{program} is not installed: not tested");
    }
    there
}

#[test]
fn tcpdump_understands_the_filter() {
    if !is_installed("tcpdump") {
        return;
    }
    let v6 = "wsproto-fragments-with-ping-ipv6.pcap";
    let reports = [
        damaged("chromium-bad-utf8.pcap", &[1, 2, 3, 4], usize::MAX),
        damaged("chromium-bad-utf8.pcap", &[], 120),
        damaged(v6, &[8], usize::MAX),
        damaged("nginx-404.pcap", &[], 100),
    ];
    let mut filters: Vec<String> =
        reports.iter().map(|report| recapture(report).filter.clone()).collect();
    assert!(filters.iter().any(|filter| filter.contains("host ::1") || filter.contains("::")));
    filters.push(format!("({}) or ({})", filters[0], filters[2]));
    for filter in filters {
        let run = Command::new("tcpdump").args(["-y", "EN10MB", "-d", &filter]).output();
        let run = run.expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{filter}: {said}");
        assert!(!run.stdout.is_empty(), "{filter}");
    }
}

#[test]
fn a_shell_takes_the_command_for_one_with_a_single_filter() {
    let report = damaged("chromium-bad-utf8.pcap", &[1, 2, 3, 4], 150);
    let Recapture { command, filter, .. } = recapture(&report);
    let script = format!("tcpdump() {{ printf '%s\\n' \"$@\"; }}\n{command}\n");
    let Ok(run) = Command::new("sh").args(["-c", &script]).output() else { return };
    let said = String::from_utf8(run.stdout).expect("text");
    let arguments: Vec<&str> = said.lines().collect();
    assert_eq!(arguments.last().copied(), Some(filter.as_str()), "{command}");
    assert_eq!(arguments.first().copied(), Some("-i"));
}

#[test]
fn wireshark_understands_the_display_filters_of_a_ticket() {
    if !is_installed("tshark") {
        return;
    }
    let path = sample("chromium-bad-utf8.pcap");
    let report = analyse(&fs::read(&path).expect("a sample"));
    let mut out = Vec::new();
    let markdown = format("markdown").expect("a format");
    (markdown.write)(&report, &Default::default(), &mut out).expect("a Vec takes all");
    let ticket = String::from_utf8(out).expect("text");
    let (_, block) = ticket.split_once("### In Wireshark").expect("the section");
    let (_, block) = block.split_once("```text\n").expect("a block");
    let (block, _) = block.split_once("\n```").expect("that ends");
    let filters: Vec<&str> = block.lines().collect();
    assert_eq!(filters.len(), 2, "{block}");
    let by_number = filters[1].split_once('{').and_then(|(_, list)| list.strip_suffix('}'));
    let cited = by_number.expect("a list of packets").split(", ").count();
    for (filter, expected) in [(filters[0], None), (filters[1], Some(cited))] {
        let run = Command::new("tshark").arg("-r").arg(&path).args(["-Y", filter]).output();
        let run = run.expect("it runs");
        assert!(run.status.success(), "{filter}: {}", String::from_utf8_lossy(&run.stderr));
        let shown = String::from_utf8_lossy(&run.stdout).lines().count();
        assert!(
            shown > 0 && expected.is_none_or(|expected| expected == shown),
            "{filter}: {shown}"
        );
    }
}
