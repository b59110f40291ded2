//! The pseudorandom functions up to TLS 1.2 (RFC 5246 §5, RFC 4346 §5).
//!
//! In: a secret, a label, seeds. Out: as many bytes as are asked for.

use hmac::Hmac;
use hmac::digest::block_api::EagerHash;
use hmac::digest::{FixedOutput, KeyInit, Update};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};
use zeroize::Zeroize;

use crate::tls::Version;
use crate::tls::suite::Hash;

/// Fills `out` from `secret`, by the function of this version and, in TLS 1.2, of the suite's hash.
pub(super) fn prf(
    version: Version,
    hash: Hash,
    secret: &[u8],
    label: &str,
    seeds: [&[u8]; 2],
    out: &mut [u8],
) {
    out.fill(0);
    let seeds = [label.as_bytes(), seeds[0], seeds[1]];
    if version < Version::TLS_1_2 {
        // RFC 4346 §5: the halves of the secret share the middle byte if its length is odd.
        let half = secret.len().div_ceil(2);
        let (first, _) = secret.split_at_checked(half).unwrap_or_default();
        let (_, second) = secret.split_at_checked(secret.len() - half).unwrap_or_default();
        add::<Md5>(first, &seeds, out);
        add::<Sha1>(second, &seeds, out);
    } else {
        match hash {
            Hash::Sha256 => add::<Sha256>(secret, &seeds, out),
            Hash::Sha384 => add::<Sha384>(secret, &seeds, out),
        }
    }
}

/// Adds `P_hash` (RFC 5246 §5) to `out`, bit by bit.
fn add<D: EagerHash>(secret: &[u8], seeds: &[&[u8]], out: &mut [u8]) {
    let keyed = Hmac::<D>::new_from_slice(secret).expect("HMAC takes keys of any length");
    let hmac = |parts: &[&[u8]]| {
        let mut mac = keyed.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize_fixed()
    };
    let mut link = hmac(seeds);
    for chunk in out.chunks_mut(link.len()) {
        let mut mac = keyed.clone();
        mac.update(&link);
        seeds.iter().for_each(|seed| mac.update(seed));
        let mut block = mac.finalize_fixed();
        chunk.iter_mut().zip(&block).for_each(|(to, from)| *to ^= from);
        block.zeroize();
        link = hmac(&[&link]);
    }
    link.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::hex;

    /// The vectors that were posted to the IETF's TLS list when TLS 1.2 was made ("TLS 1.2 PRF test
    /// vectors"): the secret, the seed, the first bytes of the output for the label `test label`.
    fn check(version: Version, hash: Hash, secret: &str, seed: &str, expected: &str) {
        let (secret, seed, expected) = (hex(secret), hex(seed), hex(expected));
        let mut out = vec![0xAA; expected.len()];
        prf(version, hash, &secret, "test label", [&seed, &[]], &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn sha_256_gives_the_published_bytes() {
        check(
            Version::TLS_1_2,
            Hash::Sha256,
            "9bbe436ba940f017b17652849a71db35",
            "a0ba9f936cda311827a6f796ffd5198c",
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9
             c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789ba
             a48082d122ee42c5a72e5a5110fff70187347b66",
        );
    }

    #[test]
    fn sha_384_gives_the_published_bytes() {
        check(
            Version::TLS_1_2,
            Hash::Sha384,
            "b80b733d6ceefcdc71566ea48e5567df",
            "cd665cf6a8447dd6ff8b27555edb7465",
            "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe3
             4f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3
             d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236
             a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f",
        );
    }

    #[test]
    fn a_secret_of_odd_length_shares_its_middle_byte() {
        // MD5 gets the first two bytes and SHA-1 the last two: what is between is in both.
        let with = |secret: &[u8]| {
            let mut out = [0; 20];
            prf(Version::TLS_1_0, Hash::Sha256, secret, "x", [b"", b""], &mut out);
            out
        };
        let half = |secret: &[u8], md5: bool| {
            let mut out = [0; 20];
            match md5 {
                true => add::<Md5>(secret, &[b"x"], &mut out),
                false => add::<Sha1>(secret, &[b"x"], &mut out),
            }
            out
        };
        let (md5, sha1) = (half(b"ab", true), half(b"bc", false));
        let both: Vec<u8> = md5.iter().zip(&sha1).map(|(one, other)| one ^ other).collect();
        assert_eq!(with(b"abc").as_slice(), both);
    }
}
