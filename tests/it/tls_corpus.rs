//! A folder full of captures in TLS, decrypted and compared byte for byte with what `tshark` makes
//! of them:
//!
//! ```text
//! WSBLAME_CORPUS=<folder> cargo test --test it tls_corpus -- --ignored --nocapture
//! ```
//!
//! All key logs in the folder serve all captures in it, and so does for itself what a capture holds:
//! tshark is given the lines in comments, too, which it does not read by itself. What is decrypted
//! is each connection with a ClientHello or a ServerHello, even behind a STARTTLS: the stages before
//! HTTP are put together by hand.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use wsblame::capture::{self, Bytes, Disclosed, Reader, Unpacked};
use wsblame::endpoint::{Endpoint, FlowKey, PerSide, Side};
use wsblame::http::{Opening, classify};
use wsblame::ip::{Dissected, Dissector, Segment, TcpFlags};
use wsblame::pipeline::Limits;
use wsblame::tcp::{AssemblerLimits, Connection, Released};
use wsblame::tls::{
    KeyLog, Keyring, Keys, Opened, Session, TlsFacts, TlsLimits, Version, read_key_log, speaker,
    suite,
};

use crate::corpus::{files, output};
use crate::folder::Folder;
use crate::support::everywhere;

/// Where the two differ, and why. A row that no longer holds fails the test.
const DIFFERENCES: &[Difference] = &[
    ("tls/tls12-73-ciphersuites.pcapng", 64, Outcome::TheirsOnly, HELLO_OF_SSL_2),
    ("tls/tls12-73-ciphersuites.pcapng", 71, Outcome::TheirsOnly, HELLO_OF_SSL_2),
    ("tls/tls12-73-ciphersuites.pcapng", 72, Outcome::TheirsOnly, HELLO_OF_SSL_2),
];

/// The file, the stream, what both make of it, and why. What we do not read because its version,
/// its suite or its compression is not decrypted ([`Keys::Unsupported`]) needs no row.
type Difference = (&'static str, u64, Outcome, &'static str);

const HELLO_OF_SSL_2: &str = "\
    The client opens with a ClientHello in the form of SSL 2.0 (RFC 5246 §E.2), which is not read: \
    all that it offers are suites of RC4 and RC2, which are not decrypted either.";

/// What both make of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The same bytes in both directions.
    Equal,
    /// Both read nothing.
    Neither,
    /// We read something, tshark nothing.
    OursOnly,
    /// We read nothing, tshark something.
    TheirsOnly,
    /// Both read something, and not the same.
    Differ,
}

/// A connection in TLS.
struct Stream {
    endpoints: PerSide<Endpoint>,
    plain: PerSide<Vec<u8>>,
    holes: usize,
    facts: TlsFacts,
}

/// A connection, as long as its segments come.
struct Open {
    tcp: Connection,
    events: Vec<(Side, Released)>,
    number: u64,
}

impl Open {
    fn receive(&mut self, segment: &Segment<'_>) {
        if let Some((side, event)) = self.tcp.receive(segment) {
            let released = match event {
                wsblame::tcp::StreamEvent::Data { offset, bytes } => {
                    Released::Data { offset, bytes: bytes.to_vec() }
                }
                wsblame::tcp::StreamEvent::Gap { range, cause } => Released::Gap { range, cause },
            };
            self.events.push((side, released));
        }
        self.release();
    }

    fn release(&mut self) {
        while let Some(released) = self.tcp.release() {
            self.events.push(released);
        }
    }

