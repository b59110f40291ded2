//! Inflating messages, as a ratio to flate2 on the same bytes.
//!
//! Both inflate the same compressed messages in turns, so that whatever else the machine does slows
//! both alike; the median of the turns' ratios is printed. Bytes in a second count what comes out.

use std::hint::black_box;
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use wsblame::endpoint::Side;
use wsblame::tcp::StreamEvent;
use wsblame::ws::deflate::{Inflater, TAIL};
use wsblame::ws::{
    Agreement, Compressor, Compressors, Decoder, Deflate, Event, FrameHeader, InflateLimits, Input,
    LengthForm, Opcode,
};

/// Messages of one size, compressed one after the other.
struct Talk {
    name: &'static str,
    compressor: Compressor,
    content_len: usize,
    payloads: Vec<Vec<u8>>,
    /// The same as frames of a server.
    stream: Vec<u8>,
}

/// JSON as it comes from a feed: keys repeat, values differ.
fn content(len: usize, seed: &mut u64) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < len {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (id, price) = (*seed >> 40, *seed >> 50);
        text.push_str(&format!("{{\"id\":{id},\"pair\":\"BTC-EUR\",\"price\":{price}.25}},"));
    }
    text.truncate(len);
    text.into_bytes()
}

impl Talk {
    fn new(name: &'static str, len: usize, total: usize, compressor: Compressor) -> Talk {
        let bits = compressor.window_bits;
        let mut zlib = Compress::new_with_window_bits(Compression::default(), false, bits);
        let (mut seed, mut payloads, mut stream) = (1, Vec::new(), Vec::new());
        for _ in 0..total / len {
            let content = content(len, &mut seed);
            let mut payload = Vec::with_capacity(len + 256);
            zlib.compress_vec(&content, &mut payload, FlushCompress::Sync).expect("compresses");
            assert!(payload.ends_with(&TAIL), "all of it is flushed");
            payload.truncate(payload.len() - TAIL.len());
            if !compressor.context_takeover {
                zlib.reset();
            }
            let payload_len = payload.len() as u64;
            let header = FrameHeader {
                fin: true,
                rsv: FrameHeader::RSV1,
                opcode: Opcode::TEXT,
                mask: None,
                payload_len,
                length_form: match payload_len {
                    0..=125 => LengthForm::Seven,
                    126..=0xFFFF => LengthForm::Sixteen,
                    _ => LengthForm::SixtyFour,
                },
                header_len: 0,
            };
            stream.extend_from_slice(&header.encode());
            stream.extend_from_slice(&payload);
            payloads.push(payload);
        }
        Talk { name, compressor, content_len: len * payloads.len(), payloads, stream }
    }

    /// What there is to beat: flate2, and nothing but it.
    fn raw(&self) -> usize {
        let mut zlib = Decompress::new(false);
        let mut out = vec![0; 16 << 10];
        let mut given = 0;
        for payload in &self.payloads {
            if !self.compressor.context_takeover {
                zlib.reset(false);
            }
            for mut bytes in [payload.as_slice(), &TAIL] {
                loop {
                    let (taken, before) = (zlib.total_in(), zlib.total_out());
                    zlib.decompress(bytes, &mut out, FlushDecompress::Sync).expect("inflates");
                    let taken = usize::try_from(zlib.total_in() - taken).expect("small");
                    let now = usize::try_from(zlib.total_out() - before).expect("small");
                    black_box(&out);
                    given += now;
                    bytes = bytes.get(taken..).unwrap_or_default();
                    if bytes.is_empty() && now < out.len() {
                        break;
                    }
                }
            }
        }
        given
    }

    fn ours(&self) -> usize {
        let mut inflater = Inflater::new(self.compressor, InflateLimits::default());
        let mut given = 0;
        for payload in &self.payloads {
            inflater.begin(true);
            inflater.push(payload, |out| given += black_box(out).len());
            assert!(inflater.finish().complete);
        }
        given
    }

    /// Frames, messages and UTF-8 on top.
    fn decoded(&self) -> usize {
        let compressors = Compressors { server: self.compressor, ..Compressors::default() };
        let agreed = Agreement { deflate: Deflate::Agreed(compressors), unknown_extension: false };
        let mut decoder = Decoder::new(Side::Server, agreed, 0);
        let mut given = 0;
        let mut offset = 0;
        for bytes in self.stream.chunks(1_448) {
            let mut input = Some(Input::Stream(StreamEvent::Data { offset, bytes }));
            offset += bytes.len() as u64;
            while let Some(event) = decoder.step(&mut input) {
                if let Event::Message(end) = event {
                    let inflated = end.inflated.expect("it was inflated");
                    given += usize::try_from(inflated.len).expect("small");
                }
            }
        }
        given
    }
}

fn time(talk: &Talk, work: fn(&Talk) -> usize) -> Duration {
    let start = Instant::now();
    assert_eq!(work(talk), talk.content_len);
    start.elapsed()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn main() {
    // `cargo bench -- --test` is to try it only.
    let quick = std::env::args().any(|argument| argument == "--test");
    let (total, turns) = if quick { (1 << 20, 1) } else { (16 << 20, 15) };
    let takeover = Compressor::default();
    let apart = Compressor { context_takeover: false, ..takeover };
    let small = Compressor { window_bits: 10, ..takeover };
    let talks = [
        Talk::new("100 B, context taken over", 100, total, takeover),
        Talk::new("1 KiB, context taken over", 1 << 10, total, takeover),
        Talk::new("64 KiB, context taken over", 64 << 10, total, takeover),
        Talk::new("1 KiB, no context takeover", 1 << 10, total, apart),
        Talk::new("64 KiB, no context takeover", 64 << 10, total, apart),
        Talk::new("1 KiB, window of 10 bits", 1 << 10, total, small),
    ];
    println!("| messages | flate2, MB/s | inflater, ratio | decoder with UTF-8, ratio |");
    println!("|---|---:|---:|---:|");
    for talk in &talks {
        let (mut speed, mut inflater, mut decoder) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..turns {
            let raw = time(talk, Talk::raw).as_secs_f64();
            inflater.push(raw / time(talk, Talk::ours).as_secs_f64());
            decoder.push(raw / time(talk, Talk::decoded).as_secs_f64());
            speed.push(f64::from(u32::try_from(talk.content_len).unwrap_or(u32::MAX)) / raw / 1e6);
        }
        let (speed, inflater, decoder) = (median(speed), median(inflater), median(decoder));
        println!("| {} | {speed:.0} | {inflater:.2} | {decoder:.2} |", talk.name);
    }
}
