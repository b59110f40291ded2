//! MACsec (IEEE 802.1AE), where it protects integrity and does not encrypt.

use super::{Extent, Inside, Refusal, Via, ether_type};

/// Bytes of the check value at the end, with every cipher suite of the standard.
const ICV: usize = 16;

/// Flags and association, short length, packet number (4), perhaps a channel identifier (8).
pub(super) fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([flags, short, _, _, _, _], mut rest) = bytes.header()?;
    // §9.5: version 0; ES, SC, SCB; E: encrypted; C: the text was changed.
    if flags & 0x80 != 0 {
        return Err(Refusal::NotIp);
    }
    if flags & 0x0c != 0 {
        return Err(Refusal::Unread("frames encrypted by MACsec"));
    }
    if flags & 0x20 != 0 {
        rest = rest.skip(8)?;
    }
    // §9.7: set if fewer than 48 bytes are protected; then padding may be behind the check value.
    let bytes = match short & 0x3f {
        0 => rest.without_trailer(ICV),
        len => rest.limit(len.into()),
    };
    let ([t0, t1], rest) = bytes.header()?;
    Ok(ether_type::or_length(u16::from_be_bytes([*t0, *t1]), rest))
}
