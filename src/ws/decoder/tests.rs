//! The laws of the decoder: how a stream is cut changes nothing, and a hole invents nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::tcp::{GapCause, Range64};
use crate::ws::{Compressors, Deflate, LengthForm, MaskKey, Utf8Kind};

/// One frame as a test puts it on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    header: FrameHeader,
    payload: Vec<u8>,
}

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        let mut payload = self.payload.clone();
        if let Some(key) = self.header.mask {
            unmask(&mut payload, key, 0);
        }
        [&*self.header.encode(), &payload].concat()
    }
}

fn stream(frames: &[Sent]) -> Vec<u8> {
    frames.iter().flat_map(Sent::bytes).collect()
}

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => ".{0,40}".prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..20),
        1 => vec(any::<u8>(), 120..140),
        1 => vec(select(vec![b'a', 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0]), 0..30),
        1 => Just("é".repeat(200).into_bytes()),
    ]
}

/// A frame that mostly keeps the rules.
fn frames() -> impl Strategy<Value = Sent> {
    let opcode = prop_oneof![
        8 => select(vec![0x0, 0x0, 0x1, 0x1, 0x2, 0x9, 0xA]),
        1 => 0_u8..16,
    ];
    let rsv = prop_oneof![12 => Just(0_u8), 2 => Just(0b100), 1 => 0_u8..8];
    let mask = prop_oneof![
        6 => any::<[u8; 4]>().prop_map(|key| Some(MaskKey(key))),
        2 => select(vec![[0; 4], [1, 2, 3, 4]]).prop_map(|key| Some(MaskKey(key))),
        6 => Just(None),
    ];
    let form = prop_oneof![9 => Just(None), 1 => Just(Some(LengthForm::SixtyFour))];
    (any::<bool>(), rsv, opcode, mask, form, payloads()).prop_map(
        |(fin, rsv, opcode, mask, form, payload)| {
            let least = match payload.len() {
                0..=125 => LengthForm::Seven,
                _ => LengthForm::Sixteen,
            };
            let length_form = form.unwrap_or(least);
            let payload_len = payload.len() as u64;
            let opcode = Opcode(opcode);
            let header =
                FrameHeader { fin, rsv, opcode, mask, payload_len, length_form, header_len: 0 };
            let header_len = u8::try_from(header.encode().len()).expect("at most 14");
            Sent { header: FrameHeader { header_len, ..header }, payload }
        },
    )
}

/// Frames in a row.
pub(crate) fn streams() -> impl Strategy<Value = Vec<Sent>> {
    vec(frames(), 0..12)
}

pub(crate) fn agreements() -> impl Strategy<Value = Agreement> {
    let deflate =
        select(vec![Deflate::Unknown, Deflate::Agreed(Compressors::default()), Deflate::Absent]);
    (deflate, prop::bool::weighted(0.2))
        .prop_map(|(deflate, unknown_extension)| Agreement { deflate, unknown_extension })
}

/// A stretch of a stream: bytes, or as many that are missing.
enum Stretch<'a> {
    Seen(&'a [u8]),
    Missing(u64),
    /// At most as many.
    Unmeasured(u64),
}

