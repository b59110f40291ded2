//! The frames of one WebSocket, one by one.
//!
//! In: what the decoders of both sides see. Out: [`FrameRow`]s, each side's in the order of its
//! stream and both together in the order of their packets. A row waits until what is said at the
//! end of its message is known, and those behind it wait with it; not more than [`MOST_WAITING`].

use super::carrier::Carrier;
use std::collections::VecDeque;
use std::mem;

use super::tap::StreamTap;
use crate::endpoint::{PerSide, Side};
use crate::provenance::PacketRef;
use crate::report::SideName;
use crate::report::frames::{Content, Frame, FrameRow, What, WholeMessage};
use crate::tcp::{GapCause, Range64};
use crate::ws::{
    ControlFrame, Decoder, Deflate, Event, FrameStart, MessageEnd, Opcode, PartialFrame,
};

/// Rows that wait for one of which something is still to come. Beyond, it goes as it is.
const MOST_WAITING: usize = 4_096;

/// Bytes of content in the rows that wait; beyond, the same.
const MOST_HELD: usize = 8 << 20;

/// Rows that are handed out together.
const BATCH: usize = 256;

/// Bytes of content that are, but for one message.
const BATCH_BYTES: usize = 256 << 10;

/// The rows of one WebSocket in the making.
#[derive(Debug)]
pub(super) struct Listing {
    tap: StreamTap,
    lanes: PerSide<Lane>,
    batch: Vec<FrameRow>,
    messages: u64,
    /// Bytes of content in the rows that wait.
    held: usize,
    /// Bytes of content in the batch.
    batch_size: usize,
}

/// One side.
#[derive(Debug, Default)]
struct Lane {
    rows: VecDeque<Waiting>,
    /// How many have gone out.
    gone: u64,
    /// The row of which the end is still to come, counted from the first of all.
    open: Option<u64>,
    /// The packet of the latest row that has one.
    latest: Option<PacketRef>,
    /// Offset behind what has been read or listed.
    read_to: u64,
    /// The payload of the latest frame.
    payload: Range64,
    is_control: bool,
    /// Bytes missing of the open message.
    missing: u64,
    /// Bytes missing of the control frame at hand.
    control_missing: u64,
    /// Whether it is not known where frames begin.
    lost: bool,
    /// The packet of a header that was seen and is not read yet: its row is still to come.
    ahead: Option<PacketRef>,
}

#[derive(Debug)]
struct Waiting {
    row: FrameRow,
    /// For the order of both sides.
    at: Option<PacketRef>,
    /// Whether nothing is to be added any more.
    complete: bool,
}

impl Listing {
    /// A listing for `tap`; `lost` are the sides of which it is not known where frames begin.
    pub(super) fn new(tap: StreamTap, lost: PerSide<bool>) -> Listing {
        Listing {
            tap,
            lanes: PerSide::from_fn(|side| Lane { lost: lost[side], ..Lane::default() }),
            batch: Vec::new(),
            messages: 0,
            held: 0,
            batch_size: 0,
        }
    }

    /// Bytes of content that are wanted of each message.
    pub(super) fn keep(&self) -> usize {
        self.tap.keep
    }

    /// Takes in what a decoder has seen. `searched` is whether the boundary was searched for.
    pub(super) fn note(
        &mut self,
        side: Side,
        event: &Event,
        decoder: &mut Decoder,
        searched: bool,
        carrier: Carrier<'_>,
    ) {
        match event {
            Event::Frame(start) => self.frame(side, start, searched, carrier),
            Event::Message(end) => self.message(side, end, decoder, searched),
            Event::Control(frame) => self.control(side, frame),
            Event::SyncLost { at } => {
                let lane = &mut self.lanes[side];
                lane.read_to = lane.read_to.max(*at);
                lane.lose();
            }
        }
        if self.waiting() > MOST_WAITING || self.held > MOST_HELD {
            self.release(Some((MOST_WAITING / 2, MOST_HELD)));
        }
    }

    /// Bytes of content in the rows that wait.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Hands rows out until none that waits has content.
    pub(super) fn give_back(&mut self) {
        self.release(Some((usize::MAX, 0)));
        self.send();
    }

    /// Notes a hole in the stream, where frames are being read.
    pub(super) fn hole(&mut self, side: Side, range: Range64, cause: GapCause) {
        let lane = &mut self.lanes[side];
        if lane.lost {
            return; // it counts as not read
        }
        let within = range.end.min(lane.payload.end).saturating_sub(range.start);
        match lane.is_control {
            true => lane.control_missing += within,
            false => lane.missing += within,
        }
        lane.read_to = lane.read_to.max(range.end);
        let cause = match cause {
            GapCause::NotCaptured => "it arrived, and the capture missed it",
            GapCause::NeverSeen => "nothing tells whether it arrived",
            GapCause::SnapLength => "cut off by the snap length",
            GapCause::OverLimit => "more waited behind it than the limit allows",
            GapCause::Unmeasured => {
                "records of TLS that could not be read; this many bytes at most"
            }
            GapCause::Undecrypted => "it was captured, and could not be decrypted",
        };
        let what = What::Hole { bytes: range.len(), cause: cause.to_owned() };
        self.add(side, range.start, what);
    }

