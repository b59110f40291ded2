//! How far a DEFLATE stream reaches back, without inflating it.
//!
//! In: the payload of a compressed message, in pieces. Out: the first distance that is larger than
//! the window agreed on, and where the stream stops being one. Inflating libraries do not look at
//! the window: they keep 32 KiB and accept any distance into them; and not all of them say what is
//! wrong with a stream. Only streams with a smaller window are walked through here as they come,
//! and others when they do not inflate.

use super::Far;

/// Lengths of codes are at most this (RFC 1951 §3.2.7).
const LONGEST: usize = 15;

/// The order in which the lengths of the code length code are sent (RFC 1951 §3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The walk through one direction's messages.
#[derive(Debug)]
pub(super) struct Tokens {
    /// A distance above this is far…
    window: u64,
    /// … and so is one above this and what the message has inflated to.
    history: u64,
    bits: Bits,
    state: State,
    literals: Code,
    distances: Code,
    /// Bytes that the message has inflated to.
    position: u64,
    /// Whether the block at hand ends its stream: the next one starts at a byte.
    is_final: bool,
    far: Option<Far>,
    malformed: Option<Malformed>,
}

/// Where a message stops being DEFLATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// Bytes of it that had come out before.
    pub at: u64,
    /// Completes "there is".
    pub what: &'static str,
}

const BLOCK_TYPE: &str = "a block of the type that is not defined";
const STORED_LENGTHS: &str = "a stored block whose two lengths disagree";
const TABLE: &str = "a malformed table of codes";
const CODE: &str = "a code that its block does not define";

/// Where in the grammar of RFC 1951 §3.2.3 the walk stands.
///
/// ```text
///   Block ──stored──▶ StoredLen ──▶ Stored ──its last byte──▶ Block
///     ├────fixed────────────────────────▶ Symbols ──end of block──▶ Block
///     └────dynamic──▶ Counts ──▶ Lengths ────┘
///   Anything malformed ──▶ Lost
/// ```
#[derive(Debug)]
enum State {
    Block,
    StoredLen,
    Stored(u32),
    Counts,
    Lengths(Box<Lengths>),
    Symbols,
    Lost,
}

/// The lengths of a dynamic block's codes, while they are read.
#[derive(Debug)]
struct Lengths {
    literals: usize,
    distances: usize,
    /// How many lengths of the code length code there are.
    given: usize,
    /// Lengths of the code length code, until all of them are there.
    own: Vec<u8>,
    code: Option<Code>,
    lengths: Vec<u8>,
}

/// What a step came to.
enum Step {
    Went,
    /// More bits are needed.
    Starved,
    Malformed(&'static str),
}

impl Tokens {
    /// A walk that notes distances beyond `window` bytes.
    pub(super) fn within(window: u32) -> Tokens {
        Tokens::new(u64::from(window), u64::MAX)
    }

    /// A walk through one message that notes distances to before the first of `history` bytes that
    /// came out before it.
    pub(super) fn behind(history: u64) -> Tokens {
        Tokens::new(u64::MAX, history)
    }

    fn new(window: u64, history: u64) -> Tokens {
        Tokens {
            window,
            history,
            bits: Bits::default(),
            state: State::Block,
            literals: Code::default(),
            distances: Code::default(),
            position: 0,
            is_final: false,
            far: None,
            malformed: None,
        }
    }

    /// A message begins: at the border of a byte, with a new block (RFC 7692 §7.2.1).
    pub(super) fn begin(&mut self) {
        self.bits = Bits::default();
        self.state = State::Block;
        self.position = 0;
        self.far = None;
        self.malformed = None;
    }

    /// The first distance of the message that is too far.
    pub(super) fn far(&self) -> Option<Far> {
        self.far
    }

    /// Where the message stops being DEFLATE.
    pub(super) fn malformed(&self) -> Option<Malformed> {
        self.malformed
    }

    /// Walks on.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        if self.far.is_some() || self.malformed.is_some() {
            return; // one is enough
        }
        loop {
            self.bits.refill(&mut bytes);
            let before = self.bits;
            match self.step(&mut bytes) {
                Step::Went => {}
                Step::Starved => {
                    self.bits = before;
                    if bytes.is_empty() {
                        return;
                    }
                }
                Step::Malformed(what) => {
                    self.malformed = Some(Malformed { at: self.position, what });
                    return;
                }
            }
        }
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Step {
        let state = std::mem::replace(&mut self.state, State::Lost);
        let (state, step) = match state {
            State::Block => self.block(),
            State::StoredLen => match (self.bits.take(16), self.bits.take(16)) {
                (Some(len), Some(check)) if len ^ check == 0xFFFF => {
                    (State::Stored(len), Step::Went)
                }
                (Some(_), Some(_)) => (State::Lost, Step::Malformed(STORED_LENGTHS)),
                _ => (State::StoredLen, Step::Starved),
            },
            State::Stored(0) => (State::Block, Step::Went),
            State::Stored(left) => self.stored(left, bytes),
            State::Counts => match (self.bits.take(5), self.bits.take(5), self.bits.take(4)) {
                (Some(literals), Some(distances), Some(given)) => {
                    let lengths = Lengths {
                        literals: literals as usize + 257,
                        distances: distances as usize + 1,
                        given: given as usize + 4,
                        own: Vec::new(),
                        code: None,
                        lengths: Vec::new(),
                    };
                    (State::Lengths(Box::new(lengths)), Step::Went)
                }
                _ => (State::Counts, Step::Starved),
            },
            State::Lengths(lengths) => self.lengths(lengths),
            State::Symbols => self.symbol(),
            State::Lost => (State::Lost, Step::Starved),
        };
        self.state = state;
        step
    }

