//! The promise: no endpoint is accused of what the capture lost.
//!
//! A capture is taken apart and damaged in all the ways in which captures are: packets are missing,
//! cut short, late, repeated, or there in two versions. Whatever the report on the rest says, the
//! report on the whole says too.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use wsblame::ip::TcpFlags;
use wsblame::report::{
    AtFault, Blame, Confidence, ConnectionReport, EndedBy, HandshakeReport, Initiator,
    LastWordsReport, Outcome, Report, VerdictReport,
};
use wsblame::rules::{self, Severity};
use wsblame::script::{Play, write_pcap};

use crate::application;
use crate::support::{
    Raw, Seg, all_samples, analyse, analyse_without_keys, capture_of, everywhere, key_of, packets,
    raw_packet, segments, tls_samples,
};

/// A sample with the report on all of it.
pub(crate) struct Sample {
    pub name: String,
    /// Whether what is in TLS is decrypted.
    pub keys: bool,
    packets: Vec<Raw>,
    pub segments: Vec<Seg>,
    whole: Report,
}

/// Those that are small enough to be analysed thousands of times.
static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    // The conforming ones are the strictest: nobody may be accused of anything.
    let keeps =
        rules::all().map(|rule| (format!("not {}", rule.id), write_pcap(&Play::of(rule.keeps))));
    let talk = application::SCRIPTS.iter();
    let talk = talk.map(|(name, script)| ((*name).to_owned(), write_pcap(&Play::of(script))));
    let mut seen = HashSet::new();
    let small = all_samples()
        .into_iter()
        .chain(keeps)
        .chain(talk)
        .filter(|(_, capture)| capture.len() < 64 << 10 && seen.insert(capture.clone()));
    let sample = |name: String, capture: &[u8], keys: bool| Sample {
        name,
        keys,
        packets: packets(capture),
        segments: segments(capture),
        whole: match keys {
            true => analyse(capture),
            // Those in it are not among its packets.
            false => analyse_without_keys(&capture_of(&packets(capture))),
        },
    };
    let clear: Vec<Sample> = small.map(|(name, capture)| sample(name, &capture, true)).collect();
    // What is inferred of one without its keys accuses nobody, whatever is lost.
    let tls = tls_samples().iter().flat_map(|tls| {
        let without = format!("{} without its keys", tls.name);
        [sample(tls.name.clone(), &tls.capture, true), sample(without, &tls.capture, false)]
    });
    clear.into_iter().chain(tls).collect()
});

impl Sample {
    /// The report on a part of it.
    fn analyse(&self, capture: &[u8]) -> Report {
        match self.keys {
            true => analyse(capture),
            false => analyse_without_keys(capture),
        }
    }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} claims\n{}", wrong.len(), wrong.join("\n"));
}

/// What the report on a part of a capture says and the report on the whole does not.
pub(crate) fn unsupported(part: &Report, whole: &Report) -> Vec<String> {
    let mut claims = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for connection in &part.connections {
        let key = key_of(connection);
        let same: Vec<&ConnectionReport> =
            whole.connections.iter().filter(|c| key_of(c) == key).collect();
        let number = seen.entry(key.clone()).or_default();
        *number += 1;
        if is_inferred(connection) {
            // That it may be a WebSocket depends on what of it was captured: a guess, and said so.
            if !matches!(connection.verdict.at_fault, Blame::None | Blame::Unknown) {
                claims.push(format!("{:?} is at fault, as inferred", connection.verdict.at_fault));
            }
            continue;
        }
        if *number > same.len() {
            claims.push(format!("a connection of its own: {key}"));
            continue;
        }
        let per_attempt = same.iter().map(|whole| claims_beyond(connection, whole));
        claims.extend(per_attempt.min_by_key(Vec::len).unwrap_or_default());
    }
    claims
}

fn is_inferred(connection: &ConnectionReport) -> bool {
    connection.tls.as_ref().is_some_and(|tls| tls.inferred.is_some())
}

fn claims_beyond(part: &ConnectionReport, whole: &ConnectionReport) -> Vec<String> {
    let mut claims = Vec::new();
    if part.client != whole.client {
        claims.push("the roles are the other way round".to_owned());
    }
    claims_of_findings(part, whole, &mut claims);
    claims_of_verdict(&part.verdict, &whole.verdict, &mut claims);
    claims_of_close(part, whole, &mut claims);
    claims_of_handshake(&part.handshake, &whole.handshake, &mut claims);
    claims_of_application(part, whole, &mut claims);
    claims
}

