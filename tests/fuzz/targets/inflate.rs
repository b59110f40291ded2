//! permessage-deflate, against all messages inflated in one go.

use flate2::{Decompress, FlushDecompress, Status};
use wsblame::ws::deflate::{Inflater, TAIL};
use wsblame::ws::{Compressor, InflateLimits, Inflated};

use super::samples;
use super::tape::{Tape, pieces};

const LIMITS: InflateLimits = InflateLimits { message: 1 << 20, ratio: 200 };
/// What a message can exceed the limits by: what 4 KiB inflate to, and a block of output.
const BEYOND: u64 = (4 << 20) + (64 << 10);

/// All that `stream` inflates to; whether it ended exactly with its last byte.
fn inflate(stream: &[u8]) -> (Vec<u8>, bool) {
    let mut zlib = Decompress::new(false);
    let mut out = Vec::new();
    loop {
        let mut room = [0; 4 << 10];
        let (read, written) = (zlib.total_in() as usize, zlib.total_out());
        let status = zlib.decompress(&stream[read..], &mut room, FlushDecompress::Sync);
        out.extend(&room[..(zlib.total_out() - written) as usize]);
        let stands = zlib.total_in() as usize == read && zlib.total_out() == written;
        match status {
            Ok(Status::StreamEnd) => return (out, zlib.total_in() as usize == stream.len()),
            Err(_) => return (out, false),
            Ok(_) if stands || out.len() > 8 << 20 => return (out, false),
            Ok(_) => {}
        }
    }
}

/// What the messages inflate to, one behind the other: `None` from the first on that does not
/// beyond doubt.
fn slowly(messages: &[&[u8]], takeover: bool) -> Vec<Option<Vec<u8>>> {
    // Nothing may come out of what is added, whichever way the stream is ended.
    const ENDS: [&[u8]; 2] = [&[1, 0, 0, 0xFF, 0xFF], &[0, 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF]];
    let mut before: Vec<u8> = Vec::new();
    let mut came = 0;
    let mut sound = true;
    let mut all = Vec::new();
    for message in messages {
        if !takeover {
            before.clear();
            came = 0;
        }
        let bare = [&before[..], message].concat();
        let needs_tail = !message.is_empty() && !message.ends_with(&TAIL);
        let whole = if needs_tail { [&bare[..], &TAIL].concat() } else { bare.clone() };
        let (out, _) = inflate(&bare);
        sound &= ENDS.iter().all(|end| inflate(&[&whole[..], end].concat()) == (out.clone(), true));
        all.push(sound.then(|| out[came..].to_vec()));
        came = out.len();
        before = whole;
    }
    all
}

fn streamed<'a>(
    inflater: &mut Inflater,
    pieces: impl Iterator<Item = &'a [u8]>,
    loses: bool,
) -> (Vec<u8>, Inflated) {
    let mut out = Vec::new();
    inflater.begin(false);
    pieces.for_each(|piece| inflater.push(piece, |bytes| out.extend(bytes)));
    if loses {
        inflater.lose();
    }
    (out, inflater.finish())
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let what = tape.byte();
    let takeover = what & 1 == 0;
    let compressor = Compressor { window_bits: 8 + (what >> 1 & 7), context_takeover: takeover };
    let lost = usize::from(what >> 4);
    let mut messages: Vec<&[u8]> = Vec::new();
    while !tape.is_over() && messages.len() < 12 {
        let len = usize::from(tape.short());
        messages.push(tape.take(len));
    }
    let expected = slowly(&messages, takeover);
    let mut whole = Inflater::new(compressor, LIMITS);
    let mut parts = Inflater::new(compressor, LIMITS);
    for (number, message) in messages.iter().enumerate() {
        // The last ones behind a hole.
        let loses = lost > 0 && number + 1 == lost;
        let (out, inflated) = streamed(&mut whole, [*message].into_iter(), loses);
        let in_parts = streamed(&mut parts, pieces(message, number as u32), loses);
        assert_eq!(in_parts, (out.clone(), inflated.clone()), "in pieces");
        assert_eq!(out.len() as u64, inflated.len, "{inflated:?}");
        let most = LIMITS.message.min((message.len() as u64 * LIMITS.ratio).max(1 << 20));
        assert!(inflated.len <= most + BEYOND, "{} of {}", inflated.len, message.len());
        assert!(!inflated.complete || inflated.fault.is_none());
        assert!(inflated.certain || inflated.fault.is_none() && inflated.far.is_none());
        let sure = (lost == 0 || number + 1 < lost) && !inflated.stopped;
        if let Some(content) = expected[number].as_ref().filter(|_| sure) {
            assert!(inflated.complete && inflated.fault.is_none(), "{number}: {inflated:?}");
            assert!(inflated.certain, "{number}: {inflated:?}");
            assert!(*content == out, "{number}: other bytes");
        } else if inflated.stopped {
            return; // what follows is not certain any more
        }
        if let Some(far) = inflated.far {
            assert!(
                u64::from(far.distance)
                    > u64::from(compressor.window()).min(far.at + inflated.before)
            );
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let compressed = |takeover: bool, texts: &[&[u8]]| {
        let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
        let mut seed = vec![0x0E | u8::from(!takeover)];
        for text in texts {
            if !takeover {
                deflate.reset();
            }
            let mut out = Vec::with_capacity(text.len() * 2 + 64);
            deflate.compress_vec(text, &mut out, flate2::FlushCompress::Sync).expect("room");
            let message = out.strip_suffix(&TAIL).unwrap_or(&out);
            seed.extend((message.len() as u16).to_le_bytes());
            seed.extend(message);
        }
        seed
    };
    let zeros = vec![0; 40_000];
    let mut seeds = vec![
        compressed(true, &[b"hello", b"hello", b"hello, hello"]),
        compressed(false, &[b"hello", b"hello", &[0; 300]]),
        compressed(true, &[&zeros, &zeros]),
        compressed(true, &[b"", b"x", "Xin chào".repeat(40).as_bytes()]),
    ];
    // What was compressed in the samples: the payload of each frame with RSV1, unmasked.
    for frames in samples::connections(4 << 10).into_iter().filter_map(|carried| carried.frames()) {
        for mut stream in [&frames.client[..], &frames.server] {
            let mut seed = vec![0x0E];
            while let Ok((rest, header)) = wsblame::ws::FrameHeader::parse(stream) {
                let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX).min(rest.len());
                let mut payload = rest[..len].to_vec();
                if let Some(key) = header.mask {
                    wsblame::ws::unmask(&mut payload, key, 0);
                }
                if header.rsv == 4 {
                    seed.extend((len as u16).to_le_bytes());
                    seed.extend(payload);
                }
                stream = &rest[len..];
            }
            if seed.len() > 1 {
                seeds.push(seed);
            }
        }
    }
    seeds
}
