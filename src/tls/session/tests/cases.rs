//! Conversations of each kind, one by one.

use super::listener::{Heard, at};
use super::talk::{Act, Client, EarlyData, Opening, RANDOM, SESSION_ID, Server, Talk};
use crate::tls::facts::{self, Keys};
use crate::tls::suite::MacOrder;
use crate::tls::{Keyring, Label, Secret, Version};

const AES_128_GCM_1_3: u16 = 0x1301;
const ECDHE_RSA_AES_128_GCM: u16 = 0xC02F;
const RSA_AES_128_CBC_SHA: u16 = 0x002F;

fn exchange() -> Vec<Act> {
    vec![
        Act::Data(Client, 200),
        Act::Data(Server, 180),
        Act::Data(Server, 3),
        Act::Data(Client, 8),
        Act::Data(Client, 0),
        Act::Data(Client, 16_000),
        Act::Data(Server, 4),
        Act::CloseNotify(Server),
        Act::CloseNotify(Client),
    ]
}

fn gcm_1_2() -> Talk {
    let order = MacOrder::MacThenEncrypt;
    Talk::before(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM, order, &exchange())
}

#[track_caller]
fn is_all_there(talk: &Talk, heard: &Heard) {
    for side in [Client, Server] {
        assert_eq!(heard.data(side), talk.data(side), "{side}");
        assert_eq!(heard.holes(side), [], "{side}");
    }
}

#[test]
fn every_suite_of_tls_1_3_is_read() {
    for suite in 0x1301..=0x1305 {
        let talk = Talk::tls_1_3(Opening::of(suite), &exchange());
        let heard = Heard::in_order(&talk, &talk.keys);
        is_all_there(&talk, &heard);
        let facts = heard.session.facts();
        assert_eq!((facts.version, facts.suite), (Some(Version::TLS_1_3), Some(suite)));
        assert_eq!((facts.keys, facts.established), (Keys::Found, true));
        assert_eq!(facts.server_name.as_deref(), Some("example.org"));
        assert_eq!(facts.chosen.as_deref(), Some("http/1.1"));
    }
}

#[test]
fn every_mode_and_version_before_is_read() {
    use MacOrder::{EncryptThenMac, MacThenEncrypt};
    let (v1_0, v1_1, v1_2) = (Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2);
    let gcm_ccm_chacha = [(v1_2, 0xC02F), (v1_2, 0xC030), (v1_2, 0xC09C), (v1_2, 0xCCA8)];
    let cbc = [(v1_0, 0x002F), (v1_1, 0x0035), (v1_2, 0x003C), (v1_2, 0xC028), (v1_2, 0x0002)];
    for (version, suite) in gcm_ccm_chacha.into_iter().chain(cbc) {
        for order in [MacThenEncrypt, EncryptThenMac] {
            let talk = Talk::before(version, suite, order, &exchange());
            let heard = Heard::in_order(&talk, &talk.keys);
            is_all_there(&talk, &heard);
            assert!(heard.session.facts().established, "{suite:#06x}");
        }
    }
}

#[test]
fn an_alert_has_its_packet_and_its_place_in_the_plaintext() {
    for talk in [gcm_1_2(), Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange())] {
        let heard = Heard::in_order(&talk, &talk.keys);
        let ending = heard.session.facts().sides[Server].ending.as_deref().unwrap();
        assert!(ending.alert.unwrap().is_close_notify());
        assert_eq!(ending.plain_offset, 180 + 3 + 4);
        assert_eq!(ending.at, at(ending.range.end - 1));
    }
}

#[test]
fn keys_are_updated_in_both_directions() {
    let acts = [
        Act::Data(Client, 10),
        Act::KeyUpdate(Client),
        Act::KeyUpdate(Server),
        Act::Ticket,
        Act::Data(Server, 20),
        Act::KeyUpdate(Client),
        Act::Padded(Client, 30, 400),
    ];
    let talk = Talk::tls_1_3(Opening::of(0x1303), &acts);
    let heard = Heard::in_order(&talk, &talk.keys);
    is_all_there(&talk, &heard);
    let updates = |side| heard.session.facts().sides[side].key_updates;
    assert_eq!((updates(Client), updates(Server)), (2, 1));
}

