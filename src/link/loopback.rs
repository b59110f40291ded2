//! BSD loopback: an address family in four bytes, and then the packet.

use super::{Extent, Inside, Link, Refusal, ip};
use crate::capture::LinkType;

pub(super) const NULL: Link =
    Link { types: &[LinkType::NULL], name: "BSD loopback", open: |bytes, _| open_null(bytes) };

pub(super) const LOOP: Link =
    Link { types: &[LinkType::LOOP], name: "OpenBSD loopback", open: |bytes, _| open_loop(bytes) };

/// `AF_INET`, the same everywhere.
const INET: u32 = 2;
/// `AF_INET6` on NetBSD, OpenBSD and in Npcap; on FreeBSD; on Darwin.
const INET6: [u32; 3] = [24, 28, 30];

/// The family is in the byte order of the capturing host, which need not be that of the file.
fn open_null(packet: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let (family, datagram) = packet.header()?;
    if is_ip(u32::from_le_bytes(*family)) || is_ip(u32::from_be_bytes(*family)) {
        Ok(ip(datagram))
    } else {
        Err(Refusal::NotIp)
    }
}

/// The family is in network byte order.
fn open_loop(packet: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let (family, datagram) = packet.header()?;
    if is_ip(u32::from_be_bytes(*family)) { Ok(ip(datagram)) } else { Err(Refusal::NotIp) }
}

fn is_ip(family: u32) -> bool {
    family == INET || INET6.contains(&family)
}
