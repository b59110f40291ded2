//! IEEE 802.11 data frames that are not encrypted, and the headers that capture programs put in
//! front of them.
//!
//! In: a frame, by itself or behind radiotap, PPI, Prism or AVS. Out: the LLC header in it, or the
//! aggregate that holds several. A frame whose check sequence is wrong was not received by anybody
//! but the capturing host, so it is not read.

mod aggregate;
mod ppi;
mod prism;
mod radiotap;

pub use aggregate::Msdus;
pub(super) use ppi::PPI;
pub(super) use prism::PRISM;
pub(super) use radiotap::RADIOTAP;

use super::{Extent, Inside, Layer, Link, Refusal};
use crate::capture::LinkType;

pub(super) const IEEE802_11: Link = Link {
    types: &[LinkType::IEEE802_11],
    name: "IEEE 802.11",
    open: |bytes, _| open(bytes, Alignment::None),
};

const DAMAGED: Refusal = Refusal::Unread("802.11 frames with a wrong check sequence");

/// Whether a capture has padding behind the header of the frame.
#[derive(Clone, Copy)]
enum Alignment {
    None,
    /// To a multiple of four bytes, counted from the beginning of the frame.
    ToFour,
}

/// Frame control (§9.2.4.1), first byte.
mod first {
    pub(super) const VERSION: u8 = 0x03;
    pub(super) const TYPE: u8 = 0x0c;
    pub(super) const DATA: u8 = 0x08;
    pub(super) const NO_DATA: u8 = 0x40;
    pub(super) const QOS: u8 = 0x80;
}

/// Frame control, second byte.
mod second {
    pub(super) const TO_DS: u8 = 0x01;
    pub(super) const FROM_DS: u8 = 0x02;
    pub(super) const MORE_FRAGMENTS: u8 = 0x04;
    pub(super) const PROTECTED: u8 = 0x40;
    pub(super) const HT_CONTROL: u8 = 0x80;
}

/// Frame control, duration, three addresses, sequence control; then what the frame control says.
fn open(frame: Extent<'_>, alignment: Alignment) -> Result<Inside<'_>, Refusal> {
    let ([kind, _], _) = frame.header()?;
    if kind & (first::VERSION | first::TYPE | first::NO_DATA) != first::DATA {
        return Err(Refusal::NotIp); // management, control, or no data
    }
    let ([kind, flags, .., sequence, _], mut rest) = frame.header::<24>()?;
    if flags & second::PROTECTED != 0 {
        return Err(Refusal::Unread("encrypted 802.11 frames"));
    }
    if flags & second::MORE_FRAGMENTS != 0 || sequence & 0x0f != 0 {
        return Err(Refusal::Unread("pieces of fragmented 802.11 frames"));
    }
    if flags & (second::TO_DS | second::FROM_DS) == second::TO_DS | second::FROM_DS {
        rest = rest.skip(6)?; // a fourth address
    }
    let mut layer = Layer::Llc;
    if kind & first::QOS != 0 {
        let ([control, _], behind) = rest.header()?;
        if control & 0x80 != 0 {
            layer = Layer::Msdus;
        }
        rest = behind;
        if flags & second::HT_CONTROL != 0 {
            rest = rest.skip(4)?;
        }
    }
    if matches!(alignment, Alignment::ToFour) {
        let header = frame.wire_len.saturating_sub(rest.wire_len);
        rest = rest.skip(header.next_multiple_of(4) - header)?;
    }
    Ok(Inside { layer, bytes: rest })
}
