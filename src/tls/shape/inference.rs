//! What it all suggests.

use super::closing::{self, Closing, InferredEnd};
use super::exchange::{self, Exchange, ORDINARY_RESPONSE};
use super::recorder::Shape;
use super::rhythm::Beat;
use super::sizes::Sizes;
use crate::endpoint::{PerSide, Side};
use crate::provenance::PacketRef;
use crate::report::Confidence;
use crate::tcp::Summary;
use crate::tls::TlsFacts;

/// What the sizes, directions and times of records suggest. Nothing of it is certain.
#[derive(Clone, Debug, Default)]
pub struct Inference {
    /// Whether it is a WebSocket.
    pub websocket: Likeness,
    /// What speaks for it, a clause each.
    pub because: Vec<String>,
    /// What each side may have sent last.
    pub ends: PerSide<InferredEnd>,
    /// What the end looks like.
    pub closing: Closing,
    /// The packets with the request and the response of the opening exchange.
    pub exchange: Option<(PacketRef, PacketRef)>,
    /// The side that broke off the handshake, as its only encrypted record has the size of an alert.
    pub refused: Option<(Side, PacketRef)>,
    /// Nanoseconds without a record before the first FIN or RST.
    pub idle: Option<i64>,
    /// Records like Pings at regular intervals.
    pub keep_alive: Option<KeepAlive>,
}

/// Whether something is a WebSocket; from sizes it is never known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Nothing suggests it.
    #[default]
    No,
    /// It may be one, and something else as well.
    Possible,
    /// Little else looks like this.
    Likely,
}

/// Records like Pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Who sends them.
    pub by: Side,
    /// Their payload, if they are Pings: the least and the most that fits.
    pub payload: (u16, u16),
    /// How many were seen.
    pub number: u32,
    /// The shortest and the longest interval, in milliseconds.
    pub interval: (u32, u32),
    /// How many of them the other side answered with a record of the size of the Pong.
    pub answers: u32,
}

impl Likeness {
    /// As the confidence of a verdict: likely at most.
    pub fn confidence(self) -> Confidence {
        match self {
            Likeness::No => Confidence::Unknown,
            Likeness::Possible => Confidence::Possible,
            Likeness::Likely => Confidence::Likely,
        }
    }
}

/// No request of HTTP/1.1 is shorter: `GET / HTTP/1.1`, an empty `Host:` and the line at the end.
const SHORTEST_REQUEST: u16 = 25;

/// Hardly a request is shorter that follows one of a hundred bytes and more.
const HARDLY_A_REQUEST: u16 = 60;

/// The shortest frame of a client: RFC 6455 §5.2.
const SHORTEST_FRAME: u16 = 6;

impl Shape {
    /// What the records of a connection suggest, with what is known of its session and of TCP.
    pub fn infer(&self, tls: &TlsFacts, tcp: &PerSide<Summary>) -> Inference {
        let Some(sizes) = Sizes::of(tls) else { return Inference::default() };
        let mut inference = Inference {
            refused: self.refused(&sizes),
            idle: self.idle(tcp),
            ..Inference::default()
        };
        let Some(alpn) = alpn(tls) else { return inference };
        let Some(exchange) = exchange::find(self, &sizes) else { return inference };
        let (ends, closing) = closing::read(self, &sizes, &exchange, tcp);
        inference.keep_alive =
            self.rhythm().and_then(|rhythm| keep_alive(rhythm.regular()?, &sizes));
        inference.exchange = Some((exchange.request.at, exchange.response.at));
        inference.closing = closing;
        inference.ends = ends;
        inference.because.push(alpn.to_owned());
        self.weigh(&mut inference, &exchange, &sizes, tls);
        inference
    }

