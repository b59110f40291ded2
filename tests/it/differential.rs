//! A second opinion: what `tshark` counts in a sample is what we count, but for what is explained
//! here. Where there is no `tshark`, there is nothing to compare and the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wsblame::report::{CloseFrameReport, SideName};

use crate::frames::{Frames, frames_of};
use crate::listing::rows;
use crate::support::{all_samples, analyse, everywhere, real_samples, root};
use crate::tunnel::{Link, Tunnel};
use crate::wrapping::{PLAIN, Way, all_at_once, ways, wrapped};

/// Where the two differ, and why. A row that no longer holds fails the test.
#[rustfmt::skip]
const DIFFERENCES: &[Difference] = &[
    ("chromium-http-text-in-stream", "Close from 9125: none by us, 21584", TEXT_AS_CLOSE),
    ("ws-client-http-text-in-stream", "Close from 9126: none by us, 21584", TEXT_AS_CLOSE),
    ("handshake-double-101", "Close from 80: none by us, 21584", TEXT_AS_CLOSE),
    ("injected-http-bytes", "frames 0x8 from 80: 1 by us, 0", NEVER_COMPLETE),
    ("interleaved-writers", "frames 0xa from 80: 1 by us, 0", NEVER_COMPLETE),
    ("length-implausible", "frames 0x1 from 80: 1 by us, 0", NEVER_COMPLETE),
    ("torn-frame", "frames 0x1 from 80: 1 by us, 0", NEVER_COMPLETE),
    ("websockets-client-through-connect-proxy", "frames 0x1 from 9139: 1 by us, 0", BEHIND_CONNECT),
    ("websockets-client-through-connect-proxy", "frames 0x8 from 9139: 1 by us, 0", BEHIND_CONNECT),
    ("websockets-client-through-connect-proxy", "frames 0x1 from 58546: 1 by us, 0", BEHIND_CONNECT),
    ("websockets-client-through-connect-proxy", "frames 0x8 from 58546: 1 by us, 0", BEHIND_CONNECT),
    ("websockets-client-through-connect-proxy", "Close from 9139: 1000 in packet 13 by us, none", BEHIND_CONNECT),
    ("websockets-client-through-connect-proxy", "Close from 58546: 1000 in packet 12 by us, none", BEHIND_CONNECT),
    ("graphql-ws-subscription", "frames 0x1 from 9418: 5 by us, 0", PORT_OF_GIT),
    ("graphql-ws-subscription", "frames 0x8 from 9418: 1 by us, 0", PORT_OF_GIT),
    ("graphql-ws-subscription", "frames 0x1 from 36178: 2 by us, 0", PORT_OF_GIT),
    ("graphql-ws-subscription", "frames 0x8 from 36178: 1 by us, 0", PORT_OF_GIT),
    ("graphql-ws-subscription", "Close from 9418: 1000 in packet 23 by us, none", PORT_OF_GIT),
    ("graphql-ws-subscription", "Close from 36178: 1000 in packet 21 by us, none", PORT_OF_GIT),
    ("handshake-early-client-data", "frames 0x1 from 50000: 1 by us, 0", EARLY),
    ("handshake-response-upgrade-missing", "frames 0x8 from 80: 1 by us, 0", NO_UPGRADE),
    ("handshake-response-upgrade-missing", "frames 0x1 from 50000: 1 by us, 0", NO_UPGRADE),
    ("handshake-response-upgrade-missing", "frames 0x8 from 50000: 1 by us, 0", NO_UPGRADE),
    ("handshake-response-upgrade-missing", "Close from 80: 1000 in packet 12 by us, none", NO_UPGRADE),
    ("handshake-response-upgrade-missing", "Close from 50000: 1000 in packet 10 by us, none", NO_UPGRADE),
];

/// Whether tshark reads packets that come in this way without being told more.
fn is_read_by_tshark((tunnels, link): &Way) -> bool {
    // It says itself that it does not know link type 166; it takes what is in a preamble, or behind
    // labels, for something else unless a preference names it; and VXLAN has another port today.
    let link = !matches!(link, Link::PppPppd | Link::Mpacket | Link::Pseudowire { .. });
    link && !tunnels.contains(&Tunnel::Vxlan { port: 8472 })
}

