//! What is spoken on a connection, what its private codes mean, and what is said before the end.

use wsblame::pipeline::{Analysis, Options};
use wsblame::report::{Blame, ConnectionReport, Initiator, RecognisedBy, Report, Style, format};
use wsblame::script::{
    ACCEPT, ASK, CLIENT_FIN, CODE_1000, HELLO, Play, SERVER_FIN, Script, Step, binary, close,
    request, response, text, write_pcap,
};

use crate::support::analyse;

/// The opening request for `target` at `host`, with more lines.
macro_rules! ask {
    ($host:literal, $target:literal $(, $more:literal)*) => {
        request(concat!(
            "GET ", $target, " HTTP/1.1\r\nHost: ", $host, "\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n",
            "Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\nSec-WebSocket-Version: 13\r\n",
            $($more, "\r\n",)* "\r\n"
        ))
    };
}

/// The response that accepts it, with more lines.
macro_rules! accept {
    ($($more:literal),+) => {
        response(concat!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n",
            $($more, "\r\n",)+ "\r\n"
        ))
    };
}

const ASK_GRAPHQL: Step =
    ask!("api.example", "/graphql", "Sec-WebSocket-Protocol: graphql-transport-ws");
const ACCEPT_GRAPHQL: Step = accept!("Sec-WebSocket-Protocol: graphql-transport-ws");
const ASK_PUSHER: Step = ask!("ws.example", "/app/key?protocol=7&client=js");
const CODE_4100: &[u8] = b"\x10\x04";
const CODE_4401: &[u8] = b"\x11\x31";

const GRAPHQL_UNAUTHORIZED: Script = &[
    ASK_GRAPHQL,
    ACCEPT_GRAPHQL,
    text("{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{secret}\"}}")
        .from_client(),
    close(b"\x11\x31Unauthorized").from_server(),
    close(CODE_4401).from_client(),
    SERVER_FIN,
    CLIENT_FIN,
];

const PUSHER_OVER_CAPACITY: Script = &[
    ASK_PUSHER,
    ACCEPT,
    text(
        "{\"event\":\"pusher:error\",\"data\":\"{\\\"code\\\":4100,\\\"message\\\":\\\"Over \
          capacity\\\"}\"}",
    )
    .from_server(),
    close(CODE_4100).from_server(),
    close(CODE_4100).from_client(),
    SERVER_FIN,
    CLIENT_FIN,
];

const CABLE_UNAUTHORIZED: Script = &[
    ASK,
    ACCEPT,
    text("{\"type\":\"welcome\"}").from_server(),
    HELLO,
    text("{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}").from_server(),
    close(CODE_1000).from_server(),
    close(CODE_1000).from_client(),
    SERVER_FIN,
    CLIENT_FIN,
];

const SIGNALR_SHUTS_DOWN: Script = &[
    ASK,
    ACCEPT,
    text("{\"protocol\":\"json\",\"version\":1}\u{1e}").from_client(),
    text("{}\u{1e}").from_server(),
    text("{\"type\":7,\"error\":\"Server \\u001b[2J is down\",\"allowReconnect\":true}\u{1e}")
        .from_server(),
    SERVER_FIN,
    CLIENT_FIN,
];

const SOCKET_IO_REFUSES: Script = &[
    ask!("app.example", "/socket.io/?EIO=4&transport=websocket"),
    ACCEPT,
    text("0{\"sid\":\"Zk1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}")
        .from_server(),
    text("40{\"token\":\"hunter2\"}").from_client(),
    text("44{\"message\":\"not authorized\",\"data\":{\"user\":\"joe\"}}").from_server(),
    text("1").from_client(),
    close(b"").from_client(),
    close(b"").from_server(),
    SERVER_FIN,
    CLIENT_FIN,
];

const CODE_ALONE: Script = &[
    ASK,
    ACCEPT,
    HELLO,
    close(b"\x11\x36Subprotocol not acceptable").from_server(),
    close(b"\x11\x36").from_client(),
    SERVER_FIN,
    CLIENT_FIN,
];

/// To be taken apart by the tests of what captures lose.
pub(crate) const SCRIPTS: &[(&str, Script)] = &[
    ("graphql unauthorized", GRAPHQL_UNAUTHORIZED),
    ("pusher over capacity", PUSHER_OVER_CAPACITY),
    ("action cable unauthorized", CABLE_UNAUTHORIZED),
    ("signalr shuts down", SIGNALR_SHUTS_DOWN),
    ("socket.io refuses", SOCKET_IO_REFUSES),
    ("a private code alone", CODE_ALONE),
];

fn report(script: Script) -> Report {
    analyse(&write_pcap(&Play::of(script)))
}

fn talk(script: Script) -> ConnectionReport {
    let [connection] =
        <[ConnectionReport; 1]>::try_from(report(script).connections).expect("one WebSocket");
    connection
}

