//! The sealing counterpart, for tests alone: what an endpoint of the other kind would write.
//!
//! In: the same secrets as for reading. Out: whole records, header and all, with their sequence
//! numbers counted here.

use aes::cipher::array::Array;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256};

use super::explicit::Explicit;
use super::mac::{RecordMac, additional_data};
use super::null::Null;
use super::xored::Xored;
use crate::endpoint::PerSide;
use crate::tls::schedule::{self, Keys};
use crate::tls::suite::{BLOCK, Cipher, MacOrder, Suite};
use crate::tls::{ClientRandom, ContentType, RecordHeader, Secret, Version};

/// The write state of one direction.
pub(crate) struct Sealer {
    suite: &'static Suite,
    version: Version,
    mode: Mode,
    /// The number of the next record.
    pub(crate) sequence: u64,
}

enum Mode {
    Tls13(Xored, Secret),
    Xored(Xored),
    Explicit(Explicit),
    Cbc(Box<Cbc>),
    Null(Null),
}

struct Cbc {
    key: Vec<u8>,
    mac: RecordMac,
    order: MacOrder,
    /// The next record's IV, where it is not sent.
    chained: Option<[u8; BLOCK]>,
}

impl Sealer {
    /// Of TLS 1.3, from a traffic secret as long as the suite's hash.
    pub(crate) fn of_traffic_secret(suite: &'static Suite, secret: &Secret) -> Sealer {
        let keys = schedule::traffic_keys(suite, secret).expect("a secret of this suite");
        let xored = Xored::new(suite.cipher, &keys).expect("an AEAD");
        let mode = Mode::Tls13(xored, secret.clone());
        Sealer { suite, version: Version::TLS_1_3, mode, sequence: 0 }
    }

    /// What follows a KeyUpdate.
    pub(crate) fn updated(&self) -> Sealer {
        let Mode::Tls13(_, secret) = &self.mode else { unreachable!("only in TLS 1.3") };
        let next = schedule::next_traffic_secret(self.suite, secret).expect("it fits the suite");
        Sealer::of_traffic_secret(self.suite, &next)
    }

    /// Of both directions up to TLS 1.2, from a master secret of 48 bytes.
    pub(crate) fn of_master_secret(
        version: Version,
        suite: &'static Suite,
        master: &Secret,
        client_random: &ClientRandom,
        server_random: &[u8; 32],
        order: MacOrder,
    ) -> PerSide<Sealer> {
        let keys = schedule::expand(version, suite, master, client_random, server_random);
        let keys = keys.expect("the version has the suite");
        let sealer = |keys: &Keys| {
            let mode = Mode::of_keys(version, suite.cipher, keys, order);
            Sealer { suite, version, mode: mode.expect("keys of the suite"), sequence: 0 }
        };
        PerSide { client: sealer(&keys.client), server: sealer(&keys.server) }
    }

    /// The whole record that carries `content`.
    pub(crate) fn seal(&mut self, content_type: ContentType, content: &[u8]) -> Vec<u8> {
        self.seal_padded(content_type, content, 0)
    }

    /// With more padding than is needed: bytes in TLS 1.3, blocks with CBC, and none elsewhere.
    pub(crate) fn seal_padded(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        padding: usize,
    ) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence += 1;
        let header = |content_type, len: usize| RecordHeader {
            content_type,
            // RFC 8446 §5.2: on the wire it says 1.2.
            version: self.version.min(Version::TLS_1_2),
            len: u16::try_from(len).expect("the length of a record"),
        };
        let additional = |len| additional_data(sequence, header(content_type, len), len);
        let mut on_wire = content_type;
        let fragment = match &mut self.mode {
            Mode::Tls13(xored, _) => {
                on_wire = ContentType::APPLICATION_DATA;
                let inner = [content, &[content_type.0], &vec![0; padding]].concat();
                let len = inner.len() + self.suite.cipher.tag_len();
                xored.seal(sequence, &header(on_wire, len).to_bytes(), &inner)
            }
            Mode::Xored(xored) => xored.seal(sequence, &additional(content.len()), content),
            Mode::Explicit(explicit) => {
                // Whatever is unique will do; some stacks do not begin at 0.
                let nonce = (sequence ^ 0x5EED_0000_0000_0000).to_be_bytes();
                explicit.seal(nonce, &additional(content.len()), content)
            }
            Mode::Cbc(cbc) => cbc.seal(sequence, &additional, content, padding),
            Mode::Null(null) => null.seal(&additional(content.len()), content),
        };
        [header(on_wire, fragment.len()).to_bytes().as_slice(), &fragment].concat()
    }
}

impl Mode {
    fn of_keys(version: Version, cipher: Cipher, keys: &Keys, order: MacOrder) -> Option<Mode> {
        Some(match cipher {
            Cipher::ChaCha20Poly1305 => Mode::Xored(Xored::new(cipher, keys)?),
            Cipher::Null(mac) => Mode::Null(Null::new(mac, keys)?),
            Cipher::Aes128Cbc(mac) | Cipher::Aes256Cbc(mac) => Mode::Cbc(Box::new(Cbc {
                key: keys.key.to_vec(),
                mac: RecordMac::new(mac, &keys.mac)?,
                order,
                chained: match version <= Version::TLS_1_0 {
                    true => Some(keys.iv.as_slice().try_into().ok()?),
                    false => None,
                },
            })),
            _ => Mode::Explicit(Explicit::new(cipher, keys)?),
        })
    }
}

impl Cbc {
    fn seal(
        &mut self,
        sequence: u64,
        additional: &dyn Fn(usize) -> [u8; 13],
        content: &[u8],
        more_blocks: usize,
    ) -> Vec<u8> {
        let mut plain = content.to_vec();
        if self.order == MacOrder::MacThenEncrypt {
            plain.extend(self.mac.of(&additional(content.len()), content));
        }
        let least = BLOCK - plain.len() % BLOCK;
        let padding = least + (more_blocks * BLOCK).min((256 - least) / BLOCK * BLOCK);
        let value = u8::try_from(padding - 1).expect("at most 256 bytes of padding");
        plain.resize(plain.len() + padding, value);

        // An IV that nobody foresees is the business of a real sender.
        let sent: [u8; BLOCK] =
            [sequence.to_le_bytes(), [0xA5; 8]].concat().try_into().expect("a block");
        let iv = self.chained.unwrap_or(sent);
        let (blocks, _) = Array::slice_as_chunks_mut(&mut plain);
        if self.key.len() == 16 {
            let mut cipher = ::cbc::Encryptor::<Aes128>::new_from_slices(&self.key, &iv);
            cipher.as_mut().expect("a key and an IV").encrypt_blocks(blocks);
        } else {
            let mut cipher = ::cbc::Encryptor::<Aes256>::new_from_slices(&self.key, &iv);
            cipher.as_mut().expect("a key and an IV").encrypt_blocks(blocks);
        }
        let mut fragment = match &mut self.chained {
            Some(chained) => {
                *chained = *plain.last_chunk().expect("at least a block");
                plain
            }
            None => [iv.as_slice(), &plain].concat(),
        };
        if self.order == MacOrder::EncryptThenMac {
            fragment.extend(self.mac.of(&additional(fragment.len()), &fragment));
        }
        fragment
    }
}
