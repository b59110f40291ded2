//! What the alerts of TLS say, and what to look at then: a table.
//!
//! In: the number of an alert. Out: what its sender complains of, and where to look. The numbers are
//! those of the IANA registry "TLS Alerts"; what they mean is told in RFC 8446 §6.2 and RFC 5246
//! §7.2.2, and for a few in the RFC of their extension. An alert says what its sender believed.

/// What there is to say of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertMeaning {
    /// Its number.
    pub code: u8,
    /// What its sender says by it: a clause.
    pub says: &'static str,
    /// What to look at: sentences.
    pub look: &'static str,
}

const fn row(code: u8, says: &'static str, look: &'static str) -> AlertMeaning {
    AlertMeaning { code, says, look }
}

const BROKEN: &str = "Capture beside both endpoints: if the bytes differ, something on the way \
    changed them; if not, one of the two TLS libraries is wrong. Look for an update of both.";
const CHAIN: &str = "Look at the chain that the server sends (openssl s_client -showcerts): the \
    intermediate certificates have to be in it; and at what the client trusts: a private authority \
    has to be added to its store.";
const OFFER: &str = "Compare what the client offers in its ClientHello with what the server is set \
    to accept: versions, cipher suites, groups and signature algorithms.";
const CLIENT_CERTIFICATE: &str = "Give the client the certificate that the server asks for, or set \
    the server, or the proxy in front of it, not to ask for one.";

/// Every alert that is known, by its number.
#[rustfmt::skip] // a row a line where it fits
pub static TLS_ALERTS: &[AlertMeaning] = &[
    row(0, "it will send nothing more: TLS ends in order", ""),
    row(10, "a message came that may not come at this point", BROKEN),
    row(20, "a record did not authenticate: other bytes, other keys or another order than its sender meant", BROKEN),
    row(21, "a record could not be decrypted (up to TLS 1.1)", BROKEN),
    row(22, "a record was longer than is allowed", BROKEN),
    row(30, "compressed data could not be inflated (up to TLS 1.2)", "Switch off TLS compression: it is unsafe besides."),
    row(40, "nothing that both sides accept was found: a cipher suite, a group, a signature algorithm, or up to TLS 1.2 a certificate of the client", OFFER),
    row(41, "there is no certificate to send (SSL 3.0)", CLIENT_CERTIFICATE),
    row(42, "the certificate is corrupt, or its signature is wrong", CHAIN),
    row(43, "the certificate is of a kind that is not supported", "Look at the kind of key and at the extended key usage of the certificate."),
    row(44, "the certificate was revoked", "Put a new certificate in place."),
    row(45, "the certificate has expired, or is not valid yet", "Look at the dates of the certificate, and at the clock of the side that refused it."),
    row(46, "the certificate is not acceptable for a reason that is not given; Chromium says this for every reason", CHAIN),
    row(47, "a field of the handshake is out of range, or contradicts another", BROKEN),
    row(48, "no authority that it trusts has signed the certificate", CHAIN),
    row(49, "the certificate is valid, and access is denied all the same", "Look at the access rules of the side that refused it."),
    row(50, "a message could not be decoded: a length or a field is wrong", BROKEN),
    row(51, "a signature or a Finished of the handshake is wrong", BROKEN),
    row(60, "export restrictions were not kept (old versions)", OFFER),
    row(70, "the versions of TLS that the other side offers are none that it accepts", "Compare the oldest and the newest version of both sides: an old client meets a server that asks for TLS 1.2 or 1.3, or the reverse."),
    row(71, "the offered cipher suites are too weak for it", OFFER),
    row(80, "it met an error of its own that has nothing to do with the other side", "Look at the log of the side that sent the alert, at this time."),
    row(86, "the client has stepped back to an older version than both could speak (RFC 7507)", "Find why the first attempt failed: a middlebox that breaks newer versions makes clients step back."),
    row(90, "its user has cancelled the handshake", ""),
    row(100, "it does not renegotiate (up to TLS 1.2)", "Set the side that asked for it not to renegotiate."),
    row(109, "an extension is missing that is needed", OFFER),
    row(110, "an extension came that was not asked for", BROKEN),
    row(111, "the certificate could not be fetched from the given URL (RFC 6066)", "Look at the URL of the client's certificate."),
    row(112, "the server does not know the name that the client asked for (SNI)", "Look at the host in the client's URL, and at the names for which the server has certificates."),
    row(113, "the stapled OCSP response is not acceptable", "Look at the server's OCSP stapling."),
    row(114, "the hash of the client's certificate is wrong (RFC 6066)", CLIENT_CERTIFICATE),
    row(115, "it does not know the pre-shared key that was named", "Give both sides the same pre-shared key."),
    row(116, "a certificate of the client is required, and none came", CLIENT_CERTIFICATE),
    row(120, "none of the protocols that the client offered by ALPN is one of the server's", "Let the server accept http/1.1 by ALPN: a WebSocket that is no HTTP/2 stream needs that."),
    row(121, "the client requires Encrypted ClientHello, and the server did not take it", "Look at the ECH configuration in the DNS and on the server."),
];

/// What the alert with this number says; `None` for one that is in no registry.
pub fn tls_alert(code: u8) -> Option<&'static AlertMeaning> {
    TLS_ALERTS.iter().find(|row| row.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Alert;

    #[test]
    fn every_alert_with_a_name_has_a_meaning_and_no_other_has() {
        for description in 0..=u8::MAX {
            let name = Alert { level: 2, description }.name();
            let has_name = !name.starts_with("alert ");
            assert_eq!(tls_alert(description).is_some(), has_name, "{name}");
        }
    }

    #[test]
    fn every_failure_says_where_to_look() {
        for alert in TLS_ALERTS {
            let is_harmless = matches!(alert.code, Alert::CLOSE_NOTIFY | Alert::USER_CANCELED);
            assert_eq!(alert.look.is_empty(), is_harmless, "{}", alert.code);
            assert!(is_harmless || alert.look.ends_with('.'), "{}", alert.code);
            assert!(!alert.says.ends_with('.') && !alert.says.contains("  "), "{}", alert.code);
        }
        assert!(TLS_ALERTS.is_sorted_by(|a, b| a.code < b.code));
    }
}
