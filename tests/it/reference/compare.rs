//! What the pipeline says, set against the truth.
//!
//! In: what was sent and what of it was captured, the [`Report`] and the rows of frames. Out: what is
//! wrong with these, in words. Of a capture without losses everything has to be there; of any other
//! nothing may be there that is not true.

use std::collections::BTreeMap;

use wsblame::endpoint::Side;
use wsblame::report::frames::{Frame, FrameRow, What};
use wsblame::report::{
    AtFault, Blame, CloseFrameReport, Confidence, ConnectionReport, EndedBy, FindingReport,
    Initiator, Outcome, Report, SideName,
};
use wsblame::rules::Severity;

use super::naive;
use super::road::{Captured, Road};
use super::truth::{Truth, family};

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

fn side_of(name: SideName) -> Side {
    match name {
        SideName::Client => Side::Client,
        SideName::Server => Side::Server,
    }
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
        // What the snap length cut off is not waited for, though a repetition may bring it.
        let cut = self.road.snap.is_some() && !self.road.again.is_empty();
        let until = if syns && opened && !cut { self.captured_until(side) } else { 0 };
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

    /// Whether the Close that is told of was found behind a boundary that was searched for, so that
    /// it need not be the first: then the report says that it is only likely.
    fn is_supposed(&self, side: Side) -> bool {
        let mut closes =
            self.rows.iter().filter(|row| side_of(row.side) == side).filter_map(FrameRow::frame);
        closes.find(|frame| frame.opcode == 8).is_some_and(|frame| frame.searched)
    }

    fn has_one_close(&self, side: Side) -> bool {
        let read = &self.truth.read[side];
        let closes = read.frames.iter().filter(|frame| frame.opcode == 8).count();
        closes == 1 && read.spoiled.is_none()
    }

    fn close(&self, side: Side, wrong: &mut Vec<String>) {
        if self.is_supposed(side) && !self.has_one_close(side) {
            return;
        }
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
                        truth.payload.get(2..truth.payload.len().min(125)).unwrap_or_default(),
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
        if Side::BOTH.iter().any(|side| self.is_supposed(*side) && !self.has_one_close(*side)) {
            return;
        }
        // A Close that was on its way when the peer reset the connection leaves no trace, nor does
        // one whose sender's RST acknowledges nothing and so does not stand behind it.
        let cut_off = |side: Side| {
            let close = self.truth.read[side].close.as_ref();
            let (own, peers) = (self.truth.wire.reset[side], self.truth.wire.reset[!side]);
            close.is_none_or(|close| {
                own.is_some_and(|end| !end.acks)
                    || peers.is_some_and(|end| end.received < close.range.end)
            })
        };
        let is_open = self.connection.verdict.outcome == Outcome::Open;
        let traceless = is_open || Side::BOTH.into_iter().all(cut_off);
        // Of two that crossed, one that was lost, or captured late, and sent once more looks like an
        // answer.
        let repeated = truth == Initiator::Both && !self.road.again.is_empty();
        let as_far_as_known = match told {
            Some(Initiator::None) => traceless && !self.is_lossless(),
            Some(Initiator::Client | Initiator::Server) => repeated && !exact,
            _ => false,
        };
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
