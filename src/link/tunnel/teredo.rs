//! Teredo (RFC 4380): IPv6 over UDP, through address translation.

use super::super::via::Tag;
use super::super::{Extent, Inside, Refusal, Via, ip, plausible};
use super::UdpTunnel;

pub(super) const TEREDO: UdpTunnel = UdpTunnel { ports: &[3544], name: "Teredo", open };

/// The prefix that one of the two addresses has.
const PREFIX: [u8; 4] = [0x20, 0x01, 0, 0];

/// Perhaps an authentication, perhaps the origin of the packet (§5.1.1), then IPv6.
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let mut rest = bytes;
    if let ([0, 1, client, value], behind) = rest.header()? {
        // Client identifier, authentication value, nonce (8), confirmation.
        rest = behind.skip(usize::from(*client) + usize::from(*value) + 9)?;
    }
    if let ([0, 0], behind) = rest.header()? {
        rest = behind.skip(6)?; // port and address
    }
    let (header, _) = rest.header::<40>()?;
    let ([first, ..], addresses) = header.split_at(8) else { return Err(Refusal::NotIp) };
    let ours = addresses.starts_with(&PREFIX)
        || addresses.get(16..).is_some_and(|to| to.starts_with(&PREFIX));
    if first >> 4 != 6 || !ours {
        return Err(Refusal::NotIp);
    }
    plausible::shape(rest)?;
    via.push(Tag::Teredo, 0);
    Ok(ip(rest))
}
