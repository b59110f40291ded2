//! A script of what two endpoints say, and the records in which they say it.

use crate::endpoint::{PerSide, Side};
use crate::tcp::Range64;
use crate::tls::protection::seal::Sealer;
use crate::tls::suite::{self, MacOrder, Suite};
use crate::tls::{ClientRandom, ContentType, Keyring, Label, Secret, Version};

pub(super) use Side::{Client, Server};

/// What is said when the handshake is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Data(Side, usize),
    /// With so much padding.
    Padded(Side, usize, usize),
    KeyUpdate(Side),
    /// A NewSessionTicket, which the server sends whenever it likes.
    Ticket,
    CloseNotify(Side),
    /// Up to TLS 1.2: a handshake inside.
    Renegotiate,
}

/// What becomes of early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EarlyData {
    None,
    Accepted,
    Rejected,
}

/// A record on the wire.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) side: Side,
    pub(super) record: Vec<u8>,
    /// Where it stands in the stream of its side.
    pub(super) range: Range64,
    /// The application data in it, if it counts.
    pub(super) data: Vec<u8>,
}

/// What the two say, and the keys of it.
pub(super) struct Talk {
    pub(super) lines: Vec<Line>,
    pub(super) keys: Keyring,
    ends: PerSide<u64>,
    /// Tells one piece of data from another.
    said: u8,
}

/// Where the streams begin: not at 0, as behind a CONNECT.
pub(super) const START: u64 = 39;

pub(super) const RANDOM: ClientRandom = ClientRandom([0xAA; 32]);
const SERVER_RANDOM: [u8; 32] = [0x33; 32];
pub(super) const SESSION_ID: [u8; 8] = [0x44; 8];

/// How TLS 1.3 begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) suite: u16,
    pub(super) early_data: EarlyData,
    pub(super) retry: bool,
}

impl Opening {
    pub(super) fn of(suite: u16) -> Opening {
        Opening { suite, early_data: EarlyData::None, retry: false }
    }
}

impl Talk {
    fn new() -> Talk {
        let ends = PerSide { client: START, server: START };
        Talk { lines: Vec::new(), keys: Keyring::new(100), ends, said: 0 }
    }

    /// A conversation in TLS 1.3.
    pub(super) fn tls_1_3(opening: Opening, acts: &[Act]) -> Talk {
        let suite = suite::find(opening.suite).unwrap();
        let mut talk = Talk::new();
        let mut sealer = |label, byte| {
            let secret = Secret::new(vec![byte; suite.hash.len()]);
            talk.keys.add(RANDOM, label, secret.clone());
            Sealer::of_traffic_secret(suite, &secret)
        };
        let mut early = sealer(Label::ClientEarlyTraffic, 1);
        let mut client = sealer(Label::ClientHandshakeTraffic, 2);
        let mut server = sealer(Label::ServerHandshakeTraffic, 3);
        let mut app = PerSide {
            client: sealer(Label::ClientTraffic, 4),
            server: sealer(Label::ServerTraffic, 5),
        };
        let has_early_data = opening.early_data != EarlyData::None;
        let mut extensions = vec![server_name("example.org"), alpn(&["h2", "http/1.1"])];
        if has_early_data {
            extensions.push((42, vec![]));
        }
        let hello = client_hello(RANDOM, &SESSION_ID, &extensions);
        // In two records, with the length of the message in the second.
        talk.clear(Client, 22, &hello[..3]);
        talk.clear(Client, 22, &hello[3..]);
        if has_early_data {
            talk.clear(Client, 20, &[1]);
            for len in [50, 0, 700] {
                let data = talk.speak(len);
                let counts = opening.early_data == EarlyData::Accepted;
                let record = early.seal(ContentType::APPLICATION_DATA, &data);
                talk.line(Client, record, if counts { data } else { vec![] });
            }
        }
        let selected = vec![(43, vec![3, 4])];
        if opening.retry {
            let random = hex_retry();
            talk.clear(Server, 22, &server_hello(0x0303, random, &SESSION_ID, suite.id, &selected));
            talk.clear(Server, 20, &[1]);
            talk.clear(Client, 20, &[1]);
            talk.clear(Client, 22, &client_hello(RANDOM, &SESSION_ID, &extensions[..2]));
        }
        let hello = server_hello(0x0303, SERVER_RANDOM, &SESSION_ID, suite.id, &selected);
        talk.clear(Server, 22, &hello);
        talk.clear(Server, 20, &[1]);
        let mut chosen = vec![alpn(&["http/1.1"])];
        if opening.early_data == EarlyData::Accepted {
            chosen.push((42, vec![]));
        }
        let mut flight = message(8, &list(&chosen));
        flight.extend(message(11, &[0xCE; 2_500]));
        flight.extend(message(15, &[0xCF; 250]));
        flight.extend(message(20, &vec![0xF1; suite.hash.len()]));
        for part in flight.chunks(1_000) {
            let record = server.seal(ContentType::HANDSHAKE, part);
            talk.line(Server, record, vec![]);
        }
        if opening.early_data == EarlyData::Accepted {
            let record = early.seal(ContentType::HANDSHAKE, &message(5, &[]));
            talk.line(Client, record, vec![]);
        }
        talk.clear(Client, 20, &[1]);
        let finished = message(20, &vec![0xF2; suite.hash.len()]);
        let record = client.seal(ContentType::HANDSHAKE, &finished);
        talk.line(Client, record, vec![]);
        for act in acts {
            talk.act_1_3(act, &mut app);
        }
        talk
    }

