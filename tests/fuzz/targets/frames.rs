//! The decoder of frames, against one that has all the bytes at hand and goes over them once.

use wsblame::endpoint::Side;
use wsblame::tcp::{GapCause, StreamEvent};
use wsblame::ws::{Agreement, Compressors, Decoder, Deflate, Event, Input, Keep};

use super::samples;
use super::tape::{Tape, pieces};

/// Offset of the first byte in its stream.
const START: u64 = 1_000;
/// Bytes that are kept of a message.
const KEPT: usize = 24;

/// A stretch of the stream: bytes, or as many that are missing.
enum Stretch<'a> {
    Seen(&'a [u8]),
    Missing(u64),
}

/// A frame, a control frame at its end, or the place from which on there are none.
#[derive(Debug, PartialEq)]
enum Seen {
    Frame {
        offset: u64,
        fin: bool,
        rsv: u8,
        opcode: u8,
        mask: Option<[u8; 4]>,
        len: u64,
        header: u8,
    },
    Control {
        opcode: u8,
        start: u64,
        end: u64,
        len: u64,
        damaged: bool,
        payload: Option<Vec<u8>>,
    },
    Lost {
        at: u64,
    },
}

/// A message that is complete, or the fault that was told of it.
#[derive(Debug, PartialEq)]
enum Told {
    /// With its content, if it is known, and where it is wrong.
    Whole {
        start: u64,
        len: u64,
        fragments: u64,
        content: Option<Vec<u8>>,
        fault: Option<u64>,
    },
    Fault {
        start: u64,
        offset: u64,
    },
}

/// A message that is open in the model.
struct Open {
    start: u64,
    opcode: u8,
    rsv: u8,
    len: u64,
    fragments: u64,
    content: Vec<u8>,
    damaged: bool,
    /// Whether it is text of which all was seen, and no fault was told.
    checked: bool,
    /// Whether a fault was told.
    told: bool,
}

impl Open {
    /// Where it is certainly wrong.
    fn spoiled(&self) -> Option<u64> {
        let error = std::str::from_utf8(&self.content).err()?;
        (self.checked && error.error_len().is_some()).then(|| error.valid_up_to() as u64)
    }

    fn tell(&mut self, told: &mut Vec<Told>) {
        if let Some(offset) = self.spoiled() {
            told.push(Told::Fault { start: self.start, offset });
            (self.checked, self.told) = (false, true);
        }
    }
}

/// The whole stream, read the slow way.
fn read(cells: &[Option<u8>], agreement: &Agreement) -> (Vec<Seen>, Vec<Told>) {
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    let mut open: Option<Open> = None;
    let mut at = 0;
    'frames: while at < cells.len() {
        let offset = START + at as u64;
        // As many bytes of the header as are there.
        let mut header = Vec::new();
        let mut needed = 2;
        while header.len() < needed {
            match cells.get(at + header.len()) {
                None => break 'frames,
                Some(None) => {
                    if let Some(open) = &mut open {
                        open.tell(&mut told);
                    }
                    seen.push(Seen::Lost { at: offset });
                    break 'frames;
                }
                Some(Some(byte)) => header.push(*byte),
            }
            if header.len() == 2 {
                let extended = [126, 127].iter().position(|len| *len == header[1] & 0x7F);
                needed =
                    2 + extended.map_or(0, |form| [2, 8][form]) + usize::from(header[1] >> 7) * 4;
            }
        }
        let masked = header[1] & 0x80 != 0;
        let mask: Option<[u8; 4]> = masked.then(|| header[needed - 4..].try_into().expect("four"));
        let len = match header[1] & 0x7F {
            126 => u64::from(u16::from_be_bytes([header[2], header[3]])),
            127 => u64::from_be_bytes(header[2..10].try_into().expect("eight")),
            len => u64::from(len),
        };
        let (fin, rsv, opcode) = (header[0] & 0x80 != 0, header[0] >> 4 & 7, header[0] & 0xF);
        // A new message ends the one that is open.
        if matches!(opcode, 1 | 2) {
            if let Some(open) = &mut open {
                open.tell(&mut told);
            }
            open = Some(Open {
                start: offset,
                opcode,
                rsv,
                len: 0,
                fragments: 0,
                content: Vec::new(),
                damaged: false,
                checked: opcode == 1 && rsv == 0 && !agreement.unknown_extension,
                told: false,
            });
        }
        seen.push(Seen::Frame { offset, fin, rsv, opcode, mask, len, header: needed as u8 });
        at += needed;
        let there = usize::try_from(len).unwrap_or(usize::MAX).min(cells.len() - at);
        let payload = &cells[at..at + there];
        at += there;
        let is_whole = there as u64 == len;
        let plain = payload
            .iter()
            .enumerate()
            .map(|(place, cell)| cell.map(|byte| byte ^ mask.map_or(0, |mask| mask[place % 4])));
        if opcode >= 8 {
            let damaged = payload.contains(&None);
            let end = START + at as u64;
            if is_whole {
                let payload = (!damaged).then(|| plain.take(125).flatten().collect());
                seen.push(Seen::Control { opcode, start: offset, end, len, damaged, payload });
            }
            continue;
        }
        if opcode > 2 {
            continue;
        }
        let Some(message) = &mut open else { continue };
        message.fragments += 1;
        for cell in plain {
            message.len += 1;
            match cell {
                Some(byte) => message.content.push(byte),
                None => {
                    message.tell(&mut told);
                    (message.damaged, message.checked) = (true, false);
                }
            }
        }
        if fin && is_whole {
            let message = open.take().expect("it is open");
            let invalid =
                || Some(std::str::from_utf8(&message.content).err()?.valid_up_to() as u64);
            let fault = message.checked.then(invalid).flatten();
            let sound = message.rsv == 0 && !message.damaged && !message.told && fault.is_none();
            told.push(Told::Whole {
                start: message.start,
                len: message.len,
                fragments: message.fragments,
                content: (sound && message.opcode < 3).then_some(message.content),
                fault,
            });
        }
    }
    if let Some(open) = &mut open {
        open.tell(&mut told);
    }
    (seen, told)
}

