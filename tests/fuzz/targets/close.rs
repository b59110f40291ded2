//! The payload of a Close and the text of a message: what is said of them, against the tables of
//! RFC 6455 §7.4 and the standard library.

use wsblame::rules::Severity;
use wsblame::script::{REQUEST, RESPONSE};
use wsblame::ws::{Utf8, Utf8Kind};

use super::conversation::report;
use super::talk::{FIN, Talk, frame};
use super::tape::{Tape, pieces};

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let salt = u32::from(tape.byte());
    let server_closes = tape.byte() & 1 == 1;
    let rest = tape.rest();
    check_text(rest, salt);
    check_close(&rest[..rest.len().min(125)], usize::from(server_closes));
}

/// In pieces and whole as `std` has it.
fn check_text(text: &[u8], salt: u32) {
    let check = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut utf8 = Utf8::default();
        for piece in pieces {
            utf8.push(piece)?;
        }
        utf8.finish()
    };
    let whole = check(&mut [text].into_iter());
    assert_eq!(check(&mut pieces(text, salt)), whole, "in pieces");
    match (whole, std::str::from_utf8(text)) {
        (Ok(()), Ok(_)) => {}
        (Err(fault), Err(error)) => {
            assert_eq!(fault.offset, error.valid_up_to() as u64);
            assert_eq!(fault.kind == Utf8Kind::Truncated, error.error_len().is_none());
            assert_eq!(fault.opening, text[..text.len().min(8)]);
            let shown = &text[error.valid_up_to()..];
            assert!(shown.starts_with(&fault.bytes) && !fault.bytes.is_empty());
            assert!(fault.end > fault.offset && fault.end <= text.len() as u64);
        }
        (whole, error) => panic!("{whole:?}, where std says {error:?}"),
    }
}

/// Codes that an endpoint may send (RFC 6455 §7.4.1, §7.4.2, and the registry of IANA).
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// One side closes with this payload, the other answers with the same.
fn check_close(payload: &[u8], closer: usize) {
    let mask = |side: usize| (side == 0).then_some([1, 2, 3, 4]);
    let mut talk = Talk::opened_by(REQUEST.as_bytes(), RESPONSE.as_bytes());
    talk.say(closer, &frame(0x88, payload, mask(closer)));
    talk.say(1 - closer, &frame(0x88, &payload[..payload.len().min(2)], mask(1 - closer)));
    talk.end(1, FIN);
    talk.end(0, FIN);
    let report = report(&talk.packets);
    let [connection] = &report.connections[..] else { panic!("one connection") };
    let sent =
        if closer == 0 { &connection.close.client_sent } else { &connection.close.server_sent };
    let sent = sent.as_ref().expect("it has sent a Close");
    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
    assert_eq!(sent.code, code);
    let reason = payload.get(2..).unwrap_or_default();
    let is_sound = match code {
        None => payload.is_empty(),
        Some(code) => may_be_sent(code) && std::str::from_utf8(reason).is_ok(),
    };
    let errors = connection.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<&str> = errors.map(|finding| finding.rule.as_str()).collect();
    // 1010 says what a client has missed: no server may.
    let misused = code == Some(1010) && closer == 1;
    // 1005 and such are reported by an API as the reason why there is no code.
    assert!(is_sound || !errors.is_empty(), "{payload:x?}: {errors:?}");
    assert!(!is_sound || errors.is_empty() || misused, "{payload:x?}: {errors:?}");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let close = |code: u16, reason: &[u8]| [&[0, 1], &code.to_be_bytes()[..], reason].concat();
    let codes = [
        0, 999, 1000, 1001, 1004, 1005, 1006, 1010, 1012, 1014, 1015, 1016, 2999, 3000, 4999, 5000,
    ];
    let mut seeds: Vec<Vec<u8>> = codes.iter().map(|code| close(*code, b"bye")).collect();
    seeds.push(close(1000, "tạm biệt".as_bytes()));
    seeds.push(close(1000, b"caf\xe9"));
    seeds.push(close(1000, b"\xf0\x9f\xa6"));
    seeds.push(close(1007, b"\xed\xa0\x80\xf4\x90\x80\x80"));
    seeds.extend([vec![], vec![0, 0], vec![0, 0, 3]]);
    seeds
}
