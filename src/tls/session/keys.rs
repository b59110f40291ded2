//! Which keys protect the records of a direction, and whether they are known.

use super::direction::{Blocked, Epoch, Following};
use super::{Early, Session, World};
use crate::endpoint::{PerSide, Side};
use crate::tls::facts::Keys;
use crate::tls::handshake::{ClientHello, ServerHello};
use crate::tls::protection::Protection;
use crate::tls::schedule::master_secret_from_premaster;
use crate::tls::suite::{self, MacOrder, Suite};
use crate::tls::{ClientRandom, EncryptedPrefix, Keyring, Label, Secret, Version};

/// What the two sides said in one handshake.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    pub(super) client: Option<ClientHello>,
    pub(super) server: Option<ServerHello>,
    /// What names the premaster secret of an RSA key exchange in some key logs.
    pub(super) encrypted_premaster: Option<EncryptedPrefix>,
}

/// The version of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    Version(Version),
    /// The server may still say.
    Later,
    /// What the server said was lost.
    Never,
}

/// Whether records can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    Yes,
    No(Blocked),
}

const WAIT: Ready = Ready::No(Blocked::Wait);

impl Session {
    /// The version, as far as it is known.
    pub(super) fn agreed(&self, keys: &Keyring) -> Agreed {
        let first = self.negotiations.first();
        if let Some(server) = first.and_then(|first| first.server.as_ref()) {
            return Agreed::Version(server.version);
        }
        if self.has_retry {
            return Agreed::Version(Version::TLS_1_3); // no other version has HelloRetryRequest
        }
        if !self.sides[Side::Server].is_past_hello {
            return Agreed::Later;
        }
        // Secrets that only TLS 1.3 has.
        let traffic = [
            Label::ClientHandshakeTraffic,
            Label::ServerHandshakeTraffic,
            Label::ClientTraffic,
            Label::ServerTraffic,
        ];
        let random = self.client_random(0);
        match random
            .is_some_and(|random| traffic.iter().any(|label| keys.secret(random, *label).is_some()))
        {
            true => Agreed::Version(Version::TLS_1_3),
            false => Agreed::Never,
        }
    }

    /// The random by which the keys of a handshake are known.
    fn client_random(&self, generation: usize) -> Option<&ClientRandom> {
        Some(&self.negotiations.get(generation)?.client.as_ref()?.random)
    }

    /// The suite of a handshake, if it is one that is decrypted. What is compressed inside is not:
    /// since 2012, when that turned out to give secrets away, hardly anybody does so.
    pub(super) fn suite(&self, generation: usize) -> Option<(Version, &'static Suite)> {
        let server = self.negotiations.get(generation)?.server.as_ref()?;
        let suite = suite::find(server.suite)?;
        let is_1_3 = suite.since == Version::TLS_1_3;
        let fits = match server.version {
            Version::TLS_1_3 => is_1_3,
            Version::TLS_1_0 | Version::TLS_1_1 | Version::TLS_1_2 => !is_1_3,
            _ => false,
        };
        (fits && server.compression == 0).then_some((server.version, suite))
    }

    /// Whether the records of `side` can be opened; if so, its protection is set up where its
    /// secret is known.
    pub(super) fn ready(&mut self, side: Side, world: World<'_>) -> Ready {
        let epoch = self.sides[side].epoch;
        if epoch == Epoch::Early && self.early == Early::Open {
            return WAIT; // EncryptedExtensions says whether the records count
        }
        if self.sides[side].protection.is_some() {
            return Ready::Yes;
        }
        let revision = world.keys.revision();
        if let Some((at, blocked)) = self.sides[side].blocked
            && at == revision
        {
            return Ready::No(blocked);
        }
        let ready = match (self.agreed(world.keys), epoch) {
            (Agreed::Later, _) => return WAIT,
            (Agreed::Never, _) => self.lacks(None, 0, world.keys),
            (Agreed::Version(Version::TLS_1_3), _) => self.ready_1_3(side, world.keys),
            (Agreed::Version(_), Epoch::Changed(generation)) => {
                self.ready_before(side, generation, world.keys)
            }
            (Agreed::Version(_), _) => self.ready_before(side, 0, world.keys),
        };
        match ready {
            Ok(()) => Ready::Yes,
            Err((Some(keys), blocked)) => {
                if self.facts.keys != Keys::Found {
                    self.facts.keys = keys;
                }
                self.sides[side].blocked = Some((revision, blocked));
                Ready::No(blocked)
            }
            Err((None, blocked)) => Ready::No(blocked),
        }
    }

