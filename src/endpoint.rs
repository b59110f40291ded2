//! Who talks to whom.
//!
//! In: addresses and ports from the IP and TCP headers. Out: the [`FlowKey`] under which both
//! directions of a connection meet, and the [`Side`] that every later stage speaks of.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    low: Endpoint,
    high: Endpoint,
}

/// Every packet is looked up by its key, so this takes as few steps as it can: one number for both
/// endpoints of IPv4, two for each of IPv6.
impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match (self.low.address, self.high.address) {
            (IpAddr::V4(low), IpAddr::V4(high)) => {
                let ports = u64::from(self.low.port) << 16 | u64::from(self.high.port);
                let hosts = u64::from(low.to_bits()) << 32 | u64::from(high.to_bits());
                state.write_u128(u128::from(hosts) << 64 | u128::from(ports));
            }
            _ => {
                for endpoint in [self.low, self.high] {
                    let bits = match endpoint.address {
                        IpAddr::V4(address) => u128::from(address.to_bits()),
                        IpAddr::V6(address) => address.to_bits(),
                    };
                    state.write_u128(bits);
                    state.write_u16(endpoint.port);
                }
            }
        }
    }
}

impl FlowKey {
    /// The key of the flow between `a` and `b`; `FlowKey::of(a, b) == FlowKey::of(b, a)`.
    pub fn of(a: Endpoint, b: Endpoint) -> FlowKey {
        if a <= b { FlowKey { low: a, high: b } } else { FlowKey { low: b, high: a } }
    }

    /// Which of `parts` the flow falls into. The same on every machine and in every run, so that
    /// what is bounded part by part comes out the same; whoever makes up flows can make them fall
    /// into one part, and gains that part's share of the bounds.
    pub fn part(&self, parts: usize) -> usize {
        let mut hasher = Fold(0);
        self.hash(&mut hasher);
        usize::try_from(hasher.finish() % parts.max(1) as u64).unwrap_or(0)
    }
}

/// A hash without a seed: two rounds of multiply and fold.
struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        let product = u128::from(self.0 ^ self.0 >> 29) * 0xbf58_476d_1ce4_e5b9;
        (product >> 32) as u64 & u64::from(u32::MAX)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128(u128::from(*byte)));
    }

    fn write_u128(&mut self, word: u128) {
        for half in [word as u64, (word >> 64) as u64] {
            let product = u128::from(self.0 ^ half) * 0x9e37_79b9_7f4a_7c15;
            self.0 = product as u64 ^ (product >> 64) as u64;
        }
    }
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
    fn flows_are_spread_over_all_parts_whatever_differs_between_them() {
        let server = Endpoint { address: [10, 0, 0, 2].into(), port: 443 };
        let by_port = |n: u16| Endpoint { address: [10, 0, 0, 1].into(), port: 32_768 + n };
        let by_host = |n: u16| {
            let [high, low] = n.to_be_bytes();
            Endpoint { address: [10, 1, high, low].into(), port: 50_000 }
        };
        let by_host_of_v6 = |n: u16| {
            let address = [0x2001, 0xdb8, 0, 0, 0, 0, 0, n].into();
            Endpoint { address, port: 50_000 }
        };
        let clients: [&dyn Fn(u16) -> Endpoint; 3] = [&by_port, &by_host, &by_host_of_v6];
        for client in clients {
            let mut counts = [0_u32; 16];
            for n in 0..16_000 {
                let part = FlowKey::of(client(n), server).part(16);
                counts.iter_mut().skip(part).take(1).for_each(|count| *count += 1);
            }
            assert!(counts.iter().all(|count| (700..1_300).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn the_peer_of_the_peer_is_oneself() {
        assert_eq!(!!Side::Client, Side::Client);
        assert_ne!(!Side::Client, Side::Client);
    }
}
