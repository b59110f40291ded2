//! The laws of inflating.

use flate2::{Compress, Compression, FlushCompress};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A sender's compressor.
struct Sender {
    zlib: Compress,
    takes_over: bool,
}

impl Sender {
    fn new(level: u32, window_bits: u8, takes_over: bool) -> Sender {
        let level = Compression::new(level);
        Sender { zlib: Compress::new_with_window_bits(level, false, window_bits), takes_over }
    }

    fn flushed(&mut self, content: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::with_capacity(content.len() + 1_024);
        let before = self.zlib.total_in();
        loop {
            let taken = usize::try_from(self.zlib.total_in() - before).expect("small");
            out.reserve(1_024);
            self.zlib.compress_vec(&content[taken..], &mut out, flush).expect("compresses");
            let all = self.zlib.total_in() - before == content.len() as u64;
            if all && out.len() < out.capacity() {
                return out;
            }
        }
    }

    /// The payload of a message (RFC 7692 §7.2.1).
    fn message(&mut self, content: &[u8]) -> Vec<u8> {
        let mut out = self.flushed(content, FlushCompress::Sync);
        if out.is_empty() {
            return vec![0x00]; // zlib has nothing to flush (RFC 7692 §7.2.3.6)
        }
        assert!(out.ends_with(&TAIL));
        out.truncate(out.len() - TAIL.len());
        if !self.takes_over {
            self.zlib.reset();
        }
        out
    }
}

/// What a message comes to whose payload arrives in these pieces.
fn inflate<'a>(
    inflater: &mut Inflater,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Inflated) {
    let mut content = Vec::new();
    inflater.begin(false);
    for piece in pieces {
        inflater.push(piece, |out| content.extend_from_slice(out));
    }
    let inflated = inflater.finish();
    (content, inflated)
}

fn whole(inflater: &mut Inflater, payload: &[u8]) -> (Vec<u8>, Inflated) {
    inflate(inflater, [payload])
}

fn inflater(window_bits: u8, context_takeover: bool) -> Inflater {
    Inflater::new(Compressor { window_bits, context_takeover }, InflateLimits::default())
}

fn fault(inflated: &Inflated) -> Option<Reason> {
    inflated.fault.map(|fault| fault.reason)
}

