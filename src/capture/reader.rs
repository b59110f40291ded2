//! One packet after the other, whatever the format.
//!
//! In: a source of bytes. Out: packets, numbered and in the capture's order, and the facts of the
//! capture. The formats find records; numbering, counting and time are here, once for all.

use std::io::{self, Read};
use std::ops::Range;

use super::error::{CaptureError, displayable};
use super::facts::{CaptureFacts, Ending, Format, Hole, NAMED_PACKETS, Problem};
use super::packet::{LinkType, Packet};
use super::pcap::Pcap;
use super::pcapng::{Disclosed, PcapNg};
use super::sniff::{self, Content};
use super::stop::is_interrupted;
use super::window::{Block, Window};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};

/// Reads a capture packet by packet.
///
/// A capture that is cut is read up to that point: [`next`](Reader::next) then says that there are
/// no more packets, and [`CaptureFacts::ending`] says why. So is one that is damaged, unless
/// reading can go on behind; then [`CaptureFacts::holes`] says what was passed over.
pub struct Reader<R> {
    window: Window<R>,
    decoder: Decoder,
    facts: CaptureFacts,
    numbered: u64,
    /// Which file of its capture this is; 0 when the capture is one file.
    file: u32,
    previous: Option<Timestamp>,
    done: bool,
}

/// What a format found at the window's start. Made for every packet, so what is rare is boxed to
/// keep it small.
pub(super) enum Step {
    /// A packet.
    Packet(Record),
    /// A record that is no packet, but which the packet numbers of Wireshark count.
    Numbered,
    /// A packet that cannot be handed out.
    Unusable(Box<Unusable>),
    /// No record can be here; there may be some behind. Where there are none, this is the end.
    Lost(Box<Ending>),
    /// Nothing more.
    End(Box<Ending>),
}

/// Where something is that cannot be handed out, and why it cannot.
pub(super) struct Unusable {
    pub(super) offset: u64,
    pub(super) reason: String,
}

/// A packet as the formats hand it to the reader.
pub(super) struct Record {
    /// The captured bytes, taken from the window.
    pub(super) data: Range<usize>,
    pub(super) link: LinkType,
    /// Index into the facts' interfaces.
    pub(super) interface: u32,
    /// `None` when the format does not say.
    pub(super) time: Option<Timestamp>,
    pub(super) wire_len: u32,
}

enum Decoder {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

impl<R: Read> Reader<R> {
    /// Reads the beginning of `source` and recognises the format by it. `name` is what the
    /// capture is called in facts and errors.
    ///
    /// # Errors
    /// When the source cannot be read, is empty, or is no capture in a known format.
    pub fn new(source: R, name: &str) -> Result<Reader<R>, CaptureError> {
        let name = displayable(name);
        let mut window = Window::new(source);
        let content = match sniff::content(&mut window) {
            Ok(content) => content,
            Err(source) => return Err(unreadable(&name, &window, source)),
        };
        match content {
            Content::Empty => Err(CaptureError::Empty { name }),
            Content::CutHeader { format, needed, available } => {
                Err(CaptureError::CutHeader { name, format, needed, available })
            }
            Content::UnknownVersion { format, major, minor } => {
                Err(CaptureError::UnknownVersion { name, format, major, minor })
            }
            Content::Foreign { found, advice } => {
                Err(CaptureError::NotACapture { name, found, advice })
            }
            Content::Pcap(pcap) => {
                let mut facts = CaptureFacts::new(&name, pcap.format());
                facts.describe(pcap.interface());
                facts.bytes = window.offset();
                Ok(Reader::over(window, Decoder::Pcap(pcap), facts))
            }
            Content::PcapNg => {
                let facts = CaptureFacts::new(&name, Format::PcapNg);
                Ok(Reader::over(window, Decoder::PcapNg(PcapNg::new()), facts))
            }
        }
    }

    /// Numbers the packets as those of the `file`th file of a capture, counted from 1.
    pub fn in_file(self, file: u32) -> Reader<R> {
        Reader { file, ..self }
    }

    /// The next packet, borrowed from the read block until the next call; `None` when there is
    /// none any more.
    ///
    /// A packet whose time the capture does not know (pcapng's simple packet block) gets the time
    /// of the packet before, or 0 if there is none.
    ///
    /// # Errors
    /// When the source cannot be read. There are no packets after that.
    #[allow(clippy::should_implement_trait, reason = "the packet borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<Packet<'_>>, CaptureError> {
        self.next_disclosing(&mut |_| {})
    }

    /// The next packet, as [`next`](Reader::next) says; the secrets that stand in front of it are
    /// handed to `take` before.
    ///
    /// # Errors
    /// As [`next`](Reader::next).
    #[inline]
    pub fn next_disclosing(
        &mut self,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> Result<Option<Packet<'_>>, CaptureError> {
        Ok(self.next_in_block(take)?.map(|(packet, _)| packet))
    }

