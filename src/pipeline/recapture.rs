//! The command that captures what is missing.
//!
//! In: the blind spots of a capture and its connections. Out: one `tcpdump` command, and where and
//! when to run it. Nothing from the wire gets into it but addresses and ports; the name of an
//! interface only if it has no character that a shell might act upon.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::report::{
    CaptureReport, ConnectionReport, Encapsulation, EndpointReport, Recapture, Remedy, SideName,
    blind_spot_kind,
};

/// Servers that a filter names at most.
const MOST_SERVERS: usize = 4;

/// What a better capture would have to do for a connection, and what finds it. Many connections
/// are alike in that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lack {
    remedies: Vec<Remedy>,
    server: EndpointReport,
    encapsulation: Vec<Encapsulation>,
    /// The sides of which nothing was captured.
    silent: Vec<SideName>,
}

impl Lack {
    /// What `one` lacks.
    pub(super) fn of(one: &ConnectionReport) -> Lack {
        // Where both SYNs were captured, it did not begin too late: it lost what came behind them.
        let in_time = one.tcp.client.has_start && one.tcp.server.has_start;
        let mut remedies = Vec::new();
        for kind in one.blind_spots.iter().filter_map(|spot| blind_spot_kind(&spot.kind)) {
            let is_none = in_time && kind.remedy == Remedy::FromTheStart;
            if !is_none && !remedies.contains(&kind.remedy) {
                remedies.push(kind.remedy);
            }
        }
        let of_one_side = one.blind_spots.iter().filter(|spot| spot.kind == "one-sided");
        let silent = of_one_side.filter_map(|spot| spot.side).collect();
        let (server, encapsulation) = (one.server.clone(), one.encapsulation.clone());
        Lack { remedies, server, encapsulation, silent }
    }
}

/// The command, if a capture could do better.
pub(super) fn recapture(capture: &CaptureReport, connections: &[Lack]) -> Option<Recapture> {
    let remedy = |kind: &str| blind_spot_kind(kind).map(|kind| kind.remedy);
    let own: Vec<Remedy> =
        capture.blind_spots.iter().filter_map(|spot| remedy(&spot.kind)).collect();
    let of_connections = connections.iter().flat_map(|one| &one.remedies);
    let all: Vec<Remedy> = own.iter().chain(of_connections).copied().collect();
    let lacks = |wanted: Remedy| all.contains(&wanted);
    const IN_A_COMMAND: &[Remedy] = &[
        Remedy::WholePackets,
        Remedy::LargerBuffer,
        Remedy::FromTheStart,
        Remedy::OnAnEndpoint,
        Remedy::CleanStop,
    ];
    if !IN_A_COMMAND.iter().any(|remedy| lacks(*remedy)) {
        return None;
    }
    // Where the capture as a whole lacks something, every connection is affected.
    let whole = IN_A_COMMAND.iter().any(|remedy| own.contains(remedy));
    let is_affected =
        |one: &&Lack| whole || one.remedies.iter().any(|remedy| IN_A_COMMAND.contains(remedy));
    let affected: Vec<&Lack> = connections.iter().filter(is_affected).collect();
    let parts = parts(&affected);
    let plain = any_of(&parts);
    let tags = all_layers(&affected).map(|layers| layers.vlan_tags).max().unwrap_or(0);
    let filter = behind_tags(&plain, tags);
    let buffer = if lacks(Remedy::LargerBuffer) { " -B 65536" } else { "" };
    // A ring of twenty files of 100 MB: it can run until the trouble comes again.
    let ring = if lacks(Remedy::FromTheStart) { " -C 100 -W 20" } else { "" };
    let interface = interface(capture);
    // On all interfaces at once there are no tags to be seen, and libpcap may refuse `vlan`.
    let in_command = if interface == "any" { &plain } else { &filter };
    let command =
        format!("tcpdump -i {interface} -s 0{buffer}{ring} -w websockets.pcap '{in_command}'");
    let mut advice = advice(&affected, &lacks);
    if *in_command != filter {
        advice.push(format!(
            "the packets came with VLAN tags, which `-i any` does not show: on one interface the \
             filter is '{filter}'"
        ));
    }
    let tunnels: BTreeSet<&str> =
        all_layers(&affected).filter_map(|layers| layers.tunnel.as_deref()).collect();
    if !tunnels.is_empty() {
        let names: Vec<&str> = tunnels.into_iter().collect();
        advice.push(format!(
            "the filter takes all that comes through {}: addresses inside a tunnel cannot be \
             filtered by where the tunnel passes",
            names.join(" and ")
        ));
    }
    if parts.len() > MOST_SERVERS {
        let all = parts.len();
        advice.push(format!("the filter names {MOST_SERVERS} of the {all} servers and tunnels"));
    }
    Some(Recapture { command, filter, advice })
}

