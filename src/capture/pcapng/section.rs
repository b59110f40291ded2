//! What a section has described: its byte order and its interfaces.
//!
//! In: the blocks that describe, whole. Out: what packet blocks refer to. Interface numbers begin
//! anew with every section, and so does everything kept here.

use pcap_parser::{
    Block, InterfaceDescriptionBlock, OptionCode, parse_block_be, parse_block_le,
    parse_sectionheaderblock,
};

use super::super::facts::{CaptureFacts, Interface, KEPT_INTERFACES};
use super::super::order::ByteOrder;
use super::super::packet::LinkType;
use super::clock::Clock;
use super::options::{honoured, is_comment, number};
use super::secrets::Disclosed;

/// The most bytes of an interface's name that are kept.
const KEPT_NAME: usize = 128;

pub(super) struct Section {
    pub(super) order: ByteOrder,
    interfaces: Vec<Described>,
    /// Whether an interface may have been described where the file is damaged.
    incomplete: bool,
}

/// What reading a packet needs to know about its interface.
#[derive(Clone, Copy)]
pub(super) struct Described {
    pub(super) link: LinkType,
    pub(super) clock: Clock,
    pub(super) snaplen: u32,
    /// Where the facts speak of it.
    index: Option<usize>,
}

impl Described {
    /// Where the facts speak of it; those that there was no room for share the last number.
    pub(super) fn index(self) -> u32 {
        self.index.and_then(|index| u32::try_from(index).ok()).unwrap_or(u32::MAX)
    }
}

impl Section {
    pub(super) fn new(order: ByteOrder) -> Section {
        Section { order, interfaces: Vec::new(), incomplete: false }
    }

    /// Blocks of this section were lost: which number the next interface has is not known any more.
    pub(super) fn lose(&mut self) {
        self.incomplete = true;
    }

    #[inline]
    pub(super) fn interface(&self, id: u32) -> Option<Described> {
        self.interfaces.get(usize::try_from(id).ok()?).copied()
    }

    /// A section header block; what is wrong with it, if something is.
    pub(super) fn open(
        &mut self,
        order: ByteOrder,
        block: &[u8],
        facts: &mut CaptureFacts,
        take: &mut dyn FnMut(Disclosed<'_>),
    ) -> Result<(), String> {
        let Ok((_, header)) = parse_sectionheaderblock(block) else {
            return Err("a section header block that cannot be read".to_owned());
        };
        if !is_known_version(header.major_version, header.minor_version) {
            let (major, minor) = (header.major_version, header.minor_version);
            return Err(format!("a section of pcapng version {major}.{minor}, which is unknown"));
        }
        for comment in honoured(&header.options).filter(|option| is_comment(option)) {
            facts.comments += 1;
            if let Ok(text) = comment.as_bytes() {
                take(Disclosed::Comment(text));
            }
        }
        *self = Section::new(order);
        Ok(())
    }

    /// An interface description block. One that cannot be read would shift the numbers of all
    /// that follow, so it is an error.
    pub(super) fn describe(
        &mut self,
        block: &[u8],
        facts: &mut CaptureFacts,
    ) -> Result<(), String> {
        let Some(Block::InterfaceDescription(description)) = self.parse(block) else {
            return Err("an interface description block that cannot be read".to_owned());
        };
        if self.incomplete {
            // It has no number that is certain, and it may be of another section: none has.
            self.interfaces.clear();
            return Ok(());
        }
        if self.interfaces.len() >= KEPT_INTERFACES {
            return Err(format!("more than {KEPT_INTERFACES} interfaces in one section"));
        }
        facts.comments += count(honoured(&description.options).filter(|option| is_comment(option)));
        let link = u16::try_from(description.linktype.0).map_or(LinkType(u16::MAX), LinkType);
        let snaplen = description.snaplen;
        let name = name(&description);
        let index = facts.describe(Interface { link, name, snaplen, drops: None });
        let clock = self.clock(&description);
        self.interfaces.push(Described { link, clock, snaplen, index });
        Ok(())
    }

    /// An interface statistics block. Its counters run from the beginning of the capture, so the
    /// greatest is the one that counts.
    pub(super) fn count_drops(&self, block: &[u8], facts: &mut CaptureFacts) {
        let Some(Block::InterfaceStatistics(statistics)) = self.parse(block) else { return };
        facts.comments += count(honoured(&statistics.options).filter(|option| is_comment(option)));
        let Some(interface) = self.facts_of(statistics.if_id, facts) else { return };
        let counted = [OptionCode::IsbIfDrop, OptionCode::IsbOsDrop]
            .into_iter()
            .filter_map(|code| honoured(&statistics.options).find(|option| option.code == code))
            .filter_map(|option| number(self.order, option))
            .reduce(u64::saturating_add);
        interface.drops = interface.drops.max(counted);
    }

    /// A packet block that says how many packets were lost before it.
    pub(super) fn add_drops(&self, id: u32, lost: u64, facts: &mut CaptureFacts) {
        if let Some(interface) = self.facts_of(id, facts) {
            interface.drops = Some(interface.drops.unwrap_or(0).saturating_add(lost));
        }
    }

    fn facts_of<'f>(&self, id: u32, facts: &'f mut CaptureFacts) -> Option<&'f mut Interface> {
        facts.interfaces.get_mut(self.interface(id)?.index?)
    }

    /// The block, which is whole: that it needs more bytes means that it is malformed.
    fn parse<'b>(&self, block: &'b [u8]) -> Option<Block<'b>> {
        let parsed = match self.order {
            ByteOrder::Little => parse_block_le(block),
            ByteOrder::Big => parse_block_be(block),
        };
        Some(parsed.ok()?.1)
    }

    fn clock(&self, description: &InterfaceDescriptionBlock<'_>) -> Clock {
        let option = |code| honoured(&description.options).find(|option| option.code == code);
        let resolution = option(OptionCode::IfTsresol)
            .and_then(|option| option.as_bytes().ok()?.first().copied());
        let offset = option(OptionCode::IfTsoffset).and_then(|option| number(self.order, option));
        match (resolution, offset) {
            (None, None) => Clock::MICROSECONDS,
            _ => Clock::new(resolution.unwrap_or(6), offset.unwrap_or(0).cast_signed()),
        }
    }
}

/// 1.0 is the version; 1.2 was written by some programs and is read the same.
pub(in crate::capture) fn is_known_version(major: u16, minor: u16) -> bool {
    major == 1 && (minor == 0 || minor == 2)
}

fn name(description: &InterfaceDescriptionBlock<'_>) -> Option<String> {
    let option = honoured(&description.options).find(|option| option.code == OptionCode::IfName)?;
    let bytes = option.as_bytes().ok()?;
    let kept = bytes.get(..KEPT_NAME).unwrap_or(bytes);
    // Some writers count a terminating zero.
    Some(String::from_utf8_lossy(kept).trim_end_matches('\0').to_owned())
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
