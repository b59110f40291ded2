//! The read state of one direction, between two changes of its keys.

use std::fmt;

use super::Refused;
use super::cbc::Cbc;
use super::explicit::Explicit;
use super::null::Null;
use super::xored::Xored;
use crate::endpoint::PerSide;
use crate::tls::schedule::{self, Keys};
use crate::tls::suite::{Cipher, MacOrder, Suite};
use crate::tls::{ClientRandom, ContentType, RecordHeader, Secret, Version};

/// The read state of one direction, between two changes of its keys. The keys are overwritten when
/// it is dropped, and cannot be printed.
pub struct Protection {
    suite: &'static Suite,
    mode: Mode,
}

enum Mode {
    /// TLS 1.3, with the secret from which the next keys are made.
    Tls13(Xored, Secret),
    /// ChaCha20-Poly1305 in TLS 1.2.
    Xored(Xored),
    /// GCM and CCM in TLS 1.2.
    Explicit(Explicit),
    /// CBC up to TLS 1.2.
    Cbc(Box<Cbc>),
    /// No encryption, up to TLS 1.2.
    Null(Null),
}

impl Protection {
    /// That of TLS 1.3 under a traffic secret; `None` if the suite is not one of TLS 1.3, or the
    /// secret is not as long as its hash.
    pub fn of_traffic_secret(suite: &'static Suite, secret: &Secret) -> Option<Protection> {
        let keys = schedule::traffic_keys(suite, secret)?;
        let mode = Mode::Tls13(Xored::new(suite.cipher, &keys)?, secret.clone());
        Some(Protection { suite, mode })
    }

    /// What follows a KeyUpdate (RFC 8446 §7.2); its sequence numbers begin at 0. `None` before
    /// TLS 1.3.
    pub fn updated(&self) -> Option<Protection> {
        let Mode::Tls13(_, secret) = &self.mode else {
            return None;
        };
        let next = schedule::next_traffic_secret(self.suite, secret)?;
        Protection::of_traffic_secret(self.suite, &next)
    }

    /// Those of both directions up to TLS 1.2; `None` if the version has no such suite, or the
    /// master secret has not 48 bytes. The order matters to CBC suites alone.
    pub fn of_master_secret(
        version: Version,
        suite: &'static Suite,
        master: &Secret,
        client_random: &ClientRandom,
        server_random: &[u8; 32],
        order: MacOrder,
    ) -> Option<PerSide<Protection>> {
        let keys = schedule::expand(version, suite, master, client_random, server_random)?;
        let protection = |keys: &Keys| {
            Some(Protection { suite, mode: Mode::of_keys(version, suite.cipher, keys, order)? })
        };
        Some(PerSide { client: protection(&keys.client)?, server: protection(&keys.server)? })
    }

    /// Opens a record: `out` gets its content in place of what it held, without padding, and the
    /// type of the content is returned. `header` is the record's own, `fragment` all that stands
    /// behind it.
    ///
    /// # Errors
    ///
    /// Why it was not opened; `out` is empty then, and the state is as it was, so that another
    /// sequence number may be tried. Whoever gives up calls [`Protection::pass`].
    pub fn open(
        &mut self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let opened = match &mut self.mode {
            Mode::Tls13(mode, _) => mode.open_1_3(sequence, header, fragment, out),
            Mode::Xored(mode) => mode.open_1_2(sequence, header, fragment, out),
            Mode::Explicit(mode) => mode.open(sequence, header, fragment, out),
            Mode::Cbc(mode) => mode.open(sequence, header, fragment, out),
            Mode::Null(mode) => mode.open(sequence, header, fragment, out),
        };
        if opened.is_err() {
            out.clear();
        }
        opened
    }

    /// Passes over a record that was captured whole and is not opened: before TLS 1.1 its last
    /// block is the IV of the next record. Not for records that [`Protection::open`] has opened.
    pub fn pass(&mut self, fragment: &[u8]) {
        if let Mode::Cbc(mode) = &mut self.mode {
            mode.pass(fragment);
        }
    }

    /// Passes over records that were lost in whole or in part: before TLS 1.1 the IV of the next is
    /// not known then, and it is refused with [`Refused::NoIv`]; its last block serves the one after
    /// it.
    pub fn forget(&mut self) {
        if let Mode::Cbc(mode) = &mut self.mode {
            mode.forget();
        }
    }

    /// The suite.
    pub fn suite(&self) -> &'static Suite {
        self.suite
    }
}

impl Mode {
    fn of_keys(version: Version, cipher: Cipher, keys: &Keys, order: MacOrder) -> Option<Mode> {
        Some(match cipher {
            Cipher::ChaCha20Poly1305 => Mode::Xored(Xored::new(cipher, keys)?),
            Cipher::Aes128Gcm
            | Cipher::Aes256Gcm
            | Cipher::Aes128Ccm
            | Cipher::Aes256Ccm
            | Cipher::Aes128Ccm8
            | Cipher::Aes256Ccm8 => Mode::Explicit(Explicit::new(cipher, keys)?),
            Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) => {
                Mode::Cbc(Box::new(Cbc::new(version, cipher, keys, order)?))
            }
            Cipher::Null(mac) => Mode::Null(Null::new(mac, keys)?),
        })
    }
}

/// Without the keys.
impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protection({})", self.suite.name)
    }
}
