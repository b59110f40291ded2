//! The laws of the tables.

use std::collections::HashSet;

use super::application_codes::PRODUCTS;
use super::close_code::{CloseCode, CodeClass, WhoMaySend};
use super::close_codes::{CLOSE_CODES, CodeEntry};
use super::compare::{confused, vi};
use super::first_bytes::SIGNATURES;
use super::language::{Language, Words};
use super::library::COMPLAINTS;

/// Everything in a row that is written in full sentences.
fn texts(entry: &CodeEntry, language: Language) -> Vec<&'static str> {
    let texts = entry.texts(language);
    let card = texts.card;
    let mut sentences =
        vec![texts.shown_by_api, card.description, card.when_you_see_it, card.reconnect];
    sentences.extend(card.how_to_fix);
    sentences
}

/// The numbers in a text, in rising order.
fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn assert_translated(en: &str, vi: &str) {
    assert_eq!(numbers(en), numbers(vi), "{en}\n{vi}");
    assert_ne!(en, vi);
    // A marked letter of Vietnamese is one character: terminals and searches disagree on others.
    assert!(!vi.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)), "not composed: {vi}");
    assert!(vi.chars().any(|c| !c.is_ascii() && c.is_alphabetic()), "no mark at all: {vi}");
}

fn assert_vietnamese_sentences(text: &str) {
    assert!(!text.is_empty());
    assert_eq!(text, text.trim(), "no blank before or after");
    assert!(!text.contains("  ") && !text.contains('\n'), "a line was folded wrongly: {text}");
    assert!(text.ends_with('.'), "ends with a period: {text}");
    assert!(text.chars().next().is_some_and(|c| !c.is_lowercase()), "a capital first: {text}");
}

fn assert_sentences(text: &str) {
    assert!(!text.trim().is_empty());
    assert_eq!(text, text.trim(), "no blank before or after");
    assert!(!text.contains("  ") && !text.contains('\n'), "a line was folded wrongly: {text}");
    assert!(text.ends_with('.'), "ends with a period: {text}");
    assert!(text.is_ascii() || text.contains('§') || text.contains('’'), "plain text: {text}");
    assert!(text.chars().next().is_some_and(|c| !c.is_lowercase()), "a capital first: {text}");
}

#[test]
fn close_codes_cover_all_sixteen_bits_without_gap_or_overlap() {
    let mut next = 0;
    for entry in CLOSE_CODES {
        assert_eq!(u32::from(*entry.codes.start()), next, "{}", entry.name);
        assert!(!entry.codes.is_empty());
        next = u32::from(*entry.codes.end()) + 1;
    }
    assert_eq!(next, 65_536);
    assert!((0..=65_535).all(|code| CloseCode(code).entry().codes.contains(&code)));
}

#[test]
fn the_table_and_the_class_agree_on_every_code() {
    for code in (0..=65_535).map(CloseCode) {
        let entry = code.entry();
        assert_eq!(entry.allowed_on_wire, code.allowed_on_wire(), "{code}");
        assert_eq!(code.who_may_send() == WhoMaySend::Nobody, !code.allowed_on_wire(), "{code}");
        assert_eq!(entry.first().class(), code.class(), "{code}");
    }
}

#[test]
fn a_single_assigned_code_has_a_row_and_a_name_of_its_own() {
    let single: Vec<_> = CLOSE_CODES.iter().filter(|entry| entry.covers_one()).collect();
    let names: HashSet<_> = single.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), single.len());
    for code in (1000..=1015).map(CloseCode) {
        assert!(code.entry().covers_one(), "{code}");
    }
    assert_eq!(CloseCode::TIMEOUT.class(), CodeClass::Registered);
}

#[test]
fn every_card_is_complete_and_written_in_sentences() {
    for entry in CLOSE_CODES {
        texts(entry, Language::En).into_iter().for_each(assert_sentences);
        texts(entry, Language::Vi).into_iter().for_each(assert_vietnamese_sentences);
        assert!((2..=5).contains(&entry.card.how_to_fix.len()), "{}", entry.name);
        assert!(entry.card.description.contains('§'), "{} cites its section", entry.name);
        let vi = entry.vi;
        for phrase in [entry.name, entry.reference, entry.use_when, vi.name, vi.use_when] {
            assert!(!phrase.is_empty() && phrase == phrase.trim() && !phrase.ends_with('.'));
        }
    }
}

#[test]
fn every_text_of_a_code_is_translated_and_says_the_same_numbers() {
    for entry in CLOSE_CODES {
        let [en, vi] = Language::ALL.map(|language| texts(entry, language));
        assert_eq!(en.len(), vi.len(), "{}", entry.name);
        en.into_iter().zip(vi).for_each(|(en, vi)| assert_translated(en, vi));
        assert_translated(entry.use_when, entry.vi.use_when);
        assert_ne!(entry.name, entry.vi.name);
    }
}

