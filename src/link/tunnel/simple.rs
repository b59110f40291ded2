//! Tunnels that have hardly a header of their own.

use super::super::via::Tag;
use super::super::{Layer, Refusal, frame, ip, mpls};
use super::Protocol;

/// IPv4 in IPv4 (RFC 2003) or in IPv6 (RFC 2473).
pub(super) const IPV4: Protocol = Protocol {
    number: 4,
    name: "IP in IP",
    open: |bytes, via| {
        via.push(Tag::Ip, 0);
        Ok(ip(bytes))
    },
};

/// IPv6 in IPv4 (RFC 4213, "6in4") or in IPv6 (RFC 2473).
pub(super) const IPV6: Protocol = Protocol { number: 41, name: "IPv6 in IP", ..IPV4 };

/// EtherIP (RFC 3378): version 3, twelve reserved bits, a frame.
pub(super) const ETHER_IP: Protocol = Protocol {
    number: 97,
    name: "EtherIP",
    open: |bytes, via| {
        let ([0x30, 0], rest) = bytes.header()? else { return Err(Refusal::NotIp) };
        via.push(Tag::Ethernet, 0);
        Ok(frame(rest))
    },
};

/// MPLS in IP (RFC 4023). The labels are all that identifies it.
pub(super) const MPLS: Protocol = Protocol {
    number: 137,
    name: "MPLS in IP",
    open: |bytes, _| {
        let [layer, _] = mpls::ETHER_TYPES.map(Layer::EtherType);
        Ok(super::super::Inside { layer, bytes })
    },
};

/// A frame and nothing else (RFC 8986 §10.1).
pub(super) const ETHERNET: Protocol = Protocol {
    number: 143,
    name: "Ethernet in IP",
    open: |bytes, via| {
        via.push(Tag::Ethernet, 0);
        Ok(frame(bytes))
    },
};