    /// The next packet, as [`next_disclosing`](Reader::next_disclosing) says, and the block that it
    /// is in.
    pub(crate) fn next_in_block(
        &mut self,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> Result<Option<(Packet<'_>, &Block)>, CaptureError> {
        let record = loop {
            if self.done {
                return Ok(None);
            }
            if let Decoder::Pcap(pcap) = &mut self.decoder
                && let Some(record) = pcap.ordinary(&mut self.window)
            {
                self.facts.bytes = self.window.offset();
                break record;
            }
            match self.step(take) {
                Ok(Step::Packet(record)) => break record,
                Ok(Step::Numbered) => self.numbered += 1,
                Ok(Step::Unusable(unusable)) => {
                    let Unusable { offset, reason } = *unusable;
                    self.numbered += 1;
                    let number = PacketNumber::in_file(self.file, self.numbered);
                    self.facts.note(Problem { number, offset, reason });
                }
                Ok(Step::Lost(lost)) => {
                    if let Err(source) = self.resume(*lost) {
                        self.fail(source)?;
                    }
                }
                Ok(Step::End(ending)) => {
                    self.facts.ending = *ending;
                    self.done = true;
                }
                Err(source) => self.fail(source)?,
            }
        };
        let at = self.count(&record);
        Ok(Some((self.packet(at, record), self.window.block())))
    }

    /// What is known about the capture by now.
    pub fn facts(&self) -> &CaptureFacts {
        &self.facts
    }

    /// The source, and the facts. The source may have been read further than the last packet.
    pub fn into_parts(self) -> (R, CaptureFacts) {
        (self.window.into_source(), self.facts)
    }

    fn over(window: Window<R>, decoder: Decoder, facts: CaptureFacts) -> Reader<R> {
        Reader { window, decoder, facts, numbered: 0, file: 0, previous: None, done: false }
    }

    fn step(&mut self, take: &mut dyn FnMut(Disclosed<'_>)) -> io::Result<Step> {
        let step = match &mut self.decoder {
            Decoder::Pcap(pcap) => pcap.next(&mut self.window, &mut self.facts),
            Decoder::PcapNg(pcapng) => pcapng.next(&mut self.window, &mut self.facts, take),
        };
        self.facts.bytes = self.window.offset();
        step
    }

    /// Looks for the next record that certainly is one.
    #[cold]
    fn resume(&mut self, lost: Ending) -> io::Result<()> {
        let found = match &mut self.decoder {
            Decoder::Pcap(pcap) => pcap.resume(&mut self.window),
            Decoder::PcapNg(pcapng) => pcapng.resume(&mut self.window),
        };
        self.facts.bytes = self.window.offset();
        let found = found?;
        let (offset, reason) = match &lost {
            Ending::Damaged { offset, reason } if found => (*offset, reason.clone()),
            Ending::CutMidRecord { offset, needed, .. } if found => {
                (*offset, format!("a record of {needed} bytes, which the file does not have"))
            }
            _ => {
                self.facts.ending = lost;
                self.done = true;
                return Ok(());
            }
        };
        let bytes = self.window.offset().saturating_sub(offset);
        let before = self.facts.last_packet;
        self.facts.note_hole(Hole { offset, bytes, reason, before });
        Ok(())
    }

    /// There are no packets after that; whether because that was asked for.
    #[cold]
    fn fail(&mut self, source: io::Error) -> Result<(), CaptureError> {
        self.done = true;
        if is_interrupted(&source) {
            self.facts.ending = Ending::Interrupted { offset: self.window.offset() };
            return Ok(());
        }
        Err(unreadable(&self.facts.name, &self.window, source))
    }

    /// Numbers a packet and times it.
    #[inline]
    fn count(&mut self, record: &Record) -> PacketRef {
        self.numbered += 1;
        self.facts.packets += 1;
        let number = PacketNumber::in_file(self.file, self.numbered);
        if let Some(time) = record.time {
            self.tick(time, number);
        }
        let time = self.previous.unwrap_or(Timestamp(0));
        let at = PacketRef { number, time };
        self.facts.last_packet = Some(at);
        if usize::try_from(record.wire_len).is_ok_and(|len| len > record.data.len()) {
            self.facts.cut_packets += 1;
            name(&mut self.facts.first_cut, number);
        }
        at
    }

    #[inline]
    fn packet(&self, at: PacketRef, record: Record) -> Packet<'_> {
        let data = self.window.taken(record.data);
        // A record may claim fewer bytes on the wire than it holds; what it holds was there.
        let wire_len = record.wire_len.max(u32::try_from(data.len()).unwrap_or(u32::MAX));
        Packet { at, link: record.link, interface: record.interface, wire_len, data }
    }

    #[inline]
    fn tick(&mut self, time: Timestamp, number: PacketNumber) {
        let facts = &mut self.facts;
        if self.previous.is_some_and(|previous| time < previous) {
            facts.time_went_back += 1;
            name(&mut facts.first_back, number);
        }
        facts.first = Some(facts.first.map_or(time, |first| first.min(time)));
        facts.last = Some(facts.last.map_or(time, |last| last.max(time)));
        self.previous = Some(time);
    }
}

/// Names a packet, if not too many have been.
fn name(packets: &mut Vec<PacketNumber>, number: PacketNumber) {
    if packets.len() < NAMED_PACKETS {
        packets.push(number);
    }
}

fn unreadable<R: Read>(name: &str, window: &Window<R>, source: io::Error) -> CaptureError {
    CaptureError::of_read(name, window.read_to(), source)
}
