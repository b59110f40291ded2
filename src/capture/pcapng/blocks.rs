//! The fixed parts of the three packet blocks.
//!
//! pcap-parser reads them too, ten times slower and with the options on the heap; these are the
//! blocks of which a capture has millions. A test compares the two.

use super::super::order::ByteOrder;

/// Type and length in front of a block's body.
const HEAD: usize = 8;
/// The length once more, behind it.
const TAIL: usize = 4;

/// A packet block, its lengths checked against the block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PacketBlock<'a> {
    pub(super) interface: u32,
    /// `None` in a simple packet block, which has no time.
    pub(super) ticks: Option<u64>,
    /// Packets lost before this one, where the block has a field for it.
    pub(super) lost: u64,
    /// Where in the block the captured bytes begin, and how many there are.
    pub(super) data_at: usize,
    pub(super) captured: usize,
    pub(super) wire_len: u32,
    /// The options, raw.
    pub(super) options: &'a [u8],
}

/// An enhanced packet block: interface, ticks (high and low half), captured length, original
/// length, data, options.
#[inline]
pub(super) fn enhanced(order: ByteOrder, block: &[u8]) -> Result<PacketBlock<'_>, String> {
    let [i0, i1, i2, i3, rest @ ..] = *fixed::<20>(block)?;
    fields(order, block, order.u32([i0, i1, i2, i3]), 0, rest)
}

/// The obsolete packet block: the same, but the interface shares its field with the number of
/// packets lost before this one.
pub(super) fn obsolete(order: ByteOrder, block: &[u8]) -> Result<PacketBlock<'_>, String> {
    let [i0, i1, d0, d1, rest @ ..] = *fixed::<20>(block)?;
    let lost = match order.u16([d0, d1]) {
        u16::MAX => 0, // not known
        lost => u64::from(lost),
    };
    fields(order, block, u32::from(order.u16([i0, i1])), lost, rest)
}

/// A simple packet block: original length and data of interface 0. How much was captured follows
/// from the snap length and the room in the block.
pub(super) fn simple(
    order: ByteOrder,
    block: &[u8],
    snaplen: u32,
) -> Result<PacketBlock<'_>, String> {
    let wire_len = order.u32(*fixed::<4>(block)?);
    let data_at = HEAD + 4;
    let room = block.len().saturating_sub(data_at + TAIL);
    let limit = if snaplen == 0 { u32::MAX } else { snaplen };
    let captured = usize::try_from(wire_len.min(limit)).unwrap_or(usize::MAX).min(room);
    Ok(PacketBlock {
        interface: 0,
        ticks: None,
        lost: 0,
        data_at,
        captured,
        wire_len,
        options: &[],
    })
}

/// What the enhanced and the obsolete packet block have in common.
#[inline]
fn fields(
    order: ByteOrder,
    block: &[u8],
    interface: u32,
    lost: u64,
    rest: [u8; 16],
) -> Result<PacketBlock<'_>, String> {
    let [h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3] = rest;
    let high = u64::from(order.u32([h0, h1, h2, h3]));
    let low = u64::from(order.u32([l0, l1, l2, l3]));
    let captured = order.u32([c0, c1, c2, c3]);
    let data_at = HEAD + 20;
    let end = block.len().saturating_sub(TAIL);
    let data_end =
        usize::try_from(captured).ok().and_then(|captured| data_at.checked_add(captured));
    let Some(data_end) = data_end.filter(|data_end| *data_end <= end) else {
        return Err(overrun(captured, end.saturating_sub(data_at)));
    };
    Ok(PacketBlock {
        interface,
        ticks: Some(high << 32 | low),
        lost,
        data_at,
        captured: data_end - data_at,
        wire_len: order.u32([w0, w1, w2, w3]),
        options: block.get(data_end.next_multiple_of(4)..end).unwrap_or_default(),
    })
}

#[cold]
fn overrun(captured: u32, room: usize) -> String {
    format!("{captured} captured bytes in a block with room for {room}")
}

#[inline]
fn fixed<const N: usize>(block: &[u8]) -> Result<&[u8; N], String> {
    let body = block.get(HEAD..block.len().saturating_sub(TAIL)).unwrap_or_default();
    body.first_chunk().ok_or_else(|| format!("a packet block with a body of {} bytes", body.len()))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::capture::craft;
    use pcap_parser::traits::PcapNGPacketBlock;
    use pcap_parser::{parse_enhancedpacketblock_be, parse_enhancedpacketblock_le};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_way_and_pcap_parser_agree(
            big: bool,
            interface: u32,
            ticks: u64,
            data in proptest::collection::vec(any::<u8>(), 0..40),
            wire_len: u32,
            comment in proptest::option::of("[a-z]{0,9}"),
        ) {
            let order = if big { ByteOrder::Big } else { ByteOrder::Little };
            let options: Vec<_> = comment.iter().map(|text| (1, text.as_bytes())).collect();
            let options = craft::options(order, &options);
            let block = craft::enhanced(order, interface, ticks, &data, wire_len, &options);
            let ours = enhanced(order, &block).expect("well formed");
            let parsed = match order {
                ByteOrder::Little => parse_enhancedpacketblock_le(&block),
                ByteOrder::Big => parse_enhancedpacketblock_be(&block),
            };
            let (_, theirs) = parsed.expect("well formed");
            prop_assert_eq!(ours.interface, theirs.if_id);
            let high = u64::from(theirs.ts_high);
            prop_assert_eq!(ours.ticks, Some(high << 32 | u64::from(theirs.ts_low)));
            prop_assert_eq!(ours.wire_len, theirs.origlen);
            prop_assert_eq!(&block[ours.data_at..][..ours.captured], theirs.packet_data());
            prop_assert_eq!(ours.options, &options[..]);
        }

        #[test]
        fn bytes_that_are_no_packet_block_do_no_harm(
            bytes in proptest::collection::vec(any::<u8>(), 0..64), snaplen: u32,
        ) {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let all = [enhanced(order, &bytes), obsolete(order, &bytes), simple(order, &bytes, snaplen)];
                for block in all.into_iter().flatten() {
                    prop_assert!(block.data_at + block.captured + TAIL <= bytes.len());
                }
            }
        }
    }
}
