//! Laws of all modes: what was sealed opens, and nothing else does.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

mod openssl;

use proptest::prelude::*;

use super::seal::Sealer;
use super::*;
use crate::endpoint::{PerSide, Side};
use crate::tls::suite::{self, Cipher, MacOrder, SUITES, Suite};
use crate::tls::{ClientRandom, ContentType, HEADER_LEN, RecordHeader, Secret, Version, hex};

const DATA: ContentType = ContentType::APPLICATION_DATA;

/// A suite, in one of its versions, with one of its MAC orders.
#[derive(Clone, Copy, Debug)]
struct Kind {
    suite: &'static Suite,
    version: Version,
    order: MacOrder,
}

/// Every suite in every way that its records may be protected.
fn kinds() -> Vec<Kind> {
    let versions = [Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2];
    let mut kinds = Vec::new();
    for suite in SUITES {
        if suite.since == Version::TLS_1_3 {
            let (version, order) = (Version::TLS_1_3, MacOrder::MacThenEncrypt);
            kinds.push(Kind { suite, version, order });
            continue;
        }
        for version in versions.into_iter().filter(|version| *version >= suite.since) {
            kinds.push(Kind { suite, version, order: MacOrder::MacThenEncrypt });
            if matches!(suite.cipher, Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_)) {
                kinds.push(Kind { suite, version, order: MacOrder::EncryptThenMac });
            }
        }
    }
    kinds
}

impl Kind {
    fn of(id: u16, version: Version, order: MacOrder) -> Kind {
        Kind { suite: suite::find(id).expect("it is in the table"), version, order }
    }

    /// Both ends of both directions, under secrets that `seed` gives.
    fn pair(&self, seed: u8) -> (PerSide<Sealer>, PerSide<Protection>) {
        if self.version == Version::TLS_1_3 {
            let secret = |side| {
                let first = if side == Side::Client { seed } else { !seed };
                Secret::new(vec![first; self.suite.hash.len()])
            };
            let sealers =
                PerSide::from_fn(|side| Sealer::of_traffic_secret(self.suite, &secret(side)));
            let readers = PerSide::from_fn(|side| {
                Protection::of_traffic_secret(self.suite, &secret(side)).expect("it fits")
            });
            return (sealers, readers);
        }
        let (master, client, server) =
            (Secret::new(vec![seed; 48]), ClientRandom([1; 32]), [2; 32]);
        let (version, suite, order) = (self.version, self.suite, self.order);
        let readers =
            Protection::of_master_secret(version, suite, &master, &client, &server, order);
        let sealers = Sealer::of_master_secret(version, suite, &master, &client, &server, order);
        (sealers, readers.expect("the version has the suite"))
    }
}

/// Header and fragment of a whole record.
fn split(record: &[u8]) -> (RecordHeader, &[u8]) {
    let (header, fragment) = record.split_first_chunk::<HEADER_LEN>().expect("a whole record");
    (RecordHeader::parse(header), fragment)
}

fn open(
    reader: &mut Protection,
    sequence: u64,
    record: &[u8],
) -> Result<(ContentType, Vec<u8>), Refused> {
    let (header, fragment) = split(record);
    // What is in it from before is of no matter.
    let mut out = vec![0xEE; 40];
    let opened = reader.open(sequence, header, fragment, &mut out);
    assert!(opened.is_ok() || out.is_empty(), "what is refused gives no bytes");
    opened.map(|content_type| (content_type, out))
}

#[test]
fn what_was_sealed_opens_under_every_suite_and_version() {
    for kind in kinds() {
        let (mut sealers, mut readers) = kind.pair(7);
        for side in [Side::Client, Side::Server] {
            let contents = [b"".as_slice(), b"\x88\x02\x03\xe8", &[0; 300]];
            for (sequence, content) in (0..).zip(contents) {
                let record = sealers[side].seal(DATA, content);
                let (header, fragment) = split(&record);
                assert_eq!(usize::from(header.len), fragment.len());
                let len = kind.suite.sealed_len(kind.version, kind.order, content.len());
                assert_eq!(fragment.len(), len, "{kind:?}");
                let opened = open(&mut readers[side], sequence, &record);
                assert_eq!(opened, Ok((DATA, content.to_vec())), "{kind:?}");
            }
        }
    }
}

