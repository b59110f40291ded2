//! The captures that speed and bounds are measured with.
//!
//! In: the name of a shape and its size. Out: the capture as a stream, and the truth about it.

use std::io::{self, Write};

use super::bulk::Downloads;
use super::deflated::Conversations;
use super::short::Crowd;
use super::websocket::{Chatter, Talk};
use super::wire::Wire;
use super::{Truth, bounds};

/// A kind of capture.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// What is in it, and what its size counts.
    pub(crate) what: &'static str,
    pub(super) fill: fn(u64, &mut Wire<'_>),
}

/// All of them. Those whose size is in bytes exceed it by little: by the ends of WebSockets.
pub(crate) const SHAPES: &[Shape] = &[
    Shape {
        name: "mixed",
        what: "bytes: 85 % downloads over TLS and HTTP, 10 % UDP, 5 % WebSocket",
        fill: mixed,
    },
    Shape {
        name: "small",
        what: "bytes: WebSockets alone, with messages of 40 to 200 bytes",
        fill: |size, wire| chat(size, 256, plain(20..=400, 40..=200), wire),
    },
    Shape {
        name: "large",
        what: "bytes: WebSockets alone, with messages of 256 KiB",
        fill: |size, wire| chat(size, 16, plain(2..=8, 262_144..=262_144), wire),
    },
    Shape {
        name: "deflate",
        what: "bytes: WebSockets alone, with JSON in permessage-deflate",
        fill: |size, wire| chat(size, 256, compressed(wire.chance.next()), wire),
    },
    Shape {
        name: "flows",
        what: "bytes: short connections, one in fifty a WebSocket, the rest HTTP, TLS and others",
        fill: flows,
    },
    Shape {
        name: "concurrent",
        what: "connections that are open at the same time, one in ten a WebSocket",
        fill: bounds::concurrent,
    },
    Shape {
        name: "open",
        what: "WebSockets that talk in turns and never close",
        fill: bounds::open,
    },
    Shape {
        name: "hole",
        what: "bytes: one WebSocket whose first frames the capture missed",
        fill: bounds::hole,
    },
    Shape {
        name: "waiting",
        what: "bytes: a thousand WebSockets whose first frames the capture missed",
        fill: bounds::waiting,
    },
    Shape { name: "syns", what: "SYNs that nobody answers", fill: bounds::syns },
];

impl Shape {
    /// Writes the capture.
    pub(crate) fn write(&self, size: u64, sink: &mut dyn Write) -> io::Result<Truth> {
        let mut wire = Wire::new(1, sink);
        (self.fill)(size, &mut wire);
        wire.finish()
    }
}

fn plain(
    messages: std::ops::RangeInclusive<usize>,
    sizes: std::ops::RangeInclusive<usize>,
) -> Talk {
    Talk { messages, sizes, deflated: None }
}

fn compressed(seed: u64) -> Talk {
    let messages = 20..=Conversations::MESSAGES;
    Talk { messages, sizes: 0..=0, deflated: Some(Conversations::new(seed)) }
}

fn mixed(size: u64, wire: &mut Wire<'_>) {
    /// Of downloads, UDP and WebSockets, in per cent.
    const SHARES: [u64; 3] = [85, 10, 5];
    let mut downloads = Downloads::new(64, wire);
    let mut chatter = Chatter::new(32, plain(10..=100, 16..=4_000));
    let mut spent = [0; 3];
    while wire.bytes() < size {
        // Whoever is furthest behind.
        let turn = (0..3).min_by_key(|one| spent[*one] * 100 / SHARES[*one]).unwrap_or(0);
        let before = wire.bytes();
        match turn {
            0 => downloads.say(wire),
            1 => downloads.datagram(wire),
            _ => chatter.say(wire),
        }
        spent[turn] += wire.bytes() - before;
    }
    chatter.end(wire);
}

fn chat(size: u64, at_once: usize, talk: Talk, wire: &mut Wire<'_>) {
    let mut chatter = Chatter::new(at_once, talk);
    while wire.bytes() < size {
        chatter.say(wire);
    }
    chatter.end(wire);
}

fn flows(size: u64, wire: &mut Wire<'_>) {
    let mut crowd = Crowd::new(512, wire);
    while wire.bytes() < size {
        crowd.say(wire);
    }
    crowd.end(wire);
}
