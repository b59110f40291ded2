//! The report on a connection in TLS that could not be read and looks like a WebSocket.
//!
//! In: what is known of its TLS and of TCP, and what the sizes of its records suggest. Out: a report
//! without a handshake, frames or codes: nothing is invented.

use super::assemble::{Case, connection_report};
use super::conversation::Milestone;
use super::tls_report::{inferred, tls_report};
use super::{blind_spots, quality};
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::http::Handshake;
use crate::ip::Layers;
use crate::provenance::PacketRef;
use crate::report::{ConnectionReport, TlsReport, Traffic};
use crate::rules::Facts;
use crate::tcp::{Connection, Summary};
use crate::tls::{Inference, Likeness, TlsFacts};
use crate::verdict;

/// A connection in TLS that could not be read.
pub(super) struct Unread<'a> {
    pub stream: u64,
    pub endpoints: PerSide<Endpoint>,
    /// The tags and tunnels that its segments came through.
    pub layers: Vec<Layers>,
    /// Each side's half of the TCP connection.
    pub tcp: PerSide<Summary>,
    /// The first and the last packet, by time.
    pub span: (PacketRef, PacketRef),
    /// As in [`Facts::clock_doubt`].
    pub clock_doubt: i64,
    /// As in [`Facts::clock_offset`].
    pub clock_offset: Option<i64>,
    pub tls: &'a TlsFacts,
    pub found: Inference,
}

impl<'a> Unread<'a> {
    /// What is unread of a connection of TCP.
    pub(super) fn of(
        tcp: &Connection,
        (stream, layers): (u64, Vec<Layers>),
        tls: &'a TlsFacts,
        found: Inference,
    ) -> Unread<'a> {
        Unread {
            stream,
            endpoints: tcp.endpoints,
            layers,
            tcp: PerSide::from_fn(|side| tcp.summary(side)),
            span: (tcp.first, tcp.last),
            clock_doubt: tcp.clock_doubt(),
            clock_offset: tcp.clock_offset(),
            tls,
            found,
        }
    }

    /// What is known of TCP, and nothing else.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            handshake: Handshake::default(),
            deflate: crate::ws::Deflate::Absent,
            tls: None,
            tcp: self.tcp.clone(),
            frames: PerSide::default(),
            midstream: false,
            violated: PerSide::default(),
            span: self.span,
            clock_doubt: self.clock_doubt,
            clock_offset: self.clock_offset,
        }
    }
}

/// The report on it; `None` where nothing suggests that it is a WebSocket. Its number and its
/// capture are filled in later.
pub(super) fn inferred_report(unread: Unread<'_>) -> Option<ConnectionReport> {
    if unread.found.websocket == Likeness::No {
        return None;
    }
    let facts = unread.facts();
    let Unread { stream, endpoints, layers, tls, found, .. } = unread;
    let verdict = verdict::infer(&facts, tls, &found);
    let spots = blind_spots::of_unread(&facts, &verdict);
    let milestones = milestones(&found);
    let case = Case {
        stream,
        endpoints,
        layers,
        transport: facts.tcp.clone(),
        facts,
        findings: Vec::new(),
        verdict,
        milestones,
    };
    let report = connection_report(case);
    Some(ConnectionReport {
        transport: "tls".to_owned(),
        tls: Some(TlsReport { inferred: inferred(&found), ..tls_report(tls) }),
        traffic: Traffic::default(),
        quality: quality::of_connection(&spots, &report.tcp),
        blind_spots: spots,
        ..report
    })
}

