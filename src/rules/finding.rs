//! A broken rule, with the evidence.

use super::{Breach, Fault, Guilty, Place, Rule, Severity};
use crate::endpoint::Side;
use crate::provenance::PacketRef;
use crate::tcp::Range64;

/// What a rule found, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Whose conduct it is about.
    pub side: Side,
    /// Who has to mend it.
    pub fault: Fault,
    /// How bad it is here.
    pub severity: Severity,
    /// The bytes in question.
    pub place: Place,
    /// The bytes of `side`'s stream at which the rule was asked.
    pub asked_at: Range64,
    /// The packets that carried them, of many the first few and the last; never empty.
    pub packets: Vec<PacketRef>,
    /// The bytes to show, at most 16.
    pub shown: Vec<u8>,
    /// The guilty bits of those.
    pub guilty: Option<Guilty>,
    /// What exactly was seen.
    pub detail: String,
    /// How many times `side` broke the rule.
    pub count: u64,
    /// Whether the peer received it and lived on.
    pub tolerated: bool,
    /// Whether it brought about the end of the connection.
    pub caused_the_end: bool,
}

impl Finding {
    /// Most bytes that a finding shows.
    pub const MAX_SHOWN: usize = 16;

    /// The finding that `breach` of `rule` by `side` amounts to, when the event that was judged
    /// is at `range` of `side`'s stream and consists of `shown`.
    pub fn new(
        rule: &'static Rule,
        side: Side,
        breach: Breach,
        range: Range64,
        shown: &[u8],
        packets: Vec<PacketRef>,
    ) -> Finding {
        let mut shown = breach.shown.unwrap_or_else(|| shown.to_vec());
        shown.truncate(Finding::MAX_SHOWN);
        Finding {
            rule,
            side,
            fault: breach.fault.unwrap_or(rule.fault),
            severity: breach.severity.unwrap_or(rule.severity),
            place: breach.place.unwrap_or(Place { side, range }),
            asked_at: range,
            packets,
            shown,
            guilty: breach.guilty,
            detail: breach.detail,
            count: 1,
            tolerated: false,
            caused_the_end: false,
        }
    }

    /// The first packet.
    pub fn at(&self) -> Option<PacketRef> {
        self.packets.first().copied()
    }

    /// The side at fault, when it is one of the two.
    pub fn culprit(&self) -> Option<Side> {
        match self.fault {
            Fault::Sender => Some(self.side),
            Fault::Client => Some(Side::Client),
            Fault::Server => Some(Side::Server),
            Fault::Intermediary | Fault::Unknown => None,
        }
    }
}