fn claims_of_findings(part: &ConnectionReport, whole: &ConnectionReport, claims: &mut Vec<String>) {
    // Of bytes that were captured in two versions findings are made, and nobody is accused.
    let disputed = part.blind_spots.iter().any(|spot| spot.kind == "conflicting-copies");
    for finding in &part.findings {
        let other = whole.findings.iter().find(|other| {
            other.rule == finding.rule
                && other.side == finding.side
                && (other.at_fault == finding.at_fault || finding.at_fault == AtFault::Unknown)
        });
        let is_serious = finding.severity == Severity::Error && !disputed;
        let accuses = finding.at_fault != AtFault::Unknown || is_serious;
        let (rule, fault) = (&finding.rule, finding.at_fault);
        match other {
            None if accuses => claims.push(format!("finding {rule} ({fault:?})")),
            Some(other) if finding.count > other.count && !disputed => {
                claims.push(format!("{rule} {} times, not {}", finding.count, other.count));
            }
            Some(other) if finding.caused_the_end && !other.caused_the_end => {
                claims.push(format!("{rule} caused the end"));
            }
            Some(other) if finding.tolerated && !other.tolerated => {
                claims.push(format!("{rule} was tolerated"));
            }
            _ => {}
        }
    }
}

fn claims_of_verdict(part: &VerdictReport, whole: &VerdictReport, claims: &mut Vec<String>) {
    let blame = part.at_fault;
    let has_culprit = !matches!(blame, Blame::None | Blame::Unknown);
    if has_culprit && blame != whole.at_fault {
        claims.push(format!("{blame:?} is at fault, by {:?}", part.cause));
    }
    if has_culprit && part.cause != whole.cause {
        claims.push(format!("{:?} is the cause, not {:?}", part.cause, whole.cause));
    }
    if has_culprit && part.confidence > whole.confidence {
        claims
            .push(format!("{:?} is {:?}, not {:?}", part.cause, part.confidence, whole.confidence));
    }
    let is_innocent = |verdict: &VerdictReport| verdict.at_fault == Blame::None;
    let is_open = part.outcome == Outcome::Open;
    if is_innocent(part) && part.confidence == Confidence::Proven && !is_innocent(whole) && !is_open
    {
        claims.push(format!("nobody is at fault, not {:?}", whole.at_fault));
    }
}

fn claims_of_close(part: &ConnectionReport, whole: &ConnectionReport, claims: &mut Vec<String>) {
    let is_open = matches!(part.verdict.outcome, Outcome::Open);
    let (close, all) = (&part.close, &whole.close);
    for (name, part, whole) in [
        ("client", &close.client_sent, &all.client_sent),
        ("server", &close.server_sent, &all.server_sent),
    ] {
        let (Some(part), Some(whole)) = (part, whole) else {
            if let Some(part) = part {
                claims.push(format!("the {name} sent {:?}", part.code));
            }
            continue;
        };
        if part.code.is_some_and(|code| Some(code) != whole.code) {
            claims.push(format!("the {name} sent {:?}, not {:?}", part.code, whole.code));
        }
        if !part.reason.is_empty() && part.reason != whole.reason {
            claims.push(format!("the {name} gave a reason: {:?}", part.reason));
        }
        if part.delivered.is_some_and(|delivered| whole.delivered == Some(!delivered)) {
            claims.push(format!("delivery of the {name}'s Close: {:?}", part.delivered));
        }
    }
    for (name, part, whole) in [
        ("client", close.surfaced.client, all.surfaced.client),
        ("server", close.surfaced.server, all.surfaced.server),
    ] {
        if part.is_some() && part != whole {
            claims.push(format!("the {name}'s API reports {part:?}, not {whole:?}"));
        }
    }
    // Which of two FINs that cross is the first depends on where one looks.
    let by = close.tcp_end.by;
    let cross = whole.verdict.cause.as_deref() == Some("simultaneous-close");
    if matches!(by, EndedBy::Client | EndedBy::Server) && by != all.tcp_end.by && !cross {
        claims.push(format!("{by:?} ended TCP first, not {:?}", all.tcp_end.by));
    }
    if close.initiator.is_some()
        && close.initiator != all.initiator
        && !(is_open && close.initiator == Some(Initiator::None))
    {
        claims.push(format!("{:?} closed first, not {:?}", close.initiator, all.initiator));
    }
}

