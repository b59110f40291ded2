//! What is said of logs: each line that a report suggests is one that `explain` knows, and what is
//! not known is not suggested.

use std::collections::BTreeSet;
use std::fs;

use wsblame::knowledge::logs;
use wsblame::report::{ConnectionReport, LogHint, Outcome, SideName};
use wsblame::rules;
use wsblame::script::{Play, write_pcap};

use crate::support::{all_samples, analyse, real_samples, root};

/// What the sample `samples/real/NAME` suggests: side, library, text, and whether it is recognised.
fn suggested(name: &str) -> Vec<(SideName, String, String, bool)> {
    let capture = fs::read(root().join("samples/real").join(name)).expect("a sample");
    let report = analyse(&capture);
    let hints =
        report.connections.into_iter().flat_map(|connection| connection.verdict.in_your_logs);
    hints
        .map(|LogHint { side, library, phrase, recognised }| (side, library, phrase, recognised))
        .collect()
}

fn known(side: SideName, library: &str, text: &str) -> (SideName, String, String, bool) {
    (side, library.to_owned(), text.to_owned(), true)
}

#[test]
fn a_recognised_library_is_said_to_print_what_it_prints() {
    use SideName::{Client, Server};
    let chromium = suggested("chromium-masked-server.pcapng");
    let console = "A server must not mask any frames that it sends to the client.";
    assert_eq!(chromium[0], known(Client, "Chromium", console));
    // Its console says of the letters HT, and of their header, what it cannot say of another one.
    let foreign = suggested("chromium-http-text-in-stream.pcap");
    assert_eq!(foreign[0], known(Client, "Chromium", "Invalid frame header"));
    let foreign = suggested("ws-client-http-text-in-stream.pcap");
    let rsv1 = "Invalid WebSocket frame: RSV1 must be clear";
    assert_eq!(foreign[0], known(Client, "ws (Node.js)", rsv1));
    let refused = suggested("ws-server-rejects-401.pcap");
    assert_eq!(refused, [known(Client, "ws (Node.js)", "Unexpected server response: 401")]);
    let proxy = suggested("haproxy-503-backend-down.pcap");
    let status = "server rejected WebSocket connection: HTTP 503";
    assert_eq!(proxy, [known(Client, "python websockets", status)]);
    let reason = suggested("websockets-server-message-too-big-1009.pcap");
    let size = "frame with 2048 bytes exceeds limit of 1024 bytes";
    assert_eq!(reason, [known(Server, "python websockets", size)]);
    let timer = suggested("nginx-read-timeout-fin.pcap");
    assert_eq!(timer[0], known(Client, "python websockets", "no close frame received or sent"));
    assert!(timer[1].2.starts_with("upstream timed out"), "{timer:?}");
}

#[test]
fn the_side_that_was_refused_prints_what_came_of_it() {
    let masked = suggested("ws-client-masked-server.pcap");
    let server: Vec<_> = masked.iter().filter(|hint| hint.0 == SideName::Server).collect();
    let gorilla = "websocket: close 1002 (…)…";
    assert!(server.iter().any(|hint| hint.2 == gorilla && !hint.3), "{server:?}");
    assert!(!server.iter().any(|hint| hint.2.contains("MASK")), "{server:?}");
}

#[test]
fn an_ordinary_end_is_in_nobodys_log() {
    for name in [
        "ws-still-open.pcapng",
        "ws-permessage-deflate.pcap",
        "websockets-client-clean-close-1000.pcap",
        "aiohttp-server-tolerates-unmasked-client.pcap",
    ] {
        assert_eq!(suggested(name), [], "{name}");
    }
}

/// The laws of a connection's suggestions.
fn assert_lawful(connection: &ConnectionReport) {
    let verdict = &connection.verdict;
    let hints = &verdict.in_your_logs;
    if matches!(verdict.outcome, Outcome::Open | Outcome::Unknown) {
        assert_eq!(*hints, [], "{}", verdict.summary);
    }
    for side in [SideName::Client, SideName::Server] {
        let of_side: Vec<_> = hints.iter().filter(|hint| hint.side == side).collect();
        assert!(of_side.len() <= 4, "{of_side:?}");
        let texts: BTreeSet<_> = of_side.iter().map(|hint| (&hint.library, &hint.phrase)).collect();
        assert_eq!(texts.len(), of_side.len(), "{of_side:?}");
    }
    for hint in hints {
        let found = logs::read(&hint.phrase).found;
        let mut libraries = found.iter().flat_map(|found| found.phrase.libraries);
        let knows = libraries.any(|library| library.name == hint.library);
        assert!(knows, "explain does not know {hint:?}");
    }
}

#[test]
fn whatever_a_report_suggests_can_be_explained() {
    let mut suggested = 0;
    for rule in rules::all() {
        for script in [rule.breaks, rule.keeps] {
            for connection in analyse(&write_pcap(&Play::of(script))).connections {
                assert_lawful(&connection);
                suggested += connection.verdict.in_your_logs.len();
            }
        }
    }
    for sample in all_samples() {
        analyse(&sample.1).connections.iter().for_each(assert_lawful);
    }
    assert!(suggested > 50, "{suggested}");
}

/// Samples whose programs did not print what is suggested, and why.
const PRINTED_OTHERWISE: &[(&str, &str)] = &[
    ("nginx-read-timeout-fin", "nginx has a log, the program behind it speaks here"),
    ("nginx-without-upgrade-to-websockets", "the log of the handshake is at another level"),
    ("undici-401-asks-twice", "undici says only TypeError"),
    ("undici-continuation-without-start", "undici says only TypeError"),
];

/// What the programs on both ends of a real sample printed, by side.
fn printed(note: &str) -> Option<String> {
    let (_, block) = note.split_once("printed:\n\n```text\n")?;
    block.split_once("```").map(|(block, _)| block.to_owned())
}

/// Whether the parts of `phrase` that stand for themselves are in `line`, in their order.
fn is_in(phrase: &str, line: &str) -> bool {
    let mut rest = line;
    phrase.replace(" N", " …").split('…').map(str::trim).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn what_is_suggested_of_a_recognised_library_is_what_it_printed() {
    let (mut right, mut wrong) = (0, Vec::new());
    for (name, path) in real_samples() {
        let note = fs::read_to_string(path.with_extension("md")).expect("every sample has a note");
        let Some(printed) = printed(&note) else { continue };
        let report = analyse(&fs::read(&path).expect("a sample"));
        let Some(connection) = report.connections.first() else { continue };
        for (side, side_name) in [(SideName::Client, "client"), (SideName::Server, "server")] {
            let hints = connection.verdict.in_your_logs.iter();
            let own: Vec<_> = hints.filter(|h| h.side == side && h.recognised).collect();
            let said = || printed.lines().filter(|line| line.starts_with(side_name));
            let fits = |hint: &&LogHint| said().any(|line| is_in(&hint.phrase, line));
            let is_excused = PRINTED_OTHERWISE.iter().any(|(sample, _)| *sample == name);
            match own.is_empty() || own.iter().any(fits) {
                true => right += usize::from(!own.is_empty()),
                false if is_excused => {}
                false => wrong.push(format!("{name}, {side_name}: {own:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 50, "{right} suggestions were printed");
}
