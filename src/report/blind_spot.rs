//! The kinds of blind spots: what a capture can lack.
//!
//! One row each in [`BLIND_SPOTS`], and everything that depends on the kind is in its row: what it
//! means, how much it takes from verdicts, whether packets are cited for it, and what a better
//! capture has to do about it. Nothing here looks at a capture.

/// A kind of blind spot.
#[derive(Debug)]
pub struct BlindSpotKind {
    /// Its id in kebab-case, as in [`BlindSpot::kind`](super::BlindSpot::kind).
    pub id: &'static str,
    /// What the capture lacks, in a few words.
    pub summary: &'static str,
    /// How it comes about and what it means for the reader.
    pub explanation: &'static str,
    /// How much it takes from verdicts.
    pub weight: Weight,
    /// Whether packets are cited for it.
    pub cites: Cites,
    /// What a better capture has to do.
    pub remedy: Remedy,
}

/// How much a blind spot takes from verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing that was sent is missing; something is not said.
    Remark,
    /// Something that was sent is missing.
    Loss,
    /// What is missing carries most of a verdict: the handshake, a side, where frames begin.
    Heavy,
}

/// Whether packets are cited for a blind spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cites {
    /// Always, where there are packets at all.
    Always,
    /// It concerns no packet in particular, or more of them than are remembered.
    Nothing,
}

/// What a better capture has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing that a capture could do.
    None,
    /// Take whole packets.
    WholePackets,
    /// Have a larger buffer, and a filter that lets less through.
    LargerBuffer,
    /// Begin before the connection opens.
    FromTheStart,
    /// Go on until the connection has ended.
    UntilTheEnd,
    /// Be taken on the host of an endpoint, where both directions pass.
    OnAnEndpoint,
    /// Be taken where TLS has ended.
    InTheClear,
    /// Have the keys of TLS beside it, or in front of its packets.
    KeysInFront,
    /// Be stopped in good order.
    CleanStop,
}

impl Remedy {
    /// What to do, in a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Remedy::None => "No capture could do better.",
            Remedy::WholePackets => "Capture whole packets: tcpdump -s 0.",
            Remedy::LargerBuffer => {
                "Give the capturing program a larger buffer (tcpdump -B 65536, in KiB), a filter \
                 that lets less through, and a fast disk."
            }
            Remedy::FromTheStart => {
                "Begin the capture before the connection opens, and leave it running into a ring \
                 of files: tcpdump -C 100 -W 20."
            }
            Remedy::UntilTheEnd => "Stop the capture only after the connection has ended.",
            Remedy::OnAnEndpoint => {
                "Capture on the client or the server itself: there both directions pass, as they \
                 are sent and received."
            }
            Remedy::KeysInFront => {
                "Give the whole key log: wsblame --keylog FILE, or in front of the packets: \
                 editcap --inject-secrets tls,FILE."
            }
            Remedy::InTheClear => {
                "Log the keys while capturing (see wsblame explain keylog), or capture where TLS has ended: between the proxy that ends it and the application, \
                 or on the application's loopback interface."
            }
            Remedy::CleanStop => {
                "Stop the capturing program with Ctrl-C, copy the file only then, and compare the \
                 checksums of the two."
            }
        }
    }
}