    /// What TLS on it comes to; `None` where it begins with something else.
    fn decrypt(mut self, keys: &Keyring) -> Option<(u64, Stream)> {
        self.tcp.finish();
        self.release();
        let events = self.tls_in_it()?;
        let first = PerSide::from_fn(|of| first_bytes(events, of).to_vec());
        let is_swapped = speaker(&first.client) != Some(Side::Client)
            && (speaker(&first.client) == Some(Side::Server)
                || speaker(&first.server) == Some(Side::Client));
        let events = events.len();
        if is_swapped {
            self.tcp.swap_sides();
        }
        let mut session = Session::new(TlsLimits::default());
        let mut stream = Stream {
            endpoints: PerSide::from_fn(|side| self.tcp.endpoints[side]),
            plain: PerSide::default(),
            holes: 0,
            facts: TlsFacts::default(),
        };
        for (side, released) in self.events.iter().rev().take(events).rev() {
            let side = if is_swapped { !*side } else { *side };
            session.push(side, released.as_event(), keys, &self.tcp);
            stream.take(&mut session);
        }
        session.finish(keys, &self.tcp);
        stream.take(&mut session);
        stream.facts = session.facts().clone();
        Some((self.number, stream))
    }

    /// The events from where TLS begins.
    fn tls_in_it(&self) -> Option<&[(Side, Released)]> {
        let is_tls = |of: &Side| classify(first_bytes(&self.events, *of)) == Opening::Tls;
        if Side::BOTH.iter().any(is_tls) {
            return Some(&self.events);
        }
        let says_hello = |(_, released): &(Side, Released)| matches!(released, Released::Data { bytes, .. } if speaker(bytes) == Some(Side::Client));
        self.events.get(self.events.iter().position(says_hello)?..)
    }
}

/// What of a side comes first.
fn first_bytes(events: &[(Side, Released)], of: Side) -> &[u8] {
    let first = events.iter().find_map(|(side, released)| match released {
        Released::Data { bytes, .. } if *side == of => Some(bytes.as_slice()),
        _ => None,
    });
    first.unwrap_or_default()
}

impl Stream {
    fn take(&mut self, session: &mut Session) {
        while let Some((side, opened)) = session.next() {
            match opened {
                Opened::Data { bytes, .. } => self.plain[side].extend(bytes),
                Opened::Hole { .. } => self.holes += 1,
            }
        }
    }

    /// What tshark read, by our sides.
    fn by_sides(&self, theirs: &Followed) -> PerSide<Vec<u8>> {
        let first = if theirs.first == self.endpoints.client.to_string() {
            Side::Client
        } else {
            Side::Server
        };
        PerSide::from_fn(|side| theirs.plain[usize::from(side != first)].clone())
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TlsFacts { version, suite, keys, is_compressed, .. } = &self.facts;
        let version = version.map_or("?".to_owned(), |Version(number)| format!("{number:#06x}"));
        let suite = suite.map_or("?".into(), suite::name);
        let refused = self.facts.sides.client.refused + self.facts.sides.server.refused;
        let compressed = if *is_compressed { ", compressed" } else { "" };
        write!(f, "{version} | {suite}{compressed} | {keys:?} | {} | {refused}", self.holes)
    }
}

/// What tshark read of a connection.
#[derive(Default)]
struct Followed {
    /// Who sent the first of it, as tshark writes it.
    first: String,
    /// Of that one, and of the other.
    plain: [Vec<u8>; 2],
}

/// What is in a capture.
struct Decrypted {
    /// Its TCP connections.
    streams: u64,
    /// Those in TLS, by their number in tshark.
    tls: BTreeMap<u64, Stream>,
    /// What it says of keys in comments.
    comments: Vec<u8>,
}

