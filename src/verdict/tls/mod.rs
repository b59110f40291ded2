//! TLS in the verdict: handshakes that failed, alerts, and ends without `close_notify`.
//!
//! In: the facts of a connection, with those of its TLS session. Out: verdicts on handshakes of TLS
//! that came to nothing, rungs of the ladder where an alert ended it, and what is to be added in
//! words. An alert says what its sender believed, and a handshake has two sides, so nobody is ever
//! accused here.

mod alert;
mod ending;
mod handshake;

pub(super) use alert::{alert_instead_of_answer, failed_by_alert, told};
pub(super) use ending::{other_ends, unanswered, without_close_notify};
pub use handshake::failed_handshake;

use crate::endpoint::Side;
use crate::knowledge::tls_alert;
use crate::rules::Facts;
use crate::tls::{Alert, AlertFact, TlsFacts};

/// A fatal alert that ended a session.
#[derive(Clone, Copy, Debug)]
struct Fatal {
    by: Side,
    alert: Alert,
    fact: AlertFact,
}

impl Fatal {
    /// The first one of a session.
    fn of(facts: &Facts, tls: &TlsFacts) -> Option<Fatal> {
        let of_side = |by: Side| {
            let fact = *tls.sides[by].ending.as_deref()?;
            let alert = fact.alert.filter(|alert| !alert.is_close_notify())?;
            Some(Fatal { by, alert, fact })
        };
        match (of_side(Side::Client), of_side(Side::Server)) {
            (Some(client), Some(server)) => {
                let server_was_first = facts.is_before(server.fact.at, client.fact.at);
                Some(if server_was_first { server } else { client })
            }
            (client, server) => client.or(server),
        }
    }

    /// Whether it is about a certificate.
    fn is_about_a_certificate(&self) -> bool {
        matches!(self.alert.description, 41..=46 | 48 | 111 | 113 | 114 | 116)
    }

    /// `the fatal alert unknown_ca (packet 38), which says: …`
    fn words(&self) -> String {
        let (name, number) = (self.alert.name(), self.fact.at.number);
        let says = match tls_alert(self.alert.description) {
            Some(known) => format!(", which says: {}", known.says),
            None => String::new(),
        };
        format!("the fatal alert {name} (packet {number}){says}")
    }
}

/// What an alert in the handshake is the sign of.
fn cause_in_handshake(fatal: &Fatal) -> &'static str {
    match fatal.is_about_a_certificate() {
        true => "tls-certificate-rejected",
        false => "tls-handshake-failed",
    }
}
