"""A scripted client, as raw.py, which also asks OpenSSL for what Python does not offer.

    python3 tls_life.py client PLAY --port N --tls JSON
"""

import ctypes
import os
import socket
import struct
import sys

import raw
from raw import CLOSE, TEXT, End, close_body, frame, say, upgrade
from tls_context import described

LIBSSL = ctypes.CDLL("libssl.so.3")
MAX_SEND_FRAGMENT, SET_GROUPS_LIST = 52, 92  # numbers of SSL_ctrl
REQUESTED, NOT_REQUESTED = 1, 0


def openssl(tls, name, *args):
    """Calls a function of OpenSSL on the SSL of this socket: the second pointer in CPython's object."""
    ssl = ctypes.c_void_p.from_address(id(tls._sslobj) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p))
    done = getattr(LIBSSL, name)(ssl, *args)
    if done <= 0:
        say("OpenSSL", text=f"{name} gave {done}")
    return done


def connect(session=None, before=lambda tls: None):
    sock = socket.create_connection(("127.0.0.1", raw.PORT))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tls = raw.TLS.wrap_socket(sock, server_hostname="127.0.0.1", session=session, do_handshake_on_connect=False)
    tls.settimeout(15)
    before(tls)
    tls.do_handshake()
    say("session", **described(tls))
    return End(tls)


def talk(end, text=b"hello"):
    end.send(frame(TEXT, text))
    end.message()


def bye(end):
    end.close(close_body(1000, b"bye"))
    end.until_end()


def key_updates():
    end = connect()
    upgrade(end)
    talk(end, b"under the first keys")
    openssl(end.sock, "SSL_key_update", REQUESTED)
    talk(end, b"the client has new keys, and asks the server to take new ones")
    talk(end, b"under the second keys")
    openssl(end.sock, "SSL_key_update", NOT_REQUESTED)
    talk(end, b"under the third keys of the client")
    bye(end)


def padding():
    """Every record is padded to a multiple of 256 bytes (RFC 8446 §5.4)."""
    end = connect(before=lambda tls: openssl(tls, "SSL_set_block_padding", ctypes.c_size_t(256)))
    upgrade(end)
    talk(end)
    bye(end)


def frames_and_records():
    end = connect()
    upgrade(end)
    end.send(b"".join(frame(TEXT, f"message {n} of one record".encode()) for n in range(1, 6)))
    for _ in range(5):
        end.message()
    bye(end)

    end = connect()
    upgrade(end)
    whole = frame(TEXT, b"x" * 200)
    for byte in whole[:9]:  # each byte of the header, and the first of the payload
        end.send(bytes([byte]))
    end.send(whole[9:])
    end.message()
    bye(end)

    end = connect(before=lambda tls: openssl(tls, "SSL_ctrl", MAX_SEND_FRAGMENT, ctypes.c_long(512), None))
    upgrade(end)
    talk(end, b"y" * 1500)
    bye(end)

    end = connect()
    upgrade(end)
    talk(end, b"z" * 17000)  # more than the 16 KiB of one record
    bye(end)


def resumes():
    """Two connections; the second resumes the session of the first."""
    end = connect()
    upgrade(end)
    talk(end)
    session = end.sock.session  # TLS 1.3 brings it after the handshake
    bye(end)
    end = connect(session)
    upgrade(end)
    talk(end)
    bye(end)


def renegotiates():
    end = connect()
    upgrade(end)
    talk(end, b"in the first session")
    openssl(end.sock, "SSL_renegotiate")
    end.sock.do_handshake()
    talk(end, b"in the second session")
    bye(end)


def early(rejected):
    """The second connection sends its opening request as early data."""
    end = connect()
    upgrade(end)
    talk(end)
    session = end.sock.session
    bye(end)
    sent = []

    class Early:
        """Stands in for an End while `upgrade` writes its request."""
        def send(self, data):
            sent.append(data)

        def head(self):
            return ("not yet",)

    def before(tls):
        if rejected:  # a first key share which nginx does not take: HelloRetryRequest, and no early data
            openssl(tls, "SSL_ctrl", SET_GROUPS_LIST, ctypes.c_long(0), b"P-384:X25519")
        upgrade(Early())
        written = ctypes.c_size_t()
        openssl(tls, "SSL_write_early_data", sent[0], ctypes.c_size_t(len(sent[0])), ctypes.byref(written))
        say("early data", bytes=written.value)

    end = connect(session, before)
    status = {0: "not sent", 1: "rejected", 2: "accepted"}[openssl(end.sock, "SSL_get_early_data_status")]
    say("early data", text=status)
    if status == "rejected":
        end.send(sent[0])
    say("response", text=end.head()[0])
    talk(end)
    bye(end)


def linger_no_more(end):
    end.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_notify_only():
    """Ends TLS in order and the WebSocket not at all."""
    end = connect()
    upgrade(end)
    talk(end)
    end.until_end(timeout=0.3)


def resets():
    end = connect()
    upgrade(end)
    talk(end)
    linger_no_more(end)
    end.sock.close()


def resets_after_close_notify():
    end = connect()
    upgrade(end)
    talk(end)
    end.close(close_body(1000, b"bye"))
    end.message()
    linger_no_more(end)
    end.sock.settimeout(0)
    try:
        end.sock.unwrap()
    except OSError:
        pass
    end.sock.close()


def no_close_notify():
    end = connect()
    upgrade(end)
    talk(end)
    end.close(close_body(1000, b"bye"))
    end.message()
    end.sock.close()


def garbage():
    """A record which nobody has encrypted, between those of the session."""
    end = connect()
    upgrade(end)
    talk(end)
    plain = socket.socket(fileno=os.dup(end.sock.fileno()))
    plain.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    plain.close()
    end.until_end()


PLAYS = {
    "key-updates": key_updates,
    "padding": padding,
    "frames-and-records": frames_and_records,
    "resumes": resumes,
    "renegotiates": renegotiates,
    "early-data": lambda: early(rejected=False),
    "early-data-rejected": lambda: early(rejected=True),
    "close-notify-only": close_notify_only,
    "resets": resets,
    "resets-after-close-notify": resets_after_close_notify,
    "no-close-notify": no_close_notify,
    "garbage": garbage,
}
PLAYS[sys.argv[2]]()
