//! The key block up to TLS 1.2 (RFC 5246 §6.3, RFC 4346 §6.3), and the master secret before it.
//!
//! In: a master secret, or a premaster secret, and both randoms. Out: the keys of both directions.

use zeroize::Zeroizing;

use super::Keys;
use super::prf::prf;
use crate::endpoint::PerSide;
use crate::tls::suite::{BLOCK, Cipher, Suite};
use crate::tls::{ClientRandom, Secret, Version};

/// Bytes of a master secret (RFC 5246 §8.1).
const MASTER_SECRET: usize = 48;

/// The keys of both directions from the master secret; `None` if that has not 48 bytes, or the
/// version has no such suite.
pub(in crate::tls) fn expand(
    version: Version,
    suite: &Suite,
    master: &Secret,
    client_random: &ClientRandom,
    server_random: &[u8; 32],
) -> Option<PerSide<Keys>> {
    let is_of_version = (suite.since..Version::TLS_1_3).contains(&version);
    if master.len() != MASTER_SECRET || !is_of_version {
        return None;
    }
    let mac = suite.cipher.mac().map_or(0, |mac| mac.len());
    let (key, iv) = (suite.cipher.key_len(), iv_len(suite.cipher, version));
    let mut block = Zeroizing::new(vec![0; 2 * (mac + key + iv)]);
    // RFC 5246 §6.3: here the server's random comes first.
    let seeds = [server_random.as_slice(), client_random.0.as_slice()];
    prf(version, suite.hash, master.bytes(), "key expansion", seeds, &mut block);

    let mut rest = block.as_slice();
    let mut take = |len: usize| {
        let (taken, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        rest = behind;
        Zeroizing::new(taken.to_vec())
    };
    let mut pair = |len: usize| PerSide { client: take(len), server: take(len) };
    let (macs, keys, ivs) = (pair(mac), pair(key), pair(iv));
    Some(PerSide {
        client: Keys { mac: macs.client, key: keys.client, iv: ivs.client },
        server: Keys { mac: macs.server, key: keys.server, iv: ivs.server },
    })
}

/// Bytes of a direction's IV in the key block.
fn iv_len(cipher: Cipher, version: Version) -> usize {
    match cipher {
        // RFC 5288 §3, RFC 6655 §3: the salt; the rest of the nonce stands in the record.
        Cipher::Aes128Gcm
        | Cipher::Aes256Gcm
        | Cipher::Aes128Ccm
        | Cipher::Aes256Ccm
        | Cipher::Aes128Ccm8
        | Cipher::Aes256Ccm8 => 4,
        // RFC 7905 §2.
        Cipher::ChaCha20Poly1305 => 12,
        Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) if version <= Version::TLS_1_0 => BLOCK,
        // RFC 4346 §6.2.3.2: since TLS 1.1 it stands in the record.
        Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) | Cipher::Null(_) => 0,
    }
}

/// The master secret from the premaster secret (RFC 5246 §8.1). Not for sessions with the extension
/// `extended_master_secret`: theirs is made from the handshake's hash (RFC 7627 §4).
pub fn master_secret_from_premaster(
    version: Version,
    suite: &Suite,
    premaster: &Secret,
    client_random: &ClientRandom,
    server_random: &[u8; 32],
) -> Secret {
    let mut master = vec![0; MASTER_SECRET];
    let seeds = [client_random.0.as_slice(), server_random.as_slice()];
    prf(version, suite.hash, premaster.bytes(), "master secret", seeds, &mut master);
    Secret::new(master)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::suite::{self, SUITES};

    fn expanded(suite: &Suite, version: Version, master: usize) -> Option<PerSide<Keys>> {
        let master = Secret::new(vec![7; master]);
        expand(version, suite, &master, &ClientRandom([1; 32]), &[2; 32])
    }

    #[test]
    fn each_part_has_the_length_that_its_suite_asks_for() {
        for suite in SUITES.iter().filter(|suite| suite.since < Version::TLS_1_3) {
            let keys = expanded(suite, Version::TLS_1_2, 48).expect("it is of TLS 1.2");
            let lens = |keys: &Keys| (keys.mac.len(), keys.key.len(), keys.iv.len());
            assert_eq!(lens(&keys.client), lens(&keys.server), "{}", suite.name);
            let (mac, key, iv) = lens(&keys.client);
            assert_eq!(key, suite.cipher.key_len(), "{}", suite.name);
            match suite.cipher.mac() {
                Some(kind) => assert_eq!((mac, iv), (kind.len(), 0), "{}", suite.name),
                None => assert_eq!((mac, iv == 4 || iv == 12), (0, true), "{}", suite.name),
            }
            assert!(key == 0 || keys.client.key != keys.server.key, "{}", suite.name);
        }
    }

    #[test]
    fn the_first_iv_of_tls_1_0_comes_from_the_key_block() {
        let suite = suite::find(0x002F).expect("TLS_RSA_WITH_AES_128_CBC_SHA");
        let iv = |version| expanded(suite, version, 48).map(|keys| keys.client.iv.len());
        assert_eq!(iv(Version::TLS_1_0), Some(16));
        assert_eq!(iv(Version::TLS_1_1), Some(0));
    }

    #[test]
    fn what_the_version_does_not_have_gives_no_keys() {
        let gcm = suite::find(0xC02F).expect("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert!(expanded(gcm, Version::TLS_1_1, 48).is_none());
        assert!(expanded(gcm, Version::TLS_1_3, 48).is_none());
        assert!(expanded(gcm, Version::TLS_1_2, 47).is_none());
        let cbc = suite::find(0x002F).expect("TLS_RSA_WITH_AES_128_CBC_SHA");
        assert!(expanded(cbc, Version::SSL_3_0, 48).is_none());
    }
}