/// In every format.
fn written(script: Script) -> String {
    let mut analysis = Analysis::new(Options::default());
    analysis.read("sample", write_pcap(&Play::of(script)).as_slice());
    let report = analysis.into_report();
    let mut out = Vec::new();
    for name in ["text", "markdown", "json"] {
        let format = format(name).expect("a format");
        (format.write)(&report, &Style::default(), &mut out).expect("a Vec takes all");
    }
    String::from_utf8(out).expect("UTF-8")
}

fn spoken(connection: &ConnectionReport) -> Option<(&str, RecognisedBy)> {
    let application = connection.application.as_ref()?;
    Some((application.product.as_str(), application.recognised_by))
}

/// Kind, code, reason and whether to return.
type Words<'c> = (&'c str, Option<u16>, Option<&'c str>, Option<bool>);

fn said(connection: &ConnectionReport) -> Vec<Words<'_>> {
    let words = connection.last_words.iter();
    words.map(|one| (one.kind.as_str(), one.code, one.reason.as_deref(), one.reconnect)).collect()
}

#[test]
fn a_code_means_what_the_agreed_subprotocol_says() {
    let connection = talk(GRAPHQL_UNAUTHORIZED);
    assert_eq!(spoken(&connection), Some(("graphql-transport-ws", RecognisedBy::Handshake)));
    let close = connection.close.server_sent.as_ref().expect("a Close");
    let meaning = close.meaning.as_ref().expect("a meaning");
    assert_eq!(meaning.meaning, "an operation was sent before connection_ack");
    assert_eq!((meaning.sender.as_str(), meaning.reconnect.as_str()), ("the server", "no"));
    assert!(meaning.confirmed);
    let verdict = &connection.verdict;
    assert_eq!(verdict.cause.as_deref(), Some("application-close"));
    assert_eq!(verdict.at_fault, Blame::Unknown, "a meaning accuses nobody");
    let sentence =
        "with 4401 (GraphQL over WebSocket: an operation was sent before connection_ack)";
    assert!(verdict.summary.contains(sentence), "{}", verdict.summary);
    assert!(verdict.fix.ends_with("by GraphQL over WebSocket: no."), "{}", verdict.fix);
}

#[test]
fn the_message_before_the_close_gives_its_reason_and_its_packet() {
    let connection = talk(PUSHER_OVER_CAPACITY);
    assert_eq!(spoken(&connection), Some(("pusher", RecognisedBy::Handshake)));
    assert_eq!(said(&connection), [("pusher:error", Some(4100), Some("Over capacity"), None)]);
    let summary = &connection.verdict.summary;
    assert!(summary.contains("over capacity; it said \"Over capacity\""), "{summary}");
    let text = written(PUSHER_OVER_CAPACITY);
    let line = "  last message    server, pusher:error 4100 \"Over capacity\", packet 8\n";
    assert!(text.contains(line), "{text}");
    let line = "  code 4100       over capacity; usually sent by the server; should a client \
                reconnect: yes, with\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_product_that_only_its_messages_show_is_marked_as_a_guess() {
    let connection = talk(CABLE_UNAUTHORIZED);
    assert_eq!(spoken(&connection), Some(("action-cable", RecognisedBy::Messages)));
    assert_eq!(said(&connection), [("disconnect", None, Some("unauthorized"), Some(false))]);
    assert_eq!(connection.verdict.cause.as_deref(), Some("clean-close"));
    assert_eq!(connection.verdict.at_fault, Blame::None, "what it says accuses nobody");
    let text = written(CABLE_UNAUTHORIZED);
    assert!(text.contains("Rails Action Cable (a guess, by its messages)"), "{text}");
    assert!(text.contains("(unconfirmed); usually sent by the server"), "{text}");
    assert!(text.contains("\"unauthorized\", it says not to reconnect, packet"), "{text}");
}

#[test]
fn last_words_need_no_close_but_the_end_of_the_stream() {
    let connection = talk(SIGNALR_SHUTS_DOWN);
    assert_eq!(spoken(&connection), Some(("signalr", RecognisedBy::Messages)));
    // A text with control characters does not look like a reason.
    assert_eq!(said(&connection), [("close", None, None, Some(true))]);
    let (_, still_open) = SIGNALR_SHUTS_DOWN.split_last().expect("steps");
    let (_, still_open) = still_open.split_last().expect("steps");
    assert_eq!(said(&talk(still_open)), [], "another message may follow");
}

