//! The one place in which all state is bounded.

use crate::http::HttpLimits;
use crate::ip::FragmentLimits;
use crate::tcp::AssemblerLimits;
use crate::tls::TlsLimits;
use crate::ws::InflateLimits;
use crate::ws::search::SearchLimits;

/// How much may be held. Reaching a limit is a blind spot of the report, never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP connections that are kept at the same time.
    pub flows: usize,
    /// TCP connections that are followed at the same time: those of which more is known than that
    /// they were opened, or are no WebSocket. The one before each of them, between the same endpoints,
    /// comes on top.
    pub followed: usize,
    /// Nanoseconds of the capture for which a connection that is over is kept, for its stragglers.
    pub linger: i64,
    /// Connections that are kept for that at the same time. Where more are over, the first of them
    /// are judged at once: what little comes of them later is passed over.
    pub lingering: usize,
    /// Bytes of one direction that wait behind a hole.
    pub out_of_order_bytes: usize,
    /// Pieces of one direction that wait behind a hole.
    pub out_of_order_pieces: usize,
    /// Bytes that wait in all connections together: behind holes, for the end of a head, for the other
    /// direction.
    pub waiting: usize,
    /// Packets of one direction whose place in the stream is remembered.
    pub sources: usize,
    /// Segments of one direction that are remembered to know a second capture of them, and one that
    /// differs.
    pub recent_segments: usize,
    /// Connections beyond which those that begin remember a thirty-second part of that.
    pub crowd: usize,
    /// Bytes of an HTTP head.
    pub head: usize,
    /// Bytes of one direction that wait for the other during the opening handshake.
    pub held: usize,
    /// Packets that a finding cites.
    pub cited_packets: usize,
    /// Captures that are open at the same time while they are merged by time.
    pub open_files: usize,
    /// IP datagrams that wait for the rest of their fragments.
    pub fragmented_datagrams: usize,
    /// Bytes of them.
    pub fragment_bytes: usize,
    /// Sessions of TLS whose secrets are kept: those of all key logs together, and of one capture.
    pub sessions: usize,
    /// Sec-WebSocket-Keys that are remembered to notice a repeated one.
    pub keys: usize,
    /// WebSockets that are remembered to know a second capture of them.
    pub copies: usize,
    /// Bytes of one direction that are held while the boundaries of its frames are searched for.
    pub search_window: usize,
    /// Bytes of a connection that are searched for frames before it is given up.
    pub searched: usize,
    /// Bytes that are held for the search in all connections together.
    pub searching: usize,
    /// Bytes of ciphertext of one direction that wait for the keys.
    pub undecrypted: usize,
    /// Bytes of ciphertext that are held in all connections together, most of which wait for keys.
    pub undecrypted_in_all: usize,
    /// Bytes that one message may inflate to.
    pub inflated_message: u64,
    /// How many times its size a message may inflate to, once it is above 1 MiB.
    pub inflate_ratio: u64,
    /// Directions that are inflated at the same time, at 60 to 240 KiB each.
    pub windows: usize,
    /// Bytes that are kept of the first and of the latest text message of a side.
    pub excerpt: usize,
    /// Bytes of messages beyond that which are held in all connections together where frames are
    /// listed with their content.
    pub content: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            flows: 1 << 20,
            followed: 110_000,
            linger: 60_000_000_000,
            lingering: 2_048,
            out_of_order_bytes: 4 << 20,
            out_of_order_pieces: 16_384,
            waiting: 128 << 20,
            sources: 1_024,
            recent_segments: 256,
            crowd: 2_048,
            head: 64 << 10,
            held: 256 << 10,
            cited_packets: 8,
            open_files: 32,
            fragmented_datagrams: 4_096,
            fragment_bytes: 8 << 20,
            sessions: 1_000_000,
            keys: 1 << 16,
            copies: 1 << 18,
            search_window: 64 << 10,
            searched: 128 << 10,
            searching: 64 << 20,
            undecrypted: 64 << 10,
            undecrypted_in_all: 128 << 20,
            inflated_message: 64 << 20,
            inflate_ratio: 200,
            windows: 2_048,
            excerpt: 512,
            content: 128 << 20,
        }
    }
}

impl Limits {
    /// The share of one of so many parts into which the connections are dealt.
    pub(super) fn share(self, parts: usize) -> Limits {
        let share = |of: usize| of.div_ceil(parts.max(1));
        Limits {
            flows: share(self.flows),
            followed: share(self.followed),
            crowd: share(self.crowd),
            lingering: share(self.lingering),
            waiting: share(self.waiting),
            searching: share(self.searching),
            undecrypted_in_all: share(self.undecrypted_in_all),
            windows: share(self.windows),
            content: share(self.content),
            ..self
        }
    }

    /// Those of a connection that begins among many others.
    pub(super) fn in_a_crowd(self) -> Limits {
        let part = |of: usize| of.div_ceil(32);
        Limits { sources: part(self.sources), recent_segments: part(self.recent_segments), ..self }
    }

    pub(super) fn http(&self) -> HttpLimits {
        HttpLimits { head: self.head, held: self.held, ..HttpLimits::default() }
    }

    pub(super) fn fragments(&self) -> FragmentLimits {
        FragmentLimits { datagrams: self.fragmented_datagrams, bytes: self.fragment_bytes }
    }

    pub(super) fn inflate(&self) -> InflateLimits {
        InflateLimits { message: self.inflated_message, ratio: self.inflate_ratio }
    }

    pub(super) fn tls(&self) -> TlsLimits {
        TlsLimits { held: self.undecrypted, ..TlsLimits::default() }
    }

    pub(super) fn search(&self) -> SearchLimits {
        SearchLimits { window: self.search_window, total: self.searched }
    }

    pub(super) fn assembler(&self) -> AssemblerLimits {
        AssemblerLimits {
            out_of_order_bytes: self.out_of_order_bytes,
            out_of_order_pieces: self.out_of_order_pieces,
            sources: self.sources,
            recent: self.recent_segments,
        }
    }
}