/// Text in which much is said again.
fn contents() -> impl Strategy<Value = Vec<u8>> {
    let word = select(vec!["tick", "price", "{\"id\":", "Tiếng Việt ", "0.00017", "\n"]);
    prop_oneof![
        4 => vec(word, 0..60).prop_map(|words| words.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..300),
        1 => (any::<u8>(), 0..40_000_usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_compressed_comes_out_however_it_is_cut(
        messages in vec(contents(), 1..8),
        level in 0..=9_u32,
        window_bits in 9..=15_u8,
        takes_over in any::<bool>(),
        piece in 1..200_usize,
        keeps_tail in any::<bool>(),
    ) {
        let mut sender = Sender::new(level, window_bits, takes_over);
        let mut receiver = inflater(window_bits, takes_over);
        for content in &messages {
            let mut payload = sender.message(content);
            if keeps_tail {
                payload.extend(TAIL);
            }
            let (out, inflated) = inflate(&mut receiver, payload.chunks(piece));
            prop_assert_eq!(&out, content);
            let len = content.len() as u64;
            let before = inflated.before;
            let clean = Inflated {
                len, before, certain: true, complete: true, has_tail: keeps_tail, ..Inflated::default()
            };
            prop_assert_eq!(inflated, clean);
        }
    }

    #[test]
    fn damage_is_told_alike_however_it_is_cut(
        messages in vec(contents(), 1..4),
        hits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        window_bits in 9..=15_u8,
        takes_over in any::<bool>(),
        piece in 1..50_usize,
    ) {
        let mut sender = Sender::new(6, window_bits, takes_over);
        let mut one = inflater(window_bits, takes_over);
        let mut other = inflater(window_bits, takes_over);
        for content in &messages {
            let mut payload = sender.message(content);
            for (at, byte) in &hits {
                let at = at.index(payload.len());
                payload[at] = *byte;
            }
            prop_assert_eq!(whole(&mut one, &payload), inflate(&mut other, payload.chunks(piece)));
        }
    }

    #[test]
    fn a_lost_message_never_makes_a_later_one_faulty(
        messages in vec(contents(), 2..8),
        lost in any::<prop::sample::Index>(),
        window_bits in 9..=15_u8,
        takes_over in any::<bool>(),
    ) {
        let mut sender = Sender::new(6, window_bits, takes_over);
        let mut receiver = inflater(window_bits, takes_over);
        let lost = lost.index(messages.len());
        for (index, content) in messages.iter().enumerate() {
            let payload = sender.message(content);
            if index == lost {
                receiver.begin(false);
                receiver.push(&payload[..payload.len() / 3], |_| ());
                receiver.lose();
                receiver.push(&payload[payload.len() / 2..], |_| ());
                let inflated = receiver.finish();
                prop_assert!(!inflated.certain && inflated.fault.is_none());
                continue;
            }
            let (out, inflated) = whole(&mut receiver, &payload);
            prop_assert_eq!(inflated.fault, None);
            prop_assert_eq!(inflated.far, None);
            // Sizes are right even where the content is not known.
            prop_assert_eq!(inflated.len, content.len() as u64);
            prop_assert_eq!(inflated.certain, index < lost || !takes_over);
            if inflated.certain {
                prop_assert_eq!(&out, content);
            }
        }
    }

    #[test]
    fn any_bytes_end_in_bounded_output(payload in vec(any::<u8>(), 0..2_000)) {
        let limits = InflateLimits { message: 100_000, ratio: 10 };
        let mut receiver = Inflater::new(Compressor::default(), limits);
        let (out, inflated) = whole(&mut receiver, &payload);
        prop_assert_eq!(out.len() as u64, inflated.len);
        prop_assert!(out.len() < 100_000 + 1_032 * 4_096);
    }
}

#[test]
fn the_examples_of_the_rfc_inflate() {
    // RFC 7692 §7.2.3.1 to §7.2.3.5: one message with a fixed block, with context taken over,
    // stored, with BFINAL, and in two blocks.
    let hello = b"Hello".to_vec();
    let examples: [&[u8]; 5] = [
        &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
        &[0xF2, 0x00, 0x11, 0x00, 0x00],
        &[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
        &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
        &[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
    ];
    let mut receiver = inflater(15, true);
    for example in examples {
        let (out, inflated) = whole(&mut receiver, example);
        assert_eq!(out, hello, "{example:02X?}");
        assert!(inflated.complete && inflated.certain && inflated.fault.is_none());
    }
}

#[test]
fn a_message_of_no_bytes_is_one_zero_or_nothing() {
    let mut receiver = inflater(15, true);
    for payload in [&[0x00][..], &[], &[0x02, 0x00]] {
        let (out, inflated) = whole(&mut receiver, payload);
        assert!(out.is_empty() && inflated.complete, "{payload:02X?}: {inflated:?}");
    }
    assert_eq!(whole(&mut receiver, &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).0, b"Hello");
}

#[test]
fn a_final_block_at_the_end_needs_no_tail() {
    let mut receiver = inflater(15, true);
    for _ in 0..3 {
        let mut sender = Sender::new(6, 15, true);
        let payload = sender.flushed(b"the end of the stream", FlushCompress::Finish);
        let (out, inflated) = whole(&mut receiver, &payload);
        assert_eq!(out, b"the end of the stream");
        assert!(inflated.complete && inflated.fault.is_none(), "{inflated:?}");
    }
}

#[test]
fn behind_a_final_block_a_far_reference_is_held_against_nobody() {
    // The sender keeps its window over the end of the stream, as RFC 7692 §7.2.3.4 lets it.
    let mut receiver = inflater(15, true);
    whole(&mut receiver, &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]);
    let (_, inflated) = whole(&mut receiver, &[0xF2, 0x00, 0x11, 0x00, 0x00]);
    assert_eq!((inflated.fault, inflated.certain), (None, false));
}

#[test]
fn a_distance_is_not_told_of_a_message_that_is_not_certain() {
    // A final block, and behind it a reference into what may have been before.
    let payload = [0x03, 0x00, 0x82, 0x86, 0x86];
    let (_, inflated) = whole(&mut inflater(8, true), &payload);
    assert_eq!((inflated.certain, inflated.far), (false, None));
}

#[test]
fn a_context_taken_over_against_the_agreement_is_recognised() {
    let mut sender = Sender::new(6, 15, true);
    let mut receiver = inflater(15, false);
    let content = b"the same words again and again, the same words";
    assert_eq!(whole(&mut receiver, &sender.message(content)).0, content);
    let (_, inflated) = whole(&mut receiver, &sender.message(content));
    assert_eq!(fault(&inflated), Some(Reason::TakenOver));
    // Told once: from here on it is known to take over.
    let (_, inflated) = whole(&mut receiver, &sender.message(content));
    assert_eq!((inflated.fault, inflated.certain), (None, false));
    assert_eq!(inflated.len, content.len() as u64);
}

#[test]
fn text_that_was_only_marked_is_not_taken_for_a_context_taken_over() {
    let mut content = Vec::new();
    for seed in 0..4_000_u32 {
        content.extend(seed.wrapping_mul(2_654_435_761).to_string().into_bytes());
    }
    let texts = ["{\"type\":\"hello\"}", "[1,2,3]", "plain text, sent as it is", "{\"a\":17}"];
    for text in texts {
        let mut receiver = inflater(15, false);
        whole(&mut receiver, &Sender::new(6, 15, false).message(&content));
        receiver.begin(true);
        receiver.push(text.as_bytes(), |_| ());
        let inflated = receiver.finish();
        assert!(inflated.fault.is_some(), "{text}");
        assert_ne!(fault(&inflated), Some(Reason::TakenOver), "{text}");
    }
}

#[test]
fn data_of_a_last_block_that_look_like_a_tail_are_none() {
    let payload = [0x01, 0x04, 0x00, 0xFB, 0xFF, 0x00, 0x00, 0xFF, 0xFF];
    let (out, inflated) = whole(&mut inflater(15, true), &payload);
    assert_eq!((out.as_slice(), inflated.has_tail), (&payload[5..], false));
}

#[test]
fn a_reference_into_what_was_never_sent_is_too_far() {
    let mut sender = Sender::new(6, 15, true);
    let content = b"the same words again and again, the same words";
    sender.message(content); // compressed and not sent
    let (_, inflated) = whole(&mut inflater(15, true), &sender.message(content));
    assert_eq!(fault(&inflated), Some(Reason::TooFarBack));
}

#[test]
fn a_distance_beyond_the_window_is_measured() {
    let mut content: Vec<u8> = (0..2_000_u32).flat_map(|i| (i * i * 31).to_le_bytes()).collect();
    content.extend_from_within(..100);
    let payload = Sender::new(6, 15, true).message(&content);
    for chunk in [1, 7, payload.len()] {
        let mut receiver = inflater(10, true);
        let (out, inflated) = inflate(&mut receiver, payload.chunks(chunk));
        assert_eq!(out, content);
        let far = inflated.far.expect("beyond 1,024 bytes");
        assert!(far.distance > 1_024 && far.at < 8_100, "{far:?}");
    }
    assert_eq!(whole(&mut inflater(13, true), &payload).1.far, None);
}

#[test]
fn a_message_that_ends_inside_a_block_shows_at_once_or_with_the_next() {
    let content = b"words that make a block of some length, and some more of them";
    for level in [0, 1, 6] {
        let payload = Sender::new(level, 15, true).message(content);
        for end in 2..payload.len() - 1 {
            let mut receiver = inflater(15, true);
            let (_, inflated) = whole(&mut receiver, &payload[..end]);
            // Inside a table of codes nothing comes out that would show where it ends.
            let (_, next) = whole(&mut receiver, &payload);
            let told = fault(&inflated).or(fault(&next));
            assert!(told.is_some(), "level {level}, cut at {end}: {inflated:?}");
            assert!(inflated.fault.is_none() || !next.certain);
        }
    }
}

#[test]
fn a_bomb_is_given_up_and_harms_nothing_else() {
    let mut sender = Sender::new(9, 15, true);
    let limits = InflateLimits { message: 2 << 20, ratio: 1_000_000 };
    let mut receiver = Inflater::new(Compressor::default(), limits);
    let payload = sender.message(&vec![0; 64 << 20]);
    let (out, inflated) = whole(&mut receiver, &payload);
    assert!(inflated.stopped && !inflated.complete && inflated.fault.is_none());
    assert!(out.len() < 7 << 20, "{}", out.len());
    let (_, inflated) = whole(&mut receiver, &sender.message(b"and then?"));
    assert_eq!((inflated.len, inflated.certain, inflated.fault), (9, false, None));
}
