//! The frame header in nom (RFC 6455 §5.2).
//!
//! In: bytes that begin at a frame boundary. Out: a [`FrameHeader`] with every field as found on
//! the wire. Everything parses and nothing is judged here: an endpoint's library stops at the
//! first violation, this one must not.

use nom::IResult;
use nom::Parser;
use nom::combinator::{cond, map};
use nom::number::streaming::{be_u8, be_u16, be_u32, be_u64};

use super::{Opcode, Short};

/// The longest header: 2 bytes, 8 of extended length, 4 of masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// The four bytes that a payload is masked with (RFC 6455 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaskKey(pub [u8; 4]);

/// Which of the three forms the payload length was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LengthForm {
    /// In the second byte itself: 0 to 125.
    Seven,
    /// 126, then 16 bits.
    Sixteen,
    /// 127, then 64 bits.
    SixtyFour,
}

/// One frame header as found on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// RSV1, RSV2 and RSV3 as the bits 0b100, 0b010 and 0b001.
    pub rsv: u8,
    /// What the payload is.
    pub opcode: Opcode,
    /// The masking key; `None` when the mask bit is clear.
    pub mask: Option<MaskKey>,
    /// Payload bytes as declared, behind the masking key; may exceed what was captured, and may
    /// have the most significant bit set, which RFC 6455 §5.2 forbids.
    pub payload_len: u64,
    /// How `payload_len` was written.
    pub length_form: LengthForm,
    /// Bytes of the header itself: 2 to 14.
    pub header_len: u8,
}

impl FrameHeader {
    /// RSV1, which permessage-deflate uses to mark a compressed message (RFC 7692 §6).
    pub const RSV1: u8 = 0b100;

    /// Reads one header from the start of `input`; [`nom::Err::Incomplete`] when it is not all
    /// there yet, and no other error: any two to fourteen bytes are some header.
    #[inline]
    pub fn parse(input: &[u8]) -> IResult<&[u8], FrameHeader> {
        // Whole bytes, taken apart by hand: a parser of single bits costs ten times as much.
        let (rest, (first, second)) = (be_u8, be_u8).parse(input)?;
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 0b111, first & 0xF);
        let masked = second & 0x80 != 0;
        let (rest, (length_form, payload_len)) = match second & 0x7F {
            126 => map(be_u16, |len| (LengthForm::Sixteen, u64::from(len))).parse(rest)?,
            127 => map(be_u64, |len| (LengthForm::SixtyFour, len)).parse(rest)?,
            len => (rest, (LengthForm::Seven, u64::from(len))),
        };
        let (rest, mask) = cond(masked, masking_key).parse(rest)?;
        let header_len = u8::try_from(input.len() - rest.len()).unwrap_or(u8::MAX);
        let opcode = Opcode(opcode);
        let header = FrameHeader { fin, rsv, opcode, mask, payload_len, length_form, header_len };
        Ok((rest, header))
    }

    /// The bytes that parse to it.
    pub fn encode(&self) -> Short<MAX_HEADER_LEN> {
        let first = u8::from(self.fin) << 7 | (self.rsv & 0b111) << 4 | self.opcode.0 & 0xF;
        let mask_bit = u8::from(self.mask.is_some()) << 7;
        let len = self.payload_len.to_be_bytes();
        let [.., low] = len;
        let (len7, extended_from) = match self.length_form {
            LengthForm::Seven => (low & 0x7F, 8),
            LengthForm::Sixteen => (126, 6),
            LengthForm::SixtyFour => (127, 0),
        };
        let mut bytes = Short::from(&[first, mask_bit | len7][..]);
        bytes.extend(len.get(extended_from..).unwrap_or_default());
        if let Some(MaskKey(key)) = self.mask {
            bytes.extend(&key);
        }
        bytes
    }

    /// Whether the payload length was written in the shortest form (RFC 6455 §5.2).
    pub fn length_is_minimal(&self) -> bool {
        match self.length_form {
            LengthForm::Seven => true,
            LengthForm::Sixteen => self.payload_len > 125,
            LengthForm::SixtyFour => self.payload_len > 0xFFFF,
        }
    }

    /// The payload length as it reads in little-endian order, which is not the order of RFC 6455
    /// §5.2.
    pub fn swapped_len(&self) -> u64 {
        match self.length_form {
            LengthForm::Seven => self.payload_len,
            LengthForm::Sixteen => self.payload_len.swap_bytes() >> 48,
            LengthForm::SixtyFour => self.payload_len.swap_bytes(),
        }
    }

    /// Header and payload together, in bytes, saturating.
    pub fn total_len(&self) -> u64 {
        self.payload_len.saturating_add(u64::from(self.header_len))
    }
}

fn masking_key(input: &[u8]) -> IResult<&[u8], MaskKey> {
    map(be_u32, |key| MaskKey(key.to_be_bytes())).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> FrameHeader {
        FrameHeader::parse(bytes).expect("a whole header").1
    }

    #[test]
    fn the_examples_of_rfc_6455_section_5_7_parse() {
        // A single-frame unmasked text message: "Hello".
        let hello = parse(&[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        assert!(hello.fin && hello.rsv == 0 && hello.opcode == Opcode::TEXT);
        assert_eq!((hello.mask, hello.payload_len, hello.header_len), (None, 5, 2));
        // The same, masked.
        let masked = parse(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        assert_eq!(masked.mask, Some(MaskKey([0x37, 0xfa, 0x21, 0x3d])));
        assert_eq!(masked.header_len, 6);
        // 256 bytes and 64 KiB of binary.
        assert_eq!(parse(&[0x82, 0x7E, 0x01, 0x00]).payload_len, 256);
        let large = parse(&[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!((large.payload_len, large.header_len), (65_536, 10));
    }

    #[test]
    fn any_prefix_of_a_header_asks_for_more() {
        let longest = [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
        for cut in 0..longest.len() {
            let prefix = longest.get(..cut).unwrap_or_default();
            assert!(matches!(FrameHeader::parse(prefix), Err(nom::Err::Incomplete(_))), "{cut}");
        }
        assert_eq!(usize::from(parse(&longest).header_len), MAX_HEADER_LEN);
    }

    #[test]
    fn what_was_parsed_is_written_as_it_stood() {
        let headers: [&[u8]; 4] = [
            &[0x81, 0x05],
            &[0x7B, 0x7E, 0x00, 0x05],
            &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4],
            &[0x88, 0x82, 9, 8, 7, 6],
        ];
        for bytes in headers {
            assert_eq!(&*parse(bytes).encode(), bytes);
        }
    }

    #[test]
    fn what_is_forbidden_parses_as_it_stands() {
        let odd = parse(&[0b0111_1011, 0x7E, 0x00, 0x05]); // FIN=0 RSV=111 opcode 0xB, 5 in 16 bits
        assert!(!odd.fin && odd.rsv == 0b111 && odd.opcode.is_reserved());
        assert!(!odd.length_is_minimal());
        assert_eq!(parse(&[0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0]).payload_len, 1 << 63);
    }
}