fn claims_of_handshake(part: &HandshakeReport, whole: &HandshakeReport, claims: &mut Vec<String>) {
    if part.status.is_some() && part.status != whole.status {
        claims.push(format!("status {:?}", part.status));
    }
    for (name, part, whole) in [
        ("host", &part.host, &whole.host),
        ("path", &part.path, &whole.path),
        ("subprotocol", &part.subprotocol, &whole.subprotocol),
        ("user agent", &part.user_agent, &whole.user_agent),
        ("server software", &part.server_software, &whole.server_software),
    ] {
        if part.is_some() && part != whole {
            claims.push(format!("{name} {part:?}, not {whole:?}"));
        }
    }
    if !part.extensions.is_empty() && part.extensions != whole.extensions {
        claims.push(format!("extensions {:?}", part.extensions));
    }
}

fn claims_of_application(
    part: &ConnectionReport,
    whole: &ConnectionReport,
    claims: &mut Vec<String>,
) {
    if part.application.is_some() && part.application != whole.application {
        claims.push(format!("{:?} is spoken, not {:?}", part.application, whole.application));
    }
    for words in &part.last_words {
        // Packets have other numbers in a part.
        let is_same = |other: &&LastWordsReport| {
            LastWordsReport { packet: words.packet, ..(*other).clone() } == *words
        };
        if !whole.last_words.iter().any(|other| is_same(&other)) {
            claims.push(format!("{words:?} was said last"));
        }
    }
    let (close, all) = (&part.close, &whole.close);
    for (part, whole) in
        [(&close.client_sent, &all.client_sent), (&close.server_sent, &all.server_sent)]
    {
        let (Some(part), Some(whole)) = (part, whole) else { continue };
        if part.meaning.is_some() && part.meaning != whole.meaning {
            claims.push(format!("the code means {:?}", part.meaning));
        }
    }
}

#[test]
fn no_packet_is_missed_without_the_report_taking_it_into_account() {
    let wrong = everywhere(SAMPLES.len(), |number| {
        let sample = &SAMPLES[number];
        let Sample { name, packets, whole, .. } = sample;
        let without = |lost: usize| {
            let mut rest = packets.clone();
            rest.remove(lost);
            let claims = unsupported(&sample.analyse(&capture_of(&rest)), whole);
            claims.into_iter().map(move |claim| format!("{name} without {}: {claim}", lost + 1))
        };
        (0..packets.len()).flat_map(without).collect()
    });
    assert_none(&wrong);
}

#[test]
fn a_capture_that_starts_late_or_ends_early_claims_no_more() {
    let wrong = everywhere(SAMPLES.len(), |number| {
        let sample = &SAMPLES[number];
        let Sample { name, packets, whole, .. } = sample;
        let mut wrong = Vec::new();
        for cut in 1..packets.len() {
            let (head, tail) = packets.split_at(cut);
            for claim in unsupported(&sample.analyse(&capture_of(head)), whole) {
                wrong.push(format!("{name} cut after packet {cut}: {claim}"));
            }
            for claim in unsupported(&sample.analyse(&capture_of(tail)), whole) {
                wrong.push(format!("{name} from packet {} on: {claim}", cut + 1));
            }
        }
        wrong
    });
    assert_none(&wrong);
}

/// Without its handshake, too, and whatever its end: every part of each sample in one piece.
#[test]
fn a_capture_from_anywhere_to_anywhere_claims_no_more() {
    let wrong = everywhere(SAMPLES.len(), |number| {
        let sample = &SAMPLES[number];
        let Sample { name, packets, whole, .. } = sample;
        let mut wrong = Vec::new();
        // Of long samples every part would be too many.
        let step = packets.len() / 40 + 1;
        for first in (1..packets.len()).step_by(step) {
            for behind in (first + 1..packets.len()).step_by(step) {
                let part = &packets[first..behind];
                for claim in unsupported(&sample.analyse(&capture_of(part)), whole) {
                    wrong.push(format!("{name}, packets {} to {behind}: {claim}", first + 1));
                }
            }
        }
        wrong
    });
    assert_none(&wrong);
}

