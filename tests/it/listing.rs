//! Frames one by one: `wsblame frames`, and what the library hands out for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use wsblame::pipeline::{Analysis, Input, Limits, Options, Places, Tap};
use wsblame::report::frames::{Frame, FrameRow, What};
use wsblame::report::{Report, SideName};
use wsblame::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, Play, SERVER_CLOSES, SERVER_FIN, Script,
    Step, binary, continuation, ping, pong, text, write_pcap,
};

use crate::made;
use crate::support::{all_samples, analyse, capture_of_segments, root, segments};

/// The rows of what `read` reads.
pub(crate) fn rows_of(
    wanted: Option<Places>,
    keep: usize,
    read: impl FnOnce(&mut Analysis) + Send,
) -> (Vec<FrameRow>, Report) {
    rows_within(Limits::default(), wanted, keep, read)
}

fn rows_within(
    limits: Limits,
    wanted: Option<Places>,
    keep: usize,
    read: impl FnOnce(&mut Analysis) + Send,
) -> (Vec<FrameRow>, Report) {
    let (tap, rows) = Tap::new(wanted, keep);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut analysis = Analysis::new(Options { limits, ..Options::default() });
            analysis.list_frames(tap);
            read(&mut analysis);
            analysis.into_report()
        });
        let rows = rows.into_iter().flatten().collect();
        (rows, reader.join().expect("no panic"))
    })
}

/// The rows of a capture in memory.
pub(crate) fn rows(capture: &[u8]) -> Vec<FrameRow> {
    rows_of(None, 1 << 20, |analysis| analysis.read("sample", capture)).0
}

fn played(script: Script) -> Vec<FrameRow> {
    rows(&write_pcap(&Play::of(script)))
}

fn frames(rows: &[FrameRow]) -> impl Iterator<Item = (&FrameRow, &Frame)> {
    rows.iter().filter_map(|row| Some((row, row.frame()?)))
}

/// `client text`, `server pong`, `client hole`, …
fn said(rows: &[FrameRow]) -> Vec<String> {
    let what = |row: &FrameRow| match &row.what {
        What::Frame(frame) => frame.name.clone(),
        What::Hole { bytes, .. } => format!("hole {bytes}"),
        What::Unread { bytes } => format!("unread {bytes}"),
        What::Torn { received, .. } => format!("torn {received}"),
    };
    rows.iter().map(|row| format!("{} {}", row.side.name(), what(row))).collect()
}

#[test]
fn there_are_as_many_rows_as_frames_are_counted() {
    for (name, capture) in all_samples() {
        let report = analyse(&capture);
        let mut counted: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        for connection in &report.connections {
            let traffic =
                [("client", &connection.traffic.client), ("server", &connection.traffic.server)];
            for (side, sent) in traffic {
                *counted.entry((connection.tcp_stream, side)).or_default() += sent.frames;
            }
        }
        counted.retain(|_, frames| *frames > 0);
        let mut listed: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        let rows = rows(&capture);
        for (row, _) in frames(&rows) {
            *listed.entry((row.tcp_stream, row.side.name())).or_default() += 1;
        }
        assert_eq!(listed, counted, "{name}");
    }
}

#[test]
fn each_sides_rows_are_in_the_order_of_its_stream_and_both_in_that_of_the_packets() {
    for (name, capture) in all_samples() {
        let mut places: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        let mut packets: BTreeMap<u64, u64> = BTreeMap::new();
        for (row, _) in frames(&rows(&capture)) {
            let before = places.insert((row.tcp_stream, row.side.name()), row.offset);
            assert!(before.is_none_or(|before| before < row.offset), "{name}: {row:?}");
            let packet = row.packet.expect("nothing is lost in a sample").number();
            let before = packets.insert(row.tcp_stream, packet);
            assert!(before.is_none_or(|before| before <= packet), "{name}: {row:?}");
        }
    }
}