#[test]
fn early_data_counts_where_it_was_accepted() {
    for (early_data, retry, expected) in [
        (EarlyData::Accepted, false, facts::EarlyData::Accepted),
        (EarlyData::Rejected, false, facts::EarlyData::Rejected),
        (EarlyData::Rejected, true, facts::EarlyData::Rejected),
    ] {
        let opening = Opening { suite: AES_128_GCM_1_3, early_data, retry };
        let talk = Talk::tls_1_3(opening, &exchange());
        let heard = Heard::in_order(&talk, &talk.keys);
        is_all_there(&talk, &heard);
        assert_eq!(heard.session.facts().early_data, Some(expected));
    }
}

#[test]
fn rejected_early_data_is_no_hole_even_without_its_secret() {
    for retry in [false, true] {
        let opening = Opening { suite: AES_128_GCM_1_3, early_data: EarlyData::Rejected, retry };
        let talk = Talk::tls_1_3(opening, &exchange());
        let heard = Heard::in_order(&talk, &without(&talk, &[Label::ClientEarlyTraffic]));
        is_all_there(&talk, &heard);
    }
}

#[test]
fn accepted_early_data_without_its_secret_is_a_hole_of_unknown_length() {
    let opening = Opening { suite: AES_128_GCM_1_3, early_data: EarlyData::Accepted, retry: false };
    let talk = Talk::tls_1_3(opening, &exchange());
    let heard = Heard::in_order(&talk, &without(&talk, &[Label::ClientEarlyTraffic]));
    assert_eq!(heard.holes(Client), [None]);
    assert_eq!(heard.data(Client), talk.data(Client)[2..]);
    heard.is_true_to(&talk);
}

#[test]
fn what_the_server_said_of_early_data_may_be_lost() {
    // The records of the server up to its Finished.
    for early_data in [EarlyData::Accepted, EarlyData::Rejected] {
        let opening = Opening { suite: AES_128_GCM_1_3, early_data, retry: false };
        let talk = Talk::tls_1_3(opening, &exchange());
        let flight: Vec<usize> =
            (0..talk.lines.len()).filter(|at| talk.lines[*at].side == Server).take(3).collect();
        let heard = Heard::without(&talk, |at| at == flight[2]);
        is_all_there(&talk, &heard);
        let heard = Heard::without(&talk, |at| flight.contains(&at));
        heard.is_true_to(&talk);
        assert_eq!(heard.data(Client), talk.data(Client));
    }
}

#[test]
fn the_keys_of_the_handshake_are_not_needed() {
    let talk = Talk::tls_1_3(Opening::of(0x1302), &exchange());
    let handshake = [Label::ClientHandshakeTraffic, Label::ServerHandshakeTraffic];
    let heard = Heard::in_order(&talk, &without(&talk, &handshake));
    is_all_there(&talk, &heard);
    assert!(heard.session.facts().established);
}

#[test]
fn the_suite_is_found_when_the_server_hello_is_lost() {
    for suite in 0x1301..=0x1304 {
        let talk = Talk::tls_1_3(Opening::of(suite), &exchange());
        let hello = talk.lines.iter().position(|line| line.side == Server);
        let heard = Heard::without(&talk, |at| Some(at) == hello);
        is_all_there(&talk, &heard);
        assert_eq!(heard.session.facts().suite, Some(suite));
    }
}

#[test]
fn without_the_client_hello_there_are_no_keys() {
    let talk = Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange());
    let heard = Heard::without(&talk, |at| at < 2);
    heard.is_true_to(&talk);
    assert_eq!(heard.session.facts().keys, Keys::HelloLost);
    assert_eq!((heard.data(Client), heard.data(Server)), (vec![], vec![]));
}

#[test]
fn a_renegotiation_changes_the_keys() {
    let acts = [Act::Data(Client, 5), Act::Renegotiate, Act::Data(Client, 6), Act::Data(Server, 7)];
    for (version, suite) in [(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM), (Version::TLS_1_0, 0x2F)] {
        let talk = Talk::before(version, suite, MacOrder::MacThenEncrypt, &acts);
        is_all_there(&talk, &Heard::in_order(&talk, &talk.keys));
    }
}

