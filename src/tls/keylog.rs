//! Key logs: lines of text in the format of NSS, as `SSLKEYLOGFILE` makes programs write them.
//!
//! In: the bytes of a key log, in pieces of any size. Out: its secrets, put into a [`Keyring`], and
//! [`KeyLogFacts`]: what was wrong with which line. No line is held longer than it takes to read
//! it, and nothing of what it says is repeated: neither in messages nor in memory that is freed.
//!
//! ```text
//! # comment
//! CLIENT_RANDOM <client random> <master secret>                      up to TLS 1.2
//! CLIENT_HANDSHAKE_TRAFFIC_SECRET <client random> <secret>           TLS 1.3, and so on
//! PMS_CLIENT_RANDOM <client random> <premaster secret>               GnuTLS and others, by hand
//! RSA <8 bytes of the encrypted premaster secret> <premaster secret> RSA key exchange, old NSS
//! RSA Session-ID:<session id> Master-Key:<master secret>             as old tools for OpenSSL write
//! ```

mod facts;

use std::io::{self, ErrorKind, Read};

use zeroize::{Zeroize, Zeroizing};

pub use self::facts::{Foreign, KeyLogFacts, LineFault, MalformedLine};

use super::keyring::{Added, EncryptedPrefix, Keyring};
use super::secret::{ClientRandom, Label, Secret};

/// The most bytes of a line that are held. A premaster secret of the largest group of
/// Diffie-Hellman takes 2,048 digits; what is longer is nothing that is used here.
const LONGEST_LINE: usize = 4_096;

/// Bytes that are looked at to know something that is no key log.
const LOOKED_AT: usize = 16;

/// Lines after which a file without a single known label is given up.
const PATIENCE: u64 = 64;

/// The longest premaster secret: that of a group of 8,192 bits (RFC 7919).
const LONGEST_PREMASTER: usize = 1_024;

/// The longest session id (RFC 5246 §7.4.1.2).
const LONGEST_SESSION_ID: usize = 32;

/// Reads a key log as its bytes come.
pub struct KeyLog {
    /// The beginning, until it is known to be none of something else.
    start: Option<Zeroizing<Vec<u8>>>,
    /// The beginning of a line whose end has not come yet.
    line: Zeroizing<Vec<u8>>,
    /// Whether that line is longer than what is held of it.
    overlong: bool,
    /// Lines with a label that is known, used or not.
    known: u64,
    among: Among,
    facts: KeyLogFacts,
}

/// What the lines stand among.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// Other lines of a key log: what is none is worth a word.
    Secrets,
    /// Anything that people write.
    Prose,
}

/// What a label stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Secret(Label),
    PremasterOfRandom,
    PremasterOfEncrypted,
    /// A secret that nothing here needs.
    NotNeeded,
}

