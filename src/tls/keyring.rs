//! The secrets that are known, by the sessions that they belong to.
//!
//! In: secrets, one by one, each with what its key log names the session by. Out: the secret of a
//! session, if somebody logged it. The keys of the command line are shared by all captures: each
//! capture's ring lies over them and holds only what that capture adds. Nothing here knows what a
//! secret is good for, and nothing here prints one.

use std::fmt;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::secret::{ClientRandom, Label, Secret};

/// The first bytes of an encrypted premaster secret, as `RSA` lines name a session.
pub type EncryptedPrefix = [u8; 8];

/// All secrets that are known.
#[derive(Clone)]
pub struct Keyring {
    /// Keys that others share.
    base: Option<Arc<Keyring>>,
    sessions: HashMap<ClientRandom, Logged, RandomState>,
    premasters: HashMap<ClientRandom, Secret, RandomState>,
    encrypted: HashMap<EncryptedPrefix, Secret, RandomState>,
    resumable: HashMap<Vec<u8>, Secret, RandomState>,
    most: usize,
    revision: u64,
    is_closed: bool,
}

/// The secrets of one session: a few, each under another label.
#[derive(Clone, Default)]
struct Logged(Vec<(Label, Secret)>);

/// What became of a secret that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It was known.
    Known,
    /// There was another one in its place. The later one counts, as it does in Wireshark: a log is
    /// written on and on, and whoever adds to it knows better. Nothing wrong can come of it: what
    /// does not authenticate is not read.
    Replaced,
    /// There is no room for another session.
    NoRoom,
}

impl Keyring {
    /// An empty ring with room for so many sessions.
    pub fn new(most_sessions: usize) -> Keyring {
        Keyring {
            base: None,
            sessions: HashMap::default(),
            premasters: HashMap::default(),
            encrypted: HashMap::default(),
            resumable: HashMap::default(),
            most: most_sessions,
            revision: 0,
            is_closed: false,
        }
    }

    /// Nothing will be added any more: nobody need wait for a session that is not in it.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether it was said that nothing will be added.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// A ring with the keys of `base` in it, which stay where they are. Those that are added count
    /// before those of `base`, and there is room for as many sessions in all as `base` has.
    pub fn over(base: Arc<Keyring>) -> Keyring {
        let most = base.most;
        Keyring { base: Some(base), ..Keyring::new(most) }
    }

    /// The secret of that name of the session that begins with `random`.
    pub fn secret(&self, random: &ClientRandom, label: Label) -> Option<&Secret> {
        let own = self.sessions.get(random).and_then(|logged| logged.secret(label));
        own.or_else(|| self.base.as_deref()?.secret(random, label))
    }

    /// The premaster secret of the session that begins with `random` (`PMS_CLIENT_RANDOM`).
    pub fn premaster_by_random(&self, random: &ClientRandom) -> Option<&Secret> {
        let own = self.premasters.get(random);
        own.or_else(|| self.base.as_deref()?.premaster_by_random(random))
    }

    /// The premaster secret that is encrypted to something beginning with `encrypted` (`RSA`).
    pub fn premaster_by_encrypted(&self, encrypted: &EncryptedPrefix) -> Option<&Secret> {
        let own = self.encrypted.get(encrypted);
        own.or_else(|| self.base.as_deref()?.premaster_by_encrypted(encrypted))
    }

    /// The master secret of the session to which the server gave this id (`RSA Session-ID:`); up to
    /// TLS 1.2, where a ServerHello has it (RFC 5246 §7.4.1.3).
    pub fn master_by_session_id(&self, id: &[u8]) -> Option<&Secret> {
        let own = self.resumable.get(id);
        own.or_else(|| self.base.as_deref()?.master_by_session_id(id))
    }

    /// Whether there is any secret under `random`.
    pub fn knows(&self, random: &ClientRandom) -> bool {
        self.sessions.contains_key(random)
            || self.premasters.contains_key(random)
            || self.base.as_deref().is_some_and(|base| base.knows(random))
    }

    /// Whether there is no secret at all.
    pub fn is_empty(&self) -> bool {
        self.sessions() == 0
    }

