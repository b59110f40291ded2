//! How programs are made to log the keys of their TLS sessions.
//!
//! In: nothing. Out: for each kind of program what switches the log on, word for word, and where that
//! is written. A key log opens only sessions that began while it was written, and either side's
//! serves for both.

/// A program that can log keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLogger {
    /// Whose sessions are logged.
    pub program: &'static str,
    /// What to type or to write, line by line; `keys.log` stands for the key log.
    pub switch: &'static [&'static str],
    /// What else has to be known.
    pub note: &'static str,
    /// Where this is written.
    pub source: &'static str,
    /// Whether it was done, and the log that came of it read; else it is as the source says.
    pub tried: bool,
}

/// What a key log is, and when it serves.
pub const WHAT_IT_IS: &str = "A key log holds the secrets of TLS sessions, one a line, as Wireshark \
    reads them too. It has to be written while the capture is taken: the server's certificate key \
    does not open sessions of today. The client's log or the server's will do, each holds the \
    secrets of both directions. Whoever has it can read those sessions, so delete it afterwards.";

/// What to do with a key log.
pub static USE_IT: &[(&str, &str)] = &[
    ("give it to wsblame", "wsblame --keylog keys.log capture.pcapng"),
    ("or put it into the capture, for whoever gets that", INTO_THE_CAPTURE),
];

/// How a key log is put into a capture.
pub const INTO_THE_CAPTURE: &str = "editcap --inject-secrets tls,keys.log in.pcapng out.pcapng";