    fn act_1_3(&mut self, act: &Act, app: &mut PerSide<Sealer>) {
        let (side, kind, data, padding) = match *act {
            Act::Data(side, len) => (side, ContentType::APPLICATION_DATA, self.speak(len), 0),
            Act::Padded(side, len, padding) => {
                (side, ContentType::APPLICATION_DATA, self.speak(len), padding)
            }
            Act::KeyUpdate(side) => (side, ContentType::HANDSHAKE, message(24, &[0]), 0),
            Act::Ticket => (Server, ContentType::HANDSHAKE, message(4, &[7; 200]), 0),
            Act::CloseNotify(side) => (side, ContentType::ALERT, vec![1, 0], 0),
            Act::Renegotiate => return,
        };
        let record = app[side].seal_padded(kind, &data, padding);
        let is_data = kind == ContentType::APPLICATION_DATA;
        self.line(side, record, if is_data { data } else { vec![] });
        if *act == Act::KeyUpdate(side) {
            app[side] = app[side].updated();
        }
    }

    /// A conversation up to TLS 1.2.
    pub(super) fn before(version: Version, suite: u16, order: MacOrder, acts: &[Act]) -> Talk {
        let suite = suite::find(suite).unwrap();
        let mut talk = Talk::new();
        let mut sealers = talk.agree(version, suite, order, RANDOM, None);
        for act in acts {
            match *act {
                Act::Data(side, len) | Act::Padded(side, len, _) => {
                    let data = talk.speak(len);
                    let record = sealers[side].seal(ContentType::APPLICATION_DATA, &data);
                    talk.line(side, record, data);
                }
                Act::CloseNotify(side) => {
                    let record = sealers[side].seal(ContentType::ALERT, &[1, 0]);
                    talk.line(side, record, vec![]);
                }
                Act::Renegotiate => {
                    talk.said = talk.said.wrapping_add(1);
                    let random = ClientRandom([talk.said; 32]);
                    sealers = talk.agree(version, suite, order, random, Some(sealers));
                }
                Act::KeyUpdate(_) | Act::Ticket => {}
            }
        }
        talk
    }

    /// A handshake up to TLS 1.2, under the keys of the one before it; the keys that it makes.
    fn agree(
        &mut self,
        version: Version,
        suite: &'static Suite,
        order: MacOrder,
        random: ClientRandom,
        mut under: Option<PerSide<Sealer>>,
    ) -> PerSide<Sealer> {
        let master = Secret::new(vec![random.0[0]; 48]);
        self.keys.add(random, Label::MasterSecret, master.clone());
        let mut say = |talk: &mut Talk, side: Side, kind: u8, content: &[u8]| match &mut under {
            None => talk.clear_in(side, version, kind, content),
            Some(sealers) => {
                let record = sealers[side].seal(ContentType(kind), content);
                talk.line(side, record, vec![]);
            }
        };
        let offered = [server_name("example.org"), alpn(&["http/1.1"])];
        say(self, Client, 22, &client_hello(random, &[], &offered));
        let mut chosen = vec![alpn(&["http/1.1"])];
        if order == MacOrder::EncryptThenMac {
            chosen.push((22, vec![]));
        }
        let mut flight = server_hello(version.0, SERVER_RANDOM, &SESSION_ID, suite.id, &chosen);
        flight.extend(message(11, &[0xCE; 2_500]));
        flight.extend(message(14, &[]));
        for part in flight.chunks(1_000) {
            say(self, Server, 22, part);
        }
        say(self, Client, 22, &message(16, &[0, 48, 9, 9, 9, 9, 9, 9, 9, 9, 9]));
        let mut sealers =
            Sealer::of_master_secret(version, suite, &master, &random, &SERVER_RANDOM, order);
        for side in [Client, Server] {
            say(self, side, 20, &[1]);
            let record = sealers[side].seal(ContentType::HANDSHAKE, &message(20, &[0xF3; 12]));
            self.line(side, record, vec![]);
        }
        sealers
    }

