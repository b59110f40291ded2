//! pcapng: sections of blocks.
//!
//! In: the window at a block's beginning. Out: the packets in packet blocks; what other blocks
//! describe goes into the facts. Blocks are framed here, so that one which cannot be read never
//! hides those behind it; their insides are for [`blocks`] (packets) and [`section`] (the rest).
//!
//! ```text
//! section header   ─ byte order, version; interface numbers begin anew
//! ├ interface description ─ link type, clock, snap length, name
//! ├ packet (enhanced, simple, obsolete)
//! ├ interface statistics  ─ drops
//! ├ decryption secrets    ─ a key log, for whoever asked for it
//! └ any other block       ─ skipped
//! ```

mod blocks;
mod clock;
mod options;
mod resume;
mod secrets;
mod section;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

use std::io::{self, Read};

use pcap_parser::{
    CB_MAGIC, DCB_MAGIC, DSB_MAGIC, EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, SJE_MAGIC, SPB_MAGIC,
};

use self::blocks::PacketBlock;
use self::options::{EPB_DROP_COUNT, Options, is_comment, number};
use self::section::Section;
use super::facts::{CaptureFacts, Ending, SecretsFacts};
use super::order::ByteOrder;
use super::pcap::cut;
use super::reader::{Record, Step, Unusable};
use super::window::Window;

pub use self::secrets::Disclosed;
pub(super) use self::section::is_known_version;

/// The type of the section header block: the same read from either end.
pub(super) const SECTION_HEADER: u32 = pcap_parser::SHB_MAGIC;

/// The obsolete packet block, which pcap-parser does not know.
const OBSOLETE_PACKET: u32 = 2;

/// A system call recorded by sysdig.
const SYSDIG_EVENT: u32 = 0x0204;

/// The largest block that is read; larger ones are skipped. Wireshark has the same limit.
const LARGEST_BLOCK: usize = 16 << 20;

/// The largest block that is passed over; what is larger is no block.
const LARGEST_PASSED: u64 = 64 << 20;

pub(super) struct PcapNg {
    section: Section,
}

/// A block as framed: not one byte of its body is understood yet.
struct Frame {
    kind: u32,
    order: ByteOrder,
    offset: u64,
    /// Bytes it occupies, a multiple of 4.
    len: u64,
    declared: u32,
}

/// The byte order of the section that begins with `start`, if one begins there.
pub(super) fn section_order(start: &[u8]) -> Option<ByteOrder> {
    match start.get(8..12)? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(ByteOrder::Big),
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(ByteOrder::Little),
        _ => None,
    }
}

impl PcapNg {
    pub(super) fn new() -> PcapNg {
        PcapNg { section: Section::new(ByteOrder::Little) } // until the first section header says
    }

