//! Who talks to whom.
//!
//! In: addresses and ports from the IP and TCP headers. Out: the [`FlowKey`] under which both
//! directions of a connection meet, and the [`Side`] that every later stage speaks of.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::{Index, IndexMut, Not};

/// An address and a port, as seen from the capture point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// IPv4 or IPv6 address.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            IpAddr::V4(address) => write!(f, "{address}:{}", self.port),
            IpAddr::V6(address) => write!(f, "[{address}]:{}", self.port),
        }
    }
}

/// The two endpoints of a TCP connection in an order of their own, so that both directions have
/// the same key.
///
/// It is made, hashed and compared for every packet, so addresses are plain numbers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey(Pair);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    /// Each an address and a port: 48 bits.
    V4 {
        low: u64,
        high: u64,
    },
    V6 {
        low: (Ipv6Addr, u16),
        high: (Ipv6Addr, u16),
    },
}

impl FlowKey {
    /// The key of the flow between `a` and `b`; `FlowKey::of(a, b) == FlowKey::of(b, a)`. Both are
    /// of one version of IP; otherwise, the address of version 4 is taken as one of version 6.
    #[inline]
    pub fn of(a: Endpoint, b: Endpoint) -> FlowKey {
        let pair = match (a.address, b.address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                let number = |address: Ipv4Addr, port: u16| {
                    u64::from(address.to_bits()) << 16 | u64::from(port)
                };
                let (a, b) = (number(one, a.port), number(other, b.port));
                Pair::V4 { low: a.min(b), high: a.max(b) }
            }
            _ => {
                let [a, b] = [a, b].map(|end| (as_v6(end.address), end.port));
                Pair::V6 { low: a.min(b), high: a.max(b) }
            }
        };
        FlowKey(pair)
    }

    /// Which of `parts` the flow falls into. The same on every machine and in every run, so that
    /// what is bounded part by part comes out the same; whoever makes up flows can make them fall
    /// into one part, and gains that part's share of the bounds.
    #[inline]
    pub fn part(&self, parts: usize) -> usize {
        let mut hasher = Fold(0);
        self.hash(&mut hasher);
        usize::try_from(hasher.finish() % parts.max(1) as u64).unwrap_or(0)
    }
}

/// In a few words, as [`std::hash::Hash`] would not derive it.
impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Pair::V4 { low, high } => {
                state.write_u64(low);
                state.write_u64(high);
            }
            Pair::V6 { low, high } => {
                state.write_u128(low.0.to_bits());
                state.write_u128(high.0.to_bits());
                state.write_u32(u32::from(low.1) << 16 | u32::from(high.1));
            }
        }
    }
}

fn as_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// A hash without a seed: multiply and fold.
struct Fold(u64);

impl Fold {
    #[inline]
    fn mix(&mut self, word: u64) {
        let [low, high] = halves(u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15);
        self.0 = low ^ high;
    }
}

impl Hasher for Fold {
    #[inline]
    fn finish(&self) -> u64 {
        halves(u128::from(self.0) * 0xbf58_476d_1ce4_e5b9).into_iter().fold(0, |a, b| a ^ b) >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.mix(u64::from(*byte)));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    #[inline]
    fn write_u128(&mut self, word: u128) {
        halves(word).into_iter().for_each(|half| self.mix(half));
    }
}

/// The lower and the upper half.
#[inline]
fn halves(word: u128) -> [u64; 2] {
    let half = |word: u128| u64::try_from(word & u128::from(u64::MAX)).unwrap_or(0);
    [half(word), half(word >> 64)]
}

/// An endpoint's part in the connection.
///
/// On a WebSocket the client is the side that sent the opening request (RFC 6455 §1.3); before
/// that is known, it is the side that sent the first SYN, or else the first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that asked.
    Client,
    /// The one that answered.
    Server,
}

impl Side {
    /// Both sides, the client first.
    pub const BOTH: [Side; 2] = [Side::Client, Side::Server];

    /// `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }
}

/// The peer.
impl Not for Side {
    type Output = Side;

    fn not(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One `T` for each side, indexed by [`Side`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerSide<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

impl<T> PerSide<T> {
    /// A pair made by calling `make` for each side.
    pub fn from_fn(mut make: impl FnMut(Side) -> T) -> PerSide<T> {
        PerSide { client: make(Side::Client), server: make(Side::Server) }
    }

    /// Exchanges the two: what was thought the client turned out to be the server.
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
    }

    /// Each side with its part, the client first.
    pub fn iter(&self) -> impl Iterator<Item = (Side, &T)> {
        [(Side::Client, &self.client), (Side::Server, &self.server)].into_iter()
    }
}

impl<T> Index<Side> for PerSide<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}

impl<T> IndexMut<Side> for PerSide<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_have_the_same_key() {
        let a = Endpoint { address: [10, 0, 0, 1].into(), port: 50_000 };
        let b = Endpoint { address: [10, 0, 0, 2].into(), port: 80 };
        assert_eq!(FlowKey::of(a, b), FlowKey::of(b, a));
    }

    #[test]
    fn other_addresses_or_ports_are_another_key() {
        for address in [IpAddr::from([10, 0, 0, 1]), IpAddr::from([0xFE80, 0, 0, 0, 0, 0, 0, 1])] {
            let a = Endpoint { address, port: 50_000 };
            let b = Endpoint { address, port: 80 };
            let key = FlowKey::of(a, b);
            assert_eq!(key, FlowKey::of(b, a));
            assert_ne!(key, FlowKey::of(a, a));
            assert_ne!(key, FlowKey::of(a, Endpoint { port: 81, ..b }));
            assert_ne!(key, FlowKey::of(a, Endpoint { address: [10, 0, 0, 2].into(), ..b }));
        }
    }

    #[test]
    fn the_peer_of_the_peer_is_oneself() {
        assert_eq!(!!Side::Client, Side::Client);
        assert_ne!(!Side::Client, Side::Client);
    }
}
