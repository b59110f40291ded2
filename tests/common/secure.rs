//! Puts the connections of a capture into TLS 1.3 with AES-128-GCM.
//!
//! In: a classic capture of IPv4 on Ethernet, in the clear, in order and without loss. Out: the
//! capture that would have been taken had every TCP connection in it been one of TLS, and its key
//! log. Each write becomes a record (a write ends with a segment that is not full), or several where
//! it is longer than one may be; handshakes come before the first data, `close_notify` before each
//! FIN. Messages have the lengths and forms that a session needs to be followed; nobody could verify
//! the certificate. Tests and benches include this file.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "what it is given is whole"
)]

use std::collections::HashMap;
use std::fmt::Write;

use aes_gcm::Aes128Gcm;
use sha2::Sha256;
use wsblame::endpoint::{PerSide, Side};
use wsblame::ip::TcpFlags;
use wsblame::tls::{ContentType, RecordHeader, Version};

use crate::generate::Chance;
use crate::seal::{Record, Sealer};

/// A capture in TLS.
pub(crate) struct Secured {
    pub(crate) capture: Vec<u8>,
    /// In the format of NSS.
    pub(crate) key_log: String,
    /// The records of application data.
    pub(crate) spoken: Vec<Spoken>,
}

/// The application data of one direction of a connection.
pub(crate) struct Spoken {
    pub(crate) sealer: Sealer<Aes128Gcm>,
    pub(crate) records: Vec<Record>,
}

/// The most payload of a segment.
const SEGMENT: usize = 1_460;
/// The most content of a record (RFC 8446 §5.1).
const LONGEST: usize = 1 << 14;
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TCP: usize = 20;

/// Puts every TCP connection of a capture into TLS.
pub(crate) fn secure(capture: &[u8], seed: u64) -> Secured {
    let (file_header, mut rest) = capture.split_at(FILE_HEADER);
    let mut wire = Wire { capture: file_header.to_vec(), chance: Chance(seed), ..Wire::default() };
    let (mut flows, mut places) = (Vec::<Flow>::new(), HashMap::new());
    while let Some((record, _)) = rest.split_at_checked(RECORD_HEADER) {
        let len = u32::from_le_bytes([record[8], record[9], record[10], record[11]]) as usize;
        let (packet, behind) = rest.split_at(RECORD_HEADER + len);
        wire.time = [0, 1, 2, 3, 4, 5, 6, 7].map(|at| packet[at]);
        let packet = &packet[RECORD_HEADER..];
        rest = behind;
        let Some(segment) = Segment::of(packet) else {
            wire.capture(packet);
            continue;
        };
        let ends = segment.ends();
        if segment.flags.has(TcpFlags::SYN) {
            if !segment.flags.has(TcpFlags::ACK) {
                places.insert(ends, (flows.len(), Side::Client));
                places.insert([ends[1], ends[0]], (flows.len(), Side::Server));
                flows.push(Flow::new(&mut wire));
            }
            let (place, side) = places[&ends];
            flows[place].begin(side, &segment);
            wire.capture(packet);
        } else {
            let (place, side) = places[&ends];
            flows[place].take(side, &segment, &mut wire);
        }
    }
    for flow in &mut flows {
        Side::BOTH.iter().for_each(|side| flow.flush(*side, &mut wire));
    }
    let spoken = flows.into_iter().flat_map(|flow| {
        let PerSide { client, server } = flow.sides;
        [client, server].map(|one| Spoken { sealer: one.traffic, records: one.spoken })
    });
    Secured { capture: wire.capture, key_log: wire.key_log, spoken: spoken.collect() }
}

/// What has been captured so far.
#[derive(Default)]
struct Wire {
    capture: Vec<u8>,
    key_log: String,
    chance: Chance,
    /// Of the packet that is being read, as it stands in the file.
    time: [u8; 8],
}

impl Wire {
    fn capture(&mut self, packet: &[u8]) {
        let len = (packet.len() as u32).to_le_bytes();
        self.capture.extend_from_slice(&self.time);
        self.capture.extend([len, len].concat());
        self.capture.extend_from_slice(packet);
    }

