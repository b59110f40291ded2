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


def raw_server(play, port, **how):
    return stage.raw_server(play, port, *for_python("server", **how))


# --- the captures ----------------------------------------------------------------------------------

def keep(name, target, form, keys):
    """The capture as it is stored, with the keys that one side has logged."""
    lines = []
    for side in keys.split("+") if form != "none" else ():
        lines += [line for line in KEYS[side].read_text().splitlines(True) if line not in lines and line[0] != "#"]
    if form == "embedded":
        (FOLDER / "keys").write_text("".join(lines))
        packed = target.with_suffix(".pcapng")
        subprocess.run(["editcap", "-F", "pcapng", "--inject-secrets", f"tls,{FOLDER / 'keys'}", target, packed], check=True)
        target.unlink()
        return packed
    if form == "beside":
        target.with_suffix(".keys").write_text("".join(lines))
    return target


def capture(name, port, form="embedded", keys="client", twin=False):
    """Registers a capture, and with `twin` the same play without TLS."""
    def register(play):
        def run(port, with_tls):
            global secure
            secure = with_tls
            for log in KEYS.values():
                log.unlink(missing_ok=True)
            play(port)

        case(f"{name}.pcap", port, out=OUT, captured=lambda target: keep(name, target, form, keys))(lambda port: run(port, True))
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


@capture("tls12-aes128-gcm-close-1000", 9504, form="beside", twin=True)
def _(port):
    server = ws_server(port, maxVersion="TLSv1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    python_client("websockets", port, *SAID, *BYE).finish()
    server.wait_for("close")


@capture("tls13-bad-utf8-to-ws", 9505, twin=True)
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


@capture("tls13-server-killed", 9508, twin=True)
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
