//! One timeline: the packets of a capture, whether it is one file or several.
//!
//! In: packets in the order in which they are to be analysed, and the facts of each file. Out: the
//! report on the capture and on its connections.

use std::mem;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::blind_spots::{self, spot};
use super::outlet::Outlet;
use super::quality::{self, Tally};
use super::setup::{Learned, Setup};
use super::shards::Shards;
use super::tap::{CaptureKey, CaptureTap};
use crate::capture::{
    Block, Bytes, CaptureError, CaptureFacts, Disclosed, Ending, Format, Packet, Reader, Trailing,
};
use crate::ip::{Dissected, Dissector, Why};
use crate::provenance::{PacketNumber, Timestamp};
use crate::report::{
    Blame, BlindSpot, CaptureReport, Confidence, ConnectionQuality, ConnectionReport, EndedBy,
    EndedHow, FileReport, Grade, NotAnalysed, Outcome, Surfaced, TcpEnd,
};

use crate::tls::{KeyLog, KeyLogFacts, Keyring};

/// The most blind spots of its files that a capture of several lists.
const MOST_SPOTS: usize = 64;

/// Everything that is known about one capture while it is read.
pub(super) struct Timeline {
    key: CaptureKey,
    dissector: Dissector,
    shards: Shards,
    /// The keys of the run, and those that were found in the files.
    keyring: Keyring,
    /// What was found there.
    key_log: KeyLogFacts,
    keys: Keys,
    others: HashMap<Why, u64, RandomState>,
    files: Vec<File>,
    kind: Kind,
    spots: Vec<BlindSpot>,
    /// Blind spots that found no room.
    more_spots: usize,
    has_packets: bool,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    latest_span: Option<(Timestamp, Timestamp)>,
    formats: Vec<&'static str>,
    /// What the files say of themselves.
    noted: CaptureReport,
    /// Whether what was unpacked may differ from what was packed.
    damaged: bool,
}

/// When the keys in the files are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// As they come; so far there was no packet in front of any.
    AsTheyCome,
    /// As they come, and some came behind packets.
    BehindPackets,
    /// All of them, from the start: the files have been read before.
    FromTheStart,
}

/// How many files a timeline is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    One,
    Several,
}

struct File {
    report: FileReport,
    /// Which input it came from.
    input: usize,
}

/// A capture, its connections, and, for each of its files, the input that it came from.
#[derive(Debug)]
pub(super) struct Captured {
    pub(super) report: CaptureReport,
    /// Those that nobody has taken at once.
    pub(super) connections: Vec<ConnectionReport>,
    /// How many there are in all.
    pub(super) reported: u64,
    pub(super) inputs: Vec<usize>,
    pub(super) key: CaptureKey,
    /// All keys of the capture, where those of some of its connections came too late.
    pub(super) late_keys: Option<Learned>,
}

impl Captured {
    /// What could not be read at all.
    pub(super) fn failed(name: &str, why: String) -> Captured {
        let (file, error) = (name.to_owned(), Some(why));
        let report = CaptureReport { file, error, ..CaptureReport::default() };
        Captured {
            report,
            connections: Vec::new(),
            reported: 0,
            inputs: Vec::new(),
            key: CaptureKey::default(),
            late_keys: None,
        }
    }

    /// Takes back everything that one wrong byte could have brought about.
    pub(super) fn distrust(&mut self, reason: &str) {
        if self.report.quality.is_none() {
            return; // nothing was read
        }
        self.connections.iter_mut().for_each(distrust);
        let spots = &mut self.report.blind_spots;
        if !spots.iter().any(|spot| spot.kind == UNPACKED_DAMAGED) {
            spots.push(unpacked_damaged(reason));
        }
        let tally = Tally::of(&self.connections);
        self.report.quality = Some(quality::of_capture(&self.report, &tally));
    }
}

impl Timeline {
    /// A timeline without packets; `key` tells it from the others of the run.
    /// The reports on its connections will go to `outlet`.
    pub(super) fn new(setup: &Setup, kind: Kind, key: CaptureKey, outlet: Outlet) -> Timeline {
        let tap = setup.tap.as_ref().map(|tap| CaptureTap::new(tap, key));
        Timeline {
            dissector: Dissector::with_limits(setup.limits.fragments()),
            shards: Shards::new(setup, tap.as_ref(), outlet),
            keyring: Keyring::over(setup.keys.clone()),
            key_log: KeyLogFacts::default(),
            keys: Keys::AsTheyCome,
            key,
            others: HashMap::default(),
            files: Vec::new(),
            kind,
            spots: Vec::new(),
            more_spots: 0,
            has_packets: false,
            first: None,
            last: None,
            latest_span: None,
            formats: Vec::new(),
            noted: CaptureReport::default(),
            damaged: false,
        }
    }

