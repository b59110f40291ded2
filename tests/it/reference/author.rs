//! Conversations that are made up.
//!
//! In: chance. Out: a [`Talk`]. Half of them keep the protocol as far as they go; the others break it
//! in one way or in several at once, and each may end in the midst, or crosswise, or not at all.

use flate2::{Compress, Compression, FlushCompress};
use wsblame::endpoint::{PerSide, Side};

use super::breaking::WRONGS;
use super::talk::{Deflate, Frame, Opening, Step, Talk};
use crate::generate::Chance;

pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;
pub(super) const FIN: u8 = 0x80;
pub(super) const RSV1: u8 = 0x40;

/// Makes up a talk.
pub(crate) fn talk(chance: &mut Chance) -> Talk {
    let deflate = [
        Deflate::Absent,
        Deflate::Absent,
        Deflate::Declined,
        Deflate::Agreed,
        Deflate::WithoutTakeover,
    ][chance.below(5)];
    let mut key = [0; 16];
    key.fill_with(|| chance.next() as u8);
    let opening = Opening {
        subprotocol: chance.one_in(3),
        deflate,
        others: chance.below(4) as u8,
        key,
        acked: chance.one_in(2),
        arrives: !chance.one_in(6),
    };
    let mut author = Author {
        chance: Chance(chance.next()),
        deflate,
        steps: Vec::new(),
        open: PerSide::default(),
        compressors: PerSide::from_fn(|_| Compress::new(Compression::default(), false)),
        pinged: PerSide::default(),
    };
    author.go_on();
    Talk { opening, steps: author.steps }
}

pub(super) struct Author {
    pub(super) chance: Chance,
    deflate: Deflate,
    steps: Vec<Step>,
    /// The fragments that are still to come of the message that a side has begun.
    pub(super) open: PerSide<Option<Vec<Vec<u8>>>>,
    compressors: PerSide<Compress>,
    /// The payload of the Ping that a side has not answered.
    pinged: PerSide<Option<Vec<u8>>>,
}

impl Author {
    fn side(&mut self) -> Side {
        if self.chance.one_in(2) { Side::Client } else { Side::Server }
    }

    fn deliver(&mut self, from: Side) {
        let but = if self.chance.one_in(6) { 1 + self.chance.below(3) } else { 0 };
        let acks = self.chance.one_in(2);
        self.steps.push(Step::Deliver { from, but, acks });
    }

    /// What was sent reaches the other in full.
    fn arrive(&mut self, from: Side) {
        let acks = self.chance.one_in(2);
        self.steps.push(Step::Deliver { from, but: 0, acks });
    }

    fn go_on(&mut self) {
        let breaks = self.chance.one_in(2);
        for _ in 0..self.chance.below(14) {
            let side = self.side();
            match self.chance.below(16) {
                0..=4 => self.deliver(side),
                5..=10 => self.message(side),
                11 => self.ping(side),
                12 => self.pong(side),
                13 if breaks => {
                    let wrong = WRONGS[self.chance.below(WRONGS.len())];
                    self.break_rule(side, wrong);
                    if self.chance.one_in(2) {
                        return self.fail(!side);
                    }
                }
                14 if self.chance.one_in(3) => {
                    let made_up = self.chance.one_in(2);
                    self.arrive(side);
                    self.steps.push(Step::Probe(side, made_up));
                }
                15 if self.chance.one_in(3) => {
                    let millis = [1, 30, 250, 900][self.chance.below(4)];
                    self.steps.push(Step::Wait(millis));
                }
                _ => self.steps.push(Step::Flush(side)),
            }
        }
        match self.chance.below(12) {
            0 => self.deliver(Side::Client),
            1..=6 => self.close(breaks),
            7 => self.cross(breaks),
            8 | 9 => {
                let side = self.side();
                if self.chance.one_in(2) {
                    self.arrive(!side);
                }
                self.end(side);
            }
            10 => {
                let side = self.side();
                let acks = !self.chance.one_in(3);
                self.steps.push(Step::Reset(side, acks));
            }
            _ => {
                let side = self.side();
                self.torn(side);
                self.end(side);
            }
        }
    }

