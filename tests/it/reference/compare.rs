//! What the pipeline says, set against the truth.
//!
//! In: what was sent and what of it was captured, the [`Report`] and the rows of frames. Out: what is
//! wrong with these, in words. Of a capture without losses everything has to be there; of any other
//! nothing may be there that is not true.

use std::collections::BTreeMap;

use wsblame::endpoint::{PerSide, Side};
use wsblame::report::frames::{Frame, FrameRow, What};
use wsblame::report::{
    AtFault, Blame, CloseFrameReport, Confidence, ConnectionReport, EndedBy, FindingReport,
    Initiator, Outcome, Report, SideName,
};
use wsblame::rules::Severity;

use super::naive::{self, Read};
use super::talk::Talk;
use super::wire::{Captured, End, Road, Wire};

/// The truth about a conversation.
pub(crate) struct Truth<'a> {
    talk: &'a Talk,
    wire: &'a Wire,
    read: PerSide<Read>,
}

fn side_of(name: SideName) -> Side {
    match name {
        SideName::Client => Side::Client,
        SideName::Server => Side::Server,
    }
}

impl<'a> Truth<'a> {
    pub(crate) fn new(talk: &'a Talk, wire: &'a Wire) -> Truth<'a> {
        let deflate = talk.opening.deflate;
        let read = PerSide::from_fn(|side| naive::read(&wire.streams[side], side, deflate));
        Truth { talk, wire, read }
    }

    fn code(&self, side: Side) -> Option<u16> {
        self.read[side].close.as_ref()?.code()
    }

    /// What `side` had received when it sent its Close.
    fn knew_when_closing(&self, side: Side) -> Option<u64> {
        let close = self.read[side].close.as_ref()?;
        Some(self.wire.knew(side, close.range.start))
    }

    /// Whether `side` had the peer's Close when it sent its own.
    fn answers(&self, side: Side) -> bool {
        let peers = self.read[!side].close.as_ref();
        peers.is_some_and(|peers| self.knew_when_closing(side) >= Some(peers.range.end))
    }

    fn initiator(&self) -> Initiator {
        let closed = PerSide::from_fn(|side| self.read[side].close.is_some());
        match (closed.client, closed.server) {
            (false, false) => Initiator::None,
            (true, false) => Initiator::Client,
            (false, true) => Initiator::Server,
            _ if self.answers(Side::Client) => Initiator::Server,
            _ if self.answers(Side::Server) => Initiator::Client,
            _ => Initiator::Both,
        }
    }

    fn end(&self, side: Side) -> Option<End> {
        self.wire.fin[side].or(self.wire.reset[side])
    }

    /// Who may be called the first to end TCP: of two ends that crossed, either.
    fn ended_by(&self) -> Vec<EndedBy> {
        let knew = |end: End| end.had_fin || end.had_reset;
        match (self.end(Side::Client), self.end(Side::Server)) {
            (None, None) => vec![EndedBy::None],
            (Some(_), None) => vec![EndedBy::Client],
            (None, Some(_)) => vec![EndedBy::Server],
            (Some(client), Some(_)) if knew(client) => vec![EndedBy::Server],
            (Some(_), Some(server)) if knew(server) => vec![EndedBy::Client],
            _ => vec![EndedBy::Client, EndedBy::Server],
        }
    }

    fn is_over(&self) -> bool {
        Side::BOTH.iter().any(|side| self.end(*side).is_some())
    }

    /// Whether `side` broke the protocol in bytes that its peer can refuse, from `offset` on.
    fn broke_it_from(&self, side: Side, offset: u64) -> bool {
        let read = &self.read[side];
        let serious = |rule: &str| !matches!(rule, "control-after-close" | "close-duplicate");
        let mut breaches = read.breaches.iter();
        breaches.any(|(rule, range)| serious(rule) && range.end > offset)
            || !read.perhaps.is_empty()
    }

    /// The codes that `side`'s API may have reported (RFC 6455 §7.1.5); `None` where anything may be.
    fn reported(&self, side: Side) -> Option<Vec<u16>> {
        let mut codes = vec![1006];
        let Some(close) = &self.read[!side].close else { return Some(codes) };
        if self.wire.received[side] < close.range.end {
            return Some(codes);
        }
        if !close.is_valid() || self.broke_it_from(!side, close.range.start) {
            return None;
        }
        // It may have stopped reading before: for a violation, because it had failed the connection,
        // or because it had ended TCP. And some take no Close in a message, or none with new codes.
        let failed = matches!(self.code(side), Some(1002 | 1003 | 1007..=1011));
        let had_ended = self.end(side).is_some_and(|end| end.received < close.range.end);
        let doubtful = self.read[!side].open_at_close || matches!(close.code(), Some(1012..=1014));
        if !(failed || had_ended || doubtful || self.broke_it_from(!side, 0)) {
            codes.clear();
        }
        codes.push(close.code().unwrap_or(1005));
        Some(codes)
    }

    /// A conversation with which nothing is wrong: no rule is broken, and each step of the closing
    /// handshake and of the end of TCP waited for the one before.
    fn is_clean(&self) -> bool {
        let one_answers = matches!(self.initiator(), Initiator::Client | Initiator::Server);
        let each = Side::BOTH.iter().all(|side| {
            let read = &self.read[*side];
            let peers = &self.read[!*side].close;
            let end = peers.as_ref().map_or(u64::MAX, |peers| peers.range.end);
            read.breaches.is_empty()
                && read.perhaps.is_empty()
                && read.close.as_ref().is_some_and(naive::Close::is_valid)
                && !read.open_at_close
                && matches!(self.code(*side), None | Some(1000 | 1001))
                && self.wire.reset[*side].is_none()
                && self.wire.fin[*side].is_some_and(|fin| fin.received >= end)
        });
        one_answers && each
    }

    /// How often `side` did what the rules of a family are about, and whether it may have done so
    /// more often.
    fn count(&self, family: &str, side: Side) -> (u64, bool) {
        let read = &self.read[side];
        let count = read.breaches.iter().filter(|(other, _)| *other == family).count() as u64;
        (count, read.perhaps.contains(&family))
    }

    /// Whether `side` may be accused of having broken `rule`.
    fn is_guilty(&self, rule: &str, side: Side) -> bool {
        if let Some(family) = family(rule) {
            let (count, perhaps) = self.count(family, side);
            return count > 0 || perhaps;
        }
        let (read, peer) = (&self.read[side], &self.read[!side]);
        let (fin, reset) = (self.wire.fin[side], self.wire.reset[side]);
        let closed_upon = |end: End| {
            let close = peer.close.as_ref();
            close.is_some_and(|close| close.range.end <= end.received)
        };
        match rule {
            "tcp-closed-without-close" => {
                let end = self.end(side);
                let alone = |end: End| !end.had_fin && !end.had_reset && !closed_upon(end);
                read.close.is_none() && end.is_some_and(alone)
            }
            "torn-frame" => read.torn.is_some() && fin.is_some(),
            "close-not-answered" => read.close.is_none() && fin.is_some_and(closed_upon),
            "close-lost-by-rst" => read.close.is_some() && reset.is_some(),
            "closed-mid-message" => {
                read.open_at_close || (read.open.is_some() && fin.or(reset).is_some())
            }
            "close-code-1010-by-server" => side == Side::Server && self.code(side) == Some(1010),
            "internal-error" => self.code(side) == Some(1011),
            "try-again-later" => self.code(side) == Some(1013),
            "close-1002-but-no-violation" => {
                let knew = self.knew_when_closing(side).unwrap_or(0);
                let before = |(rule, range): &(&str, std::ops::Range<u64>)| {
                    !matches!(*rule, "control-after-close" | "close-duplicate") && range.end <= knew
                };
                self.code(side) == Some(1002) && !peer.breaches.iter().any(before)
            }
            "pong-payload-mismatch" => {
                let asked = |payload: &Vec<u8>| {
                    peer.frames.iter().any(|ping| ping.opcode == 9 && ping.payload == *payload)
                };
                read.frames.iter().any(|pong| pong.opcode == 10 && !asked(&pong.payload))
            }
            _ => false,
        }
    }
}

