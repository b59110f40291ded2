//! How reading goes on behind damage in a pcapng.
//!
//! In: the window at a place where no block can be. Out: the window at the next block that
//! certainly is one, or at the end. Every offset is tried; a block has to be of a known type, to
//! give the same length at both ends, and to be followed by another such block or by the end.
//!
//! How certain that is: of random bytes, a type is known in one case of 10⁸, and two lengths agree
//! in one of 10⁹: one offset in 10¹⁷ for one block, one in 10³⁴ for two, and a terabyte of garbage
//! has 10¹² offsets. As for what is not random, see the same for classic pcap.
//!
//! Interfaces may have been described where nothing can be read, and a section may have begun
//! there. So one that is described behind the damage has no certain number, and until the next
//! section no packet can be assigned any more; without one, those before keep their numbers.

use std::io::{self, Read};

use pcap_parser::{DSB_MAGIC, EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, NRB_MAGIC, SPB_MAGIC};

use super::super::window::Window;
use super::{OBSOLETE_PACKET, PcapNg, SECTION_HEADER, section_order};

/// The most that a block may hold to be recognised: the largest packet, and options.
pub(super) const PLAUSIBLE_LEN: usize = 300_000;

pub(super) const KNOWN: [u32; 8] = [
    SECTION_HEADER,
    IDB_MAGIC,
    OBSOLETE_PACKET,
    SPB_MAGIC,
    NRB_MAGIC,
    ISB_MAGIC,
    EPB_MAGIC,
    DSB_MAGIC,
];

/// The start of a block up to the byte-order magic that it may have.
const START: usize = 12;

impl PcapNg {
    /// Moves on to the next block; `false` when there is none. Takes time in proportion to the
    /// bytes passed over.
    pub(in crate::capture) fn resume<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> io::Result<bool> {
        self.section.lose();
        window.fill(1)?;
        window.take(1);
        loop {
            let available = window.fill(START)?;
            if available < START {
                window.take(available);
                return Ok(false);
            }
            match window.bytes().windows(START).position(|start| self.plausible(start).is_some()) {
                None => {
                    window.take(available - START + 1);
                }
                Some(place) => {
                    window.take(place);
                    if self.begins_here(window)? {
                        return Ok(true);
                    }
                    window.take(1);
                }
            }
        }
    }

    /// Whether two blocks follow one another from here on, or one ends the capture.
    fn begins_here<R: Read>(&self, window: &mut Window<R>) -> io::Result<bool> {
        let mut at = 0;
        for count in 0..2 {
            let available = window.fill(at + START)?;
            if available == at && count > 0 {
                return Ok(true);
            }
            let start = window.bytes().get(at..at + START);
            let Some((order, len)) = start.and_then(|start| self.plausible(start)) else {
                return Ok(false);
            };
            window.fill(at + len)?;
            let ends = [at + 4, at + len - 4].map(|end| order.u32_at(window.bytes(), end));
            if ends[0] != ends[1] {
                return Ok(false);
            }
            at += len;
        }
        Ok(true)
    }

    /// The byte order and the length of a block that may begin with `start`.
    #[inline]
    fn plausible(&self, start: &[u8]) -> Option<(super::ByteOrder, usize)> {
        let kind = self.section.order.u32_at(start, 0)?;
        let order = if kind == SECTION_HEADER { section_order(start)? } else { self.section.order };
        let len = usize::try_from(order.u32_at(start, 4)?).ok()?;
        let known = KNOWN.contains(&kind) && len.is_multiple_of(4);
        (known && (START..=PLAUSIBLE_LEN).contains(&len)).then_some((order, len))
    }
}