/// Every kind, the heaviest first.
pub static BLIND_SPOTS: &[BlindSpotKind] = &[
    BlindSpotKind {
        id: "file-damaged",
        summary: "part of the file cannot be read",
        explanation: "A record of the file cannot be one: the file was damaged on a disk or on its \
            way, or two programs wrote to it. Packets in the part that is passed over may have \
            been of any connection.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::CleanStop,
    },
    BlindSpotKind {
        id: "unpacked-damaged",
        summary: "compressed data whose checksum is wrong",
        explanation: "The decompressor went on to the end, and the checksum behind says that what it gave \
            is not what was packed. One wrong byte could bring about any verdict, so there is none.",
        weight: Weight::Heavy,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "one-sided",
        summary: "nothing that one side sent was captured",
        explanation: "The capture point sees one direction only: an asymmetric route, a mirror \
            port with one direction, or a filter on one address. What the silent side did is known \
            only as far as the other acknowledges it.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::OnAnEndpoint,
    },
    BlindSpotKind {
        id: "no-request",
        summary: "the opening request was not captured",
        explanation: "The capture began when the connection was open, or lost the packet. What the \
            client asked for is not known, and so not whether the response suits it.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::FromTheStart,
    },
    BlindSpotKind {
        id: "no-response",
        summary: "the response to the opening request was not captured",
        explanation: "The server may have answered or not; the capture lost it, or ended before. \
            Without it, it is not known whether there ever was a WebSocket.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::FromTheStart,
    },
    BlindSpotKind {
        id: "mid-stream",
        summary: "the opening handshake was not captured, and frames were recognised without it",
        explanation: "The connection is older than the capture, or its handshake was lost or cut \
            off. Frames were found by their own structure: that they are a WebSocket's is a \
            hypothesis with so many bits of evidence, and nobody is judged by it.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::FromTheStart,
    },
    BlindSpotKind {
        id: "lost-sync",
        summary: "a lost header hides where frames begin",
        explanation: "A frame's length is in its header. Where a header is lost, nothing tells \
            where the next one stands. It is searched for; what is found is a hypothesis.",
        weight: Weight::Heavy,
        cites: Cites::Always,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "lost-segments",
        summary: "acknowledged by the peer, but not captured",
        explanation: "The peer acknowledged the bytes, so they arrived; the capturing host or the \
            mirror port dropped the packets. Nothing was lost on the network.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "missing-segments",
        summary: "not captured, and perhaps never delivered",
        explanation: "Later bytes of the stream were captured, and no acknowledgement says whether \
            these arrived: they were lost on the network, or by the capture.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "lost-records",
        summary: "records of TLS could not be read",
        explanation: "A record of TLS can be opened only whole. Where a part of one is missing, all \
            of it is, and how many bytes that were is not known in TLS 1.3, which hides what a \
            record holds. The number given is the most that it can have been.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "undecrypted",
        summary: "captured, and not decrypted",
        explanation: "The records are there, and none of the keys that were given opens them: those \
            of this side, or of this part of the session, are missing or wrong. The number of bytes \
            is the most that they can hold.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::KeysInFront,
    },
    BlindSpotKind {
        id: "refused-records",
        summary: "records of TLS that did not authenticate",
        explanation: "The records were captured whole, and their tags are wrong under the keys of \
            the session: the key log belongs to something else, the capture is damaged, or somebody \
            changed the bytes on the way. Nothing in them is believed.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "lost-end",
        summary: "the FIN of one side was acknowledged, but not captured",
        explanation: "A number of TCP is acknowledged that no captured packet has, right behind the \
            last byte of a stream: a FIN takes one. Who ended TCP first may have been decided there.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "snap-length",
        summary: "cut off by the snap length",
        explanation: "The capture kept only the first bytes of each packet. Of the rest the length \
            is known and nothing else.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::WholePackets,
    },
    BlindSpotKind {
        id: "cut-headers",
        summary: "packets cut by the snap length inside their headers",
        explanation: "So little was kept of each packet that not even the TCP header is whole. The \
            packet counts for no connection.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::WholePackets,
    },
    BlindSpotKind {
        id: "conflicting-copies",
        summary: "two different versions of the same bytes",
        explanation: "A retransmission carried other bytes than the packet before it: damage on \
            the way, a device that rewrites, or an attack. Which of the two the peer read is not \
            known.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::OnAnEndpoint,
    },
    BlindSpotKind {
        id: "over-limit",
        summary: "given up on at a limit",
        explanation: "The program holds no more than its limits allow, whatever a capture asks \
            for. What would have needed more was passed over.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "dropped-by-host",
        summary: "packets that the capturing host dropped",
        explanation: "The capturing program was slower than the network, and says how many packets \
            it missed. Which ones, nobody knows.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::LargerBuffer,
    },
    BlindSpotKind {
        id: "fragments",
        summary: "IP fragments that were not put together",
        explanation: "A datagram came in fragments, and not all of them were captured, or they \
            contradict each other. What they carried is missing from its connection.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::OnAnEndpoint,
    },
    BlindSpotKind {
        id: "unread-link-type",
        summary: "packets of a link type that is not read",
        explanation: "The packets begin with a header that the program does not know. There may be \
            connections in them.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "unread-layer",
        summary: "packets that cannot be read below IP",
        explanation: "Wi-Fi frames or tunnels that are encrypted, compressed payload, or more \
            layers of tags and tunnels than are followed. There may be connections in them.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::OnAnEndpoint,
    },
    BlindSpotKind {
        id: "malformed",
        summary: "packets with headers that cannot be right",
        explanation: "A length or a version in the headers is impossible: the file was damaged, \
            the packet was damaged on its way, or a network card was to complete it later. There \
            may have been a segment in it.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::CleanStop,
    },
    BlindSpotKind {
        id: "unusable-records",
        summary: "records of the file that hold no usable packet",
        explanation: "The records are numbered, so that packet numbers agree with Wireshark, and \
            passed over.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::CleanStop,
    },
    BlindSpotKind {
        id: "file-cut",
        summary: "the file ends in the middle of a record",
        explanation: "The capturing program was killed, the disk was full, or the file was copied \
            while it grew. Every whole packet was read.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::CleanStop,
    },
    BlindSpotKind {
        id: "interrupted",
        summary: "wsblame was interrupted before it had read everything",
        explanation: "Ctrl-C or SIGTERM ended the run. What had been read by then was judged as if \
            the capture ended there; run it again for the rest.",
        weight: Weight::Loss,
        cites: Cites::Always,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "missing-file",
        summary: "a file of a rotated series is missing, or cannot be read",
        explanation: "The numbers in the names of the files jump, or one of them could not be opened. \
            What was in it is treated like every other loss.",
        weight: Weight::Loss,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "encrypted",
        summary: "TLS connections, which cannot be looked into",
        explanation: "Without its keys a wss:// connection looks much like any other TLS connection. \
            Where the sizes and times of its records suggest a WebSocket, what they suggest is \
            reported, and marked as inferred; whether any of the others is one cannot be told.",
        weight: Weight::Remark,
        cites: Cites::Nothing,
        remedy: Remedy::InTheClear,
    },
    BlindSpotKind {
        id: "key-log",
        summary: "keys in the capture that cannot be used",
        explanation: "The capture holds keys of TLS sessions, and some of them cannot be read, are of \
            more sessions than are kept, or stand behind so much of what they open that it could \
            not wait for them. What they open stays encrypted; nothing else suffers.",
        weight: Weight::Remark,
        cites: Cites::Nothing,
        remedy: Remedy::KeysInFront,
    },
    BlindSpotKind {
        id: "no-end",
        summary: "the end of the connection was not captured",
        explanation: "Neither a FIN nor a RST was captured: the connection was still open when the \
            capture ended, or the capture lost its end.",
        weight: Weight::Remark,
        cites: Cites::Always,
        remedy: Remedy::UntilTheEnd,
    },
    BlindSpotKind {
        id: "compressed",
        summary: "compressed messages whose content is not known",
        explanation: "A message may refer to all that its side compressed before. Behind bytes that \
            the capture lost, behind a message that does not inflate, that was given up for its \
            size, or under an extension that is not known here, the content of later messages is \
            not known. Their frames are checked like all others, their sizes are mostly right, \
            and nobody is blamed for what they hold.",
        weight: Weight::Remark,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "clock-went-back",
        summary: "packets that are earlier than the one before",
        explanation: "Capturing hosts write packets of several queues out of order, and clocks are \
            set. What happened before what is read off acknowledgements, never off times.",
        weight: Weight::Remark,
        cites: Cites::Always,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "clock-wrong",
        summary: "times that cannot be right",
        explanation: "Packets are older than what they answer, or all of the same time. Nothing is concluded \
            from durations, nor from the order of times.",
        weight: Weight::Remark,
        cites: Cites::Always,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "clocks-differ",
        summary: "two interfaces whose clocks differ",
        explanation: "The same packets were captured on both, with times that differ by more than a packet \
            takes. All times are put on the clock of the first.",
        weight: Weight::Remark,
        cites: Cites::Always,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "series-split",
        summary: "files that look like a series and were not put together",
        explanation: "A file begins before the one in front of it ends; or the files stand in an \
            archive that can be read only once, or in no order. Save the archive to a file, or \
            unpack it; --series always merges files by time.",
        weight: Weight::Remark,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
    BlindSpotKind {
        id: "trailing-data",
        summary: "something foreign behind the compressed data",
        explanation: "What lies behind the last compressed member is neither compressed data nor padding. \
            It is passed over, as other tools do.",
        weight: Weight::Remark,
        cites: Cites::Nothing,
        remedy: Remedy::None,
    },
];

/// The kind called `id`.
pub fn blind_spot_kind(id: &str) -> Option<&'static BlindSpotKind> {
    BLIND_SPOTS.iter().find(|kind| kind.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_there_once_and_the_heaviest_come_first() {
        let mut ids: Vec<_> = BLIND_SPOTS.iter().map(|kind| kind.id).collect();
        assert!(BLIND_SPOTS.is_sorted_by(|one, next| one.weight >= next.weight));
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair.first() != pair.last()));
        for kind in BLIND_SPOTS {
            assert!(kind.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(kind.explanation.ends_with('.') && !kind.summary.ends_with('.'), "{}", kind.id);
            assert!(!kind.explanation.contains("  "), "{}", kind.id);
            let is_taken = crate::rules::find(kind.id).is_some()
                || crate::verdict::find_cause(kind.id).is_some();
            assert!(!is_taken, "{} is a rule or a cause", kind.id);
        }
    }
}