    /// Some data that was not said before.
    fn speak(&mut self, len: usize) -> Vec<u8> {
        self.said = self.said.wrapping_add(1);
        vec![self.said; len]
    }

    fn clear(&mut self, side: Side, kind: u8, content: &[u8]) {
        self.clear_in(side, Version::TLS_1_2, kind, content);
    }

    fn clear_in(&mut self, side: Side, version: Version, kind: u8, content: &[u8]) {
        let len = u16::try_from(content.len()).unwrap().to_be_bytes();
        let header = [[kind].as_slice(), &version.0.to_be_bytes(), &len].concat();
        self.line(side, [header.as_slice(), content].concat(), vec![]);
    }

    fn line(&mut self, side: Side, record: Vec<u8>, data: Vec<u8>) {
        let start = self.ends[side];
        let end = start + record.len() as u64;
        self.ends[side] = end;
        self.lines.push(Line { side, record, range: Range64 { start, end }, data });
    }

    /// Everything that a side sent.
    pub(super) fn stream(&self, side: Side) -> Vec<u8> {
        let own = self.lines.iter().filter(|line| line.side == side);
        own.flat_map(|line| line.record.clone()).collect()
    }

    /// The data of a side, and the record of each piece.
    pub(super) fn data(&self, side: Side) -> Vec<(Range64, Vec<u8>)> {
        let own = self.lines.iter().filter(|line| line.side == side && !line.data.is_empty());
        own.map(|line| (line.range, line.data.clone())).collect()
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, a, b, c], body].concat()
}

fn list(extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let each = extensions.iter().flat_map(|(kind, content)| {
        let len = u16::try_from(content.len()).unwrap();
        [kind.to_be_bytes().as_slice(), &len.to_be_bytes(), content].concat()
    });
    let each: Vec<u8> = each.collect();
    [u16::try_from(each.len()).unwrap().to_be_bytes().as_slice(), &each].concat()
}

fn server_name(name: &str) -> (u16, Vec<u8>) {
    let len = u16::try_from(name.len()).unwrap();
    let entry = [[0].as_slice(), &len.to_be_bytes(), name.as_bytes()].concat();
    (0, [(len + 3).to_be_bytes().as_slice(), &entry].concat())
}

fn alpn(names: &[&str]) -> (u16, Vec<u8>) {
    let each = names.iter().flat_map(|name| [&[name.len() as u8], name.as_bytes()].concat());
    let each: Vec<u8> = each.collect();
    (16, [u16::try_from(each.len()).unwrap().to_be_bytes().as_slice(), &each].concat())
}

fn client_hello(random: ClientRandom, session_id: &[u8], extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let head = [&[3, 3], random.0.as_slice(), &[session_id.len() as u8], session_id].concat();
    let suites = [0, 4, 0x13, 0x01, 0xC0, 0x2F, 1, 0];
    message(1, &[head.as_slice(), &suites, &list(extensions)].concat())
}

fn server_hello(
    version: u16,
    random: [u8; 32],
    session_id: &[u8],
    suite: u16,
    extensions: &[(u16, Vec<u8>)],
) -> Vec<u8> {
    let version = version.to_be_bytes();
    let head = [version.as_slice(), &random, &[session_id.len() as u8], session_id].concat();
    let chosen = [suite.to_be_bytes().as_slice(), &[0]].concat();
    message(2, &[head, chosen, list(extensions)].concat())
}

fn hex_retry() -> [u8; 32] {
    let bytes =
        crate::tls::hex("cf21ad74e59a6111be1d8c021e65b891 c2a211167abb8c5e079e09e2c8a8339c");
    bytes.try_into().unwrap()
}
