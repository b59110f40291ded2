//! Writes packets into tags, tunnels and fragments, as a network does.
//!
//! What goes in is an IP datagram; what comes out is a packet of some link type, or an IP datagram
//! again. Lengths are right, and checksums where whoever reads may look at them.

/// Something that an IP datagram can be put into, to give another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tunnel {
    IpInIp,
    IpInIp6,
    Gre { key: bool, sequence: bool, checksum: bool },
    GreFrame,
    Pptp,
    Erspan1,
    Erspan2,
    Erspan3,
    Vxlan { port: u16 },
    VxlanGpe,
    Geneve { options: u8 },
    GtpU { extended: bool },
    L2tp { with_length: bool },
    L2tp3 { between: u8 },
    EtherIp,
    MplsInIp,
}

pub(crate) const TUNNELS: [Tunnel; 20] = [
    Tunnel::IpInIp,
    Tunnel::IpInIp6,
    Tunnel::Gre { key: false, sequence: false, checksum: false },
    Tunnel::Gre { key: true, sequence: true, checksum: true },
    Tunnel::GreFrame,
    Tunnel::Pptp,
    Tunnel::Erspan1,
    Tunnel::Erspan2,
    Tunnel::Erspan3,
    Tunnel::Vxlan { port: 4789 },
    Tunnel::Vxlan { port: 8472 },
    Tunnel::VxlanGpe,
    Tunnel::Geneve { options: 0 },
    Tunnel::Geneve { options: 3 },
    Tunnel::GtpU { extended: false },
    Tunnel::GtpU { extended: true },
    Tunnel::L2tp { with_length: true },
    Tunnel::L2tp3 { between: 8 },
    Tunnel::EtherIp,
    Tunnel::MplsInIp,
];

/// Something that an IP datagram can be captured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Raw,
    Ethernet,
    /// With this many VLAN tags.
    Vlan(u8),
    Snap,
    /// With this many labels.
    Mpls(u8),
    Pseudowire {
        control_word: bool,
    },
    Pppoe,
    Backbone,
    Macsec {
        named: bool,
    },
    Sll,
    Sll2,
    Null,
    Loop,
    Ppp,
    PppPppd,
    CiscoHdlc,
    Wlan {
        qos: bool,
        four_addresses: bool,
    },
    Radiotap,
    Ppi,
    Prism,
    Avs,
    Nflog,
    Pktap,
    Mpacket,
}

pub(crate) const LINKS: [Link; 26] = [
    Link::Raw,
    Link::Ethernet,
    Link::Vlan(1),
    Link::Vlan(3),
    Link::Snap,
    Link::Mpls(1),
    Link::Mpls(4),
    Link::Pseudowire { control_word: true },
    Link::Pseudowire { control_word: false },
    Link::Pppoe,
    Link::Backbone,
    Link::Macsec { named: true },
    Link::Macsec { named: false },
    Link::Sll,
    Link::Sll2,
    Link::Null,
    Link::Loop,
    Link::Ppp,
    Link::PppPppd,
    Link::CiscoHdlc,
    Link::Wlan { qos: true, four_addresses: true },
    Link::Radiotap,
    Link::Ppi,
    Link::Nflog,
    Link::Pktap,
    Link::Mpacket,
];

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

fn n16(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("tests are small").to_be_bytes()
}

fn is_v6(ip: &[u8]) -> bool {
    ip[0] >> 4 == 6
}

fn ether_type(ip: &[u8]) -> [u8; 2] {
    if is_v6(ip) { [0x86, 0xdd] } else { [0x08, 0x00] }
}

/// An Ethernet frame, padded to its least length.
fn frame(ether_type: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let mut frame = [&MACS[..], &ether_type, payload].concat();
    if frame.len() < 60 {
        frame.resize(60, 0x5a); // not zeros: padding may be anything
    }
    frame
}

fn ip_frame(ip: &[u8]) -> Vec<u8> {
    frame(ether_type(ip), ip)
}

fn ppp(ip: &[u8]) -> Vec<u8> {
    [&[0xff, 3, 0, if is_v6(ip) { 0x57 } else { 0x21 }][..], ip].concat()
}

/// The ones' complement sum of 16-bit words.
fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let bytes = parts.concat();
    let words =
        bytes.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0)));
    let mut sum = words.sum::<u32>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}

