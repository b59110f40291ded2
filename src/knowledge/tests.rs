//! The laws of the tables.

use std::collections::HashSet;

use super::close_code::{CloseCode, CodeClass, WhoMaySend};
use super::close_codes::{CLOSE_CODES, CodeEntry};
use super::compare::confused::CONFUSED;
use super::first_bytes::SIGNATURES;
use super::library::COMPLAINTS;

/// Everything in a row that is written in full sentences.
fn texts(entry: &CodeEntry) -> Vec<&'static str> {
    let card = &entry.card;
    let mut texts =
        vec![entry.shown_by_api, card.description, card.when_you_see_it, card.reconnect];
    texts.extend(card.how_to_fix);
    texts
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
        texts(entry).into_iter().for_each(assert_sentences);
        assert!((2..=5).contains(&entry.card.how_to_fix.len()), "{}", entry.name);
        assert!(entry.card.description.contains('§'), "{} cites its section", entry.name);
        for phrase in [entry.name, entry.reference, entry.use_when] {
            assert!(!phrase.is_empty() && phrase == phrase.trim() && !phrase.ends_with('.'));
        }
    }
}

#[test]
fn no_card_claims_that_a_local_code_was_sent() {
    for entry in CLOSE_CODES.iter().filter(|e| e.first().class() == CodeClass::LocalOnly) {
        assert!(entry.card.description.contains("must not be sent"), "{}", entry.name);
    }
}

#[test]
fn confused_pairs_are_distinct_and_written_in_sentences() {
    let mut seen = HashSet::new();
    for pair in CONFUSED {
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