/// Heads of the opening handshake, of IP, of TCP and of frames: each is cut somewhere.
#[test]
fn whatever_the_snap_length_no_more_is_claimed() {
    let wrong = everywhere(SAMPLES.len(), |number| {
        let sample = &SAMPLES[number];
        let Sample { name, packets, whole, .. } = sample;
        let longest = packets.iter().map(|packet| packet.data.len()).max().unwrap_or(0);
        let mut wrong = Vec::new();
        for snap in (0..longest.min(400)).step_by(if packets.len() > 100 { 16 } else { 1 }) {
            let mut cut = packets.clone();
            cut.iter_mut().for_each(|packet| packet.data.truncate(snap));
            // As it is, and without the packets before the first frames.
            for first in [0, 3, 5] {
                let part = &cut[first.min(cut.len())..];
                for claim in unsupported(&sample.analyse(&capture_of(part)), whole) {
                    wrong.push(format!("{name}, -s {snap} from packet {}: {claim}", first + 1));
                }
            }
        }
        wrong
    });
    assert_none(&wrong);
}

/// What befell a capture.
#[derive(Clone, Debug)]
pub(crate) struct Damage {
    sample: Index,
    /// Packets that are retransmitted, and after how many milliseconds.
    again: Vec<(Index, u16)>,
    /// Packets of which another version was captured as well, and whether it came first: the byte
    /// that differs, and by how much.
    pub versions: Vec<(Index, Index, u8, bool)>,
    lost: Lost,
    /// Packets missing at the start and at the end.
    ends: (u8, u8),
    /// Bytes captured of each packet.
    snap: Option<u16>,
    /// Places by which packets are captured late, over and over.
    late: Vec<u8>,
    twice: Vec<Index>,
}

/// Which packets the capture does not have.
#[derive(Clone, Debug)]
enum Lost {
    None,
    These(Vec<Index>),
    /// So many from there on.
    Burst(Index, u8),
    /// Each packet with this probability, in 256ths.
    Share(u8, Vec<u8>),
    /// Every so many, from that one on.
    Each(u8, u8),
    /// Everything from this side: that of the first packet or the other.
    Side(bool),
    /// Every segment without payload and flags.
    PureAcks,
}

fn damage() -> impl Strategy<Value = Damage> {
    let lost = prop_oneof![
        2 => Just(Lost::None),
        3 => prop::collection::vec(any::<Index>(), 1..4).prop_map(Lost::These),
        3 => (any::<Index>(), 1..12_u8).prop_map(|(from, count)| Lost::Burst(from, count)),
        3 => (1..200_u8, prop::collection::vec(any::<u8>(), 64))
            .prop_map(|(share, dice)| Lost::Share(share, dice)),
        2 => (2..6_u8, 0..6_u8).prop_map(|(each, first)| Lost::Each(each, first)),
        2 => any::<bool>().prop_map(Lost::Side),
        2 => Just(Lost::PureAcks),
    ];
    let again = (any::<Index>(), 0..2_000_u16);
    let version = (any::<Index>(), any::<Index>(), 1..=255_u8, any::<bool>());
    let rarely = |most: usize| prop_oneof![3 => Just(0..1), 1 => Just(1..most)];
    (
        any::<Index>(),
        rarely(4).prop_flat_map(move |n| prop::collection::vec(again.clone(), n)),
        rarely(3).prop_flat_map(move |n| prop::collection::vec(version.clone(), n)),
        lost,
        prop_oneof![
            2 => Just((0, 0)),
            1 => (0..6_u8, 0..6_u8),
            1 => (0..14_u8, 0..14_u8),
        ],
        prop_oneof![3 => Just(None), 1 => (14..200_u16).prop_map(Some)],
        prop_oneof![2 => Just(vec![0]), 1 => prop::collection::vec(0..8_u8, 8..16)],
        rarely(4).prop_flat_map(|n| prop::collection::vec(any::<Index>(), n)),
    )
        .prop_map(|(sample, again, versions, lost, ends, snap, late, twice)| Damage {
            sample,
            again,
            versions,
            lost,
            ends,
            snap,
            late,
            twice,
        })
}

