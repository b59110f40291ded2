//! Key logs: how they come in pieces changes nothing, and nothing of what they say is repeated.

use wsblame::tls::{KeyLog, KeyLogFacts, Keyring};

use super::samples;
use super::tape::pieces;

fn read<'a>(log: KeyLog, pieces: impl Iterator<Item = &'a [u8]>) -> (KeyLogFacts, usize, u64) {
    let mut log = log;
    let mut keys = Keyring::new(4);
    pieces.for_each(|piece| log.push(piece, &mut keys));
    let facts = log.finish(&mut keys);
    (facts, keys.sessions(), keys.revision())
}

pub(crate) fn target(data: &[u8]) {
    for begin in [KeyLog::new, KeyLog::among_prose] {
        let whole = read(begin(), [data].into_iter());
        let parts = read(begin(), pieces(data, data.len() as u32));
        assert_eq!(whole, parts, "in pieces");
        let (facts, sessions, _) = whole;
        assert!(sessions <= 4, "within the bound");
        let lines = data.split(|byte| *byte == b'\n').count() as u64;
        assert!(facts.lines <= lines, "{} of {lines} lines", facts.lines);
        for complaint in facts.complaints() {
            assert!(!complaint.chars().any(char::is_control), "{complaint:?}");
            // No secret is as short as this, and nothing else that is said is so long.
            let words = complaint.split(|c: char| !c.is_ascii_hexdigit());
            assert!(words.into_iter().all(|word| word.len() < 16), "{complaint}");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = samples::some_of(samples::key_logs(), 12);
    seeds.iter_mut().for_each(|log| log.truncate(8 << 10));
    let digits = |count: usize| "0f".repeat(count);
    seeds.push(format!("PMS_CLIENT_RANDOM {} {}\r\n", digits(32), digits(128)).into());
    seeds.push(format!("RSA {} {}\n", digits(8), digits(48)).into());
    seeds.push(format!("RSA Session-ID:{} Master-Key:{}\n", digits(32), digits(48)).into());
    seeds.push(b"\xEF\xBB\xBF# comment\nCLIENT_RANDOM zz 00\n-----BEGIN ".to_vec());
    seeds.push("prose, and then some\n".repeat(70).into());
    seeds
}
