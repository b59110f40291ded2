//! From facts, findings and verdict to the report's own types.

use super::conversation::Milestone;
use super::{blind_spots, quality, traffic};
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::http::{Handshake, redact};
use crate::ip::Layers;
use crate::knowledge::{Language, Product};
use crate::provenance::{PacketRef, Timestamp};
use crate::report::{
    ApplicationReport, AtFault, CloseFrameReport, CloseReport, CodeMeaning, ConnectionReport,
    Encapsulation, EndedBy, EndedHow, EndpointReport, FindingReport, GuiltyReport, HandshakeReport,
    Initiator, LastWordsReport, LogHint, PacketCite, RecognisedBy, SideName, Surfaced, TcpEnd,
    TcpReport, TcpSide, TimelineRow, Traffic, VerdictReport,
};
use crate::rules::{self, Facts, Fault, Finding};
use crate::tcp::{Ending, Summary};
use crate::verdict::{Ground, Hint, Meaning, Told, Verdict};

/// Everything about one connection that goes into its report.
pub(super) struct Case {
    pub stream: u64,
    pub endpoints: PerSide<Endpoint>,
    /// The tags and tunnels that its segments came through.
    pub layers: Vec<Layers>,
    /// Each side's half of the TCP connection, in TCP's own offsets also where `facts` has those of
    /// the plaintext of TLS.
    pub transport: PerSide<Summary>,
    pub facts: Facts,
    pub findings: Vec<Finding>,
    pub verdict: Verdict,
    pub milestones: Vec<Milestone>,
}

/// Most rows of a timeline.
const MAX_ROWS: usize = 20;

/// The report on one connection; its number and its capture are filled in later.
pub(super) fn connection_report(case: Case) -> ConnectionReport {
    let facts = &case.facts;
    let (first, last) = facts.span;
    let mut findings: Vec<&Finding> = case.findings.iter().collect();
    // In a merged timeline the number, which begins with the file, is not the order of time.
    let when = |finding: &Finding| finding.at().map(|at| (at.time, at.number));
    findings.sort_by_key(|finding| (when(finding), finding.rule.id));
    let blind_spots = blind_spots::of_connection(facts, &case.findings, &case.verdict);
    let told = &case.verdict.told;
    let tcp = TcpReport {
        client: tcp_side(&case.transport.client),
        server: tcp_side(&case.transport.server),
    };
    let handshake = handshake(&facts.handshake);
    let timeline = timeline(facts, &case.transport, handshake.path.as_deref(), case.milestones);
    ConnectionReport {
        id: 0,
        capture: 0,
        tcp_stream: case.stream,
        same_as: None,
        transport: "tcp".to_owned(),
        tls: None,
        encapsulation: case.layers.iter().filter_map(encapsulation).collect(),
        client: endpoint(case.endpoints.client),
        server: endpoint(case.endpoints.server),
        opened: first.time.to_string(),
        ended: last.time.to_string(),
        duration: last.time.seconds_since(first.time),
        handshake,
        application: told.application.map(|spoken| application(spoken.product, spoken.by)),
        last_words: Side::BOTH.into_iter().filter_map(|side| last_words(told, side)).collect(),
        traffic: Traffic {
            client: traffic::of_side(facts, Side::Client),
            server: traffic::of_side(facts, Side::Server),
        },
        close: close(facts, &case.transport, &case.verdict),
        findings: findings.into_iter().map(finding_report).collect(),
        quality: quality::of_connection(&blind_spots, &tcp),
        blind_spots,
        tcp,
        timeline,
        verdict: verdict_report(case.verdict),
    }
}

/// What a filter has to know of the tags and tunnels; `None` where there are none.
fn encapsulation(layers: &Layers) -> Option<Encapsulation> {
    (*layers != Layers::default()).then(|| Encapsulation {
        vlan_tags: u64::try_from(layers.vlan_tags()).unwrap_or(u64::MAX),
        tunnel: layers.tunnel().map(|(name, _)| name.to_owned()),
        filter: layers.tunnel().map(|(_, filter)| filter.to_owned()),
    })
}

fn tcp_side(tcp: &Summary) -> TcpSide {
    TcpSide {
        segments: tcp.segments,
        has_start: tcp.has_start,
        has_end: tcp.fin.is_some() || tcp.rst.is_some(),
        bytes: tcp.end,
        lost_bytes: tcp.gap_bytes,
        repeated_bytes: tcp.repeated_bytes,
        zero_windows: tcp.zero_windows,
        keep_alives: tcp.keep_alives,
        ignored_resets: tcp.ignored_resets,
    }
}

fn endpoint(endpoint: Endpoint) -> EndpointReport {
    EndpointReport { address: endpoint.address.to_string(), port: endpoint.port }
}

pub(super) fn side_name(side: Side) -> SideName {
    match side {
        Side::Client => SideName::Client,
        Side::Server => SideName::Server,
    }
}