impl Damage {
    pub(crate) fn sample(&self) -> &'static Sample {
        &SAMPLES[self.sample.index(SAMPLES.len())]
    }

    /// The capture that is left.
    fn apply(&self) -> Vec<u8> {
        capture_of(&self.packets())
    }

    /// Its packets.
    pub(crate) fn packets(&self) -> Vec<Raw> {
        let original = &self.sample().segments;
        let mut segments: Vec<(usize, Seg)> = original.iter().cloned().enumerate().collect();
        for (which, delay) in &self.again {
            segments.extend(retransmitted(original, which.index(original.len()), *delay));
        }
        segments.sort_by_key(|(_, segment)| segment.time);
        segments.retain(|(place, segment)| !self.has_lost(*place, segment, original));
        let keep = segments.len().saturating_sub(usize::from(self.ends.1));
        segments.truncate(keep);
        segments.drain(..usize::from(self.ends.0).min(segments.len()));
        if segments.is_empty() {
            return Vec::new();
        }
        for which in &self.twice {
            let place = which.index(segments.len());
            segments.insert(place, segments[place].clone());
        }
        for (which, byte, by, first) in &self.versions {
            let place = which.index(segments.len());
            let mut other = segments[place].clone();
            // What the snap length cut off cannot be compared.
            let seen = self.snap.map_or(usize::MAX, |snap| usize::from(snap).saturating_sub(60));
            let len = other.1.payload.len().min(seen);
            if len > 1 {
                other.1.payload[byte.index(len)] ^= by;
                segments.insert(if *first { place } else { place + 1 }, other);
            }
        }
        let mut places: Vec<(usize, i64, Seg)> = segments
            .into_iter()
            .enumerate()
            .map(|(place, (number, segment))| {
                let late = place + usize::from(self.late[place % self.late.len()]);
                // What is sent again is captured behind the original.
                let again = segment.time - original[number].time;
                (late + if again > 0 { self.late.len() } else { 0 }, again, segment)
            })
            .collect();
        places.sort_by_key(|(place, again, _)| (*place, *again));
        places.iter().map(|(.., segment)| self.captured(segment)).collect()
    }

    fn has_lost(&self, place: usize, segment: &Seg, all: &[Seg]) -> bool {
        match &self.lost {
            Lost::None => false,
            Lost::These(these) => these.iter().any(|lost| lost.index(all.len()) == place),
            Lost::Burst(from, count) => {
                let from = from.index(all.len());
                (from..from + usize::from(*count)).contains(&place)
            }
            Lost::Share(share, dice) => dice[place % dice.len()] < *share,
            Lost::Each(each, first) => place % usize::from(*each) == usize::from(*first),
            Lost::Side(first) => (segment.from == all[0].from) == *first,
            Lost::PureAcks => segment.payload.is_empty() && segment.flags == TcpFlags::ACK.0,
        }
    }

    fn captured(&self, segment: &Seg) -> Raw {
        let mut packet = raw_packet(segment);
        if let Some(snap) = self.snap {
            packet.data.truncate(usize::from(snap));
        }
        packet
    }

    /// What the report claims that the whole does not support.
    fn claims(&self) -> Vec<String> {
        unsupported(&self.sample().analyse(&self.apply()), &self.sample().whole)
    }
}

/// The segment at `place` once more: later, and with what its sender acknowledges by then.
fn retransmitted(all: &[Seg], place: usize, delay: u16) -> Option<(usize, Seg)> {
    let segment = &all[place];
    let time = segment.time + i64::from(delay) * 1_000_000;
    let same = |s: &Seg| (s.from, s.to) == (segment.from, segment.to);
    let before = |s: &&Seg| same(s) && s.time <= time && s.flags & 0x04 == 0;
    let latest = all.iter().rfind(before)?;
    let again = Seg { time, ack: latest.ack, ..segment.clone() };
    (!segment.payload.is_empty() && segment.flags & 0x02 == 0).then_some((place, again))
}

/// A case, out of nothing but its number.
pub(crate) fn case(number: usize) -> impl ValueTree<Value = Damage> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    damage().new_tree(&mut runner).expect("every damage is possible")
}

/// The least damage that still brings a claim.
fn least(mut tree: impl ValueTree<Value = Damage>) -> Damage {
    let mut least = tree.current();
    for _ in 0..400 {
        let wrong = !tree.current().claims().is_empty();
        if wrong {
            least = tree.current();
        }
        if !(if wrong { tree.simplify() } else { tree.complicate() }) {
            break;
        }
    }
    least
}

/// `WSBLAME_CASES` cases, from number `WSBLAME_SEED` on.
#[test]
fn no_damage_to_a_capture_brings_a_claim_that_the_whole_does_not_support() {
    let given = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (cases, first) =
        (given("WSBLAME_CASES").unwrap_or(10_000), given("WSBLAME_SEED").unwrap_or(0));
    let wrong = everywhere(cases, |number| {
        let seed = first + number;
        let tree = case(seed);
        if tree.current().claims().is_empty() {
            return Vec::new();
        }
        let damage = least(tree);
        let name = &damage.sample().name;
        let claims = damage.claims().join("; ");
        vec![format!("WSBLAME_SEED={seed}: {name}: {claims}\n    {damage:?}")]
    });
    assert_none(&wrong);
}
