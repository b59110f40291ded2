//! Where the reports on the connections of a capture go.
//!
//! In: reports, final and in order. Out: the same with their numbers, to whoever takes them at
//! once, or else kept until the capture has been read. Whatever is to be said of all of them
//! together is added up on the way.

use std::sync::mpsc::SyncSender;

use super::quality::Tally;
use crate::report::ConnectionReport;

/// A report that was taken at once, and the name of its capture.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) file: String,
    pub(super) connection: ConnectionReport,
}

/// The way out for the reports of one capture.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    /// The capture.
    pub(super) capture: usize,
    /// What it is called, as soon as that is known.
    pub(super) file: String,
    /// Connections of the captures before.
    pub(super) before: u64,
    /// Who takes the reports at once, if anybody does.
    pub(super) to: Option<SyncSender<Heard>>,
    pub(super) kept: Vec<ConnectionReport>,
    pub(super) tally: Tally,
    /// Connections of this capture.
    pub(super) reported: u64,
}

impl Outlet {
    /// Takes a report; `same_as` in it counts from the first connection of the capture, from 0.
    pub(super) fn put(&mut self, mut connection: ConnectionReport) {
        self.tally.add(&connection);
        self.reported += 1;
        connection.id = self.before + self.reported;
        connection.same_as = connection.same_as.map(|place| self.before + place + 1);
        connection.capture = self.capture;
        match &self.to {
            // When nobody takes it any more, it is dropped.
            Some(to) => drop(to.send(Heard { file: self.file.clone(), connection })),
            None => self.kept.push(connection),
        }
    }
}
