//! What an EtherType stands for.
//!
//! In: an EtherType and the bytes behind it, from any layer that has one. Out: IP, or the layer
//! that must be opened to come nearer to it. A tag or tunnel with an EtherType of its own is a row
//! here and a file.

use super::{Extent, Inside, Layer, Opener, Refusal, Via, backbone, frame, ip};
use super::{llc, macsec, mpls, ppp, pppoe, vlan};

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;

/// Values below this are lengths in an IEEE 802.3 frame (§3.2.6).
const LEAST: u16 = 0x0600;

static ETHER_TYPES: &[EtherType] = &[
    EtherType { numbers: &vlan::ETHER_TYPES, open: vlan::open },
    EtherType { numbers: &mpls::ETHER_TYPES, open: mpls::open },
    EtherType { numbers: &[0x8864], open: pppoe::open },
    EtherType { numbers: &[0x88e5], open: macsec::open },
    EtherType { numbers: &[0x88e7], open: backbone::open },
    // "Transparent Ethernet bridging": a whole frame, in GRE (NVGRE, RFC 7637 §3.2) and GENEVE.
    EtherType { numbers: &[0x6558], open: |bytes, _| Ok(frame(bytes)) },
    EtherType { numbers: &[0x880b], open: |bytes, _| ppp::open(bytes) },
    // Frames with LLC that are too long for a length field.
    EtherType { numbers: &[0x8870], open: |bytes, _| llc::open(bytes) },
];

struct EtherType {
    numbers: &'static [u16],
    open: Opener,
}

/// What is behind an EtherType.
#[inline]
pub(super) fn inside(number: u16, bytes: Extent<'_>) -> Inside<'_> {
    match number {
        IPV4 | IPV6 => ip(bytes),
        _ => Inside { layer: Layer::EtherType(number), bytes },
    }
}

/// What is behind a field that is an EtherType, or the length of an IEEE 802.3 frame.
#[inline]
pub(super) fn or_length(field: u16, bytes: Extent<'_>) -> Inside<'_> {
    if field >= LEAST {
        return inside(field, bytes);
    }
    Inside { layer: Layer::Llc, bytes: bytes.limit(field.into()) }
}

/// Opens what an EtherType stands for.
pub(super) fn open<'b>(
    number: u16,
    bytes: Extent<'b>,
    via: &mut Via,
) -> Result<Inside<'b>, Refusal> {
    match row(number) {
        Some(row) => (row.open)(bytes, via),
        None if matches!(number, IPV4 | IPV6) => Ok(ip(bytes)),
        None => Err(Refusal::NotIp),
    }
}

/// Whether IP may be found behind this EtherType.
pub(super) fn may_lead_to_ip(number: u16) -> bool {
    matches!(number, IPV4 | IPV6) || row(number).is_some()
}

fn row(number: u16) -> Option<&'static EtherType> {
    ETHER_TYPES.iter().find(|row| row.numbers.contains(&number))
}