/// What may have happened, for the timeline.
fn milestones(found: &Inference) -> Vec<Milestone> {
    let mut milestones = Vec::new();
    let mut add = |at: PacketRef, side: Side, event: &str| {
        let event = format!("{event} (inferred)");
        milestones.push(Milestone { at, side, end: 0, event, rank: 4 });
    };
    if let Some((request, response)) = found.exchange {
        add(request, Side::Client, "like a request to upgrade");
        add(response, Side::Server, "like a response 101");
    }
    for side in Side::BOTH {
        let end = &found.ends[side];
        if let Some(close) = end.close {
            add(close.at, side, "like a Close");
        }
        if let Some(at) = end.close_notify {
            add(at, side, "like close_notify");
        }
    }
    milestones
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::provenance::{PacketNumber, Timestamp};
    use crate::report::{Blame, Confidence, Outcome};
    use crate::tcp::{Ending, Range64};
    use crate::tls::{ContentType, Keys, RecordHeader, Shape, Version};
    use Side::{Client, Server};

    fn at(number: u64) -> PacketRef {
        let nanos = i64::try_from(number).unwrap() * 1_000_000;
        PacketRef { number: PacketNumber::new(number), time: Timestamp(nanos) }
    }

    /// TLS 1.3 with AES-128-GCM: the handshake, an upgrade, a message each way, then `last`, one
    /// packet each. A record has 17 bytes more than its content; the server ends TCP.
    fn connection(last: &[(Side, u16)]) -> Option<ConnectionReport> {
        let tls = TlsFacts {
            version: Some(Version::TLS_1_3),
            suite: Some(0x1301),
            server_name: Some("server.example".to_owned()),
            has_client_hello: true,
            keys: Keys::Missing,
            ..TlsFacts::default()
        };
        let opening =
            [(Server, 36), (Client, 36), (Client, 199), (Server, 129), (Client, 24), (Server, 40)];
        let mut shape = Shape::default();
        let mut tcp = PerSide::from_fn(|_| Summary::silent());
        let mut number = 6;
        for (side, content) in opening.iter().chain(last).copied() {
            number += 1;
            let header = RecordHeader {
                content_type: ContentType::APPLICATION_DATA,
                version: Version::TLS_1_2,
                len: content + 17,
            };
            let start = tcp[side].end;
            tcp[side].end += u64::from(header.len) + 5;
            let range = Range64 { start, end: tcp[side].end };
            shape.note(side, header, range, Some(at(number)));
        }
        let (client, server) = (tcp.client.end, tcp.server.end);
        let acked = Some(client);
        let at_fin = at(number + 1);
        let fin = Ending { at: at_fin, offset: server, acked, stated: acked, answered: None };
        tcp.server.fin = Some(fin);
        let endpoints = PerSide {
            client: Endpoint { address: [192, 0, 2, 10].into(), port: 50_000 },
            server: Endpoint { address: [198, 51, 100, 20].into(), port: 443 },
        };
        let found = shape.infer(&tls, &tcp);
        inferred_report(Unread {
            stream: 0,
            endpoints,
            layers: Vec::new(),
            tcp,
            span: (at(1), at(number + 1)),
            clock_doubt: 0,
            clock_offset: None,
            tls: &tls,
            found,
        })
    }

    const CLOSED: &[(Side, u16)] = &[(Server, 4), (Client, 8), (Server, 2)];

    #[test]
    fn what_was_not_read_is_not_reported() {
        let report = connection(CLOSED).expect("it looks like a WebSocket");
        assert_eq!((report.transport.as_str(), report.handshake), ("tls", Default::default()));
        assert_eq!(report.traffic, Traffic::default());
        assert_eq!((report.close.initiator, report.close.surfaced), (None, Default::default()));
        assert!(report.close.client_sent.is_none() && report.findings.is_empty());
        assert!(report.blind_spots.iter().any(|spot| spot.kind == "encrypted"));
    }

    #[test]
    fn a_closing_handshake_is_told_without_a_code() {
        let report = connection(CLOSED).expect("it looks like a WebSocket");
        let verdict = report.verdict;
        assert_eq!((verdict.outcome, verdict.at_fault), (Outcome::Unknown, Blame::Unknown));
        assert_eq!(verdict.confidence, Confidence::Likely);
        assert_eq!(
            verdict.summary,
            "Inferred from record sizes and times, of what looks like a WebSocket in TLS: the \
             server sent a record of the size of a Close with a code and no reason (packet 13), \
             and the client answered 1.0 ms later with one of the size of a Close with a code and \
             no reason (packet 14), then what is likely close_notify from the server: a \
             closing handshake, begun by the server; the code is not visible."
        );
        let inferred = report.tls.and_then(|tls| tls.inferred).expect("it was inferred");
        assert_eq!(inferred.began_close, Some(crate::report::SideName::Server));
    }

    #[test]
    fn nobody_is_accused_however_it_ended() {
        for last in [CLOSED, &[(Client, 300)], &[(Client, 8)], &[], &[(Server, 2)]] {
            let Some(report) = connection(last) else { continue };
            let verdict = report.verdict;
            assert!(matches!(verdict.at_fault, Blame::Unknown | Blame::None), "{verdict:?}");
            assert!(verdict.confidence <= Confidence::Likely, "{verdict:?}");
            assert!(verdict.summary.starts_with("Inferred"), "{verdict:?}");
        }
    }
}