#[test]
fn a_lost_record_of_an_aead_before_tls_1_3_is_as_long_as_its_header_says() {
    // The header is there, and the end of the body is not.
    let talk = gcm_1_2();
    let lost = talk.lines.iter().find(|line| line.data.len() == 16_000).unwrap().range;
    for (suite, plain) in [(ECDHE_RSA_AES_128_GCM, Some(16_000)), (RSA_AES_128_CBC_SHA, None)] {
        let talk = Talk::before(Version::TLS_1_2, suite, MacOrder::MacThenEncrypt, &exchange());
        let heard = Heard::cut_at(&talk, lost.start + 500, lost.start + 600);
        assert_eq!(heard.holes(Client), [plain]);
        heard.is_true_to(&talk);
        let ending = heard.session.facts().sides[Client].ending.as_ref();
        assert!(ending.is_some(), "what follows is read");
    }
}

#[test]
fn the_boundary_is_found_again_behind_a_lost_header() {
    let acts: Vec<Act> = (0..60).map(|at| Act::Data(Client, 10 + at * 7)).collect();
    let talks = [
        Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &acts),
        Talk::before(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM, MacOrder::MacThenEncrypt, &acts),
        Talk::before(Version::TLS_1_2, RSA_AES_128_CBC_SHA, MacOrder::EncryptThenMac, &acts),
    ];
    for talk in talks {
        let data = talk.data(Client);
        // From the middle of the fifth to the middle of the thirtieth.
        let heard = Heard::cut_at(&talk, data[5].0.start + 20, data[30].0.start + 9);
        heard.is_true_to(&talk);
        assert_eq!(heard.data(Client)[5..], data[31..]);
        assert_eq!(heard.session.facts().sides[Client].lost_at, None);
        assert_eq!(heard.session.facts().sides[Client].refused, 0);
    }
}

#[test]
fn before_tls_1_1_a_hole_costs_the_record_behind_it_too() {
    let acts: Vec<Act> = (0..20).map(|at| Act::Data(Client, 10 + at * 7)).collect();
    let talk = Talk::before(Version::TLS_1_0, RSA_AES_128_CBC_SHA, MacOrder::MacThenEncrypt, &acts);
    let data = talk.data(Client);
    let heard = Heard::cut_at(&talk, data[5].0.start + 20, data[9].0.start + 9);
    heard.is_true_to(&talk);
    assert_eq!(heard.data(Client)[5..], data[11..]);
    assert_eq!(heard.session.facts().sides[Client].refused, 0);
}

/// There the MAC does not cover the IV: a first block that nobody sent would pass.
#[test]
fn before_tls_1_1_with_encrypt_then_mac_nothing_is_read_behind_what_was_not_authentic() {
    let acts = [Act::Data(Client, 40), Act::Data(Client, 41), Act::Data(Client, 42)];
    let order = MacOrder::EncryptThenMac;
    let mut talk = Talk::before(Version::TLS_1_0, RSA_AES_128_CBC_SHA, order, &acts);
    let last = talk.lines.len() - 1;
    // The Finished, on whose last block the first data depends.
    let finished = talk.lines.iter().position(|line| line.data.len() == 40).unwrap() - 3;
    assert_eq!(talk.lines[finished].side, Client);
    let heard = Heard::without(&talk, |at| at == finished);
    heard.is_true_to(&talk);
    assert_eq!(heard.data(Client), []);
    // A block of the ciphertext of the record before the last.
    *talk.lines[last - 1].record.iter_mut().nth_back(25).unwrap() ^= 1;
    let heard = Heard::in_order(&talk, &talk.keys);
    heard.is_true_to(&talk);
    assert_eq!(heard.data(Client), talk.data(Client)[..1]);
}

#[test]
fn a_renegotiation_whose_hello_is_lost_costs_what_follows_and_nobody_is_accused() {
    let acts = [Act::Data(Client, 5), Act::Renegotiate, Act::Data(Client, 6), Act::Renegotiate];
    for (version, suite) in [(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM), (Version::TLS_1_0, 0x2F)] {
        for order in [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac] {
            let talk = Talk::before(version, suite, order, &acts);
            let data = talk.lines.iter().position(|line| !line.data.is_empty()).unwrap();
            let heard = Heard::without(&talk, |at| at == data + 1);
            heard.is_true_to(&talk);
            assert_eq!(heard.data(Client), talk.data(Client)[..1]);
            let facts = heard.session.facts();
            assert_eq!((facts.sides[Client].refused, facts.sides[Server].refused), (0, 0));
        }
    }
}

