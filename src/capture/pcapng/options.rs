//! Options, which follow the fixed part of a block.
//!
//! pcap-parser cuts them; it also reads on behind the end of options and reads numbers in
//! little-endian order always, so both are done here.

use pcap_parser::{OptionCode, PcapError, PcapNGOption, parse_option_be, parse_option_le};

use super::super::order::ByteOrder;

/// How many packets were lost between this packet and the one before, in an enhanced packet block.
pub(super) const EPB_DROP_COUNT: OptionCode = OptionCode(4);

/// The options in raw bytes, up to the end of options or to what is no option.
pub(super) struct Options<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    pub(super) fn new(order: ByteOrder, bytes: &'a [u8]) -> Options<'a> {
        Options { order, rest: bytes }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = PcapNGOption<'a>;

    fn next(&mut self) -> Option<PcapNGOption<'a>> {
        let parsed = match self.order {
            ByteOrder::Little => parse_option_le::<PcapError<&[u8]>>(self.rest),
            ByteOrder::Big => parse_option_be::<PcapError<&[u8]>>(self.rest),
        };
        let (rest, option) = parsed.ok().unwrap_or((&[], END));
        self.rest = rest;
        (option.code != OptionCode::EndOfOpt).then_some(option)
    }
}

const END: PcapNGOption<'static> =
    PcapNGOption { code: OptionCode::EndOfOpt, len: 0, value: std::borrow::Cow::Borrowed(&[]) };

/// The options of a parsed block that are to be honoured.
pub(super) fn honoured<'b, 'a>(
    options: &'b [PcapNGOption<'a>],
) -> impl Iterator<Item = &'b PcapNGOption<'a>> {
    options.iter().take_while(|option| option.code != OptionCode::EndOfOpt)
}

/// The value as a 64-bit number.
pub(super) fn number(order: ByteOrder, option: &PcapNGOption<'_>) -> Option<u64> {
    Some(order.u64(option.as_bytes().ok()?.try_into().ok()?))
}

pub(super) fn is_comment(option: &PcapNGOption<'_>) -> bool {
    option.code == OptionCode::Comment
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn nothing_behind_the_end_of_options_is_honoured() {
        // comment "hi", end of options, comment "no"
        let bytes = b"\0\x01\0\x02hi\0\0\0\0\0\0\0\x01\0\x02no\0\0";
        let options: Vec<_> = Options::new(ByteOrder::Big, bytes).collect();
        assert_eq!(options.len(), 1);
        assert_eq!(options[0].as_bytes(), Ok(&b"hi"[..]));
    }

    #[test]
    fn an_option_longer_than_its_block_is_none() {
        assert_eq!(Options::new(ByteOrder::Little, b"\x01\0\xff\xffhi").count(), 0);
    }

    #[test]
    fn numbers_follow_the_section_s_byte_order() {
        let bytes = b"\0\x04\0\x08\0\0\0\0\0\0\0\x2a";
        let option = Options::new(ByteOrder::Big, bytes).next().expect("one option");
        assert_eq!(number(ByteOrder::Big, &option), Some(42));
    }
}
