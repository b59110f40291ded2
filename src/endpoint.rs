//! Who talks to whom.
//!
//! In: addresses and ports from the IP and TCP headers. Out: the [`FlowKey`] under which both
//! directions of a connection meet, and the [`Side`] that every later stage speaks of.

use std::fmt;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    low: Endpoint,
    high: Endpoint,
}

impl FlowKey {
    /// The key of the flow between `a` and `b`; `FlowKey::of(a, b) == FlowKey::of(b, a)`.
    pub fn of(a: Endpoint, b: Endpoint) -> FlowKey {
        if a <= b { FlowKey { low: a, high: b } } else { FlowKey { low: b, high: a } }
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
    fn the_peer_of_the_peer_is_oneself() {
        assert_eq!(!!Side::Client, Side::Client);
        assert_ne!(!Side::Client, Side::Client);
    }
}