    fn key(&mut self, side: Side) -> Option<[u8; 4]> {
        let key = (self.chance.next() as u32 | 1).to_be_bytes();
        (side == Side::Client).then_some(key)
    }

    pub(super) fn frame(&mut self, side: Side, first: u8, payload: Vec<u8>) -> Frame {
        let extended = match payload.len() {
            0..=125 => 0,
            126..=0xFFFF => 2,
            _ => 8,
        };
        let mask = self.key(side);
        Frame { first, mask, extended, top_bit: false, payload, missing: 0 }
    }

    pub(super) fn write(&mut self, side: Side, first: u8, payload: Vec<u8>) {
        let frame = self.frame(side, first, payload);
        self.put(side, frame);
    }

    pub(super) fn put(&mut self, side: Side, frame: Frame) {
        self.steps.push(Step::Write(side, frame));
        if self.chance.one_in(2) {
            self.steps.push(Step::Flush(side));
        }
    }

    fn len(&mut self) -> usize {
        match self.chance.below(40) {
            0 => 0,
            1..=30 => 1 + self.chance.below(40),
            31..=35 => 120 + self.chance.below(12),
            36..=38 => self.chance.below(3_000),
            _ if self.chance.one_in(12) => 65_530 + self.chance.below(12),
            _ => 126,
        }
    }

    pub(super) fn text(&mut self) -> Vec<u8> {
        let len = self.len();
        let mut text = String::new();
        while text.len() < len {
            text.push(
                ['a', 'b', ' ', 'ö', 'ồ', '€', '😀', '7', '"', '\u{7FF}'][self.chance.below(10)],
            );
        }
        text.into_bytes()
    }

    pub(super) fn binary(&mut self) -> Vec<u8> {
        let len = self.len();
        (0..len).map(|_| self.chance.next() as u8).collect()
    }

    fn deflated(&mut self, side: Side, content: &[u8]) -> Vec<u8> {
        let compressor = &mut self.compressors[side];
        if self.deflate == Deflate::WithoutTakeover {
            compressor.reset();
        }
        let mut out = Vec::with_capacity(content.len() * 2 + 64);
        compressor.compress_vec(content, &mut out, FlushCompress::Sync).expect("it has room");
        match out.strip_suffix(&[0, 0, 0xFF, 0xFF]) {
            Some(payload) => payload.to_vec(), // RFC 7692 §7.2.1
            None => vec![0],                   // nothing came out for nothing (§7.2.3.6)
        }
    }

    /// A message, in one piece or the first of several, or the next piece of the one that is open.
    fn message(&mut self, side: Side) {
        if let Some(rest) = self.open[side].take() {
            return self.continuation(side, rest, 0);
        }
        let is_text = self.chance.one_in(2);
        let content = if is_text { self.text() } else { self.binary() };
        let mut first = if is_text { TEXT } else { BINARY };
        let payload = if self.deflate.is_agreed() && self.chance.one_in(2) {
            first |= RSV1;
            self.deflated(side, &content)
        } else {
            content
        };
        if self.chance.one_in(4) {
            let mut rest = payload;
            let mut pieces = Vec::new();
            for _ in 0..1 + self.chance.below(3) {
                let behind = rest.split_off(self.chance.below(rest.len() + 1));
                pieces.push(rest);
                rest = behind;
            }
            pieces.push(rest);
            let start = pieces.remove(0);
            self.write(side, first, start);
            self.open[side] = Some(pieces);
        } else {
            self.write(side, first | FIN, payload);
        }
    }

    pub(super) fn continuation(&mut self, side: Side, mut rest: Vec<Vec<u8>>, bits: u8) {
        let piece = rest.remove(0);
        let fin = if rest.is_empty() { FIN } else { 0 };
        self.write(side, fin | bits, piece);
        self.open[side] = (!rest.is_empty()).then_some(rest);
    }

    fn ping(&mut self, side: Side) {
        let len = [0, 1, 8, 125][self.chance.below(4)];
        let payload: Vec<u8> = (0..len).map(|_| self.chance.next() as u8).collect();
        self.pinged[!side] = Some(payload.clone());
        self.write(side, FIN | PING, payload);
    }

