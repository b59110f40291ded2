//! Whether bytes that nothing names are IP, or a frame with IP in it.
//!
//! In: bytes behind a header that does not say what follows it. Out: whether they agree with
//! themselves as what they are taken for. Where a number says what follows, nobody asks here.

use etherparse::checksum::Sum16BitWords;

use super::ether_type::{IPV4, IPV6};
use super::vlan;
use super::{Extent, Refusal};

/// The IP numbers that may follow an IPv6 header: extension headers and the protocols in use.
const BEHIND_IPV6: [u8; 19] =
    [0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 103, 115, 132];

/// Whether an IP datagram whose lengths fit begins here; [`Refusal::Cut`] if too little of it was
/// captured to tell.
pub(super) fn shape(bytes: Extent<'_>) -> Result<(), Refusal> {
    let cut = || bytes.lacking("less than an IP header in a tunnel");
    let fits = match bytes.captured.first().ok_or_else(cut)? >> 4 {
        4 => {
            let [first, _, l0, l1, ..] = bytes.captured.first_chunk::<20>().ok_or_else(cut)?;
            let header = usize::from(first & 0x0f) * 4;
            let total = usize::from(u16::from_be_bytes([*l0, *l1]));
            // A total length of 0 is filled in by the network card (see `ip::v4`).
            header >= 20 && (total == 0 || (header..=bytes.wire_len).contains(&total))
        }
        6 => {
            let [_, _, _, _, l0, l1, next, ..] =
                bytes.captured.first_chunk::<40>().ok_or_else(cut)?;
            let payload = usize::from(u16::from_be_bytes([*l0, *l1]));
            BEHIND_IPV6.contains(next) && 40 + payload <= bytes.wire_len
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Refusal::NotIp) }
}

/// Whether an IP datagram begins here: its lengths fit, and so does its checksum if it has one.
pub(super) fn is_ip(bytes: Extent<'_>) -> bool {
    if shape(bytes).is_err() {
        return false;
    }
    let Some(first) = bytes.captured.first() else { return false };
    if first >> 4 == 6 {
        return true;
    }
    let header = bytes.captured.get(..usize::from(first & 0x0f) * 4);
    header.is_some_and(|header| Sum16BitWords::new().add_slice(header).ones_complement() == 0)
}

/// Whether an Ethernet frame with up to two VLAN tags and an IP datagram begins here.
pub(super) fn is_frame_with_ip(bytes: Extent<'_>) -> bool {
    let Ok(([.., t0, t1], mut rest)) = bytes.header::<14>() else { return false };
    let mut number = u16::from_be_bytes([*t0, *t1]);
    for _ in 0..2 {
        if !vlan::ETHER_TYPES.contains(&number) {
            break;
        }
        let Ok(([_, _, t0, t1], behind)) = rest.header() else { return false };
        (number, rest) = (u16::from_be_bytes([*t0, *t1]), behind);
    }
    let version = rest.captured.first().map(|first| first >> 4);
    matches!((number, version), (IPV4, Some(4)) | (IPV6, Some(6))) && is_ip(rest)
}