/// The name under which the reference knows a rule that is about bytes.
fn family(rule: &str) -> Option<&str> {
    Some(match rule {
        "invalid-utf8-text" | "utf8-truncated-at-end" | "binary-in-text" => "utf8",
        "deflate-inflate-failed"
        | "deflate-context-desync"
        | "deflate-tail-not-removed"
        | "deflate-takeover-ignored"
        | "deflate-window-exceeded" => "deflate",
        "client-frame-unmasked"
        | "server-frame-masked"
        | "reserved-opcode"
        | "rsv-bits-set"
        | "rsv1-without-deflate"
        | "control-compressed"
        | "deflate-rsv1-on-continuation"
        | "control-fragmented"
        | "control-too-long"
        | "continuation-without-start"
        | "new-message-before-fin"
        | "length-not-minimal"
        | "length-msb-set"
        | "close-body-one-byte"
        | "close-code-forbidden"
        | "close-code-out-of-range"
        | "close-code-unassigned"
        | "close-reason-not-utf8"
        | "data-after-close"
        | "control-after-close"
        | "close-duplicate" => rule,
        _ => return None,
    })
}

/// What is wrong with what is said of a conversation.
pub(crate) fn wrongs(
    truth: &Truth<'_>,
    road: &Road,
    captured: &Captured,
    report: &Report,
    rows: &[FrameRow],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let lossless = road.is_lossless();
    let connection = match report.connections.as_slice() {
        [one] => one,
        [] if !lossless => return wrong,
        others => return vec![format!("{} connections", others.len())],
    };
    if connection.client.port != 50_000 {
        wrong.push("the roles are the other way round".to_owned());
        return wrong;
    }
    let judge = Judge { truth, road, captured, connection, rows };
    for side in Side::BOTH {
        judge.frames(side, &mut wrong);
        judge.close(side, &mut wrong);
        judge.surfaced(side, &mut wrong);
    }
    judge.initiator(&mut wrong);
    judge.tcp_end(&mut wrong);
    judge.findings(&mut wrong);
    judge.verdict(&mut wrong);
    wrong
}

