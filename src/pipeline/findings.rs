//! The findings of one connection.
//!
//! In: breaches, as the rules find them. Out: one [`Finding`] for each rule and side, with the
//! packets that show it; what is found again is counted.

use super::Limits;
use super::carrier::Carrier;
use crate::endpoint::Side;
use crate::http::Sources;
use crate::provenance::PacketRef;
use crate::rules::{self, Breach, Finding, Rule, Severity};
use crate::tcp::Range64;

/// Findings of one connection, each rule once a side.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Finding>,
    most_packets: usize,
}

impl Findings {
    pub(super) fn new(limits: &Limits) -> Findings {
        Findings { list: Vec::new(), most_packets: limits.cited_packets }
    }

    /// Whether something that a side sent is a violation.
    pub(super) fn blames_bytes_of(&self, side: Side) -> bool {
        let error = |finding: &Finding| finding.severity == Severity::Error;
        self.list.iter().any(|finding| finding.place.side == side && error(finding))
    }

    /// Adds to what was said of the finding of `rule` that `side` gave rise to at `offset`.
    pub(super) fn explain(
        &mut self,
        rule: &Rule,
        side: Side,
        offset: u64,
        say: impl FnOnce(&mut String),
    ) {
        let here = |found: &&mut Finding| {
            found.rule.id == rule.id && found.side == side && found.asked_at.start == offset
        };
        if let Some(found) = self.list.iter_mut().find(here) {
            say(&mut found.detail);
        }
    }

    /// Adds what a rule found, or counts it if it was found before.
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        side: Side,
        breach: Breach,
        range: Range64,
        shown: &[u8],
        carrier: Carrier<'_>,
    ) {
        self.add_or_cite(rule, side, breach, range, shown, carrier, &[]);
    }

    /// As [`Findings::add`]; cites `known` where the stream's packets have been forgotten.
    #[allow(clippy::too_many_arguments, reason = "all that a finding is made of")]
    pub(super) fn add_or_cite(
        &mut self,
        rule: &'static Rule,
        side: Side,
        breach: Breach,
        range: Range64,
        shown: &[u8],
        carrier: Carrier<'_>,
        known: &[PacketRef],
    ) {
        let same = |found: &&mut Finding| found.rule.id == rule.id && found.side == side;
        if let Some(found) = self.list.iter_mut().find(same) {
            found.count += 1;
            return;
        }
        let place = breach.place.unwrap_or(rules::Place { side, range });
        let mut packets = match breach.packet {
            Some(packet) => vec![packet],
            None => carrier.packets(place.side, place.range, self.most_packets),
        };
        if packets.is_empty() {
            packets.extend(known.iter().take(self.most_packets));
        }
        if packets.is_empty() {
            return; // without evidence there is no finding
        }
        self.list.push(Finding::new(rule, side, breach, range, shown, packets));
    }
}