/// The tags and tunnels of these connections.
fn all_layers<'a>(connections: &'a [&Lack]) -> impl Iterator<Item = &'a Encapsulation> {
    connections.iter().flat_map(|one| &one.encapsulation)
}

/// One of the first few of these expressions.
fn any_of(parts: &[String]) -> String {
    match parts {
        [] => "tcp".to_owned(),
        [part] => part.clone(),
        several => {
            let named: Vec<String> =
                several.iter().take(MOST_SERVERS).map(|part| format!("({part})")).collect();
            named.join(" or ")
        }
    }
}

/// `filter`, behind up to so many VLAN tags: `vlan` moves what stands behind it by one tag.
fn behind_tags(filter: &str, tags: u64) -> String {
    let deeper = |inner: String, _| format!("({filter}) or (vlan and ({inner}))");
    (0..tags.min(3)).fold(filter.to_owned(), deeper)
}

/// What finds these connections: their servers, or the tunnels they came through; each once, in
/// the order of the connections.
fn parts(connections: &[&Lack]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    for one in connections {
        let tunnels = one.encapsulation.iter().filter_map(|layers| layers.filter.clone());
        let mut found: Vec<String> = tunnels.collect();
        if found.is_empty()
            && let Ok(address) = one.server.address.parse::<IpAddr>()
        {
            found.push(format!("host {address} and tcp port {}", one.server.port));
        }
        parts.extend(found.into_iter().filter(|part| seen.insert(part.clone())));
    }
    parts
}

/// The interface to capture on: the one that the capture names, else all.
fn interface(capture: &CaptureReport) -> &str {
    let names: BTreeSet<Option<&str>> =
        capture.interfaces.iter().map(|interface| interface.name.as_deref()).collect();
    let mut names = names.into_iter();
    match (names.next().flatten(), names.next()) {
        (Some(name), None) if is_plain(name) => name,
        _ => "any",
    }
}

/// Whether a shell and `tcpdump` take a name for what it is.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    name.len() <= 64
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Where and when to run it.
fn advice(affected: &[&Lack], lacks: &dyn Fn(Remedy) -> bool) -> Vec<String> {
    let mut advice = Vec::new();
    if lacks(Remedy::OnAnEndpoint) {
        let silent = |side| affected.iter().any(|one| one.silent.contains(&side));
        let host = match (silent(SideName::Client), silent(SideName::Server)) {
            (true, false) => "on the client itself, or on the server: there both directions pass",
            (false, true) => "on the server itself, or on the client: there both directions pass",
            _ => "on the client or the server itself: there both directions pass, unchanged",
        };
        advice.push(host.to_owned());
    }
    if lacks(Remedy::FromTheStart) {
        advice.push(
            "begin before the connection opens, and leave it running: it keeps the latest 2 GB"
                .to_owned(),
        );
    }
    if lacks(Remedy::UntilTheEnd) {
        advice.push("stop it only after the connection has ended".to_owned());
    }
    if lacks(Remedy::CleanStop) {
        advice.push("stop it with Ctrl-C, and copy the file only then".to_owned());
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_too_many_servers_are_named() {
        let part = |last: u8| format!("host 192.0.2.{last} and tcp port 443");
        assert_eq!(any_of(&[]), "tcp");
        assert_eq!(any_of(&[part(1)]), "host 192.0.2.1 and tcp port 443");
        let many: Vec<_> = (1..=9).map(part).collect();
        assert_eq!(any_of(&many).matches("host").count(), MOST_SERVERS);
        let two = "(host 192.0.2.1 and tcp port 443) or (udp port 4789)";
        assert_eq!(any_of(&[part(1), "udp port 4789".to_owned()]), two);
    }

    #[test]
    fn behind_each_vlan_tag_the_filter_is_said_once_more() {
        assert_eq!(behind_tags("tcp", 0), "tcp");
        assert_eq!(behind_tags("tcp", 1), "(tcp) or (vlan and (tcp))");
        assert_eq!(behind_tags("tcp", 2), "(tcp) or (vlan and ((tcp) or (vlan and (tcp))))");
    }

    #[test]
    fn the_name_of_an_interface_cannot_act_on_a_shell() {
        for name in ["eth0", "br-lan.7", "en0", "veth1:2"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "-i", "a b", "eth0;id", "$(id)", "'", "eth0\n", r"\Device\NPF_{1}"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
