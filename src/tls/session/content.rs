//! What the content of records means: messages of the handshake, alerts, and application data.

use super::direction::{Change, Direction, Epoch};
use super::keys::Negotiation;
use super::reading::Record;
use super::{Early, Session, World};
use crate::endpoint::Side;
use crate::tcp::GapCause;
use crate::tls::facts::{Alert, AlertFact, EarlyData, TlsSide};
use crate::tls::handshake::{Answer, ClientHello, Message, ServerHello};
use crate::tls::{ContentType, Version};

impl Session {
    /// A record in the clear.
    pub(super) fn clear(&mut self, side: Side, record: Record<'_>, world: World<'_>) {
        match record.header.content_type {
            ContentType::HANDSHAKE => self.handshake(side, record.body),
            ContentType::ALERT => self.alert(side, record, record.body, world),
            _ => {}
        }
    }

    /// A record that was opened, and its content.
    pub(super) fn content(
        &mut self,
        side: Side,
        record: Record<'_>,
        content_type: ContentType,
        content: Vec<u8>,
        world: World<'_>,
    ) {
        match content_type {
            ContentType::APPLICATION_DATA => {
                self.facts.sides[side].opened += 1;
                self.application_data(side, record, content);
                return;
            }
            ContentType::HANDSHAKE => self.handshake(side, &content),
            ContentType::ALERT => self.alert(side, record, &content, world),
            ContentType::CHANGE_CIPHER_SPEC => {
                if let Epoch::Changed(generation) = self.sides[side].epoch {
                    self.sides[side].enter(Epoch::Changed(generation.saturating_add(1)));
                }
            }
            _ => {}
        }
        self.outlet.recycle_wiped(content);
    }

    /// Whether the sides turn out to be the other way round.
    pub(super) fn reverses(&self, side: Side, record: &Record<'_>) -> bool {
        let direction = &self.sides[side];
        let is_first = direction.epoch == Epoch::Clear
            && direction.hellos == 0
            && direction.messages.is_between()
            && self.negotiations.is_empty();
        let foreign = if side == Side::Client { 2 } else { 1 };
        is_first
            && record.header.content_type == ContentType::HANDSHAKE
            && record.body.first() == Some(&foreign)
    }

    /// Where both sides have finished the handshake, the session is established. Without keys that
    /// is seen up to TLS 1.2 alone, by what follows the changes of cipher.
    pub(super) fn note_established(&mut self) {
        let is_through = Side::BOTH.iter().all(|side| {
            let direction = &self.sides[*side];
            let has_sent = matches!(direction.epoch, Epoch::Changed(_)) && direction.sequence > 0;
            direction.has_finished || has_sent
        });
        self.facts.established |= is_through;
    }

    /// Early data of which it will not be known whether it counted.
    pub(super) fn give_up_early_data(&mut self) {
        for (range, bytes) in std::mem::take(&mut self.early_data) {
            self.outlet.hole(Side::Client, range, None, GapCause::Undecrypted);
            self.outlet.recycle_wiped(bytes);
        }
    }

    fn application_data(&mut self, side: Side, record: Record<'_>, content: Vec<u8>) {
        if self.sides[side].epoch != Epoch::Early {
            self.outlet.data(side, record.range, content);
            return;
        }
        match self.early {
            Early::Accepted => self.outlet.data(side, record.range, content),
            Early::Rejected => self.outlet.recycle_wiped(content),
            Early::Open | Early::Unknown => {
                let held: usize = self.early_data.iter().map(|(_, bytes)| bytes.len()).sum();
                self.early_data.push((record.range, content));
                if held > self.limits.held {
                    self.give_up_early_data();
                }
            }
        }
    }

    fn alert(&mut self, side: Side, record: Record<'_>, content: &[u8], world: World<'_>) {
        if let [level, description] = *content {
            self.note_alert(side, Some(Alert { level, description }), record, world);
        }
    }

    /// Notes an alert, readable or not.
    pub(super) fn note_alert(
        &mut self,
        side: Side,
        alert: Option<Alert>,
        record: Record<'_>,
        world: World<'_>,
    ) {
        let at = record.at.unwrap_or_else(|| self.cite(side, record.range, world));
        let plain_offset = self.outlet.plain_offset(side);
        let fact = AlertFact { alert, range: record.range, at, plain_offset };
        let is_1_3 = self.facts.version >= Some(Version::TLS_1_3);
        let ends = alert.is_some_and(|alert| {
            let is_mild = alert.description == Alert::USER_CANCELED;
            alert.is_close_notify() || alert.is_fatal() || (is_1_3 && !is_mild)
        });
        let facts = &mut self.facts.sides[side];
        if facts.alerts.len() < TlsSide::MOST_ALERTS {
            facts.alerts.push(fact);
        }
        if ends {
            facts.ending.get_or_insert_with(|| Box::new(fact));
        }
    }

    /// The content of a record with messages of the handshake.
    fn handshake(&mut self, side: Side, mut content: &[u8]) {
        let mut messages = std::mem::take(&mut self.sides[side].messages);
        if messages.begin(content) {
            while let Some(message) = messages.next(&mut content, self.limits.handshake) {
                self.message(side, message);
            }
        }
        self.sides[side].messages = messages;
        match self.sides[side].change.take() {
            Some(Change::To(epoch)) => self.sides[side].enter(epoch),
            Some(Change::Update) => {
                let updated = self.sides[side].protection.as_ref().and_then(|now| now.updated());
                self.sides[side].enter(Epoch::Application);
                self.sides[side].protection = updated.map(Box::new);
                self.facts.sides[side].key_updates += 1;
            }
            None => {}
        }
        self.note_established();
    }

