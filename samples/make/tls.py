"""The captures of WebSockets in TLS, and the logs of their keys.

A capture lands in samples/tls/ as NAME.pcapng with the keys inside (a Decryption Secrets Block), or
as NAME.pcap with NAME.keys beside it, or as NAME.pcap alone where nobody has the keys. NAME-clear.pcap
is the same play without TLS. The certificates are made for each run and thrown away.
"""

import atexit
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import stage
from stage import HERE, case, python

OUT = Path(os.environ.get("SAMPLES_OUT", HERE.parent / "tls"))
FOLDER = Path(tempfile.mkdtemp(prefix="samples-tls-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
KEYS = {side: FOLDER / f"{side}.keys" for side in ("client", "server", "front")}
SAID = ["--send", "hello"]

# OpenSSL's SSL_OP_*, by the same numbers in Node and in Python.
NO_EXTENDED_MASTER_SECRET, NO_TICKET, NO_ENCRYPT_THEN_MAC = 1 << 0, 1 << 14, 1 << 19
NO_RENEGOTIATION, DONT_INSERT_EMPTY_FRAGMENTS = 1 << 30, 1 << 11


# --- certificates --------------------------------------------------------------------------------

@functools.cache
def authority():
    """A certificate authority of our own."""
    run = functools.partial(subprocess.run, shell=True, check=True, cwd=FOLDER, capture_output=True)
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem"
        " -days 30 -subj '/CN=Sample authority'")
    return FOLDER / "ca.pem"


@functools.cache
def certificate(kind="ec", name="localhost", days=30):
    """A certificate for 127.0.0.1, as its file and that of its key."""
    authority()
    stem = f"{kind}-{name}-{days}"
    new = "ec -pkeyopt ec_paramgen_curve:P-256" if kind == "ec" else "rsa:2048"
    (FOLDER / f"{stem}.ext").write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1\n")
    for command in [
        f"openssl req -newkey {new} -nodes -keyout {stem}.key -out {stem}.csr -subj /CN={name}",
        f"openssl x509 -req -in {stem}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days}"
        f" -extfile {stem}.ext -out {stem}.pem",
    ]:
        subprocess.run(command, shell=True, check=True, cwd=FOLDER, capture_output=True)
    return FOLDER / f"{stem}.pem", FOLDER / f"{stem}.key"


# --- the ends --------------------------------------------------------------------------------------
# As those of stage.py, over TLS with the options given, or without TLS for the twin of a capture.

secure = True


def url(port):
    return stage.url(port, scheme="wss" if secure else "ws")


def for_node(side, **how):
    """The options of an end of Node, and the flag with which it logs its keys."""
    if not secure:
        return [], {}
    own = {"caFile": authority()} if side == "client" else {}
    cert = how.pop("cert", certificate() if side == "server" else None)
    if cert:
        own["certFile"], own["keyFile"] = cert  # each a file, or several
    return (["--tls", json.dumps({**own, **how}, default=str)],
            {"flags": [f"--tls-keylog={KEYS[side]}", "--no-warnings"]})


def for_python(side, **how):
    if not secure:
        return []
    own = {"ca": authority()} if side == "client" else {}
    certs = how.pop("cert", [certificate()] if side == "server" else [])
    own |= {"cert": [c for c, _ in certs], "key": [k for _, k in certs], "keylog": KEYS[side]}
    return ["--tls", json.dumps({**own, **how}, default=str)]


def ws_server(port, *args, **how):
    more, flags = for_node("server", **how)
    return stage.ws_server(port, *args, *more, **flags)


def ws_client(port, *args, **how):
    more, flags = for_node("client", **how)
    return stage.ws_client(url(port), *args, *more, **flags)


def undici_client(port, *args, **how):
    more, flags = for_node("client", **how)
    return stage.undici_client(url(port), *args, *more, **flags)


def websockets_server(port, *args, **how):
    return stage.websockets_server(port, *args, *for_python("server", **how))


def aiohttp_server(port, *args, **how):
    return stage.aiohttp_server(port, *args, *for_python("server", **how))


def python_client(library, port, *args, **how):
    return stage.python_client(library, url(port), *args, *for_python("client", **how))


def raw_client(play, port, **how):
    return stage.raw_client(play, port, *for_python("client", **how))


def life(play, port, **how):
    """A scripted client with OpenSSL's own functions at hand (tls_life.py)."""
    return python("client", "tls_life.py", "client", play, "--port", port, *for_python("client", **how))


def chromium(port, *args, accepts=True):
    flags = [f"--flag=--ssl-key-log-file={KEYS['client']}", *(["--flag=--ignore-certificate-errors"] if accepts else [])]
    return stage.chromium(url(port), *args, *(flags if secure else []))


def raw_server(play, port, **how):
    return stage.raw_server(play, port, *for_python("server", **how))


# --- the captures ----------------------------------------------------------------------------------

def keep(target, form, keys, also_without=False):
    """The capture as it is stored, with the keys that one side has logged."""
    if also_without:
        shutil.copy(target, target.with_name(f"{target.stem}-no-keys.pcap"))
    lines = []
    for side in keys.split("+") if form != "none" else ():
        log = KEYS[side].read_text() if KEYS[side].exists() else ""
        lines += [line for line in log.splitlines(True) if line not in lines and line[0] != "#"]
    if form == "embedded":
        (FOLDER / "keys").write_text("".join(lines))
        packed = target.with_suffix(".pcapng")
        subprocess.run(["editcap", "-F", "pcapng", "--inject-secrets", f"tls,{FOLDER / 'keys'}", target, packed], check=True)
        target.unlink()
        return packed
    if form == "beside":
        target.with_suffix(".keys").write_text("".join(lines))
    return target


def capture(name, port, form="embedded", keys="client", twin=False, also_without=False, **how):
    """Registers a capture, with `twin` the same play without TLS, and `also_without` a copy without the keys."""
    def register(play):
        def run(port, with_tls):
            global secure
            secure = with_tls
            for log in KEYS.values():
                log.unlink(missing_ok=True)
            play(port)

        stored = {"captured": lambda target: keep(target, form, keys, also_without), **how}
        case(f"{name}.pcap", port, out=OUT, **stored)(lambda port: run(port, True))
        if twin:
            case(f"{name}-clear.pcap", port, out=OUT)(lambda port: run(port, False))
        return play
    return register


# --- the usual suites, and the usual ends ------------------------------------------------------------

TLS13 = {"aes128-gcm": "TLS_AES_128_GCM_SHA256", "aes256-gcm": "TLS_AES_256_GCM_SHA384",
         "chacha20": "TLS_CHACHA20_POLY1305_SHA256"}
BYE = ["--then", "close:1000:bye"]


@capture("tls13-aes128-gcm-close-1000", 9501, twin=True)
def _(port):
    server = websockets_server(port)
    ws_client(port, *SAID, *BYE, ciphers=TLS13["aes128-gcm"]).finish()
    server.wait_for("close")


@capture("tls13-aes256-gcm-empty-close", 9502, form="beside", twin=True)
def _(port):
    server = websockets_server(port)
    ws_client(port, *SAID, "--then", "close").finish()
    server.wait_for("close")


@capture("tls13-chacha20-server-closes-1001", 9503, keys="server", twin=True)
def _(port):
    server = websockets_server(port)
    client = ws_client(port, *SAID, ciphers=TLS13["chacha20"]).wait_for("message")
    time.sleep(0.3)
    server.signal(signal.SIGTERM).finish()
    client.finish()


@capture("tls12-aes128-gcm-close-1000", 9504, form="beside", twin=True, also_without=True)
def _(port):
    server = ws_server(port, maxVersion="TLSv1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    python_client("websockets", port, *SAID, *BYE).finish()
    server.wait_for("close")


@capture("tls13-bad-utf8-to-ws", 9505, twin=True, also_without=True)
def _(port):
    server = ws_server(port)
    raw_client("bad-utf8", port).finish()
    server.wait_for("close")


@capture("tls13-unmasked-to-websockets", 9506, twin=True)
def _(port):
    server = websockets_server(port)
    raw_client("unmasked", port).finish()
    server.wait_for("close")


@capture("tls12-masked-to-undici", 9507, form="beside", keys="server", twin=True)
def _(port):
    server = raw_server("masked", port, max="TLSv1_2")
    undici_client(port, *SAID).finish()
    server.finish()


@capture("tls13-server-killed", 9508, twin=True, also_without=True)
def _(port):
    server = aiohttp_server(port)
    client = undici_client(port, *SAID).wait_for("message")
    time.sleep(0.3)
    server.signal(signal.SIGKILL)
    client.finish()


@capture("tls12-ws-client-terminates", 9509, form="beside", twin=True)
def _(port):
    server = websockets_server(port, max="TLSv1_2")
    ws_client(port, *SAID, "--then", "terminate").finish()
    server.wait_for("close")


# --- every suite and version: one connection for each, all alike inside --------------------------------

LONGER = [*SAID, "--send", "a longer text, of more than one block of any cipher " * 5]
ANY = {"ciphers": "ALL:@SECLEVEL=0", "minVersion": "TLSv1", "dhparam": "auto"}


def for_each(port, connections):
    """A ws server which takes everything, and a ws client for each connection, with its options."""
    server = ws_server(port, cert=list(zip(certificate("ec"), certificate("rsa"))), **ANY)
    for how in connections:
        seen = server.events.count("close")
        ws_client(port, *LONGER, *BYE, **how).finish()
        while server.events.count("close") == seen:
            time.sleep(0.05)


def each(*suites, version="TLSv1.2", **how):
    return [{"ciphers": f"{suite}:@SECLEVEL=0", "minVersion": version, "maxVersion": version, **how} for suite in suites]


@capture("tls13-every-suite", 9510)
def _(port):
    names = [*TLS13.values(), "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]
    ws_server(port, ciphers=":".join(names) + ":ALL:@SECLEVEL=0")
    for name in names:
        ws_client(port, *LONGER, *BYE, ciphers=name + ":ALL:@SECLEVEL=0").finish()


ECDHE_AEAD = [f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
              for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")]
CCM = [f"ECDHE-ECDSA-AES{bits}-CCM{tag}" for bits in (128, 256) for tag in ("", "8")]
OTHER_AEAD = [f"{exchange}{cipher}" for exchange in ("DHE-RSA-", "") for cipher in
              ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM8")] + ["DHE-RSA-CHACHA20-POLY1305"]
CBC = [f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA") for cipher in ("AES128-SHA", "AES128-SHA256", "AES256-SHA384")]
CBC += ["DHE-RSA-AES256-SHA256", "DHE-RSA-AES128-SHA", "AES256-SHA", "AES128-SHA256"]
OLD_CBC = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "AES128-SHA"]


@capture("tls12-ecdhe-aead-suites", 9511)
def _(port):
    for_each(port, each(*ECDHE_AEAD, *CCM))


@capture("tls12-dhe-and-rsa-aead-suites", 9512, form="beside")
def _(port):
    for_each(port, each(*OTHER_AEAD))


@capture("tls12-cbc-encrypt-then-mac", 9513)
def _(port):
    for_each(port, each(*CBC))


@capture("tls12-cbc-mac-then-encrypt", 9514, form="beside")
def _(port):
    for_each(port, each(*CBC, secureOptions=NO_ENCRYPT_THEN_MAC))


@capture("tls12-without-extended-master-secret", 9515)
def _(port):
    suites = ["ECDHE-ECDSA-AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256"]
    for_each(port, each(*suites, secureOptions=NO_EXTENDED_MASTER_SECRET)
             + each(suites[2], secureOptions=NO_EXTENDED_MASTER_SECRET | NO_ENCRYPT_THEN_MAC))


@capture("tls11-cbc", 9516)
def _(port):
    for_each(port, each(*OLD_CBC, version="TLSv1.1") + each(*OLD_CBC, version="TLSv1.1", secureOptions=NO_ENCRYPT_THEN_MAC))


@capture("tls10-cbc", 9517, form="beside")
def _(port):
    for_each(port, each(*OLD_CBC, version="TLSv1") + each(*OLD_CBC, version="TLSv1", secureOptions=NO_ENCRYPT_THEN_MAC))


# --- a browser ---------------------------------------------------------------------------------------

@capture("chromium-tls13-close-1000", 9520, twin=True)
def _(port):
    server = ws_server(port)
    chromium(port, "--send", "hello", "--then", "close:1000:bye").finish()
    server.wait_for("close")


@capture("chromium-tls13-bad-utf8", 9521)
def _(port):
    server = raw_server("bad-utf8", port)
    chromium(port, "--send", "hello").finish()
    server.finish()


@capture("chromium-tls12-close-tab-1001", 9522, form="beside")
def _(port):
    server = websockets_server(port, max="TLSv1_2")
    chromium(port, "--send", "hello", "--then", "close-tab").finish()
    server.wait_for("close")


@capture("chromium-rejects-certificate", 9523)
def _(port):
    ws_server(port)
    chromium(port, accepts=False).finish()


# --- the life of a session -----------------------------------------------------------------------------

@capture("tls13-key-updates", 9530)
def _(port):
    ws_server(port)
    life("key-updates", port).finish()


@capture("tls13-padding", 9531, form="beside")
def _(port):
    ws_server(port)
    life("padding", port).finish()


@capture("tls13-frames-and-records", 9532)
def _(port):
    ws_server(port)
    life("frames-and-records", port).finish()


@capture("tls13-resumption", 9533)
def _(port):
    ws_server(port)
    life("resumes", port).finish()


@capture("tls12-resumption-with-ticket", 9534, form="beside")
def _(port):
    websockets_server(port, max="TLSv1_2")
    life("resumes", port).finish()


@capture("tls12-resumption-with-session-id", 9535)
def _(port):
    websockets_server(port, max="TLSv1_2", options=[NO_TICKET])
    life("resumes", port).finish()


@capture("tls12-renegotiation", 9536)
def _(port):
    ws_server(port, maxVersion="TLSv1.2")
    life("renegotiates", port, without=[NO_RENEGOTIATION]).finish()


@capture("tls13-hello-retry-request", 9537)
def _(port):
    server = websockets_server(port, curve="secp384r1")
    ws_client(port, *SAID, *BYE, ecdhCurve="X25519:P-384").finish()
    server.wait_for("close")


@capture("tls13-client-certificate", 9538)
def _(port):
    server = websockets_server(port, verify="require", ca=authority())
    ws_client(port, *SAID, *BYE, cert=certificate("ec", "client")).finish()
    server.wait_for("close")


def nginx(port, upstream, **how):
    """nginx which takes TLS off."""
    cert, key = certificate()
    return stage.in_front("nginx", "nginx-tls.conf", port=port, upstream=upstream, cert=cert, key=key, **how)


@capture("tls13-early-data-to-nginx", 9540)
def _(port):
    stage.ws_server(9640)
    nginx(port, 9640, early="on")
    life("early-data", port).finish()


@capture("tls13-early-data-rejected", 9541)
def _(port):
    stage.ws_server(9641)
    nginx(port, 9641, early="on")
    life("early-data-rejected", port).finish()


# --- proxies --------------------------------------------------------------------------------------------

@capture("tls13-through-connect-proxy", 9542)
def _(port):
    server = ws_server(9642)
    proxy = python("proxy", "raw.py", "proxy", "--port", port).wait_for("listening")
    python_client("websockets", 9642, *SAID, *BYE, "--proxy", f"http://127.0.0.1:{port}").finish()
    server.wait_for("close")
    proxy.finish()


@capture("nginx-tls-both-legs", 9543, also=[9643])
def _(port):
    server = stage.ws_server(9643)
    nginx(port, 9643, early="off")
    python_client("websockets", port, *SAID, *BYE).finish()
    server.wait_for("close")


@capture("nginx-tls-read-timeout", 9544)
def _(port):
    server = stage.ws_server(9644)
    nginx(port, 9644, early="off")
    python_client("websockets", port, *SAID).finish()
    server.wait_for("close")


@capture("haproxy-tls-tunnel-timeout", 9545, form="beside")
def _(port):
    cert, key = certificate()
    (FOLDER / "both.pem").write_text(cert.read_text() + key.read_text())
    stage.aiohttp_server(9645)
    stage.in_front("haproxy", "haproxy-tls.cfg", port=port, upstream=9645, both=FOLDER / "both.pem")
    undici_client(port, *SAID).finish()


# --- ends ------------------------------------------------------------------------------------------------

@capture("tls13-close-notify-without-close", 9550)
def _(port):
    server = ws_server(port)
    life("close-notify-only", port).finish()
    server.wait_for("close")


@capture("tls13-reset-without-close", 9551)
def _(port):
    server = websockets_server(port)
    life("resets", port).finish()
    server.wait_for("close")


@capture("tls13-reset-after-close-notify", 9552)
def _(port):
    server = websockets_server(port)
    life("resets-after-close-notify", port).finish()
    server.wait_for("close")


@capture("tls13-close-1000-no-close-notify", 9553)
def _(port):
    server = ws_server(port)
    life("no-close-notify", port).finish()
    server.wait_for("close")


@capture("tls13-garbage-in-a-record", 9554)
def _(port):
    server = ws_server(port)
    life("garbage", port).finish()
    server.wait_for("close")


def in_turn(*pairs):
    """Servers on the same port, one after the other, with a client each."""
    for serve, connect in pairs:
        server = serve()
        connect().finish()
        time.sleep(0.3)
        server.signal(signal.SIGTERM).finish()


def other_authority():
    """The certificate of an authority which has not signed those of the servers."""
    return certificate("ec", "other")[0]


@capture("tls-handshake-alerts", 9560, keys="client+server")
def _(port):
    in_turn(
        (lambda: ws_server(port, minVersion="TLSv1.3"), lambda: python_client("websockets", port, max="TLSv1_2")),
        (lambda: ws_server(port, maxVersion="TLSv1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"),
         lambda: python_client("websockets", port, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384", max="TLSv1_2")),
        (lambda: ws_server(port, ALPNProtocols=["http/1.1"]), lambda: python_client("websockets", port, alpn=["mqtt"])),
        (lambda: ws_server(port), lambda: raw_client("unmasked", port, ca=other_authority())),
        (lambda: ws_server(port, cert=certificate(days=-1)), lambda: raw_client("unmasked", port)),
        (lambda: ws_server(port, maxVersion="TLSv1.2"), lambda: raw_client("unmasked", port, ca=other_authority())),
        (lambda: raw_server("masked", port, verify="require", ca=authority()), lambda: ws_client(port)),
        (lambda: raw_server("masked", port, verify="require", ca=authority(), max="TLSv1_2"), lambda: ws_client(port)),
        (lambda: ws_server(port, requestCert=True, rejectUnauthorized=True, caFile=authority()), lambda: python_client("websockets", port)),
    )


@capture("tls-handshake-ends-without-alert", 9563, keys="client+server")
def _(port):
    in_turn(
        (lambda: ws_server(port), lambda: python_client("websockets", port, ca=other_authority())),
        (lambda: websockets_server(port), lambda: ws_client(port, caFile=other_authority())),
        (lambda: ws_server(port, cert=certificate(days=-1)), lambda: python_client("aiohttp", port)),
        (lambda: aiohttp_server(port), lambda: undici_client(port, caFile=other_authority())),
        (lambda: websockets_server(port, min="TLSv1_3"), lambda: ws_client(port, maxVersion="TLSv1.2")),
        (lambda: websockets_server(port, verify="require", ca=authority()), lambda: ws_client(port)),
        (lambda: aiohttp_server(port, verify="require", ca=authority(), max="TLSv1_2"), lambda: ws_client(port)),
    )


@capture("plain-to-a-port-of-tls", 9561, form="none")
def _(port):
    plain = stage.url(port)
    in_turn(
        (lambda: ws_server(port), lambda: stage.python_client("websockets", plain)),
        (lambda: websockets_server(port), lambda: stage.ws_client(plain)),
        (lambda: aiohttp_server(port), lambda: stage.undici_client(plain)),
        (lambda: nginx(port, 9661, early="off"), lambda: stage.ws_client(plain)),
    )


@capture("tls-to-a-port-without", 9562, form="none")
def _(port):
    in_turn(
        (lambda: stage.ws_server(port), lambda: python_client("websockets", port)),
        (lambda: stage.websockets_server(port), lambda: ws_client(port)),
        (lambda: stage.aiohttp_server(port), lambda: undici_client(port)),
        (lambda: stage.in_front("nginx", "nginx.conf", port=port, upstream=9662), lambda: python_client("aiohttp", port)),
    )


# --- keys where nobody looks for them ------------------------------------------------------------------

def block(kind, body, options=b""):
    """A block of pcapng, little-endian."""
    body += bytes(-len(body) % 4) + options
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def section(comment=None):
    """The beginning of a section: its header, and one Ethernet interface with microseconds."""
    options = b""
    if comment:
        options = struct.pack("<HH", 1, len(comment)) + comment + bytes(-len(comment) % 4) + bytes(4)
    head = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1), options)
    return head + block(1, struct.pack("<HHI", 1, 0, 262144))


def secrets(keys):
    return block(10, struct.pack("<II", 0x544C534B, len(keys)) + keys)  # 0x544c534b: a TLS key log


def enhanced(packets):
    return b"".join(block(6, struct.pack("<IIIII", 0, *divmod(time, 1 << 32), len(data), len(data)) + data)
                    for time, data in packets)


def odd_places(target):
    """The same packets with their keys in four other places."""
    raw, packets, at = target.read_bytes(), [], 24
    while at < len(raw):
        seconds, micros, size, _ = struct.unpack_from("<4I", raw, at)
        packets.append((seconds * 1_000_000 + micros, raw[at + 16:at + 16 + size]))
        at += 16 + size
    keys = b"".join(line for line in KEYS["client"].read_bytes().splitlines(True) if line[:1] != b"#")
    # The second connection begins with the second SYN without ACK; behind 14 bytes of Ethernet and 20 of IP.
    second = [n for n, (_, data) in enumerate(packets) if data[34 + 13] & 0x12 == 2][1]
    first_keys, second_keys = keys.splitlines(True)[:5], keys.splitlines(True)[5:]
    strange = b"# a comment\r\n\r\nRSA 0000 1111\r\n" + keys.replace(b"\n", b"\r\n") + b"CLIENT_RANDOM cut off"
    shapes = {
        "at-the-end": section() + enhanced(packets) + secrets(keys),
        "in-the-middle": section() + enhanced(packets[:second]) + secrets(strange) + enhanced(packets[second:]),
        "two-sections": section() + secrets(b"".join(first_keys)) + enhanced(packets[:second])
        + section() + secrets(b"".join(second_keys)) + enhanced(packets[second:]),
        "in-a-comment": section(keys) + enhanced(packets),
    }
    for name, content in shapes.items():
        target.with_name(f"keys-{name}.pcapng").write_bytes(content)
    target.unlink()
    return target.with_name("keys-at-the-end.pcapng")


@capture("keys-in-odd-places", 9570, captured=odd_places)
def _(port):
    server = ws_server(port)
    for _ in range(2):
        python_client("websockets", port, *SAID, *BYE).finish()
    server.wait_for("close")


# --- other stacks, other suites --------------------------------------------------------------------------------------

@capture("tls13-undici-closes-4000-to-aiohttp", 9580, twin=True)
def _(port):
    server = aiohttp_server(port)
    undici_client(port, *SAID, "--then", "close:4000:session over").finish()
    server.wait_for("close")


@capture("tls13-aiohttp-client-close-1000", 9581, form="beside")
def _(port):
    server = ws_server(port)
    python_client("aiohttp", port, *SAID, *BYE).finish()
    server.wait_for("close")


@capture("tls12-camellia", 9582)
def _(port):
    for_each(port, each("ECDHE-RSA-CAMELLIA128-SHA256", "ECDHE-ECDSA-CAMELLIA256-SHA384"))


@capture("tls10-record-splitting", 9583, keys="server")
def _(port):
    server = websockets_server(port, cert=[certificate("rsa")], ciphers="ALL:@SECLEVEL=0", min="TLSv1", max="TLSv1")
    subprocess.run(f"openssl pkcs12 -export -nokeys -in {authority()} -out trust.p12 -passout pass:sample"
                   " -jdktrust anyExtendedKeyUsage 2>/dev/null || keytool -importcert -noprompt -alias sample"
                   f" -file {authority()} -keystore trust.p12 -storetype PKCS12 -storepass sample",
                   shell=True, check=True, cwd=FOLDER, capture_output=True)
    (FOLDER / "java.security").write_text("jdk.tls.disabledAlgorithms=\n")
    stage.Process("client", "java", f"-Djava.security.properties={FOLDER / 'java.security'}", "-Djdk.tls.client.protocols=TLSv1",
                  f"-Djavax.net.ssl.trustStore={FOLDER / 'trust.p12'}", "-Djavax.net.ssl.trustStorePassword=sample",
                  "JavaClient.java", url(port)).finish()
    server.wait_for("close")
