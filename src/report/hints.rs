//! What to try when a capture held no WebSocket.
//!
//! In: a capture's counts. Out: sentences on how to capture what is missing, the likeliest first.

use super::{BlindSpot, CaptureReport};

/// What to try next.
pub(super) fn hints(capture: &CaptureReport) -> Vec<String> {
    let mut hints = Vec::new();
    let is_damaged = |spot: &BlindSpot| spot.kind == "file-damaged";
    if capture.packets == 0 && capture.blind_spots.iter().any(is_damaged) {
        hints.push(
            "no packet could be read from the damaged file: fetch it again, and compare the \
             checksums of the two"
                .to_owned(),
        );
        return hints;
    }
    if capture.packets == 0 {
        hints.push(
            "the capture is empty: check the interface and the filter that it was taken with"
                .to_owned(),
        );
        return hints;
    }
    if capture.tcp_streams == 0 {
        hints.push(
            "no TCP was read from it: see above for what its packets are, and check the interface \
             and the filter that it was taken with"
                .to_owned(),
        );
    }
    if capture.tls_unread > 0 {
        hints.push(
            "wss:// is hidden in TLS: record a key log beside the capture (wsblame explain keylog \
             says how) and give it with --keylog, or capture where TLS has ended, between the proxy \
             that ends it and the application"
                .to_owned(),
        );
    }
    if capture.tcp_streams > capture.tls_unread {
        hints.push(
            "a WebSocket shows by its opening handshake: begin the capture before the client \
             connects, and make sure that it has both directions"
                .to_owned(),
        );
    }
    if capture.quality.as_ref().is_some_and(|quality| quality.recapture.is_some()) {
        return hints; // the command that is given there fits better
    }
    hints.push(
        "capture whole packets: tcpdump -i any -s 0 -w FILE 'host ADDRESS and tcp port PORT'"
            .to_owned(),
    );
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints_for(packets: u64, tcp_streams: u64, tls_unread: u64) -> String {
        let capture = CaptureReport { packets, tcp_streams, tls_unread, ..Default::default() };
        hints(&capture).join("\n")
    }

    #[test]
    fn each_lack_has_its_hint() {
        assert!(hints_for(0, 0, 0).starts_with("the capture is empty"));
        assert!(hints_for(9, 0, 0).starts_with("no TCP was read"));
        assert!(hints_for(9, 2, 2).starts_with("wss:// is hidden"));
        assert!(!hints_for(9, 2, 2).contains("opening handshake"));
        assert!(hints_for(9, 2, 0).starts_with("a WebSocket shows by"));
    }
}
