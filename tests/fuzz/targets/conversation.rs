//! A whole conversation that the input makes up: handshake, frames of every kind, ends of every
//! kind. There is a report, its findings cite packets that there are, and every rule that accuses
//! somebody was asked.

use std::num::NonZeroUsize;

use flate2::{Compress, Compression, FlushCompress};
use wsblame::pipeline::{Analysis, Options};
use wsblame::report::Report;
use wsblame::script::{REQUEST, REQUEST_DEFLATE, RESPONSE, RESPONSE_DEFLATE};
use wsblame::ws::deflate::TAIL;

use super::findings;
use super::samples;
use super::talk::{FIN, Packet, RST, Talk, capture, frame};
use super::tape::Tape;

/// Whether those who speak keep the rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    Good,
    Any,
}

/// Lines that may stand in a head.
const FIELDS: [&str; 12] = [
    "Sec-WebSocket-Protocol: graphql-transport-ws, chat",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9",
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; x=\"y z\"",
    "Sec-WebSocket-Extensions: x-unknown",
    "Sec-WebSocket-Version: 8",
    "Origin: http://evil.example",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0",
    "Server: nginx/1.26.0",
    "Transfer-Encoding: chunked",
    "Content-Length: 5",
    "Upgrade: h2c",
    "Connection: close",
];

/// The packets of a conversation.
pub(crate) fn conversation(tape: &mut Tape<'_>, manners: Manners) -> Vec<Packet> {
    let what = tape.byte();
    let deflate = what & 1 == 1;
    let (request, response) = match deflate {
        true => (REQUEST_DEFLATE, RESPONSE_DEFLATE),
        false => (REQUEST, RESPONSE),
    };
    let mut head = |head: &str| match manners {
        Manners::Good => head.as_bytes().to_vec(),
        Manners::Any => altered(head, tape),
    };
    let (request, response) = (head(request), head(response));
    let mut talk = Talk::new();
    talk.segment = [1_460, 536, 120, 60][usize::from(what >> 1 & 3)];
    talk.say(0, &request);
    talk.say(1, &response);
    match manners {
        Manners::Good => polite(&mut talk, tape, deflate),
        Manners::Any => any(&mut talk, tape),
    }
    talk.packets
}