    fn message(&mut self, side: Side, message: Message) {
        let epoch = self.sides[side].epoch;
        match message {
            Message::ClientHello(hello) if side == Side::Client => self.client_hello(*hello),
            Message::ServerHello(answer) if side == Side::Server => match *answer {
                Answer::Hello(hello) => self.server_hello(hello),
                Answer::Retry(hello) => self.retry(&hello),
            },
            Message::EncryptedExtensions { protocol, early_data }
                if side == Side::Server && epoch == Epoch::Handshake =>
            {
                self.facts.chosen = protocol.or(self.facts.chosen.take());
                self.answer_early_data(early_data);
            }
            Message::EndOfEarlyData if epoch == Epoch::Early => {
                self.answer_early_data(true);
                for (range, bytes) in std::mem::take(&mut self.early_data) {
                    self.outlet.data(side, range, bytes);
                }
                self.sides[side].change = Some(Change::To(Epoch::Handshake));
            }
            Message::ClientKeyExchange(encrypted) => {
                if let Some(negotiation) = self.negotiations.last_mut() {
                    negotiation.encrypted_premaster = encrypted;
                }
            }
            Message::Finished => match epoch {
                Epoch::Handshake => {
                    self.sides[side].has_finished = true;
                    self.sides[side].change = Some(Change::To(Epoch::Application));
                }
                Epoch::Changed(_) => self.sides[side].has_finished = true,
                _ => {}
            },
            Message::KeyUpdate if epoch == Epoch::Application => {
                self.sides[side].change = Some(Change::Update);
            }
            _ => {}
        }
    }

    fn client_hello(&mut self, hello: ClientHello) {
        let direction = &mut self.sides[Side::Client];
        direction.is_past_hello = true;
        let at = direction.hellos;
        let before = at.checked_sub(1).and_then(|at| self.negotiations.get_mut(at));
        if let Some(before) = before
            && !matches!(direction.epoch, Epoch::Changed(_))
            && before.client.as_ref().is_some_and(|client| client.random == hello.random)
        {
            // RFC 8446 §4.1.2: the answer to a HelloRetryRequest.
            before.client = Some(hello);
            if direction.epoch == Epoch::Early {
                direction.change = Some(Change::To(Epoch::Clear));
            }
            return;
        }
        if at >= Direction::MOST_HELLOS {
            return;
        }
        direction.hellos += 1;
        if at == 0 {
            self.facts.has_client_hello = true;
            self.facts.server_name.clone_from(&hello.server_name);
            self.facts.offered.clone_from(&hello.protocols);
            self.facts.early_data = hello.early_data.then_some(EarlyData::Offered);
        }
        if let Some(negotiation) = self.negotiation(at) {
            negotiation.client = Some(hello);
        }
        self.note_resumed();
    }

    fn server_hello(&mut self, hello: ServerHello) {
        let direction = &mut self.sides[Side::Server];
        direction.is_past_hello = true;
        let at = direction.hellos;
        if at >= Direction::MOST_HELLOS {
            return;
        }
        direction.hellos += 1;
        if at == 0 {
            self.facts.version = Some(hello.version);
            self.facts.suite = Some(hello.suite);
            // Early drafts of TLS 1.3 have a ServerHello of another form.
            let is_before_1_3 = hello.version < Version::TLS_1_3;
            self.facts.is_compressed = is_before_1_3 && hello.compression != 0;
            self.facts.chosen.clone_from(&hello.protocol);
            for side in Side::BOTH {
                // RFC 8446 §5.1: records state no version above 1.2.
                let stated = hello.version.min(Version::TLS_1_2);
                self.sides[side].deframer.expect_version(stated);
            }
        }
        if let Some(negotiation) = self.negotiation(at) {
            negotiation.server = Some(hello);
        }
        self.note_resumed();
    }

    /// A HelloRetryRequest.
    fn retry(&mut self, hello: &ServerHello) {
        self.has_retry = true;
        self.facts.version = Some(hello.version);
        self.facts.suite = Some(hello.suite);
        // RFC 8446 §4.2.10: it rejects early data.
        self.answer_early_data(false);
    }

    fn answer_early_data(&mut self, is_accepted: bool) {
        self.early = if is_accepted { Early::Accepted } else { Early::Rejected };
        if let Some(early_data) = &mut self.facts.early_data {
            *early_data = if is_accepted { EarlyData::Accepted } else { EarlyData::Rejected };
        }
    }

    /// The handshake with this number.
    fn negotiation(&mut self, at: usize) -> Option<&mut Negotiation> {
        if self.negotiations.len() <= at {
            self.negotiations.resize_with(at.saturating_add(1), Negotiation::default);
        }
        self.negotiations.get_mut(at)
    }

    /// RFC 5246 §7.4.1.3: the server repeats the session id of a session that it resumes. In TLS
    /// 1.3 it always does.
    fn note_resumed(&mut self) {
        let first = self.negotiations.first();
        let Some(server) = first.and_then(|first| first.server.as_ref()) else { return };
        let client = first.and_then(|first| first.client.as_ref());
        let is_repeated = !server.session_id.is_empty()
            && client.is_some_and(|client| client.session_id == server.session_id);
        self.facts.resumed = match server.version >= Version::TLS_1_3 {
            true => server.pre_shared_key,
            false => is_repeated,
        };
    }
}