    fn random(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.chance.next().to_be_bytes());
        }
        bytes
    }
}

/// A segment in the clear.
struct Segment<'a> {
    /// The headers of Ethernet, IPv4 and TCP, without options.
    headers: [u8; ETHERNET + IPV4 + TCP],
    seq: u32,
    ack: u32,
    flags: TcpFlags,
    payload: &'a [u8],
}

impl Segment<'_> {
    fn of(packet: &[u8]) -> Option<Segment<'_>> {
        const IS_IPV4_WITHOUT_OPTIONS: [u8; 3] = [8, 0, 0x45];
        const IS_TCP: u8 = 6;
        if packet[12..15] != IS_IPV4_WITHOUT_OPTIONS || packet[ETHERNET + 9] != IS_TCP {
            return None;
        }
        let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|place| packet[at + place]));
        let tcp = ETHERNET + IPV4;
        let ip_len = usize::from(u16::from_be_bytes([packet[16], packet[17]]));
        let payload = tcp + usize::from(packet[tcp + 12] >> 4) * 4;
        Some(Segment {
            headers: *packet.first_chunk()?,
            seq: word(tcp + 4),
            ack: word(tcp + 8),
            flags: TcpFlags(packet[tcp + 13]),
            payload: &packet[payload..ETHERNET + ip_len],
        })
    }

    /// Address and port of the sender and of the receiver.
    fn ends(&self) -> [[u8; 6]; 2] {
        let ip = &self.headers[ETHERNET + 12..];
        let end = |at: usize, port: usize| {
            [ip[at], ip[at + 1], ip[at + 2], ip[at + 3], ip[port], ip[port + 1]]
        };
        [end(0, 8), end(4, 10)]
    }
}

/// One connection.
struct Flow {
    random: [u8; 32],
    has_handshake: bool,
    sides: PerSide<Speaker>,
}

/// One side of it.
struct Speaker {
    /// What its segments begin with.
    headers: [u8; ETHERNET + IPV4 + TCP],
    /// Where it is in the clear, and in TLS.
    clear: u32,
    secure: u32,
    /// What it last acknowledged, in the clear.
    acked: u32,
    /// Where each of its writes ended, in the clear and in TLS.
    ends: Vec<(u32, u32)>,
    /// What it said and did not send yet.
    held: Vec<u8>,
    handshake: Sealer<Aes128Gcm>,
    traffic: Sealer<Aes128Gcm>,
    /// The number of its next record under its traffic secret.
    sequence: u64,
    spoken: Vec<Record>,
}

impl Flow {
    fn new(wire: &mut Wire) -> Flow {
        let random = wire.random();
        let mut sealer = |label: &str| {
            let secret = wire.random();
            let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
            writeln!(wire.key_log, "{label} {} {}", hex(random), hex(secret)).expect("a String");
            Sealer::of_traffic_secret::<Sha256>(&secret)
        };
        let mut speaker = |name: &str| Speaker {
            headers: [0; _],
            clear: 0,
            secure: 0,
            acked: 0,
            ends: Vec::new(),
            held: Vec::new(),
            handshake: sealer(&format!("{name}_HANDSHAKE_TRAFFIC_SECRET")),
            traffic: sealer(&format!("{name}_TRAFFIC_SECRET_0")),
            sequence: 0,
            spoken: Vec::new(),
        };
        let sides = PerSide { client: speaker("CLIENT"), server: speaker("SERVER") };
        Flow { random, has_handshake: false, sides }
    }

    /// The SYN of one side.
    fn begin(&mut self, side: Side, segment: &Segment<'_>) {
        let speaker = &mut self.sides[side];
        speaker.headers = segment.headers;
        speaker.clear = segment.seq.wrapping_add(1);
        speaker.secure = speaker.clear;
        speaker.ends = vec![(speaker.clear, speaker.clear)];
    }

