//! Which tags and tunnels a datagram came through, as one number.
//!
//! In: the tags and tunnels, from the outermost on, each with the identifier it carries. Out: a
//! [`Via`], and of what a filter on the outer network needs the [`Layers`]. Addresses are no part
//! of it, and neither is anything that differs from one run to the next.

/// The tags and tunnels around a datagram, as one number: packets with the same tags, tunnels and
/// identifiers in the same order have the same; [`Via::default`] is none.
///
/// It tells captures of the same packet at two points apart, and connections of two networks that
/// use the same addresses. The two directions of a connection may well come through different
/// ones, so it is no part of the [`FlowKey`](crate::endpoint::FlowKey).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Via(pub u64);

/// The VLAN tags around a datagram that stand before any tunnel, and the outermost tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers(u8);

impl Layers {
    /// VLAN tags outside any tunnel; at most 3 are counted.
    pub fn vlan_tags(self) -> usize {
        usize::from(self.0 & Layers::TAGS)
    }

    /// The outermost tunnel: its name, and the filter expression of libpcap that finds it.
    pub fn tunnel(self) -> Option<(&'static str, &'static str)> {
        Tag::TUNNELS.iter().find(|row| self.0 >> 2 == row.0 as u8).map(|row| (row.1, row.2))
    }

    const TAGS: u8 = 3;

    /// Having come through `tag` as well: what is inside a tunnel changes nothing.
    fn with(self, tag: Tag) -> Layers {
        match tag {
            _ if self.0 > Layers::TAGS => self,
            Tag::Vlan => Layers((self.0 + 1).min(Layers::TAGS)),
            tunnel => Layers(self.0 | (tunnel as u8) << 2),
        }
    }
}

/// What a datagram can come through.
///
/// MACsec is none: it protects one hop, and says nothing about where a datagram belongs. Nor is a
/// link type: that is a property of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// IEEE 802.1Q or 802.1ad; the VLAN identifier.
    Vlan = 1,
    /// The label.
    Mpls,
    /// The session.
    Pppoe,
    /// No identifier.
    Gre,
    /// The key (in NVGRE the virtual subnet and the flow).
    GreKey,
    /// The call.
    Pptp,
    /// The session.
    Erspan,
    /// The network identifier.
    Vxlan,
    /// The network identifier.
    Geneve,
    /// The tunnel endpoint identifier.
    Gtp,
    /// No identifier.
    Ip,
    /// The tunnel and the session; in version 3 the session.
    L2tp,
    /// IEEE 802.1ah; the service identifier.
    Backbone,
    /// No identifier.
    Ethernet,
    /// No identifier.
    Teredo,
}

impl Tag {
    /// What a filter finds each tunnel by. Not by libpcap's `mpls` and `pppoes`: behind these it
    /// takes no `vlan`.
    const TUNNELS: &[(Tag, &str, &str)] = &[
        (Tag::Mpls, "MPLS", "ether proto 0x8847 or ip proto 137 or ip6 proto 137"),
        (Tag::Pppoe, "PPPoE", "ether proto 0x8864"),
        (Tag::Gre, "GRE", Tag::GRE),
        (Tag::GreKey, "GRE", Tag::GRE),
        (Tag::Pptp, "PPTP", Tag::GRE),
        (Tag::Erspan, "ERSPAN", Tag::GRE),
        (Tag::Vxlan, "VXLAN", "udp port 4789 or udp port 8472 or udp port 4790"),
        (Tag::Geneve, "GENEVE", "udp port 6081"),
        (Tag::Gtp, "GTP-U", "udp port 2152"),
        (Tag::Ip, "IP in IP", "ip proto 4 or ip proto 41 or ip6 proto 4 or ip6 proto 41"),
        (Tag::L2tp, "L2TP", "udp port 1701 or ip proto 115 or ip6 proto 115"),
        (Tag::Backbone, "802.1ah", "ether proto 0x88e7"),
        (
            Tag::Ethernet,
            "Ethernet in IP",
            "ip proto 97 or ip proto 143 or ip6 proto 97 or ip6 proto 143",
        ),
        (Tag::Teredo, "Teredo", "udp port 3544"),
    ];
    const GRE: &str = "ip proto 47 or ip6 proto 47";
}

impl Via {
    /// The VLAN tags and the outermost tunnel.
    pub fn layers(self) -> Layers {
        let [.., lowest] = self.0.to_be_bytes();
        Layers(lowest)
    }

    /// Having come through `tag` as well, whose identifier is `id`.
    pub(super) fn with(self, tag: Tag, id: u32) -> Via {
        // Two rounds of multiply and shift, as hash functions end: each bit of both reaches every
        // bit of the result. It need not withstand an attacker, who may set all tags anyway.
        let word = (tag as u64) << 32 | u64::from(id);
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        // The lowest byte describes what the others only identify.
        Via((mixed ^ mixed >> 32) << 8 | u64::from(self.layers().with(tag).0))
    }

    /// [`Via::with`], in place.
    pub(super) fn push(&mut self, tag: Tag, id: u32) {
        *self = self.with(tag, id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tags_identifiers_and_their_order_tell_apart() {
        let none = Via::default();
        let mut seen = HashSet::from([none]);
        for id in 0..4_096 {
            for tag in [Tag::Vlan, Tag::Mpls, Tag::Vxlan] {
                assert!(seen.insert(none.with(tag, id)));
                assert!(seen.insert(none.with(Tag::Vlan, 7).with(tag, id)));
                assert!(seen.insert(none.with(tag, id).with(Tag::Gre, 0)));
            }
        }
    }

    #[test]
    fn tags_outside_and_the_outermost_tunnel_are_known_by_name() {
        let tagged = Via::default().with(Tag::Vlan, 7).with(Tag::Vlan, 8);
        assert_eq!((tagged.layers().vlan_tags(), tagged.layers().tunnel()), (2, None));
        let inside = tagged.with(Tag::Vxlan, 1).with(Tag::Vlan, 9).with(Tag::Gre, 0).layers();
        assert_eq!(inside.vlan_tags(), 2);
        assert_eq!(inside.tunnel().map(|(name, _)| name), Some("VXLAN"));
        for (tag, ..) in Tag::TUNNELS {
            assert!(Via::default().with(*tag, 0).layers().tunnel().is_some(), "{tag:?}");
        }
    }

    #[test]
    fn the_number_is_the_same_in_every_run() {
        assert_eq!(Via::default().with(Tag::Vlan, 100), Via::default().with(Tag::Vlan, 100));
        assert_eq!(Via::default(), Via(0));
    }
}
