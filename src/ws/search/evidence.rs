//! What one header says for itself, where nobody knows whether it is one.
//!
//! In: bytes at which a frame may begin. Out: how many bits of evidence they are for a frame, or
//! that they are none. A bit is one halving of the chance that other bytes look the same.

use crate::endpoint::Side;
use crate::ws::{FrameHeader, LengthForm, MaskKey, Opcode, unmask};

/// Of 256 first bytes 11 can begin a frame between two messages and 5 inside one; of two mask bits
/// one is right.
pub(super) const HEADER_BITS: u32 = 5;
/// A frame that looks like the one before says little: records of a fixed size do.
pub(super) const REPEATED_BITS: u32 = 1;
/// Payload bytes of a message that are looked at.
const LOOKED_AT: usize = 32;
/// A Close code of RFC 6455 §7.4.1, of which there are about a dozen among 65,536 values.
const LOW_CODE_BITS: u32 = 10;
/// A Close code from 3000 to 4999.
const HIGH_CODE_BITS: u32 = 5;
/// Frames of more than this were never seen; it also keeps pointers and counters of other protocols
/// from passing for lengths.
const LONGEST: u64 = 1 << 32;

/// Whether a header that a conforming endpoint sends may begin with `byte`: for the eyes of a loop
/// over every byte.
pub(super) const fn may_begin(byte: u8) -> bool {
    matches!(byte, 0x00..=0x02 | 0x41 | 0x42 | 0x80..=0x82 | 0xC1 | 0xC2 | 0x88..=0x8A)
}

/// Whether `header` is one that `sender` may send, whatever was agreed on. Strict on purpose: a
/// violator's frames are not found, and then nothing is said of them.
pub fn is_plausible(header: &FrameHeader, sender: Side) -> bool {
    let masked_right = match (sender, header.mask) {
        (Side::Client, Some(MaskKey([first, rest @ ..]))) => rest.iter().any(|byte| *byte != first),
        (Side::Client, None) => false,
        (Side::Server, mask) => mask.is_none(),
    };
    let kind_fits = match header.opcode {
        // A first fragment without a byte is what zeros and small numbers look like.
        Opcode::TEXT | Opcode::BINARY => {
            header.rsv & !FrameHeader::RSV1 == 0 && (header.fin || header.payload_len > 0)
        }
        Opcode::CONTINUATION => header.rsv == 0 && (header.fin || header.payload_len > 0),
        Opcode::CLOSE | Opcode::PING | Opcode::PONG => {
            header.fin && header.rsv == 0 && header.length_form == LengthForm::Seven
        }
        _ => false,
    };
    masked_right && kind_fits && header.length_is_minimal() && header.payload_len <= LONGEST
}

/// The evidence in a plausible `header` and in what was captured of its payload, of which `seen`
/// are the first bytes as on the wire; `None` when they contradict it.
pub(super) fn bits(header: &FrameHeader, seen: &[u8]) -> Option<u32> {
    let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
    match header.opcode {
        Opcode::CLOSE => {
            let payload = plain(header, seen.get(..len).unwrap_or(seen));
            Some(HEADER_BITS + if payload.len() < len { 0 } else { close_bits(&payload)? })
        }
        Opcode::TEXT if header.rsv == 0 => {
            let payload = plain(header, seen.get(..len.min(LOOKED_AT)).unwrap_or(seen));
            let ends = header.fin && payload.len() == len;
            Some(HEADER_BITS + text_bits(&payload, ends, header.mask.is_some())?)
        }
        _ => Some(HEADER_BITS),
    }
}

/// The first bytes of a payload without their mask.
pub(super) fn plain(header: &FrameHeader, seen: &[u8]) -> Vec<u8> {
    let mut payload = seen.to_vec();
    if let Some(key) = header.mask {
        unmask(&mut payload, key, 0);
    }
    payload
}

fn close_bits(payload: &[u8]) -> Option<u32> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return payload.is_empty().then_some(0);
    };
    std::str::from_utf8(reason).ok()?;
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 => Some(LOW_CODE_BITS),
        3000..=4999 => Some(HIGH_CODE_BITS),
        _ => None,
    }
}

/// Text that is printable: a masked byte is so by chance in three cases of eight. Without a mask it
/// says less, because the protocols that may be mistaken for WebSocket carry text as well.
fn text_bits(payload: &[u8], ends: bool, masked: bool) -> Option<u32> {
    let valid = match std::str::from_utf8(payload) {
        Ok(text) => text,
        Err(fault) if fault.error_len().is_none() && !ends => {
            std::str::from_utf8(payload.get(..fault.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if valid.contains(is_odd) {
        return Some(0);
    }
    let len = u32::try_from(valid.len()).unwrap_or(u32::MAX);
    Some(if masked { len.min(12) } else { (len / 2).min(6) })
}
