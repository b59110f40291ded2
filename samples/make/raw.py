"""Scripted ends: what no library would send, written byte for byte to a socket.

    python3 raw.py client PLAY --port N
    python3 raw.py server PLAY --port N
    python3 raw.py proxy --port N                 an HTTP proxy which knows only CONNECT

Client and server take `--tls JSON` (tls_context.py).

A PLAY is a function below. Outside its one fault each end keeps the rules: it reads on, answers a
Close with the same body, and closes TCP (the server first). It prints one JSON object a line.
"""

import base64
import hashlib
import json
import os
import select
import socket
import ssl
import struct
import sys
import time

from tls_context import context

SIDE, PLAY = sys.argv[1], sys.argv[2]
PORT = int(sys.argv[sys.argv.index("--port") + 1])
TLS = context(SIDE, sys.argv[sys.argv.index("--tls") + 1] if "--tls" in sys.argv else None)
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING = 1, 8, 9


def say(event, **more):
    print(json.dumps({"side": SIDE, "library": "scripted socket (raw.py)", "event": event, **more}), flush=True)


def frame(opcode, payload=b"", fin=True, rsv=0, mask=SIDE == "client"):
    """Any frame at all; by default a conforming one of this side."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    head += bytes([bit | len(payload)]) if len(payload) < 126 else struct.pack("!BH", bit | 126, len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class End:
    """One end of one connection: the socket, and a reader which notes what it saw."""

    def __init__(self, sock, answer_close=True, answer_ping=True):
        self.sock, self.buffer = sock, b""
        self.answer_close, self.answer_ping = answer_close, answer_ping
        self.close_sent = self.close_seen = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if TLS and not isinstance(sock, ssl.SSLSocket):
            sock.settimeout(15)
            named = {"server_hostname": "127.0.0.1"} if SIDE == "client" else {"server_side": True}
            try:
                self.sock = TLS.wrap_socket(sock, **named)
            except OSError as error:
                say("failed", text=f"{type(error).__name__}: {error}")
                raise SystemExit from error

    def send(self, data):
        self.sock.sendall(data)

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def take(self, size):
        while len(self.buffer) < size:
            self.fill()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def head(self):
        """An HTTP head, and a body if Content-Length announces one."""
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        fields = {k.strip().lower(): v.strip() for k, v in
                  (line.split(":", 1) for line in head.decode("latin-1").split("\r\n")[1:])}
        if SIDE == "client" and "content-length" in fields:
            self.take(int(fields["content-length"]))
        return head.decode("latin-1").split("\r\n")[0], fields

    def read_frame(self):
        first, second = self.take(2)
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", self.take(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.take(8))
        key = self.take(4) if second & 0x80 else bytes(4)
        payload = bytes(b ^ key[i % 4] for i, b in enumerate(self.take(size)))
        return first & 0x0F, payload

    def close(self, body=b"", **how):
        self.close_sent = body
        self.send(frame(CLOSE, body, **how))

    def message(self):
        """The next data message; answers pings on the way. None once a Close came."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == CLOSE:
                self.close_seen = payload
                code = struct.unpack("!H", payload[:2])[0] if payload else None
                say("received Close", code=code, reason=payload[2:].decode("utf-8", "replace"))
                if self.answer_close and self.close_sent is None:
                    try:
                        self.close(payload)
                    except OSError as error:
                        say("could not answer the Close", text=str(error))
                return None
            if opcode == PING:
                say("received Ping", answered=self.answer_ping)
                if self.answer_ping:
                    self.send(frame(10, payload))
                continue
            say("received", opcode=opcode, bytes=len(payload))
            return payload

    def until_end(self, timeout=15):
        """Reads to the end of the connection, in the order §7.1.1 asks: the server closes TCP first."""
        self.sock.settimeout(timeout)
        try:
            while self.close_seen is None and self.message() is not None:
                pass
            if SIDE == "client" or not self.answer_close:
                while self.sock.recv(65536):
                    pass
                say("end", text="EOF (FIN received)")
        except EOFError:
            say("end", text="EOF (FIN received)")
        except OSError as error:
            say("end", text=f"{type(error).__name__}: {error}")
        if TLS:
            try:
                self.sock.settimeout(0)
                self.sock.unwrap()  # close_notify; does not wait for the other's
            except OSError:
                pass
        self.sock.close()


# --- client plays: one good message first, then the fault --------------------------------------

