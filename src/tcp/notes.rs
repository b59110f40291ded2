//! Which packets stand around what the capture lacks.
//!
//! In: the segments of one direction, and its holes as they are given up. Out: [`Around`], the few
//! packets that a report cites for them. They are noted when the hole is, since packets far back
//! are forgotten.

use super::Range64;
use crate::provenance::{PacketRef, SourceMap};

/// The packets around what is missing of one direction: the first few of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// Of the first holes: the last packet before and the first behind, where there are any.
    pub gaps: Vec<[Option<PacketRef>; 2]>,
    /// Packets that the snap length cut.
    pub cut: Vec<PacketRef>,
    /// Packets that carried another version of bytes that had been captured.
    pub conflicts: Vec<PacketRef>,
    /// Where the latest hole ends, until the packet behind it has come.
    open_until: Option<u64>,
}

impl Around {
    /// Packets that are kept of each kind.
    const MOST: usize = 8;

    /// Notes a hole, whose packets the source map still knows.
    pub(super) fn note_gap(&mut self, range: Range64, sources: &SourceMap, most: usize) {
        self.open_until = None;
        if self.gaps.len() >= most {
            return;
        }
        let before = range.start.checked_sub(1).and_then(|last| sources.locate(last));
        // Behind another hole stands nothing: what is before that one is before both.
        let earlier = self.gaps.last().and_then(|[before, _]| *before);
        self.gaps.push([before.map(|source| source.at).or(earlier), None]);
        self.open_until = Some(range.end);
    }

    /// Notes that bytes from `offset` on were released.
    pub(super) fn note_bytes(&mut self, offset: u64, sources: &SourceMap) {
        if self.open_until != Some(offset) {
            return;
        }
        self.open_until = None;
        let behind = sources.locate(offset).map(|source| source.at);
        if let Some([_, after]) = self.gaps.last_mut() {
            *after = behind;
        }
    }

    pub(super) fn note_cut(&mut self, packet: PacketRef) {
        Around::push(&mut self.cut, packet);
    }

    pub(super) fn note_conflict(&mut self, packet: PacketRef) {
        Around::push(&mut self.conflicts, packet);
    }

    fn push(list: &mut Vec<PacketRef>, packet: PacketRef) {
        if list.len() < Around::MOST {
            list.push(packet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::{PacketNumber, Source, Timestamp};

    fn packet(number: u64) -> PacketRef {
        PacketRef { number: PacketNumber::new(number), time: Timestamp(0) }
    }

    #[test]
    fn a_hole_stands_between_two_packets() {
        let mut sources = SourceMap::new(8);
        let mut around = Around::default();
        sources.push(0, Source { at: packet(4), acked: None });
        sources.push_hole(10);
        around.note_gap((10..20).into(), &sources, 8);
        sources.push_hole(20);
        around.note_gap((20..30).into(), &sources, 8);
        sources.push(30, Source { at: packet(7), acked: None });
        around.note_bytes(30, &sources);
        around.note_bytes(40, &sources);
        assert_eq!(around.gaps, [[Some(packet(4)), None], [Some(packet(4)), Some(packet(7))]]);
    }

    #[test]
    fn no_more_packets_are_kept_than_are_cited() {
        let mut around = Around::default();
        (0..100).for_each(|number| around.note_cut(packet(number)));
        (0..100).for_each(|number| around.note_conflict(packet(number)));
        let sources = SourceMap::new(1);
        (0..100).for_each(|number| around.note_gap((number..number + 1).into(), &sources, 64));
        assert_eq!((around.cut.len(), around.conflicts.len(), around.gaps.len()), (8, 8, 64));
    }
}