    pub(super) fn next<R: Read>(
        &mut self,
        window: &mut Window<R>,
        facts: &mut CaptureFacts,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> io::Result<Step> {
        loop {
            let (frame, len) = match self.whole(window) {
                Some(found) => found,
                None => match self.refill(window, &mut facts.secrets)? {
                    Ok(found) => found,
                    Err(Some(step)) => return Ok(step),
                    Err(None) => continue, // passed over
                },
            };
            let at = window.take(len);
            let step = match self.block(&frame, window.taken(at.clone()), facts, take) {
                Some(Step::Packet(mut record)) => {
                    record.data.start += at.start;
                    record.data.end += at.start;
                    return Ok(Step::Packet(record));
                }
                step => step,
            };
            if matches!(frame.kind, DSB_MAGIC | SECTION_HEADER) {
                window.wipe(at);
            }
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    /// The next block and its length, if it is ordinary: all of it is in the window, it begins no
    /// section, and its lengths agree.
    #[inline]
    fn whole<R: Read>(&self, window: &Window<R>) -> Option<(Frame, usize)> {
        let bytes = window.bytes();
        let [t0, t1, t2, t3, l0, l1, l2, l3] = *bytes.first_chunk()?;
        let order = self.section.order;
        let kind = order.u32([t0, t1, t2, t3]);
        let declared = order.u32([l0, l1, l2, l3]);
        let len = usize::try_from(declared).ok()?;
        let tail = bytes.get(..len)?.last_chunk()?;
        let ordinary = kind != SECTION_HEADER
            && (12..=LARGEST_BLOCK).contains(&len)
            && len.is_multiple_of(4)
            && order.u32(*tail) == declared;
        let frame =
            Frame { kind, order, offset: window.offset(), len: u64::from(declared), declared };
        ordinary.then_some((frame, len))
    }

    /// The next block, whatever it takes; or what has become of it instead.
    #[cold]
    fn refill<R: Read>(
        &self,
        window: &mut Window<R>,
        secrets: &mut SecretsFacts,
    ) -> io::Result<Result<(Frame, usize), Option<Step>>> {
        let end = |ending| Ok(Err(Some(stop(ending))));
        let frame = match self.frame(window)? {
            Ok(frame) => frame,
            Err(ending) => return end(ending),
        };
        let sound = frame.is_sound(window)?;
        let len = match usize::try_from(frame.len) {
            Ok(len) if len <= LARGEST_BLOCK => len,
            _ if sound && frame.len <= LARGEST_PASSED => {
                return Ok(Err(frame.pass_over(window, secrets)?));
            }
            _ => {
                let reason = format!("a block of {} bytes, which nobody writes", frame.declared);
                return end(Ending::Damaged { offset: frame.offset, reason });
            }
        };
        let available = window.fill(len)?;
        if available < len {
            // The capture ends in it; or it is none, and there are others behind.
            let ending = cut(frame.offset, len, available);
            return if sound { end(ending) } else { Ok(Err(Some(Step::Lost(Box::new(ending))))) };
        }
        match frame.check_tail(window.bytes().get(..len).unwrap_or_default()) {
            Some(ending) => end(ending),
            None => Ok(Ok((frame, len))),
        }
    }

    /// The frame of the next block. Twelve bytes of it are in the window then.
    fn frame<R: Read>(&self, window: &mut Window<R>) -> io::Result<Result<Frame, Ending>> {
        let offset = window.offset();
        let available = window.fill(12)?;
        let Some(start) = window.bytes().first_chunk::<12>() else {
            return Ok(Err(match available {
                0 => Ending::Complete,
                _ => cut(offset, 12, available),
            }));
        };
        let [t0, t1, t2, t3, l0, l1, l2, l3, ..] = *start;
        let damaged = |reason| Ok(Err(Ending::Damaged { offset, reason }));
        let order = match u32::from_be_bytes([t0, t1, t2, t3]) {
            SECTION_HEADER => match section_order(start) {
                Some(order) => order,
                None => return damaged("a section header without the byte-order magic".to_owned()),
            },
            _ => self.section.order,
        };
        let declared = order.u32([l0, l1, l2, l3]);
        if declared < 12 {
            return damaged(format!("a block of {declared} bytes, where 12 is the least possible"));
        }
        // The length must be a multiple of 4; writers that forgot to count the padding wrote it.
        let len = u64::from(declared).next_multiple_of(4);
        Ok(Ok(Frame { kind: order.u32([t0, t1, t2, t3]), order, offset, len, declared }))
    }

    /// What a whole block amounts to; a packet's data is given relative to the block.
    #[inline]
    fn block(
        &mut self,
        frame: &Frame,
        block: &[u8],
        facts: &mut CaptureFacts,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> Option<Step> {
        let order = frame.order;
        let packet = match frame.kind {
            EPB_MAGIC => blocks::enhanced(order, block),
            OBSOLETE_PACKET => blocks::obsolete(order, block),
            SPB_MAGIC => {
                let snaplen = self.section.interface(0).map_or(0, |interface| interface.snaplen);
                blocks::simple(order, block, snaplen)
            }
            _ => return self.no_packet(frame, block, facts, take),
        };
        Some(match packet {
            Ok(packet) => self.packet(frame, &packet, facts),
            Err(reason) => frame.unusable(reason),
        })
    }

    #[inline]
    fn packet(&self, frame: &Frame, block: &PacketBlock<'_>, facts: &mut CaptureFacts) -> Step {
        let id = block.interface;
        let Some(interface) = self.section.interface(id) else {
            let reason = format!("a packet of interface {id}, which is not described");
            return frame.unusable(reason);
        };
        let mut lost = block.lost;
        if !block.options.is_empty() {
            for option in Options::new(frame.order, block.options) {
                facts.comments += u64::from(is_comment(&option));
                if frame.kind == EPB_MAGIC && option.code == EPB_DROP_COUNT {
                    lost = lost.saturating_add(number(frame.order, &option).unwrap_or(0));
                }
            }
        }
        if lost > 0 {
            self.section.add_drops(id, lost, facts);
        }
        Step::Packet(Record {
            data: block.data_at..block.data_at + block.captured,
            link: interface.link,
            interface: interface.index(),
            time: block.ticks.map(|ticks| interface.clock.time(ticks)),
            wire_len: block.wire_len,
        })
    }

    fn no_packet(
        &mut self,
        frame: &Frame,
        block: &[u8],
        facts: &mut CaptureFacts,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> Option<Step> {
        let understood = match frame.kind {
            SECTION_HEADER => self.section.open(frame.order, block, facts, take),
            IDB_MAGIC => self.section.describe(block, facts),
            ISB_MAGIC => {
                self.section.count_drops(block, facts);
                Ok(())
            }
            DSB_MAGIC => {
                secrets::disclose(frame.order, frame.offset, block, &mut facts.secrets, take);
                Ok(())
            }
            // Wireshark gives these numbers of their own, so the packets behind them keep theirs.
            CB_MAGIC | DCB_MAGIC | SJE_MAGIC | SYSDIG_EVENT => return Some(Step::Numbered),
            _ => Ok(()),
        };
        let reason = understood.err()?;
        Some(Step::End(Box::new(Ending::Damaged { offset: frame.offset, reason })))
    }
}

/// Where the framing is broken there may be blocks behind.
fn stop(ending: Ending) -> Step {
    match ending {
        damaged @ Ending::Damaged { .. } => Step::Lost(Box::new(damaged)),
        ending => Step::End(Box::new(ending)),
    }
}

impl Frame {
    /// Whether its length may be what it says, as far as its beginning tells: a block of a packet or
    /// of secrets says how much it holds.
    fn is_sound<R: Read>(&self, window: &mut Window<R>) -> io::Result<bool> {
        let (held_at, around) = match self.kind {
            EPB_MAGIC | OBSOLETE_PACKET => (20, 32),
            DSB_MAGIC => (12, 20),
            _ => {
                let short = self.len <= resume::PLAUSIBLE_LEN as u64
                    || !matches!(self.kind, SECTION_HEADER | IDB_MAGIC | ISB_MAGIC);
                return Ok(short && resume::KNOWN.contains(&self.kind));
            }
        };
        window.fill(held_at + 4)?;
        let held = self.order.u32_at(window.bytes(), held_at);
        // Where even that is cut, nothing speaks against it.
        let Some(held) = held.map(u64::from) else { return Ok(true) };
        let without_options = around + held.next_multiple_of(4);
        Ok((without_options..=without_options + 65_536).contains(&self.len))
    }

    /// A block's length stands once more at its end. When it does not, the length is wrong, and
    /// nobody knows where the next block begins.
    fn check_tail(&self, block: &[u8]) -> Option<Ending> {
        let tail = self.order.u32(*block.last_chunk()?);
        if tail == self.declared || u64::from(tail) == self.len {
            return None;
        }
        let reason = format!(
            "a block that is {} bytes long by its beginning and {tail} by its end",
            self.declared
        );
        Some(Ending::Damaged { offset: self.offset, reason })
    }

    /// Leaves out a block that is too large to be held.
    fn pass_over<R: Read>(
        &self,
        window: &mut Window<R>,
        secrets: &mut SecretsFacts,
    ) -> io::Result<Option<Step>> {
        let body = self.len - 4;
        let mut available = window.skip(body)?;
        if available == body {
            available += u64::try_from(window.fill(4)?.min(4)).unwrap_or(0);
        }
        if available < self.len {
            let (offset, needed) = (self.offset, self.len);
            let ending = Ending::CutMidRecord { offset, needed, available };
            return Ok(Some(Step::End(Box::new(ending))));
        }
        if let Some(ending) = self.check_tail(window.bytes().get(..4).unwrap_or_default()) {
            return Ok(Some(stop(ending)));
        }
        window.take(4);
        let offset = self.offset;
        let reason = format!("a block of {} bytes; {LARGEST_BLOCK} is the limit", self.declared);
        Ok(match self.kind {
            EPB_MAGIC | SPB_MAGIC | OBSOLETE_PACKET => Some(self.unusable(reason)),
            // What they describe is needed for all that follows.
            SECTION_HEADER | IDB_MAGIC => {
                Some(Step::End(Box::new(Ending::Damaged { offset, reason })))
            }
            CB_MAGIC | DCB_MAGIC | SJE_MAGIC | SYSDIG_EVENT => Some(Step::Numbered),
            DSB_MAGIC => {
                secrets.note_unread(offset, reason);
                None
            }
            _ => None,
        })
    }

    #[cold]
    fn unusable(&self, reason: String) -> Step {
        Step::Unusable(Box::new(Unusable { offset: self.offset, reason }))
    }
}
