//! One connection as a section of a ticket.

use std::io::{self, Write};

use super::super::cite::Files;
use super::super::clock;
use super::super::escape::{
    markdown as prose, markdown_cell_code as cell_code, markdown_code as code,
};
use super::super::evidence::Drawing;
use super::super::{
    Blame, CloseFrameReport, ConnectionReport, EndedBy, EndedHow, FindingReport, Grade, Report,
    SideName, SideTraffic, amounts, application, tls_lines, wireshark, words,
};
use super::{capture, header, row};
use crate::rules;

type Out<'o> = &'o mut dyn Write;

pub(super) fn write(
    report: &Report,
    connection: &ConnectionReport,
    files: &Files<'_>,
    out: Out<'_>,
) -> io::Result<()> {
    let ends = code(&words::direction(connection, SideName::Client));
    let how = match (tls_lines::is_inferred(connection), tls_lines::has_failed(connection)) {
        (true, _) => " (inferred)",
        (false, true) => " (TLS handshake failed)",
        (false, false) => "",
    };
    writeln!(out, "## WebSocket {}: {ends}{how}\n", connection.id)?;
    verdict(connection, out)?;
    who_did_what(connection, files, out)?;
    evidence(connection, files, out)?;
    timeline(connection, files, out)?;
    fix(connection, out)?;
    in_your_logs(connection, out)?;
    doubts(connection, files, out)?;
    in_wireshark(report, connection, files, out)
}

fn verdict(connection: &ConnectionReport, out: Out<'_>) -> io::Result<()> {
    let verdict = &connection.verdict;
    let party = verdict.at_fault.name();
    writeln!(out, "**Verdict:** {}\n", prose(&verdict.summary))?;
    write!(out, "**At fault:** {party}")?;
    if verdict.at_fault != Blame::None {
        write!(out, " (confidence: {})", verdict.confidence.name())?;
    }
    match &verdict.cause {
        Some(cause) => writeln!(out, " · **Cause:** {}\n", code(cause))?,
        None => writeln!(out, "\n")?,
    }
    let quality = &connection.quality;
    if quality.grade > Grade::Good {
        let grade = quality.grade.name();
        writeln!(out, "**Capture of it:** {grade}: {}\n", prose(&quality.remark))?;
    }
    let outcome = verdict.outcome;
    let surfaced = &connection.close.surfaced;
    writeln!(
        out,
        "**Impact:** {}, {} {}, lasted {}; outcome {}. The client's API reports {}, the \
         server's {}.\n",
        code(&words::url(connection)),
        words::opened(connection),
        prose(&clock::moment(&connection.opened)),
        clock::duration(connection.duration),
        outcome.name(),
        words::surfaced(surfaced.client, outcome),
        words::surfaced(surfaced.server, outcome),
    )
}

