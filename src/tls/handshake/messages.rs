//! Messages out of the content of handshake records.
//!
//! In: the content of each record, and what was lost between. Out: messages. One that is wanted is
//! held until it is whole, within a bound; of the others no more than their length.

use super::hello::encrypted_extensions;
use super::{Answer, ClientHello};

/// A message, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tls) enum Message {
    ClientHello(Box<ClientHello>),
    ServerHello(Box<Answer>),
    EncryptedExtensions {
        protocol: Option<String>,
        early_data: bool,
    },
    EndOfEarlyData,
    Certificate,
    /// With the first bytes of the premaster secret as RSA encrypts it, by which some key logs name
    /// it.
    ClientKeyExchange(Option<[u8; 8]>),
    Finished,
    KeyUpdate,
    /// What changes nothing.
    Other,
}

/// The unread part of one direction's messages.
#[derive(Debug, Default)]
pub(in crate::tls) struct Messages {
    /// The header of a message, and as much of its body as is held.
    partial: Vec<u8>,
    /// Bytes of the body that are still to be stepped over.
    passing: usize,
    /// Whether it is not known where a message begins.
    is_lost: bool,
}

/// Numbers of messages in the IANA registry.
mod kind {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const END_OF_EARLY_DATA: u8 = 5;
    pub(super) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(super) const CERTIFICATE: u8 = 11;
    pub(super) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(super) const FINISHED: u8 = 20;
    pub(super) const KEY_UPDATE: u8 = 24;
    /// All numbers that are given to messages.
    pub(super) const KNOWN: [u8; 19] =
        [0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 24, 25];
}

/// Bytes of a message's header.
const HEADER: usize = 4;

impl Messages {
    /// Takes in the content of a record. Where messages were lost before, it is read only if it
    /// is made up of whole ones.
    pub(in crate::tls) fn begin(&mut self, content: &[u8]) -> bool {
        if self.is_lost && is_whole(content) {
            self.is_lost = false;
        }
        !self.is_lost
    }

    /// The next message whose end is in `content`, from whose start it takes what it reads. Of a
    /// message longer than `limit` no more is read than that it was there.
    pub(in crate::tls) fn next(&mut self, content: &mut &[u8], limit: usize) -> Option<Message> {
        while !self.is_lost {
            if self.passing > 0 {
                let step = self.passing.min(content.len());
                *content = content.get(step..).unwrap_or_default();
                self.passing -= step;
            } else if self.partial.len() < HEADER {
                self.fill(HEADER, content);
                if self.partial.len() == HEADER && !self.wants(limit) {
                    self.passing = self.len();
                }
            } else if self.wants(limit) {
                self.fill(HEADER + self.len(), content);
            }
            let has_header = self.partial.len() >= HEADER && self.passing == 0;
            if has_header && (!self.wants(limit) || self.partial.len() == HEADER + self.len()) {
                let message = self.parse();
                self.partial.clear();
                return Some(message);
            }
            if content.is_empty() {
                return None;
            }
        }
        *content = &[];
        None
    }

    /// Whether no message has begun without having ended, and it is known where the next begins.
    pub(in crate::tls) fn is_between(&self) -> bool {
        !self.is_lost && self.partial.is_empty() && self.passing == 0
    }

    /// Whether it is not known where a message begins.
    pub(in crate::tls) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// So many bytes of messages were lost, `None` if nobody knows how many.
    pub(in crate::tls) fn lose(&mut self, lost: Option<usize>) {
        let rest = match self.partial.len() >= HEADER {
            true if self.passing > 0 => self.passing,
            true => (HEADER + self.len()).saturating_sub(self.partial.len()),
            false => 0,
        };
        match lost {
            // They are the inner part of a message whose length is known.
            Some(lost) if lost < rest => {
                self.passing = rest - lost;
                // What is left of it is no message that anybody could want.
                self.partial.truncate(HEADER);
                if let Some(kind) = self.partial.first_mut() {
                    *kind = LOST;
                }
            }
            // They are its end.
            Some(lost) if lost == rest && rest > 0 && !self.is_lost => self.reset(),
            _ => {
                self.partial.clear();
                self.passing = 0;
                self.is_lost = true;
            }
        }
    }

    /// Gives up a message that is not there as a whole, if one is held.
    pub(in crate::tls) fn give_up(&mut self) -> bool {
        let is_held = self.partial.len() > HEADER;
        if is_held {
            self.lose(Some(0)); // its length is known, and the rest of it is stepped over
        }
        self.partial.shrink_to_fit();
        is_held
    }

    /// Begins anew: other keys, other messages.
    pub(in crate::tls) fn reset(&mut self) {
        *self = Messages::default();
    }

    /// Bytes of memory held.
    pub(in crate::tls) fn held(&self) -> usize {
        self.partial.capacity()
    }

    /// The length that the header states.
    fn len(&self) -> usize {
        match self.partial.as_slice() {
            [_, a, b, c, ..] => usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c),
            _ => 0,
        }
    }

    /// Whether the body of the message that has begun is to be held.
    fn wants(&self, limit: usize) -> bool {
        let wanted = [
            kind::CLIENT_HELLO,
            kind::SERVER_HELLO,
            kind::ENCRYPTED_EXTENSIONS,
            kind::CLIENT_KEY_EXCHANGE,
        ];
        self.partial.first().is_some_and(|kind| wanted.contains(kind)) && self.len() <= limit
    }

    fn fill(&mut self, len: usize, content: &mut &[u8]) {
        let lacks = len.saturating_sub(self.partial.len()).min(content.len());
        if let Some((taken, rest)) = content.split_at_checked(lacks) {
            self.partial.extend_from_slice(taken);
            *content = rest;
        }
    }

    fn parse(&self) -> Message {
        let body = self.partial.get(HEADER..).unwrap_or_default();
        match self.partial.first().copied().unwrap_or_default() {
            kind::CLIENT_HELLO => ClientHello::parse(body)
                .map_or(Message::Other, |hello| Message::ClientHello(Box::new(hello))),
            kind::SERVER_HELLO => Answer::parse(body)
                .map_or(Message::Other, |answer| Message::ServerHello(Box::new(answer))),
            kind::ENCRYPTED_EXTENSIONS => {
                let (protocol, early_data) = encrypted_extensions(body);
                Message::EncryptedExtensions { protocol, early_data }
            }
            kind::CLIENT_KEY_EXCHANGE => {
                // RFC 5246 §7.4.7.1: two bytes of length, which SSL 3.0 does not have.
                let encrypted = body.get(2..).and_then(|rest| rest.first_chunk().copied());
                Message::ClientKeyExchange(encrypted)
            }
            kind::END_OF_EARLY_DATA => Message::EndOfEarlyData,
            kind::CERTIFICATE => Message::Certificate,
            kind::FINISHED => Message::Finished,
            kind::KEY_UPDATE => Message::KeyUpdate,
            _ => Message::Other,
        }
    }
}

/// A kind that no message has: stands for one of which a part was lost.
const LOST: u8 = 255;

/// Whether bytes are nothing but whole messages of known kinds.
fn is_whole(mut content: &[u8]) -> bool {
    let had_any = !content.is_empty();
    while let Some((header, rest)) = content.split_first_chunk::<HEADER>() {
        let [kind, a, b, c] = *header;
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        match rest.get(len..) {
            Some(behind) if kind::KNOWN.contains(&kind) => content = behind,
            _ => return false,
        }
    }
    had_any && content.is_empty()
}
