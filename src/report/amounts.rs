//! What a side sent, in words.
//!
//! In: [`SideTraffic`]. Out: phrases for the layouts, without anything that came from the wire.

use super::cite::Files;
use super::clock;
use super::words::{bytes, count, grouped};
use super::{PingReport, SideTraffic};

/// `5 frames, 3 messages (2 text, 1 binary), 120 bytes; messages of 5 to 80 bytes, 40 on average`.
pub(super) fn sent(sent: &SideTraffic) -> String {
    let kinds = match (sent.kinds.text, sent.kinds.binary) {
        (0, 0) => String::new(),
        (_, 0) => " (text)".to_owned(),
        (0, _) => " (binary)".to_owned(),
        (text, binary) => format!(" ({} text, {} binary)", grouped(text), grouped(binary)),
    };
    let messages = count(sent.messages, "message");
    let least = if sent.exact { "" } else { "at least " };
    let mut text =
        format!("{least}{}, {messages}{kinds}, {}", count(sent.frames, "frame"), bytes(sent.bytes));
    if let Some(sizes) = sent.sizes.filter(|_| sent.messages > 1) {
        text.push_str(&match sizes.smallest == sizes.largest {
            true => format!("; messages of {}", bytes(sizes.largest)),
            false => format!(
                "; messages of {} to {}, {:.0} on average",
                grouped(sizes.smallest),
                bytes(sizes.largest),
                sizes.mean
            ),
        });
    }
    if let Some(inflation) = sent.inflation {
        text.push_str(&format!(
            "; {} compressed from {} to {}",
            count(inflation.messages, "message"),
            grouped(inflation.inflated),
            bytes(inflation.compressed)
        ));
    }
    // Of a moment it would be noise.
    if let Some(rate) = sent.rate.filter(|rate| sent.messages > 1 && rate.seconds >= 1.0) {
        let (messages, bytes) = (rate.messages_per_second, rate.bytes_per_second);
        text.push_str(&format!("; {} messages/s, {} bytes/s", digits(messages), digits(bytes)));
    }
    text
}

/// The message that the peer refused for its size; `None` when it refused none.
pub(super) fn refused(sent: &SideTraffic, files: &Files<'_>) -> Option<String> {
    let refused = sent.first_refused?;
    let accepted = match sent.largest_accepted {
        Some(largest) => format!("the largest that it took had {}", bytes(largest)),
        None => "it had taken none before".to_owned(),
    };
    let whole = if refused.complete { "" } else { ", not all of it sent" };
    let packet = files.packet(refused.packet);
    Some(format!("one of {}{whole}, {packet}; {accepted}", bytes(refused.bytes)))
}

/// `text, 3 frames and 120 bytes so far`; `None` when no message is open.
pub(super) fn open_message(sent: &SideTraffic) -> Option<String> {
    let open = sent.open_message?;
    let fragments = count(open.fragments, "frame");
    Some(format!("{}, {fragments} and {} so far", open.kind, bytes(open.bytes)))
}

/// `3 sent, 3 answered; round trip 1.2 ms on average, …`; `None` when there is nothing to say.
pub(super) fn pings(pings: &PingReport) -> Option<String> {
    let unsolicited = pings.unsolicited_pongs.filter(|pongs| *pongs > 0);
    if pings.sent == 0 && unsolicited.is_none() {
        return None;
    }
    let mut text = format!("{} sent, {} answered", grouped(pings.sent), grouped(pings.answered));
    if let Some(outstanding) = pings.outstanding.filter(|outstanding| *outstanding > 0) {
        text.push_str(&format!(", {} outstanding at the end", grouped(outstanding)));
    }
    if let Some(pongs) = unsolicited {
        text.push_str(&format!(", {} came unasked", count(pongs, "Pong")));
    }
    if let Some(trip) = pings.round_trip {
        let [min, mean, max, last] =
            [trip.min, trip.mean, trip.max, trip.last].map(clock::duration);
        text.push_str(&match trip.measured {
            1 => format!("; round trip as seen at the capture point {last}"),
            _ => format!(
                "; round trip as seen at the capture point {min} to {max}, {mean} on average, the \
                 last {last}"
            ),
        });
    }
    Some(text)
}

/// A rate with as many digits as mean something.
fn digits(rate: f64) -> String {
    match rate {
        rate if rate >= 100.0 => format!("{rate:.0}"),
        rate if rate >= 1.0 => format!("{rate:.1}"),
        rate => format!("{rate:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        MessageKinds, MessageSizes, PacketCite, Rate, RefusedMessage, RoundTripReport,
    };
    use super::*;

    fn three() -> SideTraffic {
        SideTraffic {
            frames: 5,
            messages: 3,
            bytes: 120,
            exact: true,
            kinds: MessageKinds { text: 2, binary: 1, ..MessageKinds::default() },
            sizes: Some(MessageSizes { smallest: 5, largest: 80, mean: 40.0, total: 120 }),
            rate: Some(Rate { seconds: 4.0, messages_per_second: 0.75, bytes_per_second: 30.0 }),
            ..SideTraffic::default()
        }
    }

    #[test]
    fn what_was_sent_is_one_line() {
        assert_eq!(
            sent(&three()),
            "5 frames, 3 messages (2 text, 1 binary), 120 bytes; messages of 5 to 80 bytes, 40 on \
             average; 0.750 messages/s, 30.0 bytes/s"
        );
        let lossy = SideTraffic { exact: false, frames: 1, ..SideTraffic::default() };
        assert_eq!(sent(&lossy), "at least 1 frame, 0 messages, 0 bytes");
    }

    #[test]
    fn a_refused_message_is_set_against_the_largest_that_was_taken() {
        let packet = PacketCite::Number(12);
        let refused_one = RefusedMessage { bytes: 70_000, complete: false, packet };
        let sent =
            SideTraffic { first_refused: Some(refused_one), largest_accepted: Some(80), ..three() };
        assert_eq!(
            refused(&sent, &Files::default()).as_deref(),
            Some(
                "one of 70_000 bytes, not all of it sent, packet 12; the largest that it took had 80 bytes"
            )
        );
        assert_eq!(refused(&three(), &Files::default()), None);
    }

    #[test]
    fn pings_say_where_their_times_were_taken() {
        assert_eq!(pings(&PingReport::default()), None);
        let trip =
            RoundTripReport { measured: 2, min: 0.001, mean: 0.002, max: 0.003, last: 0.003 };
        let two = PingReport {
            sent: 3,
            answered: 2,
            outstanding: Some(1),
            unsolicited_pongs: Some(1),
            round_trip: Some(trip),
        };
        assert_eq!(
            pings(&two).as_deref(),
            Some(
                "3 sent, 2 answered, 1 outstanding at the end, 1 Pong came unasked; round trip as \
                 seen at the capture point 1.0 ms to 3.0 ms, 2.0 ms on average, the last 3.0 ms"
            )
        );
    }
}