/// Beside each event the excerpt of its message with the length of that, where all of it was seen.
type Kept = Vec<Option<(Vec<u8>, u64)>>;

fn decode<'a>(
    sender: Side,
    agreement: Agreement,
    stretches: impl Iterator<Item = Stretch<'a>>,
) -> (Vec<Event>, Kept) {
    let mut decoder = Decoder::new(sender, agreement, START).keeping(Keep::All(KEPT));
    let (mut events, mut kept) = (Vec::new(), Vec::new());
    let mut offset = START;
    let mut feed = |input| {
        let mut input = Some(input);
        while let Some(event) = decoder.step(&mut input) {
            let excerpt = decoder.excerpt();
            let is_end = matches!(event, Event::Message(_));
            let excerpt =
                (is_end && !excerpt.damaged).then(|| (excerpt.bytes.clone(), excerpt.len));
            kept.push(excerpt);
            events.push(event);
        }
        assert!(input.is_none(), "everything is used up");
    };
    for stretch in stretches {
        let (event, len) = match stretch {
            Stretch::Seen(bytes) => (StreamEvent::Data { offset, bytes }, bytes.len() as u64),
            Stretch::Missing(len) => {
                let range = (offset..offset + len).into();
                (StreamEvent::Gap { range, cause: GapCause::NotCaptured }, len)
            }
        };
        if len > 0 {
            feed(Input::Stream(event));
            offset += len;
        }
    }
    feed(Input::End);
    (events, kept)
}

/// What the decoder said, in the words of the model.
fn in_short(events: Vec<Event>, kept: Kept) -> (Vec<Seen>, Vec<Told>) {
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    for (event, kept) in events.into_iter().zip(kept) {
        match event {
            Event::Frame(start) => {
                let header = start.header;
                let bytes = start.bytes();
                let own = bytes.get(..usize::from(header.header_len)).expect("its own bytes");
                assert_eq!(own, &*header.encode());
                seen.push(Seen::Frame {
                    offset: start.offset,
                    fin: header.fin,
                    rsv: header.rsv,
                    opcode: header.opcode.0,
                    mask: header.mask.map(|mask| mask.0),
                    len: header.payload_len,
                    header: header.header_len,
                });
            }
            Event::Control(frame) => seen.push(Seen::Control {
                opcode: frame.opcode.0,
                start: frame.range.start,
                end: frame.range.end,
                len: frame.payload_len,
                damaged: frame.damaged,
                payload: (!frame.damaged).then_some(frame.payload),
            }),
            Event::SyncLost { at } => seen.push(Seen::Lost { at }),
            // What inflating makes of a message has a target of its own.
            Event::Message(end) if end.compressed && !end.complete => {}
            Event::Message(end) if !end.complete => {
                let offset = end.fault.expect("it is why").offset;
                told.push(Told::Fault { start: end.range.start, offset });
            }
            Event::Message(end) => told.push(Told::Whole {
                start: end.range.start,
                len: end.len,
                fragments: end.fragments,
                content: kept.filter(|_| !end.compressed).map(|(bytes, _)| bytes),
                fault: end.fault.filter(|_| !end.compressed).map(|fault| fault.offset),
            }),
        }
    }
    (seen, told)
}