    /// In TLS 1.3.
    fn ready_1_3(&mut self, side: Side, keys: &Keyring) -> Result<(), Lack> {
        if self.client_random(0).is_none() {
            return self.lacks_hello(0);
        }
        let has_hello = self.negotiations.first().is_some_and(|first| first.server.is_some());
        let suite = self.suite(0).map(|(_, suite)| suite);
        if has_hello && suite.is_none() {
            return Err((Some(Keys::Unsupported), Blocked::Never));
        }
        let epoch = self.sides[side].epoch;
        let Some(random) = self.client_random(0) else { return self.lacks_hello(0) };
        let needed: &[Epoch] = match epoch {
            Epoch::Application => &[Epoch::Application],
            _ => &[Epoch::Handshake, Epoch::Application],
        };
        let secret = |epoch| keys.secret(random, label(side, epoch)?);
        if needed.iter().all(|epoch| secret(*epoch).is_none()) {
            return self.lacks(Some(random), 0, keys);
        }
        let protection = suite
            .zip(secret(epoch))
            .and_then(|(suite, secret)| Protection::of_traffic_secret(suite, secret));
        if protection.is_none() && side == Side::Server && self.early == Early::Open {
            self.early = Early::Unknown; // EncryptedExtensions cannot be read
        }
        self.sides[side].protection = protection.map(Box::new);
        Ok(())
    }

    /// Up to TLS 1.2.
    fn ready_before(&mut self, side: Side, generation: usize, keys: &Keyring) -> Result<(), Lack> {
        let protections = self.derive(generation, keys)?;
        if self.sides[side].epoch == Epoch::Changed(generation) {
            let PerSide { client, server } = protections;
            let mut own = if side == Side::Client { client } else { server };
            let direction = &mut self.sides[side];
            if direction.sequence > 0 || direction.doubt.is_some() {
                // TLS 1.0: the first IV of an epoch is that of its first record alone.
                own.forget();
            }
            direction.protection = Some(Box::new(own));
        }
        Ok(())
    }

    /// The keys of a handshake up to TLS 1.2.
    fn derive(&self, generation: usize, keys: &Keyring) -> Result<PerSide<Protection>, Lack> {
        let negotiation = self.negotiations.get(generation);
        let hellos = negotiation.and_then(|negotiation| {
            Some((negotiation, negotiation.client.as_ref()?, negotiation.server.as_ref()?))
        });
        let Some((negotiation, client, server)) = hellos else {
            return self.lacks_hello(generation);
        };
        let Some((version, suite)) = self.suite(generation) else {
            return Err((Some(Keys::Unsupported), Blocked::Never));
        };
        let derived;
        // RFC 5246 §7.4.1.3: the id is empty where the session is not to be found again by it.
        let by_id = || keys.master_by_session_id(&server.session_id);
        let logged = keys.secret(&client.random, Label::MasterSecret).or_else(by_id);
        let master: &Secret = match logged {
            Some(master) => master,
            // RFC 7627 §4: there the master secret also depends on all messages before.
            None if !server.extended_master_secret => {
                let by_random = keys.premaster_by_random(&client.random);
                let by_encrypted =
                    || keys.premaster_by_encrypted(negotiation.encrypted_premaster.as_ref()?);
                let Some(premaster) = by_random.or_else(by_encrypted) else {
                    return self.lacks(Some(&client.random), generation, keys);
                };
                derived = master_secret_from_premaster(
                    version,
                    suite,
                    premaster,
                    &client.random,
                    &server.random,
                );
                &derived
            }
            None => return self.lacks(Some(&client.random), generation, keys),
        };
        let order = match server.encrypt_then_mac {
            true => MacOrder::EncryptThenMac,
            false => MacOrder::MacThenEncrypt,
        };
        Protection::of_master_secret(version, suite, master, &client.random, &server.random, order)
            .ok_or((Some(Keys::Unsupported), Blocked::Never))
    }

    /// A hello is not there.
    fn lacks_hello<T>(&self, generation: usize) -> Result<T, Lack> {
        let may_come = match generation {
            0 => Side::BOTH.iter().any(|side| {
                let hello = self.negotiations.first();
                let has_hello = hello.is_some_and(|hello| match side {
                    Side::Client => hello.client.is_some(),
                    Side::Server => hello.server.is_some(),
                });
                !has_hello && !self.sides[*side].is_past_hello
            }),
            _ => !self.has_ended,
        };
        match may_come {
            true => Err((None, Blocked::Wait)),
            // A hello inside the session need not be lost: where the session cannot be read, neither
            // can that, and the reason is known.
            false if generation > 0 => Err((None, Blocked::Never)),
            false => Err((Some(Keys::HelloLost), Blocked::Never)),
        }
    }