/// An IPv4 datagram.
pub(crate) fn ip4(protocol: u8, id: u16, payload: &[u8]) -> Vec<u8> {
    let [i0, i1] = id.to_be_bytes();
    let [l0, l1] = n16(payload.len() + 20);
    let mut header = [0x45, 0, l0, l1, i0, i1, 0, 0, 60, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    [&header[..], payload].concat()
}

/// An IPv6 datagram.
pub(crate) fn ip6(next: u8, payload: &[u8]) -> Vec<u8> {
    let [l0, l1] = n16(payload.len());
    let head = [0x60, 0, 0, 0, l0, l1, next, 60];
    [&head[..], &[0xfd; 16], &[0xfe; 16], payload].concat()
}

fn udp(id: u16, port: u16, payload: &[u8]) -> Vec<u8> {
    let head = [n16(50_000), port.to_be_bytes(), n16(payload.len() + 8), [0, 0]].concat();
    ip4(17, id, &[&head[..], payload].concat())
}

impl Tunnel {
    /// The datagram inside another; `id` identifies that.
    pub(crate) fn wrap(self, ip: &[u8], id: u16) -> Vec<u8> {
        match self {
            Tunnel::IpInIp => ip4(if is_v6(ip) { 41 } else { 4 }, id, ip),
            Tunnel::IpInIp6 => ip6(if is_v6(ip) { 41 } else { 4 }, ip),
            Tunnel::Gre { key, sequence, checksum } => {
                let flag = |set: bool, bit: u8| if set { bit } else { 0 };
                let flags = flag(checksum, 0x80) | flag(key, 0x20) | flag(sequence, 0x10);
                let mut gre = [[flags, 0], ether_type(ip)].concat();
                let fields = usize::from(flags.count_ones() as u16);
                gre.extend([0, 0, 0, 9].repeat(fields));
                ip4(47, id, &[&gre[..], ip].concat())
            }
            Tunnel::GreFrame => {
                ip4(47, id, &[&[0x20, 0, 0x65, 0x58, 0, 1, 2, 3][..], &ip_frame(ip)].concat())
            }
            Tunnel::Pptp => {
                let ppp = ppp(ip);
                let len = n16(ppp.len());
                let head = [[0x30, 0x01], [0x88, 0x0b], len, [0, 7], [0, 0], [0, 1]].concat();
                ip4(47, id, &[head, ppp].concat())
            }
            Tunnel::Erspan1 => ip4(47, id, &[&[0, 0, 0x88, 0xbe][..], &ip_frame(ip)].concat()),
            Tunnel::Erspan2 => {
                let head = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x64, 0, 5, 0, 0, 0, 9];
                ip4(47, id, &[&head[..], &ip_frame(ip)].concat())
            }
            Tunnel::Erspan3 => {
                let head =
                    [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0x64, 0, 5, 1, 2, 3, 4, 0, 0, 0, 1];
                ip4(47, id, &[&head[..], &[7; 8], &ip_frame(ip)].concat())
            }
            Tunnel::Vxlan { port } => {
                udp(id, port, &[&[8, 0, 0, 0, 0, 0, 42, 0][..], &ip_frame(ip)].concat())
            }
            Tunnel::VxlanGpe => {
                let kind = if is_v6(ip) { 2 } else { 1 };
                udp(id, 4790, &[&[0x0c, 0, 0, kind, 0, 0, 42, 0][..], ip].concat())
            }
            Tunnel::Geneve { options } => {
                let head = [options, 0, 0x65, 0x58, 0, 0, 42, 0];
                let options = [1, 2, 3, 0].repeat(usize::from(options));
                udp(id, 6081, &[&head[..], &options, &ip_frame(ip)].concat())
            }
            Tunnel::GtpU { extended } => {
                let more: &[u8] = if extended { &[0, 0, 0, 0x85, 1, 0, 9, 0] } else { &[] };
                let [l0, l1] = n16(ip.len() + more.len());
                let flags = if extended { 0x34 } else { 0x30 };
                let head = [flags, 0xff, l0, l1, 0, 0, 0, 77];
                udp(id, 2152, &[&head[..], more, ip].concat())
            }
            Tunnel::L2tp { with_length } => {
                let ppp = ppp(ip);
                let head = if with_length {
                    [&[0x40, 2][..], &n16(ppp.len() + 8), &[0, 3, 0, 4]].concat()
                } else {
                    vec![0, 2, 0, 3, 0, 4]
                };
                udp(id, 1701, &[head, ppp].concat())
            }
            Tunnel::L2tp3 { between } => {
                let cookie = vec![0xc0; usize::from(between)];
                ip4(115, id, &[&[0, 0, 0, 9][..], &cookie, &ip_frame(ip)].concat())
            }
            Tunnel::EtherIp => ip4(97, id, &[&[0x30, 0][..], &ip_frame(ip)].concat()),
            Tunnel::MplsInIp => ip4(137, id, &[&[0, 0x10, 1, 60][..], ip].concat()),
        }
    }
}

