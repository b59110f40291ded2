//! One connection: verdict, who did what, findings, and what may overturn it.

use std::io;

use super::super::cite::Files;
use super::super::clock;
use super::super::page::{Ink, Page, Span};
use super::super::{
    Blame, ConnectionReport, Detail, EndedBy, EndedHow, Grade, Report, SideName, TimelineRow,
    amounts, application, tls_lines, words,
};
use super::{finding, summary};
use crate::rules::Severity;

/// Columns of the labels in the block of who did what.
const LABEL: usize = 15;

pub(super) fn write(
    report: &Report,
    connection: &ConnectionReport,
    files: &Files<'_>,
    detail: Detail,
    page: &mut Page<'_>,
) -> io::Result<()> {
    heading(report, connection, page)?;
    verdict(connection, page)?;
    if detail == Detail::Brief && report.connections.len() > 1 && is_unremarkable(connection) {
        return page.blank(); // one of many that ended well: the verdict says it all
    }
    in_your_logs(connection, page)?;
    page.blank()?;
    who_did_what(connection, files, page)?;
    if detail == Detail::Full {
        handshake(connection, files, page)?;
    }
    page.blank()?;
    for finding in &connection.findings {
        finding::write(connection, finding, files, detail, page)?;
        page.blank()?;
    }
    if detail == Detail::Full {
        timeline(&connection.timeline, page)?;
    }
    doubts(connection, page)?;
    summary::blind_spots("  ", &connection.blind_spots, files, page)
}

/// Whether there is nothing to say beyond the verdict.
fn is_unremarkable(connection: &ConnectionReport) -> bool {
    connection.findings.is_empty()
        && connection.blind_spots.is_empty()
        && connection.verdict.at_fault == Blame::None
}

fn heading(report: &Report, connection: &ConnectionReport, page: &mut Page<'_>) -> io::Result<()> {
    let id = format!("#{}", connection.id);
    let ends = words::direction(connection, SideName::Client);
    let url = words::url(connection);
    let file = match report.captures.get(connection.capture) {
        Some(capture) if report.captures.len() > 1 => format!("{}, ", capture.file),
        _ => String::new(),
    };
    let duration = clock::duration(connection.duration);
    // Wireshark numbers the connections of each file of a series anew.
    let stream = match report.captures.get(connection.capture) {
        Some(capture) if !capture.files.is_empty() => String::new(),
        _ => format!("tcp.stream {}, ", connection.tcp_stream),
    };
    let place = format!("({file}{stream}{duration})");
    page.line(&[
        (Ink::Frame, &id),
        (Ink::Plain, "  "),
        (Ink::Strong, &ends),
        (Ink::Plain, "  "),
        (Ink::Plain, &url),
        (Ink::Plain, "  "),
        (Ink::Faint, &place),
    ])
}

fn verdict(connection: &ConnectionReport, page: &mut Page<'_>) -> io::Result<()> {
    let verdict = &connection.verdict;
    if let Some(same) = words::same_as(connection, "#") {
        page.flow(&[(Ink::Of(Severity::Note), "  note: ")], Ink::Plain, &same)?;
    }
    page.flow(&[(Ink::Plain, "  ")], Ink::Strong, &verdict.summary)?;
    let (ink, party) = match verdict.at_fault {
        Blame::Client => (
            Ink::Of(Severity::Error),
            format!("client {}", words::endpoint_of(connection, SideName::Client)),
        ),
        Blame::Server => (
            Ink::Of(Severity::Error),
            format!("server {}", words::endpoint_of(connection, SideName::Server)),
        ),
        Blame::Intermediary => {
            (Ink::Of(Severity::Error), "an intermediary between the two".to_owned())
        }
        Blame::None => (Ink::Good, "nobody".to_owned()),
        Blame::Unknown => (Ink::Of(Severity::Warning), "unknown".to_owned()),
    };
    let cause = verdict.cause.as_ref().map(|cause| format!(" · cause: {cause}"));
    let sure = verdict.confidence.name();
    let rest = format!("· confidence: {sure}{}", cause.as_deref().unwrap_or_default());
    let lead = [(Ink::Plain, "  at fault: "), (ink, party.as_str()), (Ink::Plain, " ")];
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, &rest)?;
    let quality = &connection.quality;
    if quality.grade > Grade::Good {
        let grade = format!("  capture of it: {}: ", quality.grade.name());
        let lead = [(Ink::Of(Severity::Warning), grade.as_str())];
        page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, &quality.remark)?;
    }
    if !verdict.fix.is_empty() {
        page.flow(&[(Ink::Good, "  fix: ")], Ink::Plain, &verdict.fix)?;
    }
    Ok(())
}

/// What the endpoints' logs may show.
fn in_your_logs(connection: &ConnectionReport, page: &mut Page<'_>) -> io::Result<()> {
    let hints = &connection.verdict.in_your_logs;
    if hints.is_empty() {
        return Ok(());
    }
    page.line(&[(Ink::Good, "  in your logs"), (Ink::Faint, " (may show):")])?;
    for hint in hints {
        let who = format!("    {}: ", words::printer(hint));
        page.flow_under(
            &[(Ink::Faint, &who)],
            &[(Ink::Plain, "      ")],
            Ink::Plain,
            &hint.phrase,
        )?;
    }
    Ok(())
}