/// Where a message starts, where it is wrong, and its length and fragments if it is complete.
type Summary = (u64, Option<u64>, Option<(u64, u64)>);

/// A fault that the end of a message shows and one that was told before it are the same: with less
/// than eight bytes it is told with the end.
fn together(told: Vec<Told>) -> Vec<Summary> {
    let mut all: Vec<Summary> = Vec::new();
    for one in told {
        let (start, fault, whole) = match one {
            Told::Fault { start, offset } => (start, Some(offset), None),
            Told::Whole { start, len, fragments, fault, .. } => {
                (start, fault, Some((len, fragments)))
            }
        };
        match all.last_mut() {
            Some(last) if last.0 == start && last.2.is_none() => {
                assert!(fault.is_none(), "told twice");
                last.2 = whole;
            }
            _ => all.push((start, fault, whole)),
        }
    }
    all
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let what = tape.byte();
    let sender = if what & 1 == 0 { Side::Client } else { Side::Server };
    let deflate = match what >> 1 & 3 {
        0 => Deflate::Absent,
        1 => Deflate::Unknown,
        _ => Deflate::Agreed(Compressors::default()),
    };
    let agreement = Agreement { deflate, unknown_extension: what & 0xE0 == 0xE0 };
    let salt = u32::from(tape.byte());
    let mut stretches = Vec::new();
    while !tape.is_over() {
        match tape.byte() {
            0 => stretches.push(Stretch::Missing(1 + u64::from(tape.byte()))),
            len => stretches.push(Stretch::Seen(tape.take(usize::from(len)))),
        }
    }
    let cells: Vec<Option<u8>> = stretches
        .iter()
        .flat_map(|stretch| match stretch {
            Stretch::Seen(bytes) => bytes.iter().copied().map(Some).collect::<Vec<_>>(),
            Stretch::Missing(len) => vec![None; *len as usize],
        })
        .collect();
    let cut = stretches.iter().flat_map(|stretch| match stretch {
        Stretch::Seen(bytes) => pieces(bytes, salt).map(Stretch::Seen).collect::<Vec<_>>(),
        Stretch::Missing(len) if *len > 4 => vec![Stretch::Missing(3), Stretch::Missing(len - 3)],
        Stretch::Missing(len) => vec![Stretch::Missing(*len)],
    });
    let in_pieces = decode(sender, agreement, cut);
    let (events, kept) = decode(sender, agreement, stretches.into_iter());
    assert_eq!(in_pieces.0, events, "in pieces");
    assert_eq!(in_pieces.1, kept, "in pieces");
    let (seen, told) = in_short(events, kept);
    let (seen_slowly, told_slowly) = read(&cells, &agreement);
    assert_eq!(seen, seen_slowly);
    for one in &told_slowly {
        let Told::Whole { start, content: Some(content), .. } = one else { continue };
        let kept = told.iter().find_map(|told| match told {
            Told::Whole { start: of, content, .. } if of == start => content.as_ref(),
            _ => None,
        });
        assert_eq!(kept.map(Vec::as_slice), content.get(..KEPT.min(content.len())));
    }
    assert_eq!(together(told), together(told_slowly));
}

/// A stream as a target of stretches reads it.
pub(crate) fn stretched(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(200).flat_map(|chunk| [&[chunk.len() as u8], chunk].concat()).collect()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let frames = samples::connections(3 << 10).into_iter().filter_map(|c| c.frames());
    let seed = |what: u8, stream: &[u8]| [&[what, 7], &stretched(stream)[..]].concat();
    let both = frames.flat_map(|frames| [seed(0, &frames.client), seed(1, &frames.server)]);
    let mut seeds: Vec<Vec<u8>> = both.filter(|seed| seed.len() > 2).collect();
    // A hole in a payload, and one in a header.
    seeds.push([&[0, 1][..], &[6, 0x81, 8, b'a', b'b', b'c', b'd', 0, 3, 2, 0x89, 0]].concat());
    seeds.push([&[1, 1][..], &[4, 0x01, 2, 0xC3, 0x28, 1, 0x80, 0, 0, 4, 0x82, 2, 1, 2]].concat());
    seeds
}