#[test]
fn advice_is_translated_row_for_row() {
    for (en, vi) in confused::CONFUSED.iter().zip(&vi::CONFUSED) {
        assert_eq!((&en.one, &en.other), (&vi.one, &vi.other));
        assert_translated(en.advice, vi.advice);
        assert_vietnamese_sentences(vi.advice);
    }
}

#[test]
fn disguises_and_labels_are_translated() {
    for code in [0xe803, 0x3130, 401, 0xffff] {
        let disguise = CloseCode(code).disguise().expect("a bug");
        let [en, vi] = Language::ALL.map(|language| disguise.text(language));
        assert_translated(&en, &vi);
    }
    for entry in CLOSE_CODES {
        let said = |language| {
            let fault = entry.usually_at_fault.text(language);
            [fault, entry.retry.text(language), entry.who_may_send.text(language)]
        };
        let [en, vi] = Language::ALL.map(said);
        en.into_iter().zip(vi).for_each(|(en, vi)| assert_translated(en, vi));
    }
}

#[test]
fn what_is_said_of_products_is_translated() {
    let same_numbers = |words: Words| assert_eq!(numbers(words.en), numbers(words.vi), "{words:?}");
    for product in PRODUCTS {
        product.note.into_iter().for_each(|note| {
            assert_translated(note.en, note.vi);
            assert_sentences(note.en);
            assert_vietnamese_sentences(note.vi);
        });
        for row in product.codes {
            same_numbers(row.meaning);
            assert!(!row.meaning.vi.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)));
        }
    }
}

#[test]
fn no_card_claims_that_a_local_code_was_sent() {
    for entry in CLOSE_CODES.iter().filter(|e| e.first().class() == CodeClass::LocalOnly) {
        assert!(entry.card.description.contains("must not be sent"), "{}", entry.name);
        assert!(entry.vi.card.description.contains("không được phép gửi đi"), "{}", entry.name);
    }
}

#[test]
fn common_wisdom_is_put_right_in_both_languages() {
    let seen = |code: CloseCode, language| code.entry().texts(language).card.when_you_see_it;
    let said = [
        (
            CloseCode::PROTOCOL_ERROR,
            "the victim, not the culprit",
            "nạn nhân chứ không phải thủ phạm",
        ),
        (CloseCode::NO_STATUS_RECEIVED, "close() without arguments", "close() không có tham số"),
        (CloseCode::NO_STATUS_RECEIVED, "this is no error", "đây không phải lỗi"),
        (
            CloseCode::ABNORMAL_CLOSURE,
            "never crosses the wire",
            "không bao giờ đi trên đường truyền",
        ),
        (CloseCode::ABNORMAL_CLOSURE, "hides a protocol error", "che giấu một lỗi giao thức"),
    ];
    for (code, en, vi) in said {
        assert!(seen(code, Language::En).contains(en), "{code}");
        assert!(seen(code, Language::Vi).contains(vi), "{code}");
    }
}

#[test]
fn confused_pairs_are_distinct_and_written_in_sentences() {
    let mut seen = HashSet::new();
    for pair in &confused::CONFUSED {
        assert_sentences(pair.advice);
        let mut ranges =
            [(*pair.one.start(), *pair.one.end()), (*pair.other.start(), *pair.other.end())];
        ranges.sort_unstable();
        assert_ne!(ranges[0], ranges[1]);
        assert!(seen.insert(ranges), "{ranges:?} stands twice");
    }
}

#[test]
fn signatures_are_distinct_and_explained() {
    let mut names = HashSet::new();
    for signature in SIGNATURES {
        assert!(names.insert(signature.name), "{}", signature.name);
        assert!(!signature.first.is_empty());
        assert!((2..=14).contains(&signature.enough), "{}", signature.name);
        assert_sentences(signature.injected_by);
    }
}

#[test]
fn complaints_are_distinct_and_cite_rules_by_kebab_case_ids() {
    let mut patterns = HashSet::new();
    for complaint in COMPLAINTS {
        assert!(patterns.insert(complaint.pattern), "{}", complaint.pattern);
        assert_eq!(complaint.pattern, complaint.pattern.trim());
        assert!(!complaint.libraries.is_empty() && !complaint.rules.is_empty());
        assert!(complaint.wire_code.allowed_on_wire(), "{}", complaint.pattern);
        assert!(complaint.pattern.matches('*').count() <= 3, "each one multiplies the work");
        // With every wildcard at its shortest, the text must fit a control frame (§5.5).
        assert!(complaint.pattern.replace('*', "").len() <= 123, "{}", complaint.pattern);
        for rule in complaint.rules {
            let words = rule.split('-');
            let is_word = |word: &str| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            assert!(words.clone().count() > 1 && words.clone().all(is_word), "{rule}");
        }
    }
}
