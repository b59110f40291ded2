//! BSD loopback: an address family in four bytes, and then the packet.

use super::{Inner, Link, Refusal, header};
use crate::capture::LinkType;

pub(super) const NULL: Link =
    Link { types: &[LinkType::NULL], name: "BSD loopback", strip: strip_null };

pub(super) const LOOP: Link =
    Link { types: &[LinkType::LOOP], name: "OpenBSD loopback", strip: strip_loop };

/// `AF_INET`, the same everywhere.
const INET: u32 = 2;
/// `AF_INET6` on NetBSD, OpenBSD and in Npcap; on FreeBSD; on Darwin.
const INET6: [u32; 3] = [24, 28, 30];

/// The family is in the byte order of the capturing host, which need not be that of the file.
fn strip_null(packet: &[u8]) -> Result<Inner<'_>, Refusal> {
    let (family, datagram) = header(packet)?;
    if is_ip(u32::from_le_bytes(*family)) || is_ip(u32::from_be_bytes(*family)) {
        Ok(Inner { datagram })
    } else {
        Err(Refusal::NotIp)
    }
}

/// The family is in network byte order.
fn strip_loop(packet: &[u8]) -> Result<Inner<'_>, Refusal> {
    let (family, datagram) = header(packet)?;
    if is_ip(u32::from_be_bytes(*family)) { Ok(Inner { datagram }) } else { Err(Refusal::NotIp) }
}

fn is_ip(family: u32) -> bool {
    family == INET || INET6.contains(&family)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn null_is_read_in_both_byte_orders_and_loop_in_one() {
        for family in [2_u32, 24, 28, 30] {
            let little = [&family.to_le_bytes()[..], b"ip"].concat();
            let big = [&family.to_be_bytes()[..], b"ip"].concat();
            assert_eq!(strip_null(&little), Ok(Inner { datagram: b"ip" }));
            assert_eq!(strip_null(&big), Ok(Inner { datagram: b"ip" }));
            assert_eq!(strip_loop(&big), Ok(Inner { datagram: b"ip" }));
            assert_eq!(strip_loop(&little), Err(Refusal::NotIp));
        }
    }

    #[test]
    fn other_families_are_not_ip() {
        assert_eq!(strip_null(b"\x07\0\0\0osi"), Err(Refusal::NotIp));
        assert_eq!(strip_null(b"\x02\0\0"), Err(Refusal::Cut));
    }
}
