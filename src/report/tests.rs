//! The laws of the layouts.

use super::fixture::{self, HOSTILE};
use super::*;
use crate::rules::Severity;

fn written(report: &Report, name: &str, style: Style) -> String {
    let format = format(name).expect("a format of the table");
    let mut out = Vec::new();
    (format.write)(report, &style, &mut out).expect("a Vec takes all");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn text(report: &Report) -> String {
    written(report, "text", Style::default())
}

fn markdown(report: &Report) -> String {
    written(report, "markdown", Style::default())
}

#[test]
fn a_connection_reads_verdict_first() {
    assert_eq!(
        text(&fixture::report()),
        "\
#1  192.0.2.10:50000 → 198.51.100.20:80  ws://server.example/chat  (tcp.stream 0, 12.0 ms)
  The server closed with 1002 because the client sent a frame without a mask.
  at fault: client 192.0.2.10:50000 · confidence: proven · cause: client-frame-unmasked
  fix: Mask every frame that the client sends.
  in your logs (may show):
    server, if ws (Node.js): Invalid WebSocket frame: MASK must be set

  opened          2026-01-01 12:00:01.001 UTC, handshake answered 101
  closed first    the server
  client sent     no Close
  server sent     1002 (Protocol Error), packet 8, delivered
  TCP ended by    the server, FIN, packet 10
  client API      1002 (Protocol Error)
  server API      unknown

error[client-frame-unmasked]: client frame without a mask
  --> packet 6, 12:00:01.005, 192.0.2.10:50000 → 198.51.100.20:80, stream bytes 182..189
   |
   |  81 05
   |     ^^ 0000 0101
   |        ^ the mask bit of this text frame is 0
   |
   = RFC 6455 §5.1; expected answer: 1002
   = at fault: client
   = this ended the connection
   = help: Mask every frame that the client sends, Pong and Close too, each with a fresh random key.
   = more: wsblame explain client-frame-unmasked

incident.pcap: pcap, 12 packets, 1 TCP connection, 1 WebSocket; 2026-01-01 12:00:01.001 to
  12:00:01.013 UTC
  quality: good; nothing is known to be lost
1 WebSocket: 1 error, 0 warnings; at fault: client in #1
"
    );
}

/// The connection of the fixture, in TLS that could not be read.
fn inferred() -> Report {
    let mut report = fixture::report();
    for connection in &mut report.connections {
        connection.transport = "tls".into();
        connection.tls = Some(fixture::tls());
        connection.handshake = HandshakeReport::default();
        connection.traffic = Traffic::default();
        connection.findings.clear();
        connection.close.initiator = None;
        connection.close.server_sent = None;
        connection.close.surfaced = Surfaced::default();
    }
    report
}

#[test]
fn what_was_inferred_says_so_and_invents_no_frames() {
    let style = Style { detail: Detail::Full, ..Style::default() };
    for (name, text) in [
        ("text", written(&inferred(), "text", style)),
        ("markdown", written(&inferred(), "markdown", style)),
    ] {
        assert!(text.contains("(inferred)") && text.contains("INFERRED"), "{name}: {text}");
        assert!(text.contains("server.example"), "{name}: {text}");
        let close = "the server's Close: packet 8, by its size (2 bytes of payload)";
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("no record of either side for 60.250 s"), "{name}: {text}");
        assert!(flat.contains(close), "{name}: {text}");
        for invented in ["handshake answered", "0 frames", "no Close", "nobody: no Close frame"] {
            assert!(!text.contains(invented), "{name}: {invented}: {text}");
        }
    }
    assert!(text(&inferred()).contains("1 WebSocket (1 inferred): "));
}

