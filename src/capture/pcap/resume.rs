//! How reading goes on behind damage in a classic pcap.
//!
//! In: the window at a place where no record can be. Out: the window behind the next record that
//! certainly is one, or at the end. Every offset is tried; three headers in a row have to be
//! plausible, each where the one before says, or all those up to the very end of the file.
//!
//! How certain that is: of random bytes, a header has a second within a day of the last record
//! (2 × 10⁻⁵), a fraction below one (0.23 in nanoseconds, 2 × 10⁻⁴ in microseconds) and two lengths
//! that packets have (6 × 10⁻⁵ each): one offset in 10¹⁴. Three in a row are one in 10⁴², and a
//! terabyte of garbage has 10¹² offsets. Zeros have no length, and `ff`s too much of it. What is
//! not random is a capture inside a capture, sent over the network that was captured: where the
//! header of the very packet that carries it is destroyed, its records may be taken for records,
//! if they are of the same day.
//!
//! What lies between two sound headers is taken as it is: bytes that were exchanged inside a
//! record, without a trace in the headers, are beyond what a file format can tell.
//!
//! The damage may reach into the header of the first record found, where its time stands, and a
//! wrong time would make somebody late. So that record is passed over as well.

use std::io::{self, Read};

use super::super::window::Window;
use super::{PLAUSIBLE_LEN, Pcap, is_magic};

/// Headers in a row that make it certain.
const ENOUGH: usize = 3;

/// A record may be older than the one before by so many seconds, where several queues or
/// interfaces were captured.
const OLDER: i64 = 10;

/// Nothing may have been captured for so many seconds.
const LATER: i64 = 86_400;

/// A header that may be one.
#[derive(Clone, Copy)]
pub(super) struct Plausible {
    seconds: u32,
    captured: usize,
}

impl Pcap {
    /// Moves on behind the first record that certainly is one; `false` when there is none. Takes time
    /// in proportion to the bytes passed over.
    pub(in crate::capture) fn resume<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> io::Result<bool> {
        let header_len = self.record_header.len();
        window.fill(1)?;
        window.take(1);
        loop {
            let available = window.fill(header_len)?;
            if available < header_len {
                window.take(available);
                return Ok(false);
            }
            let mut headers = window.bytes().windows(header_len);
            match headers.position(|header| self.plausible(header, self.latest).is_some()) {
                None => {
                    window.take(available - header_len + 1);
                }
                Some(place) => {
                    window.take(place);
                    if let Some(first) = self.begins_here(window)? {
                        window.take(first);
                        return Ok(true);
                    }
                    window.take(1);
                }
            }
        }
    }

    /// How long the first record is, if records follow one another from here on.
    pub(super) fn begins_here<R: Read>(&self, window: &mut Window<R>) -> io::Result<Option<usize>> {
        let header_len = self.record_header.len();
        let (mut at, mut before, mut first) = (0, self.latest, 0);
        for count in 0..ENOUGH {
            let available = window.fill(at + header_len)?;
            if count > 1 && (available == at || self.another(window, at)?.is_some()) {
                return Ok(Some(first));
            }
            let header = window.bytes().get(at..at + header_len);
            let Some(found) = header.and_then(|header| self.plausible(header, before)) else {
                return Ok(None);
            };
            before = Some(found.seconds);
            at += header_len + found.captured;
            if count == 0 {
                first = at;
            }
        }
        Ok((window.fill(at)? >= at).then_some(first))
    }

    /// Whether something follows the first `len` bytes that may be records: it begins with a
    /// plausible header, or with several that are at least possible, where a capture has times or
    /// lengths that no other has. `before` is the time of the record at the window's start.
    #[cold]
    pub(super) fn is_followed<R: Read>(
        &self,
        window: &mut Window<R>,
        len: usize,
        before: u32,
    ) -> bool {
        let header_len = self.record_header.len();
        let (mut at, mut before) = (len, before);
        for _ in 0..=ENOUGH {
            // An error of the source concerns what follows, and will be met there.
            let available = window.fill(at + header_len).unwrap_or_else(|_| window.available());
            let Some(header) = window.bytes().get(at..at + header_len) else {
                return available >= at;
            };
            if self.plausible(header, Some(before)).is_some() {
                return true;
            }
            if is_magic(header) && matches!(self.another(window, at), Ok(Some(_))) {
                return true;
            }
            let Some(header) = window.bytes().get(at..at + header_len) else { return true };
            let captured = self.order.u32_at(header, 8).and_then(|len| usize::try_from(len).ok());
            let Some(captured) = captured.filter(|_| self.is_possible(header)) else {
                return false;
            };
            before = self.order.u32_at(header, 0).unwrap_or(0);
            at += header_len + captured;
        }
        true
    }

    /// Whether a record may begin with `header`, that being behind one of the second `before`.
    #[inline]
    pub(super) fn plausible(&self, header: &[u8], before: Option<u32>) -> Option<Plausible> {
        let [seconds, fraction, captured, wire_len] = self.fields(header)?;
        let lengths = (1..=PLAUSIBLE_LEN).contains(&captured)
            && (captured..=PLAUSIBLE_LEN).contains(&wire_len);
        let is_fraction = u64::from(fraction) * u64::from(self.tick) < 1_000_000_000;
        let near = before.is_none_or(|before| {
            (-OLDER..=LATER).contains(&(i64::from(seconds) - i64::from(before)))
        });
        let captured = usize::try_from(captured).ok()?;
        (lengths && is_fraction && near).then_some(Plausible { seconds, captured })
    }

    /// Seconds, fraction, captured length and original length.
    #[inline]
    fn fields(&self, header: &[u8]) -> Option<[u32; 4]> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *header.first_chunk()?;
        let order = self.order;
        Some([
            order.u32([a, b, c, d]),
            order.u32([e, f, g, h]),
            order.u32([i, j, k, l]),
            order.u32([m, n, o, p]),
        ])
    }
}
