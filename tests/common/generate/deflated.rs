//! Conversations in permessage-deflate.
//!
//! In: chance. Out: what both sides say, each in the context of what it said before (RFC 7692
//! §7.2.3.2). Compressing costs more than all else in a capture, so a few conversations are made,
//! and every WebSocket has one of them, under masking keys of its own.

use flate2::{Compress, Compression, FlushCompress};
use wsblame::endpoint::PerSide;

use super::Chance;

/// The payloads of each side's messages, in order.
pub(super) type Conversation = PerSide<Vec<Vec<u8>>>;

/// Some conversations.
pub(super) struct Conversations(Vec<Conversation>);

impl Conversations {
    /// Messages of each side.
    pub(super) const MESSAGES: usize = 128;
    const COUNT: usize = 16;

    pub(super) fn new(seed: u64) -> Conversations {
        let mut chance = Chance(seed);
        let mut side = || speech(&mut chance);
        let both = |_| Conversation { client: side(), server: side() };
        Conversations((0..Conversations::COUNT).map(both).collect())
    }

    /// The conversation of WebSocket number `number`.
    pub(super) fn of(&self, number: usize) -> &Conversation {
        &self.0[number % self.0.len()]
    }
}

/// What one side says.
fn speech(chance: &mut Chance) -> Vec<Vec<u8>> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut say = |_| {
        let text = trades(chance);
        let mut out = Vec::with_capacity(text.len() + 64);
        let flush = FlushCompress::Sync;
        compress.compress_vec(text.as_bytes(), &mut out, flush).expect("raw deflate of a text");
        assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]), "room for all of it");
        out.truncate(out.len() - 4);
        out
    };
    (0..Conversations::MESSAGES).map(&mut say).collect()
}

/// A JSON message of 200 bytes to 6 kB.
fn trades(chance: &mut Chance) -> String {
    const SYMBOLS: [&str; 4] = ["BTC-USDT", "ETH-USDT", "XAU-USD", "VNM-VND"];
    let trades: Vec<String> = (0..chance.size(&(1..=32)))
        .map(|_| {
            let symbol = SYMBOLS[chance.below(SYMBOLS.len())];
            let side = if chance.one_in(2) { "buy" } else { "sell" };
            let (price, cents, size) =
                (60_000 + chance.below(5_000), chance.below(100), chance.below(10_000));
            let (id, ms) = (chance.next() % 1_000_000_000, chance.below(1_000));
            format!(
                "{{\"id\":{id},\"symbol\":\"{symbol}\",\"price\":\"{price}.{cents:02}\",\
                 \"size\":\"0.{size:04}\",\"side\":\"{side}\",\"time\":\"2026-01-01T12:00:07.{ms:03}Z\"}}"
            )
        })
        .collect();
    format!("{{\"channel\":\"trades\",\"event\":\"update\",\"data\":[{}]}}", trades.join(","))
}
