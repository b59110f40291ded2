//! ClientHello, ServerHello and EncryptedExtensions (RFC 8446 §4.1.2, §4.1.3, §4.3.1).
//!
//! In: the body of such a message. Out: what later stages need of it. A length that reaches too far
//! ends the reading; what was read before it stands.

use nom::bytes::complete::take;
use nom::multi::length_data;
use nom::number::complete::{be_u8, be_u16};
use nom::{IResult, Parser};

use crate::tls::{ClientRandom, Version};

/// What a ClientHello says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tls) struct ClientHello {
    pub(in crate::tls) random: ClientRandom,
    pub(in crate::tls) session_id: Vec<u8>,
    pub(in crate::tls) server_name: Option<String>,
    /// The protocols of ALPN.
    pub(in crate::tls) protocols: Option<Vec<String>>,
    /// Whether early data follows.
    pub(in crate::tls) early_data: bool,
}

/// What a ServerHello says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tls) struct ServerHello {
    pub(in crate::tls) random: [u8; 32],
    pub(in crate::tls) session_id: Vec<u8>,
    /// The version of the session, wherever it stood.
    pub(in crate::tls) version: Version,
    pub(in crate::tls) suite: u16,
    /// The method of compression (RFC 3749); 0 is none. TLS 1.3 has no other.
    pub(in crate::tls) compression: u8,
    pub(in crate::tls) encrypt_then_mac: bool,
    pub(in crate::tls) extended_master_secret: bool,
    /// Whether the server chose a pre-shared key: in TLS 1.3, it resumes.
    pub(in crate::tls) pre_shared_key: bool,
    /// Up to TLS 1.2.
    pub(in crate::tls) protocol: Option<String>,
}

/// What a ServerHello turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tls) enum Answer {
    /// A ServerHello.
    Hello(ServerHello),
    /// A HelloRetryRequest (RFC 8446 §4.1.4), which has the form of one.
    Retry(ServerHello),
}

/// RFC 8446 §4.1.3: the random that makes a ServerHello a HelloRetryRequest.
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Numbers of extensions in the IANA registry.
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const ALPN: u16 = 16;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const PRE_SHARED_KEY: u16 = 41;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
}

/// Bytes of a host name that are kept; DNS allows no more.
const LONGEST_NAME: usize = 255;
/// Protocols of ALPN that are kept.
const MOST_PROTOCOLS: usize = 16;

impl ClientHello {
    /// Reads the body of a ClientHello; `None` where it has no more than a beginning.
    pub(in crate::tls) fn parse(body: &[u8]) -> Option<ClientHello> {
        let (rest, (_version, random, session_id)) =
            (be_u16::<_, ()>, take(32_usize), length_data(be_u8)).parse(body).ok()?;
        let mut hello = ClientHello {
            random: ClientRandom(random.try_into().ok()?),
            session_id: session_id.to_vec(),
            server_name: None,
            protocols: None,
            early_data: false,
        };
        let lists: IResult<_, _, ()> = (length_data(be_u16), length_data(be_u8)).parse(rest);
        for (kind, content) in lists.map(|(rest, _)| extensions(rest)).unwrap_or_default() {
            match kind {
                extension::SERVER_NAME => hello.server_name = server_name(content),
                extension::ALPN => hello.protocols = protocols(content),
                extension::EARLY_DATA => hello.early_data = true,
                _ => {}
            }
        }
        Some(hello)
    }
}

impl Answer {
    /// Reads the body of a ServerHello; `None` where it has no more than a beginning.
    pub(in crate::tls) fn parse(body: &[u8]) -> Option<Answer> {
        let head = (be_u16::<_, ()>, take(32_usize), length_data(be_u8), be_u16, be_u8);
        let (rest, (version, random, session_id, suite, compression)) =
            { head }.parse(body).ok()?;
        let mut hello = ServerHello {
            random: random.try_into().ok()?,
            session_id: session_id.to_vec(),
            version: Version(version),
            suite,
            compression,
            encrypt_then_mac: false,
            extended_master_secret: false,
            pre_shared_key: false,
            protocol: None,
        };
        for (kind, content) in extensions(rest) {
            match kind {
                extension::SUPPORTED_VERSIONS => {
                    let version: IResult<_, _, ()> = be_u16(content);
                    hello.version = version.map_or(hello.version, |(_, version)| stated(version));
                }
                extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
                extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
                extension::PRE_SHARED_KEY => hello.pre_shared_key = true,
                extension::ALPN => hello.protocol = protocols(content).and_then(first),
                _ => {}
            }
        }
        Some(match hello.random == RETRY {
            true => Answer::Retry(hello),
            false => Answer::Hello(hello),
        })
    }
}

/// What EncryptedExtensions says: the protocol of ALPN, and whether early data was accepted.
pub(super) fn encrypted_extensions(body: &[u8]) -> (Option<String>, bool) {
    let (mut protocol, mut early_data) = (None, false);
    for (kind, content) in extensions(body) {
        match kind {
            extension::ALPN => protocol = protocols(content).and_then(first),
            extension::EARLY_DATA => early_data = true,
            _ => {}
        }
    }
    (protocol, early_data)
}

/// The version in `supported_versions`. The last drafts of TLS 1.3 protect records as the standard
/// does; those before authenticated other data, and are versions of their own.
fn stated(version: u16) -> Version {
    match version {
        0x7F19..=0x7F1C => Version::TLS_1_3,
        other => Version(other),
    }
}

/// The extensions of a list that begins with its length, up to one whose length is wrong.
fn extensions(list: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    // A list that was cut off serves as far as it goes.
    let declared: IResult<_, _, ()> = be_u16(list);
    let Ok((list, declared)) = declared else { return found };
    let mut rest = list.get(..usize::from(declared)).unwrap_or(list);
    while let Ok((behind, extension)) = (be_u16::<_, ()>, length_data(be_u16)).parse(rest) {
        found.push(extension);
        rest = behind;
    }
    found
}

/// RFC 6066 §3: the name of kind 0, a host name.
fn server_name(content: &[u8]) -> Option<String> {
    let (_, list) = length_data(be_u16::<_, ()>).parse(content).ok()?;
    let (_, (kind, name)) = (be_u8::<_, ()>, length_data(be_u16)).parse(list).ok()?;
    (kind == 0 && !name.is_empty() && name.len() <= LONGEST_NAME)
        .then(|| String::from_utf8_lossy(name).into_owned())
}

/// RFC 7301 §3.1.
fn protocols(content: &[u8]) -> Option<Vec<String>> {
    let (_, mut list) = length_data(be_u16::<_, ()>).parse(content).ok()?;
    let mut found = Vec::new();
    while found.len() < MOST_PROTOCOLS
        && let Ok((rest, name)) = length_data(be_u8::<_, ()>).parse(list)
    {
        found.push(String::from_utf8_lossy(name).into_owned());
        list = rest;
    }
    Some(found)
}

fn first(protocols: Vec<String>) -> Option<String> {
    protocols.into_iter().next()
}
