//! What of a report is shown, and judged.
//!
//! In: a whole [`Report`]. Out: the same report with what was not asked for taken out, and a note
//! of how much that was. Captures always stay, and so do verdicts: a filter hides, it never
//! changes what a connection comes to.

use super::{AtFault, Blame, ConnectionReport, Filtered, FindingReport, Report};
use crate::rules::Severity;

/// What to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only the connection with this id.
    pub connection: Option<u64>,
    /// Only connections that this party has to mend something in, and only what it has to mend.
    pub at_fault: Option<AtFault>,
    /// Only findings at least this bad. Connections without a finding left stay.
    pub min_severity: Severity,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter { connection: None, at_fault: None, min_severity: Severity::Note }
    }
}

/// The connection asked for is not in the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no connection {asked}: {}", match .last {
    0 => "no WebSocket was found".to_owned(),
    1 => "there is only connection 1".to_owned(),
    last => format!("they are numbered from 1 to {last}"),
})]
pub struct NoSuchConnection {
    /// The id asked for.
    pub asked: u64,
    /// The highest id there is; 0 when there is none.
    pub last: u64,
}

impl Filter {
    /// Takes out what is not to be kept, and notes it in [`Report::filtered`].
    pub fn narrow(&self, report: &mut Report) -> Result<(), NoSuchConnection> {
        let numbers = || report.connections.iter().map(|connection| connection.id);
        let is_there = numbers().any(|id| self.connection == Some(id));
        self.has_found(numbers().max().unwrap_or(0), is_there)?;
        let mut filtered = report.filtered.unwrap_or_default();
        report.connections.retain_mut(|connection| self.admits(connection, &mut filtered));
        report.filtered = Some(filtered).filter(|filtered| *filtered != Filtered::default());
        Ok(())
    }

    /// Whether the connection asked for, if any was, `is_there` among those up to number `last`.
    pub fn has_found(&self, last: u64, is_there: bool) -> Result<(), NoSuchConnection> {
        match self.connection {
            Some(asked) if !is_there => Err(NoSuchConnection { asked, last }),
            _ => Ok(()),
        }
    }

    /// Whether `connection` is to be kept; then what is not of it is taken out. `filtered` is told
    /// of both.
    pub fn admits(&self, connection: &mut ConnectionReport, filtered: &mut Filtered) -> bool {
        if !self.keeps(connection) {
            filtered.connections_hidden += 1;
            return false;
        }
        let before = connection.findings.len();
        connection.findings.retain(|finding| self.keeps_finding(finding));
        let hidden = before.abs_diff(connection.findings.len());
        filtered.findings_hidden += u64::try_from(hidden).unwrap_or(u64::MAX);
        true
    }

    fn keeps(&self, connection: &ConnectionReport) -> bool {
        let asked = self.connection.is_none_or(|id| connection.id == id);
        asked
            && self.at_fault.is_none_or(|party| {
                blames(connection.verdict.at_fault, party)
                    || connection.findings.iter().any(|finding| self.keeps_finding(finding))
            })
    }

    fn keeps_finding(&self, finding: &FindingReport) -> bool {
        finding.severity >= self.min_severity
            && self.at_fault.is_none_or(|party| finding.at_fault == party)
    }
}

fn blames(blame: Blame, party: AtFault) -> bool {
    matches!(
        (blame, party),
        (Blame::Client, AtFault::Client)
            | (Blame::Server, AtFault::Server)
            | (Blame::Intermediary, AtFault::Intermediary)
            | (Blame::Unknown, AtFault::Unknown)
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn two() -> Report {
        let mut report = fixture::report();
        let mut second = fixture::connection();
        second.id = 2;
        second.verdict.at_fault = Blame::Server;
        second.findings = vec![
            FindingReport {
                severity: Severity::Note,
                at_fault: AtFault::Server,
                ..fixture::finding()
            },
            fixture::finding(),
        ];
        report.connections.push(second);
        report
    }

    fn ids(report: &Report) -> Vec<u64> {
        report.connections.iter().map(|connection| connection.id).collect()
    }

    #[test]
    fn one_connection_by_its_id() {
        let mut report = two();
        let filter = Filter { connection: Some(2), ..Filter::default() };
        assert_eq!(filter.narrow(&mut report), Ok(()));
        assert_eq!(ids(&report), [2]);
        assert_eq!(report.filtered, Some(Filtered { connections_hidden: 1, findings_hidden: 0 }));
    }

    #[test]
    fn an_unknown_id_is_an_error_and_changes_nothing() {
        let mut report = two();
        let filter = Filter { connection: Some(7), ..Filter::default() };
        let error = filter.narrow(&mut report).map_err(|error| error.to_string());
        assert_eq!(error, Err("no connection 7: they are numbered from 1 to 2".to_owned()));
        assert_eq!(report, two());
    }

    #[test]
    fn a_party_keeps_what_it_has_to_mend() {
        let mut report = two();
        let filter = Filter { at_fault: Some(AtFault::Server), ..Filter::default() };
        assert_eq!(filter.narrow(&mut report), Ok(()));
        assert_eq!(ids(&report), [2]);
        let left = report.connections.iter().flat_map(|connection| &connection.findings);
        assert!(left.clone().all(|finding| finding.at_fault == AtFault::Server));
        assert_eq!(left.count(), 1);
    }

    #[test]
    fn a_severity_hides_findings_but_no_connection() {
        let mut report = two();
        let filter = Filter { min_severity: Severity::Error, ..Filter::default() };
        assert_eq!(filter.narrow(&mut report), Ok(()));
        assert_eq!(ids(&report), [1, 2]);
        assert_eq!(report.filtered, Some(Filtered { connections_hidden: 0, findings_hidden: 1 }));
    }

    #[test]
    fn what_is_hidden_anyway_keeps_no_connection() {
        let mut report = two();
        report.connections.iter_mut().for_each(|one| one.verdict.at_fault = Blame::Client);
        let filter = Filter {
            at_fault: Some(AtFault::Server),
            min_severity: Severity::Warning,
            ..Filter::default()
        };
        assert_eq!(filter.narrow(&mut report), Ok(()));
        assert_eq!(ids(&report), Vec::<u64>::new());
    }

    #[test]
    fn nothing_hidden_is_not_mentioned() {
        let mut report = two();
        assert_eq!(Filter::default().narrow(&mut report), Ok(()));
        assert_eq!(report, two());
    }
}
