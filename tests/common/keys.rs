//! The keys of captures of TLS.
//!
//! In: key logs, and captures that may have some in them. Out: a keyring of all of them.

use wsblame::capture::{Disclosed, Reader};
use wsblame::tls::{KeyLog, Keyring, read_key_log};

/// The keys in key logs and in captures.
pub(crate) fn keyring<L: AsRef<[u8]>, C: AsRef<[u8]>>(
    logs: impl IntoIterator<Item = L>,
    captures: impl IntoIterator<Item = C>,
) -> Keyring {
    let mut keyring = Keyring::new(10_000);
    for log in logs {
        read_key_log(log.as_ref(), &mut keyring).expect("a readable log");
    }
    for capture in captures {
        let mut reader = Reader::new(capture.as_ref(), "sample").expect("a capture");
        let mut take = |text: Disclosed<'_>| {
            let (mut log, text) = match text {
                Disclosed::KeyLog(text) => (KeyLog::new(), text),
                Disclosed::Comment(text) => (KeyLog::among_prose(), text),
            };
            log.push(text, &mut keyring);
            log.finish(&mut keyring);
        };
        while let Ok(Some(_)) = reader.next_disclosing(&mut take) {}
    }
    assert!(keyring.sessions() > 100, "the keys are gone");
    keyring
}
