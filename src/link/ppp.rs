//! PPP (RFC 1661), by itself and in HDLC-like framing (RFC 1662).

use super::{Extent, Inside, Layer, Link, Refusal, cisco_hdlc, ether_type, ip};
use crate::capture::LinkType;

pub(super) const PPP: Link = Link {
    types: &[LinkType::PPP, LinkType::PPP_HDLC],
    name: "PPP",
    open: |bytes, _| open_serial(bytes),
};

/// A byte in front says which way the packet went.
pub(super) const PPP_DIRECTION_FIRST: Link = Link {
    types: &[LinkType::PPP_WITH_DIR],
    name: "PPP with direction",
    open: |bytes, _| open_serial(bytes.skip(1)?),
};

/// The byte that says which way the packet went stands in place of the address.
pub(super) const PPP_PPPD: Link = Link {
    types: &[LinkType::PPP_PPPD],
    name: "PPP of pppd",
    open: |bytes, _| match bytes.header()? {
        ([0 | 1, 0x03], rest) => Ok(Inside { layer: Layer::Ppp, bytes: rest }),
        _ => open(bytes),
    },
};

/// On a serial line either PPP or what Cisco speaks by default.
fn open_serial(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    match bytes.captured {
        [0x0f | 0x8f, 0x00, ..] => cisco_hdlc::open(bytes),
        _ => open(bytes),
    }
}

/// From the protocol field on. Address and control field may be in front of it, and it may be
/// compressed to one byte.
pub(super) fn open(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let bytes = match bytes.captured {
        [0xff, 0x03, ..] => bytes.skip(2)?,
        _ => bytes,
    };
    let ([first], rest) = bytes.header()?;
    // RFC 1661 §2: the last byte of a protocol is odd, and all before it are even.
    let (protocol, rest) = if first & 1 == 1 {
        (u16::from(*first), rest)
    } else {
        let ([second], rest) = rest.header()?;
        (u16::from_be_bytes([*first, *second]), rest)
    };
    match protocol {
        0x0021 | 0x0057 => Ok(ip(rest)),
        0x0281 => Ok(ether_type::inside(0x8847, rest)),
        0x0283 => Ok(ether_type::inside(0x8848, rest)),
        0x002d | 0x002f | 0x0061 | 0x0063 | 0x0065 | 0x0067 | 0x0069 | 0x0003 | 0x0005 => {
            Err(Refusal::Unread("PPP packets with compressed headers"))
        }
        0x003d => Err(Refusal::Unread("pieces of PPP multilink packets")),
        0x0053 | 0x0055 => Err(Refusal::Unread("encrypted PPP packets")),
        0x00fb | 0x00fd => Err(Refusal::Unread("compressed PPP packets")),
        _ => Err(Refusal::NotIp),
    }
}
