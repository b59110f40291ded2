//! What the tests share: the samples, captures taken apart and put together again, and reports
//! without what depends on the order of packets.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use wsblame::capture::Reader;
use wsblame::endpoint::Endpoint;
use wsblame::ip::{Dissected, Dissector, TcpFlags};
use wsblame::pipeline::{Analysis, Limits, Options};
use wsblame::report::{ConnectionReport, Report};
use wsblame::rules;
use wsblame::script::{Play, write_pcap};
use wsblame::tls::Keyring;

use crate::sample_keys::keyring;

/// The project's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Captures of real stacks, by name.
pub(crate) fn real_samples() -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = fs::read_dir(root().join("samples/real"))
        .expect("the folder is part of the project")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path))
        .collect();
    found.sort();
    assert!(found.len() >= 12, "the samples are gone");
    found
}

/// Every sample as bytes: the real ones, and one for each rule.
pub(crate) fn all_samples() -> Vec<(String, Vec<u8>)> {
    static ALL: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
        let real = real_samples()
            .into_iter()
            .map(|(name, path)| (name, fs::read(path).expect("a readable sample")));
        let scripted =
            rules::all().map(|rule| (rule.id.to_owned(), write_pcap(&Play::of(rule.breaks))));
        real.chain(scripted).collect()
    });
    ALL.clone()
}

/// A capture of connections in TLS.
pub(crate) struct TlsSample {
    pub name: String,
    pub path: PathBuf,
    pub capture: Vec<u8>,
}

/// Captures of real stacks in TLS, by name; not those that are in the clear, or have lost their
/// keys on purpose.
pub(crate) fn tls_samples() -> &'static [TlsSample] {
    static ALL: LazyLock<Vec<TlsSample>> = LazyLock::new(|| {
        let entries = fs::read_dir(root().join("samples/tls")).expect("part of the project");
        let mut found: Vec<TlsSample> = entries
            .map(|entry| entry.expect("a readable entry").path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng"))
            .map(|path| TlsSample {
                name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                capture: fs::read(&path).expect("a readable sample"),
                path,
            })
            .filter(|sample| !sample.name.ends_with("-clear") && !sample.name.ends_with("-no-keys"))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(found.len() >= 40, "the samples are gone");
        found
    });
    &ALL
}

/// The keys of all samples in TLS: those beside them, and those in them.
pub(crate) fn keys_of_samples() -> Arc<Keyring> {
    static ALL: LazyLock<Arc<Keyring>> = LazyLock::new(|| {
        let logs = tls_samples().iter().map(|sample| sample.path.with_extension("keys"));
        let logs = logs.filter(|path| path.is_file());
        let logs = logs.map(|path| fs::read(path).expect("a readable log"));
        Arc::new(keyring(logs, tls_samples().iter().map(|sample| &sample.capture)))
    });
    ALL.clone()
}

/// Every sample as bytes, those in TLS too.
pub(crate) fn every_sample() -> Vec<(String, Vec<u8>)> {
    let tls = tls_samples().iter().map(|tls| (tls.name.clone(), tls.capture.clone()));
    all_samples().into_iter().chain(tls).collect()
}

/// The report on a capture in memory; those in TLS are decrypted.
pub(crate) fn analyse(capture: &[u8]) -> Report {
    analyse_with(keys_of_samples(), capture)
}

/// The report on a capture in memory, with no keys but those in it.
pub(crate) fn analyse_without_keys(capture: &[u8]) -> Report {
    analyse_with(Arc::new(Keyring::new(1_000)), capture)
}

/// The report on a capture in memory, with these keys.
pub(crate) fn analyse_with(keys: Arc<Keyring>, capture: &[u8]) -> Report {
    analyse_within(Limits::default(), keys, capture)
}

/// The same, within these limits.
pub(crate) fn analyse_within(limits: Limits, keys: Arc<Keyring>, capture: &[u8]) -> Report {
    let mut analysis = Analysis::new(Options { limits, ..Options::default() });
    analysis.use_keys(keys);
    analysis.read("sample", capture);
    analysis.into_report()
}

