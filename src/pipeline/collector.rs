//! Who hears of all connections.
//!
//! In: what the workers have to tell of each stretch of the capture, and their reports. Out: which
//! keys had been used before, and the reports in an order that does not depend on the workers:
//! what was over long before the end of the capture first, in the order in which that was known;
//! then the rest in the order of the first packets.

use super::Limits;
use super::births::Births;
use super::identity::{Originals, Reused, UsedKeys};
use super::outlet::Outlet;
use super::table::News;
use super::worker::Placed;

/// What connections have to do with each other.
#[derive(Debug)]
pub(super) struct Collector {
    births: Births,
    keys: UsedKeys,
    originals: Originals,
}

impl Collector {
    pub(super) fn new(limits: &Limits) -> Collector {
        Collector {
            births: Births::default(),
            keys: UsedKeys::new(limits.keys),
            originals: Originals::new(limits.copies),
        }
    }

    /// Takes in what all workers have to tell of the same stretch of the capture; the keys in it
    /// that had been used before.
    pub(super) fn hear(&mut self, news: Vec<News>) -> Reused {
        let mut births = Vec::new();
        let mut uses = Vec::new();
        for one in news {
            births.extend(one.births);
            uses.extend(one.uses);
        }
        births.sort_unstable();
        births.into_iter().for_each(|birth| self.births.push(birth));
        uses.sort_by_key(|(order, used)| (*order, used.birth()));
        let mut reused = Reused::default();
        uses.into_iter().for_each(|(_, used)| reused.add(used, &mut self.keys));
        reused
    }

    /// Takes in the reports of all workers on what had ended in the same stretch, and hands them out
    /// in their final order, with the numbers of their TCP connections.
    pub(super) fn order(&mut self, mut reports: Vec<Placed>, outlet: &mut Outlet) {
        reports.sort_by_key(|placed| placed.place); // stable
        for Placed { judged, .. } in reports {
            let mut report = judged.report;
            report.tcp_stream = self.births.before(report.tcp_stream);
            report.same_as = self.originals.same_as(judged.identity, outlet.reported);
            outlet.put(report);
        }
    }
}