fn decrypted(path: &Path, base: Arc<Keyring>) -> Option<Decrypted> {
    let name = path.display().to_string();
    let source = capture::open(path).ok()?;
    let unpacked = capture::unpack(Bytes::of(source, false), &name, None).ok()?;
    let Unpacked::Capture(bytes) = unpacked else { return None };
    let mut reader = Reader::new(bytes, &name).ok()?;
    let mut keys = Keyring::over(base);
    let mut comments = Vec::new();
    let mut take = |text: Disclosed<'_>| {
        let (mut log, text) = match text {
            Disclosed::KeyLog(text) => (KeyLog::new(), text),
            Disclosed::Comment(text) => {
                comments.extend_from_slice(text);
                comments.push(b'\n');
                (KeyLog::among_prose(), text)
            }
        };
        log.push(text, &mut keys);
        log.finish(&mut keys);
    };
    let mut dissector = Dissector::new();
    let (mut open, mut over) = (HashMap::<FlowKey, Open>::new(), Vec::new());
    let mut streams = 0;
    while let Ok(Some(packet)) = reader.next_disclosing(&mut take) {
        dissector.dissect(&packet, |dissected| {
            let Dissected::Segment(segment) = dissected else { return };
            let is_syn = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
            let key = segment.flow();
            if is_syn && open.get(&key).is_some_and(|open| open.tcp.is_reopened_by(&segment)) {
                over.extend(open.remove(&key));
            }
            let open = open.entry(key).or_insert_with(|| {
                let tcp = Connection::new(&segment, assembler());
                streams += 1;
                Open { tcp, events: Vec::new(), number: streams - 1 }
            });
            open.receive(&segment);
        });
    }
    let all = over.into_iter().chain(open.into_values());
    let tls = all.filter_map(|open| open.decrypt(&keys)).collect();
    Some(Decrypted { streams, tls, comments })
}

fn assembler() -> AssemblerLimits {
    let limits = Limits::default();
    AssemblerLimits {
        out_of_order_bytes: limits.out_of_order_bytes,
        out_of_order_pieces: limits.out_of_order_pieces,
        sources: limits.sources,
        recent: limits.recent_segments,
    }
}

