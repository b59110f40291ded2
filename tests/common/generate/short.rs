//! Short connections: one in fifty a WebSocket, the rest HTTP, TLS and what nobody knows.
//!
//! In: chance. Out: connections of some ten packets, hundreds of them at the same time.

use wsblame::endpoint::Side;

use super::bulk::{Noise, farewell, greet, record};
use super::websocket::{Said, Talk, Talker};
use super::wire::{Stream, Wire};

/// Connections that are open at the same time; when one ends, another begins in its place.
pub(super) struct Crowd {
    noise: Noise,
    talk: Talk,
    places: Vec<Option<Short>>,
}

/// A short connection, and what it does next.
enum Short {
    WebSocket(Talker),
    Other(Stream, Kind, Step),
}

#[derive(Clone, Copy)]
enum Kind {
    Http,
    Tls,
    Unknown,
}

/// What the connection does next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Greet,
    Ask,
    Answer,
    End,
}

impl Crowd {
    pub(super) fn new(at_once: usize, wire: &mut Wire<'_>) -> Crowd {
        let talk = Talk { messages: 2..=8, sizes: 40..=200, deflated: None };
        let places = (0..at_once).map(|_| None).collect();
        Crowd { noise: Noise::new(&mut wire.chance), talk, places }
    }

    /// One of them does something.
    pub(super) fn say(&mut self, wire: &mut Wire<'_>) {
        let place = wire.chance.below(self.places.len());
        let place = &mut self.places[place];
        let said = match place {
            None => {
                *place = Some(Short::open(&self.talk, wire));
                Said::Some
            }
            Some(Short::WebSocket(talker)) => talker.say(wire, &self.talk),
            Some(Short::Other(stream, kind, step)) => {
                *step = kind.say(stream, *step, &self.noise, wire);
                if *step == Step::End { Said::All } else { Said::Some }
            }
        };
        if said == Said::All {
            *place = None;
        }
    }

    /// All WebSockets that are open close.
    pub(super) fn end(mut self, wire: &mut Wire<'_>) {
        for place in self.places.iter_mut().flatten() {
            if let Short::WebSocket(talker) = place {
                talker.hush();
                talker.say(wire, &self.talk);
            }
        }
    }
}

impl Short {
    fn open(talk: &Talk, wire: &mut Wire<'_>) -> Short {
        let number = wire.truth.tcp_connections as usize;
        if number % 50 == 49 {
            let mut talker = Talker::new(number, wire.chance.size(&talk.messages));
            talker.say(wire, talk);
            return Short::WebSocket(talker);
        }
        let (kind, port) = match number % 5 {
            0 | 1 => (Kind::Http, 80),
            2 | 3 => (Kind::Tls, 443),
            _ => (Kind::Unknown, 6_379),
        };
        Short::Other(Stream::new(number, port, wire), kind, Step::Greet)
    }
}

impl Kind {
    /// Takes the step, and says what the next one is.
    fn say(self, stream: &mut Stream, step: Step, noise: &Noise, wire: &mut Wire<'_>) -> Step {
        let len = wire.chance.size(&(100..=4_000));
        match (self, step) {
            (Kind::Tls, Step::Greet) => greet(stream, noise, wire),
            (_, Step::Greet) | (_, Step::End) => {}
            (Kind::Http, Step::Ask) => {
                let request = b"GET /api/items?page=7 HTTP/1.1\r\nHost: api.example\r\n\
                                User-Agent: shop/4.2\r\nAccept: application/json\r\n\r\n";
                stream.send(Side::Client, request, wire);
            }
            (Kind::Http, Step::Answer) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: br\r\n\
                     Content-Length: {len}\r\nConnection: close\r\n\r\n"
                );
                let body = noise.take(len, &mut wire.chance);
                stream.send(Side::Server, &[head.as_bytes(), body].concat(), wire);
            }
            (Kind::Tls, Step::Ask) => {
                let request = record(0x17, noise.take(250, &mut wire.chance));
                stream.send(Side::Client, &request, wire);
            }
            (Kind::Tls, Step::Answer) => {
                let response = record(0x17, noise.take(len, &mut wire.chance));
                stream.send(Side::Server, &response, wire);
                farewell(stream, noise, wire);
            }
            (Kind::Unknown, Step::Ask) => {
                let ask = [b"*2\r\n$3\r\nGET\r\n$8\r\n", &b"cart:\0\x01\x02\r\n"[..]].concat();
                stream.send(Side::Client, &ask, wire);
            }
            (Kind::Unknown, Step::Answer) => {
                let body = noise.take(len, &mut wire.chance);
                let answer = [format!("${len}\r\n").as_bytes(), body, b"\r\n"].concat();
                stream.send(Side::Server, &answer, wire);
            }
        }
        match step {
            Step::Greet => Step::Ask,
            Step::Ask => Step::Answer,
            Step::Answer | Step::End => {
                stream.end(Side::Client, wire);
                Step::End
            }
        }
    }
}