/// The sample, how the line that tells of the difference begins, and why there is one.
type Difference = (&'static str, &'static str, &'static str);

const TEXT_AS_CLOSE: &str = "\
    The stream goes on with the text of an HTTP response. Its `HT` can be read as the header of a \
    Close, and tshark takes the `TP` behind it for a code; we recognise the text.";
const NEVER_COMPLETE: &str = "\
    The payload never gets as long as the header says. We count a frame when its header was read, \
    tshark when its last byte has come.";
const BEHIND_CONNECT: &str = "\
    The WebSocket was opened behind a CONNECT to a proxy, on which tshark reads no second protocol.";
const PORT_OF_GIT: &str = "\
    The server listens on port 9418, which tshark takes for that of Git.";
const EARLY: &str = "\
    The client did not wait for the response: its first frame came with the request, where tshark \
    looks for HTTP only.";
const NO_UPGRADE: &str = "\
    The 101 has no Upgrade field, so that tshark does not know to what protocol it switched. We go \
    by what the request asked for.";

/// What can be counted in a capture, by us and by others.
#[derive(Default)]
struct Counts {
    packets: u64,
    tcp_streams: u64,
    frames: Frames,
    /// The first Close of each sender, by its port: packet and code.
    closes: BTreeMap<(u64, u16), (u64, Option<u16>)>,
}

fn ours(path: &Path) -> Counts {
    let bytes = fs::read(path).expect("a readable sample");
    let report = analyse(&bytes);
    let frames = frames_of(&bytes, &report);
    let mut closes = BTreeMap::new();
    for connection in &report.connections {
        let mut note = |port: u16, close: &Option<CloseFrameReport>| {
            if let Some(close) = close {
                closes.insert((connection.tcp_stream, port), (close.packet.number(), close.code));
            }
        };
        note(connection.client.port, &connection.close.client_sent);
        note(connection.server.port, &connection.close.server_sent);
    }
    let capture = &report.captures[0];
    Counts { packets: capture.packets, tcp_streams: capture.tcp_streams, frames, closes }
}

fn theirs(path: &Path) -> Counts {
    const FIELDS: [&str; 5] = [
        "frame.number",
        "tcp.stream",
        "tcp.srcport",
        "websocket.opcode",
        "websocket.payload.close.status_code",
    ];
    let output = Command::new("tshark")
        .args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields"])
        .args(FIELDS.iter().flat_map(|field| ["-e", field]))
        .arg("-r")
        .arg(path)
        .output()
        .expect("tshark runs");
    assert!(output.status.success(), "{}: {output:?}", path.display());
    let mut counts = Counts::default();
    for line in String::from_utf8(output.stdout).expect("numbers").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        counts.packets += 1;
        let number: u64 = fields[0].parse().expect("a number");
        let (Ok(stream), Ok(port)) = (fields[1].parse::<u64>(), fields[2].parse::<u16>()) else {
            continue;
        };
        counts.tcp_streams = counts.tcp_streams.max(stream + 1);
        for opcode in fields[3].split(',').filter(|opcode| !opcode.is_empty()) {
            let opcode: u8 = opcode.parse().expect("a number");
            *counts.frames.entry((port, opcode)).or_default() += 1;
            if opcode == 8 {
                let code = fields[4].split(',').next().and_then(|code| code.parse().ok());
                counts.closes.entry((stream, port)).or_insert((number, code));
            }
        }
    }
    counts
}

/// A line for everything that differs.
fn differences(ours: &Counts, theirs: &Counts) -> Vec<String> {
    let mut lines = Vec::new();
    let mut compare = |what: String, ours: String, theirs: String| {
        if ours != theirs {
            lines.push(format!("{what}: {ours} by us, {theirs} by tshark"));
        }
    };
    compare("packets".into(), ours.packets.to_string(), theirs.packets.to_string());
    compare("TCP streams".into(), ours.tcp_streams.to_string(), theirs.tcp_streams.to_string());
    let keys: BTreeSet<_> = ours.frames.keys().chain(theirs.frames.keys()).collect();
    for (port, opcode) in keys {
        let count =
            |counts: &Counts| counts.frames.get(&(*port, *opcode)).unwrap_or(&0).to_string();
        compare(format!("frames {opcode:#x} from {port}"), count(ours), count(theirs));
    }
    let keys: BTreeSet<_> = ours.closes.keys().chain(theirs.closes.keys()).collect();
    for key in keys {
        let close = |counts: &Counts| match counts.closes.get(key) {
            Some((packet, Some(code))) => format!("{code} in packet {packet}"),
            Some((packet, None)) => format!("no code in packet {packet}"),
            None => "none".to_owned(),
        };
        compare(format!("Close from {}", key.1), close(ours), close(theirs));
    }
    lines
}