fn who_did_what(connection: &ConnectionReport, files: &Files<'_>, out: Out<'_>) -> io::Result<()> {
    let close = &connection.close;
    let surfaced = &close.surfaced;
    let outcome = connection.verdict.outcome;
    let shake = &connection.handshake;
    let sent = |sent: &Option<CloseFrameReport>| match sent {
        None => words::no_close(connection).to_owned(),
        Some(sent) => {
            let what = match sent.reason.as_str() {
                "" => sent.code.map_or_else(|| "without a code".to_owned(), words::code),
                _ => cell_code(&words::close(sent)),
            };
            {
                let packet = prose(&files.packet(sent.packet));
                format!("{what}, {packet}, {}", words::delivered(sent.delivered))
            }
        }
    };
    let ended = |by| match close.tcp_end.by {
        EndedBy::Unknown if close.tcp_end.how == EndedHow::None => "unknown".to_owned(),
        EndedBy::Unknown => "one of the two".to_owned(),
        ended_by if ended_by != by => String::new(),
        _ => {
            let packet = close.tcp_end.packet.map(|packet| prose(&files.packet(packet)));
            let packet = packet.map(|packet| format!(", {packet}"));
            format!("{}{}", words::tcp_how(close.tcp_end.how), packet.unwrap_or_default())
        }
    };
    let guilty = |blame| match connection.verdict.at_fault == blame {
        true => "**yes**".to_owned(),
        false => String::new(),
    };
    let software = |name: &Option<String>| name.as_deref().map_or(String::new(), cell_code);
    let address = |side| cell_code(&words::endpoint_of(connection, side));
    let (client, server) = (&connection.traffic.client, &connection.traffic.server);
    let refused = |sent| amounts::refused(sent, files).as_deref().map(prose).unwrap_or_default();
    let open = |sent| amounts::open_message(sent).unwrap_or_default();
    let pings = |sent: &SideTraffic| amounts::pings(&sent.pings).unwrap_or_default();
    let rows = [
        ["address".into(), address(SideName::Client), address(SideName::Server)],
        ["software".into(), software(&shake.user_agent), software(&shake.server_software)],
        ["Close sent".into(), sent(&close.client_sent), sent(&close.server_sent)],
        ["ended TCP".into(), ended(EndedBy::Client), ended(EndedBy::Server)],
        [
            "API reports".into(),
            words::surfaced(surfaced.client, outcome),
            words::surfaced(surfaced.server, outcome),
        ],
        [
            "sent".into(),
            amounts::sent(&connection.traffic.client),
            amounts::sent(&connection.traffic.server),
        ],
        ["refused by peer".into(), refused(client), refused(server)],
        ["left open".into(), open(client), open(server)],
        ["pings".into(), pings(client), pings(server)],
        [
            "TCP".into(),
            words::tcp_side(&connection.tcp.client),
            words::tcp_side(&connection.tcp.server),
        ],
        ["has to fix it".to_owned(), guilty(Blame::Client), guilty(Blame::Server)],
    ];
    if let Some(same) = words::same_as(connection, "connection ") {
        writeln!(out, "This is {same}.\n")?;
    }
    let may_have_closed = words::may_have_closed(connection);
    if may_have_closed {
        writeln!(out, "Closed first by: {}.\n", words::initiator(close.initiator))?;
    }
    header(&["", "client", "server"], out)?;
    let is_unread = tls_lines::is_unread(connection);
    let is_said = |row: &&[String; 3]| {
        let [label, client, server] = row;
        !(client.is_empty() && server.is_empty())
            && (may_have_closed || label != "Close sent")
            && !(is_unread && label == "sent")
    };
    rows.iter().filter(is_said).try_for_each(|cells| row(cells, out))?;
    writeln!(out)?;
    if !is_unread {
        handshake(connection, out)?;
    }
    let mut lines = tls_lines::lines(connection, files);
    lines.extend(application::lines(connection, files));
    for (label, text) in &lines {
        writeln!(out, "- {label}: {}", prose(text))?;
    }
    if lines.is_empty() { Ok(()) } else { writeln!(out) }
}

fn handshake(connection: &ConnectionReport, out: Out<'_>) -> io::Result<()> {
    let shake = &connection.handshake;
    let mut parts = Vec::new();
    match shake.status {
        Some(status) => parts.push(format!("answered {status}")),
        None if shake.response_packets.is_empty() => parts.push("no answer captured".to_owned()),
        None => parts.push("what answered it is not certain".to_owned()),
    }
    if let Some(subprotocol) = &shake.subprotocol {
        parts.push(format!("subprotocol {}", code(subprotocol)));
    }
    if !shake.extensions.is_empty() {
        parts.push(format!("extensions {}", code(&shake.extensions.join(", "))));
    }
    if !shake.proxies.is_empty() {
        parts.push(format!("proxies show in {}", code(&shake.proxies.join(", "))));
    }
    writeln!(out, "Handshake: {}.\n", parts.join(", "))
}

fn evidence(connection: &ConnectionReport, files: &Files<'_>, out: Out<'_>) -> io::Result<()> {
    if connection.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Evidence\n")?;
    let findings = &mut connection.findings.iter();
    findings.try_for_each(|finding| evidence_of(connection, finding, files, out))
}