/// Fields that only proxies add.
const PROXY_FIELDS: &[&str] =
    &["Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "CF-Ray"];

fn handshake(handshake: &Handshake) -> HandshakeReport {
    let request = handshake.request.as_ref();
    let response = handshake.response.as_ref();
    let cites = |packets: &[PacketRef]| packets.iter().copied().map(PacketCite::from).collect();
    let heads = request.map(|r| &r.head).into_iter().chain(response.map(|r| &r.head));
    let proxies = PROXY_FIELDS
        .iter()
        .filter(|name| heads.clone().any(|head| head.first(name).is_some()))
        .map(|name| (*name).to_owned())
        .collect();
    let value = |head: &crate::http::Head, name| head.first(name).map(|field| field.value.clone());
    HandshakeReport {
        status: response.map(|response| response.status),
        host: request
            .and_then(|request| value(&request.head, "Host"))
            .map(|host| redact::host(&host)),
        path: request.map(|request| redact::target(&request.target)),
        subprotocol: handshake.subprotocol().map(redact::subprotocol),
        extensions: handshake.accepted_extensions().list.iter().map(ToString::to_string).collect(),
        user_agent: request.and_then(|request| value(&request.head, "User-Agent")),
        server_software: response.and_then(|response| value(&response.head, "Server")),
        proxies,
        request_packets: request.map(|r| cites(&r.head.packets)).unwrap_or_default(),
        response_packets: response.map(|r| cites(&r.head.packets)).unwrap_or_default(),
    }
}

fn application(product: &Product, by: Ground) -> ApplicationReport {
    ApplicationReport {
        product: product.id.to_owned(),
        name: product.name.to_owned(),
        recognised_by: match by {
            Ground::Handshake => RecognisedBy::Handshake,
            Ground::Messages => RecognisedBy::Messages,
            Ground::Reason => RecognisedBy::Reason,
            Ground::Code => RecognisedBy::Code,
        },
    }
}

fn meaning(meaning: &Meaning) -> CodeMeaning {
    let Meaning { product, by, row, .. } = meaning;
    CodeMeaning {
        application: application(product, *by),
        meaning: row.meaning.text(Language::En).to_owned(),
        sender: row.sender.text(Language::En).to_owned(),
        reconnect: row.reconnect.text(Language::En).to_owned(),
        confirmed: row.checked,
    }
}

fn last_words(told: &Told, side: Side) -> Option<LastWordsReport> {
    let words = told.last_words[side].as_ref()?;
    Some(LastWordsReport {
        side: side_name(side),
        product: words.product.id.to_owned(),
        kind: words.kind.to_owned(),
        code: words.code,
        reason: words.reason.clone(),
        reconnect: words.reconnect,
        packet: words.at.into(),
    })
}

fn close(facts: &Facts, transport: &PerSide<Summary>, verdict: &Verdict) -> CloseReport {
    let surfaced = verdict.surfaced;
    let sent = |side: Side| {
        let close = facts.sent_close(side)?;
        Some(CloseFrameReport {
            code: close.frame.code(),
            reason: String::from_utf8_lossy(close.frame.reason()).into_owned(),
            packet: close.source.at.into(),
            time: close.source.at.time.to_string(),
            delivered: facts.arrived(side, close.frame.range.end),
            meaning: verdict.told.meanings[side].as_ref().map(meaning),
        })
    };
    let first = if facts.closes_are_supposed() {
        facts.supposed_initiator()
    } else {
        facts.close_initiator()
    };
    let initiator = match first {
        _ if !facts.midstream && !facts.handshake.is_open() => {
            facts.handshake.response.is_some().then_some(Initiator::None)
        }
        rules::Initiator::None if facts.midstream => None, // an earlier one may have been
        rules::Initiator::None => Some(Initiator::None),
        rules::Initiator::One(Side::Client) => Some(Initiator::Client),
        rules::Initiator::One(Side::Server) => Some(Initiator::Server),
        rules::Initiator::Both => Some(Initiator::Both),
        rules::Initiator::Unknown => None,
    };
    CloseReport {
        initiator,
        client_sent: sent(Side::Client),
        server_sent: sent(Side::Server),
        tcp_end: match facts.tls {
            // Of TCP, and not of TLS, which the report on TLS tells.
            Some(_) => tcp_end(&Facts { tls: None, tcp: transport.clone(), ..facts.clone() }),
            None => tcp_end(facts),
        },
        surfaced: Surfaced { client: surfaced.client, server: surfaced.server },
    }
}

fn tcp_end(facts: &Facts) -> TcpEnd {
    match facts.first_end() {
        Some((_, ending, how)) => TcpEnd {
            by: match facts.first_to_end() {
                Some(Side::Client) => EndedBy::Client,
                Some(Side::Server) => EndedBy::Server,
                None => EndedBy::Unknown,
            },
            how: match how {
                rules::EndKind::Reset => EndedHow::Rst,
                _ => EndedHow::Fin,
            },
            packet: Some(ending.at.into()),
        },
        None => TcpEnd { by: EndedBy::None, how: EndedHow::None, packet: None },
    }
}

fn finding_report(finding: &Finding) -> FindingReport {
    let at_fault = match (finding.culprit(), finding.fault) {
        (Some(Side::Client), _) => AtFault::Client,
        (Some(Side::Server), _) => AtFault::Server,
        (None, Fault::Intermediary) => AtFault::Intermediary,
        (None, _) => AtFault::Unknown,
    };
    let hex: Vec<String> = finding.shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let time = finding.at().map_or(Timestamp(0), |at| at.time);
    FindingReport {
        rule: finding.rule.id.to_owned(),
        severity: finding.severity,
        at_fault,
        side: side_name(finding.place.side),
        packets: finding.packets.iter().copied().map(PacketCite::from).collect(),
        time: time.to_string(),
        stream_range: [finding.place.range.start, finding.place.range.end],
        bytes: hex.join(" "),
        guilty: finding.guilty.map(|guilty| GuiltyReport { byte: guilty.byte, mask: guilty.mask }),
        detail: finding.detail.clone(),
        count: finding.count,
        tolerated: finding.tolerated,
        caused_the_end: finding.caused_the_end,
    }
}

fn verdict_report(verdict: Verdict) -> VerdictReport {
    VerdictReport {
        outcome: verdict.outcome,
        at_fault: verdict.at_fault,
        cause: verdict.cause.map(str::to_owned),
        confidence: verdict.confidence,
        lowered_by: verdict.lowered_by,
        summary: verdict.summary,
        fix: verdict.fix,
        alternatives: verdict.alternatives,
        would_settle: verdict.would_settle,
        in_your_logs: verdict.in_your_logs.into_iter().map(log_hint).collect(),
    }
}

fn log_hint(hint: Hint) -> LogHint {
    LogHint {
        side: side_name(hint.side),
        library: hint.library.name.to_owned(),
        phrase: hint.phrase,
        recognised: hint.recognised,
    }
}

/// What happened when, the least telling rows left out when there are too many. `path` is the
/// target of the request without its secrets.
fn timeline(
    facts: &Facts,
    transport: &PerSide<Summary>,
    path: Option<&str>,
    mut milestones: Vec<Milestone>,
) -> Vec<TimelineRow> {
    let origin = facts.span.0;
    let mut add = |at: PacketRef, side: Side, event: String, rank: u8| {
        milestones.push(Milestone { at, side, end: 0, event, rank });
    };
    if facts.tcp.client.has_start {
        add(origin, Side::Client, "SYN".to_owned(), 3);
    }
    if let (Some(request), Some(path)) = (&facts.handshake.request, path)
        && let Some(at) = request.head.packets.first()
    {
        add(*at, Side::Client, format!("{} {path}", request.method), 4);
    }
    if let Some(response) = &facts.handshake.response
        && let Some(at) = response.head.packets.first()
    {
        add(*at, Side::Server, format!("HTTP {}", response.status), 4);
    }
    for side in Side::BOTH {
        let tcp = &transport[side];
        if let (None, Some(close)) = (&facts.frames[side].close, facts.sent_close(side)) {
            let code = close.frame.code().map_or("without a code".to_owned(), |c| c.to_string());
            add(close.source.at, side, format!("Close {code}, behind a searched boundary"), 5);
        }
        let mut ending = |ending: Option<Ending>, name: &str| {
            if let Some(ending) = ending {
                add(ending.at, side, name.to_owned(), 4);
            }
        };
        ending(tcp.fin, "FIN");
        ending(tcp.rst, "RST");
        let alerts = facts.tls.iter().flat_map(|tls| &tls.sides[side].alerts);
        for alert in alerts {
            let name = alert.alert.map_or("TLS alert, encrypted".to_owned(), |alert| alert.name());
            add(alert.at, side, name, 4);
        }
        if let Some(last) = &facts.frames[side].last_message {
            add(last.at, side, format!("last {} message, {} bytes", last.opcode, last.len), 2);
        }
    }
    // Stable: rows of the same packet stay in the order in which they were noted.
    milestones.sort_by_key(|milestone| (milestone.at.time, milestone.at.number));
    while milestones.len() > MAX_ROWS {
        let least = milestones.iter().map(|milestone| milestone.rank).min().unwrap_or(0);
        // The middle one of the least telling: the first and the last tell more.
        let candidates: Vec<usize> = milestones
            .iter()
            .enumerate()
            .filter(|(_, milestone)| milestone.rank == least)
            .map(|(index, _)| index)
            .collect();
        match candidates.get(candidates.len() / 2) {
            Some(index) => milestones.remove(*index),
            None => break,
        };
    }
    milestones
        .into_iter()
        .map(|milestone| TimelineRow {
            packet: milestone.at.into(),
            time: milestone.at.time.to_string(),
            after: format!("{:+.6}", milestone.at.time.seconds_since(origin.time)),
            side: side_name(milestone.side),
            event: milestone.event,
        })
        .collect()
}
