//! A boundary is found where frames prove themselves, and nowhere else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::cast_possible_truncation, reason = "a test knows its numbers")]

use proptest::prelude::*;

use super::*;
use crate::tcp::GapCause;
use crate::ws::unmask;

const LIMITS: SearchLimits = SearchLimits { window: 64 << 10, total: 256 << 10 };

/// A frame as a conforming endpoint sends it.
fn frame(first: u8, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(mask_bit | len as u8),
        len => {
            bytes.push(mask_bit | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
    }
    bytes.extend(key.into_iter().flatten());
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    if let Some(key) = key {
        unmask(&mut bytes[start..], crate::ws::MaskKey(key), 0);
    }
    bytes
}

fn masked(first: u8, key: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, Some([key, 0x5A ^ key, 0xC3, key.wrapping_mul(7)]), payload)
}

/// Pushes segments of one side; the offset of each is where the one before it ended.
fn push(search: &mut Search, side: Side, segments: &[Vec<u8>]) {
    let mut offset = 0;
    for bytes in segments {
        search.push(side, StreamEvent::Data { offset, bytes });
        offset += bytes.len() as u64;
    }
}

fn behind_a_hole(sender: Side, segments: &[Vec<u8>]) -> Option<Chain> {
    let mut search = Resumption::new(sender, LIMITS);
    let mut offset = 1_000;
    for bytes in segments {
        search.push(StreamEvent::Data { offset, bytes });
        offset += bytes.len() as u64;
    }
    search.look_now()
}

