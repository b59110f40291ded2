//! Lines as people paste them, and what they are found to be.

use super::*;

fn patterns(line: &str) -> Vec<&'static str> {
    read(line).found.iter().map(|found| found.phrase.pattern).collect()
}

fn first(line: &str) -> &'static str {
    patterns(line).first().copied().unwrap_or("nothing")
}

#[test]
fn a_text_is_found_in_what_a_logger_writes_around_it() {
    let ws = "2026-01-01 12:00:01 ERROR [ws] RangeError: Invalid WebSocket frame: RSV1 must be \
        clear code: 'WS_ERR_UNEXPECTED_RSV_1'";
    assert_eq!(
        patterns(ws),
        ["Invalid WebSocket frame: RSV1 must be clear", "WS_ERR_UNEXPECTED_RSV_1"]
    );
    let gorilla = "websocket: close 1006 (abnormal closure): unexpected EOF";
    assert_eq!(patterns(gorilla), [gorilla]);
    assert_eq!(read(gorilla).codes, [CloseCode(1006)]);
    let chrome = "WebSocket connection to 'wss://x/y' failed: Invalid frame header";
    assert_eq!(patterns(chrome), ["Invalid frame header"]);
    let python = "websockets.exceptions.ConnectionClosedError: no close frame received or sent";
    assert_eq!(patterns(python), ["no close frame received or sent"]);
}

#[test]
fn a_part_of_a_text_and_another_case_will_do() {
    assert_eq!(first("rsv1 MUST be clear"), "Invalid WebSocket frame: RSV1 must be clear");
    assert_eq!(first("Invalid frame header"), "Invalid frame header");
    assert_eq!(
        first("remote sent after having closed"),
        "WebSocket protocol error: Remote sent after having closed"
    );
}

#[test]
fn numbers_and_slips_do_not_matter() {
    assert_eq!(first("bad opcode 13"), "bad opcode #");
    assert_eq!(
        first("sent ping but didn’t recieve pong within 5000ms (after 3 successful ping/pongs)"),
        "sent ping but didn't receive pong within #ms (after # successful ping/pongs)"
    );
}

#[test]
fn what_stands_between_the_words_may_be_left_open() {
    assert_eq!(
        first(
            "received 1008 (policy violation) token expired; then sent 1008 (policy violation) token expired"
        ),
        "received # (*)*; then sent # (*)*"
    );
    assert_eq!(
        first("sent 1002 (protocol error) incorrect masking; no close frame received"),
        "sent 1002 (protocol error) *; no close frame received"
    );
}

#[test]
fn a_text_of_several_libraries_names_them_all() {
    let found = read("fragmented control frame").found;
    let names: Vec<&str> = found
        .iter()
        .flat_map(|found| found.phrase.libraries.iter().map(|library| library.name))
        .collect();
    for name in ["python websockets", "Netty", "autobahn", "tungstenite", "Tyrus"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn what_nobody_prints_is_not_found() {
    for line in [
        "",
        "    ",
        "12 34 56",
        "xyzzy",
        "frame",
        "websocket",
        "error",
        "the quick brown fox jumps over the lazy dog",
        "connection refused by the database server",
        "user 1006 logged in from 10.0.0.1",
        "GET /index.html HTTP/1.1 200 OK",
    ] {
        let reading = read(line);
        assert!(reading.found.is_empty(), "{line}: {:?}", patterns(line));
        assert!(reading.near.is_empty(), "{line}: near {:?}", reading.near);
        assert_eq!(reading.codes, [], "{line}");
    }
}

#[test]
fn a_number_is_a_code_only_where_the_line_says_so() {
    let codes = |line| read(line).codes;
    assert_eq!(codes("connection closed with code 1006"), [CloseCode(1006)]);
    assert_eq!(codes("CloseEvent {code: 1011, reason: \"\"}"), [CloseCode(1011)]);
    assert_eq!(codes("WebSocketDisconnect(code=1001)"), [CloseCode(1001)]);
    assert_eq!(
        codes("sent 1011 (internal error) keepalive ping timeout; no close frame received"),
        [CloseCode(1011)]
    );
    assert_eq!(codes("received 1024 bytes at 2026-01-01, port 4000"), []);
    assert_eq!(codes("closed with 2026"), []);
}

#[test]
fn a_huge_line_is_read_in_no_time() {
    let started = std::time::Instant::now();
    let lines = [
        "websocket close frame received ".repeat(100_000),
        "é".repeat(2_000_000),
        "a".repeat(5_000_000),
    ];
    for line in lines {
        read(&line);
    }
    // A generous bound for a debug build on a busy machine; minutes, if it were quadratic.
    assert!(started.elapsed().as_secs() < 60);
}