    /// A timeline whose files have been read before, for the keys in them.
    pub(super) fn knowing(
        learned: Learned,
        setup: &Setup,
        kind: Kind,
        key: CaptureKey,
        outlet: Outlet,
    ) -> Timeline {
        let Learned { keyring, facts: key_log } = learned;
        let keys = Keys::FromTheStart;
        Timeline { keyring, key_log, keys, ..Timeline::new(setup, kind, key, outlet) }
    }

    /// Sends the reports to another outlet; none may have gone out yet.
    pub(super) fn goes_to(&mut self, outlet: Outlet) {
        *self.shards.outlet() = outlet;
    }

    /// From when to when the latest file lasted that had packets.
    pub(super) fn latest_span(&self) -> Option<(Timestamp, Timestamp)> {
        self.latest_span
    }

    /// Whether another file has room in the packet numbers.
    pub(super) fn has_room(&self) -> bool {
        u32::try_from(self.files.len()).is_ok_and(|files| files < PacketNumber::MOST_FILES)
    }

    /// Whether no file has joined yet.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The place of a file that is about to join, from 1; 0 in a capture of one file.
    pub(super) fn join(&mut self, name: &str, input: usize) -> u32 {
        let report = FileReport { file: name.to_owned(), ..FileReport::default() };
        if self.files.is_empty() {
            name.clone_into(&mut self.shards.outlet().file);
        }
        self.files.push(File { report, input });
        match self.kind {
            Kind::One => 0,
            Kind::Several => u32::try_from(self.files.len()).unwrap_or(PacketNumber::MOST_FILES),
        }
    }