/// What `tshark -z follow,tls,raw` says.
fn followed(path: &Path, log: &Path, streams: u64) -> BTreeMap<u64, Followed> {
    let mut command = Command::new("tshark");
    command.arg("-o").arg(format!("tls.keylog_file:{}", log.display()));
    command.args(["-o", "tcp.reassemble_out_of_order:TRUE", "-n", "-q", "-r"]).arg(path);
    for stream in 0..streams {
        command.args(["-z", &format!("follow,tls,raw,{stream}")]);
    }
    let text = output(&mut command).unwrap_or_default();
    let mut all = BTreeMap::new();
    let mut stream = None;
    for line in text.lines() {
        if let Some(number) = line.strip_prefix("Filter: tcp.stream eq ") {
            stream = number.trim().parse::<u64>().ok();
            continue;
        }
        let Some(stream) = stream else { continue };
        let followed: &mut Followed = all.entry(stream).or_default();
        if let Some(first) = line.strip_prefix("Node 0: ") {
            first.trim().clone_into(&mut followed.first);
        } else if let Some(bytes) = unhex(line.trim()) {
            followed.plain[usize::from(line.starts_with('\t'))].extend(bytes);
        }
    }
    all
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// All key logs in the folder: in a ring of ours, and in one file.
fn keys(folder: &Path, all: &Path) -> Arc<Keyring> {
    let mut keyring = Keyring::new(100_000);
    let mut merged = fs::File::create(all).expect("a file of our own");
    for path in files(folder, &[]) {
        let Ok(log) = fs::read(&path) else { continue };
        let facts = read_key_log(&log[..], &mut keyring).expect("bytes can be read");
        if facts.foreign.is_none() && facts.secrets > 0 {
            println!("{} secrets in {}", facts.secrets, path.display());
            merged.write_all(&log).and_then(|()| merged.write_all(b"\n")).expect("it is written");
        }
    }
    Arc::new(keyring)
}

/// How two readings of a connection compare; `theirs` by our sides.
fn compare(ours: &PerSide<Vec<u8>>, theirs: &PerSide<Vec<u8>>) -> Outcome {
    let len = |plain: &PerSide<Vec<u8>>| plain.client.len() + plain.server.len();
    match (len(ours), len(theirs)) {
        (0, 0) => Outcome::Neither,
        (_, 0) => Outcome::OursOnly,
        (0, _) => Outcome::TheirsOnly,
        _ if ours.client == theirs.client && ours.server == theirs.server => Outcome::Equal,
        _ => Outcome::Differ,
    }
}

/// The offset of the first byte that differs.
fn first_difference(ours: &[u8], theirs: &[u8]) -> usize {
    ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
}

#[test]
#[ignore = "reads the folder that WSBLAME_CORPUS names"]
fn tls_in_the_corpus_is_decrypted_to_what_tshark_reads() {
    let folder = std::env::var_os("WSBLAME_CORPUS").expect("WSBLAME_CORPUS names a folder");
    let folder = PathBuf::from(folder);
    if output(Command::new("tshark").arg("--version")).is_none() {
        println!("there is no tshark to compare with");
        return;
    }
    let own = Folder::new("tls-corpus");
    let log = own.path("all.keys");
    let keyring = keys(&folder, &log);
    let paths = files(&folder, &[]);
    println!("| file | stream | ours | tshark | version | suite | keys | holes | refused | |");
    println!("|---|--:|--:|--:|---|---|---|--:|--:|---|");
    let seen = Mutex::new(Vec::new());
    let mut wrong = everywhere(paths.len(), |at| {
        let path = &paths[at];
        let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        let Some(ours) = decrypted(path, keyring.clone()) else { return Vec::new() };
        if ours.tls.is_empty() {
            return Vec::new();
        }
        let mut keys = fs::read(&log).expect("the logs");
        keys.extend(&ours.comments);
        let keys = own.file(&format!("{at}.keys"), &keys);
        let mut theirs = followed(path, &keys, ours.streams);
        let (mut lines, mut wrong) = (String::new(), Vec::new());
        for (number, stream) in &ours.tls {
            let theirs = stream.by_sides(&theirs.remove(number).unwrap_or_default());
            let outcome = compare(&stream.plain, &theirs);
            let [ours_len, theirs_len] = [&stream.plain, &theirs]
                .map(|plain| format!("{}, {}", plain.client.len(), plain.server.len()));
            let _ = writeln!(
                lines,
                "| {name} | {number} | {ours_len} | {theirs_len} | {stream} | {outcome:?} |"
            );
            seen.lock().expect("no test panics here").push((name.clone(), *number, outcome));
            let is_explained = |(file, of, what, _): &&Difference| {
                name.ends_with(file) && of == number && *what == outcome
            };
            let is_right = matches!(outcome, Outcome::Equal | Outcome::Neither)
                || (outcome == Outcome::TheirsOnly && stream.facts.keys == Keys::Unsupported);
            if !is_right && !DIFFERENCES.iter().any(|row| is_explained(&row)) {
                let at = PerSide::from_fn(|side: Side| {
                    first_difference(&stream.plain[side], &theirs[side])
                });
                wrong.push(format!(
                    "{name}, {number}: {outcome:?} ({ours_len} by us, {theirs_len} by tshark, \
                     the same for {}, {}); {:?}",
                    at.client, at.server, stream.facts
                ));
            }
        }
        for (number, rest) in theirs {
            let len = [rest.plain[0].len(), rest.plain[1].len()];
            if len != [0, 0] {
                let _ = writeln!(lines, "| {name} | {number} | no TLS by us | {len:?} |");
                wrong.push(format!("{name}, {number}: tshark reads {len:?}, we see no TLS"));
            }
        }
        print!("{lines}");
        wrong
    });
    let seen = seen.into_inner().expect("no test panics here");
    for (file, number, outcome, why) in DIFFERENCES {
        let of_file =
            |(name, of, _): &&(String, u64, Outcome)| name.ends_with(file) && of == number;
        if let Some((_, _, found)) = seen.iter().find(of_file)
            && found != outcome
        {
            wrong.push(format!("{file}, {number}: no longer {outcome:?} ({why})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