/// A head in which the input changes things.
fn altered(head: &str, tape: &mut Tape<'_>) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> =
        head.trim_end().split("\r\n").map(|line| line.as_bytes().to_vec()).collect();
    for _ in 0..tape.byte() & 3 {
        let place = tape.below(lines.len());
        match tape.byte() & 3 {
            0 => lines.push(tape.pick(&FIELDS).as_bytes().to_vec()),
            1 if lines.len() > 1 => drop(lines.remove(place)),
            2 => lines.push(tape.some().to_vec()),
            _ => {
                let at = tape.below(lines[place].len() + 1);
                let with = tape.some();
                lines[place].splice(at.., with.iter().copied());
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    [lines.join(&b"\r\n"[..]), b"\r\n\r\n".to_vec()].concat()
}

fn mask(side: usize, salt: usize) -> Option<[u8; 4]> {
    (side == 0).then(|| (0x9E37_79B9_u32.wrapping_mul(salt as u32 + 1) | 1).to_be_bytes())
}

/// Messages of both sides, Pings that are answered, and a closing handshake; all as it should be.
fn polite(talk: &mut Talk, tape: &mut Tape<'_>, deflate: bool) {
    const WORDS: &str = "Chào bạn, how are you? {\"type\": \"next\", \"id\": 1} 🦀 ";
    let mut compressors =
        [Compress::new(Compression::new(6), false), Compress::new(Compression::new(1), false)];
    let mut said = 0;
    while !tape.is_over() && said < 60 {
        said += 1;
        let what = tape.byte();
        let side = usize::from(what & 1);
        let mask = |nth: usize| mask(side, said * 8 + nth);
        match what >> 1 & 7 {
            0 => {
                let probe = tape.word().to_be_bytes();
                talk.say(side, &frame(0x89, &probe, mask(0)));
                let answer = self::mask(1 - side, said * 8 + 1);
                talk.say(1 - side, &frame(0x8A, &probe, answer));
            }
            1 => talk.wait(u32::from(tape.byte())),
            2 => {
                let len = tape.up_to(4_000);
                let message: Vec<u8> = (0..len).map(|n| (n * 7 + said) as u8).collect();
                talk.say(side, &frame(0x82, &message, mask(0)));
            }
            3 => {
                // A message in fragments.
                let text = &WORDS.as_bytes()[..WORDS.find('?').expect("it asks") + 1];
                let (one, two) = text.split_at(tape.below(text.len()));
                talk.say(side, &frame(0x01, one, mask(0)));
                talk.say(side, &frame(0x80, two, mask(1)));
            }
            4 => {
                // Several in one segment.
                let two = [frame(0x81, b"one", mask(0)), frame(0x81, b"two", mask(1))];
                talk.say(side, &two.concat());
            }
            5 if deflate => {
                let words = tape.up_to(600);
                let text: String = WORDS.chars().cycle().skip(said).take(words).collect();
                let payload = compressed(&mut compressors[side], text.as_bytes());
                let (one, two) = payload.split_at(tape.below(payload.len() + 1));
                match two.is_empty() {
                    true => talk.say(side, &frame(0xC1, one, mask(0))),
                    false => {
                        talk.say(side, &frame(0x41, one, mask(0)));
                        talk.say(side, &frame(0x80, two, mask(1)));
                    }
                }
            }
            _ => {
                let words = tape.up_to(300);
                let text: String = WORDS.chars().cycle().take(words).collect();
                talk.say(side, &frame(0x81, text.as_bytes(), mask(0)));
            }
        }
    }
    let closer = usize::from(tape.byte() & 1);
    let code = [1000_u16, 1001, 3000, 4000][tape.below(4)].to_be_bytes();
    talk.say(closer, &frame(0x88, &code, mask(closer, 1)));
    talk.say(1 - closer, &frame(0x88, &code, mask(1 - closer, 2)));
    talk.end(1, FIN);
    talk.end(0, FIN);
}

/// The payload of a compressed message (RFC 7692 §7.2.1).
fn compressed(compressor: &mut Compress, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() * 2 + 64);
    compressor.compress_vec(content, &mut out, FlushCompress::Sync).expect("there is room");
    match out.strip_suffix(&TAIL) {
        Some(payload) => payload.to_vec(),
        None => vec![0], // there was nothing to flush (§7.2.3.6)
    }
}

/// Anything.
fn any(talk: &mut Talk, tape: &mut Tape<'_>) {
    let mut said = 0;
    while !tape.is_over() && said < 80 {
        said += 1;
        let what = tape.byte();
        let side = usize::from(what & 1);
        let key = match what >> 1 & 3 {
            0 | 1 => mask(side, said),
            2 => mask(1 - side, said),
            _ => Some([0; 4]),
        };
        match what >> 3 & 0xF {
            0 => talk.say(side, tape.some()),
            1 => talk.wait(u32::from(tape.short())),
            2 => talk.end(side, FIN),
            3 => talk.end(side, RST),
            4 => {
                let payload = tape.some();
                talk.say(side, &frame(0x88, payload, key));
            }
            5 => {
                // A header that promises what does not come.
                let (first, len) = (tape.byte(), tape.word());
                let bit = if side == 0 { 0x80 } else { 0 };
                let header =
                    [&[first, bit | 127, 0, 0, 0, 0], &len.to_be_bytes()[..], &[1, 2, 3, 4]];
                talk.say(side, &header.concat()[..if side == 0 { 14 } else { 10 }]);
            }
            6 => {
                let times = tape.below(40);
                let (first, payload) = (tape.byte(), tape.some());
                let frames = frame(first, payload, key).repeat(times);
                talk.say(side, &frames[..frames.len().min(20_000)]);
            }
            7 => {
                let (first, payload) = (tape.byte(), tape.some());
                talk.mutter(side, &frame(first, payload, key));
            }
            8 => {
                // What was said before, again in front of the rest of another frame.
                let payload = tape.some();
                let bytes = frame(0x81, payload, key);
                let cut = tape.below(bytes.len() + 1);
                talk.say(side, &bytes[..cut]);
            }
            9 => talk.say(side, &frame(0xC1, tape.some(), key)),
            _ => {
                let (first, payload) = (tape.byte(), tape.some());
                talk.say(side, &frame(first, payload, key));
            }
        }
    }
}

/// The report on these packets.
pub(crate) fn report(packets: &[Packet]) -> Report {
    let threads = Some(NonZeroUsize::MIN);
    let mut analysis = Analysis::new(Options { threads, ..Options::default() });
    analysis.read("talk.pcap", &capture(packets)[..]);
    analysis.into_report()
}

pub(crate) fn target(data: &[u8]) {
    let packets = conversation(&mut Tape(data), Manners::Any);
    let report = report(&packets);
    assert_eq!(report.captures.len(), 1);
    assert_eq!(report.captures[0].packets, packets.len() as u64);
    findings::check(&report, packets.len() as u64);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0], vec![1, 0, 0, 0x20, 2, 3, 0xE8]];
    // The frames of each rule's sample, by the bytes.
    for carried in samples::connections(2 << 10) {
        let Some(frames) = carried.frames() else { continue };
        let mut seed = vec![0, 0, 0];
        for (side, stream) in frames.iter() {
            for piece in stream.chunks(255) {
                seed.extend([side as u8, piece.len() as u8]);
                seed.extend(piece);
            }
        }
        seeds.push(seed);
    }
    // Every first byte of a frame once, every field once.
    seeds.push(
        [
            &[0, 0, 0][..],
            &(0..=255_u8).flat_map(|b| [0x50 | (b & 1), b, 1, b'x']).collect::<Vec<_>>(),
        ]
        .concat(),
    );
    seeds.extend(
        (0..12_u8).map(|field| vec![0, 1, 0, 0, field, 1, 0, 0, field, 0x51, 0x81, 1, b'x']),
    );
    samples::some_of(seeds, 120)
}
