//! The promise where room is short: what a bound makes the tool forget, it accuses nobody of.
//!
//! Several damaged captures of [`loss`](crate::loss) are one, at the same time, and there is room for a
//! few connections only, for a few packets of each, or for no connection that is over. What is said of
//! them then is compared with what is said of the sound captures where there is room.

use proptest::strategy::ValueTree;
use wsblame::pipeline::Limits;
use wsblame::report::{ConnectionReport, Report};

use crate::generate::Chance;
use crate::loss::{Damage, case, unsupported};
use crate::support::{Raw, analyse_within, capture_of, everywhere, keys_of_samples, raw_packet};

/// Bounds, each of which is reached by a few connections.
const BOUNDS: &[(&str, fn(&mut Limits))] = &[
    ("crowd", |limits| limits.crowd = 0),
    ("followed", |limits| limits.followed = 2),
    ("flows", |limits| limits.flows = 3),
    ("linger", |limits| limits.linger = 0),
    ("lingering", |limits| limits.lingering = 0),
    ("waiting", |limits| limits.waiting = 2_000),
    ("search", |limits| limits.searching = 300),
    ("keys", |limits| limits.undecrypted_in_all = 2_000),
    ("windows", |limits| limits.windows = 1),
];

/// Several connections at the same time, and the bounds that hold for them.
#[derive(Clone)]
struct Case {
    parts: Vec<Damage>,
    /// Nanoseconds from the start of one to the start of the next.
    apart: i64,
    bounds: Vec<usize>,
}

impl Case {
    /// A case, out of nothing but its number.
    fn new(number: usize) -> Case {
        let mut chance = Chance(number as u64);
        chance.next();
        let parts = 1 + chance.below(8);
        let apart = [0, 1_000_000, 20_000_000, 3_000_000_000][chance.below(4)];
        let mut bounds: Vec<usize> =
            (0..1 + chance.below(3)).map(|_| chance.below(BOUNDS.len())).collect();
        if chance.one_in(8) {
            bounds = (0..BOUNDS.len()).collect();
        }
        let parts = (0..parts).map(|_| case(chance.below(1 << 40)).current());
        let mut case = Case { parts: parts.collect(), apart, bounds };
        // Without keys other things are told; and what is judged at once is judged by the version of
        // a packet that came first.
        // And who used a key a second time depends on which of two copies was captured.
        case.parts
            .retain(|part| part.sample().keys && part.sample().name != "handshake-key-reused");
        case.parts.iter_mut().for_each(|part| part.versions.clear());
        case
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        self.bounds.iter().for_each(|bound| BOUNDS[*bound].1(&mut limits));
        limits
    }

    /// The packets of all of them, in the order in which they were captured: each with addresses of
    /// its own.
    fn capture(&self, packets: impl Fn(&Damage) -> Vec<Raw>) -> Vec<u8> {
        let mut all: Vec<(i64, Raw)> = Vec::new();
        for (place, part) in (0_u8..).zip(&self.parts) {
            let first = part.sample().segments.iter().map(|s| s.time).min().unwrap_or(0);
            let shift = 1_000_000_000_000 + i64::from(place) * self.apart - first;
            let mut captured = i64::MIN;
            for mut packet in packets(part) {
                packet.time += shift;
                captured = captured.max(packet.time);
                readdress(&mut packet.data, place);
                all.push((captured, packet));
            }
        }
        all.sort_by_key(|(captured, _)| *captured);
        let packets: Vec<Raw> = all.into_iter().map(|(_, packet)| packet).collect();
        capture_of(&packets)
    }

    /// What is claimed of what is left that all of it, with room for it, does not support.
    fn claims(&self) -> Vec<String> {
        let keys = keys_of_samples;
        let part = analyse_within(self.limits(), keys(), &self.capture(Damage::packets));
        let sound = |part: &Damage| part.sample().segments.iter().map(raw_packet).collect();
        let whole = analyse_within(Limits::default(), keys(), &self.capture(sound));
        // What was forgotten may be listed once more where it goes on: then that is of it too.
        let alone = |connection: &ConnectionReport| Report {
            connections: vec![connection.clone()],
            ..part.clone()
        };
        let all = part.connections.iter();
        all.flat_map(|connection| unsupported(&alone(connection), &whole)).collect()
    }

    /// The least of it of which something is still claimed.
    fn least(self) -> Case {
        let mut least = self;
        'again: loop {
            let without_part = (0..least.parts.len()).map(|at| {
                let mut case = least.clone();
                case.parts.remove(at);
                case
            });
            let without_bound = (0..least.bounds.len()).map(|at| {
                let mut case = least.clone();
                case.bounds.remove(at);
                case
            });
            for case in without_part.chain(without_bound) {
                if !case.claims().is_empty() {
                    least = case;
                    continue 'again;
                }
            }
            return least;
        }
    }
}

/// Puts the `place`th number at the start of both addresses of a datagram, as far as it was captured.
fn readdress(datagram: &mut [u8], place: u8) {
    let starts = match datagram.first().map(|first| first >> 4) {
        Some(4) => [12, 16],
        _ => [8, 24],
    };
    for start in starts {
        if let Some(first) = datagram.get_mut(start) {
            *first = 11 + place;
        }
    }
}

/// `WSBLAME_CASES` cases, from number `WSBLAME_SEED` on.
#[test]
fn what_a_bound_makes_the_tool_forget_it_accuses_nobody_of() {
    let given = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (cases, first) =
        (given("WSBLAME_CASES").unwrap_or(600), given("WSBLAME_SEED").unwrap_or(0));
    let wrong = everywhere(cases, |number| {
        let seed = first + number;
        let case = Case::new(seed);
        if case.claims().is_empty() {
            return Vec::new();
        }
        let least = case.least();
        let bounds: Vec<&str> = least.bounds.iter().map(|bound| BOUNDS[*bound].0).collect();
        let parts: Vec<String> = least
            .parts
            .iter()
            .map(|part| format!("\n    {}: {part:?}", part.sample().name))
            .collect();
        let claims = least.claims().join("; ");
        vec![format!(
            "WSBLAME_SEED={seed}: {claims}\n    {bounds:?} {}{}",
            least.apart,
            parts.concat()
        )]
    });
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}
