//! The part of a connection that is about TLS.
//!
//! In: the events of TCP, and the keys. Out: the plaintext, handed to the stage that reads it as
//! that of a connection in the clear would be.

use super::{Flow, Stage};
use crate::endpoint::{Endpoint, Side};
use crate::pipeline::secure::Secure;
use crate::pipeline::tls_report::why_unread;
use crate::pipeline::undecided::Undecided;
use crate::tcp::StreamEvent;
use crate::tls::{Keyring, Keys};

/// A connection in TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Encrypted {
    /// The side that was asked.
    pub(in crate::pipeline) server: Endpoint,
    /// The name by which it was asked for.
    pub(in crate::pipeline) server_name: Option<String>,
    /// Whether anything of it was read.
    pub(in crate::pipeline) is_read: bool,
    /// What it has that keeps it from being read, besides that its keys are missing.
    pub(in crate::pipeline) unread_for: Option<String>,
    /// Whether there is a report on it all the same, by what was inferred.
    pub(in crate::pipeline) is_reported: bool,
    /// Whether it carries TLS once more, which is not read.
    pub(in crate::pipeline) is_nested: bool,
    /// Whether records were given up before their keys came.
    pub(in crate::pipeline) waited_in_vain: bool,
}

impl Flow {
    /// Its TLS, if it has that.
    pub(in crate::pipeline) fn encrypted(&self) -> Option<Encrypted> {
        let secure = self.secure.as_ref()?;
        let facts = secure.facts();
        Some(Encrypted {
            server: self.tcp.endpoints.server,
            server_name: facts.server_name.clone(),
            is_read: facts.keys == Keys::Found,
            unread_for: why_unread(facts),
            is_reported: false,
            is_nested: self.is_nested,
            waited_in_vain: secure.waited_in_vain(),
        })
    }

    /// Whether records wait for keys.
    pub(in crate::pipeline) fn awaits_keys(&self) -> bool {
        self.secure.as_ref().is_some_and(|secure| secure.awaits_keys())
    }

    /// Takes in an event of TCP: what is read is that, or the plaintext in it.
    pub(super) fn take(&mut self, side: Side, event: StreamEvent<'_>, keyring: &Keyring) {
        match &mut self.secure {
            Some(secure) => {
                if secure.push(side, event, keyring, &self.tcp) {
                    self.read_plaintext();
                }
            }
            None => {
                self.advance(side, event);
                self.begin_tls(keyring);
            }
        }
    }

    pub(super) fn read_plaintext(&mut self) {
        while let Some(secure) = &mut self.secure
            && let Some((side, released)) = secure.next(&self.tcp)
        {
            self.advance(side, released.as_event());
            if let Some(secure) = &mut self.secure {
                secure.recycle(released);
            }
        }
    }

    /// Reads on inside TLS, if that has turned out to be what the connection carries.
    pub(super) fn begin_tls(&mut self, keyring: &Keyring) {
        let Stage::Tls(held) = &mut self.stage else { return };
        let held = std::mem::take(held);
        self.stage = Stage::Undecided(Undecided::default());
        if self.secure.is_some() {
            self.stage = Stage::Over;
            self.is_nested = true;
            return;
        }
        // What was asked of the proxy before was in the clear, and is none of this stream.
        self.attempts.clear();
        let mut secure = Box::new(Secure::new(&self.limits));
        for (side, released) in held {
            secure.push(side, released.as_event(), keyring, &self.tcp);
        }
        self.secure = Some(secure);
        // What was tampered with does not authenticate.
        self.tcp.stop_comparing();
        self.read_plaintext();
    }
}