#[test]
fn among_several_a_clean_connection_takes_its_heading_and_verdict() {
    let mut report = fixture::report();
    let mut clean = fixture::connection();
    clean.id = 2;
    clean.findings.clear();
    clean.verdict.at_fault = Blame::None;
    clean.verdict.fix.clear();
    report.connections.push(clean);
    let text = text(&report);
    let (_, second) = text.split_once("#2  ").expect("the second connection is there");
    let end = second.find("\n\n").unwrap_or(0);
    assert_eq!(second.get(..end).map(|block| block.lines().count()), Some(3), "{second}");
}

#[test]
fn a_line_is_no_wider_than_the_terminal_unless_a_word_is() {
    let mut report = fixture::report();
    report.connections[0].blind_spots.push(fixture::blind_spot());
    report.connections[0].verdict.alternatives.push("a reading in many words ".repeat(9));
    for width in [60, 80, 100] {
        let style = Style { width, detail: Detail::Full, ..Style::default() };
        for line in written(&report, "text", style).lines().filter(|line| !line.starts_with('#')) {
            let words = line.trim_start_matches([' ', '|', '=']).split(' ').count();
            assert!(page::width(line) <= width || words < 3, "{width}: {line}");
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let report = fixture::report();
    let style = Style { colour: Colour::Ansi, ..Style::default() };
    let coloured = written(&report, "text", style);
    assert!(coloured.contains("\x1b["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text(&report));
}

#[test]
fn unknown_codes_and_tolerated_findings_are_said_to_be_so() {
    let mut report = fixture::report();
    let connection = &mut report.connections[0];
    connection.close.surfaced = Surfaced::default();
    connection.close.initiator = None;
    connection.findings[0].tolerated = true;
    connection.findings[0].count = 12_000;
    let text = text(&report);
    for part in [
        "client API      unknown",
        "server API      unknown",
        "closed first    unknown",
        "= tolerated: ",
        "12_000 times; the first is shown",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn no_websocket_is_no_silence() {
    let mut report = fixture::report();
    report.connections.clear();
    report.captures = vec![CaptureReport {
        packets: 120,
        tcp_streams: 3,
        tls_streams: 2,
        tls_unread: 2,
        websockets: 0,
        not_analysed: vec![NotAnalysed { what: "UDP".into(), packets: 7 }],
        ..fixture::capture()
    }];
    for out in [text(&report), markdown(&report)] {
        for part in ["no WebSocket found", "120 packets", "3 TCP connections", "2 TLS", "7 packets"]
        {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
}

#[test]
fn a_ticket_has_its_parts_in_order() {
    let ticket = markdown(&fixture::report());
    let parts = [
        "**Verdict:** The server closed with 1002",
        "**At fault:** client (confidence: proven)",
        "**Impact:** `ws://server.example/chat`",
        "| API reports | 1002 (Protocol Error) | unknown |",
        "### Evidence",
        "```text\n81 05\n   ^^ 0000 0101\n      ^\n```",
        "### Timeline",
        "### How to fix it",
        "### In Wireshark",
        "tcp.stream eq 0\nframe.number in {4, 5, 6, 8, 10}",
        "## Quality of the capture",
        "SHA-256 `aaaa",
        "*Redaction:*",
        "Made by wsblame 0.0.0",
    ];
    let mut rest = ticket.as_str();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("{part} in {ticket}") };
        rest = after;
    }
}

#[test]
fn packets_of_a_series_are_cited_with_the_name_of_their_file() {
    let mut report = fixture::report();
    let file = |name: &str| FileReport { file: name.into(), ..FileReport::default() };
    report.captures[0].files = vec![file("day/web_1.pcap"), file("day/web_2.pcap")];
    let packet = |file, number| PacketCite::InFile { file, number };
    let connection = &mut report.connections[0];
    connection.findings[0].packets = vec![packet(1, 17), packet(1, 18), packet(2, 3)];
    connection.close.tcp_end.packet = Some(packet(2, 9));
    connection.timeline[0].packet = packet(2, 3);
    let full = Style { detail: Detail::Full, ..Style::default() };
    let text = written(&report, "text", full);
    for part in [
        "--> packets 17, 18 of web_1.pcap, 3 of web_2.pcap, ",
        "the server, FIN, packet 9 of web_2.pcap",
        "       2#3 ",
        "\n  file 2: day/web_2.pcap: 0 packets\n  (2#17 stands for packet 17 of file 2)\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("tcp.stream"), "no file of a series has this number: {text}");
    let ticket = markdown(&report);
    for part in [
        "- packets 17, 18 of web\\_1.pcap, 3 of web\\_2.pcap, ",
        "FIN, packet 9 of web\\_2.pcap |",
        "| 3 of web\\_2.pcap | ",
        "Display filters for `day/web_2.pcap`",
        "frame.number in {3, 9}",
    ] {
        assert!(ticket.contains(part), "{part}: {ticket}");
    }
}

#[test]
fn several_connections_have_a_table_on_top() {
    let mut report = fixture::report();
    report.connections.push(ConnectionReport { id: 2, ..fixture::connection() });
    let ticket = markdown(&report);
    assert!(ticket.starts_with("# 2 WebSocket connections\n"), "{ticket}");
    assert!(ticket.contains("| 2 | `192.0.2.10:50000 → 198.51.100.20:80` | failed | client"));
    assert!(ticket.contains("## WebSocket 2: "));
}

#[test]
fn a_hostile_capture_does_not_reach_the_terminal() {
    for detail in [Detail::Brief, Detail::Full] {
        let text = written(&fixture::hostile(), "text", Style { detail, ..Style::default() });
        let acts =
            |c: &char| c.is_control() && *c != '\n' || "\u{202e}\u{2066}\u{200b}".contains(*c);
        assert_eq!(text.chars().find(acts), None);
        assert!(!text.lines().any(|line| line.starts_with("# x")));
        assert!(text.contains(r"\u{1b}[2J"));
    }
}

#[test]
fn a_hostile_capture_does_not_reach_the_ticket() {
    let mut report = fixture::hostile();
    report.connections.push(report.connections[0].clone());
    let ticket = markdown(&report);
    let bare = without_code(&ticket);
    for part in ["<script", "@admin", "www.evil", "http://evil", "#1", "](", "~~h", "**f**"] {
        assert!(!bare.contains(part), "{part} in {bare}");
    }
    assert!(!ticket.lines().any(|line| line.starts_with("# x")));
    assert!(!ticket.contains('\u{202e}') && !ticket.contains('\x1b'));
    for line in ticket.lines().filter(|line| line.starts_with("| ")) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([4, 6, 8].contains(&bars), "{bars} bars in {line}");
    }
    assert!(HOSTILE.contains("@admin"));
}

#[test]
fn unknown_rules_are_printed_by_what_was_seen() {
    let mut report = fixture::report();
    report.connections[0].findings[0].rule = "from-the-future".into();
    assert!(text(&report).contains("error[from-the-future]"));
    assert!(markdown(&report).contains("(`from-the-future`)"));
    assert_eq!(report.connections[0].findings[0].severity, Severity::Error);
}

/// The document without code blocks and code spans, and with escaped characters gone.
fn without_code(markdown: &str) -> String {
    let mut bare = String::new();
    let blocks = markdown.split("\n```").step_by(2);
    for block in blocks {
        let mut chars = block.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    chars.next();
                    bare.push('·');
                }
                '`' => {
                    let mut fence = 1;
                    while chars.next_if_eq(&'`').is_some() {
                        fence += 1;
                    }
                    let mut run = 0;
                    while run != fence {
                        run = 0;
                        let Some(c) = chars.next() else { panic!("an open code span") };
                        if c == '`' {
                            run = 1;
                            while chars.next_if_eq(&'`').is_some() {
                                run += 1;
                            }
                        }
                    }
                    bare.push('·');
                }
                c => bare.push(c),
            }
        }
    }
    bare
}