    /// The secret that is needed is not there.
    fn lacks<T>(
        &self,
        random: Option<&ClientRandom>,
        generation: usize,
        keys: &Keyring,
    ) -> Result<T, Lack> {
        let Some(random) = random.or_else(|| self.client_random(generation)) else {
            return Err((Some(Keys::HelloLost), Blocked::Never));
        };
        // The master secret serves only together with the server's random.
        let is_useless = self.agreed(keys) == Agreed::Never && keys.knows(random);
        Err(match keys.knows(random) {
            _ if is_useless => (Some(Keys::HelloLost), Blocked::Never),
            true => (Some(Keys::Incomplete), Blocked::Wait),
            false if keys.is_closed() => (Some(Keys::Missing), Blocked::Never),
            false => (Some(Keys::Missing), Blocked::Wait),
        })
    }

    /// Keys under which the next records of `side` may be protected where those of its epoch do
    /// not serve: the likeliest first.
    pub(super) fn following(&self, side: Side, keys: &Keyring) -> Vec<Following> {
        let direction = &self.sides[side];
        let generation = match direction.epoch {
            _ if self.agreed(keys) == Agreed::Version(Version::TLS_1_3) => {
                return self.following_1_3(side, keys);
            }
            Epoch::Changed(generation) => generation + 1,
            _ => 0,
        };
        let Ok(PerSide { client, server }) = self.derive(generation, keys) else {
            return Vec::new();
        };
        let Some((_, suite)) = self.suite(generation) else { return Vec::new() };
        let protection = if side == Side::Client { client } else { server };
        let epoch = Epoch::Changed(generation);
        vec![Following { epoch, updates: 0, protection, suite, is_fresh: true }]
    }

    fn following_1_3(&self, side: Side, keys: &Keyring) -> Vec<Following> {
        let direction = &self.sides[side];
        let mut found = Vec::new();
        let mut add = |epoch, updates, protection: Option<Protection>| {
            if let Some(protection) = protection {
                let suite = protection.suite();
                found.push(Following { epoch, updates, protection, suite, is_fresh: true });
            }
        };
        if direction.epoch == Epoch::Application
            && let Some(protection) = &direction.protection
        {
            let once = protection.updated();
            let twice = once.as_ref().and_then(Protection::updated);
            add(Epoch::Application, 1, once);
            add(Epoch::Application, 2, twice);
            return found;
        }
        let Some(random) = self.client_random(0) else { return found };
        for epoch in [Epoch::Early, Epoch::Handshake, Epoch::Application] {
            let is_later = match direction.epoch {
                Epoch::Early => epoch != Epoch::Early || direction.protection.is_none(),
                Epoch::Handshake if direction.protection.is_some() => epoch == Epoch::Application,
                Epoch::Handshake => epoch != Epoch::Early,
                _ => epoch == Epoch::Application,
            };
            let secret = label(side, epoch).and_then(|label| keys.secret(random, label));
            let Some(secret) = secret.filter(|_| is_later) else { continue };
            for suite in self.suites(secret) {
                let protection = Protection::of_traffic_secret(suite, secret);
                let updated = protection.as_ref().and_then(Protection::updated);
                add(epoch, 0, protection);
                if epoch == Epoch::Application {
                    add(epoch, 1, updated);
                }
            }
        }
        found
    }

    /// The suite of TLS 1.3; where the ServerHello was lost, all whose secrets are so long.
    fn suites(&self, secret: &Secret) -> Vec<&'static Suite> {
        if self.negotiations.first().is_some_and(|first| first.server.is_some()) {
            return self.suite(0).map(|(_, suite)| suite).into_iter().collect();
        }
        let known = self.facts.suite.and_then(suite::find);
        let all = suite::SUITES.iter().filter(|suite| {
            suite.since == Version::TLS_1_3
                && suite.hash.len() == secret.len()
                && known.is_none_or(|known| known.id == suite.id)
        });
        all.collect()
    }
}

/// Why records cannot be opened, if that is known for certain, and whether it may change.
type Lack = (Option<Keys>, Blocked);

/// The secret of an epoch of TLS 1.3.
fn label(side: Side, epoch: Epoch) -> Option<Label> {
    Some(match (side, epoch) {
        (Side::Client, Epoch::Early) => Label::ClientEarlyTraffic,
        (Side::Client, Epoch::Handshake) => Label::ClientHandshakeTraffic,
        (Side::Client, Epoch::Application) => Label::ClientTraffic,
        (Side::Server, Epoch::Handshake) => Label::ServerHandshakeTraffic,
        (Side::Server, Epoch::Application) => Label::ServerTraffic,
        _ => return None,
    })
}