fn mpls(labels: u8, behind: &[u8]) -> Vec<u8> {
    let mut stack = Vec::new();
    for label in (1..=labels).rev() {
        stack.extend([0, label, u8::from(label == 1), 60]);
    }
    [&stack[..], behind].concat()
}

impl Link {
    /// The number of the link type.
    pub(crate) fn number(self) -> u16 {
        match self {
            Link::Raw => 101,
            Link::Sll => 113,
            Link::Sll2 => 276,
            Link::Null => 0,
            Link::Loop => 108,
            Link::Ppp => 9,
            Link::PppPppd => 166,
            Link::CiscoHdlc => 104,
            Link::Wlan { .. } => 105,
            Link::Radiotap => 127,
            Link::Ppi => 192,
            Link::Prism => 119,
            Link::Avs => 163,
            Link::Nflog => 239,
            Link::Pktap => 258,
            Link::Mpacket => 274,
            _ => 1,
        }
    }

    /// The datagram in a packet of this link type.
    pub(crate) fn wrap(self, ip: &[u8]) -> Vec<u8> {
        let kind = ether_type(ip);
        let wlan = || Link::Wlan { qos: true, four_addresses: false }.wrap(ip);
        match self {
            Link::Raw => ip.to_vec(),
            Link::Ethernet => ip_frame(ip),
            Link::Vlan(tags) => {
                let tags = (1..tags).rev().flat_map(|id| [0x20, id, 0x81, 0]);
                let tags: Vec<u8> = tags.chain([0x20, 100]).collect();
                frame([0x81, 0], &[&tags[..], &kind, ip].concat())
            }
            Link::Snap => frame(n16(ip.len() + 8), &[&SNAP[..], &kind, ip].concat()),
            Link::Mpls(labels) => frame([0x88, 0x47], &mpls(labels, ip)),
            Link::Pseudowire { control_word } => {
                let word: &[u8] = if control_word { &[0, 0, 0, 7] } else { &[] };
                frame([0x88, 0x47], &mpls(2, &[word, &ip_frame(ip)].concat()))
            }
            Link::Pppoe => {
                let protocol = [0, if is_v6(ip) { 0x57 } else { 0x21 }];
                let head = [[0x11, 0], [0, 7], n16(ip.len() + 2), protocol].concat();
                frame([0x88, 0x64], &[&head[..], ip].concat())
            }
            Link::Backbone => frame([0x88, 0xe7], &[&[0, 0, 0, 9][..], &ip_frame(ip)].concat()),
            Link::Macsec { named } => {
                let short = if ip.len() + 2 < 48 { ip.len() as u8 + 2 } else { 0 };
                let head = [if named { 0x21 } else { 0x01 }, short, 0, 0, 0, 9];
                let name: &[u8] = if named { &[7; 8] } else { &[] };
                frame([0x88, 0xe5], &[&head[..], name, &kind, ip, &[0xee; 16]].concat())
            }
            Link::Sll => [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &kind, ip].concat(),
            Link::Sll2 => {
                let head = [0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
                [&kind[..], &head, ip].concat()
            }
            Link::Null => [&[if is_v6(ip) { 30 } else { 2 }, 0, 0, 0][..], ip].concat(),
            Link::Loop => [&[0, 0, 0, if is_v6(ip) { 24 } else { 2 }][..], ip].concat(),
            Link::Ppp => ppp(ip),
            Link::PppPppd => {
                let mut packet = ppp(ip);
                packet[0] = 1;
                packet
            }
            Link::CiscoHdlc => [&[0x0f, 0][..], &kind, ip].concat(),
            Link::Wlan { qos, four_addresses } => {
                let flags = if four_addresses { 3 } else { 1 };
                let mut header = vec![if qos { 0x88 } else { 0x08 }, flags, 0, 0];
                header.extend([2; 18]);
                header.extend([0x10, 0]);
                if four_addresses {
                    header.extend([2; 6]);
                }
                if qos {
                    header.extend([0, 0]);
                }
                [&header[..], &SNAP, &kind, ip, &[0xfc; 4]].concat()
            }
            Link::Radiotap => {
                let head = [0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10];
                [&head[..], &wlan()].concat()
            }
            Link::Ppi => [&[0, 0, 8, 0, 105, 0, 0, 0][..], &wlan()].concat(),
            Link::Prism => [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &wlan()].concat(),
            Link::Avs => [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &wlan()].concat(),
            Link::Nflog => {
                let len = u16::try_from(ip.len() + 4).expect("tests are small").to_le_bytes();
                let family = if is_v6(ip) { 10 } else { 2 };
                let head = [family, 0, 0, 5, 5, 0, 10, 0, 0, 0, 0, 0];
                let mut packet = [&head[..], &len, &[9, 0], ip].concat();
                packet.resize(packet.len().next_multiple_of(4), 0);
                packet
            }
            Link::Pktap => {
                let head = [108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
                [&head[..], &[0; 96], &ip_frame(ip)].concat()
            }
            Link::Mpacket => {
                let preamble = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5];
                [&preamble[..], &ip_frame(ip), &[0xfc; 4]].concat()
            }
        }
    }
}

/// A datagram in fragments with these numbers of bytes, taken in turn and rounded to what fragments
/// can have. `id` is for IPv6.
pub(crate) fn fragments(ip: &[u8], sizes: &[usize], id: u32) -> Vec<Vec<u8>> {
    let header = if is_v6(ip) { 40 } else { 20 };
    assert!(is_v6(ip) || ip[0] == 0x45, "an IPv4 header without options");
    let payload = &ip[header..];
    let (mut all, mut at) = (Vec::new(), 0);
    for turn in 0.. {
        let size = sizes[turn % sizes.len()].max(8) / 8 * 8;
        let end = (at + size).min(payload.len());
        let more = end < payload.len();
        all.push(fragment(&ip[..header], &payload[at..end], at, more, id));
        at = end;
        if !more {
            return all;
        }
    }
    all
}

/// Part of a datagram behind the header of the whole.
pub(crate) fn fragment(header: &[u8], part: &[u8], at: usize, more: bool, id: u32) -> Vec<u8> {
    let mut header = header.to_vec();
    if is_v6(&header) {
        let next = std::mem::replace(&mut header[6], 44);
        header[4..6].copy_from_slice(&n16(part.len() + 8));
        let [o0, o1] = n16(at | usize::from(more));
        return [&header[..], &[next, 0, o0, o1], &id.to_be_bytes(), part].concat();
    }
    header[2..4].copy_from_slice(&n16(part.len() + 20));
    header[6..8].copy_from_slice(&n16((at / 8) | if more { 0x2000 } else { 0 }));
    header[10..12].copy_from_slice(&[0, 0]);
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    [&header[..], part].concat()
}

/// Sets the checksum of the TCP segment in a datagram without options or extension headers, and
/// the one of an IPv4 header.
pub(crate) fn with_checksums(ip: &[u8]) -> Vec<u8> {
    let mut ip = ip.to_vec();
    let (addresses, tcp) = if is_v6(&ip) { (8..40, 40) } else { (12..20, 20) };
    ip[tcp + 16..tcp + 18].copy_from_slice(&[0, 0]);
    let len = n16(ip.len() - tcp);
    let sum = checksum(&[&ip[addresses], &[0, 6], &len, &ip[tcp..]]);
    ip[tcp + 16..tcp + 18].copy_from_slice(&sum);
    if !is_v6(&ip) {
        ip[10..12].copy_from_slice(&[0, 0]);
        let sum = checksum(&[&ip[..20]]);
        ip[10..12].copy_from_slice(&sum);
    }
    ip
}