/// Cases for each law: always the same ones, so that a run says something about the change at hand;
/// with `WSBLAME_CASES` so many new ones.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    match std::env::var("WSBLAME_CASES").ok().and_then(|cases| cases.parse().ok()) {
        Some(cases) => ProptestConfig { cases, ..config },
        None => ProptestConfig { cases: usual, rng_seed: RngSeed::Fixed(6_455), ..config },
    }
}

/// Does `job` for each number below `count`, on all processors; what went wrong, in order.
pub(crate) fn everywhere(count: usize, job: impl Fn(usize) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return wrong;
            }
            wrong.extend(job(number).into_iter().map(|claim| (number, claim)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut wrong: Vec<(usize, String)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    wrong.sort_by_key(|(number, _)| *number);
    wrong.into_iter().map(|(_, claim)| claim).collect()
}

/// One packet as captured, whatever the file it came from.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub time: i64,
    pub link: u16,
    pub data: Vec<u8>,
    /// Bytes that were on the wire: more than `data` has where the snap length cut it.
    pub wire_len: usize,
}

/// The packets of a capture.
pub(crate) fn packets(capture: &[u8]) -> Vec<Raw> {
    let mut reader = Reader::new(capture, "sample").expect("a capture");
    let mut packets = Vec::new();
    while let Some(packet) = reader.next().expect("readable") {
        packets.push(Raw {
            time: packet.at.time.0,
            link: packet.link.0,
            data: packet.data.to_vec(),
            wire_len: packet.wire_len as usize,
        });
    }
    packets
}

/// A capture of these packets, which all have the same link type: pcap in nanoseconds.
pub(crate) fn capture_of(packets: &[Raw]) -> Vec<u8> {
    let link = packets.first().map_or(1, |packet| packet.link);
    let mut file = Vec::new();
    file.extend(0xA1B2_3C4D_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(262_144_u32.to_le_bytes());
    file.extend(u32::from(link).to_le_bytes());
    for packet in packets {
        assert_eq!(packet.link, link, "one link type a file");
        let seconds = u32::try_from(packet.time.div_euclid(1_000_000_000)).expect("after 1970");
        let nanos = u32::try_from(packet.time.rem_euclid(1_000_000_000)).expect("below 10^9");
        let len = u32::try_from(packet.data.len()).expect("a small packet");
        let wire_len = u32::try_from(packet.wire_len).expect("a small packet");
        for field in [seconds, nanos, len, wire_len] {
            file.extend(field.to_le_bytes());
        }
        file.extend(&packet.data);
    }
    file
}

/// A TCP segment taken out of its packet.
#[derive(Clone, Debug)]
pub(crate) struct Seg {
    pub time: i64,
    pub from: Endpoint,
    pub to: Endpoint,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub payload: Vec<u8>,
}

/// The TCP segments of a capture.
pub(crate) fn segments(capture: &[u8]) -> Vec<Seg> {
    let mut reader = Reader::new(capture, "sample").expect("a capture");
    let mut dissector = Dissector::new();
    let mut segments = Vec::new();
    while let Some(packet) = reader.next().expect("readable") {
        dissector.dissect(&packet, |dissected| {
            if let Dissected::Segment(segment) = dissected {
                segments.push(Seg {
                    time: packet.at.time.0,
                    from: segment.from,
                    to: segment.to,
                    seq: segment.seq.0,
                    ack: segment.ack.0,
                    flags: segment.flags.0,
                    window: segment.window,
                    payload: segment.payload.to_vec(),
                });
            }
        });
    }
    segments
}

/// A segment cut into pieces of at most `size` bytes; SYN stays with the first, FIN with the last.
pub(crate) fn cut(segment: &Seg, size: usize) -> Vec<Seg> {
    if segment.payload.len() <= size {
        return vec![segment.clone()];
    }
    let pieces = segment.payload.chunks(size).count();
    let chunks = segment.payload.chunks(size).enumerate();
    chunks
        .map(|(index, chunk)| {
            let offset = u32::try_from(index * size).expect("a small segment");
            let fin = if index + 1 == pieces { 0xFF } else { !TcpFlags::FIN.0 };
            let syn = if index == 0 { 0xFF } else { !TcpFlags::SYN.0 };
            Seg {
                seq: segment.seq.wrapping_add(offset),
                flags: segment.flags & fin & syn,
                payload: chunk.to_vec(),
                ..segment.clone()
            }
        })
        .collect()
}

/// A capture of these segments, in raw IP.
pub(crate) fn capture_of_segments(segments: &[Seg]) -> Vec<u8> {
    let packets: Vec<Raw> = segments.iter().map(raw_packet).collect();
    capture_of(&packets)
}

/// A segment in a packet of raw IP.
pub(crate) fn raw_packet(segment: &Seg) -> Raw {
    const RAW_IP: u16 = 101;
    let data = raw_ip(segment);
    Raw { time: segment.time, link: RAW_IP, wire_len: data.len(), data }
}

fn raw_ip(segment: &Seg) -> Vec<u8> {
    let mut tcp = Vec::new();
    tcp.extend(segment.from.port.to_be_bytes());
    tcp.extend(segment.to.port.to_be_bytes());
    tcp.extend(segment.seq.to_be_bytes());
    tcp.extend(segment.ack.to_be_bytes());
    tcp.extend([0x50, segment.flags]);
    tcp.extend(segment.window.to_be_bytes());
    tcp.extend([0; 4]);
    tcp.extend(&segment.payload);
    let len = u16::try_from(tcp.len()).expect("a small segment");
    let mut packet = Vec::new();
    match (segment.from.address, segment.to.address) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend([0x45, 0]);
            packet.extend((len + 20).to_be_bytes());
            packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
            packet.extend(from.octets());
            packet.extend(to.octets());
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend(len.to_be_bytes());
            packet.extend([6, 64]);
            packet.extend(from.octets());
            packet.extend(to.octets());
        }
        _ => panic!("both ends have the same version of IP"),
    }
    packet.extend(tcp);
    packet
}