/// Reads a whole key log into `keys`.
///
/// # Errors
/// When the source cannot be read; what came before is in `keys`.
pub fn read_key_log(mut source: impl Read, keys: &mut Keyring) -> io::Result<KeyLogFacts> {
    let mut room = Zeroizing::new(vec![0; 1 << 16]);
    let mut log = KeyLog::new();
    while log.facts.foreign.is_none() {
        match source.read(&mut room) {
            Ok(0) => break,
            Ok(read) => log.push(room.get(..read).unwrap_or_default(), keys),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(log.finish(keys))
}

impl Default for KeyLog {
    fn default() -> KeyLog {
        KeyLog::new()
    }
}

impl KeyLog {
    /// A key log of which nothing has come yet.
    pub fn new() -> KeyLog {
        KeyLog {
            start: Some(Zeroizing::new(Vec::with_capacity(LOOKED_AT))),
            line: Zeroizing::new(Vec::new()),
            overlong: false,
            known: 0,
            among: Among::Secrets,
            facts: KeyLogFacts::default(),
        }
    }

    /// Lines of a key log among others that people write, such as in a comment: only those with a
    /// label that is known are looked at, and no others are worth a word.
    pub fn among_prose() -> KeyLog {
        KeyLog { start: None, among: Among::Prose, ..KeyLog::new() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8], keys: &mut Keyring) {
        let mut rest = bytes;
        if let Some(start) = &mut self.start {
            let (head, behind) = rest.split_at(rest.len().min(LOOKED_AT - start.len()));
            start.extend_from_slice(head);
            rest = behind;
            if start.len() < LOOKED_AT {
                return;
            }
            self.begin(keys);
        }
        self.lines(rest, keys);
    }

    /// There are no more bytes: the last line may lack its end.
    pub fn finish(mut self, keys: &mut Keyring) -> KeyLogFacts {
        self.begin(keys);
        if !self.line.is_empty() {
            self.lines(b"\n", keys);
        }
        if self.known == 0 && self.facts.malformed > 0 && self.facts.foreign.is_none() {
            self.facts.foreign = Some(Foreign::Text);
        }
        self.facts
    }

    /// Looks at what has come, once it is enough to tell.
    fn begin(&mut self, keys: &mut Keyring) {
        let Some(start) = self.start.take() else { return };
        match foreign(&start) {
            Some(foreign) => self.facts.foreign = Some(foreign),
            None => {
                const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
                self.lines(start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start), keys);
            }
        }
    }

    fn lines(&mut self, bytes: &[u8], keys: &mut Keyring) {
        let mut rest = bytes;
        while self.facts.foreign.is_none() && !rest.is_empty() {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                self.hold(rest);
                return;
            };
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                // As much of it as would have been held: pieces of any size come to the same.
                self.line(
                    line.get(..LONGEST_LINE).unwrap_or(line),
                    line.len() > LONGEST_LINE,
                    keys,
                );
            } else {
                self.hold(line);
                // Borrowed apart from `self` for the time of the call; it holds no memory then.
                let mut held = std::mem::replace(&mut self.line, Zeroizing::new(Vec::new()));
                self.line(&held, self.overlong, keys);
                held.as_mut_slice().zeroize();
                held.clear();
                self.line = held;
            }
            self.overlong = false;
        }
    }

    /// Holds the next part of a line, as far as there is room.
    fn hold(&mut self, part: &[u8]) {
        // It never grows: what would be left behind would not be overwritten.
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.reserve_exact(room);
        self.line.extend_from_slice(part.get(..room).unwrap_or(part));
        self.overlong |= part.len() > room;
    }

    /// Reads one line.
    fn line(&mut self, line: &[u8], overlong: bool, keys: &mut Keyring) {
        self.facts.lines += 1;
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return;
        }
        let (label, fields) = match line.iter().position(u8::is_ascii_whitespace) {
            Some(end) => line.split_at(end),
            None => (line, &[][..]),
        };
        let Some(meaning) = meaning(label) else {
            if self.among == Among::Secrets {
                self.strange(line, label);
            }
            return;
        };
        self.known += 1;
        let read = match meaning {
            Meaning::NotNeeded => return,
            _ if overlong => Err(LineFault::TooLong),
            _ => add(meaning, fields.trim_ascii(), keys),
        };
        match read {
            Ok(Added::NoRoom) => self.facts.turned_away += 1,
            Ok(added) => {
                self.facts.secrets += 1;
                self.facts.replaced += u64::from(added == Added::Replaced);
            }
            Err(fault) => self.facts.note_malformed(fault),
        }
    }

    /// A line whose label is not known.
    fn strange(&mut self, line: &[u8], label: &[u8]) {
        let is_text = |byte: &u8| *byte >= b' ' || *byte == b'\t';
        let of_label = |byte: &u8| byte.is_ascii_uppercase() || b"_0123456789".contains(byte);
        let begins = label.first().is_some_and(u8::is_ascii_uppercase);
        if begins && label.iter().all(of_label) {
            self.facts.unknown += 1;
        } else if line.iter().all(is_text) {
            self.facts.note_malformed(LineFault::NoLabel);
        } else {
            self.facts.note_malformed(LineFault::NotText);
            if self.known == 0 && line.contains(&0) {
                self.facts.foreign = Some(Foreign::Binary);
            }
        }
        if self.known == 0 && self.facts.malformed + self.facts.unknown >= PATIENCE {
            self.facts.foreign = Some(Foreign::Text);
        }
    }
}

/// What a file that begins with `start` is instead of a key log.
fn foreign(start: &[u8]) -> Option<Foreign> {
    let begins = |magic: &[&[u8]]| magic.iter().any(|magic| start.starts_with(magic));
    const PCAP: &[&[u8]] = &[
        b"\xA1\xB2\xC3\xD4",
        b"\xD4\xC3\xB2\xA1",
        b"\xA1\xB2\x3C\x4D",
        b"\x4D\x3C\xB2\xA1",
        b"\x0A\x0D\x0D\x0A",
    ];
    const PACKED: &[&[u8]] = &[
        b"\x1F\x8B",
        b"\x28\xB5\x2F\xFD",
        b"\xFD7zXZ",
        b"BZh",
        b"PK\x03\x04",
        b"\x04\x22\x4D\x18",
    ];
    if begins(PCAP) {
        Some(Foreign::Capture)
    } else if begins(PACKED) {
        Some(Foreign::Compressed)
    } else if begins(&[b"\xFF\xFE", b"\xFE\xFF"]) {
        Some(Foreign::Utf16)
    } else if begins(&[b"-----BEGIN "]) {
        Some(Foreign::Pem)
    } else {
        start.contains(&0).then_some(Foreign::Binary)
    }
}

