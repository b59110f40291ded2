//! Ways to break the protocol.
//!
//! In: a side, and which way. Out: the frames of it, in the place where the talk stands.

use wsblame::endpoint::Side;

use super::author::{Author, BINARY, CLOSE, FIN, PING, PONG, RSV1, TEXT};

/// A way to break the protocol.
#[derive(Clone, Copy)]
pub(super) enum Wrong {
    Mask,
    ReservedOpcode,
    ReservedBits,
    CompressedMark,
    FragmentedControl,
    LongControl,
    StrayContinuation,
    EarlyMessage,
    LongLength,
    TopBit,
    NoUtf8,
    HalfCharacter,
    Uncompressed,
    MarkedContinuation,
    ByteOfClose,
    Several,
}

pub(super) const WRONGS: [Wrong; 16] = [
    Wrong::Mask,
    Wrong::ReservedOpcode,
    Wrong::ReservedBits,
    Wrong::CompressedMark,
    Wrong::FragmentedControl,
    Wrong::LongControl,
    Wrong::StrayContinuation,
    Wrong::EarlyMessage,
    Wrong::LongLength,
    Wrong::TopBit,
    Wrong::NoUtf8,
    Wrong::HalfCharacter,
    Wrong::Uncompressed,
    Wrong::MarkedContinuation,
    Wrong::ByteOfClose,
    Wrong::Several,
];

impl Author {
    pub(super) fn break_rule(&mut self, side: Side, wrong: Wrong) {
        let is_open = self.open[side].is_some();
        match wrong {
            Wrong::Mask => {
                let payload = self.text();
                let first = if is_open { FIN | PING } else { FIN | TEXT };
                let payload = if is_open { b"?".to_vec() } else { payload };
                let mut frame = self.frame(side, first, payload);
                frame.mask = match frame.mask {
                    None => Some((self.chance.next() as u32 | 1).to_be_bytes()),
                    Some(_) => None,
                };
                self.put(side, frame);
            }
            Wrong::ReservedOpcode => {
                let opcode = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15][self.chance.below(10)];
                let fin = if self.chance.one_in(4) { 0 } else { FIN };
                let payload = self.binary();
                self.write(side, fin | opcode, payload);
            }
            Wrong::ReservedBits => {
                let bits = (1 + self.chance.below(7) as u8) << 4;
                let (first, payload) = match self.chance.below(3) {
                    0 => (FIN | PONG, b"here".to_vec()),
                    _ if is_open => (FIN | PING, Vec::new()),
                    _ => (FIN | BINARY, self.binary()),
                };
                self.write(side, first | bits, payload);
            }
            Wrong::CompressedMark => {
                let first = if is_open { FIN | PONG } else { FIN | TEXT };
                self.write(side, first | RSV1, b"marked as compressed".to_vec());
            }
            Wrong::FragmentedControl => {
                let opcode = if self.chance.one_in(2) { PING } else { PONG };
                self.write(side, opcode, b"half".to_vec());
            }
            Wrong::LongControl => {
                let len = 126 + self.chance.below(40);
                let opcode = [PING, PONG, CLOSE][self.chance.below(3)];
                let mut payload = vec![b'x'; len];
                payload[..2].copy_from_slice(&1000_u16.to_be_bytes());
                self.write(side, FIN | opcode, payload);
            }
            Wrong::StrayContinuation => {
                // The last fragment of an open message comes first, if there is one.
                while let Some(rest) = self.open[side].take() {
                    self.continuation(side, rest, 0);
                }
                let fin = if self.chance.one_in(2) { FIN } else { 0 };
                let payload = self.text();
                self.write(side, fin, payload);
            }
            Wrong::EarlyMessage => {
                if !is_open {
                    self.write(side, TEXT, b"begun ".to_vec());
                }
                self.open[side] = None;
                let payload = self.text();
                self.write(side, FIN | TEXT, payload);
            }
            Wrong::LongLength => {
                let payload = self.text();
                let opcode = if is_open { PING } else { BINARY };
                let payload = if is_open { b"ping".to_vec() } else { payload };
                let mut frame = self.frame(side, FIN | opcode, payload);
                frame.extended = match frame.extended {
                    0 if self.chance.one_in(2) => 2,
                    _ => 8,
                };
                self.put(side, frame);
            }
            Wrong::TopBit => {
                let payload = self.binary();
                let mut frame = self.frame(side, FIN | if is_open { 0 } else { BINARY }, payload);
                (frame.extended, frame.top_bit) = (8, true);
                self.put(side, frame);
            }
            Wrong::NoUtf8 => {
                while let Some(rest) = self.open[side].take() {
                    self.continuation(side, rest, 0);
                }
                let mut payload = self.text();
                let bad: &[u8] = [&b"\xFF"[..], b"\xC0\x80", b"\xED\xA0\x80", b"\xF5", b"\x80"]
                    [self.chance.below(5)];
                payload.extend(bad);
                payload.extend(b" and on");
                let whole = self.chance.one_in(2);
                if whole {
                    self.write(side, FIN | TEXT, payload);
                } else {
                    let rest = payload.split_off(self.chance.below(payload.len()));
                    self.write(side, TEXT, payload);
                    self.open[side] = Some(vec![rest]);
                }
            }
            Wrong::HalfCharacter => {
                while let Some(rest) = self.open[side].take() {
                    self.continuation(side, rest, 0);
                }
                let mut payload = self.text();
                payload.extend(&b"\xF0\x9F\x98"[..1 + self.chance.below(3)]);
                self.write(side, FIN | TEXT, payload);
            }
            Wrong::Uncompressed => {
                while let Some(rest) = self.open[side].take() {
                    self.continuation(side, rest, 0);
                }
                let payload = self.binary();
                self.write(side, FIN | RSV1 | BINARY, payload);
            }
            Wrong::MarkedContinuation => {
                let rest = self.open[side].take().unwrap_or_else(|| {
                    self.write(side, BINARY, b"one".to_vec());
                    vec![b"two".to_vec()]
                });
                self.continuation(side, rest, RSV1);
            }
            Wrong::ByteOfClose => {
                let payload = match self.chance.below(4) {
                    0 => vec![3],
                    1 => {
                        let codes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535];
                        let code: u16 = codes[self.chance.below(codes.len())];
                        code.to_be_bytes().to_vec()
                    }
                    2 => b"\x03\xE8no \xC3 text".to_vec(),
                    _ => b"\x03\xE8half \xE2\x82".to_vec(),
                };
                self.write(side, FIN | CLOSE, payload);
            }
            Wrong::Several => {
                for _ in 0..2 + self.chance.below(3) {
                    let another = WRONGS[self.chance.below(WRONGS.len() - 1)];
                    self.break_rule(side, another);
                }
            }
        }
    }
}