    /// Sessions and premaster secrets that it holds.
    pub fn sessions(&self) -> usize {
        let base = self.base.as_deref().map_or(0, Keyring::sessions);
        let premasters = self.premasters.len() + self.encrypted.len();
        base + self.sessions.len() + premasters + self.resumable.len()
    }

    /// Grows whenever a secret is added: who looked one up in vain need not look again before.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Adds a secret of the session that begins with `random`.
    pub fn add(&mut self, random: ClientRandom, label: Label, secret: Secret) -> Added {
        let known = self.secret(&random, label).map(|known| known.bytes() == secret.bytes());
        if known == Some(true) {
            return Added::Known;
        }
        let full = self.is_full();
        match self.sessions.entry(random) {
            Entry::Occupied(entry) => entry.into_mut().set(label, secret),
            Entry::Vacant(_) if full => return Added::NoRoom,
            Entry::Vacant(entry) => entry.insert(Logged::default()).set(label, secret),
        }
        self.changed(known)
    }

    /// Adds the premaster secret of the session that begins with `random`.
    pub fn add_premaster_of_random(&mut self, random: ClientRandom, secret: Secret) -> Added {
        let known = self.premaster_by_random(&random);
        let known = known.map(|known| known.bytes() == secret.bytes());
        let has_room = !self.is_full();
        match put(&mut self.premasters, random, secret, known, has_room) {
            Some(added) => added,
            None => self.changed(known),
        }
    }

    /// Adds the premaster secret that is encrypted to something beginning with `encrypted`.
    pub fn add_premaster_of_encrypted(
        &mut self,
        encrypted: EncryptedPrefix,
        secret: Secret,
    ) -> Added {
        let known = self.premaster_by_encrypted(&encrypted);
        let known = known.map(|known| known.bytes() == secret.bytes());
        let has_room = !self.is_full();
        match put(&mut self.encrypted, encrypted, secret, known, has_room) {
            Some(added) => added,
            None => self.changed(known),
        }
    }

    /// Adds the master secret of the session to which the server gave this id.
    pub fn add_master_of_session(&mut self, id: &[u8], secret: Secret) -> Added {
        let known = self.master_by_session_id(id);
        let known = known.map(|known| known.bytes() == secret.bytes());
        let has_room = !self.is_full();
        match put(&mut self.resumable, id.to_vec(), secret, known, has_room) {
            Some(added) => added,
            None => self.changed(known),
        }
    }

    fn is_full(&self) -> bool {
        self.sessions() >= self.most
    }

    /// A secret was put in; `known` says whether there was one, which must have been another.
    fn changed(&mut self, known: Option<bool>) -> Added {
        self.revision += 1;
        if known.is_some() { Added::Replaced } else { Added::New }
    }
}

/// Puts a secret into a map in which each key has one; why it is not in it now, if so.
fn put<K: std::hash::Hash + Eq>(
    map: &mut HashMap<K, Secret, RandomState>,
    key: K,
    secret: Secret,
    known: Option<bool>,
    has_room: bool,
) -> Option<Added> {
    if known == Some(true) {
        return Some(Added::Known);
    }
    if !has_room && !map.contains_key(&key) {
        return Some(Added::NoRoom);
    }
    map.insert(key, secret);
    None
}

impl Logged {
    fn secret(&self, label: Label) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| *known == label).map(|(_, secret)| secret)
    }

    fn set(&mut self, label: Label, secret: Secret) {
        match self.0.iter_mut().find(|(known, _)| *known == label) {
            Some((_, place)) => *place = secret,
            None => {
                self.0.reserve_exact(1); // of most sessions there are one or four
                self.0.push((label, secret));
            }
        }
    }
}

