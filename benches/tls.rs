//! Opening TLS records, as a ratio to the bare cipher on the same bytes.
//!
//! Both open the same records in turns, so that whatever else the machine does slows both alike; the
//! median of the turns' ratios is printed. Bytes in a second count the content. The bare cipher has
//! its key and its nonces at hand and does nothing but decrypt and authenticate, from one buffer to
//! another; with CBC that is the decryption and the MAC.

#[path = "../tests/common/seal.rs"]
mod seal;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyIvInit};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadCore, AeadInOut, KeyInit};
use hmac::{Hmac, Mac};
use seal::{Record, Sealer, header};
use sha1::Sha1;
use sha2::digest::block_api::EagerHash;
use sha2::{Sha256, Sha384};
use wsblame::tls::protection::Protection;
use wsblame::tls::suite::{self, MacOrder};
use wsblame::tls::{ClientRandom, ContentType, HEADER_LEN, Secret, Version};

/// Opens records with nothing but the cipher, into a buffer, and says how many bytes of content
/// they had.
type Bare = dyn Fn(&[Record], &mut Vec<u8>) -> usize;

/// Records of one size under one cipher, in the order of their sequence numbers.
struct Talk {
    name: String,
    protection: Protection,
    records: Vec<Record>,
    bare: Box<Bare>,
    content_len: usize,
    /// Bytes of content in all.
    total: usize,
}

/// Records of TLS 1.3 under an AEAD of this crate.
fn aead<C, D>(id: u16, content_len: usize, count: usize) -> Talk
where
    C: AeadInOut + AeadCore<NonceSize = U12> + KeyInit + 'static,
    D: EagerHash,
{
    let suite = suite::find(id).expect("it is in the table");
    let secret = vec![7; suite.hash.len()];
    let sealer = Sealer::<C>::of_traffic_secret::<D>(&secret);
    let records = (0..count as u64).map(|sequence| {
        let content = content(content_len, sequence);
        sealer.seal(sequence, ContentType::APPLICATION_DATA, &content)
    });
    let records = records.collect();
    let bare = Box::new(move |records: &[Record], out: &mut Vec<u8>| {
        records.iter().map(|record| sealer.open(record, out)).sum()
    });
    Talk {
        name: suite.name.to_owned(),
        protection: Protection::of_traffic_secret(suite, &Secret::new(secret)).expect("it fits"),
        records,
        bare,
        content_len,
        total: content_len * count,
    }
}

/// `P_SHA256` (RFC 5246 §5).
fn p_sha256(secret: &[u8], seed: &[u8], out: &mut [u8]) {
    let hmac = |parts: &[&[u8]]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let mut link = hmac(&[seed]);
    for chunk in out.chunks_mut(32) {
        let block = hmac(&[&link, seed]);
        chunk.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        link = hmac(&[&link]);
    }
}