/// A connection's report without packet numbers and times: what must not depend on how the bytes
/// were cut, ordered or repeated.
pub(crate) fn essence(connection: &ConnectionReport) -> Value {
    let mut value = serde_json::to_value(connection).expect("a report is data");
    const OF_PACKETS: &[&str] = &[
        "id",
        "opened",
        "ended",
        "duration",
        "timeline",
        "blind_spots",
        "tcp_stream",
        "encapsulation",
        "tcp",
        "quality",
    ];
    for key in OF_PACKETS {
        value.as_object_mut().expect("an object").remove(*key);
    }
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    const VOLATILE: &[&str] = &[
        "packet",
        "packets",
        "time",
        "request_packets",
        "response_packets",
        "summary",
        "rate",
        "round_trip",
    ];
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            map.values_mut().for_each(strip);
        }
        Value::String(text) => *text = without_packet_numbers(text),
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

/// `packet 12` and `packet 21` are the same packet in two orders.
fn without_packet_numbers(detail: &str) -> String {
    let mut words: Vec<&str> = detail.split(' ').collect();
    for place in 1..words.len() {
        if words[place - 1].ends_with("packet") {
            words[place] = "#";
        }
    }
    words.join(" ")
}

/// The essence of every connection, by its endpoints and in the order of its attempts.
pub(crate) fn essences(report: &Report) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for connection in &report.connections {
        let key = key_of(connection);
        let mut essence = essence(connection);
        if let Some(findings) = essence.get_mut("findings").and_then(Value::as_array_mut) {
            findings.sort_by_key(ToString::to_string);
        }
        all.entry(key).or_default().push(essence);
    }
    all
}

/// The endpoints of a connection, whoever is the client.
pub(crate) fn key_of(connection: &ConnectionReport) -> String {
    let name = |end: &wsblame::report::EndpointReport| format!("{} {}", end.address, end.port);
    let mut ends = [name(&connection.client), name(&connection.server)];
    ends.sort();
    json!(ends).to_string()
}
