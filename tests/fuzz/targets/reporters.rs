//! Every reporter, with strings of somebody who means harm wherever a stranger may put one: what
//! comes out moves no terminal, and is what its format says it is.

use std::thread;

use wsblame::pipeline::{Analysis, Options, Tap};
use wsblame::report::frames::{FRAME_FORMATS, FrameRow, PayloadAs};
use wsblame::report::{Colour, Detail, FORMATS, Report, Style, escape};
use wsblame::script::{REQUEST, RESPONSE};

use super::findings;
use super::samples;
use super::talk::{FIN, Talk, frame};
use super::tape::Tape;

/// Control characters, and characters that reorder or hide others.
fn moves_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}' | '\u{61c}')
}

fn assert_harmless(text: &str, format: &str) {
    let odd = text.chars().find(|c| *c != '\n' && moves_a_terminal(*c));
    assert_eq!(odd, None, "{format}: {text}");
}

/// Writes a report in every format and looks at what comes out.
pub(crate) fn lay_out(report: &Report) {
    for format in FORMATS {
        for (detail, width) in [(Detail::Brief, 100), (Detail::Full, 40)] {
            let style = Style { colour: Colour::Plain, width, detail };
            let mut out = Vec::new();
            (format.write)(report, &style, &mut out).expect("a Vec takes all");
            let text = String::from_utf8(out).expect("a report is UTF-8");
            assert_harmless(&text, format.name);
            match format.name {
                "json" => assert!(is_json(&text), "{text}"),
                "ndjson" => assert!(text.lines().all(is_json), "{text}"),
                _ => {}
            }
        }
        // Colours are the only sequences for a terminal, and each is ended.
        let style = Style { colour: Colour::Ansi, width: 80, detail: Detail::Full };
        let mut out = Vec::new();
        (format.write)(report, &style, &mut out).expect("a Vec takes all");
        let text = String::from_utf8(out).expect("a report is UTF-8");
        let mut parts = text.split('\u{1b}');
        assert_harmless(parts.next().unwrap_or_default(), format.name);
        for part in parts {
            let rest = part.strip_prefix('[').expect("a sequence");
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';').expect("its end");
            assert!(rest[end..].starts_with('m'), "{}: {part:?}", format.name);
            assert_harmless(&rest[end..], format.name);
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object())
}

/// The frames of a capture, with their content, and the report on it.
fn listed(name: &str, capture: &[u8]) -> (Vec<FrameRow>, Report) {
    let (tap, rows) = Tap::new(None, 1 << 10);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut analysis = Analysis::new(Options::default());
            analysis.list_frames(tap);
            analysis.read(name, capture);
            analysis.into_report()
        });
        let rows = rows.into_iter().flatten().collect();
        (rows, reader.join().expect("no panic"))
    })
}

fn lay_out_frames(rows: &[FrameRow], report: &Report) {
    for format in FRAME_FORMATS {
        let mut writer = (format.begin)();
        let mut out = Vec::new();
        writer.head(Some(report), &mut out).expect("a Vec takes all");
        rows.iter().for_each(|row| writer.row(row, &mut out).expect("a Vec takes all"));
        let text = String::from_utf8(out).expect("rows are UTF-8");
        assert_harmless(&text, format.name);
        match format.name {
            "ndjson" => {
                assert_eq!(text.lines().count(), rows.len());
                assert!(text.lines().all(is_json), "{text}");
            }
            "csv" => {
                let mut reader =
                    csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                let records: Vec<csv::StringRecord> =
                    reader.records().map(|record| record.expect("as wide as the others")).collect();
                assert_eq!(records.len(), rows.len() + 1);
                let cells = records.iter().flat_map(csv::StringRecord::iter);
                let formula = |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert_eq!(cells.into_iter().find(formula), None, "{text}");
            }
            _ => {}
        }
    }
}