/// Records of TLS 1.2 under AES-128-CBC with HMAC-SHA-1.
fn cbc(content_len: usize, count: usize) -> Talk {
    const MAC: usize = 20;
    let suite = suite::find(0xC013).expect("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    let (master, client, server) = ([7; 48], [1; 32], [2; 32]);
    let mut block = [0; 2 * (MAC + 16)];
    p_sha256(&master, &[b"key expansion".as_slice(), &server, &client].concat(), &mut block);
    // RFC 5246 §6.3: the MAC keys of client and server, then their keys.
    let (mac, rest) = block.split_first_chunk::<MAC>().expect("long enough");
    let key = *rest.get(MAC..).and_then(|keys| keys.first_chunk::<16>()).expect("long enough");
    let mac = Hmac::<Sha1>::new_from_slice(mac).expect("any length");
    let records = (0..count as u64).map(|sequence| {
        let mut plain = content(content_len, sequence);
        let to_be_authenticated = header(content_len).to_bytes();
        let additional = [sequence.to_be_bytes().as_slice(), &to_be_authenticated].concat();
        let tag = mac.clone().chain_update(&additional).chain_update(&plain).finalize();
        plain.extend_from_slice(&tag.into_bytes());
        let padding = 16 - plain.len() % 16;
        plain.resize(plain.len() + padding, u8::try_from(padding - 1).expect("at most 16"));
        let iv = [0xA5; 16];
        let (blocks, _) = Array::slice_as_chunks_mut(&mut plain);
        ::cbc::Encryptor::<aes::Aes128>::new(&key.into(), &iv.into()).encrypt_blocks(blocks);
        let fragment = [iv.as_slice(), &plain].concat();
        Record { header: header(fragment.len()), fragment, nonce: [0; 12], additional }
    });
    let records = records.collect();
    let cipher = aes::Aes128Dec::new(&key.into());
    let bare = Box::new(move |records: &[Record], out: &mut Vec<u8>| {
        let mut opened = 0;
        for record in records {
            let (iv, sealed) = record.fragment.split_first_chunk::<16>().expect("it has an IV");
            out.resize(sealed.len(), 0);
            let (from, _) = Array::slice_as_chunks(sealed);
            let (to, _) = Array::slice_as_chunks_mut(out);
            let decryptor = ::cbc::Decryptor::inner_iv_init(&cipher, iv.into());
            { decryptor }.decrypt_blocks_b2b(from, to).expect("of one length");
            let plain = out.get(..content_len + MAC).expect("long enough");
            let (content, tag) = plain.split_at(content_len);
            let mac = mac.clone().chain_update(&record.additional).chain_update(content);
            mac.verify_slice(tag).expect("it authenticates");
            opened += black_box(content).len();
        }
        opened
    });
    let (version, master) = (Version::TLS_1_2, Secret::new(master.to_vec()));
    let (client, order) = (ClientRandom(client), MacOrder::MacThenEncrypt);
    let pair = Protection::of_master_secret(version, suite, &master, &client, &server, order);
    Talk {
        name: suite.name.to_owned(),
        protection: pair.expect("the version has the suite").client,
        records,
        bare,
        content_len,
        total: content_len * count,
    }
}

/// Bytes that do not repeat from record to record.
fn content(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
        state.to_be_bytes().first().copied().unwrap_or_default()
    };
    (0..len).map(|_| next()).collect()
}

impl Talk {
    fn ours(&mut self, out: &mut Vec<u8>) -> usize {
        let mut opened = 0;
        for (sequence, record) in (0..).zip(&self.records) {
            let (header, fragment) = (record.header, record.fragment.as_slice());
            self.protection.open(sequence, header, fragment, out).expect("it authenticates");
            opened += black_box(&*out).len();
        }
        opened
    }
}

fn time(expected: usize, work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    assert_eq!(work(), expected);
    start.elapsed()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn main() {
    // `cargo bench -- --test` is to try it only.
    let quick = std::env::args().any(|argument| argument == "--test");
    let (total, turns) = if quick { (1 << 16, 1) } else { (2 << 20, 31) };
    println!("| suite | bytes of content | bare, MB/s | `Protection::open`, ratio |");
    println!("|---|---:|---:|---:|");
    for len in [16 << 10, 1_400, 100] {
        let count = total / (len + HEADER_LEN);
        let talks = [
            aead::<aes_gcm::Aes128Gcm, Sha256>(0x1301, len, count),
            aead::<aes_gcm::Aes256Gcm, Sha384>(0x1302, len, count),
            aead::<chacha20poly1305::ChaCha20Poly1305, Sha256>(0x1303, len, count),
            cbc(len, count),
        ];
        for mut talk in talks {
            let (mut speed, mut ratio, mut out) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..turns {
                let bare = time(talk.total, || (talk.bare)(&talk.records, &mut out)).as_secs_f64();
                let ours = time(talk.total, || talk.ours(&mut out)).as_secs_f64();
                ratio.push(bare / ours);
                speed.push(f64::from(u32::try_from(talk.total).unwrap_or(u32::MAX)) / bare / 1e6);
            }
            let (speed, ratio) = (median(speed), median(ratio));
            println!("| {} | {} | {speed:.0} | {ratio:.2} |", talk.name, talk.content_len);
        }
    }
}