    /// Any other segment.
    fn take(&mut self, side: Side, segment: &Segment<'_>, wire: &mut Wire) {
        let is_end = segment.flags.has(TcpFlags::FIN) || segment.flags.has(TcpFlags::RST);
        self.flush(!side, wire);
        if segment.payload.is_empty() {
            self.flush(side, wire);
        }
        assert_eq!(segment.seq, self.sides[side].clear, "it is in order");
        self.sides[side].headers = segment.headers;
        self.sides[side].acked = segment.ack;
        if !segment.payload.is_empty() {
            if !self.has_handshake {
                self.has_handshake = true;
                self.shake_hands(wire);
            }
            let speaker = &mut self.sides[side];
            speaker.clear = speaker.clear.wrapping_add(segment.payload.len() as u32);
            speaker.held.extend_from_slice(segment.payload);
            if segment.payload.len() < SEGMENT || is_end {
                self.flush(side, wire);
            }
            if !is_end {
                return;
            }
        }
        if segment.flags.has(TcpFlags::FIN) && self.has_handshake {
            const CLOSE_NOTIFY: [u8; 2] = [1, 0];
            let record = self.sides[side].seal(ContentType::ALERT, &CLOSE_NOTIFY);
            self.send(side, &wire_bytes(&record), self.ack(side), wire);
        }
        let ack = if segment.flags.has(TcpFlags::ACK) { self.ack(side) } else { 0 };
        self.segment(side, segment.flags, ack, &[], wire);
        let phantom = u32::from(segment.flags.has(TcpFlags::FIN));
        let speaker = &mut self.sides[side];
        speaker.clear = speaker.clear.wrapping_add(phantom);
        speaker.secure = speaker.secure.wrapping_add(phantom);
        speaker.ends.push((speaker.clear, speaker.secure));
    }

    /// Sends what a side holds.
    fn flush(&mut self, side: Side, wire: &mut Wire) {
        let held = std::mem::take(&mut self.sides[side].held);
        if held.is_empty() {
            return;
        }
        let mut bytes = Vec::new();
        for content in held.chunks(LONGEST) {
            let record = self.sides[side].seal(ContentType::APPLICATION_DATA, content);
            bytes.extend(wire_bytes(&record));
            self.sides[side].spoken.push(record);
        }
        self.send(side, &bytes, self.ack(side), wire);
    }

    /// What a side acknowledges, which ends where a write did.
    fn ack(&self, side: Side) -> u32 {
        let mut ends = self.sides[!side].ends.iter().rev();
        ends.find(|(clear, _)| *clear == self.sides[side].acked).expect("the end of a write").1
    }

    fn send(&mut self, side: Side, bytes: &[u8], ack: u32, wire: &mut Wire) {
        for chunk in bytes.chunks(SEGMENT) {
            self.segment(side, TcpFlags::PSH.with(TcpFlags::ACK), ack, chunk, wire);
        }
        let speaker = &mut self.sides[side];
        speaker.ends.push((speaker.clear, speaker.secure));
    }

    fn segment(&mut self, side: Side, flags: TcpFlags, ack: u32, data: &[u8], wire: &mut Wire) {
        let speaker = &mut self.sides[side];
        let (mut headers, ip_len) = (speaker.headers, (IPV4 + TCP + data.len()) as u16);
        headers[16..18].copy_from_slice(&ip_len.to_be_bytes());
        let tcp = ETHERNET + IPV4;
        headers[tcp + 4..tcp + 8].copy_from_slice(&speaker.secure.to_be_bytes());
        headers[tcp + 8..tcp + 12].copy_from_slice(&ack.to_be_bytes());
        headers[tcp + 12..tcp + 14].copy_from_slice(&[0x50, flags.0]);
        for checksum in [ETHERNET + 10, tcp + 16] {
            headers[checksum..checksum + 2].fill(0); // as a capture with offloading has them
        }
        speaker.secure = speaker.secure.wrapping_add(data.len() as u32);
        wire.capture(&[headers.as_slice(), data].concat());
    }

    /// Sends a flight of the handshake, which acknowledges all before it.
    fn answer(&mut self, side: Side, flight: &[u8], wire: &mut Wire) {
        self.send(side, flight, self.sides[!side].secure, wire);
    }