/// Without the secrets, and without whose they are.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} sessions)", self.sessions())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn random(first: u8) -> ClientRandom {
        let mut bytes = [0x5A; 32];
        bytes[0] = first;
        ClientRandom(bytes)
    }

    fn secret(byte: u8) -> Secret {
        Secret::new(vec![byte; 48])
    }

    fn first_byte(found: Option<&Secret>) -> Option<u8> {
        found.and_then(|secret| secret.bytes().first().copied())
    }

    #[test]
    fn a_secret_is_found_under_its_random_and_label_only() {
        let mut ring = Keyring::new(10);
        assert!(ring.is_empty() && !ring.knows(&random(1)));
        assert_eq!(ring.add(random(1), Label::ClientTraffic, secret(7)), Added::New);
        assert_eq!(first_byte(ring.secret(&random(1), Label::ClientTraffic)), Some(7));
        assert!(ring.secret(&random(1), Label::ServerTraffic).is_none());
        assert!(ring.secret(&random(2), Label::ClientTraffic).is_none());
        assert!(ring.knows(&random(1)) && !ring.knows(&random(2)) && !ring.is_empty());
    }

    #[test]
    fn the_later_of_two_secrets_counts_and_the_same_again_changes_nothing() {
        let mut ring = Keyring::new(10);
        ring.add(random(1), Label::MasterSecret, secret(1));
        let before = ring.revision();
        assert_eq!(ring.add(random(1), Label::MasterSecret, secret(1)), Added::Known);
        assert_eq!(ring.revision(), before);
        assert_eq!(ring.add(random(1), Label::MasterSecret, secret(2)), Added::Replaced);
        assert!(ring.revision() > before);
        assert_eq!(first_byte(ring.secret(&random(1), Label::MasterSecret)), Some(2));
    }

    #[test]
    fn a_ring_over_another_shares_its_keys_and_keeps_its_own_to_itself() {
        let mut base = Keyring::new(10);
        base.add(random(1), Label::MasterSecret, secret(1));
        base.add_premaster_of_encrypted([9; 8], secret(9));
        base.add_master_of_session(&[8; 32], secret(8));
        let base = Arc::new(base);
        let mut one = Keyring::over(base.clone());
        let other = Keyring::over(base.clone());
        assert_eq!(one.add(random(1), Label::MasterSecret, secret(1)), Added::Known);
        assert_eq!(one.add(random(1), Label::MasterSecret, secret(3)), Added::Replaced);
        one.add_premaster_of_random(random(4), secret(4));
        assert_eq!(first_byte(one.secret(&random(1), Label::MasterSecret)), Some(3));
        assert_eq!(first_byte(other.secret(&random(1), Label::MasterSecret)), Some(1));
        assert_eq!(first_byte(one.premaster_by_encrypted(&[9; 8])), Some(9));
        assert_eq!(first_byte(one.master_by_session_id(&[8; 32])), Some(8));
        assert!(one.master_by_session_id(&[8; 31]).is_none());
        assert_eq!(first_byte(one.premaster_by_random(&random(4))), Some(4));
        assert!(one.knows(&random(4)) && !other.knows(&random(4)) && other.knows(&random(1)));
    }

    #[test]
    fn a_full_ring_takes_more_of_the_sessions_that_it_knows_and_no_others() {
        let mut ring = Keyring::new(2);
        ring.add(random(1), Label::ClientTraffic, secret(1));
        ring.add_premaster_of_random(random(2), secret(2));
        assert_eq!(ring.add(random(3), Label::ClientTraffic, secret(3)), Added::NoRoom);
        assert_eq!(ring.add_premaster_of_encrypted([3; 8], secret(3)), Added::NoRoom);
        assert_eq!(ring.add(random(1), Label::ServerTraffic, secret(4)), Added::New);
        assert_eq!(ring.add_premaster_of_random(random(2), secret(5)), Added::Replaced);
        let mut over = Keyring::over(Arc::new(ring));
        assert_eq!(over.add(random(3), Label::ClientTraffic, secret(3)), Added::NoRoom);
        assert_eq!(over.sessions(), 2);
    }

    #[test]
    fn a_ring_is_shown_without_its_secrets() {
        let mut ring = Keyring::new(2);
        ring.add(random(0xAB), Label::ClientTraffic, secret(0xCD));
        assert_eq!(format!("{ring:?}"), "Keyring(1 sessions)");
    }
}
