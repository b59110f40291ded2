//! Keys of TLS: where they are taken from, what is said of those that cannot be used, and that none
//! of them is ever printed.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use wsblame::pipeline::{Analysis, Options};
use wsblame::report::{BlindSpot, FORMATS, Report, Style};
use wsblame::script::{CONFORMING, Play, write_pcap};

use crate::folder::Folder;
use crate::pack::{Order, PACKINGS, Packing, Written, block, pack, write};
use crate::support::packets;

/// The secret of every log here, as a part of it looks.
const SECRET: &str = "c0ffee5ec4e7";

fn wsblame(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsblame"));
    command.args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    command.env_remove("CLICOLOR_FORCE").env_remove("SSLKEYLOGFILE");
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    taken(wsblame(arguments).output())
}

fn taken(output: std::io::Result<Output>) -> (Option<i32>, String, String) {
    let output = output.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A line of a key log; `secret` has so many bytes.
fn line(label: &str, bytes: usize) -> String {
    format!("{label} {} {}\n", "1f".repeat(32), &SECRET.repeat(20)[..2 * bytes])
}

/// A sound line, a malformed one, and one with a label of the future.
fn doubtful() -> String {
    line("CLIENT_RANDOM", 48) + &line("CLIENT_RANDOM", 47) + &line("OF_THE_FUTURE", 32)
}

fn conforming() -> Vec<u8> {
    write_pcap(&Play::of(CONFORMING))
}

/// The conforming sample as pcapng: a comment on its section, secrets in front of its packets, and
/// more behind them.
fn with_secrets(order: Order, comment: &str, front: &[u8], behind: &[u8]) -> Vec<u8> {
    let plain = write(&packets(&conforming()), Written::Pcapng(order, 9));
    // The section header of 28 bytes has no options; this one does.
    let mut header = plain[8..24].to_vec();
    let len = u16::try_from(comment.len()).expect("a short comment");
    header.extend(match order {
        Order::Little => [[1, 0], len.to_le_bytes()].concat(),
        Order::Big => [[0, 1], len.to_be_bytes()].concat(),
    });
    header.extend(comment.as_bytes());
    header.resize(header.len().next_multiple_of(4), 0);
    header.extend([0; 4]);
    let mut file = block(order, 0x0A0D_0D0A, &header);
    file.extend(secrets(order, front));
    file.extend(&plain[28..]);
    file.extend(secrets(order, behind));
    file
}

/// A decryption secrets block with a key log.
fn secrets(order: Order, log: &[u8]) -> Vec<u8> {
    let number = |number: u32| match order {
        Order::Little => number.to_le_bytes(),
        Order::Big => number.to_be_bytes(),
    };
    let len = u32::try_from(log.len()).expect("a short log");
    block(order, 10, &[&number(0x544C_534B), &number(len)[..], log].concat())
}

fn analyse(name: &str, file: &[u8]) -> Report {
    let mut analysis = Analysis::new(Options::default());
    analysis.read(name, file);
    analysis.into_report()
}

fn of_keys(report: &Report) -> Vec<&BlindSpot> {
    let spots = report.captures.iter().flat_map(|capture| &capture.blind_spots);
    spots.filter(|spot| spot.kind == "key-log").collect()
}

#[test]
fn what_is_wrong_with_a_key_log_is_said_once_and_without_its_secrets() {
    let folder = Folder::new("keys-doubtful");
    let capture = folder.file("a.pcap", &conforming());
    let log = folder.file("keys.log", doubtful().as_bytes());
    for command in [&["--keylog", text(&log)][..], &["frames", "--keylog", text(&log)]] {
        let (code, out, said) = run(&[command, &[text(&capture)]].concat());
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.contains("keys.log: line 2 is skipped: no secret under this label has 47"));
        assert!(said.contains("keys.log: 1 line with a label that is not known is skipped"));
        assert!(!said.contains(&SECRET[..6]) && !out.contains(&SECRET[..6]), "{said}{out}");
    }
}