    /// A full handshake (RFC 8446 §2), and a ticket.
    fn shake_hands(&mut self, wire: &mut Wire) {
        const SERVER_HELLO: u8 = 2;
        const CLIENT_HELLO: u8 = 1;
        const NEW_SESSION_TICKET: u8 = 4;
        const ENCRYPTED_EXTENSIONS: u8 = 8;
        const CERTIFICATE: u8 = 11;
        const CERTIFICATE_VERIFY: u8 = 15;
        const FINISHED: u8 = 20;
        let (session_id, share) = (wire.random(), wire.random());
        let change = in_the_clear(ContentType::CHANGE_CIPHER_SPEC, &[1]);
        let finished = message(FINISHED, &[0x5A; 32]);

        let offers = [
            extension(0x0000, &[&[0, 18, 0, 0, 15], b"example.invalid".as_slice()].concat()),
            extension(0x000A, &[0, 2, 0, 0x1D]),
            extension(0x000D, &[0, 2, 4, 3]),
            extension(0x0010, &[&[0, 9, 8], b"http/1.1".as_slice()].concat()),
            extension(0x002B, &[2, 3, 4]),
            extension(0x0033, &[&[0, 36, 0, 0x1D, 0, 32], share.as_slice()].concat()),
        ];
        let suites_and_compression = [0, 2, 0x13, 0x01, 1, 0];
        let hello = hello(&self.random, &session_id, &suites_and_compression, &offers);
        let hello = message(CLIENT_HELLO, &hello);
        self.answer(Side::Client, &in_the_clear(ContentType::HANDSHAKE, &hello), wire);

        let answers = [
            extension(0x002B, &[3, 4]),
            extension(0x0033, &[&[0, 0x1D, 0, 32], share.as_slice()].concat()),
        ];
        let random = wire.random();
        let hello = self::hello(&random, &session_id, &[0x13, 0x01, 0], &answers);
        let protocol = extension(0x0010, &[&[0, 9, 8], b"http/1.1".as_slice()].concat());
        let rest = [
            message(ENCRYPTED_EXTENSIONS, &with_len(&protocol)),
            message(CERTIFICATE, &[0x5A; 900]),
            message(CERTIFICATE_VERIFY, &[0x5A; 76]),
            finished.clone(),
        ];
        let sealer = &self.sides[Side::Server].handshake;
        let sealed = sealer.seal(0, ContentType::HANDSHAKE, &rest.concat());
        let flight = [
            in_the_clear(ContentType::HANDSHAKE, &message(SERVER_HELLO, &hello)),
            change.clone(),
            wire_bytes(&sealed),
        ];
        self.answer(Side::Server, &flight.concat(), wire);

        let sealed = self.sides[Side::Client].handshake.seal(0, ContentType::HANDSHAKE, &finished);
        self.answer(Side::Client, &[change, wire_bytes(&sealed)].concat(), wire);
        let ticket = message(NEW_SESSION_TICKET, &[0x5A; 200]);
        let ticket = self.sides[Side::Server].seal(ContentType::HANDSHAKE, &ticket);
        self.answer(Side::Server, &wire_bytes(&ticket), wire);
    }
}

impl Speaker {
    /// The next record under its traffic secret.
    fn seal(&mut self, kind: ContentType, content: &[u8]) -> Record {
        let record = self.traffic.seal(self.sequence, kind, content);
        self.sequence += 1;
        record
    }
}

fn wire_bytes(record: &Record) -> Vec<u8> {
    [record.header.to_bytes().as_slice(), &record.fragment].concat()
}

fn in_the_clear(content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let header =
        RecordHeader { content_type, version: Version::TLS_1_2, len: content.len() as u16 };
    [header.to_bytes().as_slice(), content].concat()
}

/// A message of the handshake (RFC 8446 §4).
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = (body.len() as u32).to_be_bytes();
    [&[kind, high, middle, low], body].concat()
}

/// What both hellos have in common; between them is what was offered or chosen.
fn hello(random: &[u8], session_id: &[u8], middle: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = with_len(&extensions.concat());
    [&[3, 3], random, &[session_id.len() as u8], session_id, middle, &extensions].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), with_len(content)].concat()
}

/// Bytes behind their length.
fn with_len(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes(), content].concat()
}