/// Feeds a stream that starts at offset 1000, and hands each event to `judge` with the decoder as
/// it was before the event.
fn decode_with(
    mut decoder: Decoder,
    stretches: &[Stretch<'_>],
    mut judge: impl FnMut(&Event, &Decoder),
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut offset = 1_000;
    let mut feed = |input, decoder: &mut Decoder| {
        let mut input = Some(input);
        while let Some(event) = decoder.step(&mut input) {
            judge(&event, decoder);
            events.push(event);
        }
        assert!(input.is_none(), "everything is used up");
        assert!(decoder.held.len() <= LOOKAHEAD);
    };
    for stretch in stretches {
        let len = match stretch {
            Stretch::Seen(bytes) => bytes.len() as u64,
            Stretch::Missing(len) | Stretch::Unmeasured(len) => *len,
        };
        if len == 0 {
            continue;
        }
        let event = match stretch {
            Stretch::Seen(bytes) => StreamEvent::Data { offset, bytes },
            Stretch::Missing(_) | Stretch::Unmeasured(_) => StreamEvent::Gap {
                range: Range64 { start: offset, end: offset + len },
                cause: match stretch {
                    Stretch::Unmeasured(_) => GapCause::Unmeasured,
                    _ => GapCause::NotCaptured,
                },
            },
        };
        feed(Input::Stream(event), &mut decoder);
        offset += len;
    }
    feed(Input::End, &mut decoder);
    events
}

fn decode(side: Side, agreed: &Agreement, stretches: &[Stretch<'_>]) -> Vec<Event> {
    decode_with(Decoder::new(side, *agreed, 1_000), stretches, |_, _| ())
}

/// Decodes frames in one piece, and hands each event to `judge`.
pub(crate) fn judge(
    side: Side,
    agreed: &Agreement,
    frames: &[Sent],
    judge: impl FnMut(&Event, &Decoder),
) {
    let bytes = stream(frames);
    let decoder = Decoder::new(side, *agreed, 1_000);
    decode_with(decoder, &[Stretch::Seen(&bytes)], judge);
}

fn sides() -> impl Strategy<Value = Side> {
    select(Side::BOTH.to_vec())
}

/// The pieces into which `cuts` divide `bytes`.
fn cut<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<Stretch<'a>> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    places.push(bytes.len());
    let mut from = 0;
    let mut pieces = Vec::new();
    for to in places {
        pieces.push(Stretch::Seen(bytes.get(from..to).unwrap_or_default()));
        from = to;
    }
    pieces
}

fn headers(events: &[Event]) -> Vec<(u64, FrameHeader)> {
    let header = |event: &Event| match event {
        Event::Frame(start) => Some((start.offset, start.header)),
        _ => None,
    };
    events.iter().filter_map(header).collect()
}

/// Where the texts are wrong: start of the message, offset in it, kind.
fn faults(events: &[Event]) -> Vec<(u64, u64, Utf8Kind)> {
    let fault = |event: &Event| match event {
        Event::Message(end) => {
            let fault = end.fault.as_ref()?;
            Some((end.range.start, fault.offset, fault.kind))
        }
        _ => None,
    };
    events.iter().filter_map(fault).collect()
}

/// Where messages start that do not inflate: of what comes out before that, nothing is said, unless a
/// hole hides what is wrong.
fn uninflatable(events: &[Event]) -> Vec<u64> {
    let start = |event: &Event| match event {
        Event::Message(end) => end.inflated.as_ref()?.fault.as_ref().map(|_| end.range.start),
        _ => None,
    };
    events.iter().filter_map(start).collect()
}

proptest! {
    #[test]
    fn how_the_stream_is_cut_changes_nothing(
        side in sides(), agreed in agreements(), frames in streams(),
        cuts in vec(any::<Index>(), 0..12), torn in any::<Index>(),
    ) {
        let whole = stream(&frames);
        let bytes = whole.get(..torn.index(whole.len() + 1)).unwrap_or_default();
        let at_once = decode(side, &agreed, &[Stretch::Seen(bytes)]);
        prop_assert_eq!(&decode(side, &agreed, &cut(bytes, &cuts)), &at_once);
        let single: Vec<_> = bytes.chunks(1).map(Stretch::Seen).collect();
        prop_assert_eq!(&decode(side, &agreed, &single), &at_once);
    }

    #[test]
    fn every_header_is_read_as_it_was_sent(
        side in sides(), agreed in agreements(), frames in streams(),
    ) {
        let events = decode(side, &agreed, &[Stretch::Seen(&stream(&frames))]);
        let read: Vec<_> = headers(&events).into_iter().map(|(_, header)| header).collect();
        let sent: Vec<_> = frames.iter().map(|frame| frame.header).collect();
        prop_assert_eq!(read, sent);
    }

    #[test]
    fn random_bytes_neither_panic_nor_pile_up(
        side in sides(), agreed in agreements(), bytes in vec(any::<u8>(), 0..400),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        let at_once = decode(side, &agreed, &[Stretch::Seen(&bytes)]);
        prop_assert_eq!(decode(side, &agreed, &cut(&bytes, &cuts)), at_once);
    }

    #[test]
    fn a_hole_invents_nothing(
        side in sides(), agreed in agreements(), frames in streams(),
        from in any::<Index>(), len in 1_usize..60,
    ) {
        let bytes = stream(&frames);
        prop_assume!(!bytes.is_empty());
        let from = from.index(bytes.len());
        let to = (from + len).min(bytes.len());
        let (before, rest) = bytes.split_at(from);
        let hole = Range64 { start: 1_000 + from as u64, end: 1_000 + to as u64 };
        let after = rest.get(to - from..).unwrap_or_default();
        let missing = Stretch::Missing(hole.len());
        let events = decode(side, &agreed, &[Stretch::Seen(before), missing, Stretch::Seen(after)]);

        let whole = decode(side, &agreed, &[Stretch::Seen(&bytes)]);
        let hit = |(offset, header): &(u64, FrameHeader)| {
            let range = Range64 { start: *offset, end: offset + u64::from(header.header_len) };
            range.overlaps(hole)
        };
        let expected: Vec<_> = headers(&whole).into_iter().take_while(|header| !hit(header)).collect();
        let lost = headers(&whole).iter().any(hit) || hole.end == 1_000 + bytes.len() as u64;
        prop_assert_eq!(headers(&events), expected);
        for fault in faults(&events) {
            let is_known =
                faults(&whole).contains(&fault) || uninflatable(&whole).contains(&fault.0);
            prop_assert!(is_known, "{:?} is an invention", fault);
        }
        let sync_lost = events.iter().position(|event| matches!(event, Event::SyncLost { .. }));
        match sync_lost {
            Some(index) => prop_assert!(lost && index + 1 == events.len()),
            None => prop_assert!(!headers(&whole).iter().any(hit)),
        }
    }

    #[test]
    fn nothing_is_read_behind_a_hole_of_unknown_length(
        side in sides(), agreed in agreements(), frames in streams(),
        from in any::<Index>(), len in 0_usize..60, more in 1_u64..300,
    ) {
        let bytes = stream(&frames);
        prop_assume!(!bytes.is_empty());
        let from = from.index(bytes.len());
        let (before, rest) = bytes.split_at(from);
        let after = rest.get(len..).unwrap_or_default();
        let missing = Stretch::Unmeasured(len as u64 + more);
        let events = decode(side, &agreed, &[Stretch::Seen(before), missing, Stretch::Seen(after)]);

        let whole = decode(side, &agreed, &[Stretch::Seen(&bytes)]);
        let stands_before = |(offset, header): &(u64, FrameHeader)| {
            offset + u64::from(header.header_len) <= 1_000 + from as u64
        };
        let expected: Vec<_> = headers(&whole).into_iter().take_while(stands_before).collect();
        prop_assert_eq!(headers(&events), expected);
        for fault in faults(&events) {
            let is_known =
                faults(&whole).contains(&fault) || uninflatable(&whole).contains(&fault.0);
            prop_assert!(is_known, "{:?} is an invention", fault);
        }
        for event in &events {
            if let Event::SyncLost { at } = event {
                prop_assert!(*at <= 1_000 + from as u64 + len as u64 + more);
            }
        }
    }

    #[test]
    fn a_control_frame_with_a_hole_says_so(payload in vec(any::<u8>(), 2..125)) {
        let mask = None;
        let payload_len = payload.len() as u64;
        let (opcode, length_form) = (Opcode::CLOSE, LengthForm::Seven);
        let header =
            FrameHeader { fin: true, rsv: 0, opcode, mask, payload_len, length_form, header_len: 2 };
        let bytes = Sent { header, payload }.bytes();
        let (seen, rest) = bytes.split_at(3);
        let stretches = [Stretch::Seen(seen), Stretch::Missing(rest.len() as u64)];
        let events = decode(Side::Server, &Agreement::default(), &stretches);
        let [Event::Frame(_), Event::Control(close)] = events.as_slice() else {
            return Err(TestCaseError::fail(format!("{events:?}")));
        };
        prop_assert!(close.damaged);
        prop_assert_eq!(close.code(), None);
    }
}

fn server(stretches: &[Stretch<'_>]) -> Vec<Event> {
    let agreed = Agreement { deflate: Deflate::Absent, unknown_extension: false };
    decode(Side::Server, &agreed, stretches)
}

fn last_message(events: &[Event]) -> &MessageEnd {
    let Some(Event::Message(end)) = events.last() else {
        unreachable!("the message is told last: {events:?}")
    };
    end
}

#[test]
fn ping_between_fragments_is_allowed() {
    let bytes = [
        &[0x01, 0x03][..], // text, FIN=0
        b"pri",
        &[0x89, 0x00], // a Ping in between
        &[0x80, 0x02], // continuation, FIN=1
        b"ce",
    ]
    .concat();
    let events = server(&[Stretch::Seen(&bytes)]);
    assert!(events.iter().all(|event| !matches!(event, Event::Frame(f) if !f.ordinary)));
    let end = last_message(&events);
    assert_eq!((end.len, end.fragments, end.complete, &end.fault), (5, 2, true, &None));
}

#[test]
fn bytes_behind_a_hole_are_not_the_first_of_a_payload() {
    let mut decoder = Decoder::new(Side::Server, Agreement::default(), 1_000);
    let bytes: &[u8] = &[0x82, 0x0A, b'a'];
    let gap = StreamEvent::Gap { range: (1_003..1_006).into(), cause: GapCause::NotCaptured };
    let inputs = [
        StreamEvent::Data { offset: 1_000, bytes },
        gap,
        StreamEvent::Data { offset: 1_006, bytes: b"xyz" },
    ];
    for event in inputs {
        let mut input = Some(Input::Stream(event));
        while decoder.step(&mut input).is_some() {}
    }
    let last = decoder.direction().last_frame.expect("a data frame");
    assert_eq!(&*last.opening, b"a");
}

#[test]
fn a_reserved_frame_adds_nothing_to_the_open_message() {
    let bytes = [
        &[0x01, 0x01][..], // text, FIN=0
        b"a",
        &[0x83, 0x02, 0xFF, 0xFF], // opcode 3, in between
        &[0x80, 0x01],
        b"b",
    ]
    .concat();
    let events = server(&[Stretch::Seen(&bytes)]);
    let end = last_message(&events);
    assert_eq!((end.len, end.fragments, &end.fault), (2, 2, &None));
}

#[test]
fn what_stands_where_a_little_endian_length_ends_is_kept() {
    // 0x2C01 bytes declared; in the other byte order 300.
    let bytes = [&[0x82, 0x7E, 0x2C, 0x01][..], &[b'a'; 300], &[0x8A, 0x00, b'z']].concat();
    for size in [1, 7, 1_000] {
        let mut decoder = Decoder::new(Side::Server, Agreement::default(), 0);
        let mut offset = 0;
        for bytes in bytes.chunks(size) {
            let mut input = Some(Input::Stream(StreamEvent::Data { offset, bytes }));
            while decoder.step(&mut input).is_some() {}
            offset += bytes.len() as u64;
        }
        let landing = decoder.partial().and_then(|partial| partial.landing).expect("it is shorter");
        assert_eq!((landing.len, &*landing.bytes), (300, &[0x8A, 0x00, b'z'][..]));
    }
}

#[test]
fn a_message_that_another_replaces_keeps_its_fault() {
    let bytes = [0x01, 0x01, 0x80, 0x81, 0x01, b'a']; // text, FIN=0, a stray byte; then a new text
    let events = server(&[Stretch::Seen(&bytes)]);
    assert_eq!(faults(&events), [(1_000, 0, Utf8Kind::StrayContinuation)]);
    assert_eq!(headers(&events).len(), 2);
}

#[test]
fn what_is_told_of_a_message_that_does_not_inflate_ends_before_the_hole() {
    let deflate = Deflate::Agreed(Compressors::default());
    let agreed = Agreement { deflate, unknown_extension: false };
    // A stored block whose two lengths disagree, in a text of 30 bytes.
    let stretches = [Stretch::Seen(&[0xC1, 30, 0, 5, 0, 5, 0]), Stretch::Missing(20)];
    let events = decode(Side::Server, &agreed, &stretches);
    let told = last_message(&events);
    assert!(!told.complete && told.inflated.is_some(), "{told:?}");
    assert_eq!(told.range, Range64 { start: 1_000, end: 1_007 });
}
