//! Writes packets into a classic pcap file.

use super::Played;

const MAGIC_MICROSECONDS: u32 = 0xA1B2_C3D4;
const ETHERNET: u32 = 1;
const SNAP_LENGTH: u32 = 262_144;

/// The packets as a capture file: classic pcap, little-endian, microseconds, Ethernet.
pub fn write_pcap(packets: &[Played]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(MAGIC_MICROSECONDS.to_le_bytes());
    file.extend([2, 0, 4, 0]); // version 2.4
    file.extend([0; 8]); // time zone and accuracy, both unused
    file.extend(SNAP_LENGTH.to_le_bytes());
    file.extend(ETHERNET.to_le_bytes());
    for packet in packets {
        let seconds = packet.time.0.div_euclid(1_000_000_000);
        let micros = packet.time.0.rem_euclid(1_000_000_000) / 1_000;
        let len = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        file.extend(u32::try_from(seconds).unwrap_or(0).to_le_bytes());
        file.extend(u32::try_from(micros).unwrap_or(0).to_le_bytes());
        file.extend(len.to_le_bytes());
        file.extend(len.to_le_bytes());
        file.extend_from_slice(&packet.bytes);
    }
    file
}
