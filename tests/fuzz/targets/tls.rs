//! TLS: records and handshakes of any kind, with and without keys. What is read is in order and
//! true to its records, and no work is done twice.

use wsblame::endpoint::PerSide;
use wsblame::tcp::Released;
use wsblame::tls::{Keyring, Opened, Session, TlsLimits, speaker};

use super::samples;
use super::streams::{Streams, Unknown};
use super::tape::Tape;

/// What was read of one side: its plaintext, and where each record of it stood.
#[derive(Debug, Default, PartialEq)]
struct Read {
    plain: Vec<u8>,
    records: Vec<(u64, u64)>,
    holes: usize,
}

fn play(streams: &Streams, keys: &Keyring) -> (PerSide<Read>, Session) {
    let limits = TlsLimits { handshake: 8 << 10, held: 16 << 10 };
    let mut session = Session::new(limits);
    let mut read: PerSide<Read> = PerSide::default();
    let mut ends: PerSide<u64> = PerSide::default();
    let mut pushed: PerSide<u64> = PerSide::default();
    let mut drain = |session: &mut Session, pushed: &PerSide<u64>| {
        while let Some((side, opened)) = session.next() {
            let (record, bytes) = match opened {
                Opened::Data { record, bytes } => (record, Some(bytes)),
                Opened::Hole { record, plain, .. } => {
                    assert_ne!(plain, Some(0), "{side}: a hole without bytes");
                    read[side].holes += 1;
                    (record, None)
                }
            };
            assert!(record.start >= ends[side], "{side}: {record:?} behind {}", ends[side]);
            assert!(record.start <= record.end && record.end <= pushed[side], "{side}: {record:?}");
            ends[side] = record.end;
            if let Some(bytes) = bytes {
                assert!(!bytes.is_empty(), "{side}: no bytes");
                assert!(bytes.len() as u64 <= record.len(), "{side}: more than was sent");
                read[side].plain.extend(&bytes);
                read[side].records.push((record.start, record.end));
                session.recycle(bytes);
            }
        }
    };
    for (side, event) in &streams.0 {
        let side = if session.is_reversed() { !*side } else { *side };
        if session.is_reversed() {
            session.swap_sides();
        }
        pushed[side] = match event {
            Released::Data { offset, bytes } => offset + bytes.len() as u64,
            Released::Gap { range, .. } => range.end,
        };
        session.push(side, event.as_event(), keys, &Unknown);
        if session.is_reversed() {
            // Whoever sits above exchanges the sides; here that is the end.
            break;
        }
        drain(&mut session, &pushed);
        assert!(session.held() <= 16 << 20, "{}", session.held());
    }
    let was_reversed = session.is_reversed();
    session.finish(keys, &Unknown);
    if !was_reversed {
        drain(&mut session, &pushed);
    }
    assert!(session.next().is_none() || was_reversed);
    (read, session)
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let what = tape.byte();
    let streams = Streams::of(&mut tape);
    if let Some((_, Released::Data { bytes, .. })) = streams.0.first() {
        let _ = speaker(bytes);
    }
    let none = Keyring::new(1);
    let keys = samples::keys();
    let keys: &Keyring = if what & 1 == 0 { &keys } else { &none };
    let (whole, session) = play(&streams, keys);
    let facts = session.facts();
    let _ = format!("{facts:?}");
    if std::ptr::eq(keys, &none) {
        assert!(whole.iter().all(|(_, read)| read.plain.is_empty()), "without keys");
    }
    // Behind what cannot be read, what is tried next depends on what has come.
    let is_sound = whole.iter().all(|(side, read)| {
        read.holes == 0 && facts.sides[side].refused == 0 && facts.sides[side].partial_at.is_none()
    });
    if what & 2 == 0 && is_sound && !session.is_reversed() {
        let (in_pieces, _) = play(&streams.in_pieces(u32::from(what)), keys);
        for (side, read) in whole.iter() {
            assert_eq!(read.records, in_pieces[side].records, "{side}");
            assert!(read.plain == in_pieces[side].plain, "{side}: other bytes");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let tls = samples::connections(24 << 10).into_iter().filter(samples::Carried::is_tls);
    let tls: Vec<_> = tls.map(|carried| Streams::seed(&carried)).collect();
    let tls = samples::some_of(tls, 60);
    let seed = |what: u8, seed: &[u8]| [&[what], seed].concat();
    tls.iter().flat_map(|stream| [seed(0, stream), seed(1, stream)]).collect()
}