#[test]
fn a_message_stands_at_its_last_frame() {
    let rows = played(
        const {
            &[
                ASK,
                ACCEPT,
                text("one, ").not_final().from_client(),
                ping(b"between").from_client(),
                pong(b"between").from_server(),
                continuation(b"two").from_client(),
                binary(b"\x00\x01").from_server(),
                CLIENT_CLOSES,
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let expected = ["text", "ping", "pong", "continuation", "binary", "close", "close"];
    let names: Vec<&str> = frames(&rows).map(|(_, frame)| frame.name.as_str()).collect();
    assert_eq!(names, expected);
    let messages: Vec<_> = frames(&rows)
        .filter_map(|(row, frame)| Some((row.side, frame.message.clone()?)))
        .map(|(side, m)| (side, m.number, m.kind, m.fragments, m.bytes))
        .collect();
    assert_eq!(
        messages,
        [
            (SideName::Client, 1, "text".to_owned(), 2, 8),
            (SideName::Server, 2, "binary".to_owned(), 1, 2),
        ]
    );
    let codes: Vec<_> = frames(&rows).filter_map(|(_, frame)| frame.code).collect();
    assert_eq!(codes, [1000, 1000]);
}

const TALK: Script = &[
    ASK,
    ACCEPT,
    text("the first of the client").from_client(),
    text("the first of the server").from_server(),
    text("the second of the client").from_client(),
    text("the second of the server").from_server(),
    text("the third of the client").from_client(),
    CLIENT_CLOSES,
    SERVER_CLOSES,
    SERVER_FIN,
    CLIENT_FIN,
];

#[test]
fn a_hole_is_a_row_and_what_stands_behind_it_is_marked() {
    let whole = segments(&write_pcap(&Play::of(TALK)));
    let payload = |segment: &crate::support::Seg| segment.payload.len();
    let second = whole.iter().position(|segment| payload(segment) == 30).expect("24 + 6");
    let mut segments = whole.clone();
    segments.remove(second);
    let rows = rows(&capture_of_segments(&segments));
    let client: Vec<String> =
        said(&rows).into_iter().filter(|row| row.starts_with("client")).collect();
    assert_eq!(client[..2], ["client text", "client hole 30"]);
    for (row, frame) in frames(&rows) {
        let behind = row.side == SideName::Client && row.offset > rows[0].offset;
        assert_eq!(frame.searched, behind, "{row:?}");
    }
}

#[test]
fn what_a_hole_takes_from_a_message_is_told() {
    let whole = segments(&write_pcap(&Play::of(TALK)));
    let mut segments = whole.clone();
    let second = segments.iter_mut().find(|s| s.payload.len() == 30).expect("24 + 6");
    // The snap length, as it were: the last 10 bytes of the payload come in a packet that was lost.
    second.payload.truncate(20);
    let rows = rows(&capture_of_segments(&segments));
    let missing: Vec<u64> = frames(&rows).map(|(_, frame)| frame.missing).collect();
    assert_eq!(missing.iter().sum::<u64>(), 10, "{:?}", said(&rows));
    let (_, cut) = frames(&rows).find(|(_, frame)| frame.missing > 0).expect("one");
    assert_eq!(cut.message.as_ref().map(|message| message.bytes), Some(24));
    assert!(frames(&rows).all(|(_, frame)| !frame.searched));
}

#[test]
fn frames_without_a_handshake_are_listed_as_searched_for() {
    let whole = segments(&write_pcap(&Play::of(TALK)));
    let first = whole.iter().position(|segment| segment.payload.len() == 29).expect("23 + 6");
    let rows = rows(&capture_of_segments(&whole[first..]));
    assert!(frames(&rows).count() >= 6, "{:?}", said(&rows));
    assert!(frames(&rows).all(|(_, frame)| frame.searched));
}

#[test]
fn a_message_that_never_ends_does_not_hold_the_other_side_up() {
    // The header says 16 MiB, and the server goes on talking meanwhile.
    const LONG: Step = Step::Frame(
        wsblame::endpoint::Side::Client,
        text("it begins").length(wsblame::script::Length::Claimed64(1 << 24)),
    );
    let rows = played(
        const { &[ASK, ACCEPT, LONG, Step::Repeat(10_000, &text("tick").from_server()), SERVER_FIN] },
    );
    assert_eq!(frames(&rows).count(), 10_001);
    assert_eq!(said(&rows)[..2], ["client text", "server text"]);
    let numbers: Vec<u64> =
        frames(&rows).filter_map(|(_, frame)| Some(frame.message.as_ref()?.number)).collect();
    assert_eq!(numbers, (1..=10_000).collect::<Vec<u64>>());
    assert!(said(&rows).iter().any(|row| row.starts_with("client torn")));
}

/// Rows by connection.
fn by_connection(rows: &[FrameRow]) -> BTreeMap<Option<u64>, usize> {
    let mut counts = BTreeMap::new();
    rows.iter().for_each(|row| *counts.entry(row.connection).or_default() += 1);
    counts
}

#[test]
fn connections_have_the_numbers_of_the_report() {
    let real = root().join("samples/real");
    let inputs: Vec<Input> =
        ["undici-401-asks-twice", "ws-still-open", "websockets-server-rejects-403"]
            .iter()
            .map(|name| {
                let pcap = real.join(name).with_extension("pcap");
                Input::named(if pcap.exists() { pcap } else { pcap.with_extension("pcapng") })
            })
            .chain([Input::named(root().join("samples/rules/client-frame-unmasked.pcap"))])
            .collect();
    let mut analysis = Analysis::new(Options::default());
    analysis.inputs(&inputs);
    let (places, report) = (analysis.places(), analysis.into_report());
    let listed = |places: Places| {
        let rows = rows_of(Some(places), 0, |analysis| analysis.inputs(&inputs)).0;
        by_connection(&rows)
    };
    let all = listed(places.clone());
    for connection in &report.connections {
        let frames = connection.traffic.client.frames + connection.traffic.server.frames;
        let rows = all.get(&Some(connection.id)).copied().unwrap_or_default();
        assert_eq!(rows as u64, frames, "connection {}", connection.id);
    }
    let last = report.connections.last().expect("some").id;
    assert!(last > 3);
    let only = listed(places.only(&[last]));
    assert_eq!(only.keys().copied().collect::<Vec<_>>(), [Some(last)]);
}

fn wsblame(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsblame"));
    command.args(arguments).current_dir(root()).env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    wsblame(arguments).output().expect("it runs")
}

/// The same with a capture on standard input.
fn piped(arguments: &[&str], capture: &[u8]) -> Output {
    let mut child = wsblame(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(capture));
        child.wait_with_output().expect("it ends")
    })
}

fn printed(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn the_lists_of_some_samples_are_as_they_were() {
    const LISTED: &[&str] = &[
        "real/wsproto-fragments-with-ping-ipv6.pcap",
        "real/ws-permessage-deflate.pcap",
        "real/ws-client-http-text-in-stream.pcap",
        "rules/torn-frame.pcap",
    ];
    let mut made = Vec::new();
    for sample in LISTED {
        let name = Path::new(sample).file_stem().expect("a name").to_string_lossy();
        let sample = format!("samples/{sample}");
        for (format, extension) in [("text", "txt"), ("ndjson", "ndjson"), ("csv", "csv")] {
            let output = run(&["frames", &sample, "--payload", "text", "-f", format]);
            made.push((format!("{name}.{extension}"), printed(&output).into_bytes()));
        }
    }
    made::check_folder("tests/golden/frames", &made);
}

#[test]
fn standard_input_gives_the_same_rows() {
    let sample = "samples/real/ws-still-open.pcapng";
    let bytes = fs::read(root().join(sample)).expect("a sample");
    let arguments = ["frames", "-f", "ndjson", "--connection", "1"];
    let file = printed(&run(&[&arguments[..], &[sample]].concat()));
    assert!(file.lines().count() > 3);
    let stdin = printed(&piped(&[&arguments[..], &["-"]].concat(), &bytes));
    assert_eq!(stdin, file);
    // Without a number to wait for, rows go out as they are read.
    let live = printed(&piped(&["frames", "-f", "ndjson", "-"], &bytes));
    assert_eq!(live.replace("\"connection\":null", "\"connection\":1"), file);
}

#[test]
fn csv_has_as_many_cells_in_each_row() {
    let output = printed(&run(&[
        "frames",
        "-f",
        "csv",
        "--payload",
        "text",
        "samples/rules/torn-frame.pcap",
    ]));
    let mut lines = output.lines();
    let columns = lines.next().expect("headings").split(',').count();
    assert!(lines.clone().count() > 2);
    assert!(lines.all(|line| line.split(',').count() == columns), "{output}");
}

#[test]
fn what_cannot_be_listed_is_said_by_the_exit_code() {
    let sample = "samples/rules/torn-frame.pcap";
    let code = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(code(&["frames", sample]), Some(0));
    assert_eq!(code(&["frames", sample, "--connection", "2"]), Some(2));
    assert_eq!(code(&["frames", sample, "--payload-limit", "3"]), Some(2)); // of what?
    assert_eq!(code(&["frames", "absent.pcap"]), Some(3));
    assert_eq!(code(&["frames", sample, "absent.pcap"]), Some(3));
    assert_eq!(code(&["frames", "README.md"]), Some(3));
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("frames-{test}"));
        let _ = fs::remove_dir_all(&path); // a run before may have been ended
        fs::create_dir_all(&path).expect("a writable target folder");
        Folder(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a writable folder");
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // it is only litter
    }
}

#[test]
fn the_files_of_a_series_are_listed_as_one() {
    let folder = Folder::new("series");
    let whole = write_pcap(&Play::of(TALK));
    let packets = crate::support::packets(&whole);
    let (one, two) = packets.split_at(packets.len() / 2);
    let one = folder.file("talk.pcap1", &crate::support::capture_of(one));
    let two = folder.file("talk.pcap2", &crate::support::capture_of(two));
    let both = printed(&run(&["frames", "-f", "csv", &one, &two]));
    assert!(both.contains(",1#") && both.contains(",2#"), "{both}");
    let alone = folder.file("whole.pcap", &whole);
    let rows = |output: &str| output.lines().count();
    assert_eq!(rows(&both), rows(&printed(&run(&["frames", "-f", "csv", &alone]))));
}

#[test]
fn two_connections_at_once_are_told_apart() {
    let folder = Folder::new("two");
    let mut play = Play::new(1_460);
    [CONFORMING, TALK].iter().for_each(|script| play.connection(script));
    let capture = folder.file("two.pcap", &write_pcap(&play.into_packets()));
    let lines = |arguments: &[&str]| {
        let all = [&["frames", "-f", "csv", &capture], arguments].concat();
        printed(&run(&all)).lines().count() - 1
    };
    let (one, two) = (lines(&["--connection", "1"]), lines(&["--connection", "2"]));
    assert_eq!((one, two), (4, 7));
    assert_eq!(lines(&["--connection", "1,2"]), one + two);
    assert_eq!(lines(&[]), one + two);
}

#[test]
fn each_message_goes_to_a_file_as_it_was_before_it_was_compressed() {
    let folder = Folder::new("dump");
    let dump = folder.0.join("messages");
    let dump = dump.to_str().expect("a plain path");
    let sample = "samples/real/ws-permessage-deflate.pcap";
    let list = printed(&run(&["frames", sample, "-f", "ndjson", "--dump", dump]));
    let read = |name: &str| fs::read(Path::new(dump).join(name)).expect("it is there");
    let mut files = 0;
    for line in list.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let message = &row["message"];
        if message.is_null() {
            continue;
        }
        files += 1;
        let number = message["number"].as_u64().expect("a number");
        let side = row["side"].as_str().expect("a side");
        let content = read(&format!("c1-{number}-{side}.txt"));
        assert_eq!(message["inflated"].as_u64(), Some(content.len() as u64));
        assert!(std::str::from_utf8(&content).is_ok());
    }
    assert!(files >= 6);
    assert_eq!(fs::read_dir(dump).expect("a folder").count(), files);
    assert_eq!(read("c1-1-client.txt"), read("c1-2-server.txt"), "the server echoes");

    // Nobody's files are replaced, and messages of two runs are not mixed.
    let again = run(&["frames", sample, "--dump", dump]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
    assert_eq!(run(&["frames", sample, "--dump", dump, "--force"]).status.code(), Some(0));
}

#[test]
fn a_limit_leaves_messages_out_and_says_so() {
    let folder = Folder::new("dump-limit");
    let dump = folder.0.join("messages");
    let capture = folder.file("talk.pcap", &write_pcap(&Play::of(TALK)));
    let dumped = run(&[
        "frames",
        &capture,
        "--dump",
        dump.to_str().expect("a plain path"),
        "--dump-limit",
        "50",
    ]);
    assert_eq!(dumped.status.code(), Some(0));
    let said = String::from_utf8_lossy(&dumped.stderr).into_owned();
    assert!(said.contains("messages left out because of --dump-limit: 3"), "{said}");
    assert_eq!(fs::read_dir(&dump).expect("a folder").count(), 2);
}

#[test]
fn a_message_with_a_hole_is_not_written_as_if_it_were_whole() {
    let folder = Folder::new("dump-hole");
    let mut segments = segments(&write_pcap(&Play::of(TALK)));
    let second = segments.iter_mut().find(|s| s.payload.len() == 30).expect("24 + 6");
    second.payload.truncate(20);
    let capture = folder.file("talk.pcap", &capture_of_segments(&segments));
    let dump = folder.0.join("messages");
    printed(&run(&["frames", &capture, "--dump", dump.to_str().expect("a plain path")]));
    let entries = fs::read_dir(&dump).expect("a folder");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "c1-1-client.txt",
            "c1-2-server.txt",
            "c1-3-client.txt.partial",
            "c1-4-server.txt",
            "c1-5-client.txt",
        ]
    );
    let partial = fs::read(dump.join("c1-3-client.txt.partial")).expect("it is there");
    assert_eq!(partial, b"the second of ");
}

