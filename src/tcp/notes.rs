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
