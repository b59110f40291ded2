//! Traffic without WebSockets in bulk: downloads over TLS and HTTP, and UDP.
//!
//! In: chance. Out: segments full to the brim, acknowledged every second, and datagrams that look
//! like QUIC and DNS. What is encrypted or compressed looks like chance.

use wsblame::endpoint::Side;

use super::Chance;
use super::wire::{Address, SEGMENT, Stream, Wire};

/// Bytes by chance.
pub(super) struct Noise(Vec<u8>);

impl Noise {
    const LEN: usize = 1 << 20;

    pub(super) fn new(chance: &mut Chance) -> Noise {
        Noise((0..Noise::LEN / 8).flat_map(|_| chance.next().to_be_bytes()).collect())
    }

    /// So many of them, at most [`Noise::LEN`].
    pub(super) fn take(&self, len: usize, chance: &mut Chance) -> &[u8] {
        let start = chance.below(Noise::LEN - len + 1);
        &self.0[start..start + len]
    }
}

/// Downloads that go on at the same time; when one is done, another begins in its place.
pub(super) struct Downloads {
    noise: Noise,
    places: Vec<Option<Download>>,
}

/// What a server sends over one TCP connection.
struct Download {
    stream: Stream,
    kind: Kind,
    /// Bytes of TLS records, or of the HTTP body, that were sent and that are to be sent.
    sent: usize,
    len: usize,
    /// How many more the client asks for.
    more: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tls,
    Http,
}

/// A record of TLS 1.3 as large as it may be: header, content, content type, tag.
const RECORD: usize = 5 + (16 << 10) + 1 + 16;

impl Downloads {
    pub(super) fn new(at_once: usize, wire: &mut Wire<'_>) -> Downloads {
        let places = (0..at_once).map(|_| None).collect();
        Downloads { noise: Noise::new(&mut wire.chance), places }
    }

    /// One of them goes on by some segments.
    pub(super) fn say(&mut self, wire: &mut Wire<'_>) {
        let place = wire.chance.below(self.places.len());
        let place = &mut self.places[place];
        let Some(download) = place else {
            *place = Some(Download::new(&self.noise, wire));
            return;
        };
        if download.sent < download.len {
            download.go_on(&self.noise, wire);
        } else if download.more > 0 {
            download.ask(&self.noise, wire);
        } else {
            download.end(&self.noise, wire);
            *place = None;
        }
    }

    /// A datagram, mostly of a download over QUIC.
    pub(super) fn datagram(&self, wire: &mut Wire<'_>) {
        let server = Address { ip: [198, 51, 100, 30], port: 443 };
        let client = Address::client(wire.chance.below(64));
        if wire.chance.one_in(20) {
            let mut query = wire.chance.next().to_be_bytes()[..2].to_vec();
            query.extend(b"\x01\0\0\x01\0\0\0\0\0\0\x03cdn\x07example\0\0\x01\0\x01");
            return wire.datagram(client, Address { ip: [198, 51, 100, 53], port: 53 }, &query);
        }
        let (ends, len) = match wire.chance.one_in(3) {
            true => ([client, server], 40),
            false => ([server, client], 1_250),
        };
        let mut data = self.noise.take(len, &mut wire.chance).to_vec();
        data[0] = 0x40 | (data[0] & 0x3F); // a short header
        wire.datagram(ends[0], ends[1], &data);
    }
}

impl Download {
    fn new(noise: &Noise, wire: &mut Wire<'_>) -> Download {
        let number = wire.truth.tcp_connections as usize;
        let kind = if wire.chance.one_in(3) { Kind::Http } else { Kind::Tls };
        let port = if kind == Kind::Tls { 443 } else { 80 };
        let stream = Stream::new(number, port, wire);
        let more = wire.chance.below(3);
        let mut download = Download { stream, kind, sent: 0, len: 0, more: more + 1 };
        if kind == Kind::Tls {
            greet(&mut download.stream, noise, wire);
        }
        download.ask(noise, wire);
        download
    }

