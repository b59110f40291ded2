//! Ethernet II and IEEE 802.3: destination, source, EtherType or length.

use super::{Inner, Link, Refusal, ether_type, header};
use crate::capture::LinkType;

pub(super) const ETHERNET: Link = Link { types: &[LinkType::ETHERNET], name: "Ethernet", strip };

fn strip(frame: &[u8]) -> Result<Inner<'_>, Refusal> {
    let (header, rest) = header::<14>(frame)?;
    let [.., t0, t1] = *header;
    ether_type::follow(u16::from_be_bytes([t0, t1]), rest)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_ether_type_stands_behind_the_addresses() {
        let frame = b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x08\x00\x45...";
        assert_eq!(strip(frame), Ok(Inner { datagram: b"\x45..." }));
        assert_eq!(strip(&frame[..13]), Err(Refusal::Cut));
        assert_eq!(strip(&frame[..14]), Ok(Inner { datagram: b"" }));
    }
}