    /// Reads all packets of a file that has joined as the latest; what is left of its bytes.
    pub(super) fn read<'b>(&mut self, place: u32, reader: Reader<Bytes<'b>>) -> Bytes<'b> {
        let mut reader = reader.in_file(place);
        // Only pcapng has room for secrets: what is not known by now is not worth waiting for.
        if self.kind == Kind::One && matches!(reader.facts().format, Format::Pcap { .. }) {
            self.keyring.close();
        }
        let error = loop {
            match reader.next_in_block(&mut |text| self.disclose(&text)) {
                Ok(Some((packet, block))) => self.packet(&packet, Some(block)),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let (mut bytes, facts) = reader.into_parts();
        let error = error.or_else(|| bytes.check(&facts.name).err());
        self.end(place, &facts, error.as_ref(), bytes.trailing());
        bytes
    }

    /// Takes the keys in a text that stands in the file in hand.
    pub(super) fn disclose(&mut self, text: &Disclosed<'_>) {
        if self.keys == Keys::FromTheStart {
            return;
        }
        let before = self.keyring.revision();
        self.shards.disclose(text, &self.keyring);
        take_keys(text, &mut self.keyring, &mut self.key_log);
        if self.keyring.revision() > before && self.has_packets {
            self.keys = Keys::BehindPackets;
        }
    }

    /// Takes in a packet, which is in `block`, if that goes on to exist when the next one is read.
    #[inline]
    pub(super) fn packet(&mut self, packet: &Packet<'_>, block: Option<&Block>) {
        self.has_packets = true;
        let (shards, others, keyring) = (&mut self.shards, &mut self.others, &self.keyring);
        self.dissector.dissect(packet, |dissected| match dissected {
            Dissected::Segment(segment) => shards.segment(&segment, block, keyring),
            Dissected::Other(why) => *others.entry(why).or_insert(0) += 1,
        });
    }

    /// Notes what is known about the file at `place` once it has been read.
    pub(super) fn end(
        &mut self,
        place: u32,
        facts: &CaptureFacts,
        error: Option<&CaptureError>,
        trailing: Option<Trailing>,
    ) {
        self.first = self.first.into_iter().chain(facts.first).min();
        self.last = self.last.into_iter().chain(facts.last).max();
        self.latest_span = facts.first.zip(facts.last).or(self.latest_span);
        let format = facts.format.name();
        if !self.formats.contains(&format) {
            self.formats.push(format);
        }
        let Some(file) = self.file(place) else { return };
        let name = file.file.clone();
        file.bytes = facts.bytes;
        file.packets = facts.packets;
        file.first = facts.first.map(|time| time.to_string());
        file.last = facts.last.map(|time| time.to_string());
        file.error = error.map(|error| without_name(&name, error)).or_else(|| damage(facts));
        quality::note_facts(&mut self.noted, facts);
        for spot in mem::take(&mut self.noted.blind_spots) {
            self.note_of(&name, spot);
        }
        if let Some(Trailing { what, offset }) = trailing {
            let hides = format!(
                "what lies behind byte {offset} of the file, where its {what} data end: it is \
                 neither {what} data nor padding"
            );
            self.note_of(
                &name,
                spot("trailing-data", None, hides, "it is passed over, as others do"),
            );
        }
        if let Some(CaptureError::NotUnpacked { damaged: true, reason, .. }) = error {
            self.damaged = true;
            self.note_of(&name, unpacked_damaged(reason));
        }
    }

    /// Notes that the file at `place` could not be read at all.
    pub(super) fn fail(&mut self, place: u32, error: &CaptureError) {
        let Some(file) = self.file(place) else { return };
        let why = without_name(&file.file, error);
        let hides = format!("everything in {}: {why}", file.file);
        file.error = Some(why);
        self.note(spot("missing-file", None, hides, LOST_IN_BETWEEN));
    }

    /// Notes that `missing` files of the series should have come before the next one.
    pub(super) fn note_missing(&mut self, missing: u64, before: &str) {
        let files = if missing == 1 { "file" } else { "files" };
        let behind = self.files.last().map_or("", |file| file.report.file.as_str());
        let hides = format!("{missing} {files} of the series between {behind} and {before}");
        self.note(spot("missing-file", None, hides, LOST_IN_BETWEEN));
    }

    /// Notes that so many files, `first` being the first of them, were not begun when an end was
    /// asked for.
    pub(super) fn note_interrupted(&mut self, first: &str, number: usize) {
        let hides = match number {
            1 => format!("everything in {first}, which was not read"),
            _ => format!("everything in {first} and {} files behind it, not read", number - 1),
        };
        self.note(spot("interrupted", None, hides, blind_spots::INTERRUPTED));
    }

    /// Notes a blind spot of the capture.
    pub(super) fn note(&mut self, spot: BlindSpot) {
        if self.spots.len() < MOST_SPOTS || self.kind == Kind::One {
            self.spots.push(spot);
        } else {
            self.more_spots += 1;
        }
    }

    /// Notes a blind spot of one file.
    fn note_of(&mut self, file: &str, spot: BlindSpot) {
        let hides = match self.kind {
            Kind::One => spot.hides,
            Kind::Several => format!("{} (in {file})", spot.hides),
        };
        self.note(BlindSpot { hides, ..spot });
    }

    fn file(&mut self, place: u32) -> Option<&mut FileReport> {
        let index = usize::try_from(place.max(1) - 1).ok()?;
        self.files.get_mut(index).map(|file| &mut file.report)
    }

    /// There are no more packets: the report on the capture and those on its connections.
    pub(super) fn finish(self) -> Captured {
        let (outlet, counts) = self.shards.finish(&self.keyring);
        let Outlet { kept: mut connections, mut tally, reported, .. } = outlet;
        if self.damaged {
            connections.iter_mut().for_each(distrust);
            tally = Tally::of(&connections);
        }
        let inputs = self.files.iter().map(|file| file.input).collect();
        let files: Vec<FileReport> = self.files.into_iter().map(|file| file.report).collect();
        let mut spots = self.spots;
        if self.more_spots > 0 {
            let hides = format!("{} more of the same kinds", self.more_spots);
            spots.push(spot("over-limit", None, hides, "they are not listed"));
        }
        let (unread, unread_packets) = blind_spots::of_packets(&self.others);
        spots.extend(unread);
        spots.extend(blind_spots::of_fragments(self.dissector.fragments()));
        spots.extend(counts.blind_spots());
        spots.extend(blind_spots::of_key_log(&self.key_log));
        let late = match self.keys {
            Keys::BehindPackets => counts.waited_for_keys,
            Keys::AsTheyCome | Keys::FromTheStart => 0,
        };
        spots.extend(blind_spots::of_late_keys(late));
        let learned = Learned { keyring: self.keyring, facts: self.key_log };
        let late_keys = (late > 0).then_some(learned);
        let (file, error) = match (files.first(), self.kind) {
            (Some(only), Kind::One) => (only.file.clone(), only.error.clone()),
            (Some(first), Kind::Several) => (first.file.clone(), None),
            (None, _) => (String::new(), None),
        };
        let mut report = CaptureReport {
            file,
            format: (!self.formats.is_empty()).then(|| self.formats.join(", ")),
            sha256: None,
            bytes: files.iter().map(|file| file.bytes).sum(),
            packets: files.iter().map(|file| file.packets).sum(),
            first: self.first.map(|time| time.to_string()),
            last: self.last.map(|time| time.to_string()),
            tcp_streams: counts.streams,
            websockets: reported,
            tls_streams: counts.tls,
            tls_unread: counts.tls_unread,
            not_analysed: not_analysed(self.others),
            blind_spots: spots,
            error,
            files: if self.kind == Kind::One { Vec::new() } else { files },
            unread_packets,
            ..self.noted
        };
        report.quality = Some(quality::of_capture(&report, &tally));
        Captured { report, connections, reported, inputs, key: self.key, late_keys }
    }
}