#[test]
fn what_is_held_of_open_messages_is_bounded_over_all_connections() {
    const PART: [u8; 1_000] = [7; 1_000];
    let script: Script = const {
        &[
            ASK,
            ACCEPT,
            binary(&PART).not_final().from_client(),
            continuation(&PART).not_final().from_client(),
            text("meanwhile").from_server(),
            continuation(&PART).not_final().from_client(),
            continuation(&PART).from_client(),
            binary(&PART).from_client(),
        ]
    };
    let capture = write_pcap(&Play::of(script));
    let contents = |content: usize| -> Vec<(usize, u64, bool)> {
        let limits = Limits { content, ..Limits::default() };
        let read = |analysis: &mut Analysis| analysis.read("sample", capture.as_slice());
        let (rows, _) = rows_within(limits, None, 1 << 20, read);
        let contents = frames(&rows).filter_map(|(_, frame)| frame.content.as_ref());
        contents.map(|content| (content.bytes.len(), content.len, content.sound)).collect()
    };
    let small = (9, 9, true);
    let next = (1_000, 1_000, true);
    assert_eq!(contents(4_000), [small, (4_000, 4_000, true), next]);
    // Only the beginning of the large one is left, and it is not taken for all of it.
    assert_eq!(contents(2_000), [small, (512, 4_000, true), next]);
}

