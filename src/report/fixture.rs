//! Reports made by hand, for the tests of the layouts.

use super::captured::*;
use super::model::*;
use super::tls::*;
use super::{
    ApplicationReport, CaptureQuality, CodeMeaning, ConnectionQuality, Grade, LastWordsReport,
    PacketCite, Recapture, RecognisedBy, SideTraffic, Traffic,
};
use crate::rules::Severity;

/// A stranger's string that tries everything.
pub(super) const HOSTILE: &str = "\x1b[2J\x1b]0;t\x07\u{9b}31m\r\n# x\n| a | `b` ``` <script>alert(1)</script> \
    [c](http://evil.example) ![d](e) @admin www.evil.example #1 \u{202e}gnp\u{2066}\u{200b}\u{feff} **f** _g_ ~~h~~ &lt; \\";

/// One connection that a client broke.
pub(super) fn report() -> Report {
    Report {
        schema: SCHEMA.into(),
        tool: Tool { name: "wsblame".into(), version: "0.0.0".into() },
        captures: vec![capture()],
        connections: vec![connection()],
        filtered: None,
    }
}

pub(super) fn capture() -> CaptureReport {
    CaptureReport {
        file: "incident.pcap".into(),
        format: Some("pcap".into()),
        sha256: Some("aa".repeat(32)),
        bytes: 1_234,
        packets: 12,
        first: Some("2026-01-01T12:00:01.001000Z".into()),
        last: Some("2026-01-01T12:00:01.013000Z".into()),
        tcp_streams: 1,
        websockets: 1,
        quality: Some(quality()),
        ..CaptureReport::default()
    }
}

pub(super) fn quality() -> CaptureQuality {
    CaptureQuality {
        grade: Grade::Good,
        summary: "nothing is known to be lost".into(),
        reasons: vec![],
        stream_bytes: 322,
        lost_bytes: 0,
        complete_connections: 1,
        one_sided_connections: 0,
        recapture: None,
    }
}

pub(super) fn connection() -> ConnectionReport {
    ConnectionReport {
        id: 1,
        capture: 0,
        tcp_stream: 0,
        same_as: None,
        encapsulation: Vec::new(),
        transport: "tcp".into(),
        tls: None,
        client: EndpointReport { address: "192.0.2.10".into(), port: 50_000 },
        server: EndpointReport { address: "198.51.100.20".into(), port: 80 },
        opened: "2026-01-01T12:00:01.001000Z".into(),
        ended: "2026-01-01T12:00:01.013000Z".into(),
        duration: 0.012,
        handshake: HandshakeReport {
            status: Some(101),
            host: Some("server.example".into()),
            path: Some("/chat".into()),
            request_packets: vec![PacketCite::Number(4)],
            response_packets: vec![PacketCite::Number(5)],
            ..HandshakeReport::default()
        },
        application: None,
        last_words: vec![],
        traffic: Traffic {
            client: SideTraffic { frames: 1, messages: 1, bytes: 5, ..SideTraffic::default() },
            server: SideTraffic { frames: 1, messages: 0, bytes: 2, ..SideTraffic::default() },
        },
        tcp: TcpReport {
            client: TcpSide {
                segments: 5,
                has_start: true,
                has_end: true,
                bytes: 189,
                ..TcpSide::default()
            },
            server: TcpSide {
                segments: 5,
                has_start: true,
                has_end: true,
                bytes: 133,
                ..TcpSide::default()
            },
        },
        close: CloseReport {
            initiator: Some(Initiator::Server),
            client_sent: None,
            server_sent: Some(CloseFrameReport {
                code: Some(1002),
                reason: String::new(),
                packet: PacketCite::Number(8),
                time: "2026-01-01T12:00:01.007000Z".into(),
                delivered: Some(true),
                meaning: None,
            }),
            tcp_end: TcpEnd {
                by: EndedBy::Server,
                how: EndedHow::Fin,
                packet: Some(PacketCite::Number(10)),
            },
            surfaced: Surfaced { client: Some(1002), server: None },
        },
        findings: vec![finding()],
        verdict: VerdictReport {
            outcome: Outcome::Failed,
            at_fault: Blame::Client,
            cause: Some("client-frame-unmasked".into()),
            confidence: Confidence::Proven,
            lowered_by: vec![],
            summary: "The server closed with 1002 because the client sent a frame without a mask."
                .into(),
            fix: "Mask every frame that the client sends.".into(),
            alternatives: vec![],
            would_settle: vec![],
            in_your_logs: vec![log_hint()],
        },
        quality: ConnectionQuality::default(),
        blind_spots: vec![],
        timeline: vec![TimelineRow {
            packet: PacketCite::Number(6),
            time: "2026-01-01T12:00:01.005000Z".into(),
            after: "0.004".into(),
            side: SideName::Client,
            event: "text 5 bytes".into(),
        }],
    }
}

pub(super) fn log_hint() -> LogHint {
    LogHint {
        side: SideName::Server,
        library: "ws (Node.js)".into(),
        phrase: "Invalid WebSocket frame: MASK must be set".into(),
        recognised: false,
    }
}

pub(super) fn finding() -> FindingReport {
    FindingReport {
        rule: "client-frame-unmasked".into(),
        severity: Severity::Error,
        at_fault: AtFault::Client,
        side: SideName::Client,
        packets: vec![PacketCite::Number(6)],
        time: "2026-01-01T12:00:01.005000Z".into(),
        stream_range: [182, 189],
        bytes: "8105".into(),
        guilty: Some(GuiltyReport { byte: 1, mask: 0x80 }),
        detail: "the mask bit of this text frame is 0".into(),
        count: 1,
        tolerated: false,
        caused_the_end: true,
    }
}