    fn block(&mut self) -> (State, Step) {
        // BFINAL says that the stream ends; in a message another one may follow (RFC 7692 §7.2.3.4).
        let (Some(is_final), Some(kind)) = (self.bits.take(1), self.bits.take(2)) else {
            return (State::Block, Step::Starved);
        };
        self.is_final = is_final == 1;
        match kind {
            0 => {
                self.bits.align();
                (State::StoredLen, Step::Went)
            }
            1 => {
                (self.literals, self.distances) = Code::fixed();
                (State::Symbols, Step::Went)
            }
            2 => (State::Counts, Step::Went),
            _ => (State::Lost, Step::Malformed(BLOCK_TYPE)),
        }
    }

    fn stored(&mut self, left: u32, bytes: &mut &[u8]) -> (State, Step) {
        let mut passed = 0;
        while passed < left && self.bits.take(8).is_some() {
            passed += 1;
        }
        let direct = bytes.len().min((left - passed) as usize);
        *bytes = bytes.get(direct..).unwrap_or_default();
        let left = left - passed - u32::try_from(direct).unwrap_or(0);
        self.position += u64::from(passed) + direct as u64;
        let step = if passed == 0 && direct == 0 { Step::Starved } else { Step::Went };
        (State::Stored(left), step)
    }

    fn lengths(&mut self, mut lengths: Box<Lengths>) -> (State, Step) {
        let Some(code) = &lengths.code else {
            let Some(length) = self.bits.take(3) else {
                return (State::Lengths(lengths), Step::Starved);
            };
            lengths.own.push(u8::try_from(length).unwrap_or(0));
            if lengths.own.len() == lengths.given {
                let mut in_order = [0; 19];
                for (place, length) in ORDER.iter().zip(&lengths.own) {
                    if let Some(at) = in_order.get_mut(*place) {
                        *at = *length;
                    }
                }
                lengths.code = Some(Code::new(&in_order));
            }
            return (State::Lengths(lengths), Step::Went);
        };
        let symbol = match code.read(&mut self.bits) {
            Symbol::Is(symbol) => symbol,
            Symbol::Starved => return (State::Lengths(lengths), Step::Starved),
            Symbol::Malformed => return (State::Lost, Step::Malformed(TABLE)),
        };
        let (length, extra, base) = match symbol {
            0..=15 => (u8::try_from(symbol).unwrap_or(0), 0, 1),
            16 => match lengths.lengths.last() {
                Some(last) => (*last, 2, 3),
                None => return (State::Lost, Step::Malformed(TABLE)),
            },
            17 => (0, 3, 3),
            _ => (0, 7, 11),
        };
        let Some(more) = self.bits.take(extra) else {
            return (State::Lengths(lengths), Step::Starved);
        };
        let total = lengths.literals + lengths.distances;
        let wanted = lengths.lengths.len() + (base + more) as usize;
        if wanted > total {
            return (State::Lost, Step::Malformed(TABLE));
        }
        lengths.lengths.resize(wanted, length);
        if wanted < total {
            return (State::Lengths(lengths), Step::Went);
        }
        let (literals, distances) =
            lengths.lengths.split_at_checked(lengths.literals).unwrap_or_default();
        (self.literals, self.distances) = (Code::new(literals), Code::new(distances));
        (State::Symbols, Step::Went)
    }

