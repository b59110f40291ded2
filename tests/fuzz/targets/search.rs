//! The search for frames in the middle of a stream: what it finds lies in what it was given, and
//! what it holds is bounded.

use wsblame::endpoint::Side;
use wsblame::tcp::{Released, StreamEvent};
use wsblame::ws::FrameHeader;
use wsblame::ws::search::{Chain, Look, Resumption, Search, SearchLimits, is_plausible};

use super::samples;
use super::streams::Streams;
use super::tape::Tape;

const LIMITS: SearchLimits = SearchLimits { window: 4 << 10, total: 8 << 10 };

fn check_chain(chain: &Chain, pushed: &[&Released]) {
    let inside = pushed.iter().any(|event| match event {
        Released::Data { offset, bytes } => {
            (*offset..offset + bytes.len() as u64).contains(&chain.start)
        }
        Released::Gap { .. } => false,
    });
    assert!(inside, "a frame at {}", chain.start);
    assert!(chain.frames > 0 && chain.aligned <= chain.frames && chain.texts <= chain.frames);
    let controls = chain.pings.len() + chain.pongs.len() + usize::from(chain.close.is_some());
    assert!(controls as u64 + chain.texts <= chain.frames, "{chain:?}");
}

/// What is taken from `start` on is contiguous, and begins there or behind a hole.
fn check_taken(start: u64, taken: &[Released]) {
    let mut next = start;
    for event in taken {
        let (from, to) = match event.as_event() {
            StreamEvent::Data { offset, bytes } => (offset, offset + bytes.len() as u64),
            StreamEvent::Gap { range, .. } => (range.start, range.end),
        };
        assert!(from == next && to > from, "{from} to {to} after {next}");
        next = to;
    }
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let what = tape.byte();
    let streams = Streams::of(&mut tape);
    search(&streams, what);
    for side in Side::BOTH {
        resume(&streams, side);
    }
    if let Ok((_, header)) = FrameHeader::parse(data) {
        let _ = (is_plausible(&header, Side::Client), is_plausible(&header, Side::Server));
    }
}

fn search(streams: &Streams, what: u8) {
    let mut search = Search::new(LIMITS);
    if what & 1 == 1 {
        search.expect(Side::Client, u64::from(what >> 1) * 4);
    }
    let mut largest = 0;
    let mut found = None;
    for (side, event) in &streams.0 {
        let size = match event {
            Released::Data { bytes, .. } => bytes.len(),
            Released::Gap { .. } => 0,
        };
        largest = largest.max(size);
        search.push(*side, event.as_event());
        match search.look() {
            Look::NotYet => {}
            Look::Found(result) => {
                found = Some(result);
                break;
            }
            Look::GivenUp => return,
        }
    }
    let Some(found) = found.or_else(|| search.look_now()) else { return };
    for side in Side::BOTH {
        let Some(chain) = &found.chains[side] else { continue };
        let sender = if found.swapped { !side } else { side };
        let of_side = streams.0.iter().filter(|(of, _)| *of == sender).map(|(_, event)| event);
        check_chain(chain, &of_side.collect::<Vec<_>>());
        check_taken(chain.start, &search.take_from(sender, chain.start));
    }
}

fn resume(streams: &Streams, side: Side) {
    let mut search = Resumption::new(side, LIMITS);
    let of_side: Vec<&Released> =
        streams.0.iter().filter(|(of, _)| *of == side).map(|(_, event)| event).collect();
    let mut found = None;
    for event in &of_side {
        search.push(event.as_event());
        match search.look() {
            Look::NotYet => {}
            Look::Found(chain) => {
                found = Some(chain);
                break;
            }
            Look::GivenUp => return,
        }
    }
    let Some(chain) = found.or_else(|| search.look_now()) else { return };
    check_chain(&chain, &of_side);
    check_taken(chain.start, &search.take_from(chain.start));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    // What stands behind the heads, with and without them, and in pieces.
    let mut seeds = Vec::new();
    for carried in samples::connections(4 << 10).into_iter().filter(|carried| !carried.is_tls()) {
        seeds.push([&[0x51], &Streams::seed(&carried)[..]].concat());
        if let Some(frames) = carried.frames() {
            let mut bare = samples::Carried::default();
            for (side, stream) in frames.iter() {
                bare.pieces.extend(stream.chunks(100).map(|piece| (side, piece.to_vec())));
            }
            seeds.push([&[0], &Streams::seed(&bare)[..]].concat());
        }
    }
    samples::some_of(seeds, 150)
}