fn meaning(label: &[u8]) -> Option<Meaning> {
    use Meaning::{NotNeeded, PremasterOfEncrypted, PremasterOfRandom, Secret};
    Some(match label {
        b"CLIENT_RANDOM" => Secret(Label::MasterSecret),
        b"CLIENT_EARLY_TRAFFIC_SECRET" => Secret(Label::ClientEarlyTraffic),
        b"CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Secret(Label::ClientHandshakeTraffic),
        b"SERVER_HANDSHAKE_TRAFFIC_SECRET" => Secret(Label::ServerHandshakeTraffic),
        b"CLIENT_TRAFFIC_SECRET_0" => Secret(Label::ClientTraffic),
        b"SERVER_TRAFFIC_SECRET_0" => Secret(Label::ServerTraffic),
        b"PMS_CLIENT_RANDOM" => PremasterOfRandom,
        b"RSA" => PremasterOfEncrypted,
        // GnuTLS writes the one with MASTER in it.
        b"EARLY_EXPORTER_SECRET" | b"EARLY_EXPORTER_MASTER_SECRET" | b"EXPORTER_SECRET" => {
            NotNeeded
        }
        b"ECH_SECRET" | b"ECH_CONFIG" => NotNeeded,
        // Those after a KeyUpdate follow from the first; OpenSSL writes them with an N.
        _ if label.starts_with(b"CLIENT_TRAFFIC_SECRET_") => NotNeeded,
        _ if label.starts_with(b"SERVER_TRAFFIC_SECRET_") => NotNeeded,
        _ if label.starts_with(b"QUIC_") => NotNeeded,
        _ => return None,
    })
}

/// Reads what stands behind a label, and puts the secret into `keys`.
fn add(meaning: Meaning, fields: &[u8], keys: &mut Keyring) -> Result<Added, LineFault> {
    let end = fields.iter().position(u8::is_ascii_whitespace).ok_or(LineFault::Fields)?;
    let (session, secret) = fields.split_at(end);
    let secret = secret.trim_ascii_start();
    if secret.iter().any(u8::is_ascii_whitespace) {
        return Err(LineFault::Fields);
    }
    match meaning {
        Meaning::Secret(label) => {
            let random = fixed(session).map(ClientRandom)?;
            let lengths: &[usize] = if label == Label::MasterSecret { &[48] } else { &[32, 48] };
            Ok(keys.add(random, label, decode(secret, |len| lengths.contains(&len))?))
        }
        Meaning::PremasterOfRandom => {
            let random = fixed(session).map(ClientRandom)?;
            let secret = decode(secret, |len| (1..=LONGEST_PREMASTER).contains(&len))?;
            Ok(keys.add_premaster_of_random(random, secret))
        }
        Meaning::PremasterOfEncrypted => {
            if let Some(id) = session.strip_prefix(b"Session-ID:") {
                return add_by_session_id(id, secret, keys);
            }
            let encrypted: EncryptedPrefix = fixed(session)?;
            // RFC 5246 §7.4.7.1: the version and 46 random bytes.
            let secret = decode(secret, |len| len == 48)?;
            Ok(keys.add_premaster_of_encrypted(encrypted, secret))
        }
        Meaning::NotNeeded => Ok(Added::Known),
    }
}

/// A session as `openssl s_client` shows it: its id, and its master secret.
fn add_by_session_id(id: &[u8], secret: &[u8], keys: &mut Keyring) -> Result<Added, LineFault> {
    let secret = secret.strip_prefix(b"Master-Key:").ok_or(LineFault::Fields)?;
    let mut bytes = [0; LONGEST_SESSION_ID];
    let whole = id.len().is_multiple_of(2) && !id.is_empty();
    let fault = LineFault::Session(LONGEST_SESSION_ID);
    let session = bytes.get_mut(..id.len() / 2).filter(|_| whole).ok_or(fault)?;
    if !unhex(id, session) {
        return Err(fault);
    }
    Ok(keys.add_master_of_session(session, decode(secret, |len| len == 48)?))
}

/// What names a session: exactly so many bytes.
fn fixed<const N: usize>(hex: &[u8]) -> Result<[u8; N], LineFault> {
    let mut bytes = [0; N];
    match hex.len() == 2 * N && unhex(hex, &mut bytes) {
        true => Ok(bytes),
        false => Err(LineFault::Session(N)),
    }
}

/// A secret of a length that it may have.
fn decode(hex: &[u8], may_have: impl Fn(usize) -> bool) -> Result<Secret, LineFault> {
    let len = hex.len() / 2;
    if !hex.iter().all(u8::is_ascii_hexdigit) || !hex.len().is_multiple_of(2) {
        return Err(LineFault::NotHex);
    }
    if !may_have(len) {
        return Err(LineFault::Length(len));
    }
    let mut bytes = vec![0; len];
    unhex(hex, &mut bytes); // only digits
    Ok(Secret::new(bytes))
}

/// Writes what `hex` stands for; whether all of it is hexadecimal, in either case.
fn unhex(hex: &[u8], bytes: &mut [u8]) -> bool {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (pairs, _) = hex.as_chunks::<2>();
    pairs.iter().zip(bytes).all(|([high, low], byte)| match (digit(*high), digit(*low)) {
        (Some(high), Some(low)) => {
            *byte = high << 4 | low;
            true
        }
        _ => false,
    })
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
