//! From segments to a capture: how they travel, and what of that is captured.
//!
//! In: what was sent ([`Wire`]), and a [`Road`]. Out: the bytes of a capture, and which bytes of the
//! streams it holds ([`Captured`]).

use std::ops::Range;

use wsblame::endpoint::{PerSide, Side};

use super::talk::{Step, Talk};
use super::wire::{ACK, FIN, PSH, SYN, Segment, Wire, play};
use crate::generate::Chance;

/// How the bytes travel, and what of that is captured.
#[derive(Clone, Debug)]
pub(crate) struct Road {
    /// Bytes of each segment, over and over.
    pub sizes: Vec<usize>,
    pub first: PerSide<u32>,
    /// Whether the datagrams are numbered, and the segments carry timestamps.
    pub numbered: bool,
    pub stamped: bool,
    pub ethernet: bool,
    pub v6: bool,
    /// Packets that were captured once more: which, behind which other one, and how.
    pub again: Vec<(usize, usize, Again)>,
    /// Places by which packets are captured late, over and over.
    pub late: Vec<usize>,
    /// Whether late packets were late on the wire too: then the times are in order.
    pub restamped: bool,
    /// Which of the captured packets the capture does not have.
    pub lost: Vec<usize>,
    /// Bytes captured of each packet.
    pub snap: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// By the same point, or another one behind it.
    Copied,
    /// Sent once more.
    Sent,
    /// Sent once more, cut anew: from so many bytes on, so many.
    Recut(usize, usize),
}

/// A capture, and what it holds.
pub(crate) struct Captured {
    pub file: Vec<u8>,
    /// Of each byte of a stream, whether the capture has it.
    pub has: PerSide<Vec<bool>>,
    /// The numbers of the packets that carry bytes, and which.
    pub carried: Vec<(u64, Side, Range<u64>)>,
    pub has_syn: PerSide<bool>,
    pub packets: usize,
}

/// A road for a talk: the packets are counted first.
pub(crate) fn road(talk: &Talk, chance: &mut Chance) -> Road {
    // A single byte that is not pushed and comes out of order counts as a keep-alive probe.
    let sizes = match chance.below(5) {
        0 | 1 => vec![1_460],
        2 => (0..7).map(|_| 2 + chance.below(200)).collect(),
        3 => (0..7).map(|_| 2 + chance.below(40)).collect(),
        _ => (0..7).map(|_| 2 + chance.below(1_460)).collect(),
    };
    let first = PerSide::from_fn(|_| match chance.below(8) {
        0 => u32::MAX - chance.below(600) as u32,
        _ => chance.next() as u32,
    });
    let mut road = Road {
        sizes,
        first,
        numbered: chance.one_in(2),
        stamped: chance.one_in(2),
        ethernet: chance.one_in(2),
        v6: chance.one_in(4),
        again: Vec::new(),
        late: vec![0],
        restamped: false,
        lost: Vec::new(),
        snap: None,
    };
    let wire = play(talk, &road.sizes);
    let all = wire.segments.len();
    if chance.one_in(2) {
        for _ in 0..1 + chance.below(4) {
            let of = chance.below(all);
            let how = match chance.below(4) {
                0 => Again::Copied,
                1 | 2 => Again::Sent,
                _ => Again::Recut(chance.below(30), 1 + chance.below(400)),
            };
            let behind = match how {
                Again::Copied => of,
                _ => (of + chance.below(6)).min(all - 1),
            };
            road.again.push((of, behind, how));
        }
    }
    // A made-up byte is not told from a real one that has not come yet; in truth the probe comes when
    // all has been quiet for long.
    let made_up = talk.steps.iter().any(|step| matches!(step, Step::Probe(_, true)));
    if !made_up && chance.one_in(3) {
        road.late = (0..8).map(|_| if chance.one_in(3) { chance.below(8) } else { 0 }).collect();
        // Nobody sends anything again within the time by which a capturing host mixes packets up.
        let sent_again = road.again.iter().any(|(.., how)| *how != Again::Copied);
        road.restamped = sent_again || chance.one_in(2);
    }
    let all = all + road.again.len();
    match chance.below(12) {
        0 | 1 => road.lost = (0..1 + chance.below(3)).map(|_| chance.below(all)).collect(),
        2 => {
            let from = chance.below(all);
            road.lost = (from..from + 1 + chance.below(8)).collect();
        }
        3 => {
            let share = 2 + chance.below(12);
            road.lost = (0..all).filter(|_| chance.one_in(share)).collect();
        }
        4 => road.lost = (0..chance.below(all)).collect(),
        5 => road.lost = (chance.below(all)..all).collect(),
        6 if chance.one_in(2) => {
            let side = if chance.one_in(2) { Side::Client } else { Side::Server };
            let of_side = |place: &usize| {
                wire.segments.get(*place).is_some_and(|segment| segment.from == side)
            };
            road.lost = (0..all).filter(of_side).collect();
            road.again.clear();
        }
        6 => road.snap = Some(54 + chance.below(300)),
        7 => {
            let bare = |place: &usize| {
                let segment = wire.segments.get(*place);
                segment.is_some_and(|segment| segment.data.is_empty() && segment.flags == ACK)
            };
            road.lost = (0..all).filter(bare).filter(|_| !chance.one_in(3)).collect();
            road.again.clear();
        }
        _ => {}
    }
    road
}