fn there_is_no_tshark() -> bool {
    let missing = Command::new("tshark").arg("--version").output().is_err();
    if missing {
        eprintln!("skipped: there is no tshark to compare with");
    }
    missing
}

#[test]
fn tshark_counts_the_same_packets_streams_frames_and_close_codes() {
    if there_is_no_tshark() {
        return;
    }
    let rules = fs::read_dir(root().join("samples/rules")).expect("part of the project");
    let mut samples: Vec<PathBuf> = rules.map(|entry| entry.expect("an entry").path()).collect();
    samples.extend(real_samples().into_iter().map(|(_, path)| path));
    // tshark takes minutes for the one sample with a hundred thousand frames in one message.
    samples.retain(|path| fs::metadata(path).is_ok_and(|file| file.len() < 100_000));
    samples.sort();
    let found = everywhere(samples.len(), |number| {
        let path = &samples[number];
        let name = path.file_stem().expect("a name").to_string_lossy();
        let lines = differences(&ours(path), &theirs(path));
        lines.into_iter().map(|line| format!("{name}: {line}")).collect()
    });
    let explains = |row: &Difference, line: &str| {
        line.strip_prefix(row.0)
            .and_then(|line| line.strip_prefix(": "))
            .is_some_and(|line| line.starts_with(row.1))
    };
    let unexplained: Vec<&String> =
        found.iter().filter(|line| !DIFFERENCES.iter().any(|row| explains(row, line))).collect();
    let outdated: Vec<&Difference> =
        DIFFERENCES.iter().filter(|row| !found.iter().any(|line| explains(row, line))).collect();
    assert!(unexplained.is_empty(), "not explained: {unexplained:#?}");
    assert!(outdated.is_empty(), "no longer true: {outdated:#?}");
}

/// A frame as both see it: packet, FIN, opcode, length and masking key.
type Seen = (u64, bool, u8, u64, String);

/// The frames of each sender, by TCP connection and port, in the order of its stream.
type Listed = BTreeMap<(u64, u16), Vec<Seen>>;

fn our_frames(capture: &[u8]) -> Listed {
    let report = analyse(capture);
    let mut listed = Listed::new();
    for row in rows(capture) {
        let connections = &mut report.connections.iter();
        let of_row = connections.find(|connection| connection.tcp_stream == row.tcp_stream);
        let connection = of_row.expect("it is in the report");
        let sender = match row.side {
            SideName::Client => &connection.client,
            SideName::Server => &connection.server,
        };
        let (Some(frame), Some(packet)) = (row.frame(), row.packet) else { continue };
        let mask = frame.mask.clone().unwrap_or_default();
        let seen = (packet.number(), frame.fin, frame.opcode, frame.length, mask);
        listed.entry((row.tcp_stream, sender.port)).or_default().push(seen);
    }
    listed
}