#[test]
fn several_key_logs_are_read_and_nothing_is_said_of_sound_ones() {
    let folder = Folder::new("keys-sound");
    let capture = folder.file("a.pcap", &conforming());
    let one = folder.file("one.log", line("CLIENT_RANDOM", 48).as_bytes());
    let other = folder.file("other.log", line("SERVER_TRAFFIC_SECRET_0", 32).as_bytes());
    let without = run(&[text(&capture)]);
    let with = run(&["--keylog", text(&one), "--keylog", text(&other), text(&capture)]);
    assert_eq!(with, without, "the capture is not encrypted");
    assert_eq!(with.2, "");
}

#[test]
fn a_key_log_that_cannot_be_read_or_is_none_ends_the_run() {
    let folder = Folder::new("keys-none");
    let capture = folder.file("a.pcap", &conforming());
    let absent = folder.path("absent.log");
    for (log, why) in [
        (text(&absent), "absent.log: the key log cannot be read: No such file"),
        (text(folder.at()), "the key log cannot be read: Is a directory"),
        (text(&capture), "a.pcap: not a key log but a packet capture; name it without --keylog"),
    ] {
        for command in [&[][..], &["frames"]] {
            let (code, out, said) = run(&[command, &["--keylog", log, text(&capture)]].concat());
            assert_eq!((code, out.as_str(), said.lines().count()), (Some(3), "", 1), "{said}");
            assert!(said.contains(why), "{said}");
        }
    }
    let (code, _, said) = run(&["--keylog", "-", text(&capture)]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--keylog takes no standard input"), "{said}");
}

#[test]
fn the_variable_is_used_where_no_key_log_is_named_and_never_ends_the_run() {
    let folder = Folder::new("keys-variable");
    let capture = folder.file("a.pcap", &conforming());
    let doubtful = folder.file("doubtful.log", doubtful().as_bytes());
    let sound = folder.file("sound.log", line("CLIENT_RANDOM", 48).as_bytes());
    let said = |value: &Path, arguments: &[&str]| {
        let arguments = [arguments, &[text(&capture)]].concat();
        let (code, _, said) = taken(wsblame(&arguments).env("SSLKEYLOGFILE", value).output());
        assert_eq!(code, Some(0), "{said}");
        said
    };
    assert!(said(&doubtful, &[]).contains("SSLKEYLOGFILE: ") && said(&sound, &[]).is_empty());
    assert!(said(&capture, &[]).contains("not a key log but a packet capture"));
    assert!(said(folder.at(), &[]).contains("Is a directory"));
    // Nothing has been logged there yet.
    assert_eq!(said(&folder.path("absent.log"), &[]), "");
    assert_eq!(said(Path::new(""), &[]), "");
    assert_eq!(said(&doubtful, &["--keylog", text(&sound)]), "");
}

#[test]
fn an_empty_key_log_is_worth_a_word() {
    let folder = Folder::new("keys-empty");
    let capture = folder.file("a.pcap", &conforming());
    let log = folder.file("keys.log", b"# logged by nobody\n");
    let (code, _, said) = run(&["--keylog", text(&log), text(&capture)]);
    assert_eq!(code, Some(0));
    assert!(said.ends_with("keys.log: there are no keys in it yet\n"), "{said}");
}

#[test]
fn a_report_is_not_written_over_a_key_log() {
    let folder = Folder::new("keys-over");
    let capture = folder.file("a.pcap", &conforming());
    let log = folder.file("keys.json", line("CLIENT_RANDOM", 48).as_bytes());
    let (code, _, said) = run(&["--keylog", text(&log), "-o", text(&log), text(&capture)]);
    assert_eq!(code, Some(2));
    assert!(said.contains("is a key log to read; not writing over it"), "{said}");
    let kept = std::fs::read_to_string(&log).expect("it is still there");
    assert_eq!(kept, line("CLIENT_RANDOM", 48));
}

#[test]
fn keys_in_a_capture_change_nothing_in_clear_text_and_sound_ones_are_not_worth_a_word() {
    let sound = line("CLIENT_RANDOM", 48);
    let plain = analyse("a", &write(&packets(&conforming()), Written::Pcapng(Order::Little, 9)));
    for order in [Order::Little, Order::Big] {
        let comment = format!("taken by me\n{sound}");
        let file = with_secrets(order, &comment, sound.as_bytes(), sound.as_bytes());
        let report = analyse("a", &file);
        assert_eq!(of_keys(&report), Vec::<&BlindSpot>::new());
        let json = |report: &Report| serde_json::to_value(&report.connections).expect("data");
        assert_eq!(json(&report), json(&plain));
        assert_eq!(report.captures[0].comments, 1);
    }
}

#[test]
fn keys_in_a_capture_that_cannot_be_used_are_a_blind_spot_wherever_they_stand() {
    let (sound, doubtful) = (line("CLIENT_RANDOM", 48), doubtful());
    let comment = format!("taken by me, and\n{}", line("CLIENT_RANDOM", 47));
    let places = [
        with_secrets(Order::Little, "", doubtful.as_bytes(), sound.as_bytes()),
        with_secrets(Order::Big, "", sound.as_bytes(), doubtful.as_bytes()),
        with_secrets(Order::Big, &comment, b"", b""),
    ];
    for file in &places {
        let report = analyse("a", file);
        let spots = of_keys(&report);
        assert_eq!(spots.len(), 1, "{spots:?}");
        assert!(spots[0].hides.contains("line 2 is skipped: no secret under this label has 47"));
        // Nobody is doubted for it.
        let connection = &report.connections[0];
        assert_eq!(connection.verdict.cause.as_deref(), Some("clean-close"));
        for format in FORMATS {
            let mut out = Vec::new();
            (format.write)(&report, &Style::default(), &mut out).expect("a Vec takes all");
            let out = String::from_utf8(out).expect("text");
            assert!(!out.to_lowercase().contains(&SECRET[..6]), "{}: {out}", format.name);
        }
    }
}

#[test]
fn packed_captures_and_series_bring_their_keys_along() {
    let file = with_secrets(Order::Little, "", b"", doubtful().as_bytes());
    for packing in PACKINGS {
        let packed = pack(&file, *packing);
        let report = analyse("a", &packed);
        let found = of_keys(&report).len();
        assert_eq!(found, 1, "{packing:?}: {:?}", report.captures[0].error);
    }
    let folder = Folder::new("keys-merged");
    let one = folder.file("one.pcapng", &file);
    let other = folder.file("other.pcap.gz", &pack(&conforming(), Packing::Gzip));
    let arguments = ["--series", "always", "-f", "json", text(&one), text(&other)];
    let (_, out, _) = run(&arguments);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let spots = report["captures"][0]["blind_spots"].as_array().expect("a list").clone();
    assert_eq!(spots.iter().filter(|spot| spot["kind"] == "key-log").count(), 1, "{spots:?}");
}

#[test]
fn frames_are_listed_once_where_keys_stand_behind_them() {
    let folder = Folder::new("keys-frames");
    let sound = line("CLIENT_RANDOM", 48);
    let with = folder.file("a.pcapng", &with_secrets(Order::Little, "", b"", sound.as_bytes()));
    let without = folder.file("b.pcap", &conforming());
    let rows = |path: &Path| {
        let (code, out, said) = run(&["frames", "-f", "csv", text(path)]);
        assert_eq!((code, said.as_str()), (Some(0), ""));
        out
    };
    assert_eq!(rows(&with), rows(&without));
    assert!(rows(&with).lines().count() > 2);
}

#[test]
fn how_to_get_keys_is_explained_by_every_word_for_it() {
    let (code, card, said) = run(&["explain", "keylog"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    for word in ["keys", "SSLKEYLOGFILE", "--format=text"] {
        let arguments = match word.strip_prefix("--") {
            Some(_) => vec!["explain", "keylog", word],
            None => vec!["explain", word],
        };
        assert_eq!(run(&arguments).1, card, "{word}");
    }
    for program in ["Chrome", "Firefox", "Node.js", "Python", "curl", "Java", "Go", "nginx"] {
        assert!(card.contains(program), "{program}: {card}");
    }
    assert!(card.contains("editcap --inject-secrets tls,keys.log in.pcapng out.pcapng"), "{card}");
    let (_, spot, _) = run(&["explain", "encrypted"]);
    assert!(spot.contains("wsblame explain keylog"), "{spot}");
}
