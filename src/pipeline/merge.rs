//! Several captures of the same time as one timeline: packet by packet, the earliest first.
//!
//! In: captures with the times of their first packets. Out: their packets, handed to a
//! [`Timeline`]. A capture is opened when its time has come, and closed when it has ended; the
//! order within one capture stays as it is, whatever its clock does.

use super::blind_spots::spot;
use super::timeline::Timeline;
use crate::capture::{Bytes, CaptureError, LinkType, Packet, Reader, Stop};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};

/// Interface numbers of one file are below this.
const MOST_INTERFACES: u32 = 65_536;

/// How a capture is opened once its time has come.
pub(super) type Open = Box<dyn FnOnce() -> Result<Reader<Bytes<'static>>, CaptureError>>;

/// A capture to be merged.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) input: usize,
    /// The time of its first packet; `None` when only reading it will tell.
    pub(super) first: Option<Timestamp>,
    pub(super) open: Open,
}

/// A capture that is open, and its next packet.
struct Active {
    reader: Reader<Bytes<'static>>,
    place: u32,
    input: usize,
    next: Held,
    error: Option<CaptureError>,
}

/// A packet that waits for its turn. The room is used again for the next one.
struct Held {
    at: PacketRef,
    link: LinkType,
    interface: u32,
    wire_len: u32,
    data: Vec<u8>,
}

/// Merges `sources` into `timeline`, at most `most_open` of them open at once; the digests of those
/// that were read, by input.
pub(super) fn merge(
    mut sources: Vec<Source>,
    most_open: usize,
    stop: &Stop,
    timeline: &mut Timeline,
) -> Vec<(usize, Option<String>)> {
    sources.sort_by_key(|source| source.first);
    let mut waiting = sources.into_iter().peekable();
    let mut open: Vec<Active> = Vec::new();
    let mut digests = Vec::new();
    let mut late: u64 = 0;
    let mut latest: Option<Timestamp> = None;
    loop {
        if stop.is_asked()
            && let Some(first) = waiting.next()
        {
            timeline.note_interrupted(&first.name, 1 + waiting.by_ref().count());
        }
        let earliest = open.iter().map(|one| one.next.at.time).min();
        // Those whose time has come join, one after the other.
        let is_due = |source: &Source| match (source.first, earliest) {
            (Some(first), Some(earliest)) => first <= earliest,
            _ => true,
        };
        if open.len() < most_open.max(1)
            && let Some(source) = waiting.next_if(is_due)
        {
            late += u64::from(source.first.is_some() && source.first < latest);
            open.extend(begin(source, timeline, &mut digests));
            continue;
        }
        // A stable choice where times are equal: the one that joined first.
        let Some(index) = (0..open.len()).min_by_key(|index| open.get(*index).map(Active::time))
        else {
            break;
        };
        let Some(one) = open.get_mut(index) else { break };
        latest = latest.max(Some(one.next.at.time));
        timeline.packet(&one.next.packet(), None);
        if !one.advance(timeline) {
            let ended = open.remove(index);
            digests.push(ended.end(timeline));
        }
    }
    if late > 0 {
        timeline.note(spot(
            "over-limit",
            None,
            format!(
                "the order of packets in {late} captures that were opened late: more than \
                 {most_open} are of the same time"
            ),
            "the order of events across captures rests on acknowledgements",
        ));
    }
    digests
}

/// Opens a capture up to its first packet; `None` when there is none.
fn begin(
    source: Source,
    timeline: &mut Timeline,
    digests: &mut Vec<(usize, Option<String>)>,
) -> Option<Active> {
    let place = timeline.join(&source.name, source.input);
    let reader = match (source.open)() {
        Ok(reader) => reader.in_file(place),
        Err(error) => {
            timeline.fail(place, &error);
            return None;
        }
    };
    let at = PacketRef { number: PacketNumber::new(0), time: Timestamp(0) };
    let next = Held { at, link: LinkType::NULL, interface: 0, wire_len: 0, data: Vec::new() };
    let mut one = Active { reader, place, input: source.input, next, error: None };
    if one.advance(timeline) {
        return Some(one);
    }
    digests.push(one.end(timeline));
    None
}

impl Active {
    fn time(&self) -> Timestamp {
        self.next.at.time
    }

    /// Reads the next packet; whether there is one. Keys in front of it do not wait for their turn.
    fn advance(&mut self, timeline: &mut Timeline) -> bool {
        match self.reader.next_disclosing(&mut |text| timeline.disclose(&text)) {
            Ok(Some(packet)) => {
                self.next.hold(&packet);
                // Interfaces are numbered file by file, and the first of one is not that of another.
                let of_files_before = self.place.saturating_mul(MOST_INTERFACES);
                self.next.interface = of_files_before.saturating_add(packet.interface);
                true
            }
            Ok(None) => false,
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }

    fn end(self, timeline: &mut Timeline) -> (usize, Option<String>) {
        let (mut bytes, facts) = self.reader.into_parts();
        let error = self.error.or_else(|| bytes.check(&facts.name).err());
        timeline.end(self.place, &facts, error.as_ref(), bytes.trailing());
        (self.input, bytes.finish())
    }
}

impl Held {
    fn hold(&mut self, packet: &Packet<'_>) {
        self.at = packet.at;
        self.link = packet.link;
        self.interface = packet.interface;
        self.wire_len = packet.wire_len;
        self.data.clear();
        self.data.extend_from_slice(packet.data);
    }

    fn packet(&self) -> Packet<'_> {
        Packet {
            at: self.at,
            link: self.link,
            interface: self.interface,
            wire_len: self.wire_len,
            data: &self.data,
        }
    }
}