#[test]
fn no_folder_is_made_for_captures_that_are_not_there() {
    let folder = Folder::new("dump-absent");
    let dump = folder.0.join("messages");
    let into = dump.to_str().expect("a plain path");
    assert_eq!(run(&["frames", "absent.pcap", "--dump", into]).status.code(), Some(3));
    let sample = "samples/rules/torn-frame.pcap";
    let absent = ["frames", sample, "--connection", "9", "--dump", into];
    assert_eq!(run(&absent).status.code(), Some(2));
    assert!(!dump.exists());
    assert_eq!(run(&["frames", sample, "--dump", into]).status.code(), Some(0));
    assert!(dump.is_dir());
}

#[test]
fn payload_is_cut_at_the_limit_and_harms_no_terminal() {
    let folder = Folder::new("payload");
    let script: Script = const {
        &[ASK, ACCEPT, text("\x1b[2Jerased?").from_client(), binary(b"\x00\xff").from_server()]
    };
    let capture = folder.file("talk.pcap", &write_pcap(&Play::of(script)));
    let text = printed(&run(&["frames", &capture, "--payload", "text", "--payload-limit", "6"]));
    assert!(text.contains(r"| \u{1b}[2Jer"), "{text}");
    assert!(text.contains("… 5 bytes more") && text.contains("00 ff"), "{text}");
    for format in ["text", "ndjson", "csv"] {
        let list = printed(&run(&["frames", &capture, "--payload", "text", "-f", format]));
        assert!(!list.contains('\x1b') && list.contains("erased?"), "{list}");
        let bare = printed(&run(&["frames", &capture, "-f", format]));
        assert!(!bare.contains("erased?"), "{bare}");
    }
}

/// Whatever packet is lost, no frame is made up: what is not marked as searched for is in the list
/// of the whole capture too.
#[test]
fn a_lost_packet_brings_no_frame_that_was_not_sent() {
    type Known = (SideName, u64, u8, bool, u64, Option<String>);
    let known = |rows: &[FrameRow]| -> BTreeSet<Known> {
        let certain = frames(rows).filter(|(_, frame)| !frame.searched);
        certain
            .map(|(row, frame)| {
                let Frame { opcode, fin, length, mask, .. } = frame;
                (row.side, row.offset, *opcode, *fin, *length, mask.clone())
            })
            .collect()
    };
    for (name, capture) in all_samples() {
        let whole = segments(&capture);
        if whole.len() > 40 {
            continue;
        }
        let all = known(&rows(&capture_of_segments(&whole)));
        for lost in 0..whole.len() {
            let mut left = whole.clone();
            let lost = left.remove(lost);
            // Without it offsets count from another byte.
            if lost.flags & 0x02 != 0 {
                continue;
            }
            let left = known(&rows(&capture_of_segments(&left)));
            assert!(left.is_subset(&all), "{name}: {lost:?} {:?}", left.difference(&all));
        }
    }
}
