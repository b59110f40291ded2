//! Laws over conversations of every kind.

use proptest::prelude::*;

use super::listener::{Heard, cut};
use super::talk::{Act, Client, EarlyData, Opening, Server, Talk};
use crate::endpoint::{PerSide, Side};
use crate::tls::suite::MacOrder;
use crate::tls::{Keyring, Version};

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Client), Just(Server)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (side(), 0_usize..400).prop_map(|(side, len)| Act::Data(side, len)),
        1 => (side(), 2_000_usize..16_000).prop_map(|(side, len)| Act::Data(side, len)),
        1 => (side(), 0_usize..50, 0_usize..90).prop_map(|(side, a, b)| Act::Padded(side, a, b)),
        1 => side().prop_map(Act::KeyUpdate),
        1 => Just(Act::Ticket),
        1 => Just(Act::Renegotiate),
    ]
}

/// What a conversation is made of.
#[derive(Clone, Debug)]
enum Kind {
    Tls13(Opening),
    Before(Version, u16, MacOrder),
}

fn kind() -> impl Strategy<Value = Kind> {
    let early = prop_oneof![
        3 => Just((EarlyData::None, false)),
        1 => Just((EarlyData::None, true)),
        2 => Just((EarlyData::Accepted, false)),
        1 => Just((EarlyData::Rejected, false)),
        1 => Just((EarlyData::Rejected, true)),
    ];
    let tls_1_3 = (0x1301_u16..=0x1305, early)
        .prop_map(|(suite, (early_data, retry))| Kind::Tls13(Opening { suite, early_data, retry }));
    let aead = prop_oneof![Just(0xC02F), Just(0xC030), Just(0xC09C), Just(0xC0A0), Just(0xCCA8)]
        .prop_map(|suite| Kind::Before(Version::TLS_1_2, suite, MacOrder::MacThenEncrypt));
    let version =
        prop_oneof![Just(Version::TLS_1_0), Just(Version::TLS_1_1), Just(Version::TLS_1_2)];
    let order = prop_oneof![Just(MacOrder::MacThenEncrypt), Just(MacOrder::EncryptThenMac)];
    let cbc = (version, prop_oneof![Just(0x002F_u16), Just(0x0035), Just(0x0002)], order)
        .prop_map(|(version, suite, order)| Kind::Before(version, suite, order));
    prop_oneof![3 => tls_1_3, 2 => aead, 2 => cbc]
}

fn talk() -> impl Strategy<Value = Talk> {
    (kind(), prop::collection::vec(act(), 0..24)).prop_map(|(kind, acts)| match kind {
        Kind::Tls13(opening) => Talk::tls_1_3(opening, &acts),
        Kind::Before(version, suite, order) => Talk::before(version, suite, order, &acts),
    })
}

/// Lengths of events: those of segments, and some that cut everything to pieces.
fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(1_usize..40, 1..8),
        prop::collection::vec(1_usize..1_461, 1..8),
        Just(vec![1_460]),
    ]
}

fn turns() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 1..20)
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = self.lines.iter().map(|line| (line.side, line.range, line.data.len()));
        f.debug_list().entries(lines).finish()
    }
}