/// Puts the keys in `text` into `keyring`, and what is to be said of them into `facts`.
pub(super) fn take_keys(text: &Disclosed<'_>, keyring: &mut Keyring, facts: &mut KeyLogFacts) {
    let (mut log, text) = match text {
        Disclosed::KeyLog(text) => (KeyLog::new(), text),
        Disclosed::Comment(text) => (KeyLog::among_prose(), text),
    };
    log.push(text, keyring);
    facts.absorb(log.finish(keyring));
}

const LOST_IN_BETWEEN: &str =
    "what was lost there is treated as every other loss: nobody is accused of it";

/// Where the file is damaged so that packets are lost, in one line. A file that merely ends in the
/// middle of its last record is none of these.
fn damage(facts: &CaptureFacts) -> Option<String> {
    let (offset, reason, rest) = match (facts.holes.first(), &facts.ending) {
        (Some(hole), Ending::Damaged { .. }) => {
            (hole.offset, &hole.reason, "not all that is behind could be read")
        }
        (Some(hole), _) => (hole.offset, &hole.reason, "what could be read behind it was"),
        (None, Ending::Damaged { offset, reason }) => {
            (*offset, reason, "nothing behind it could be read")
        }
        (None, _) => return None,
    };
    Some(format!("damaged at byte {offset}: {reason}; {rest}"))
}

const UNPACKED_DAMAGED: &str = "unpacked-damaged";

fn unpacked_damaged(reason: &str) -> BlindSpot {
    let hides = format!("whether what was unpacked is what was captured: {reason}");
    spot(UNPACKED_DAMAGED, None, hides, "nobody is judged by this capture, and no code is named")
}

/// Takes back everything that one wrong byte could have brought about.
fn distrust(connection: &mut ConnectionReport) {
    connection.findings.clear();
    let close = &mut connection.close;
    close.initiator = None;
    close.client_sent = None;
    close.server_sent = None;
    close.surfaced = Surfaced::default();
    close.tcp_end = TcpEnd { by: EndedBy::Unknown, how: EndedHow::None, packet: None };
    connection.handshake.status = None;
    for sent in [&mut connection.traffic.client, &mut connection.traffic.server] {
        sent.exact = false;
        sent.largest_accepted = None;
        sent.first_refused = None;
    }
    connection.timeline.clear(); // its rows name codes, statuses and who ended TCP
    connection.quality =
        ConnectionQuality { grade: Grade::Poor, remark: UNPACKED_DAMAGED.to_owned() };
    let verdict = &mut connection.verdict;
    verdict.outcome = Outcome::Unknown;
    verdict.at_fault = Blame::Unknown;
    verdict.cause = None;
    verdict.confidence = Confidence::Unknown;
    verdict.lowered_by = vec!["the file is damaged".to_owned()];
    "The file is damaged, and what was unpacked from it may be wrong: nothing is concluded."
        .clone_into(&mut verdict.summary);
    verdict.fix.clear();
    verdict.alternatives.clear();
    verdict.would_settle = vec!["a sound copy of the file".to_owned()];
}

fn not_analysed(others: HashMap<Why, u64, RandomState>) -> Vec<NotAnalysed> {
    let mut by_name: HashMap<String, u64, RandomState> = HashMap::default();
    for (why, packets) in others {
        *by_name.entry(why.to_string()).or_insert(0) += packets;
    }
    let mut list: Vec<NotAnalysed> =
        by_name.into_iter().map(|(what, packets)| NotAnalysed { what, packets }).collect();
    list.sort_by(|a, b| b.packets.cmp(&a.packets).then_with(|| a.what.cmp(&b.what)));
    list
}

/// An error's text, but for the name of the capture: the report says that beside it.
pub(super) fn without_name(name: &str, error: &CaptureError) -> String {
    let text = error.to_string();
    match text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