/// Every program that is known to log keys, clients first.
pub static KEY_LOGGERS: &[KeyLogger] = &[
    KeyLogger {
        program: "Chrome, Chromium, Edge, Electron",
        switch: &["chromium --ssl-key-log-file=/tmp/keys.log --user-data-dir=/tmp/profile"],
        note: "or SSLKEYLOGFILE in the environment. A browser that is running already takes no \
            notice of either: quit it first, or use a profile of its own as here.",
        source: "chromium/chromium services/network/public/cpp/network_switches.cc",
        tried: false,
    },
    KeyLogger {
        program: "Firefox",
        switch: &["SSLKEYLOGFILE=/tmp/keys.log firefox --no-remote"],
        note: "Builds of Mozilla's; some distributions build NSS without it.",
        source: "NSS documentation, NSS Key Log Format",
        tried: false,
    },
    KeyLogger {
        program: "Node.js, as client or server",
        switch: &["node --tls-keylog=/tmp/keys.log app.js"],
        note: "Where the command line is not yours: NODE_OPTIONS=--tls-keylog=/tmp/keys.log. In code, \
            the event 'keylog' of a TLSSocket or tls.Server. Node.js does not look at SSLKEYLOGFILE.",
        source: "Node.js documentation, Command-line API",
        tried: true,
    },
    KeyLogger {
        program: "Python 3.8 and later, with its ssl module (websockets, aiohttp)",
        switch: &["SSLKEYLOGFILE=/tmp/keys.log python app.py"],
        note: "Only contexts from ssl.create_default_context() look at the variable; for others, mostly \
            those of servers: context.keylog_filename = \"/tmp/keys.log\".",
        source: "Python documentation, ssl; python/cpython Lib/ssl.py",
        tried: true,
    },
    KeyLogger {
        program: "curl",
        switch: &["SSLKEYLOGFILE=/tmp/keys.log curl ..."],
        note: "With OpenSSL, LibreSSL, BoringSSL, GnuTLS and wolfSSL; not with Schannel or Secure \
            Transport.",
        source: "curl manual, ENVIRONMENT",
        tried: true,
    },
    KeyLogger {
        program: "Java, as client or server",
        switch: &["java -javaagent:extract-tls-secrets.jar=/tmp/keys.log -jar app.jar"],
        note: "The JDK logs no keys by itself: -Djavax.net.debug does not print all that is needed. The \
            agent is neykov/extract-tls-secrets; jSSLKeyLog does the same for old JDKs.",
        source: "neykov/extract-tls-secrets README",
        tried: false,
    },
    KeyLogger {
        program: "Go, as client or server",
        switch: &["&tls.Config{KeyLogWriter: file}"],
        note: "There is no variable: the program has to open the file itself, to append.",
        source: "Go documentation, crypto/tls Config.KeyLogWriter",
        tried: false,
    },
    KeyLogger {
        program: ".NET 9 and later, on Linux",
        switch: &[
            "AppContext.SetSwitch(\"System.Net.EnableSslKeyLogging\", true);",
            "SSLKEYLOGFILE=/tmp/keys.log dotnet app.dll",
        ],
        note: "Both are needed; the switch may stand in runtimeconfig.json. SslStream cannot do it on \
            Windows, where Schannel holds the keys.",
        source: "dotnet/runtime#100665",
        tried: false,
    },
    KeyLogger {
        program: "rustls",
        switch: &["config.key_log = Arc::new(rustls::KeyLogFile::new());"],
        note: "Then SSLKEYLOGFILE names the file. For ClientConfig and ServerConfig.",
        source: "rustls documentation, KeyLogFile",
        tried: false,
    },
    KeyLogger {
        program: "OpenSSL, in a program of one's own or its test server",
        switch: &["openssl s_server -keylogfile /tmp/keys.log -cert cert.pem -key key.pem"],
        note: "s_client takes it too. In code: SSL_CTX_set_keylog_callback, since 1.1.1. A program \
            whose code is not yours: LD_PRELOAD with libsslkeylog.so (see nginx).",
        source: "openssl s_server -help; OpenSSL documentation, SSL_CTX_set_keylog_callback",
        tried: true,
    },
    KeyLogger {
        program: "nginx",
        switch: &["LD_PRELOAD=/opt/libsslkeylog.so SSLKEYLOGFILE=/tmp/keys.log nginx"],
        note: "nginx.conf needs: env LD_PRELOAD; env SSLKEYLOGFILE; for the workers. The library is \
            sslkeylog.c of Wireshark's notes; some forks write another format. NGINX Plus from 1.27.2 on has \
            ssl_key_log and proxy_ssl_key_log.",
        source: "Lekensteyn wireshark-notes src/sslkeylog.c; nginx documentation, ssl_key_log",
        tried: false,
    },
    KeyLogger {
        program: "HAProxy 2.2 and later",
        switch: &[
            "tune.ssl.keylog on",
            "CLIENT_TRAFFIC_SECRET_0 %[ssl_fc_client_random,hex] %[ssl_fc_client_traffic_secret_0]",
        ],
        note: "The first line in global, the second as a log-format, and one more for each label: \
            SERVER_TRAFFIC_SECRET_0, CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET. \
            Up to TLS 1.2: CLIENT_RANDOM with ssl_fc_session_key,hex. Cut what syslog writes in front.",
        source: "HAProxy configuration manual, tune.ssl.keylog; haproxy/haproxy src/ssl_sample.c",
        tried: true,
    },
    KeyLogger {
        program: "Envoy, Istio",
        switch: &["common_tls_context: { key_log: { path: /tmp/keys.log } }"],
        note: "In the DownstreamTlsContext for clients, in the UpstreamTlsContext for backends; address \
            ranges narrow it.",
        source: "Envoy documentation, TlsKeyLog",
        tried: false,
    },
];

/// Other words for it.
const NAMES: &[&str] = &["keylog", "keylogs", "keys", "sslkeylogfile", "tls-keys", "decrypt"];

/// Whether somebody who asks for `what` asks for this.
pub fn is_key_log(what: &str) -> bool {
    let what = what.trim().trim_start_matches("--").to_ascii_lowercase();
    NAMES.contains(&what.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_what_to_type_and_where_it_is_written() {
        for logger in KEY_LOGGERS {
            for text in [logger.program, logger.note, logger.source] {
                assert!(!text.is_empty() && text == text.trim(), "{logger:?}");
                assert!(!text.contains("  "), "{logger:?}");
            }
            assert!(logger.note.ends_with('.') && !logger.source.ends_with('.'), "{logger:?}");
            assert!(!logger.switch.is_empty());
            // Nobody can paste a command that was wrapped.
            assert!(logger.switch.iter().all(|line| line.len() <= 92), "{logger:?}");
        }
        assert!(USE_IT.iter().all(|(_, command)| command.len() <= 92));
    }

    #[test]
    fn it_is_found_by_the_words_that_people_have_for_it() {
        for word in ["keylog", "SSLKEYLOGFILE", " keys ", "--keylog"] {
            assert!(is_key_log(word), "{word}");
        }
        assert!(!is_key_log("key") && !is_key_log("key-log"));
    }
}
