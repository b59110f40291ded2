//! Where to look in Wireshark.
//!
//! In: a connection, and the files of its capture. Out: display filters, file by file. They hold
//! nothing but numbers and addresses.

use std::collections::{BTreeMap, BTreeSet};

use super::cite::Files;
use super::{CaptureReport, ConnectionReport, EndpointReport, PacketCite};

/// Packets that a display filter lists at most.
const FILTERED_PACKETS: usize = 50;

/// Display filters for one file.
pub(super) struct Filters<'r> {
    /// Its path.
    pub(super) file: &'r str,
    /// One filter a line: the whole connection, and the packets that the report cites of it.
    pub(super) lines: Vec<String>,
}

/// The filters for a connection: for a series, only for the files of which packets are cited.
pub(super) fn filters<'r>(
    capture: &'r CaptureReport,
    connection: &ConnectionReport,
    files: &Files<'_>,
) -> Vec<Filters<'r>> {
    let mut cited: BTreeMap<Option<u32>, BTreeSet<u64>> = BTreeMap::new();
    for packet in cited_packets(connection).take(FILTERED_PACKETS) {
        cited.entry(packet.file()).or_default().insert(packet.number());
    }
    if capture.files.is_empty() {
        let numbers = cited.remove(&None).unwrap_or_default();
        let stream = format!("tcp.stream eq {}", connection.tcp_stream);
        let lines = std::iter::once(stream).chain(by_number(&numbers)).collect();
        return vec![Filters { file: &capture.file, lines }];
    }
    let named = cited.into_iter().filter_map(|(file, numbers)| {
        let file = file.filter(|file| files.name(*file).is_some())?;
        let index = usize::try_from(file).ok()?.checked_sub(1)?;
        let file = capture.files.get(index)?;
        // Wireshark numbers the connections of each file anew, so they are told by their ends.
        let lines = ends(connection).into_iter().chain(by_number(&numbers)).collect();
        Some(Filters { file: &file.file, lines })
    });
    named.collect()
}

/// The packets that a reader wants to see.
fn cited_packets(connection: &ConnectionReport) -> impl Iterator<Item = PacketCite> {
    let (shake, close) = (&connection.handshake, &connection.close);
    let closes = [&close.client_sent, &close.server_sent].into_iter().flatten();
    let found = connection.findings.iter().flat_map(|finding| &finding.packets);
    let opening = shake.request_packets.iter().chain(&shake.response_packets);
    let ends = closes.map(|sent| sent.packet).chain(close.tcp_end.packet);
    let all: BTreeSet<PacketCite> = found.chain(opening).copied().chain(ends).collect();
    all.into_iter()
}

fn by_number(numbers: &BTreeSet<u64>) -> Option<String> {
    let list: Vec<String> = numbers.iter().map(u64::to_string).collect();
    match list.as_slice() {
        [] => None,
        [one] => Some(format!("frame.number == {one}")),
        several => Some(format!("frame.number in {{{}}}", several.join(", "))),
    }
}

/// The filter for all packets between the two ends; `None` if an address is none.
fn ends(connection: &ConnectionReport) -> Option<String> {
    let end = |end: &EndpointReport| {
        let address: std::net::IpAddr = end.address.parse().ok()?;
        let field = if address.is_ipv6() { "ipv6" } else { "ip" };
        Some(format!("{field}.addr == {address} and tcp.port == {}", end.port))
    };
    Some(format!("{} and {}", end(&connection.client)?, end(&connection.server)?))
}

#[cfg(test)]
mod tests {
    use super::super::{FileReport, fixture};
    use super::*;

    #[test]
    fn each_file_of_a_series_has_filters_of_its_own() {
        let file = |file: &str| FileReport { file: file.into(), ..FileReport::default() };
        let capture = CaptureReport {
            files: ["day/a.pcap", "day/b.pcap", "day/c.pcap"].map(file).to_vec(),
            ..fixture::capture()
        };
        let mut connection = fixture::connection();
        let packet = |file, number| PacketCite::InFile { file, number };
        connection.findings.clear();
        connection.close.server_sent = None;
        connection.handshake.request_packets = vec![packet(1, 4)];
        connection.handshake.response_packets = vec![packet(1, 5)];
        connection.close.tcp_end.packet = Some(packet(3, 2));
        let between = "ip.addr == 192.0.2.10 and tcp.port == 50000 and ip.addr == 198.51.100.20 \
                       and tcp.port == 80";
        let found = filters(&capture, &connection, &Files::of(&capture));
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|filters| (filters.file, filters.lines.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            found,
            [
                ("day/a.pcap", vec![between, "frame.number in {4, 5}"]),
                ("day/c.pcap", vec![between, "frame.number == 2"]),
            ]
        );
    }
}
