//! Each stage by itself: bytes and items in a second.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "its own numbers")]

#[path = "../tests/common/generate/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod generate;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use generate::{Chance, Plan, generate};
use wsblame::capture::Reader;
use wsblame::endpoint::Side;
use wsblame::ip::{Dissected, Dissector};
use wsblame::provenance::{PacketNumber, PacketRef, Timestamp};
use wsblame::tcp::{Assembler, AssemblerLimits, Piece, Released, Seq, StreamEvent};
use wsblame::ws::{Agreement, Decoder, FrameHeader, Input, MaskKey, Utf8, unmask};

fn main() {
    divan::main();
}

/// Packets out of a capture, and their link, IP and TCP headers.
#[divan::bench]
fn packets_and_their_headers(bencher: Bencher) {
    let (other_tcp, udp) = (1 << 20, 1 << 20);
    let made = generate(&Plan {
        seed: 1,
        websockets: 100,
        messages: 100,
        sizes: 16..=4_000,
        other_tcp,
        udp,
    });
    let counters = (BytesCount::new(made.capture.len()), ItemsCount::new(made.truth.packets));
    bencher.counter(counters.0).counter(counters.1).bench_local(|| {
        let mut reader = Reader::new(made.capture.as_slice(), "bench").expect("a capture");
        let mut dissector = Dissector::new();
        let mut payload = 0;
        while let Ok(Some(packet)) = reader.next() {
            dissector.dissect(&packet, |dissected| {
                if let Dissected::Segment(segment) = dissected {
                    payload += segment.payload.len();
                }
            });
        }
        payload
    });
}

const SEGMENT: usize = 1_448;
const SEGMENTS: usize = 4_096;

/// Puts segments in order that come in the order of `places`.
fn reassemble(bencher: Bencher, places: &[usize]) {
    let bytes = vec![0x2A; SEGMENT];
    let limits = AssemblerLimits {
        out_of_order_bytes: 4 << 20,
        out_of_order_pieces: 16_384,
        sources: 1_024,
        recent: 256,
    };
    bencher
        .counter(BytesCount::new(SEGMENT * places.len()))
        .counter(ItemsCount::new(places.len()))
        .bench_local(|| {
            let mut assembler = Assembler::new(limits);
            assembler.begin(Seq(0));
            let mut released = 0;
            for (number, place) in (1..).zip(places) {
                let at = PacketRef { number: PacketNumber::new(number), time: Timestamp(0) };
                let seq = Seq((place * SEGMENT) as u32);
                assembler.wait();
                let piece = Piece { seq, bytes: black_box(&bytes), cut: 0, at, acked: None };
                released += assembler.accept(piece).map_or(0, |(_, bytes)| bytes.len());
                while let Some(Released::Data { bytes, .. }) = assembler.release() {
                    released += bytes.len();
                }
            }
            assert_eq!(released, SEGMENT * places.len());
        });
}

#[divan::bench]
fn tcp_in_order(bencher: Bencher) {
    reassemble(bencher, &(0..SEGMENTS).collect::<Vec<_>>());
}

/// Every segment up to eight places late.
#[divan::bench]
fn tcp_out_of_order(bencher: Bencher) {
    let mut chance = Chance(2);
    let mut places: Vec<(usize, usize)> =
        (0..SEGMENTS).map(|place| (place + chance.below(8), place)).collect();
    places.sort();
    reassemble(bencher, &places.into_iter().map(|(_, place)| place).collect::<Vec<_>>());
}

/// Masked frames one after the other: their sizes are those of ticks and chat.
fn frames(count: usize) -> Vec<u8> {
    let mut chance = Chance(3);
    let mut stream = Vec::new();
    for _ in 0..count {
        let len = 16 + chance.below(100);
        stream.extend([0x81, 0x80 | len as u8, 0x37, 0xFA, 0x21, 0x3D]);
        let start = stream.len();
        stream.resize(start + len, b'a');
        unmask(&mut stream[start..], MaskKey([0x37, 0xFA, 0x21, 0x3D]), 0);
    }
    stream
}

const FRAMES: usize = 10_000;

#[divan::bench]
fn frame_headers(bencher: Bencher) {
    let stream = frames(FRAMES);
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let mut rest = black_box(stream.as_slice());
        let mut payload = 0;
        while let Ok((after, header)) = FrameHeader::parse(rest) {
            payload += header.payload_len;
            rest = &after[header.payload_len as usize..];
        }
        payload
    });
}

/// Frames with everything that is kept of them, in segments.
#[divan::bench]
fn frames_decoded(bencher: Bencher) {
    let stream = frames(FRAMES);
    let counter = BytesCount::new(stream.len());
    bencher.counter(counter).counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let mut decoder = Decoder::new(Side::Client, Agreement::default(), 0);
        let (mut offset, mut events) = (0, 0);
        for bytes in stream.chunks(SEGMENT) {
            let mut input = Some(Input::Stream(StreamEvent::Data { offset, bytes }));
            while let Some(event) = decoder.step(&mut input) {
                black_box(event);
                events += 1;
            }
            offset += bytes.len() as u64;
        }
        events
    });
}

#[divan::bench(args = [64, 1_448, 65_536])]
fn payload_unmasked(bencher: Bencher, len: usize) {
    let mut payload = vec![0x2A; len];
    bencher.counter(BytesCount::new(len)).bench_local(|| {
        unmask(black_box(&mut payload), MaskKey([0x37, 0xFA, 0x21, 0x3D]), 1);
    });
}

/// Text in segments.
fn check(bencher: Bencher, text: &str) {
    let text = text.repeat(65_536 / text.len());
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let mut utf8 = Utf8::default();
        black_box(&text).as_bytes().chunks(SEGMENT).try_for_each(|piece| utf8.push(piece))?;
        utf8.finish()
    });
}

#[divan::bench]
fn text_in_ascii(bencher: Bencher) {
    check(bencher, "{\"symbol\": \"XAUUSD\", \"bid\": 2650.12, \"ask\": 2650.45}");
}

#[divan::bench]
fn text_in_vietnamese(bencher: Bencher) {
    check(bencher, "Trăm năm trong cõi người ta, chữ tài chữ mệnh khéo là ghét nhau. ");
}
