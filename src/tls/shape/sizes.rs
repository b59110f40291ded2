//! How much content a record of a certain length may have.
//!
//! In: the version and the suite of a session. Out: the contents that fit a length, by nothing but
//! [`Suite::sealed_len`]. Padding that a sender adds of its own accord (RFC 8446 §5.4) is not
//! thought of: no stack in wide use does so unless it is told to.

use std::ops::RangeInclusive;

use crate::tls::suite::{self, Hash, MacOrder, Suite};
use crate::tls::{TlsFacts, Version};

/// How the records of a session grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    suite: &'static Suite,
    version: Version,
}

impl Sizes {
    /// For the session of these facts; `None` where the sizes of its records say too little: the
    /// version or the suite is not known, or it is older than TLS 1.1, where stacks split records
    /// to be safe from CVE-2011-3389.
    pub(super) fn of(tls: &TlsFacts) -> Option<Sizes> {
        let version = tls.version.filter(|version| *version >= Version::TLS_1_1)?;
        Some(Sizes { suite: suite::find(tls.suite?)?, version })
    }

    /// The contents that fit a record of `len` bytes; `None` where none does.
    pub(super) fn content(&self, len: u16) -> Option<RangeInclusive<u16>> {
        let orders = [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac];
        let fits = orders.iter().filter_map(|order| self.content_in(*order, len));
        fits.reduce(|one, other| *one.start().min(other.start())..=*one.end().max(other.end()))
    }

    fn content_in(&self, order: MacOrder, len: u16) -> Option<RangeInclusive<u16>> {
        let sealed = |plain: u16| self.suite.sealed_len(self.version, order, usize::from(plain));
        let first = first_where(len, |plain| sealed(plain) >= usize::from(len));
        let behind = first_where(len, |plain| sealed(plain) > usize::from(len));
        (first < behind).then(|| first..=behind - 1)
    }

    /// Whether a record of `len` bytes may have `plain` bytes of content.
    pub(super) fn fits(&self, len: u16, plain: u16) -> bool {
        self.content(len).is_some_and(|contents| contents.contains(&plain))
    }

    /// Whether every length has one content only: all but CBC.
    pub(super) fn are_exact(&self) -> bool {
        self.suite.sealed_len(self.version, MacOrder::MacThenEncrypt, 0)
            != self.suite.sealed_len(self.version, MacOrder::MacThenEncrypt, 1)
    }

    /// Whether the kind of a record is hidden: application data, handshake and alerts look alike
    /// (RFC 8446 §5.2).
    pub(super) fn hide_kinds(&self) -> bool {
        self.version >= Version::TLS_1_3
    }

    /// Content of the message Finished (RFC 8446 §4.4.4): its header and a hash.
    pub(super) fn finished(&self) -> u16 {
        match self.suite.hash {
            Hash::Sha256 => 4 + 32,
            Hash::Sha384 => 4 + 48,
        }
    }
}

/// The first of `0..=most` for which `holds`, which holds for all behind it; `most + 1` for none.
fn first_where(most: u16, holds: impl Fn(u16) -> bool) -> u16 {
    let (mut low, mut high) = (0, most.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}
