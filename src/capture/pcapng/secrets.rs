//! Secrets that somebody put into the capture.
//!
//! In: a decryption secrets block, whole. Out: the key log in it, for whoever asked for such; of
//! secrets of other protocols only how many there are. What a key log says is for others to read.
//! Nothing is copied here, and nothing kept.

use super::super::facts::SecretsFacts;
use super::super::order::ByteOrder;

/// Text of the capture that may hold lines of a key log. It cannot be printed.
pub enum Disclosed<'b> {
    /// A key log.
    KeyLog(&'b [u8]),
    /// A comment on a section: mostly just prose.
    Comment(&'b [u8]),
}

/// A block's type, its length, and the type and the length of the secrets.
const FIXED: usize = 16;

/// A key log of TLS: "TLSK".
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Hands on what a decryption secrets block holds.
pub(super) fn disclose(
    order: ByteOrder,
    offset: u64,
    block: &[u8],
    facts: &mut SecretsFacts,
    take: &mut dyn FnMut(Disclosed<'_>),
) {
    let body = block.get(..block.len().saturating_sub(4)).unwrap_or_default();
    let head = body.get(FIXED..).zip(order.u32_at(body, 8)).zip(order.u32_at(body, 12));
    let Some(((there, kind), declared)) = head else {
        return facts.note_unread(offset, "it ends before its secrets".to_owned());
    };
    if kind != TLS_KEY_LOG {
        facts.others += 1;
        return;
    }
    facts.key_logs += 1;
    let held = usize::try_from(declared).ok().and_then(|len| there.get(..len));
    if held.is_none() {
        let reason = format!("it says that it has {declared} bytes, and has {}", there.len());
        facts.note_unread(offset, reason);
    }
    take(Disclosed::KeyLog(held.unwrap_or(there)));
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::super::super::craft::{block, enhanced, interface, n32, options, section};
    use super::super::super::facts::{CaptureFacts, Ending};
    use super::*;
    use crate::capture::Reader;
    use ByteOrder::{Big, Little};

    /// A decryption secrets block with a key log.
    fn key_log(order: ByteOrder, text: &str) -> Vec<u8> {
        block(order, 0x0a, &body(order, TLS_KEY_LOG, text.len(), text))
    }

    fn body(order: ByteOrder, kind: u32, len: usize, text: &str) -> Vec<u8> {
        let len = u32::try_from(len).expect("tests are small");
        let mut body = [&n32(order, kind)[..], &n32(order, len), text.as_bytes()].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        body
    }

    /// What is handed out of a capture, in order: packets as they are, secrets with a mark.
    fn read(bytes: &[u8]) -> (Vec<String>, CaptureFacts) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut reader = Reader::new(bytes, "t.pcapng").expect("a section header");
        let mut seen = Vec::new();
        loop {
            let mut disclosed = Vec::new();
            let next = reader.next_disclosing(&mut |text_of| {
                disclosed.push(match text_of {
                    Disclosed::KeyLog(log) => format!("key log: {}", text(log)),
                    Disclosed::Comment(comment) => format!("comment: {}", text(comment)),
                });
            });
            seen.append(&mut disclosed);
            match next.expect("a slice never fails") {
                Some(packet) => seen.push(text(packet.data)),
                None => return (seen, reader.facts().clone()),
            }
        }
    }

    #[test]
    fn secrets_are_handed_out_wherever_they_stand_and_in_front_of_what_follows() {
        for order in [Little, Big] {
            let (seen, facts) = read(
                &[
                    section(order, &options(order, &[(1, b"one"), (3, b"Linux"), (1, b"two")])),
                    key_log(order, "A\n"), // in front of every interface
                    interface(order, 1, 0, &[]),
                    enhanced(order, 0, 1, b"first", 5, &[]),
                    key_log(order, "B of three"),
                    key_log(order, ""),
                    enhanced(order, 0, 1, b"second", 6, &[]),
                    key_log(order, "C"), // behind the last packet
                ]
                .concat(),
            );
            assert_eq!(
                seen,
                [
                    "comment: one",
                    "comment: two",
                    "key log: A\n",
                    "first",
                    "key log: B of three",
                    "key log: ",
                    "second",
                    "key log: C"
                ]
            );
            let secrets = SecretsFacts { key_logs: 4, ..SecretsFacts::default() };
            assert_eq!((facts.secrets, facts.comments), (secrets, 2));
            assert_eq!(facts.ending, Ending::Complete);
        }
    }

    #[test]
    fn a_section_of_the_other_byte_order_may_have_secrets_of_its_own() {
        let (seen, _) = read(
            &[
                section(Little, &[]),
                key_log(Little, "little"),
                section(Big, &[]),
                key_log(Big, "big"),
            ]
            .concat(),
        );
        assert_eq!(seen, ["key log: little", "key log: big"]);
    }

    #[test]
    fn secrets_of_other_protocols_are_counted_and_not_handed_out() {
        let wireguard = body(Little, 0x5747_4b4c, 6, "secret");
        let ssh = body(Little, 0x5353_484b, 6, "secret");
        let blocks = [
            section(Little, &[]),
            block(Little, 0x0a, &wireguard),
            block(Little, 0x0a, &ssh),
            key_log(Little, "mine"),
        ];
        let (seen, facts) = read(&blocks.concat());
        assert_eq!((seen, facts.secrets.others), (vec!["key log: mine".to_owned()], 2));
    }

    #[test]
    fn a_length_that_lies_is_noted_and_what_is_there_is_handed_out() {
        for (len, seen) in
            [(4, "key log: abcd"), (8, "key log: abcdefgh"), (9, "key log: abcdefgh")]
        {
            let bytes =
                [section(Big, &[]), block(Big, 0x0a, &body(Big, TLS_KEY_LOG, len, "abcdefgh"))];
            let (found, facts) = read(&bytes.concat());
            assert_eq!(found, [seen]);
            let unread = facts.secrets.first_unread;
            match len {
                9 => {
                    let reason = "it says that it has 9 bytes, and has 8".to_owned();
                    assert_eq!(unread, Some((28, reason)));
                }
                _ => assert_eq!(unread, None),
            }
        }
        let short = [section(Big, &[]), block(Big, 0x0a, &n32(Big, TLS_KEY_LOG))];
        let (found, facts) = read(&short.concat());
        assert_eq!((found.len(), facts.secrets.unread), (0, 1));
        assert_eq!(facts.ending, Ending::Complete, "the blocks behind are not lost");
    }

    #[test]
    fn secrets_too_large_to_be_held_are_noted() {
        let text = "x".repeat(super::super::LARGEST_BLOCK);
        let bytes = [section(Little, &[]), key_log(Little, &text), key_log(Little, "next")];
        let (seen, facts) = read(&bytes.concat());
        assert_eq!(seen, ["key log: next"]);
        assert_eq!((facts.secrets.key_logs, facts.secrets.unread), (1, 1));
    }

    #[test]
    fn a_cut_block_of_secrets_ends_the_capture_like_any_other() {
        let bytes = [section(Little, &[]), key_log(Little, "first"), key_log(Little, "cut")];
        let mut bytes = bytes.concat();
        bytes.truncate(bytes.len() - 5);
        let (seen, facts) = read(&bytes);
        assert_eq!(seen, ["key log: first"]);
        assert!(matches!(facts.ending, Ending::CutMidRecord { .. }), "{:?}", facts.ending);
    }

    proptest! {
        #[test]
        fn damage_in_a_block_of_secrets_neither_panics_nor_hides_the_packets_behind_it(
            // But for its length: what is a little more may be options.
            at in prop_oneof![0_usize..4, 6_usize..52],
            byte in any::<u8>(),
        ) {
            let damaged = {
                let mut block = key_log(Little, "CLIENT_RANDOM some and more");
                let place = at % block.len();
                if let Some(hit) = block.get_mut(place) {
                    *hit = byte;
                }
                block
            };
            let good = |text: &[u8]| enhanced(Little, 0, 1, text, 4, &[]);
            let (seen, _) = read(
                &[
                    section(Little, &[]),
                    interface(Little, 1, 0, &[]),
                    good(b"one."),
                    damaged,
                    good(b"two."),
                    good(b"tri."),
                ]
                .concat(),
            );
            let packets: Vec<&str> =
                seen.iter().filter(|seen| seen.len() == 4).map(String::as_str).collect();
            prop_assert_eq!(packets, ["one.", "two.", "tri."]);
        }
    }
}
