//! The report on a connection whose TLS handshake failed, and that may have been for a WebSocket.
//!
//! In: what is known of its TLS and of TCP. Out: a report without a request, frames or codes: there
//! were none.

use super::assemble::{Case, connection_report};
use super::inferred::Unread;
use super::tls_report::put_in_tls;
use super::{blind_spots, quality};
use crate::report::{ConnectionReport, Traffic};
use crate::rules::Facts;
use crate::verdict;

/// The report on it; `None` where the handshake did not fail, where that is not known, or no
/// WebSocket can have been meant. Its number and its capture are filled in later.
pub(super) fn failed_report(unread: &Unread<'_>) -> Option<ConnectionReport> {
    let facts = Facts { tls: Some(unread.tls.clone()), ..unread.facts() };
    let verdict = verdict::failed_handshake(&facts, &unread.found)?;
    let spots = blind_spots::of_failed_tls(&facts, &verdict);
    let mut report = connection_report(Case {
        stream: unread.stream,
        endpoints: unread.endpoints,
        layers: unread.layers.clone(),
        transport: facts.tcp.clone(),
        facts,
        findings: Vec::new(),
        verdict,
        milestones: Vec::new(),
    });
    put_in_tls(&mut report, unread.tls);
    Some(ConnectionReport {
        traffic: Traffic::default(),
        quality: quality::of_connection(&spots, &report.tcp),
        blind_spots: spots,
        ..report
    })
}
