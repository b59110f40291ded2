//! What is counted over all connections of a capture, and the blind spots that come of it.

use std::collections::BTreeMap;

use super::blind_spots;
use super::flow::Encrypted;
use crate::http::Why;
use crate::report::BlindSpot;

/// What was counted over all connections.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Connections, as Wireshark numbers them.
    pub streams: u64,
    /// Those in TLS.
    pub tls: u64,
    /// Those of them of which nothing could be read.
    pub tls_unread: u64,
    /// Those of these on which there is no report, and of which only the keys are missing.
    tls_unnamed: u64,
    /// The others on which there is no report, by what keeps them from being read.
    tls_unread_for: BTreeMap<String, u64>,
    /// Those of them that carry TLS once more.
    tls_nested: u64,
    /// Connections of TLS whose keys came, or may have come, too late: what they had held of their
    /// records was given up before.
    pub waited_for_keys: u64,
    /// Connections whose search for frames was cut short.
    pub cut_short: u64,
    /// Segments of connections that there was no room to follow.
    pub turned_away: u64,
    /// Connections on which HTTP was given up, by the limit that was reached.
    given_up: BTreeMap<&'static str, u64>,
    /// Servers of the first few TLS connections of which nothing could be read.
    tls_servers: Vec<String>,
}

impl Counts {
    pub(super) fn blind_spots(&self) -> Vec<BlindSpot> {
        let spot = |hides: String, lowered: &str| BlindSpot {
            kind: "over-limit".to_owned(),
            side: None,
            packets: Vec::new(),
            bytes: 0,
            hides,
            lowered: lowered.to_owned(),
        };
        let turned_away = (self.turned_away > 0).then(|| {
            let hides = format!("{} segments of connections beyond the limit", self.turned_away);
            spot(hides, "nothing is said about those connections")
        });
        let given_up = self.given_up.iter().map(|(why, connections)| {
            let what = if *connections == 1 { "connection" } else { "connections" };
            let hides = format!("HTTP on {connections} {what}, because {why}");
            spot(hides, "a request there counts as not captured, and a WebSocket may go unseen")
        });
        let tls = blind_spots::of_tls(self.tls_unnamed, &self.tls_servers);
        let unread = blind_spots::of_unread_tls(&self.tls_unread_for);
        let nested = blind_spots::of_nested_tls(self.tls_nested);
        let cut_short = (self.cut_short > 0).then(|| {
            let hides = format!("the rest of {} connections without their start", self.cut_short);
            spot(hides, "a WebSocket whose frames came later there goes unseen")
        });
        turned_away
            .into_iter()
            .chain(given_up)
            .chain(cut_short)
            .chain(tls)
            .chain(unread)
            .chain(nested)
            .collect()
    }

    /// Counts a connection in TLS.
    fn note_tls(&mut self, encrypted: &Encrypted) {
        const NAMED: usize = 4;
        self.tls += 1;
        self.tls_nested += u64::from(encrypted.is_nested);
        self.waited_for_keys += u64::from(encrypted.waited_in_vain);
        if encrypted.is_read {
            return;
        }
        self.tls_unread += 1;
        if encrypted.is_reported {
            return;
        }
        if let Some(reason) = &encrypted.unread_for {
            return self.note_unread(reason);
        }
        self.tls_unnamed += 1;
        let server = match &encrypted.server_name {
            Some(name) => format!("{name} ({})", encrypted.server),
            None => encrypted.server.to_string(),
        };
        if self.tls_servers.len() < NAMED && !self.tls_servers.contains(&server) {
            self.tls_servers.push(server);
        }
    }

    fn note_unread(&mut self, reason: &str) {
        const NAMED: usize = 8;
        let has_room =
            self.tls_unread_for.len() < NAMED || self.tls_unread_for.contains_key(reason);
        let reason = if has_room { reason } else { "other suites and versions" };
        *self.tls_unread_for.entry(reason.to_owned()).or_default() += 1;
    }

    /// Counts a connection that is no WebSocket.
    pub(super) fn note(&mut self, given_up: Option<Why>, encrypted: Option<&Encrypted>) {
        if let Some(why) = given_up {
            *self.given_up.entry(why.text()).or_insert(0) += 1;
        }
        if let Some(encrypted) = encrypted {
            self.note_tls(encrypted);
        }
    }
}