#[test]
fn of_a_message_nothing_but_its_reason_is_shown() {
    let connection = talk(SOCKET_IO_REFUSES);
    assert_eq!(
        said(&connection),
        [("close", None, None, None), ("connect_error", None, Some("not authorized"), None),]
    );
    let text = written(SOCKET_IO_REFUSES);
    for secret in ["hunter2", "joe", "Zk1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(!written(GRAPHQL_UNAUTHORIZED).contains("secret"));
}

#[test]
fn a_code_that_one_product_alone_defines_is_a_guess_and_explains_nothing() {
    let connection = talk(CODE_ALONE);
    assert_eq!(spoken(&connection), None);
    let close = connection.close.server_sent.as_ref().expect("a Close");
    let meaning = close.meaning.as_ref().expect("a guess");
    assert_eq!(meaning.application.recognised_by, RecognisedBy::Code);
    assert!(connection.verdict.summary.contains("the application decided to close"));
    let text = written(CODE_ALONE);
    assert!(text.contains("only GraphQL over WebSocket is known to use it, a guess: "), "{text}");
}

#[test]
fn a_private_code_is_not_guessed_at_where_something_else_is_spoken() {
    let meanings = |script| {
        let close = talk(script).close;
        [close.client_sent, close.server_sent].map(|sent| sent.and_then(|sent| sent.meaning))
    };
    // Another subprotocol.
    let other = meanings(
        const {
            &[
                ask!("server.example", "/", "Sec-WebSocket-Protocol: chat"),
                accept!("Sec-WebSocket-Protocol: chat"),
                close(CODE_4401).from_server(),
                close(CODE_4401).from_client(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(other, [None, None]);
    // A server's code, sent by the client.
    let other = meanings(
        const {
            &[
                ASK,
                ACCEPT,
                close(CODE_4401).from_client(),
                close(CODE_4401).from_server(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(other, [None, None]);
}

#[test]
fn messages_that_point_at_two_products_tell_nothing() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                text("{\"type\":\"welcome\"}").from_server(),
                text("{\"protocol\":\"json\",\"version\":1}\u{1e}").from_client(),
                close(CODE_1000).from_client(),
                close(CODE_1000).from_server(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(spoken(&connection), None);
}

#[test]
fn what_is_not_the_last_message_is_not_quoted() {
    const ERROR: Step =
        text("{\"event\":\"pusher:error\",\"data\":{\"code\":4100,\"message\":\"Busy\"}}")
            .from_server();
    const CLOSES: Step = close(CODE_4100).from_server();
    const ANSWERS: Step = close(CODE_4100).from_client();
    const BINARY: Step = binary(b"x").from_server();
    let binary_behind: Script =
        &[ASK_PUSHER, ACCEPT, ERROR, BINARY, CLOSES, ANSWERS, SERVER_FIN, CLIENT_FIN];
    assert_eq!(said(&talk(binary_behind)), []);
    let open_behind: Script = const {
        &[
            ASK_PUSHER,
            ACCEPT,
            ERROR,
            text("x").not_final().from_server(),
            CLOSES,
            ANSWERS,
            SERVER_FIN,
            CLIENT_FIN,
        ]
    };
    assert_eq!(said(&talk(open_behind)), []);
    let behind_the_close: Script =
        &[ASK_PUSHER, ACCEPT, CLOSES, ERROR, ANSWERS, SERVER_FIN, CLIENT_FIN];
    assert_eq!(said(&talk(behind_the_close)), []);
    // What was lost behind it may have been another one.
    const LOST: Step = Step::Missed(&HELLO_YOURSELF);
    const HELLO_YOURSELF: Step = text("hello yourself").from_server();
    let lost_behind: Script =
        &[ASK_PUSHER, ACCEPT, ERROR, LOST, CLOSES, ANSWERS, SERVER_FIN, CLIENT_FIN];
    assert_eq!(said(&talk(lost_behind)), []);
}

#[test]
fn an_error_long_before_the_close_is_not_its_reason() {
    let connection = talk(
        const {
            &[
                ASK_PUSHER,
                ACCEPT,
                text("{\"event\":\"pusher:error\",\"data\":{\"code\":4100,\"message\":\"Busy\"}}")
                    .from_server(),
                Step::Wait(60_000),
                close(CODE_4100).from_server(),
                close(CODE_4100).from_client(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(said(&connection).len(), 1);
    assert!(!connection.verdict.summary.contains("Busy"), "{}", connection.verdict.summary);
}

#[test]
fn a_code_of_the_rfc_in_a_products_own_sense_is_another_reading() {
    let script: Script = const {
        &[
            ask!("x.deepgram.com", "/v1/listen"),
            ACCEPT,
            HELLO,
            close(b"\x03\xF3").from_server(),
            close(b"\x03\xF3").from_client(),
            SERVER_FIN,
            CLIENT_FIN,
        ]
    };
    let connection = talk(script);
    let reading = "1011 in the sense of Deepgram Streaming: NET-0000 or NET-0001: no audio came \
                   in time";
    assert_eq!(connection.verdict.alternatives.first().map(String::as_str), Some(reading));
    assert_eq!(connection.close.initiator, Some(Initiator::Server));
}
