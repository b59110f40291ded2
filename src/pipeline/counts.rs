//! What is counted over all connections of a capture, and the blind spots that come of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Connections that were forgotten to make room: they were no WebSockets, or silent.
    pub forgotten: u64,
    /// Connections on which HTTP was given up, by the limit that was reached.
    given_up: BTreeMap<&'static str, u64>,
    /// Servers of a few TLS connections of which nothing could be read, in order.
    tls_servers: BTreeSet<String>,
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
        let forgotten = (self.forgotten > 0).then(|| {
            let hides =
                format!("how {} connections went on that had shown no sign", self.forgotten);
            spot(
                format!("{hides} of a WebSocket, and had to make room for others"),
                "one of them may be counted again, and tcp.stream may differ from Wireshark's",
            )
        });
        let given_up = self.given_up.iter().map(|(why, connections)| {
            let what = if *connections == 1 { "connection" } else { "connections" };
            let hides = format!("HTTP on {connections} {what}, because {why}");
            spot(hides, "a request there counts as not captured, and a WebSocket may go unseen")
        });
        let servers: Vec<&str> = self.tls_servers.iter().map(String::as_str).collect();
        let tls = blind_spots::of_tls(self.tls_unnamed, &servers);
        let unread = blind_spots::of_unread_tls(&self.reasons());
        let nested = blind_spots::of_nested_tls(self.tls_nested);
        let cut_short = (self.cut_short > 0).then(|| {
            let hides = format!("the rest of {} connections without their start", self.cut_short);
            spot(hides, "a WebSocket whose frames came later there goes unseen")
        });
        turned_away
            .into_iter()
            .chain(forgotten)
            .chain(given_up)
            .chain(cut_short)
            .chain(tls)
            .chain(unread)
            .chain(nested)
            .collect()
    }

    /// What keeps connections in TLS from being read: what does so most often, and the rest in one.
    fn reasons(&self) -> BTreeMap<String, u64> {
        const NAMED: usize = 8;
        let mut all: Vec<(&String, &u64)> = self.tls_unread_for.iter().collect();
        all.sort_by_key(|(reason, count)| (Reverse(**count), *reason));
        let (named, rest) = all.split_at(all.len().min(NAMED));
        let named = named.iter().map(|(reason, count)| ((*reason).clone(), **count));
        let rest: u64 = rest.iter().map(|(_, count)| **count).sum();
        let rest = (rest > 0).then(|| ("other suites and versions".to_owned(), rest));
        named.chain(rest).collect()
    }

    /// Counts a connection in TLS.
    fn note_tls(&mut self, encrypted: &Encrypted) {
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
            *self.tls_unread_for.entry(reason.clone()).or_default() += 1;
            return;
        }
        self.tls_unnamed += 1;
        let server = match &encrypted.server_name {
            Some(name) => format!("{name} ({})", encrypted.server),
            None => encrypted.server.to_string(),
        };
        self.name_server(server);
    }

    /// Names a server, if it is one of the first few by name: those are the same whoever counts.
    fn name_server(&mut self, server: String) {
        const NAMED: usize = 4;
        self.tls_servers.insert(server);
        if self.tls_servers.len() > NAMED {
            self.tls_servers.pop_last();
        }
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, other: Counts) {
        self.streams += other.streams;
        self.tls += other.tls;
        self.tls_unread += other.tls_unread;
        self.tls_unnamed += other.tls_unnamed;
        for (reason, count) in other.tls_unread_for {
            *self.tls_unread_for.entry(reason).or_default() += count;
        }
        self.tls_nested += other.tls_nested;
        self.waited_for_keys += other.waited_for_keys;
        self.cut_short += other.cut_short;
        self.turned_away += other.turned_away;
        self.forgotten += other.forgotten;
        for (why, count) in other.given_up {
            *self.given_up.entry(why).or_default() += count;
        }
        other.tls_servers.into_iter().for_each(|server| self.name_server(server));
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