#[test]
fn a_hole_may_hide_the_change_of_keys() {
    let acts =
        [Act::Data(Client, 5), Act::KeyUpdate(Client), Act::Data(Client, 6), Act::Data(Client, 7)];
    let talk = Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &acts);
    let last = talk.lines.len() - 1;
    // Everything between the first and the last piece of data.
    let heard = Heard::without(&talk, |at| at == last - 2 || at == last - 1);
    heard.is_true_to(&talk);
    assert_eq!(heard.data(Client).len(), 2);
    assert_eq!(heard.session.facts().sides[Client].key_updates, 1);
    // The handshake, from the first flight of the server on.
    for talk in [talk, gcm_1_2()] {
        let first = talk.lines.iter().position(|line| !line.data.is_empty()).unwrap();
        let second = talk.lines.iter().position(|line| line.side == Server).unwrap();
        let heard = Heard::without(&talk, |at| at > second && at < first);
        heard.is_true_to(&talk);
        assert_eq!((heard.data(Client), heard.holes(Client)), (talk.data(Client), vec![]));
        assert_eq!(heard.data(Server), talk.data(Server));
    }
}

#[test]
fn a_damaged_record_is_refused_and_costs_no_other() {
    for talk in [gcm_1_2(), Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange())] {
        let mut talk = talk;
        let at = talk.lines.iter().position(|line| line.data.len() == 3).unwrap();
        *talk.lines[at].record.last_mut().unwrap() ^= 1;
        let heard = Heard::in_order(&talk, &talk.keys);
        heard.is_true_to(&talk);
        let facts = &heard.session.facts().sides[Server];
        assert_eq!(facts.refused, 1);
        let range = talk.lines[at].range;
        assert_eq!(facts.first_refused, Some((range, super::listener::at(range.end - 1))));
        assert_eq!(heard.data(Server).len(), 2);
    }
}

#[test]
fn under_other_keys_nothing_is_read() {
    for talk in [gcm_1_2(), Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange())] {
        let mut keys = Keyring::new(1);
        for label in LABELS {
            let len = if label == Label::MasterSecret { 48 } else { 32 };
            keys.add(RANDOM, label, Secret::new(vec![0x99; len]));
        }
        let heard = Heard::in_order(&talk, &keys);
        assert_eq!(heard.session.facts().keys, Keys::Wrong);
        assert_eq!((heard.data(Client), heard.data(Server)), (vec![], vec![]));
        heard.is_true_to(&talk);
    }
}

#[test]
fn without_keys_the_clear_part_is_known() {
    let nobody = Keyring::new(1);
    let talk = gcm_1_2();
    let heard = Heard::in_order(&talk, &nobody);
    let facts = heard.session.facts();
    assert_eq!((facts.keys, facts.established), (Keys::Missing, true));
    assert_eq!(facts.server_name.as_deref(), Some("example.org"));
    assert_eq!(facts.chosen.as_deref(), Some("http/1.1"));
    // RFC 5246 §6.2.1: the type of a record is not encrypted.
    assert_eq!(facts.sides[Client].alerts.len(), 1);
    assert_eq!(facts.sides[Client].alerts[0].alert, None);
    assert_eq!(heard.holes(Client), [Some(16_208)]);
    heard.is_true_to(&talk);
}

#[test]
fn a_master_secret_may_be_logged_by_the_session_id() {
    let talk = gcm_1_2();
    let mut keys = Keyring::new(1);
    keys.add_master_of_session(&SESSION_ID, Secret::new(vec![RANDOM.0[0]; 48]));
    let heard = Heard::in_order(&talk, &keys);
    is_all_there(&talk, &heard);
    assert_eq!(heard.session.facts().keys, Keys::Found);
}