struct Judge<'a> {
    truth: &'a Truth<'a>,
    road: &'a Road,
    captured: &'a Captured,
    connection: &'a ConnectionReport,
    rows: &'a [FrameRow],
}

impl Judge<'_> {
    fn is_lossless(&self) -> bool {
        self.road.is_lossless()
    }

    fn has_start(&self, side: Side) -> bool {
        match side {
            Side::Client => self.connection.tcp.client.has_start,
            Side::Server => self.connection.tcp.server.has_start,
        }
    }

    /// Bytes of `side`'s stream from its start on that the capture has.
    fn captured_until(&self, side: Side) -> u64 {
        let has = &self.captured.has[side];
        has.iter().position(|has| !has).unwrap_or(has.len()) as u64
    }

    fn frames(&self, side: Side, wrong: &mut Vec<String>) {
        let truth = &self.truth.read[side].frames;
        let listed: Vec<(&FrameRow, &Frame)> = self
            .rows
            .iter()
            .filter(|row| side_of(row.side) == side)
            .filter_map(|row| Some((row, row.frame()?)))
            .filter(|(_, frame)| !frame.searched)
            .collect();
        if !self.has_start(side) {
            // Offsets count from the first byte that was captured, wherever that was.
            let fits = |shift: u64| {
                listed.iter().all(|(row, frame)| {
                    let at = row.offset + shift;
                    truth.iter().any(|t| t.offset == at && self.differs(t, frame).is_none())
                })
            };
            let first = listed.first().map_or(0, |(row, _)| row.offset);
            let shifts = truth.iter().filter_map(|frame| frame.offset.checked_sub(first));
            if !listed.is_empty() && !shifts.into_iter().any(fits) {
                wrong.push(format!("{side}: frames that nobody sent"));
            }
            return;
        }
        let by_offset: BTreeMap<u64, &naive::Frame> =
            truth.iter().map(|frame| (frame.offset, frame)).collect();
        for (row, frame) in &listed {
            let offset = row.offset;
            match by_offset.get(&offset) {
                None => wrong.push(format!("{side}: no frame begins at {offset}: {frame:?}")),
                Some(truth) => {
                    if let Some(how) = self.differs(truth, frame) {
                        wrong.push(format!("{side}: the frame at {offset} differs: {how}"));
                    }
                }
            }
            let Some(packet) = row.packet else { continue };
            let carries = |(number, from, range): &(u64, Side, std::ops::Range<u64>)| {
                *number == packet.number() && *from == side && range.contains(&offset)
            };
            if !self.captured.carried.iter().any(carries) {
                wrong.push(format!("{side}: {packet:?} does not carry the frame at {offset}"));
            }
        }
        // What was captured up to the first hole has to be there.
        let syns = self.captured.has_syn.client && self.captured.has_syn.server;
        let opened = Side::BOTH
            .iter()
            .all(|side| self.captured_until(*side) >= self.truth.wire.opening[*side]);
        let until = if syns && opened { self.captured_until(side) } else { 0 };
        for frame in truth.iter().filter(|frame| frame.end() <= until) {
            if !listed.iter().any(|(row, _)| row.offset == frame.offset) {
                wrong.push(format!("{side}: the frame at {} is missing", frame.offset));
            }
        }
        if self.is_lossless() {
            self.all_frames(side, wrong);
        }
    }

    /// In what a frame that is listed is not the one that was sent.
    fn differs(&self, truth: &naive::Frame, frame: &Frame) -> Option<String> {
        let mask = truth.mask.map(|key| key.map(|byte| format!("{byte:02x}")).concat());
        let header = (truth.fin, truth.rsv, truth.opcode, truth.length, mask);
        let listed = (frame.fin, frame.rsv, frame.opcode, frame.length, frame.mask.clone());
        if header != listed {
            return Some(format!("{listed:?}, not {header:?}"));
        }
        let own = truth.message.as_ref();
        if let Some(message) = &frame.message {
            let Some(own) = own else { return Some("it ends no message".to_owned()) };
            let kind = if own.opcode == 1 { "text" } else { "binary" };
            let told =
                (message.kind.as_str(), message.fragments, message.bytes, message.compressed);
            let sent = (kind, own.fragments, own.bytes, own.compressed);
            if told != sent {
                return Some(format!("the message is {told:?}, not {sent:?}"));
            }
            let len = own.content.as_ref().filter(|_| own.compressed).map(|c| c.len() as u64);
            if own.compressed
                && message.inflated.is_some()
                && len.is_some()
                && message.inflated != len
            {
                return Some(format!("inflated {:?}, not {len:?}", message.inflated));
            }
            if self.is_lossless() && own.compressed && len.is_some() && message.inflated.is_none() {
                return Some("it was not inflated".to_owned());
            }
        } else if own.is_some() && self.is_lossless() {
            return Some("its message is missing".to_owned());
        }
        if let Some(content) = frame.content.as_ref().filter(|content| content.sound) {
            let is_it = match own {
                Some(own) => own.content.as_ref().is_none_or(|own| *own == content.bytes),
                None => truth.payload.starts_with(&content.bytes),
            };
            if !is_it {
                return Some("its content is another".to_owned());
            }
        }
        if self.is_lossless() && frame.missing > 0 {
            return Some(format!("{} bytes are missing", frame.missing));
        }
        let code = match (truth.opcode, truth.payload.as_slice()) {
            (8, [high, low, ..]) if truth.complete => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        };
        let code_differs = frame.code != code && (self.is_lossless() || frame.code.is_some());
        code_differs.then(|| format!("code {:?}, not {code:?}", frame.code))
    }

    fn all_frames(&self, side: Side, wrong: &mut Vec<String>) {
        let read = &self.truth.read[side];
        let traffic = &self.connection.traffic;
        let counted = match side {
            Side::Client => traffic.client.frames,
            Side::Server => traffic.server.frames,
        };
        if counted != read.frames.len() as u64 {
            wrong.push(format!("{side}: {counted} frames, not {}", read.frames.len()));
        }
        let torn = self.rows.iter().find_map(|row| match row.what {
            What::Torn { .. } if side_of(row.side) == side => Some(row.offset),
            _ => None,
        });
        if torn != read.torn {
            wrong.push(format!("{side}: torn at {torn:?}, not {:?}", read.torn));
        }
        let mut rows = self.rows.iter().filter(|row| side_of(row.side) == side);
        if rows.any(|row| matches!(row.what, What::Hole { .. })) {
            wrong.push(format!("{side}: a hole where none is"));
        }
    }

    fn close(&self, side: Side, wrong: &mut Vec<String>) {
        let truth = self.truth.read[side].close.as_ref();
        let told: Option<&CloseFrameReport> = match side {
            Side::Client => self.connection.close.client_sent.as_ref(),
            Side::Server => self.connection.close.server_sent.as_ref(),
        };
        match (told, truth) {
            (None, Some(_)) if self.is_lossless() => wrong.push(format!("{side}: no Close")),
            (Some(told), None) => wrong.push(format!("{side}: sent no Close: {told:?}")),
            (Some(told), Some(truth)) => {
                let exact = self.is_lossless();
                let code_differs = told.code != truth.code() && (exact || told.code.is_some());
                let reason_differs = told.reason
                    != String::from_utf8_lossy(
                        &truth.payload.get(2..truth.payload.len().min(125)).unwrap_or_default(),
                    )
                    && (exact || !told.reason.is_empty());
                if code_differs || reason_differs {
                    let (code, reason) = (truth.code(), truth.reason());
                    wrong.push(format!("{side}: {told:?}, not {code:?} {reason:?}"));
                }
                let arrived = self.truth.wire.received[!side] >= truth.range.end;
                if told.delivered == Some(!arrived) && told.delivered == Some(true) {
                    wrong.push(format!("{side}: its Close never arrived"));
                }
            }
            _ => {}
        }
    }

    fn surfaced(&self, side: Side, wrong: &mut Vec<String>) {
        let surfaced = match side {
            Side::Client => self.connection.close.surfaced.client,
            Side::Server => self.connection.close.surfaced.server,
        };
        let allowed = self.truth.reported(side);
        match (surfaced, &allowed) {
            (Some(code), Some(allowed)) if !allowed.contains(&code) => {
                wrong.push(format!("the {side}'s API reports {code}, not one of {allowed:?}"));
            }
            (None, Some(_)) if self.must_be_known() => {
                wrong.push(format!("the {side}'s API reports nothing, not {allowed:?}"));
            }
            _ => {}
        }
        if surfaced.is_some_and(|code| code != 1006) && !self.truth.is_over() {
            wrong.push(format!("the {side}'s API reports {surfaced:?} of what is open"));
        }
    }

    /// Whether everything about a conversation was captured, and nothing leaves room for doubt.
    fn must_be_known(&self) -> bool {
        self.is_lossless() && self.road.is_plain() && self.truth.is_clean()
    }

    fn initiator(&self, wrong: &mut Vec<String>) {
        let (told, truth) = (self.connection.close.initiator, self.truth.initiator());
        // A Close that is not answered may have crossed one that was still to come.
        let both = Side::BOTH.iter().all(|side| self.truth.read[*side].close.is_some());
        let exact = self.is_lossless() && self.road.is_plain() && both;
        let is_open = self.connection.verdict.outcome == Outcome::Open;
        let as_far_as_known = told == Some(Initiator::None) && is_open && !self.is_lossless();
        match told {
            Some(told) if told != truth && !as_far_as_known => {
                wrong.push(format!("{told:?} closed first, not {truth:?}"));
            }
            None if exact => {
                wrong.push(format!("nobody knows who closed first: {truth:?} did"));
            }
            _ => {}
        }
    }

    fn tcp_end(&self, wrong: &mut Vec<String>) {
        let (told, truth) = (self.connection.close.tcp_end.by, self.truth.ended_by());
        // What a RST without an acknowledgement followed, it does not say.
        let says = |side: &Side| self.truth.wire.reset[*side].is_none_or(|reset| reset.acks);
        let told_all = Side::BOTH.iter().all(says);
        let exact = self.is_lossless() && self.road.is_plain() && told_all;
        let unknown = matches!(told, EndedBy::Unknown | EndedBy::None) && !self.is_lossless()
            || told == EndedBy::Unknown && !exact;
        if !truth.contains(&told) && !unknown {
            wrong.push(format!("{told:?} ended TCP first, not {truth:?}"));
        }
    }

    fn findings(&self, wrong: &mut Vec<String>) {
        let mut told: BTreeMap<(String, bool), u64> = BTreeMap::new();
        for finding in &self.connection.findings {
            let side = side_of(finding.side);
            let rule = finding.rule.as_str();
            if let Some(name) = family(rule) {
                *told.entry((name.to_owned(), side == Side::Client)).or_default() += finding.count;
                self.place(finding, side, wrong);
            }
            let accused = match finding.at_fault {
                AtFault::Client => Some(Side::Client),
                AtFault::Server => Some(Side::Server),
                _ if finding.severity == Severity::Error => Some(side),
                _ if rule == "close-1002-but-no-violation" => Some(side),
                _ => None,
            };
            let is_true = accused.is_none_or(|side| self.truth.is_guilty(rule, side));
            if finding.severity > Severity::Note && !is_true {
                wrong.push(format!("{accused:?} is innocent of {rule}: {}", finding.detail));
            }
            if finding.caused_the_end && !self.may_have_caused_the_end(finding) {
                wrong.push(format!("{rule} did not cause the end"));
            }
        }
        for ((name, is_client), count) in &told {
            let side = if *is_client { Side::Client } else { Side::Server };
            let (truth, perhaps) = self.truth.count(name, side);
            if *count > truth && !perhaps {
                wrong.push(format!("{side}: {name} {count} times, not {truth}"));
            }
        }
        if self.is_lossless() {
            for side in Side::BOTH {
                for (name, range) in &self.truth.read[side].breaches {
                    let (truth, perhaps) = self.truth.count(name, side);
                    let key = ((*name).to_owned(), side == Side::Client);
                    let count = told.get(&key).copied().unwrap_or_default();
                    if count < truth && !perhaps {
                        wrong.push(format!("{side}: {name} {count} times, not {truth}: {range:?}"));
                    }
                }
            }
        }
    }

    /// A finding is about the bytes that broke the rule.
    fn place(&self, finding: &FindingReport, side: Side, wrong: &mut Vec<String>) {
        let Some(name) = family(&finding.rule) else { return };
        let read = &self.truth.read[side];
        let [start, end] = finding.stream_range;
        if !self.has_start(side) || read.perhaps.contains(&name) {
            return;
        }
        let mut same = read.breaches.iter().filter(|(rule, _)| *rule == name);
        let inside = |(_, range): &(&str, std::ops::Range<u64>)| {
            range.start <= start && end <= range.end.max(range.start + 16)
        };
        if !same.any(inside) {
            wrong.push(format!("{side}: {name} is not at {start}..{end}"));
        }
    }

    /// Whether the receiver knew of a violation when it complained, or dropped TCP.
    fn may_have_caused_the_end(&self, finding: &FindingReport) -> bool {
        let receiver = !side_of(finding.side);
        let truth = self.truth;
        let knew = match truth.knew_when_closing(receiver) {
            Some(knew) => {
                let complains =
                    matches!(truth.code(receiver), Some(1002 | 1003 | 1007 | 1008 | 1009));
                complains.then_some(knew)
            }
            None => truth.end(receiver).map(|end| end.received),
        };
        let shift = if self.has_start(side_of(finding.side)) { 0 } else { u64::MAX };
        knew.is_some_and(|knew| knew.saturating_add(shift) > finding.stream_range[0])
    }

    fn verdict(&self, wrong: &mut Vec<String>) {
        let verdict = &self.connection.verdict;
        let cause = verdict.cause.as_deref().unwrap_or_default();
        let blamed = match verdict.at_fault {
            Blame::Client => Some(Side::Client),
            Blame::Server => Some(Side::Server),
            Blame::Intermediary => {
                wrong.push("nothing is between the two".to_owned());
                None
            }
            Blame::None | Blame::Unknown => None,
        };
        if let Some(side) = blamed
            && !self.truth.is_guilty(cause, side)
        {
            wrong.push(format!("{side} is at fault by {cause}: it is innocent"));
        }
        // One that says that the other broke the protocol, and is right.
        let failed_rightly = Side::BOTH.iter().any(|side| {
            let knew = self.truth.knew_when_closing(*side).unwrap_or(0);
            let before =
                self.truth.read[!*side].breaches.iter().any(|(_, range)| range.end <= knew);
            matches!(self.truth.code(*side), Some(1002 | 1007))
                && !self.truth.answers(*side)
                && before
        });
        let acquits = verdict.at_fault == Blame::None
            && verdict.confidence == Confidence::Proven
            && verdict.outcome != Outcome::Open;
        if acquits && failed_rightly {
            wrong.push(format!("nobody is at fault, by {cause}"));
        }
        if self.must_be_known() {
            let told = (verdict.outcome, verdict.at_fault, verdict.confidence);
            if told != (Outcome::Closed, Blame::None, Confidence::Proven) {
                wrong.push(format!("{told:?} by {cause}, of a clean end"));
            }
        }
        if self.is_lossless() && verdict.outcome == Outcome::Open && self.truth.is_over() {
            wrong.push("it is over, not open".to_owned());
        }
        let hs = &self.connection.handshake;
        let opening = &self.truth.talk.opening;
        let subprotocol = opening.subprotocol.then_some("chat.v2");
        let known = self.is_lossless() || hs.subprotocol.is_some();
        if hs.subprotocol.as_deref() != subprotocol && known {
            wrong.push(format!("subprotocol {:?}, not {subprotocol:?}", hs.subprotocol));
        }
        let agreed = opening.deflate.is_agreed();
        if hs.extensions.is_empty() == agreed && (self.is_lossless() || !agreed) {
            wrong.push(format!("extensions {:?}", hs.extensions));
        }
    }
}