    /// One literal, or one length and distance (RFC 1951 §3.2.5).
    fn symbol(&mut self) -> (State, Step) {
        let here = |step| (State::Symbols, step);
        let symbol = match self.literals.read(&mut self.bits) {
            Symbol::Is(symbol) => symbol,
            Symbol::Starved => return here(Step::Starved),
            Symbol::Malformed => return (State::Lost, Step::Malformed(CODE)),
        };
        let (extra, base) = match symbol {
            0..=255 => {
                self.position += 1;
                return here(Step::Went);
            }
            256 => {
                if self.is_final {
                    self.bits.align();
                }
                return (State::Block, Step::Went);
            }
            257..=264 => (0, symbol - 254),
            265..=284 => {
                let extra = (symbol - 261) / 4;
                (extra, ((4 + (symbol - 265) % 4) << extra) + 3)
            }
            285 => (0, 258),
            _ => return (State::Lost, Step::Malformed(CODE)),
        };
        let Some(more) = self.bits.take(extra) else { return here(Step::Starved) };
        let length = base + more;
        let code = match self.distances.read(&mut self.bits) {
            Symbol::Is(code) => code,
            Symbol::Starved => return here(Step::Starved),
            Symbol::Malformed => return (State::Lost, Step::Malformed(CODE)),
        };
        let (extra, base) = match code {
            0..=3 => (0, code + 1),
            4..=29 => {
                let extra = code / 2 - 1;
                (extra, ((2 + code % 2) << extra) + 1)
            }
            _ => return (State::Lost, Step::Malformed(CODE)),
        };
        let Some(more) = self.bits.take(extra) else { return here(Step::Starved) };
        let distance = base + more;
        let reach = self.window.min(self.history.saturating_add(self.position));
        if u64::from(distance) > reach {
            self.far.get_or_insert(Far { distance, at: self.position });
        }
        self.position += u64::from(length);
        here(Step::Went)
    }
}

/// Bits that wait to be read, the first one lowest (RFC 1951 §3.1.1).
#[derive(Clone, Copy, Debug, Default)]
struct Bits {
    bits: u64,
    count: u32,
}

impl Bits {
    /// Takes as many bytes as there is room for.
    fn refill(&mut self, bytes: &mut &[u8]) {
        while self.count <= 56
            && let Some((first, rest)) = bytes.split_first()
        {
            self.bits |= u64::from(*first) << self.count;
            self.count += 8;
            *bytes = rest;
        }
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        let left = self.count.checked_sub(count)?;
        let taken = self.bits & ((1 << count) - 1);
        self.bits >>= count;
        self.count = left;
        u32::try_from(taken).ok()
    }

    /// Goes on at the next byte.
    fn align(&mut self) {
        let _ = self.take(self.count % 8);
    }
}

/// A prefix code in its canonical form (RFC 1951 §3.2.2): codes of one length are consecutive.
#[derive(Clone, Debug, Default)]
struct Code {
    /// How many codes have each length.
    counts: [u16; LONGEST + 1],
    /// The symbols, by length and then by value.
    symbols: Vec<u16>,
}

enum Symbol {
    Is(u32),
    Starved,
    Malformed,
}

impl Code {
    /// The code whose symbol `i` has a code of `lengths[i]` bits; of none when that is 0.
    fn new(lengths: &[u8]) -> Code {
        let mut code = Code { counts: [0; LONGEST + 1], symbols: vec![0; lengths.len()] };
        let places = |length: u8| usize::from(length);
        for length in lengths {
            if let Some(count) = code.counts.get_mut(places(*length)) {
                *count += 1;
            }
        }
        // Where the symbols of each length begin; those without a code come last.
        let mut next = [0; LONGEST + 1];
        let mut total = 0;
        for (next, count) in next.iter_mut().zip(&code.counts).skip(1) {
            *next = total;
            total += usize::from(*count);
        }
        if let Some(unused) = next.first_mut() {
            *unused = total;
        }
        for (length, symbol) in lengths.iter().zip(0_u16..) {
            if let Some(next) = next.get_mut(places(*length)) {
                if let Some(place) = code.symbols.get_mut(*next) {
                    *place = symbol;
                }
                *next += 1;
            }
        }
        code
    }

    /// The codes of a fixed block (RFC 1951 §3.2.6): literals and lengths, distances.
    fn fixed() -> (Code, Code) {
        let mut lengths = [8; 288];
        lengths.iter_mut().take(256).skip(144).for_each(|length| *length = 9);
        lengths.iter_mut().take(280).skip(256).for_each(|length| *length = 7);
        (Code::new(&lengths), Code::new(&[5; 30]))
    }

    fn read(&self, bits: &mut Bits) -> Symbol {
        let (mut code, mut first, mut index) = (0, 0, 0);
        let mut rest = *bits;
        for count in self.counts.iter().skip(1) {
            let Some(left) = rest.count.checked_sub(1) else { return Symbol::Starved };
            code |= u32::from(rest.bits & 1 == 1);
            rest = Bits { bits: rest.bits >> 1, count: left };
            let count = u32::from(*count);
            if let Some(place) = code.checked_sub(first)
                && place < count
            {
                *bits = rest;
                let symbol = self.symbols.get((index + place) as usize);
                return symbol.map_or(Symbol::Malformed, |symbol| Symbol::Is(u32::from(*symbol)));
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Symbol::Malformed
    }
}
