//! The laws of the tables of texts.

use std::collections::HashSet;

use super::super::libraries::LIBRARIES;
use super::super::pattern::fits;
use super::*;

/// The pattern with something for each wildcard.
fn example(pattern: &str) -> String {
    pattern.replace('#', "7").replace('*', " something ")
}

/// Texts that are no reasons of Close frames: those have tests of their own.
fn logged() -> impl Iterator<Item = Phrase> {
    all().filter(|phrase| phrase.place != Place::Reason)
}

#[test]
fn every_library_that_prints_something_has_a_row_and_every_row_a_name_of_its_own() {
    let mut names = HashSet::new();
    for library in LIBRARIES {
        assert!(names.insert(library.name), "{} stands twice", library.name);
        for text in [library.name, library.platform, library.source] {
            assert!(!text.is_empty() && text == text.trim() && !text.contains("  "), "{library:?}");
        }
        assert!(library.remark.is_empty() || library.remark.ends_with('.'), "{library:?}");
        for code in [library.on_violation, library.on_bad_text, library.on_too_big] {
            if let Reaction::Close(code) | Reaction::CloseSaying(code) = code {
                assert!(CloseCode(code).allowed_on_wire(), "{library:?}");
            }
        }
    }
    for phrase in all() {
        assert!(!phrase.libraries.is_empty(), "{}", phrase.pattern);
        for library in phrase.libraries {
            assert!(LIBRARIES.contains(library), "{library:?} has no row in the list");
        }
    }
}

#[test]
fn every_text_stands_for_rules_and_causes_that_exist() {
    for phrase in logged() {
        assert!(!phrase.about.is_empty(), "{}", phrase.pattern);
        for id in phrase.about {
            assert!(Meaning::find(id).is_some(), "{} cites {id}", phrase.pattern);
        }
    }
    for complaint in all().filter(|phrase| phrase.meanings().next().is_none()) {
        // Reasons of timers and restarts, which are no rules.
        let known = ["idle-timeout", "max-lifetime", "mass-disconnect", "zero-window"];
        assert!(complaint.about.iter().any(|id| known.contains(id)), "{}", complaint.pattern);
    }
}

#[test]
fn every_text_has_a_source_and_a_side_on_which_its_library_is_found() {
    for phrase in all() {
        let pattern = phrase.pattern;
        assert!(!phrase.source.is_empty() && !phrase.source.contains("  "), "{pattern}");
        assert!(phrase.note.is_empty() || phrase.note.ends_with('.'), "{pattern}");
        assert!(!phrase.note.contains("  "), "{pattern}");
        for library in phrase.libraries {
            let found = phrase.side.is_none_or(|side| library.sides.has(side));
            assert!(found, "{} prints {pattern} on another side", library.name);
        }
        if let Some(code) = phrase.wire_code {
            assert!(code.allowed_on_wire(), "{pattern}");
        }
    }
}

#[test]
fn no_text_stands_twice_in_a_library_and_none_is_swallowed_by_a_more_general_one_before_it() {
    let texts: Vec<Phrase> = all().collect();
    for (index, phrase) in texts.iter().enumerate() {
        let example = example(phrase.pattern);
        assert!(fits(phrase.pattern, &example), "{}", phrase.pattern);
        assert!(phrase.pattern.matches('*').count() <= 5, "{}", phrase.pattern);
        for before in texts.iter().take(index) {
            let meets =
                before.side.is_none() || phrase.side.is_none() || before.side == phrase.side;
            let shared = before.libraries.iter().any(|library| phrase.libraries.contains(library));
            let hides = meets && shared && fits(before.pattern, &example);
            assert!(!hides, "{} hides {}", before.pattern, phrase.pattern);
        }
    }
}

#[test]
fn every_text_is_found_by_its_own_words() {
    let mut lost = Vec::new();
    for phrase in all() {
        let line = format!("12:00:01 [x] {} (y)", example(phrase.pattern));
        let found = read(&line).found;
        if found.iter().all(|found| found.phrase.pattern != phrase.pattern) {
            let instead: Vec<_> = found.iter().map(|found| found.phrase.pattern).collect();
            lost.push((phrase.pattern, instead));
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}