fn who_did_what(
    connection: &ConnectionReport,
    files: &Files<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let close = &connection.close;
    let closes = [&close.client_sent, &close.server_sent].map(|sent| match sent {
        None => words::no_close(connection).to_owned(),
        Some(sent) => format!(
            "{}, {}, {}",
            words::close(sent),
            files.packet(sent.packet),
            words::delivered(sent.delivered)
        ),
    });
    let outcome = connection.verdict.outcome;
    let status = match connection.handshake.status {
        Some(status) => format!("handshake answered {status}"),
        None if tls_lines::is_inferred(connection) => "inside TLS, not read".to_owned(),
        None if tls_lines::has_failed(connection) => "TLS was not established".to_owned(),
        None if connection.handshake.response_packets.is_empty() => {
            "no answer to the handshake captured".to_owned()
        }
        None => "what answered the handshake is not certain".to_owned(),
    };
    let tcp_end = match (close.tcp_end.by, close.tcp_end.how) {
        (EndedBy::Unknown, EndedHow::None) => "unknown".to_owned(),
        _ => words::tcp_end(files, &close.tcp_end),
    };
    let opened = format!("{}, {status}", clock::moment(&connection.opened));
    let [client_sent, server_sent] = &closes;
    fact(words::opened(connection), &opened, page)?;
    if words::may_have_closed(connection) {
        fact("closed first", words::initiator(close.initiator), page)?;
        fact("client sent", client_sent, page)?;
        fact("server sent", server_sent, page)?;
    }
    fact("TCP ended by", &tcp_end, page)?;
    fact("client API", &words::surfaced(close.surfaced.client, outcome), page)?;
    fact("server API", &words::surfaced(close.surfaced.server, outcome), page)?;
    let mut lines = tls_lines::lines(connection, files);
    lines.extend(application::lines(connection, files));
    lines.iter().try_for_each(|(label, text)| fact(label, text, page))
}

fn handshake(
    connection: &ConnectionReport,
    files: &Files<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let shake = &connection.handshake;
    let optional = [
        ("subprotocol", &shake.subprotocol),
        ("user agent", &shake.user_agent),
        ("server runs", &shake.server_software),
    ];
    for (label, value) in optional {
        if let Some(value) = value {
            fact(label, value, page)?;
        }
    }
    if !shake.extensions.is_empty() {
        fact("extensions", &shake.extensions.join(", "), page)?;
    }
    if !shake.proxies.is_empty() {
        fact("proxies show in", &shake.proxies.join(", "), page)?;
    }
    if !shake.request_packets.is_empty() {
        fact("request", &files.packets(&shake.request_packets), page)?;
    }
    if !shake.response_packets.is_empty() {
        fact("response", &files.packets(&shake.response_packets), page)?;
    }
    let traffic = &connection.traffic;
    for (side, peer, sent) in
        [("client", "server", &traffic.client), ("server", "client", &traffic.server)]
    {
        if tls_lines::is_unread(connection) {
            continue; // no frame was read
        }
        fact(&format!("{side} traffic"), &amounts::sent(sent), page)?;
        if let Some(refused) = amounts::refused(sent, files) {
            fact(&format!("{peer} refused"), &refused, page)?;
        }
        if let Some(open) = amounts::open_message(sent) {
            fact(&format!("{side} left open"), &open, page)?;
        }
        if let Some(pings) = amounts::pings(&sent.pings) {
            fact(&format!("{side} pings"), &pings, page)?;
        }
    }
    fact("client TCP", &words::tcp_side(&connection.tcp.client), page)?;
    fact("server TCP", &words::tcp_side(&connection.tcp.server), page)
}

fn fact(label: &str, value: &str, page: &mut Page<'_>) -> io::Result<()> {
    let label = format!("  {label:<LABEL$} ");
    page.flow(&[(Ink::Faint, &label)], Ink::Plain, value)
}

fn timeline(rows: &[TimelineRow], page: &mut Page<'_>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    page.line(&[(Ink::Strong, "  timeline")])?;
    for row in rows {
        let place = format!("  {:>8}  {:>10} s  ", row.packet.short(), row.after);
        let side = format!("{:<7} ", row.side.name());
        page.flow(&[(Ink::Frame, &place), (Ink::Faint, &side)], Ink::Plain, &row.event)?;
    }
    page.blank()
}

/// Other readings, what lowered the confidence, what would settle it.
fn doubts(connection: &ConnectionReport, page: &mut Page<'_>) -> io::Result<()> {
    let verdict = &connection.verdict;
    let groups = [
        ("confidence lowered by: ", &verdict.lowered_by),
        ("it may also be: ", &verdict.alternatives),
        ("would settle it: ", &verdict.would_settle),
    ];
    for (label, texts) in groups {
        for text in texts {
            let lead: [Span<'_>; 2] = [(Ink::Frame, "  = "), (Ink::Strong, label)];
            page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, text)?;
        }
    }
    match groups.iter().all(|(_, texts)| texts.is_empty()) {
        true => Ok(()),
        false => page.blank(),
    }
}
