//! A connection as it was captured, packet by packet.
//!
//! In: what each side sends. Out: a capture of raw IP, with TCP's own handshake, acknowledgements
//! and times; or of what a bad capture has left of it.

/// The number of raw IP in a capture file.
const RAW_IP: u32 = 101;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PUSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// A packet.
#[derive(Clone)]
pub(crate) struct Packet {
    /// In nanoseconds.
    pub(crate) time: i64,
    pub(crate) data: Vec<u8>,
    /// Bytes that the snap length cut off.
    pub(crate) cut: usize,
}

/// A connection in the making; side 0 is the client.
pub(crate) struct Talk {
    pub(crate) packets: Vec<Packet>,
    pub(crate) time: i64,
    /// The longest payload of a segment.
    pub(crate) segment: usize,
    next: [u32; 2],
    /// Up to where each side has been acknowledged.
    acked: [u32; 2],
}

impl Talk {
    pub(crate) fn new() -> Talk {
        let (packets, time) = (Vec::new(), 1_767_268_800_000_000_000);
        let (segment, next) = (1_460, [1_000, 4_294_967_000]);
        let mut talk = Talk { packets, time, segment, next, acked: [0; 2] };
        talk.segment(0, SYN, &[]);
        talk.segment(1, SYN | ACK, &[]);
        talk.segment(0, ACK, &[]);
        talk
    }

    /// With this opening handshake.
    pub(crate) fn opened_by(request: &[u8], response: &[u8]) -> Talk {
        let mut talk = Talk::new();
        talk.say(0, request);
        talk.say(1, response);
        talk
    }

    /// Bytes, which the peer acknowledges.
    pub(crate) fn say(&mut self, side: usize, bytes: &[u8]) {
        for bytes in bytes.chunks(self.segment) {
            self.segment(side, PUSH | ACK, bytes);
        }
        self.segment(1 - side, ACK, &[]);
    }

    /// Bytes, of which nobody says that they arrived.
    pub(crate) fn mutter(&mut self, side: usize, bytes: &[u8]) {
        for bytes in bytes.chunks(self.segment) {
            self.segment(side, PUSH | ACK, bytes);
        }
    }

    pub(crate) fn wait(&mut self, millis: u32) {
        self.time += i64::from(millis) * 1_000_000;
    }

    pub(crate) fn end(&mut self, side: usize, flag: u8) {
        self.segment(side, flag | ACK, &[]);
        if flag == FIN {
            self.segment(1 - side, ACK, &[]);
        }
    }

    fn segment(&mut self, side: usize, flags: u8, payload: &[u8]) {
        self.time += 150_000;
        let ends: [([u8; 4], u16); 2] = [([192, 0, 2, 1], 50_000), ([192, 0, 2, 2], 80)];
        let (from, to) = (ends[side], ends[1 - side]);
        if flags & ACK != 0 {
            self.acked[1 - side] = self.next[1 - side];
        }
        let mut data = vec![0x45, 0];
        data.extend((40 + payload.len() as u16).to_be_bytes());
        data.extend((self.packets.len() as u16).to_be_bytes());
        data.extend([0x40, 0, 64, 6, 0, 0]);
        data.extend(from.0);
        data.extend(to.0);
        data.extend(from.1.to_be_bytes());
        data.extend(to.1.to_be_bytes());
        data.extend(self.next[side].to_be_bytes());
        data.extend(if flags & ACK == 0 { [0; 4] } else { self.acked[1 - side].to_be_bytes() });
        data.extend([0x50, flags, 0xF0, 0, 0, 0, 0, 0]);
        data.extend(payload);
        let phantom = u32::from(flags & (SYN | FIN) != 0);
        self.next[side] = self.next[side].wrapping_add(payload.len() as u32 + phantom);
        self.packets.push(Packet { time: self.time, data, cut: 0 });
    }

    pub(crate) fn capture(&self) -> Vec<u8> {
        capture(&self.packets)
    }
}

/// A frame: what its first byte is, its payload, and the key it is masked with.
pub(crate) fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(bit | len as u8),
        len @ 126..=0xFFFF => {
            bytes.push(bit | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(bit | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    let mask = mask.inspect(|key| bytes.extend(key)).unwrap_or_default();
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// A capture file of these packets: pcap in nanoseconds.
pub(crate) fn capture(packets: &[Packet]) -> Vec<u8> {
    let mut file = 0xA1B2_3C4D_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]);
    file.extend(RAW_IP.to_le_bytes());
    for packet in packets {
        let kept = packet.data.len().saturating_sub(packet.cut);
        file.extend((packet.time.div_euclid(1_000_000_000).cast_unsigned() as u32).to_le_bytes());
        file.extend((packet.time.rem_euclid(1_000_000_000).cast_unsigned() as u32).to_le_bytes());
        file.extend((kept as u32).to_le_bytes());
        file.extend((packet.data.len() as u32).to_le_bytes());
        file.extend(&packet.data[..kept]);
    }
    file
}