def upgrade(end, *extra):
    key = base64.b64encode(os.urandom(16)).decode()
    end.send("\r\n".join([
        "GET / HTTP/1.1", f"Host: 127.0.0.1:{PORT}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *extra, "", ""]).encode())
    say("response", text=end.head()[0])


def connect():
    return End(socket.create_connection(("127.0.0.1", PORT)))


def client_sends(*frames):
    def play():
        end = connect()
        upgrade(end)
        end.send(frame(TEXT, b"hello"))
        end.message()
        for data in frames:
            end.send(data)
        if frames[-1][0] & 0x0F == CLOSE:
            end.close_sent = True
        end.until_end()
    return play


def close_body(code, reason=b""):
    return struct.pack("!H", code) + reason


def client_deaf():
    """Never answers a ping: TCP acknowledges it, the application sleeps."""
    end = connect()
    end.answer_ping = False
    upgrade(end)
    end.send(frame(TEXT, b"hello"))
    end.message()
    end.until_end()


def client_keep_alive():
    """An ordinary GET first, then the upgrade on the same TCP connection."""
    end = connect()
    end.send(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: keep-alive\r\n\r\n".encode())
    say("response", text=end.head()[0])
    upgrade(end)
    end.send(frame(TEXT, b"hello"))
    end.message()
    end.close(close_body(1000, b"done"))
    end.until_end()


def client_unmasked_then_closes():
    """For a server which does not mind: the unmasked text is echoed, and the client closes cleanly."""
    end = connect()
    upgrade(end)
    end.send(frame(TEXT, b"no mask", mask=False))
    end.message()
    end.close(close_body(1000, b"done"))
    end.until_end()


CLIENT = {
    "unmasked-then-closes": client_unmasked_then_closes,
    "unmasked": client_sends(frame(TEXT, b"no mask", mask=False)),
    "rsv1": client_sends(frame(TEXT, b"rsv1 is set", rsv=4)),
    "reserved-opcode": client_sends(frame(3, b"opcode 3")),
    "bad-utf8": client_sends(frame(TEXT, b"caf\xe9")),  # é in Latin-1
    "long-ping": client_sends(frame(PING, b"p" * 126)),
    "close-1006": client_sends(frame(CLOSE, close_body(1006))),
    "close-2999": client_sends(frame(CLOSE, close_body(2999, b"mine"))),
    "deaf": client_deaf,
    "keep-alive": client_keep_alive,
}


# --- server plays ------------------------------------------------------------------------------

def accept(hashed=lambda key: key + GUID, extra=lambda request: [], **how):
    listener = socket.create_server(("127.0.0.1", PORT))
    say("listening")
    end = End(listener.accept()[0], **how)
    line, request = end.head()
    say("request", text=line)
    digest = hashlib.sha1(hashed(request["sec-websocket-key"]).encode()).digest()
    end.send("\r\n".join([
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}", *extra(request), "", ""]).encode())
    return end


def server_sends(data):
    """Echoes one message, then sends the fault."""
    def play():
        end = accept()
        text = end.message()
        end.send(frame(TEXT, text))
        end.send(data)
        end.until_end()
    return play


def server_wrong_accept():
    end = accept(lambda key: key)  # the digest of the bare key: the GUID was forgotten
    end.until_end()


def server_subprotocol():
    """Chooses a subprotocol nobody asked for."""
    end = accept(extra=lambda request: ["Sec-WebSocket-Protocol: chat.v9"])
    end.until_end()


def server_data_after_close():
    """Closes, and then has one more message to say."""
    end = accept()
    end.send(frame(TEXT, end.message()))
    end.close(close_body(1000, b"done"))
    end.send(frame(TEXT, b"one more thing"))
    end.until_end()


def server_never_answers():
    """Reads the Close and stays silent until the client gives up."""
    end = accept(answer_close=False)
    end.send(frame(TEXT, end.message()))
    end.until_end()


SERVER = {
    "masked": server_sends(frame(TEXT, b"masked by a server", mask=True)),
    "bad-utf8": server_sends(frame(TEXT, b"caf\xe9")),
    "orphan": server_sends(frame(0, b"continues nothing")),
    "data-after-close": server_data_after_close,
    "wrong-accept": server_wrong_accept,
    "subprotocol": server_subprotocol,
    "never-answers": server_never_answers,
}


# --- a CONNECT proxy ---------------------------------------------------------------------------

def proxy():
    listener = socket.create_server(("127.0.0.1", PORT))
    say("listening")
    client = listener.accept()[0]
    line, _ = End(client).head()
    say("request", text=line)
    host, port = line.split()[1].rsplit(":", 1)
    target = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    other = {client: target, target: client}
    while other:
        for sock in select.select(list(other), [], [])[0]:
            data = sock.recv(65536)
            if data:
                (target if sock is client else client).sendall(data)
                continue
            say("FIN passed on", by="client" if sock is client else "target")
            other.pop(sock).shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    {"client": lambda: CLIENT[PLAY](), "server": lambda: SERVER[PLAY](), "proxy": proxy}[SIDE]()