#[test]
fn a_question_and_its_answer_are_a_websocket() {
    let mut search = Search::new(LIMITS);
    let asks = masked(0x81, 0x11, br#"{"op":"subscribe","channel":"trades"}"#);
    let again = masked(0x81, 0x2C, br#"{"op":"ping"}"#);
    let tells = frame(0x81, None, br#"{"event":"subscribed","channel":"trades"}"#);
    let pong = frame(0x81, None, br#"{"op":"pong"}"#);
    push(&mut search, Side::Client, &[asks, again]);
    push(&mut search, Side::Server, &[tells, pong]);
    let found = search.look_now().unwrap();
    assert!(!found.swapped);
    assert_eq!(found.chains.client.unwrap().frames, 2);
    assert_eq!(found.chains.server.unwrap().start, 0);
}

#[test]
fn the_side_that_masks_is_the_client() {
    let mut search = Search::new(LIMITS);
    let texts = |key| masked(0x81, key, b"good morning, this is the client");
    push(&mut search, Side::Server, &[texts(1), texts(2), texts(3)]);
    push(&mut search, Side::Client, &[frame(0x81, None, b"good morning to you as well")]);
    assert!(search.look_now().unwrap().swapped);
}

#[test]
fn two_equal_closes_prove_each_other() {
    let mut search = Search::new(LIMITS);
    push(&mut search, Side::Client, &[masked(0x88, 0x77, &[0x03, 0xE8])]);
    push(&mut search, Side::Server, &[frame(0x88, None, &[0x03, 0xE8])]);
    let found = search.look_now().unwrap();
    assert_eq!(found.chains.client.unwrap().close.unwrap(), [0x03, 0xE8]);
    assert_eq!(found.chains.server.unwrap().close.unwrap(), [0x03, 0xE8]);
}

#[test]
fn a_single_small_frame_proves_nothing() {
    let mut search = Search::new(LIMITS);
    push(&mut search, Side::Client, &[masked(0x81, 0x77, b"Hello")]);
    push(&mut search, Side::Server, &[frame(0x81, None, b"Hello")]);
    assert_eq!(search.look_now(), None);
}

#[test]
fn a_list_of_names_in_a_certificate_is_no_chain_of_frames() {
    // GeneralName ::= [2] dNSName: tag 0x82, a length, and text.
    let names = ["example.com", "www.example.com", "static.example.net", "a.example", "b.example"];
    let list: Vec<u8> =
        names.iter().cycle().take(60).flat_map(|name| frame(0x82, None, name.as_bytes())).collect();
    let mut search = Search::new(LIMITS);
    push(&mut search, Side::Server, &[list[3..].to_vec()]);
    assert_eq!(search.look_now(), None);
    push(&mut search, Side::Client, &[vec![0x30; 40]]);
    assert_eq!(search.look_now(), None);
}

#[test]
fn what_breaks_the_protocol_is_not_found() {
    let text = |key| masked(0x81, key, b"a text that would prove itself");
    let faults: [Vec<u8>; 5] = [
        frame(0x81, None, b"without a mask, at this place"),
        masked(0x83, 9, b"a reserved opcode"),
        masked(0xA1, 9, b"a reserved bit"),
        masked(0x81, 9, b"not UTF-8: \xFF\xFE, as anyone can see"),
        masked(0x88, 9, &[0x03, 0xED]), // 1005, which must not be sent
    ];
    for fault in faults {
        let chain = behind_a_hole(Side::Client, &[text(1), text(2), fault.clone(), text(3)]);
        let behind = 1_000 + 2 * text(1).len() as u64 + fault.len() as u64;
        let start = chain.map(|chain| chain.start);
        assert!(start.is_none_or(|start| start == behind), "{fault:x?} {start:?} {behind}");
    }
}

#[test]
fn a_message_may_be_open_where_a_chain_begins_but_not_behind_a_whole_one() {
    let rest = masked(0x80, 9, b"the last fragment of something");
    let text = |key| masked(0x81, key, b"a text that would prove itself");
    let chain = behind_a_hole(Side::Client, &[rest.clone(), text(1), text(2)]).unwrap();
    assert_eq!(chain.start, 1_000);
    let chain = behind_a_hole(Side::Client, &[text(1), text(2), rest, text(3), text(4)]).unwrap();
    assert!(chain.start > 1_000 + text(1).len() as u64);
}

#[test]
fn frames_behind_a_close_prove_nothing() {
    let close = masked(0x88, 5, &[0x03, 0xE8]);
    let text = masked(0x81, 9, b"data behind the Close of the same side");
    let chain = behind_a_hole(Side::Client, &[close.clone(), text]);
    assert!(chain.is_none_or(|chain| chain.start >= 1_000 + close.len() as u64));
}

#[test]
fn a_hole_of_known_length_in_a_payload_does_not_break_a_chain() {
    let mut search = Resumption::new(Side::Client, LIMITS);
    let large = masked(0x82, 3, &[b'x'; 5_000]);
    let text = masked(0x81, 9, b"this one stands behind the hole");
    let close = masked(0x88, 2, &[0x03, 0xE8]);
    search.push(StreamEvent::Data { offset: 0, bytes: &large[..40] });
    let end = large.len() as u64;
    search.push(StreamEvent::Gap { range: (40..end).into(), cause: GapCause::SnapLength });
    search.push(StreamEvent::Data { offset: end, bytes: &text });
    search.push(StreamEvent::Data { offset: end + text.len() as u64, bytes: &close });
    let chain = search.look_now().unwrap();
    assert!(chain.close.is_some());
    let pieces = search.take_from(chain.start);
    assert!(pieces.len() >= 2, "what is read on from there is all that was pushed");
}

#[test]
fn what_was_left_out_between_two_events_is_a_hole_when_it_is_read_again() {
    let mut window = Window::default();
    window.push(StreamEvent::Data { offset: 0, bytes: b"abc" });
    window.push(StreamEvent::Data { offset: 10, bytes: b"def" });
    let pieces = window.take_from(1);
    let hole = Released::Gap { range: (3..10).into(), cause: GapCause::OverLimit };
    assert_eq!(pieces[0], Released::Data { offset: 1, bytes: b"bc".to_vec() });
    assert_eq!(pieces[1], hole);
}

/// A message that a client or a server may send: opcode and payload.
fn messages() -> impl Strategy<Value = Vec<(u8, Vec<u8>, [u8; 4])>> {
    let text = "[ -~]{4,60}".prop_map(|text| (0x81_u8, text.into_bytes()));
    let binary = prop::collection::vec(any::<u8>(), 1..300).prop_map(|bytes| (0x82, bytes));
    let ping = prop::collection::vec(any::<u8>(), 4..20).prop_map(|bytes| (0x89, bytes));
    let one = prop_oneof![5 => text, 2 => binary, 1 => ping];
    let key = any::<[u8; 4]>()
        .prop_filter("a key", |[first, rest @ ..]| rest.iter().any(|byte| byte != first));
    prop::collection::vec((one, key).prop_map(|((first, payload), key)| (first, payload, key)), 24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// However the stream is cut into segments, and wherever the capture begins: what is found is
    /// a true boundary.
    #[test]
    fn a_true_boundary_is_found_from_any_byte_on(
        messages in messages(),
        from in 0..400_usize,
        size in prop_oneof![Just(0_usize), 64..1_460_usize],
        sender in prop_oneof![Just(Side::Client), Just(Side::Server)],
    ) {
        let mut boundaries = vec![0];
        let mut frames = Vec::new();
        for (first, payload, key) in &messages {
            frames.push(frame(*first, (sender == Side::Client).then_some(*key), payload));
            boundaries.push(boundaries.last().unwrap() + frames.last().unwrap().len() as u64);
        }
        let whole = frames.concat();
        // One frame a segment, or segments that know nothing of frames.
        let segments: Vec<Vec<u8>> = match size {
            0 => frames,
            _ => whole.chunks(size).map(<[u8]>::to_vec).collect(),
        };
        let mut search = Resumption::new(sender, LIMITS);
        let mut offset = 0;
        for segment in segments {
            let seen = from.saturating_sub(offset).min(segment.len());
            let start = (offset + seen) as u64;
            if seen < segment.len() {
                search.push(StreamEvent::Data { offset: start, bytes: &segment[seen..] });
            }
            offset += segment.len();
        }
        let chain = search.look_now().expect("24 messages are enough");
        prop_assert!(boundaries.contains(&chain.start), "{} of {boundaries:?}", chain.start);
    }

    /// A message of a client that carries a recorded stream: its mask hides the frames inside.
    #[test]
    fn a_stream_inside_a_masked_message_is_not_found(
        messages in messages(),
        outer in any::<[u8; 4]>().prop_filter("a key", |key| key.iter().all(|byte| *byte != 0)),
    ) {
        let recorded: Vec<u8> =
            messages.iter().flat_map(|(first, payload, key)| frame(*first, Some(*key), payload)).collect();
        let carrier = frame(0x82, Some(outer), &recorded);
        // Its header is lost.
        let mut search = Resumption::new(Side::Client, LIMITS);
        search.push(StreamEvent::Data { offset: 8, bytes: &carrier[8..] });
        prop_assert_eq!(search.look_now(), None);
    }

    #[test]
    fn bytes_of_any_kind_are_searched_without_a_panic(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x81), Just(0x82), Just(0)], 0..400),
        offset in prop_oneof![Just(0_u64), any::<u32>().prop_map(u64::from)],
    ) {
        let mut search = Search::new(LIMITS);
        search.push(Side::Client, StreamEvent::Data { offset, bytes: &bytes });
        search.push(Side::Server, StreamEvent::Data { offset, bytes: &bytes });
        let _ = search.look_now();
    }
}
