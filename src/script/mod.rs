//! Wire talk, written down and played.
//!
//! In: a [`Script`], a constant list of what each side puts on the wire. Out: the packets of a
//! TCP connection on which exactly that happens, and a capture file of them. The rules keep their
//! examples in this form; the sample captures, the tests and the benches are made from it. Nothing
//! of the analysis depends on this room.

pub(crate) mod play;
mod write;

pub use play::{Play, Played};
pub use write::write_pcap;

use crate::endpoint::Side;

/// What happens on a connection, in order. Every script starts with TCP's own handshake, and each
/// step is acknowledged before the next unless it says otherwise.
pub type Script = &'static [Step];

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Bytes as they are: an HTTP head, or what is no frame at all.
    Bytes(Side, &'static [u8]),
    /// A frame.
    Frame(Side, Frame),
    /// Several steps in one segment. All must be sent by the same side.
    Together(&'static [Step]),
    /// The client's and then the server's step, each sent before the other has arrived.
    Crossing(&'static Step, &'static Step),
    /// The step is captured, but the peer never acknowledges it.
    Undelivered(&'static Step),
    /// The step happens, but the capture missed its packets.
    Missed(&'static Step),
    /// Nothing for so many milliseconds.
    Wait(u32),
    /// The step so many times.
    Repeat(u32, &'static Step),
    /// The side has no more data to send.
    Fin(Side),
    /// The side resets the connection.
    Rst(Side),
    /// What follows happens on another connection between the same two, opened afterwards.
    NextConnection,
}

/// A frame to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// FIN, RSV1 to RSV3 and opcode: the first byte.
    pub first: u8,
    /// Payload before masking.
    pub payload: &'static [u8],
    /// Whether it is masked; by default as its sender has to.
    pub mask: Mask,
    /// How its length is written.
    pub length: Length,
}

/// How a frame is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// As RFC 6455 §5.1 demands of its sender, with a new key each time.
    AsDue,
    /// Not at all.
    Never,
    /// With this key.
    With([u8; 4]),
}

/// How a frame's length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The true length in the shortest form.
    Minimal,
    /// The true length in 16 bits.
    In16,
    /// The true length in 64 bits.
    In64,
    /// Another length than the true one, in 16 bits.
    Claimed16(u16),
    /// Another length than the true one, in 64 bits.
    Claimed64(u64),
}

impl Frame {
    const fn with_opcode(opcode: u8, payload: &'static [u8]) -> Frame {
        Frame { first: 0x80 | opcode, payload, mask: Mask::AsDue, length: Length::Minimal }
    }

    /// Not the last fragment of its message.
    #[must_use]
    pub const fn not_final(mut self) -> Frame {
        self.first &= 0x7F;
        self
    }

    /// With these reserved bits: RSV1 is 0b100.
    #[must_use]
    pub const fn rsv(mut self, bits: u8) -> Frame {
        self.first |= bits << 4;
        self
    }

    /// With another opcode.
    #[must_use]
    pub const fn opcode(mut self, opcode: u8) -> Frame {
        self.first = self.first & 0xF0 | opcode;
        self
    }

    /// Without a mask, whoever sends it.
    #[must_use]
    pub const fn unmasked(mut self) -> Frame {
        self.mask = Mask::Never;
        self
    }

    /// Masked with `key`, whoever sends it.
    #[must_use]
    pub const fn masked(mut self, key: [u8; 4]) -> Frame {
        self.mask = Mask::With(key);
        self
    }

    /// With its length written like this.
    #[must_use]
    pub const fn length(mut self, length: Length) -> Frame {
        self.length = length;
        self
    }

    /// Sent by the client.
    pub const fn from_client(self) -> Step {
        Step::Frame(Side::Client, self)
    }

    /// Sent by the server.
    pub const fn from_server(self) -> Step {
        Step::Frame(Side::Server, self)
    }
}

/// A whole text message.
pub const fn text(payload: &'static str) -> Frame {
    Frame::with_opcode(0x1, payload.as_bytes())
}

/// A text frame whose payload need not be text.
pub const fn text_bytes(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0x1, payload)
}

/// A whole binary message.
pub const fn binary(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0x2, payload)
}

/// The last fragment of a message.
pub const fn continuation(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0x0, payload)
}

/// A Ping.
pub const fn ping(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0x9, payload)
}

/// A Pong.
pub const fn pong(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0xA, payload)
}

/// A Close with these payload bytes: two of status code, then the reason.
pub const fn close(payload: &'static [u8]) -> Frame {
    Frame::with_opcode(0x8, payload)
}

/// Payload of a Close: 1000.
pub const CODE_1000: &[u8] = &[0x03, 0xE8];
/// Payload of a Close: 1002.
pub const CODE_1002: &[u8] = &[0x03, 0xEA];
/// Payload of a Close: 1007.
pub const CODE_1007: &[u8] = &[0x03, 0xEF];

/// An opening request that keeps every rule.
pub const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The response that accepts [`REQUEST`].
pub const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\r\n";

/// The same request, offering permessage-deflate.
pub const REQUEST_DEFLATE: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// The response that accepts it.
pub const RESPONSE_DEFLATE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/// What the client says in HTTP.
pub const fn request(head: &'static str) -> Step {
    Step::Bytes(Side::Client, head.as_bytes())
}

/// What the server says in HTTP.
pub const fn response(head: &'static str) -> Step {
    Step::Bytes(Side::Server, head.as_bytes())
}

/// The client opens the handshake.
pub const ASK: Step = request(REQUEST);
/// The server accepts it.
pub const ACCEPT: Step = response(RESPONSE);
/// The client opens the handshake, offering permessage-deflate.
pub const ASK_DEFLATE: Step = request(REQUEST_DEFLATE);
/// The server accepts it, with permessage-deflate.
pub const ACCEPT_DEFLATE: Step = response(RESPONSE_DEFLATE);

/// The client says something.
pub const HELLO: Step = text("hello").from_client();
/// The client says "Hello", compressed (RFC 7692 §7.2.3.1).
pub const HELLO_DEFLATED: Step =
    text_bytes(&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).rsv(0b100).from_client();
/// The client says it again, as a reference to the first time (RFC 7692 §7.2.3.2).
pub const HELLO_AGAIN: Step = text_bytes(&[0xF2, 0x00, 0x11, 0x00, 0x00]).rsv(0b100).from_client();
/// The client closes with 1000.
pub const CLIENT_CLOSES: Step = close(CODE_1000).from_client();
/// The server closes with 1000.
pub const SERVER_CLOSES: Step = close(CODE_1000).from_server();
/// The server fails the connection with 1002.
pub const SERVER_FAILS: Step = close(CODE_1002).from_server();
/// The client fails the connection with 1002.
pub const CLIENT_FAILS: Step = close(CODE_1002).from_client();
/// The server ends its half of TCP.
pub const SERVER_FIN: Step = Step::Fin(Side::Server);
/// The client ends its half of TCP.
pub const CLIENT_FIN: Step = Step::Fin(Side::Client);

/// The least that a conforming connection does: it opens, says one thing each way, and closes.
pub const CONFORMING: Script = &[
    ASK,
    ACCEPT,
    text("hello").from_client(),
    text("hello yourself").from_server(),
    CLIENT_CLOSES,
    SERVER_CLOSES,
    SERVER_FIN,
    CLIENT_FIN,
];