#[test]
fn the_keys_of_the_other_side_or_another_session_open_nothing() {
    for kind in kinds() {
        let (mut sealers, mut readers) = kind.pair(7);
        let record = sealers.client.seal(DATA, b"hello");
        let refused = |opened: Result<_, Refused>| {
            assert!(matches!(opened, Err(Refused::Tag | Refused::Padding)), "{kind:?} {opened:?}");
        };
        refused(open(&mut readers.server, 0, &record));
        refused(open(&mut kind.pair(8).1.client, 0, &record));
        refused(open(&mut readers.client, 1, &record));
        assert!(open(&mut readers.client, 0, &record).is_ok(), "a refusal changes nothing");
    }
}

#[test]
fn a_key_update_changes_the_keys_and_begins_to_count_again() {
    for suite in SUITES.iter().filter(|suite| suite.since == Version::TLS_1_3) {
        let kind = Kind::of(suite.id, Version::TLS_1_3, MacOrder::MacThenEncrypt);
        let (sealers, mut readers) = kind.pair(7);
        let mut updated = sealers.client.updated();
        let record = updated.seal(DATA, b"hello");
        assert_eq!(open(&mut readers.client, 0, &record), Err(Refused::Tag));
        let mut next = readers.client.updated().expect("TLS 1.3 has key updates");
        assert_eq!(open(&mut next, 0, &record), Ok((DATA, b"hello".to_vec())));
    }
    let (_, readers) = Kind::of(0xC02F, Version::TLS_1_2, MacOrder::default()).pair(7);
    assert!(readers.client.updated().is_none());
}

/// RFC 8446 §5.4: a sender that leaves out the type must be refused.
#[test]
fn zeros_alone_inside_a_record_of_tls_1_3_are_refused() {
    let (mut sealers, mut readers) =
        Kind::of(0x1301, Version::TLS_1_3, MacOrder::default()).pair(7);
    let record = sealers.client.seal_padded(ContentType(0), &[0; 9], 9);
    assert_eq!(open(&mut readers.client, 0, &record), Err(Refused::NoContentType));
}

#[test]
fn before_tls_1_1_a_lost_record_costs_the_next_one_too_and_no_more() {
    for order in [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac] {
        let (mut sealers, mut readers) = Kind::of(0x002F, Version::TLS_1_0, order).pair(7);
        let records: Vec<_> = (0..4).map(|_| sealers.client.seal(DATA, b"hello")).collect();
        let reader = &mut readers.client;
        assert!(open(reader, 0, &records[0]).is_ok());
        // Record 1 is lost.
        reader.forget();
        assert_eq!(open(reader, 2, &records[2]), Err(Refused::NoIv));
        reader.pass(split(&records[2]).1);
        // A MAC of the ciphertext does not cover the IV, so that must be authentic itself.
        let is_ok = open(reader, 3, &records[3]).is_ok();
        assert_eq!(is_ok, order == MacOrder::MacThenEncrypt, "{order:?}");
    }
}

#[test]
fn a_record_that_was_passed_over_costs_no_other() {
    for kind in kinds() {
        let (mut sealers, mut readers) = kind.pair(7);
        let passed = sealers.client.seal(DATA, b"hello");
        let opened = sealers.client.seal(DATA, b"again");
        readers.client.pass(split(&passed).1);
        let is_chained = kind.version == Version::TLS_1_0;
        let expected = match (is_chained, kind.order) {
            (true, MacOrder::EncryptThenMac) => Err(Refused::NoIv),
            _ => Ok((DATA, b"again".to_vec())),
        };
        assert_eq!(open(&mut readers.client, 1, &opened), expected, "{kind:?}");
    }
}

/// The splitting of records against BEAST: one byte, or none, and then the rest.
#[test]
fn records_split_against_beast_open() {
    let (mut sealers, mut readers) =
        Kind::of(0x0035, Version::TLS_1_0, MacOrder::MacThenEncrypt).pair(7);
    for (sequence, part) in (0..).zip(["", "GET /", "G", "ET /"]) {
        let record = sealers.client.seal(DATA, part.as_bytes());
        let opened = open(&mut readers.client, sequence, &record);
        assert_eq!(opened, Ok((DATA, part.as_bytes().to_vec())));
    }
}