pub(super) fn blind_spot() -> BlindSpot {
    BlindSpot {
        kind: "lost-segments".into(),
        side: Some(SideName::Server),
        packets: [7, 9].map(PacketCite::Number).to_vec(),
        bytes: 1_460,
        hides: "what the server sent between packets 7 and 9".into(),
        lowered: "the code that the client's API reports is not certain".into(),
    }
}

/// A report in which every string is [`HOSTILE`].
pub(super) fn hostile() -> Report {
    let text = || HOSTILE.to_owned();
    let some = || Some(HOSTILE.to_owned());
    let blind = || BlindSpot { kind: text(), hides: text(), lowered: text(), ..blind_spot() };
    let mut report = report();
    report.tool = Tool { name: text(), version: text() };
    report.filtered = Some(Filtered { connections_hidden: 1, findings_hidden: 2 });
    report.captures = vec![CaptureReport {
        file: text(),
        format: some(),
        sha256: some(),
        first: some(),
        last: some(),
        not_analysed: vec![NotAnalysed { what: text(), packets: 3 }],
        blind_spots: vec![blind()],
        interfaces: vec![InterfaceReport {
            name: some(),
            link_type: text(),
            ..InterfaceReport::default()
        }],
        comments: 2,
        quality: Some(CaptureQuality {
            grade: Grade::Poor,
            summary: text(),
            reasons: vec![text()],
            recapture: Some(Recapture { command: text(), filter: text(), advice: vec![text()] }),
            ..quality()
        }),
        error: some(),
        ..capture()
    }];
    let spoken = || ApplicationReport {
        product: text(),
        name: text(),
        recognised_by: RecognisedBy::Messages,
    };
    for connection in &mut report.connections {
        connection.application = Some(spoken());
        connection.last_words = vec![LastWordsReport {
            side: SideName::Server,
            product: text(),
            kind: text(),
            code: Some(4_004),
            reason: some(),
            reconnect: Some(false),
            packet: PacketCite::Number(7),
        }];
        connection.transport = text();
        connection.tls = Some(hostile_tls());
        connection.client.address = text();
        connection.server.address = text();
        connection.opened = text();
        connection.ended = text();
        connection.handshake = HandshakeReport {
            status: Some(101),
            host: some(),
            path: some(),
            subprotocol: some(),
            extensions: vec![text()],
            user_agent: some(),
            server_software: some(),
            proxies: vec![text()],
            ..HandshakeReport::default()
        };
        for close in [&mut connection.close.client_sent, &mut connection.close.server_sent] {
            *close = Some(CloseFrameReport {
                code: Some(1002),
                reason: text(),
                packet: PacketCite::Number(8),
                time: text(),
                delivered: None,
                meaning: Some(CodeMeaning {
                    application: spoken(),
                    meaning: text(),
                    sender: text(),
                    reconnect: text(),
                    confirmed: false,
                }),
            });
        }
        connection.findings = vec![
            FindingReport { time: text(), detail: text(), bytes: text(), ..finding() },
            FindingReport { rule: text(), time: text(), detail: text(), ..finding() },
        ];
        connection.verdict = VerdictReport {
            cause: some(),
            summary: text(),
            fix: text(),
            lowered_by: vec![text()],
            alternatives: vec![text()],
            would_settle: vec![text()],
            in_your_logs: vec![LogHint { library: text(), phrase: text(), ..log_hint() }],
            ..connection.verdict.clone()
        };
        connection.blind_spots = vec![blind()];
        connection.quality = ConnectionQuality { grade: Grade::Poor, remark: text() };
        for row in &mut connection.timeline {
            (row.time, row.after, row.event) = (text(), text(), text());
        }
    }
    report
}

/// TLS that could not be read, and looks like a WebSocket.
pub(super) fn tls() -> TlsReport {
    let side = || TlsSideReport { records: 9, ..TlsSideReport::default() };
    let end = |close, notify| InferredEndReport {
        close: Some(InferredCloseReport { packet: PacketCite::Number(close), payload: [2, 2] }),
        close_notify: Some(PacketCite::Number(notify)),
    };
    TlsReport {
        version: Some("TLS 1.3".into()),
        suite: Some("TLS_AES_128_GCM_SHA256".into()),
        server_name: Some("server.example".into()),
        alpn_offered: Some(vec!["http/1.1".into()]),
        alpn_chosen: None,
        keys: TlsKeys::Missing,
        established: true,
        resumed: false,
        early_data: None,
        client: side(),
        server: side(),
        inferred: Some(InferredReport {
            confidence: Confidence::Likely,
            because: vec!["the client offered http/1.1 and not HTTP/2".into()],
            opening: [6, 7].map(PacketCite::Number).to_vec(),
            began_close: Some(SideName::Server),
            client: end(9, 11),
            server: end(8, 10),
            idle: Some(60.25),
            keep_alive: None,
        }),
    }
}

/// The same in the words of a stranger.
fn hostile_tls() -> TlsReport {
    let text = || HOSTILE.to_owned();
    let alert = || TlsAlert {
        name: Some(text()),
        level: Some(text()),
        packet: PacketCite::Number(9),
        time: text(),
    };
    let side = || TlsSideReport { alerts: vec![alert()], ..TlsSideReport::default() };
    let inferred =
        tls().inferred.map(|inferred| InferredReport { because: vec![text()], ..inferred });
    TlsReport {
        version: Some(text()),
        suite: Some(text()),
        server_name: Some(text()),
        alpn_offered: Some(vec![text()]),
        alpn_chosen: Some(text()),
        client: side(),
        server: side(),
        inferred,
        ..tls()
    }
}
