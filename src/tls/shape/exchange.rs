//! The opening exchange: a record like a request to upgrade, and one like a response 101.
//!
//! In: the first records of both sides. Out: which two they may be. The handshake of TLS 1.3 is
//! passed over by the size of the client's Finished, and the server's tickets by their likeness to
//! each other.

use std::ops::RangeInclusive;

use super::recorder::{Mark, Shape};
use super::sizes::Sizes;
use crate::tls::ContentType;

/// A request, and its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub request: Mark,
    pub response: Mark,
}

/// Content of a request to upgrade: `GET / HTTP/1.1`, a host of one letter and the four fields that
/// RFC 6455 §4.1 asks for have 140 bytes; the most is a lot of cookies.
const REQUEST: RangeInclusive<u16> = 140..=4_096;

/// Content of a response 101: the status line and three fields of RFC 6455 §4.2.2 have 129 bytes.
pub(super) const RESPONSE: RangeInclusive<u16> = 129..=2_048;

/// Content up to which a response is an ordinary 101.
pub(super) const ORDINARY_RESPONSE: u16 = 1_000;

/// Records among which the client's Finished is: a certificate and its proof may stand before it.
const BEFORE_FINISHED: usize = 4;

/// Finds the exchange, if there is one.
pub(super) fn find(shape: &Shape, sizes: &Sizes) -> Option<Exchange> {
    let client = shape.tracks.client.head.as_slice();
    let client = if sizes.hide_kinds() { behind_finished(client, sizes)? } else { client };
    let mut said = client.iter().filter(|mark| is_data(mark));
    let request = *said.next().filter(|mark| is_within(sizes, mark, &REQUEST))?;
    let next = said.next();
    let answers: Vec<Mark> = shape
        .tracks
        .server
        .head
        .as_slice()
        .iter()
        .filter(|mark| is_data(mark) && mark.at.number > request.at.number)
        .filter(|mark| next.is_none_or(|next| mark.at.number < next.at.number))
        .copied()
        .collect();
    let answers = if sizes.hide_kinds() { behind_tickets(&answers) } else { &answers };
    let response = *answers.first().filter(|mark| is_within(sizes, mark, &RESPONSE))?;
    Some(Exchange { request, response })
}

/// Whether it says that it carries application data; in TLS 1.3 each says so.
pub(super) fn is_data(mark: &Mark) -> bool {
    mark.content_type == ContentType::APPLICATION_DATA
}

fn is_within(sizes: &Sizes, mark: &Mark, wanted: &RangeInclusive<u16>) -> bool {
    let content = sizes.content(mark.len);
    content
        .is_some_and(|content| content.start() <= wanted.end() && content.end() >= wanted.start())
}

/// What the client sent behind its Finished. Where that shares a record with a certificate, it is
/// not found, and nothing is said.
fn behind_finished<'a>(client: &'a [Mark], sizes: &Sizes) -> Option<&'a [Mark]> {
    let mut first = client.iter().take(BEFORE_FINISHED);
    let finished = first.position(|mark| sizes.fits(mark.len, sizes.finished()))?;
    client.get(finished + 1..)
}

/// What the server sent behind its tickets: most send two at once, of one length.
fn behind_tickets(answers: &[Mark]) -> &[Mark] {
    match answers {
        [one, other, rest @ ..]
            if one.len == other.len && one.at.number == other.at.number && !rest.is_empty() =>
        {
            rest
        }
        all => all,
    }
}
