//! The messages of a handshake (RFC 8446 §4, RFC 5246 §7.4).
//!
//! In: the content of handshake records of one direction, in order. Out: the messages that change
//! how the records are to be read, or that say what the session is. All others are passed over by
//! their length. Nothing is checked here that the peer has to check.

mod hello;
mod messages;

pub(super) use hello::{Answer, ClientHello, ServerHello};
pub(super) use messages::{Message, Messages};

use super::{ContentType, HEADER_LEN, RecordHeader};
use crate::endpoint::Side;

/// Who sends such first bytes: a ClientHello is the client's, a ServerHello the server's. `None`
/// where they begin neither, or are too few.
pub fn speaker(bytes: &[u8]) -> Option<Side> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let header = RecordHeader::parse(header);
    if header.content_type != ContentType::HANDSHAKE || !header.is_plausible() {
        return None;
    }
    match rest.first()? {
        1 => Some(Side::Client),
        2 => Some(Side::Server),
        _ => None,
    }
}