impl Road {
    /// Everything once and in order, in large segments.
    pub(crate) fn straight() -> Road {
        Road {
            sizes: vec![1_460],
            first: PerSide { client: 1_000, server: 9_000 },
            numbered: false,
            stamped: false,
            ethernet: false,
            v6: false,
            again: Vec::new(),
            late: vec![0],
            restamped: false,
            lost: Vec::new(),
            snap: None,
        }
    }

    /// Whether the capture has every packet, whole.
    pub(crate) fn is_lossless(&self) -> bool {
        self.lost.is_empty() && self.snap.is_none()
    }

    /// Whether every packet was captured once, or more often by its own time, so that nothing that
    /// is said of times is in doubt.
    pub(crate) fn is_plain(&self) -> bool {
        let copied = self.again.iter().all(|(.., how)| *how == Again::Copied);
        copied && !self.restamped
    }

    /// Captures what was sent.
    pub(crate) fn capture(&self, wire: &Wire) -> Captured {
        let mut packets: Vec<Segment> = Vec::new();
        for (place, segment) in wire.segments.iter().enumerate() {
            packets.push(segment.clone());
            let again = self.again.iter().filter(|(_, behind, _)| *behind == place);
            packets.extend(again.filter_map(|(of, _, how)| again_of(wire, *of, place, *how)));
        }
        let packets =
            if self.restamped { self.late_on_the_wire(packets) } else { self.late(packets) };
        let mut captured = Captured {
            file: Vec::new(),
            has: PerSide::from_fn(|side| vec![false; wire.streams[side].len()]),
            carried: Vec::new(),
            has_syn: PerSide::default(),
            packets: 0,
        };
        captured.file.extend(0xA1B2_3C4D_u32.to_le_bytes());
        captured.file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]);
        captured.file.extend(u32::from(if self.ethernet { 1_u8 } else { 101 }).to_le_bytes());
        for (place, segment) in packets.iter().enumerate() {
            if !self.lost.contains(&place) {
                self.packet(segment, &mut captured);
            }
        }
        captured
    }

    /// In the order in which the file has them; their times are those at which they passed.
    fn late(&self, packets: Vec<Segment>) -> Vec<Segment> {
        let late = self.late.iter().cycle();
        let mut places: Vec<(usize, Segment)> =
            packets.into_iter().zip(late).enumerate().map(|(n, (s, late))| (n + late, s)).collect();
        places.sort_by_key(|(place, _)| *place);
        places.into_iter().map(|(_, segment)| segment).collect()
    }

    /// Some were overtaken before they passed, but by nothing that answers them.
    fn late_on_the_wire(&self, mut packets: Vec<Segment>) -> Vec<Segment> {
        let times: Vec<i64> = packets.iter().map(|segment| segment.time).collect();
        for place in (0..packets.len()).rev() {
            let late = self.late[place % self.late.len()];
            for at in place..(place + late).min(packets.len() - 1) {
                if packets[at + 1].may_follow(&packets[at]) {
                    break;
                }
                packets.swap(at, at + 1);
            }
        }
        packets.iter_mut().zip(times).for_each(|(segment, time)| segment.time = time);
        packets
    }

    fn packet(&self, segment: &Segment, captured: &mut Captured) {
        let from = segment.from;
        let mut bytes = Vec::new();
        if self.ethernet {
            bytes.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
            bytes.extend(if self.v6 { [0x86, 0xDD] } else { [8, 0] });
        }
        let options: &[u8] = if self.stamped { &[0; 12] } else { &[] };
        let tcp_len = (20 + options.len() + segment.data.len()) as u16;
        let hosts = if from == Side::Client { [1, 2] } else { [2, 1] };
        if self.v6 {
            bytes.extend([0x60, 0, 0, 0]);
            bytes.extend(tcp_len.to_be_bytes());
            bytes.extend([6, 64]);
            for host in hosts {
                bytes.extend([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
            }
        } else {
            let id = if self.numbered { segment.id.to_be_bytes() } else { [0, 0] };
            bytes.extend([0x45, 0]);
            bytes.extend((20 + tcp_len).to_be_bytes());
            bytes.extend(id);
            bytes.extend([0x40, 0, 64, 6, 0, 0]);
            for host in hosts {
                bytes.extend([192, 0, 2, host]);
            }
        }
        let ports: [u16; 2] = if from == Side::Client { [50_000, 8_080] } else { [8_080, 50_000] };
        bytes.extend(ports.into_iter().flat_map(u16::to_be_bytes));
        let seq = self.first[from].wrapping_add(segment.position as u32);
        let ack = segment.ack.map_or(0, |ack| self.first[!from].wrapping_add(ack as u32));
        bytes.extend([seq, ack].into_iter().flat_map(u32::to_be_bytes));
        bytes.extend([(((20 + options.len()) / 4) << 4) as u8, segment.flags, 0xFA, 0xF0]);
        bytes.extend([0; 4]);
        if self.stamped {
            bytes.extend([1, 1, 8, 10]);
            bytes.extend(segment.stamp.to_be_bytes());
            bytes.extend([0; 4]);
        }
        let head = bytes.len();
        bytes.extend(&segment.data);
        let whole = bytes.len();
        bytes.truncate(self.snap.unwrap_or(whole));
        captured.packets += 1;
        let number = captured.packets as u64;
        captured.has_syn[from] |= segment.flags & SYN != 0;
        if !segment.data.is_empty() && !segment.made_up {
            let start = segment.position - 1;
            let end = start + bytes.len().saturating_sub(head) as u64;
            captured.has[from][start as usize..end as usize].fill(true);
            captured.carried.push((number, from, start..end));
        }
        let seconds = (segment.time / 1_000_000_000) as u32;
        let nanos = (segment.time % 1_000_000_000) as u32;
        for field in [seconds, nanos, bytes.len() as u32, whole as u32] {
            captured.file.extend(field.to_le_bytes());
        }
        captured.file.extend(&bytes);
    }
}

/// The segment at `of` once more, behind the one at `behind`; none where its sender is gone.
fn again_of(wire: &Wire, of: usize, behind: usize, how: Again) -> Option<Segment> {
    let (segment, then) = (wire.segments.get(of)?, wire.segments.get(behind)?);
    let from = segment.from;
    let mut again = segment.clone();
    if how == Again::Copied {
        again.time += 3_000;
        return Some(again);
    }
    // Segments without bytes are not sent again, nor anything by one that has reset the connection.
    let has_number = !segment.data.is_empty() || segment.flags & (SYN | FIN) != 0;
    if then.dead[from] || segment.made_up || !has_number || behind < of {
        return None;
    }
    again.time = then.time + 20_000;
    again.stamp = (again.time / 1_000_000) as u32;
    again.id = segment.id + 20_000 + behind as u16;
    again.ack = segment.ack.map(|_| then.received[from]);
    if let Again::Recut(skip, len) = how {
        let stream = &wire.streams[from];
        let start = (segment.position as usize).checked_sub(1)? + skip;
        let sent = (then.sent[from] as usize - 1).min(stream.len());
        let end = (start + len).min(sent);
        if segment.data.is_empty() || start >= end {
            return None;
        }
        again.position = start as u64 + 1;
        again.data = stream[start..end].to_vec();
        again.flags = PSH | ACK;
    }
    Some(again)
}
