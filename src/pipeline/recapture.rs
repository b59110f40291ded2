//! The command that captures what is missing.
//!
//! In: the blind spots of a capture and its connections. Out: one `tcpdump` command, and where and
//! when to run it. Nothing from the wire gets into it but addresses and ports; the name of an
//! interface only if it has no character that a shell might act upon.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::report::{
    CaptureReport, ConnectionReport, Recapture, Remedy, SideName, blind_spot_kind,
};

/// Servers that a filter names at most.
const MOST_SERVERS: usize = 4;

/// The command, if a capture could do better.
pub(super) fn recapture(
    capture: &CaptureReport,
    connections: &[ConnectionReport],
) -> Option<Recapture> {
    let remedy = |kind: &str| blind_spot_kind(kind).map(|kind| kind.remedy);
    let remedies = |one: &ConnectionReport| -> Vec<Remedy> {
        // Where both SYNs were captured, it did not begin too late: it lost what came behind them.
        let in_time = one.tcp.client.has_start && one.tcp.server.has_start;
        let remedies = one.blind_spots.iter().filter_map(|spot| remedy(&spot.kind));
        remedies.filter(|remedy| !in_time || *remedy != Remedy::FromTheStart).collect()
    };
    let own: Vec<Remedy> =
        capture.blind_spots.iter().filter_map(|spot| remedy(&spot.kind)).collect();
    let all: Vec<Remedy> =
        own.iter().copied().chain(connections.iter().flat_map(remedies)).collect();
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
    let is_affected = |one: &&ConnectionReport| {
        whole || remedies(one).iter().any(|remedy| IN_A_COMMAND.contains(remedy))
    };
    let affected: Vec<&ConnectionReport> = connections.iter().filter(is_affected).collect();
    let servers = servers(&affected);
    let filter = filter(&servers);
    let buffer = if lacks(Remedy::LargerBuffer) { " -B 65536" } else { "" };
    // A ring of twenty files of 100 MB: it can run until the trouble comes again.
    let ring = if lacks(Remedy::FromTheStart) { " -C 100 -W 20" } else { "" };
    let interface = interface(capture);
    let command =
        format!("tcpdump -i {interface} -s 0{buffer}{ring} -w websockets.pcap '{filter}'");
    let mut advice = advice(&affected, &lacks);
    if servers.len() > MOST_SERVERS {
        advice.push(format!("the filter names {MOST_SERVERS} of the {} servers", servers.len()));
    }
    Some(Recapture { command, filter, advice })
}

/// The filter expression for the first few of these servers.
///
/// Behind a VLAN tag `host` finds nothing unless `vlan` stands before it; an expression for such a
/// capture is to be put together here.
fn filter(servers: &[(IpAddr, u16)]) -> String {
    let one = |(address, port): &(IpAddr, u16)| format!("host {address} and tcp port {port}");
    match servers {
        [] => "tcp".to_owned(),
        [server] => one(server),
        several => {
            let parts: Vec<String> = several
                .iter()
                .take(MOST_SERVERS)
                .map(|server| format!("({})", one(server)))
                .collect();
            parts.join(" or ")
        }
    }
}

/// The servers of these connections, each once, in the order of the connections.
fn servers(connections: &[&ConnectionReport]) -> Vec<(IpAddr, u16)> {
    let mut seen = BTreeSet::new();
    let server = |one: &&ConnectionReport| {
        let address: IpAddr = one.server.address.parse().ok()?;
        Some((address, one.server.port)).filter(|server| seen.insert(*server))
    };
    connections.iter().filter_map(server).collect()
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
fn advice(affected: &[&ConnectionReport], lacks: &dyn Fn(Remedy) -> bool) -> Vec<String> {
    let mut advice = Vec::new();
    if lacks(Remedy::OnAnEndpoint) {
        let silent = |side| {
            affected.iter().any(|one| {
                one.blind_spots.iter().any(|s| s.kind == "one-sided" && s.side == Some(side))
            })
        };
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
    fn servers_are_named_once_and_not_too_many_of_them() {
        let server = |last: u8| (IpAddr::from([192, 0, 2, last]), 443);
        assert_eq!(filter(&[]), "tcp");
        assert_eq!(filter(&[server(1)]), "host 192.0.2.1 and tcp port 443");
        let many: Vec<_> = (1..=9).map(server).collect();
        assert_eq!(filter(&many).matches("host").count(), MOST_SERVERS);
        let two = "(host 192.0.2.1 and tcp port 443) or (host ::1 and tcp port 80)";
        assert_eq!(filter(&[server(1), ("::1".parse().unwrap_or([0; 4].into()), 80)]), two);
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
