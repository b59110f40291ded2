//! The frames of a capture one by one, as the stages of the library give them; the report only
//! counts them.

use std::collections::{BTreeMap, HashMap};

use wsblame::capture::Reader;
use wsblame::endpoint::{FlowKey, Side};
use wsblame::http::{Exchange, HttpLimits, Progress, Tunnel};
use wsblame::ip::{Dissected, Dissector, Segment, TcpFlags};
use wsblame::report::{EndpointReport, Report};
use wsblame::tcp::{AssemblerLimits, Connection, Released, StreamEvent};
use wsblame::ws::{Decoder, Event, Input};

/// How many frames there were, by the port of the sender and the opcode.
pub(crate) type Frames = BTreeMap<(u16, u8), u64>;

/// Every frame behind an opening handshake that `report`, which is that on `capture`, has counted:
/// behind a violation that costs the boundaries of frames there are none.
pub(crate) fn frames_of(capture: &[u8], report: &Report) -> Frames {
    let mut left: HashMap<Ends, u64> = HashMap::new();
    for connection in &report.connections {
        let end = |end: &EndpointReport| (end.address.clone(), end.port);
        let (client, server) = (end(&connection.client), end(&connection.server));
        let traffic = &connection.traffic;
        *left.entry((client.clone(), server.clone())).or_default() += traffic.client.frames;
        *left.entry((server, client)).or_default() += traffic.server.frames;
    }
    let mut frames = Counted { frames: Frames::new(), left };
    let mut open: HashMap<FlowKey, Streams> = HashMap::new();
    let mut reader = Reader::new(capture, "sample").expect("a capture");
    let mut dissector = Dissector::new();
    while let Some(packet) = reader.next().expect("readable") {
        dissector.dissect(&packet, |dissected| {
            let Dissected::Segment(segment) = dissected else { return };
            let streams = open.entry(segment.flow()).or_insert_with(|| Streams::new(&segment));
            if segment.flags.has(TcpFlags::SYN) && streams.tcp.is_reopened_by(&segment) {
                std::mem::replace(streams, Streams::new(&segment)).finish(&mut frames);
            }
            streams.receive(&segment);
        });
    }
    open.into_values().for_each(|streams| streams.finish(&mut frames));
    let missing: Vec<_> = frames.left.iter().filter(|(_, left)| **left > 0).collect();
    assert!(missing.is_empty(), "the report has more frames than the stream: {missing:?}");
    frames.frames
}

/// Sender and receiver.
type Ends = ((String, u16), (String, u16));

struct Counted {
    frames: Frames,
    /// Frames that are still to come.
    left: HashMap<Ends, u64>,
}

/// Both directions of one connection.
struct Streams {
    tcp: Connection,
    events: Vec<(Side, Released)>,
}

impl Streams {
    fn new(segment: &Segment<'_>) -> Streams {
        let limits = AssemblerLimits {
            out_of_order_bytes: 1 << 20,
            out_of_order_pieces: 1 << 14,
            sources: 1 << 10,
            recent: 256,
        };
        let tcp = Connection::new(segment, limits);
        Streams { tcp, events: Vec::new() }
    }

    fn receive(&mut self, segment: &Segment<'_>) {
        match self.tcp.receive(segment) {
            Some((side, StreamEvent::Data { offset, bytes })) => {
                self.events.push((side, Released::Data { offset, bytes: bytes.to_vec() }));
            }
            Some((side, StreamEvent::Gap { range, cause })) => {
                self.events.push((side, Released::Gap { range, cause }));
            }
            None => {}
        }
        while let Some(event) = self.tcp.release() {
            self.events.push(event);
        }
    }

    fn finish(mut self, frames: &mut Counted) {
        self.tcp.finish();
        while let Some(event) = self.tcp.release() {
            self.events.push(event);
        }
        let mut exchange = Exchange::new(HttpLimits::default());
        let mut events = self.events.iter();
        for (side, event) in events.by_ref() {
            exchange.push(*side, event.as_event());
            match exchange.advance(&self.tcp) {
                Progress::Reading => {}
                Progress::Switched(tunnel) => {
                    return read(&self.tcp, &tunnel, events.as_slice(), frames);
                }
                Progress::Over(_) => return,
            }
        }
        if let Progress::Switched(tunnel) = exchange.finish(&self.tcp) {
            read(&self.tcp, &tunnel, &[], frames);
        }
    }
}

fn read(tcp: &Connection, tunnel: &Tunnel, rest: &[(Side, Released)], frames: &mut Counted) {
    for side in Side::BOTH {
        let Some(start) = tunnel.start[side] else { continue };
        let end = |side: Side| (tcp.endpoints[side].address.to_string(), tcp.endpoints[side].port);
        let ends = (end(side), end(!side));
        let mut decoder = Decoder::new(side, tunnel.handshake.agreement(), start);
        let rest = rest.iter().filter(|(sender, _)| *sender == side).map(|(_, event)| event);
        let stream =
            tunnel.held[side].iter().chain(rest).map(|event| Input::Stream(event.as_event()));
        for input in stream.chain([Input::End]) {
            let mut input = Some(input);
            while let Some(event) = decoder.step(&mut input) {
                if let Event::Frame(frame) = event {
                    let port = tcp.endpoints[side].port;
                    let Some(left @ 1..) = frames.left.get_mut(&ends) else { continue };
                    *left -= 1;
                    *frames.frames.entry((port, frame.header.opcode.0)).or_default() += 1;
                }
            }
        }
    }
}