fn their_frames(path: &Path) -> Listed {
    const FIELDS: [&str; 9] = [
        "frame.number",
        "tcp.stream",
        "tcp.srcport",
        "websocket.fin",
        "websocket.opcode",
        "websocket.payload_length",
        "websocket.payload_length_ext_16",
        "websocket.payload_length_ext_64",
        "websocket.masking_key",
    ];
    let output = Command::new("tshark")
        .args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields"])
        .args(FIELDS.iter().flat_map(|field| ["-e", field]))
        .args(["-e", "websocket.mask", "-Y", "websocket", "-r"])
        .arg(path)
        .output()
        .expect("tshark runs");
    let mut listed = Listed::new();
    for line in String::from_utf8(output.stdout).expect("numbers").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |index: usize| fields[index].parse::<u64>().expect("a number");
        let list = |index: usize| fields[index].split(',').filter(|value| !value.is_empty());
        let (mut in16, mut in64, mut keys) = (list(6), list(7), list(8));
        for (((fin, opcode), len), mask) in list(3).zip(list(4)).zip(list(5)).zip(list(9)) {
            let len = match len {
                "126" => in16.next().expect("in 16 bits"),
                "127" => in64.next().expect("in 64 bits"),
                len => len,
            };
            let is_set = |bit: &str| bit == "1" || bit == "True";
            let key = if is_set(mask) { keys.next().expect("a key") } else { "" };
            let frame = (
                number(0),
                is_set(fin),
                opcode.parse().expect("a number"),
                len.parse().expect("a number"),
                key.to_owned(),
            );
            let sender = (number(1), fields[2].parse().expect("a port"));
            listed.entry(sender).or_default().push(frame);
        }
    }
    listed
}

#[test]
fn tshark_lists_the_same_frames_in_the_same_packets() {
    if there_is_no_tshark() {
        return;
    }
    let rules = fs::read_dir(root().join("samples/rules")).expect("part of the project");
    let mut samples: Vec<PathBuf> = rules.map(|entry| entry.expect("an entry").path()).collect();
    samples.extend(real_samples().into_iter().map(|(_, path)| path));
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    // Those of the table are compared by their counts.
    samples.retain(|path| {
        let known = DIFFERENCES.iter().any(|row| row.0 == name(path));
        !known && fs::metadata(path).is_ok_and(|file| file.len() < 100_000)
    });
    samples.sort();
    let found = everywhere(samples.len(), |number| {
        let path = &samples[number];
        let mut ours = our_frames(&fs::read(path).expect("a sample"));
        let theirs = their_frames(path);
        // tshark cites the packet in which a frame ends, we that in which it begins: of a packet
        // that can only be the first frame.
        for (sender, theirs) in &theirs {
            let mut before = 0;
            for (ours, theirs) in ours.get_mut(sender).into_iter().flatten().zip(theirs) {
                if theirs.0 != before && ours.0 < theirs.0 {
                    ours.0 = theirs.0;
                }
                before = theirs.0;
            }
        }
        let name = name(path);
        match ours == theirs {
            true => Vec::new(),
            false => {
                let ours = ours.values().flatten();
                let both = ours.zip(theirs.values().flatten());
                let first = both.into_iter().find(|(ours, theirs)| ours != theirs);
                vec![format!("{name}: of both, or else in number: {first:?}")]
            }
        }
    });
    assert!(found.is_empty(), "{found:#?}");
    assert!(samples.len() > 100);
}

/// All samples in one capture; the packets of the tests are thereby looked at by others too.
#[test]
fn tshark_finds_the_same_in_every_tunnel() {
    if there_is_no_tshark() {
        return;
    }
    let mut samples = all_samples();
    samples.retain(|(_, sample)| sample.len() < 100_000);
    let (datagrams, _) = all_at_once(samples);
    let counts = |number: usize, way: &Way| {
        let name = format!("tunnel-{number}.pcap");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, wrapped(&datagrams, way)).expect("a writable target folder");
        let counts = (ours(&path), theirs(&path));
        let _ = fs::remove_file(path); // it is only litter
        counts
    };
    let (ours, theirs) = counts(0, &PLAIN);
    assert!(theirs.closes.len() > 80, "{:?}", theirs.closes);
    let mut ways = ways();
    ways.retain(is_read_by_tshark);
    let wrong = everywhere(ways.len(), |number| {
        let (ours_inside, theirs_inside) = counts(number + 1, &ways[number]);
        let mut wrong = Vec::new();
        let mut compare = |who: &str, inside: &Counts, outside: &Counts| {
            let lines = differences(inside, outside);
            if let Some(first) = lines.first() {
                let way = &ways[number];
                wrong.push(format!("{} things {who} in {way:?}, such as {first}", lines.len()));
            }
        };
        compare("tshark misses", &theirs_inside, &theirs);
        compare("we miss", &ours_inside, &ours);
        wrong
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