fn evidence_of(
    connection: &ConnectionReport,
    finding: &FindingReport,
    files: &Files<'_>,
    out: Out<'_>,
) -> io::Result<()> {
    let rule = rules::find(&finding.rule);
    let name = code(&finding.rule);
    let summary = rule.map(|rule| format!(" {}", prose(rule.summary))).unwrap_or_default();
    writeln!(out, "**{}**{summary} ({name})\n", finding.severity)?;
    let [start, end] = finding.stream_range;
    writeln!(
        out,
        "- {}, {}, {}, stream bytes {start}..{end}",
        prose(&files.packets(&finding.packets)),
        prose(clock::time_of_day(&finding.time)),
        code(&words::direction(connection, finding.side)),
    )?;
    writeln!(out, "- seen: {}", prose(&finding.detail))?;
    if let Some(rule) = rule {
        writeln!(out, "- rule: {}{}", rule.section, words::answer(rule))?;
    }
    writeln!(out, "- at fault: {}", finding.at_fault.name())?;
    if finding.count > 1 {
        writeln!(out, "- {} times; the first is shown", words::grouped(finding.count))?;
    }
    if finding.caused_the_end {
        writeln!(out, "- this ended the connection")?;
    }
    if finding.tolerated {
        writeln!(out, "- tolerated: the peer received it and the connection lived on")?;
    }
    if let Some(drawing) = Drawing::of(finding) {
        writeln!(out, "\n```text\n{}\n```", drawing.lines().join("\n"))?;
    }
    writeln!(out)
}

fn timeline(connection: &ConnectionReport, files: &Files<'_>, out: Out<'_>) -> io::Result<()> {
    if connection.timeline.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Timeline\n")?;
    header(&["packet", "time (UTC)", "after (s)", "side", "event"], out)?;
    for event in &connection.timeline {
        row(
            &[
                prose(&files.list(&[event.packet])),
                prose(clock::time_of_day(&event.time)),
                cell_code(&event.after),
                event.side.name().to_owned(),
                cell_code(&event.event),
            ],
            out,
        )?;
    }
    writeln!(out)
}

fn fix(connection: &ConnectionReport, out: Out<'_>) -> io::Result<()> {
    let verdict = &connection.verdict;
    let mut advice: Vec<&str> = Vec::new();
    if !verdict.fix.is_empty() {
        advice.push(&verdict.fix);
    }
    for finding in &connection.findings {
        let said = rules::find(&finding.rule).map(|rule| rule.advice);
        advice.extend(said.filter(|said| !advice.contains(said)));
    }
    if advice.is_empty() {
        return Ok(());
    }
    writeln!(out, "### How to fix it\n")?;
    for text in advice {
        writeln!(out, "- {}", prose(text))?;
    }
    writeln!(out)
}

fn in_your_logs(connection: &ConnectionReport, out: Out<'_>) -> io::Result<()> {
    let hints = &connection.verdict.in_your_logs;
    if hints.is_empty() {
        return Ok(());
    }
    writeln!(out, "### In your logs\n\nThe log of a side may show:\n")?;
    for hint in hints {
        writeln!(out, "- {}: {}", prose(&words::printer(hint)), code(&hint.phrase))?;
    }
    writeln!(out)
}

fn doubts(connection: &ConnectionReport, files: &Files<'_>, out: Out<'_>) -> io::Result<()> {
    let verdict = &connection.verdict;
    let groups = [
        ("confidence lowered by", &verdict.lowered_by),
        ("may also be", &verdict.alternatives),
        ("would settle it", &verdict.would_settle),
    ];
    let silent = groups.iter().all(|(_, texts)| texts.is_empty());
    if silent && connection.blind_spots.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Other readings, and what the capture cannot prove\n")?;
    for (label, texts) in groups {
        for text in texts {
            writeln!(out, "- {label}: {}", prose(text))?;
        }
    }
    capture::blind_spots(&connection.blind_spots, files, out)?;
    writeln!(out)
}

fn in_wireshark(
    report: &Report,
    connection: &ConnectionReport,
    files: &Files<'_>,
    out: Out<'_>,
) -> io::Result<()> {
    let Some(capture) = report.captures.get(connection.capture) else { return Ok(()) };
    writeln!(out, "### In Wireshark\n")?;
    for filters in wireshark::filters(capture, connection, files) {
        writeln!(out, "Display filters for {}:\n", code(filters.file))?;
        writeln!(out, "```text\n{}\n```\n", filters.lines.join("\n"))?;
    }
    Ok(())
}
