//! UDP (RFC 768), as far as it may carry a tunnel.

use super::super::{Extent, Inside, Refusal, Via};
use super::{UDP_TUNNELS, UdpTunnel};

/// Source port, destination port, length, checksum.
pub(super) fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let Ok((header, rest)) = bytes.header::<8>() else { return Err(Refusal::NotIp) };
    let [s0, s1, d0, d1, l0, l1, _, _] = *header;
    let ports = [u16::from_be_bytes([d0, d1]), u16::from_be_bytes([s0, s1])];
    let payload = match usize::from(u16::from_be_bytes([l0, l1])) {
        0 => rest, // RFC 2675 §4: longer than the field can say
        len => rest.limit(len.checked_sub(8).ok_or(Refusal::NotIp)?),
    };
    // The destination is tried first: it is what the sender meant, and the source often chance.
    for port in ports {
        let Some(tunnel) = tunnel(port) else { continue };
        let before = *via;
        match (tunnel.open)(payload, via) {
            Err(Refusal::NotIp | Refusal::Malformed(_)) => *via = before,
            found => return found,
        }
    }
    Err(Refusal::NotIp)
}

/// Whether the ports at the beginning of a datagram are those of a tunnel; so also if they are not
/// there.
pub(super) fn may_be_tunnel(beginning: &[u8]) -> bool {
    let Some([s0, s1, d0, d1]) = beginning.first_chunk() else { return true };
    [[*s0, *s1], [*d0, *d1]].into_iter().any(|port| tunnel(u16::from_be_bytes(port)).is_some())
}

fn tunnel(port: u16) -> Option<&'static UdpTunnel> {
    UDP_TUNNELS.iter().find(|row| row.ports.contains(&port))
}