    /// The client asks for the next: of 16 kB to 16 MB.
    fn ask(&mut self, noise: &Noise, wire: &mut Wire<'_>) {
        self.more -= 1;
        self.sent = 0;
        match self.kind {
            Kind::Tls => {
                self.len = RECORD * wire.chance.size(&(1..=1_000));
                let request = record(0x17, noise.take(300, &mut wire.chance));
                self.stream.send(Side::Client, &request, wire);
            }
            Kind::Http => {
                self.len = wire.chance.size(&(16_000..=16_000_000));
                let request = "GET /files/archive.bin HTTP/1.1\r\nHost: cdn.example\r\n\
                               User-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n";
                let response = format!(
                    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/octet-stream\r\n\
                     Content-Length: {}\r\nConnection: keep-alive\r\n\r\n",
                    self.len
                );
                self.stream.send(Side::Client, request.as_bytes(), wire);
                self.stream.send(Side::Server, response.as_bytes(), wire);
            }
        }
    }

    /// 4 to 32 segments.
    fn go_on(&mut self, noise: &Noise, wire: &mut Wire<'_>) {
        let len = (SEGMENT * wire.chance.size(&(4..=32))).min(self.len - self.sent);
        let mut bytes = noise.take(len, &mut wire.chance).to_vec();
        if self.kind == Kind::Tls {
            // The headers of the records that begin before the last of these bytes.
            for start in (self.sent / RECORD * RECORD..self.sent + len).step_by(RECORD) {
                for (place, byte) in (start..).zip(record_header(0x17, RECORD - 5)) {
                    let byte_here = place.checked_sub(self.sent).and_then(|at| bytes.get_mut(at));
                    if let Some(there) = byte_here {
                        *there = byte;
                    }
                }
            }
        }
        self.sent += len;
        self.stream.send(Side::Server, &bytes, wire);
    }

    fn end(&mut self, noise: &Noise, wire: &mut Wire<'_>) {
        if self.kind == Kind::Tls {
            farewell(&mut self.stream, noise, wire);
        }
        self.stream.end(Side::Client, wire);
    }
}

fn record_header(content_type: u8, len: usize) -> [u8; 5] {
    let [high, low] = (len as u16).to_be_bytes();
    [content_type, 3, 3, high, low]
}

/// A TLS record (RFC 8446 §5.1).
pub(super) fn record(content_type: u8, content: &[u8]) -> Vec<u8> {
    [&record_header(content_type, content.len()), content].concat()
}

/// A vector with its length in two bytes before it.
fn counted(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes(), content].concat()
}

fn handshake(message: u8, body: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = (body.len() as u32).to_be_bytes();
    [&[message], &len[..], body].concat()
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &counted(content)].concat()
}

/// The handshake of TLS 1.3 (RFC 8446 §2).
pub(super) fn greet(stream: &mut Stream, noise: &Noise, wire: &mut Wire<'_>) {
    let mut take = |len| noise.take(len, &mut wire.chance);
    let session = [&[32], take(32)].concat();
    let client_share = [&[0, 38, 0, 29, 0, 32], take(32)].concat();
    let server_share = [&[0, 29, 0, 32], take(32)].concat();
    let offered = [
        extension(0, &counted(&[&[0][..], &counted(b"cdn.example")].concat())),
        extension(10, &[0, 4, 0, 29, 0, 23]),
        extension(13, &[0, 8, 4, 3, 8, 4, 4, 1, 5, 3]),
        extension(16, b"\0\x0C\x02h2\x08http/1.1"),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(45, &[1, 1]),
        extension(51, &client_share),
    ];
    let suites = counted(&[0x13, 1, 0x13, 2, 0x13, 3, 0xC0, 0x2B, 0xC0, 0x2F]);
    let hello = [&[3, 3][..], take(32), &session, &suites, &[1, 0], &counted(&offered.concat())];
    let mut client_hello = record(0x16, &handshake(1, &hello.concat()));
    client_hello[2] = 1; // RFC 8446 §5.1: for compatibility
    let agreed = [extension(43, &[3, 4]), extension(51, &server_share)].concat();
    let hello = [&[3, 3][..], take(32), &session, &[0x13, 1, 0], &counted(&agreed)];
    let flight = [
        record(0x16, &handshake(2, &hello.concat())),
        record(0x14, &[1]),
        record(0x17, take(2_900)),
    ];
    let finished = [record(0x14, &[1]), record(0x17, take(53))];
    stream.send(Side::Client, &client_hello, wire);
    stream.send(Side::Server, &flight.concat(), wire);
    stream.send(Side::Client, &finished.concat(), wire);
}

/// An encrypted close_notify.
pub(super) fn farewell(stream: &mut Stream, noise: &Noise, wire: &mut Wire<'_>) {
    let alert = record(0x17, noise.take(19, &mut wire.chance));
    stream.send(Side::Client, &alert, wire);
}
