//! TLS on a connection.
//!
//! In: the events of the stream that carries the records, and the keys. Out: the events of the
//! plaintext, whose offsets count application data from the start of the session. What is known of
//! the session is asked at the end.

use super::Limits;
use super::carrier::Plaintext;
use crate::endpoint::{PerSide, Side};
use crate::tcp::{Connection, Released, StreamEvent, Summary};
use crate::tls::{Inference, Keyring, Keys, Opened, Session, TlsFacts};

/// A TLS session, and what was read of it.
#[derive(Debug)]
pub(super) struct Secure {
    session: Session,
    plaintext: Plaintext,
}

impl Secure {
    /// A session of which nothing was read yet.
    pub(super) fn new(limits: &Limits) -> Secure {
        let plaintext = Plaintext::new(limits.sources);
        Secure { session: Session::new(limits.tls()), plaintext }
    }

    /// Takes in the next event of the carrying stream; then call [`Secure::next`] until it gives
    /// nothing. Returns false where there is nothing to call it for.
    pub(super) fn push(
        &mut self,
        side: Side,
        event: StreamEvent<'_>,
        keys: &Keyring,
        tcp: &Connection,
    ) -> bool {
        self.session.push(side, event, keys, tcp)
    }

    /// The stream has ended; then call [`Secure::next`] until it gives nothing, and then
    /// [`Secure::conclude`].
    pub(super) fn finish(&mut self, keys: &Keyring, tcp: &Connection) {
        self.session.finish(keys, tcp);
    }

    /// Everything was read: notes how each side ended.
    pub(super) fn conclude(&mut self) {
        for side in Side::BOTH {
            let known = &self.session.facts().sides[side];
            if let Some(ending) = known.ending.as_deref() {
                self.plaintext.end(side, ending.range, ending.at);
            } else if let Some(record) = known.last_unread {
                self.plaintext.lose_end(side, record);
            }
            self.plaintext.reach(side, u64::MAX);
        }
    }

    /// The next event of the plaintext.
    pub(super) fn next(&mut self, tcp: &Connection) -> Option<(Side, Released)> {
        while let Some((side, opened)) = self.session.next() {
            let released = match opened {
                Opened::Data { record, bytes } => {
                    let range = self.plaintext.add(side, record, bytes.len());
                    self.plaintext.reach(side, record.end);
                    Released::Data { offset: range.start, bytes }
                }
                Opened::Hole { record, plain, cause } => {
                    let (range, cause) = self.plaintext.lose(side, record, plain, cause, tcp);
                    self.plaintext.reach(side, record.end);
                    Released::Gap { range, cause }
                }
            };
            match &released {
                Released::Data { bytes, .. } if bytes.is_empty() => self.recycle(released),
                Released::Gap { range, .. } if range.is_empty() => {}
                _ => return Some((side, released)),
            }
        }
        for side in Side::BOTH {
            self.plaintext.reach(side, self.session.read_to(side));
        }
        None
    }

    /// Takes back the buffer of an event that was read.
    pub(super) fn recycle(&mut self, released: Released) {
        if let Released::Data { bytes, .. } = released {
            self.session.recycle(bytes);
        }
    }

    /// The plaintext, to be read through a [`Carrier`](super::carrier::Carrier).
    pub(super) fn plaintext(&self) -> &Plaintext {
        &self.plaintext
    }

    /// What is known of the session.
    pub(super) fn facts(&self) -> &TlsFacts {
        self.session.facts()
    }

    /// What the records suggest that were not opened, on a connection whose sides did `tcp`.
    pub(super) fn infer(&self, tcp: &PerSide<Summary>) -> Inference {
        self.session.shape().infer(self.facts(), tcp)
    }

    /// Whether records were given up before their keys came, and now these are known.
    pub(super) fn waited_in_vain(&self) -> bool {
        self.session.has_given_up() && self.facts().keys != Keys::Missing
    }

    /// Whether records wait for keys.
    pub(super) fn awaits_keys(&self) -> bool {
        self.session.awaits_keys()
    }

    /// Gives up the records that are held.
    pub(super) fn give_up_records(&mut self) {
        self.session.give_up_records();
    }

    /// Bytes that it holds, most of them because they wait for keys.
    pub(super) fn held(&self) -> usize {
        self.session.held()
    }
}