#[test]
fn what_is_compressed_is_not_read_as_if_it_were_not() {
    let mut talk = gcm_1_2();
    let hello = talk.lines.iter_mut().find(|line| line.side == Server).unwrap();
    // The headers of record and message, version, random, session id, suite.
    let method = 5 + 4 + 2 + 32 + 1 + SESSION_ID.len() + 2;
    assert_eq!(hello.record[method], 0);
    hello.record[method] = 1; // DEFLATE, RFC 3749 §2
    let heard = Heard::in_order(&talk, &talk.keys);
    let facts = heard.session.facts();
    assert_eq!((facts.keys, facts.is_compressed), (Keys::Unsupported, true));
    for side in [Client, Server] {
        assert_eq!(heard.data(side), []);
        assert_eq!(heard.holes(side), [None], "how long it is, is not known");
    }
}

#[test]
fn keys_that_are_missing_are_not_a_hello_that_was_lost_because_of_a_renegotiation() {
    let order = MacOrder::MacThenEncrypt;
    let acts = [Act::Data(Client, 5), Act::Renegotiate, Act::Data(Server, 7)];
    let talk = Talk::before(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM, order, &acts);
    let heard = Heard::in_order(&talk, &Keyring::new(1));
    assert_eq!(heard.session.facts().keys, Keys::Missing);
    heard.is_true_to(&talk);
}

#[test]
fn keys_that_come_late_serve_what_waits() {
    for talk in [gcm_1_2(), Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange())] {
        for from in 0..talk.lines.len() {
            is_all_there(&talk, &Heard::with_keys_from(&talk, from, usize::MAX));
        }
    }
}

#[test]
fn who_knows_that_no_key_will_come_says_the_same_without_waiting() {
    let open = Keyring::new(8);
    let mut closed = open.clone();
    closed.close();
    for talk in [gcm_1_2(), Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &exchange())] {
        let waits = Heard::in_order(&talk, &open);
        let knows = Heard::in_order(&talk, &closed);
        assert_eq!(knows.opened, waits.opened);
        let said =
            |heard: &Heard| format!("{:?} {:?}", heard.session.facts(), heard.session.shape());
        assert_eq!(said(&knows), said(&waits));
    }
}

#[test]
fn keys_that_come_too_late_serve_what_follows() {
    let mut acts = vec![Act::Data(Client, 8); 60];
    acts.extend(vec![Act::Data(Server, 8); 60]);
    let talks = [
        (Talk::tls_1_3(Opening::of(AES_128_GCM_1_3), &acts), None),
        (
            Talk::before(Version::TLS_1_2, ECDHE_RSA_AES_128_GCM, MacOrder::MacThenEncrypt, &acts),
            Some(()),
        ),
    ];
    for (talk, is_exact) in talks {
        let late = talk.lines.len() - 5;
        let heard = Heard::with_keys_from(&talk, late, 6_000);
        heard.is_true_to(&talk);
        let (data, said) = (heard.data(Server), talk.data(Server));
        assert_eq!(data[data.len() - 5..], said[said.len() - 5..]);
        assert!(data.len() < said.len(), "some were over the limit");
        assert_eq!(heard.holes(Server)[0].map(|_| ()), is_exact);
    }
}

#[test]
fn the_sides_may_turn_out_the_other_way_round() {
    let talk = gcm_1_2();
    let heard = Heard::mistaken(&talk);
    is_all_there(&talk, &heard);
}

#[test]
fn bytes_that_are_no_tls_are_kept() {
    let answer = b"HTTP/1.1 400 Bad Request\r\n";
    let heard = Heard::of_bytes(Server, answer);
    let foreign = heard.session.facts().sides[Server].foreign.clone();
    assert_eq!(foreign, Some(Box::new((super::talk::START, b"HTTP/1.1 400 Bad".to_vec()))));
}

const LABELS: [Label; 6] = [
    Label::MasterSecret,
    Label::ClientEarlyTraffic,
    Label::ClientHandshakeTraffic,
    Label::ServerHandshakeTraffic,
    Label::ClientTraffic,
    Label::ServerTraffic,
];

/// The keys of a conversation without some.
fn without(talk: &Talk, missing: &[Label]) -> Keyring {
    let mut keys = Keyring::new(1);
    for label in LABELS.into_iter().filter(|label| !missing.contains(label)) {
        if let Some(secret) = talk.keys.secret(&RANDOM, label) {
            keys.add(RANDOM, label, secret.clone());
        }
    }
    keys
}