    /// In answer to a Ping, or unasked.
    fn pong(&mut self, side: Side) {
        let payload = match self.pinged[side].take() {
            Some(payload) => {
                self.arrive(!side);
                payload
            }
            None => b"unasked".to_vec(),
        };
        self.write(side, FIN | PONG, payload);
    }

    /// `side` fails the connection over what it has received.
    fn fail(&mut self, side: Side) {
        self.arrive(!side);
        let code: u16 = if self.chance.one_in(3) { 1007 } else { 1002 };
        self.write(side, FIN | CLOSE, code.to_be_bytes().to_vec());
        if self.chance.one_in(3) {
            self.arrive(side);
            self.write(!side, FIN | CLOSE, code.to_be_bytes().to_vec());
        }
        self.end(side);
    }

    fn close_payload(&mut self) -> Vec<u8> {
        let code: u16 = match self.chance.below(10) {
            0 => return Vec::new(),
            1..=4 => 1000,
            5 => 1001,
            6 => [1003, 1008, 1009, 1011][self.chance.below(4)],
            7 => [1010, 1012, 1013, 1014][self.chance.below(4)],
            8 => [3000, 4000, 4999][self.chance.below(3)],
            _ => [1002, 1007][self.chance.below(2)],
        };
        let reason: &[u8] = match self.chance.below(3) {
            0 => "mit Umläuten €".as_bytes(),
            1 => b"done",
            _ => b"",
        };
        [&code.to_be_bytes(), reason].concat()
    }

    fn close(&mut self, breaks: bool) {
        let side = self.side();
        let payload = self.close_payload();
        self.write(side, FIN | CLOSE, payload.clone());
        if breaks {
            self.say_more(side);
        }
        // What is on its way may still be sent.
        if self.chance.one_in(4) {
            self.message(!side);
        }
        if !self.chance.one_in(6) {
            self.arrive(side);
        }
        if !self.chance.one_in(6) {
            let answer = match self.chance.below(4) {
                0 => Vec::new(),
                1 => self.close_payload(),
                _ => payload,
            };
            self.write(!side, FIN | CLOSE, answer);
            if breaks {
                self.say_more(!side);
            }
            if !self.chance.one_in(4) {
                self.arrive(!side);
            }
        }
        let first = if self.chance.one_in(4) { Side::Client } else { Side::Server };
        self.end(first);
    }

    /// Behind its Close.
    fn say_more(&mut self, side: Side) {
        match self.chance.below(8) {
            0 => self.message(side),
            1 => self.pong(side),
            2 => self.ping(side),
            3 => {
                let payload = self.close_payload();
                self.write(side, FIN | CLOSE, payload);
            }
            _ => {}
        }
    }

    fn cross(&mut self, breaks: bool) {
        for side in Side::BOTH {
            let payload = self.close_payload();
            self.write(side, FIN | CLOSE, payload);
            if breaks {
                self.say_more(side);
            }
            self.steps.push(Step::Flush(side));
        }
        self.deliver(Side::Client);
        self.deliver(Side::Server);
        let first = self.side();
        self.end(first);
    }

    fn torn(&mut self, side: Side) {
        let payload = self.binary();
        let is_open = self.open[side].is_some();
        let mut frame = self.frame(side, FIN | if is_open { 0 } else { BINARY }, payload);
        let len = frame.bytes().len();
        frame.missing = 1 + self.chance.below(len - 1);
        self.steps.push(Step::Write(side, frame));
    }

    /// TCP ends: `first` goes first.
    fn end(&mut self, first: Side) {
        if self.chance.one_in(12) {
            return; // as far as the capture goes, it does not
        }
        if self.chance.one_in(8) {
            let acks = !self.chance.one_in(3);
            self.steps.push(Step::Reset(first, acks));
            if self.chance.one_in(3) {
                self.message(!first);
                self.steps.push(Step::Flush(!first));
            }
            return;
        }
        self.steps.push(Step::Fin(first));
        if !self.chance.one_in(6) {
            self.arrive(first);
        }
        match self.chance.below(8) {
            0 => {
                let acks = !self.chance.one_in(3);
                self.steps.push(Step::Reset(!first, acks));
            }
            1 => {}
            _ => {
                self.steps.push(Step::Fin(!first));
                self.steps.push(Step::Deliver { from: !first, but: 0, acks: true });
            }
        }
    }
}
