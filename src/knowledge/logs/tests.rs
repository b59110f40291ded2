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

/// Lines, and the library that prints them first of all; `unknown` where none is sure.
#[rustfmt::skip] // one row a line, as a table
const LINES: &[(&str, &str)] = &[
    ("received 1009 (message too big); then sent 1009 (message too big)", "python websockets"),
    ("INFO:     connection closed", "unknown"),
    ("ping timeout", "Socket.IO"),
    ("Disconnected: transport close", "Socket.IO"),
    ("io server disconnect", "Socket.IO"),
    ("dial tcp: lookup db.local: i/o timeout", "unknown"),
    ("read tcp 10.0.0.1:80->10.0.0.2:4242: i/o timeout", "gorilla/websocket"),
    ("CloseStatus[code=1009, reason=The decoded text message was too big]", "Tomcat"),
    ("InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. 1001 is neither.", "Chromium"),
    ("Error -3 while decompressing data: invalid block type", "aiohttp"),
    ("Received an unmasked frame from client", "tungstenite"),
    ("invalid frame", "unknown"),
    ("invalid frame header in mp3 file", "unknown"),
    ("message too big for email gateway", "unknown"),
    ("npm ERR! network socket hang up", "unknown"),
    ("Error: socket hang up", "ws (Node.js)"),
    ("kafka: connection reset by peer", "unknown"),
    ("session expired", "unknown"),
    ("json: unexpected EOF", "unknown"),
    ("WebSocket connection to 'ws://x/' failed: Error during WebSocket handshake: Error in permessage-deflate: Received an unexpected permessage-deflate extension parameter", "Chromium"),
    ("Error in permessage-deflate: Received duplicate permessage-deflate extension parameter server_no_context_takeover", "Chromium"),
    ("WSServerHandshakeError: 101, message='Extension for deflate not supported; mem_level=9', url='ws://x/'", "aiohttp"),
    ("WebSocket is already in CLOSING or CLOSED state.", "Chromium"),
    ("InvalidStateError: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.", "Chromium"),
    ("Error: Server timeout elapsed without receiving a message from the server.", "SignalR client"),
    ("write tcp 10.0.0.1:80->10.0.0.2:4242: write: broken pipe", "gorilla/websocket"),
    ("read tcp 10.0.0.1:80->10.0.0.2:4242: use of closed network connection", "gorilla/websocket"),
    ("Err(Protocol(ResetWithoutClosingHandshake))", "tungstenite"),
    ("Error: WebSocket is not open: readyState 3 (CLOSED)", "ws (Node.js)"),
    ("WARNING:  Unsupported upgrade request.", "uvicorn"),
];

#[test]
fn a_line_is_the_text_of_who_prints_it_and_everybodys_words_are_nobodys() {
    let mut wrong = Vec::new();
    for (line, library) in LINES {
        let found = read(line).found;
        let first = found.first().and_then(|found| found.phrase.libraries.first());
        let name = first.map_or("unknown", |library| library.name);
        if name != *library {
            wrong.push(format!("{line}: {name}, {:?}", found.first().map(|f| f.phrase.pattern)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