#[test]
fn what_is_shorter_than_any_record_is_refused() {
    for kind in kinds() {
        let (_, mut readers) = kind.pair(7);
        // The least there may be: an empty content.
        let least = kind.suite.sealed_len(kind.version, kind.order, 0);
        for len in 0..least {
            let fragment = vec![0; len];
            let len = u16::try_from(len).expect("short");
            let header = RecordHeader { content_type: DATA, version: Version::TLS_1_2, len };
            let opened = readers.client.open(0, header, &fragment, &mut Vec::new());
            assert!(opened.is_err(), "{kind:?} {len}");
        }
    }
}

/// RFC 8448 §3, "Simple 1-RTT Handshake": the client's Finished, and what it sends after.
#[test]
fn the_records_of_rfc_8448_open() {
    let suite = suite::find(0x1301).expect("TLS_AES_128_GCM_SHA256");
    let reader = |secret| Protection::of_traffic_secret(suite, &Secret::new(hex(secret)));

    let secret = "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21";
    let finished = "1703030035 75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338
                    ac98fc46deb384bd1caeacab6867d726c40546";
    let (content_type, content) =
        open(&mut reader(secret).expect("it fits"), 0, &hex(finished)).expect("it opens");
    assert_eq!(content_type, ContentType::HANDSHAKE);
    // Finished, 32 bytes.
    assert_eq!(content.get(..8), Some(hex("14000020 a8ec436d").as_slice()));

    let secret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
    let mut client = reader(secret).expect("it fits");
    let data = "1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395b
                d54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
    let counting: Vec<u8> = (0..50).collect();
    assert_eq!(open(&mut client, 0, &hex(data)), Ok((DATA, counting)));
    let alert = "1703030013 c9872760655666b74d7ff1153efd6db6d0b0e3";
    assert_eq!(open(&mut client, 1, &hex(alert)), Ok((ContentType::ALERT, vec![1, 0])));
}

fn kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(kinds())
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        kind in kind(),
        sequence in any::<u64>(),
        content_type in 20u8..25,
        content in proptest::collection::vec(any::<u8>(), 0..2_000),
        padding in 0usize..40,
    ) {
        let (mut sealers, mut readers) = kind.pair(7);
        sealers.server.sequence = sequence.min(u64::MAX - 1);
        let sequence = sealers.server.sequence;
        let record = sealers.server.seal_padded(ContentType(content_type), &content, padding);
        let opened = open(&mut readers.server, sequence, &record);
        prop_assert_eq!(opened, Ok((ContentType(content_type), content)));
    }

    /// With CBC in its old order no bit of the padding is covered by the MAC, but each of them is
    /// checked; the type, the version and the length of the header are covered everywhere.
    #[test]
    fn a_changed_bit_is_refused(
        kind in kind(),
        content in proptest::collection::vec(any::<u8>(), 0..100),
        padding in 0usize..3,
        bit in any::<prop::sample::Index>(),
    ) {
        let (mut sealers, mut readers) = kind.pair(7);
        let mut record = sealers.client.seal_padded(DATA, &content, padding);
        let bit = bit.index(record.len() * 8);
        record[bit / 8] ^= 1 << (bit % 8);
        let opened = open(&mut readers.client, 0, &record);
        let in_length = (24..40).contains(&bit);
        // Up to TLS 1.2 a length is not covered as such, but as that of what stands there; the
        // fragment is as long as it is.
        prop_assert!(opened.is_err() || (in_length && kind.version < Version::TLS_1_3));
    }

    #[test]
    fn a_cut_record_is_refused(
        kind in kind(),
        content in proptest::collection::vec(any::<u8>(), 0..100),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut sealers, mut readers) = kind.pair(7);
        let record = sealers.client.seal(DATA, &content);
        let len = HEADER_LEN + cut.index(record.len() - HEADER_LEN);
        prop_assert!(open(&mut readers.client, 0, &record[..len]).is_err());
    }

    #[test]
    fn random_bytes_are_refused(
        kind in kind(),
        sequence in any::<u64>(),
        header in any::<[u8; HEADER_LEN]>(),
        fragment in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let (_, mut readers) = kind.pair(7);
        let record = [header.as_slice(), &fragment].concat();
        prop_assert!(open(&mut readers.client, sequence, &record).is_err());
        readers.client.pass(&fragment);
        prop_assert!(open(&mut readers.client, sequence, &record).is_err());
    }
}