    /// Weighs what speaks for a WebSocket.
    fn weigh(&self, found: &mut Inference, exchange: &Exchange, sizes: &Sizes, tls: &TlsFacts) {
        let turns = &self.tracks.client.turns;
        let shortest = sizes.content(turns.shortest).filter(|_| turns.number > 0);
        if shortest.as_ref().is_some_and(|content| *content.end() < SHORTEST_FRAME) {
            return; // too short for a masked frame: another protocol
        }
        let is_below = |limit: u16| shortest.as_ref().is_some_and(|content| *content.end() < limit);
        let (no_request, hardly) = (is_below(SHORTEST_REQUEST), is_below(HARDLY_A_REQUEST));
        let response = sizes.content(exchange.response.len);
        let is_ordinary =
            response.as_ref().is_some_and(|content| *content.start() <= ORDINARY_RESPONSE);
        let is_http = tls.offered.is_some() || tls.chosen.is_some();
        let (closes, is_distinct) = match found.closing {
            Closing::Handshake { is_distinct, .. } => (true, is_distinct),
            _ => (false, false),
        };
        let pings = found.keep_alive.is_some_and(|beat| beat.answers > 1);
        let likely = is_distinct || no_request && (is_http || pings);
        let possible = closes || hardly && turns.number > 1 || no_request || pings;
        found.websocket = match (likely && is_ordinary, possible || likely) {
            (true, _) => Likeness::Likely,
            (false, true) => Likeness::Possible,
            (false, false) => return,
        };
        let span =
            |len: u16| sizes.content(len).map_or(String::new(), |c| span(*c.start(), *c.end()));
        let Exchange { request, response } = exchange;
        found.because.insert(
            0,
            format!(
                "a record of the client with {} of content (packet {}), as a request to upgrade \
                 has them, was answered by one of the server with {} (packet {}), as a response \
                 101 has them",
                span(request.len),
                request.at.number,
                span(response.len),
                response.at.number,
            ),
        );
        if no_request || hardly {
            let shorter = if no_request { "any request" } else { "hardly a request" };
            let than = if no_request { "shorter than" } else { "which is" };
            found.because.push(format!(
                "behind them the client began to speak with records down to {} of content, {than} \
                 {shorter} of HTTP/1.1",
                span(turns.shortest),
            ));
        }
    }

    /// The side whose only record is as long as an alert, where nobody sent application data.
    fn refused(&self, sizes: &Sizes) -> Option<(Side, PacketRef)> {
        if !sizes.hide_kinds() || Side::BOTH.iter().any(|side| self.tracks[*side].lost) {
            return None;
        }
        let client = self.tracks.client.head.as_slice();
        match client {
            [only] if sizes.fits(only.len, 2) => Some((Side::Client, only.at)),
            _ => None,
        }
    }

    /// How long both sides were silent before TCP ended.
    fn idle(&self, tcp: &PerSide<Summary>) -> Option<i64> {
        let ends = Side::BOTH.into_iter().flat_map(|side| [tcp[side].fin, tcp[side].rst]);
        let ended = ends.flatten().map(|end| end.at.time).min()?;
        if Side::BOTH.iter().any(|side| self.tracks[*side].lost_last) {
            return None;
        }
        // What comes with the end, such as `close_notify`, does not break the silence.
        let before = Side::BOTH.into_iter().flat_map(|side| self.last(side));
        let before =
            before.map(|mark| mark.at.time).filter(|time| ended.nanos_since(*time) > AT_ONCE);
        let last = before.max()?;
        Some(ended.nanos_since(last))
    }
}

/// What comes less than this before the end belongs to it, in nanoseconds.
const AT_ONCE: i64 = 50_000_000;

/// Whether the protocols that were offered and chosen leave room for a WebSocket, in words.
fn alpn(tls: &TlsFacts) -> Option<&'static str> {
    const HTTP: &str = "http/1.1";
    match (&tls.chosen, &tls.offered) {
        (Some(chosen), _) => {
            (chosen == HTTP).then_some("http/1.1 was agreed on by ALPN, as browsers do for wss://")
        }
        (None, Some(offered)) => {
            let has = |name: &str| offered.iter().any(|one| one == name);
            // A server that has HTTP/2 chooses it, and TLS 1.3 hides the choice.
            (has(HTTP) && !has("h2"))
                .then_some("the client offered http/1.1 and not HTTP/2, as browsers do for wss://")
        }
        (None, None) => tls
            .has_client_hello
            .then_some("the client did not use ALPN, as many libraries do not for wss://"),
    }
}

fn keep_alive(beat: &Beat, sizes: &Sizes) -> Option<KeepAlive> {
    let header = |side: Side| if side == Side::Client { SHORTEST_FRAME } else { 2 };
    let payload = |side: Side, len: u16| {
        let content = sizes.content(len)?;
        let most = content.end().checked_sub(header(side))?;
        let least = content.start().saturating_sub(header(side));
        (least <= 125).then_some((least, most.min(125)))
    };
    let pings = payload(beat.side, beat.len)?;
    // RFC 6455 §5.5.3: a Pong has the payload of the Ping.
    let pongs = beat.answer_len.and_then(|len| payload(!beat.side, len));
    let fits = pongs.is_some_and(|pongs| pongs.0 <= pings.1 && pings.0 <= pongs.1);
    Some(KeepAlive {
        by: beat.side,
        payload: pings,
        number: beat.intervals.saturating_add(1),
        interval: (beat.shortest, beat.longest),
        answers: if fits { beat.answers } else { 0 },
    })
}

/// `8 bytes`, or `0 to 15 bytes`.
fn span(least: u16, most: u16) -> String {
    match (least, most) {
        (1, 1) => "1 byte".to_owned(),
        _ if least == most => format!("{least} bytes"),
        _ => format!("{least} to {most} bytes"),
    }
}