    /// Frames are read again, from `start` on.
    pub(super) fn resume(&mut self, side: Side, start: u64) {
        self.unread(side, start);
        self.lanes[side].lost = false;
    }

    /// What follows is not taken for frames.
    pub(super) fn abandon(&mut self, side: Side) {
        self.lanes[side].lose();
    }

    /// Nothing follows: the stream ends at `end`, perhaps inside a frame.
    pub(super) fn finish(&mut self, side: Side, partial: Option<PartialFrame>, end: u64) {
        let lane = &mut self.lanes[side];
        let lost = lane.lost;
        lane.lose();
        if lost {
            self.unread(side, end);
        } else if let Some(partial) = partial {
            let expected = partial.header.map(|header| header.total_len());
            let what = What::Torn { received: partial.received, expected };
            self.add(side, partial.offset, what);
        }
    }

    /// Hands out what is complete. `ahead` are the packets of headers that were seen and are not
    /// read yet.
    pub(super) fn flush(&mut self, ahead: PerSide<Option<PacketRef>>) {
        let PerSide { client, server } = ahead;
        (self.lanes.client.ahead, self.lanes.server.ahead) = (client, server);
        self.release(None);
        self.send();
    }

    fn send(&mut self) {
        self.tap.send(mem::take(&mut self.batch));
        self.batch_size = 0;
    }

    fn waiting(&self) -> usize {
        self.lanes.client.rows.len() + self.lanes.server.rows.len()
    }

    fn frame(&mut self, side: Side, start: &FrameStart, searched: bool, carrier: Carrier<'_>) {
        let header = &start.header;
        let opcode = header.opcode;
        let lane = &mut self.lanes[side];
        // A data frame in the midst of a message ends the wait for the end of that.
        if matches!(opcode, Opcode::TEXT | Opcode::BINARY) {
            lane.missing = 0;
        }
        lane.settle();
        lane.is_control = opcode.is_control();
        lane.control_missing = 0;
        let header_end = start.offset.saturating_add(u64::from(header.header_len));
        lane.payload = (header_end..start.offset.saturating_add(header.total_len())).into();
        lane.read_to = header_end;
        let at = carrier.carried_by(side, start.offset).map(|source| source.at);
        lane.latest = at.or(lane.latest);
        let frame = Frame {
            fin: header.fin,
            rsv: header.rsv,
            opcode: opcode.0,
            name: name(opcode).to_owned(),
            length: header.payload_len,
            mask: header.mask.map(|key| key.0.iter().map(|byte| format!("{byte:02x}")).collect()),
            searched,
            missing: 0,
            code: None,
            message: None,
            payload: None,
            content: None,
        };
        // The end of a fragment that is not the last says nothing new.
        let complete = opcode.is_reserved() || !(opcode.is_control() || header.fin);
        let mut row = self.row(side, start.offset, What::Frame(Box::new(frame)));
        row.packet = at.map(|at| at.into());
        row.time = at.map(|at| at.time.to_string());
        let lane = &mut self.lanes[side];
        if !complete {
            lane.open = Some(lane.gone.saturating_add(lane.rows.len() as u64));
        }
        lane.rows.push_back(Waiting { row, at: lane.latest, complete });
    }

    fn message(&mut self, side: Side, end: &MessageEnd, decoder: &mut Decoder, searched: bool) {
        if !end.complete {
            return; // its fault was told; its end is still to come
        }
        let keep = self.tap.keep;
        let excerpt = decoder.take_excerpt(keep);
        let agreement = decoder.agreement();
        let lane = &mut self.lanes[side];
        lane.read_to = lane.read_to.max(end.range.end);
        let missing = mem::take(&mut lane.missing);
        let Some(frame) = lane.settle() else { return };
        frame.missing = missing;
        let inflated = end.inflated.as_ref().filter(|inflated| inflated.complete);
        frame.message = Some(WholeMessage {
            number: 0, // it gets one when the row goes out
            kind: name(end.opcode).to_owned(),
            fragments: end.fragments,
            bytes: end.len,
            compressed: end.compressed && agreement.deflate != Deflate::Absent,
            inflated: inflated.map(|inflated| inflated.len),
        });
        if keep > 0 {
            self.held += excerpt.bytes.len();
            // What an extension that we do not know did to payload is not known either.
            let is_known = searched || !agreement.unknown_extension;
            let sound = is_known && !excerpt.damaged;
            frame.content = Some(Content { bytes: excerpt.bytes, len: excerpt.len, sound });
        }
    }