/// What every way of writing a string out promises.
fn escaped(text: &str) {
    assert_harmless(&escape::terminal(text), "terminal");
    assert!(!escape::terminal(text).contains('\n'));
    let json = escape::json(text);
    assert_harmless(&json, "json");
    let code = escape::markdown_code(text);
    assert_harmless(&code, "code");
    assert!(!code.contains('\n'), "{code}");
    if code != "(empty)" {
        let fence = code.len() - code.trim_start_matches('`').len();
        let inside = &code[fence..code.len() - fence];
        let longest = inside.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        assert!(
            longest < fence || inside.split(|c| c != '`').all(|run| run.len() != fence),
            "{code}"
        );
        assert!(!inside.starts_with('`') && !inside.ends_with('`'), "{code}");
    }
    let prose = escape::markdown(text);
    assert_harmless(&prose, "markdown");
    assert!(!prose.contains('\n'));
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let name = String::from_utf8_lossy(tape.some()).into_owned();
    let line = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect()
    };
    let mut field = |head: &str, name: &str| {
        [
            head.trim_end().as_bytes(),
            b"\r\n",
            name.as_bytes(),
            b": ",
            &line(tape.some()),
            b"\r\n\r\n",
        ]
        .concat()
    };
    let request = field(REQUEST, "User-Agent");
    let response = field(RESPONSE, "Sec-WebSocket-Protocol");
    let mut target = line(tape.some());
    target.retain(|byte| *byte != b' ');
    let request = [b"GET /", &target[..], &request[b"GET /chat".len()..]].concat();
    let mut talk = Talk::opened_by(&request, &response);
    let kinds = tape.byte();
    let mask = Some([0x11, 0x22, 0x33, 0x44]);
    talk.say(0, &frame(0x81, tape.some(), mask));
    talk.say(1, &frame(if kinds & 1 == 0 { 0x81 } else { 0x82 }, tape.some(), None));
    talk.say(1, &frame(0x89, tape.some(), None));
    if kinds & 2 != 0 {
        talk.say(1, tape.some());
    }
    let code = [1000_u16, 1002, 4000, 4401][usize::from(kinds >> 2 & 3)].to_be_bytes();
    let reason = tape.some();
    let reason = &reason[..reason.len().min(123)];
    talk.say(1, &frame(0x88, &[&code[..], reason].concat(), None));
    if kinds & 0x10 != 0 {
        talk.say(0, &frame(0x88, &code, mask));
    }
    talk.end(1, FIN);
    escaped(&name);
    escaped(&String::from_utf8_lossy(reason));
    let (mut rows, report) = listed(&name, &talk.capture());
    findings::check(&report, talk.packets.len() as u64);
    lay_out(&report);
    lay_out_frames(&rows, &report);
    let how = if kinds & 0x20 == 0 { PayloadAs::Text } else { PayloadAs::Hex };
    rows.iter_mut().for_each(|row| row.show_payload(how, 100));
    lay_out_frames(&rows, &report);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const NASTY: &[&[u8]] = &[
        b"\x1b]0;owned\x07",
        b"\x1b[2J",
        "\u{202e}\u{2066}\u{ad}".as_bytes(),
        b"| `x` <b> [a](b) @all #1 www.example.org",
        b"<script>alert(1)</script>",
        b"=cmd|' /C calc'!A0",
        b"\0\0\0\0",
        b"\xff\xfe\xc2\x9b31m",
        b"\"},{\"a\":\"",
        b"token=secret&access_token=abc",
        b"``` \\u{1b} \\",
        "１＝２ 🦀 é e\u{301} \u{e0041}".as_bytes(),
    ];
    let some = |bytes: &[u8]| [&[bytes.len() as u8], bytes].concat();
    let seed = |kinds: u8, nasty: &[u8]| {
        let field = some(nasty);
        [&field[..], &field, &field, &field, &[kinds], &field, &field, &field, &field, &field]
            .concat()
    };
    let mut seeds: Vec<Vec<u8>> =
        (0..).zip(NASTY).map(|(kinds, nasty)| seed(kinds * 5, nasty)).collect();
    seeds.push(seed(0x1F, &NASTY.concat()[..60]));
    samples::some_of(seeds, 64)
}
