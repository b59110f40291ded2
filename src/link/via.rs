//! Which tags and tunnels a datagram came through, as one number.
//!
//! In: the tags and tunnels, from the outermost on, each with the identifier it carries. Out: a
//! [`Via`]. Addresses are no part of it, and neither is anything that differs from one run to the
//! next.

/// The tags and tunnels around a datagram, as one number: packets with the same tags, tunnels and
/// identifiers in the same order have the same; [`Via::default`] is none.
///
/// It tells captures of the same packet at two points apart, and connections of two networks that
/// use the same addresses. The two directions of a connection may well come through different
/// ones, so it is no part of the [`FlowKey`](crate::endpoint::FlowKey).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Via(pub u64);

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

impl Via {
    /// Having come through `tag` as well, whose identifier is `id`.
    pub(super) fn with(self, tag: Tag, id: u32) -> Via {
        // Two rounds of multiply and shift, as hash functions end: each bit of both reaches every
        // bit of the result. It need not withstand an attacker, who may set all tags anyway.
        let word = (tag as u64) << 32 | u64::from(id);
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        Via((mixed ^ mixed >> 32).max(1))
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
    fn the_number_is_the_same_in_every_run() {
        assert_eq!(Via::default().with(Tag::Vlan, 100), Via::default().with(Tag::Vlan, 100));
        assert_eq!(Via::default(), Via(0));
    }
}