/// How many conversations are tried: a few, or as many as `WSBLAME_CASES` says.
fn cases() -> u32 {
    std::env::var("WSBLAME_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn however_it_is_cut_and_ordered_all_is_read(
        talk in talk(),
        lengths in lengths(),
        turns in turns(),
    ) {
        let pieces = PerSide::from_fn(|side| cut(&talk.stream(side), &lengths, |_| false));
        let heard = Heard::of(pieces, &turns, &talk.keys);
        heard.is_true_to(&talk);
        for side in Side::BOTH {
            prop_assert_eq!(heard.holes(side), vec![]);
            prop_assert_eq!(heard.session.facts().sides[side].refused, 0);
        }
    }

    #[test]
    fn whatever_is_lost_nothing_wrong_is_read(
        talk in talk(),
        lengths in lengths(),
        turns in turns(),
        lost in prop::collection::vec(0_usize..200, 0..6),
        client in any::<bool>(),
    ) {
        let pieces = PerSide::from_fn(|side| {
            let is_lost = |at: usize| lost.contains(&at) && client == (side == Client);
            cut(&talk.stream(side), &lengths, is_lost)
        });
        let heard = Heard::of(pieces, &turns, &talk.keys);
        heard.is_true_to(&talk);
        for side in Side::BOTH {
            prop_assert_eq!(heard.session.facts().sides[side].refused, 0, "{}", side);
        }
    }

    #[test]
    fn whatever_is_lost_of_both_nothing_wrong_is_read(
        talk in talk(),
        lengths in lengths(),
        turns in turns(),
        lost in prop::collection::vec(any::<bool>(), 8..40),
    ) {
        let pieces = PerSide::from_fn(|side| {
            cut(&talk.stream(side), &lengths, |at| lost[(at + side as usize * 3) % lost.len()])
        });
        let heard = Heard::of(pieces, &turns, &talk.keys);
        heard.is_true_to(&talk);
        for side in Side::BOTH {
            prop_assert_eq!(heard.session.facts().sides[side].refused, 0, "{}", side);
        }
    }

    #[test]
    fn without_keys_a_known_length_is_right(
        talk in talk(),
        lengths in lengths(),
        turns in turns(),
        lost in prop::collection::vec(0_usize..200, 0..6),
    ) {
        let pieces =
            PerSide::from_fn(|side| cut(&talk.stream(side), &lengths, |at| lost.contains(&at)));
        Heard::of(pieces, &turns, &Keyring::new(1)).is_true_to(&talk);
    }

    #[test]
    fn altered_bytes_are_not_read(
        talk in talk(),
        lengths in lengths(),
        turns in turns(),
        altered in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..5),
    ) {
        let pieces = PerSide::from_fn(|side| {
            let mut stream = talk.stream(side);
            for (at, with) in &altered {
                let at = at.index(stream.len());
                stream[at] ^= with;
            }
            cut(&stream, &lengths, |_| false)
        });
        let heard = Heard::of(pieces, &turns, &talk.keys);
        for side in Side::BOTH {
            let said = talk.data(side);
            for data in heard.data(side) {
                prop_assert!(said.contains(&data), "{}", side);
            }
        }
    }

    #[test]
    fn any_bytes_are_taken_within_the_bounds(
        bytes in prop::collection::vec(any::<u8>(), 0..6_000),
        headers in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        lengths in lengths(),
        turns in turns(),
        talk in talk(),
    ) {
        // Begins as a session, so that there are keys to be tried.
        let mut stream = talk.stream(Client);
        let start = stream.len();
        stream.extend(bytes);
        for at in headers {
            let at = at.index(stream.len()).max(start);
            for (byte, of) in stream[at.min(start)..].iter_mut().skip(at - start).zip([23, 3, 3, 0]) {
                *byte = of;
            }
        }
        let pieces = PerSide {
            client: cut(&stream, &lengths, |at| at % 13 == 12),
            server: cut(&talk.stream(Server), &lengths, |at| at % 17 == 16),
        };
        let heard = Heard::of(pieces, &turns, &talk.keys);
        prop_assert!(heard.session.held() < 512 * 1_024);
    }
}

/// A stream that looks like headers everywhere, behind a hole: what is decrypted in vain is bounded
/// by what was captured.
#[test]
fn headers_everywhere_cost_no_more_than_a_multiple_of_the_stream() {
    let acts = [Act::Data(Client, 10), Act::Data(Server, 10)];
    let talk = Talk::tls_1_3(Opening::of(0x1301), &acts);
    for len in [[0, 40], [1, 0], [0x40, 0]] {
        let mut client = talk.stream(Client);
        let end = client.len();
        client.extend([23, 3, 3, len[0], len[1]].repeat(100_000));
        let pieces = PerSide {
            client: cut(&client, &[end, 100, 1_460], |at| at == 1),
            server: cut(&talk.stream(Server), &[1_460], |_| false),
        };
        let captured: usize = client.len();
        let heard = Heard::of(pieces, &[false, false, false, true], &talk.keys);
        let spent = heard.session.vain * (u64::from(len[0]) * 256 + u64::from(len[1]) + 256);
        let allowed = super::super::CREDIT + super::super::CREDIT_PER_BYTE * captured as u64;
        assert!(spent <= allowed + 1_000_000, "{spent} of {allowed}");
        assert!(heard.session.held() < 256 * 1_024);
    }
}
