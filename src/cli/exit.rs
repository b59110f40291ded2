//! Exit codes.

use std::process::ExitCode;

use wsblame::report::{CaptureReport, ConnectionReport, Report};
use wsblame::rules::Severity;

/// How a run ends. A later variant wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Nothing was found that counts.
    Clean = 0,
    /// Something was found.
    Found = 1,
    /// The command line is wrong.
    Usage = 2,
    /// An input could not be read, or the output not be written.
    Unreadable = 3,
    /// SIGINT (Ctrl-C) came before everything was read: 128 and its number, as shells have it.
    Interrupted = 130,
    /// So did SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// What a report comes to, when findings count from `fail_on` on, if any do.
    pub(super) fn of(report: &Report, fail_on: Option<Severity>) -> Exit {
        let mut captures = report.captures.iter();
        let failed = |capture: &CaptureReport| {
            capture.error.is_some() || capture.files.iter().any(|file| file.error.is_some())
        };
        if captures.any(failed) {
            return Exit::Unreadable;
        }
        report
            .connections
            .iter()
            .map(|one| Exit::of_connection(one, fail_on))
            .max()
            .unwrap_or(Exit::Clean)
    }

    /// What the report on one connection comes to.
    pub(super) fn of_connection(connection: &ConnectionReport, fail_on: Option<Severity>) -> Exit {
        let counts = |severity| fail_on.is_some_and(|least| severity >= least);
        match connection.findings.iter().any(|finding| counts(finding.severity)) {
            true => Exit::Found,
            false => Exit::Clean,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