    fn control(&mut self, side: Side, control: &ControlFrame) {
        let keep = self.tap.keep;
        let lane = &mut self.lanes[side];
        lane.read_to = lane.read_to.max(control.range.end);
        let missing = mem::take(&mut lane.control_missing);
        let Some(frame) = lane.settle() else { return };
        frame.missing = missing;
        frame.code = (control.opcode == Opcode::CLOSE).then(|| control.code()).flatten();
        if keep > 0 {
            let bytes: Vec<u8> = control.payload.iter().copied().take(keep).collect();
            self.held += bytes.len();
            let content = Content { bytes, len: control.payload_len, sound: !control.damaged };
            frame.content = Some(content);
        }
    }

    /// Says that what lies before `end` was not read, if anything does.
    fn unread(&mut self, side: Side, end: u64) {
        let lane = &mut self.lanes[side];
        let start = mem::replace(&mut lane.read_to, end);
        if end > start {
            self.add(side, start, What::Unread { bytes: end - start });
        }
    }

    fn add(&mut self, side: Side, offset: u64, what: What) {
        let row = self.row(side, offset, what);
        let lane = &mut self.lanes[side];
        lane.rows.push_back(Waiting { row, at: lane.latest, complete: true });
    }

    fn row(&self, side: Side, offset: u64, what: What) -> FrameRow {
        let side = match side {
            Side::Client => SideName::Client,
            Side::Server => SideName::Server,
        };
        let StreamTap { connection, tcp_stream, .. } = self.tap;
        FrameRow { connection, tcp_stream, side, packet: None, time: None, offset, what }
    }

    /// Moves rows into the batch, the side's first whose packet was first, as long as they are
    /// complete; with `most`, on until no more than so many wait, nor more bytes of content.
    fn release(&mut self, most: Option<(usize, usize)>) {
        loop {
            let waiting = self.waiting();
            let hurry = most.is_some_and(|(rows, bytes)| waiting > rows || self.held > bytes);
            let Some(lane) = self.next_lane(hurry) else { return };
            let Some(Waiting { mut row, .. }) = lane.take(hurry) else { return };
            if let What::Frame(frame) = &mut row.what
                && let Some(message) = &mut frame.message
            {
                self.messages += 1;
                message.number = self.messages;
            }
            let content = row.frame().and_then(|frame| frame.content.as_ref());
            let size = content.map_or(0, |content| content.bytes.len());
            self.held = self.held.saturating_sub(size);
            self.batch_size += size;
            self.batch.push(row);
            if self.batch.len() == BATCH || self.batch_size > BATCH_BYTES {
                self.send();
            }
        }
    }

    /// The side whose row is next; none while a row is to come before it, unless in a hurry.
    fn next_lane(&mut self, hurry: bool) -> Option<&mut Lane> {
        let PerSide { client, server } = &mut self.lanes;
        let comes_first = |empty: &Lane, at: Option<PacketRef>| {
            empty.ahead.is_some() && is_before(empty.ahead, at) && !hurry
        };
        match (client.rows.front(), server.rows.front()) {
            (None, None) => None,
            (Some(one), None) => (!comes_first(server, one.at)).then_some(client),
            (None, Some(one)) => (!comes_first(client, one.at)).then_some(server),
            (Some(one), Some(other)) if is_before(other.at, one.at) => Some(server),
            (Some(_), Some(_)) => Some(client),
        }
    }
}

impl Lane {
    /// Nothing more will be known of what waits.
    fn lose(&mut self) {
        self.settle();
        self.lost = true;
        self.missing = 0;
    }

    /// The frame whose end has come, or will not.
    fn settle(&mut self) -> Option<&mut Frame> {
        let index = usize::try_from(self.open.take()?.checked_sub(self.gone)?).ok()?;
        let last = self.rows.get_mut(index)?;
        last.complete = true;
        match &mut last.row.what {
            What::Frame(frame) => Some(frame),
            _ => None,
        }
    }

    /// The next row, if it is complete or does not wait for that.
    fn take(&mut self, hurry: bool) -> Option<Waiting> {
        if !(hurry || self.rows.front()?.complete) {
            return None;
        }
        self.gone += 1;
        self.rows.pop_front()
    }
}

/// By number, or by time where the two are of different files.
fn is_before(one: Option<PacketRef>, other: Option<PacketRef>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_some() };
    match one.number.file() == other.number.file() {
        true => one.number < other.number,
        false => (one.time, one.number) < (other.time, other.number),
    }
}

fn name(opcode: Opcode) -> &'static str {
    match opcode {
        Opcode::CONTINUATION => "continuation",
        Opcode::TEXT => "text",
        Opcode::BINARY => "binary",
        Opcode::CLOSE => "close",
        Opcode::PING => "ping",
        Opcode::PONG => "pong",
        _ => "reserved",
    }
}
