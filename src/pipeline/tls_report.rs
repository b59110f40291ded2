//! From what is known of a TLS session to the report's own types.

use super::assemble::side_name;
use crate::endpoint::Side;
use crate::provenance::PacketRef;
use crate::report::{
    ConnectionReport, InferredCloseReport, InferredEndReport, InferredKeepAlive, InferredReport,
    PacketCite, TlsAlert, TlsEarlyData, TlsKeys, TlsMoment, TlsReport, TlsSideReport,
};
use crate::tls::{
    AlertFact, Closing, EarlyData, Inference, InferredEnd, KeepAlive, Keys, Likeness, TlsFacts,
    TlsSide, Version, suite,
};

/// Characters of a name from the wire.
const LONGEST_NAME: usize = 255;

/// Names in a list from the wire.
const MOST_NAMES: usize = 16;

/// Says of a connection that it was in TLS, and in which.
pub(super) fn put_in_tls(report: &mut ConnectionReport, facts: &TlsFacts) {
    report.transport = "tls".to_owned();
    report.tls = Some(tls_report(facts));
}

/// What a session has that keeps it from being read, although keys may be there.
pub(super) fn why_unread(facts: &TlsFacts) -> Option<String> {
    Some(match facts.keys {
        Keys::Found | Keys::Missing => return None,
        Keys::Unsupported => match (facts.version, facts.suite) {
            (Some(version), _) if version < Version::TLS_1_0 => {
                format!("{version}, a version that is not decrypted")
            }
            (_, Some(id)) => format!("{}, a suite that is not decrypted", suite::name(id)),
            _ => "a version or a suite that is not decrypted".to_owned(),
        },
        Keys::Wrong => "keys under which no record authenticates".to_owned(),
        Keys::Incomplete => "only a part of the keys that are needed".to_owned(),
        Keys::HelloLost => "no captured hello that tells which keys they need".to_owned(),
    })
}

/// The report on a session.
pub(super) fn tls_report(facts: &TlsFacts) -> TlsReport {
    let name = |name: &String| name.chars().take(LONGEST_NAME).collect::<String>();
    let offered = |names: &Vec<String>| names.iter().take(MOST_NAMES).map(name).collect();
    TlsReport {
        version: facts.version.map(|version| version.to_string()),
        suite: facts.suite.map(|id| suite::name(id).into_owned()),
        server_name: facts.server_name.as_ref().map(name),
        alpn_offered: facts.offered.as_ref().map(offered),
        alpn_chosen: facts.chosen.as_ref().map(name),
        keys: match facts.keys {
            Keys::Found => TlsKeys::Found,
            Keys::Missing => TlsKeys::Missing,
            Keys::Wrong => TlsKeys::Wrong,
            Keys::Incomplete => TlsKeys::Incomplete,
            Keys::Unsupported => TlsKeys::Unsupported,
            Keys::HelloLost => TlsKeys::HelloLost,
        },
        established: facts.established,
        resumed: facts.resumed,
        early_data: facts.early_data.map(|early| match early {
            EarlyData::Accepted => TlsEarlyData::Accepted,
            EarlyData::Rejected => TlsEarlyData::Rejected,
            EarlyData::Offered => TlsEarlyData::Offered,
        }),
        client: side(&facts.sides.client),
        server: side(&facts.sides.server),
        inferred: None,
    }
}

fn side(side: &TlsSide) -> TlsSideReport {
    let is_close_notify =
        |fact: &AlertFact| fact.alert.is_some_and(|alert| alert.is_close_notify());
    let ending = side.ending.as_deref().filter(|fact| is_close_notify(fact));
    let closing = ending.or_else(|| side.alerts.iter().find(|fact| is_close_notify(fact)));
    TlsSideReport {
        records: side.records,
        key_updates: side.key_updates,
        refused: side.refused,
        close_notify: closing.map(|fact| moment(fact.at)),
        alerts: side.alerts.iter().filter(|fact| !is_close_notify(fact)).map(alert).collect(),
    }
}

fn moment(at: PacketRef) -> TlsMoment {
    TlsMoment { packet: at.into(), time: at.time.to_string() }
}

fn alert(fact: &AlertFact) -> TlsAlert {
    let level = fact.alert.map(|alert| match alert.level {
        1 => "warning".to_owned(),
        2 => "fatal".to_owned(),
        other => format!("level {other}"),
    });
    TlsAlert {
        name: fact.alert.map(|alert| alert.name()),
        level,
        packet: fact.at.into(),
        time: fact.at.time.to_string(),
    }
}

/// What was inferred; `None` where nothing suggests a WebSocket.
pub(super) fn inferred(found: &Inference) -> Option<InferredReport> {
    if found.websocket == Likeness::No {
        return None;
    }
    let opening = found.exchange.into_iter().flat_map(|(request, response)| [request, response]);
    Some(InferredReport {
        confidence: found.websocket.confidence(),
        because: found.because.clone(),
        opening: opening.map(PacketCite::from).collect(),
        began_close: match found.closing {
            Closing::Handshake { first: side, .. } | Closing::Unanswered { by: side } => {
                Some(side_name(side))
            }
            Closing::Unknown | Closing::WithoutClose => None,
        },
        client: end(&found.ends[Side::Client]),
        server: end(&found.ends[Side::Server]),
        idle: found.idle.map(|nanos| nanos as f64 / 1e9),
        keep_alive: found.keep_alive.map(keep_alive),
    })
}

fn end(end: &InferredEnd) -> InferredEndReport {
    InferredEndReport {
        close: end.close.map(|close| InferredCloseReport {
            packet: close.at.into(),
            payload: [close.least, close.most],
        }),
        close_notify: end.close_notify.map(PacketCite::from),
    }
}

fn keep_alive(beat: KeepAlive) -> InferredKeepAlive {
    InferredKeepAlive {
        side: side_name(beat.by),
        payload: [beat.payload.0, beat.payload.1],
        number: u64::from(beat.number),
        answered: u64::from(beat.answers),
        interval: [u64::from(beat.interval.0), u64::from(beat.interval.1)],
    }
}
