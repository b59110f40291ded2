"""What tshark reads out of a capture of TLS, in the form in which check.py takes packets."""

import functools
import re
import subprocess
import tempfile
from collections import defaultdict

TLS13 = ":".join(f"TLS_{name}_SHA256" for name in ("AES_128_GCM", "CHACHA20_POLY1305", "AES_128_CCM", "AES_128_CCM_8"))
TLS13 += ":TLS_AES_256_GCM_SHA384"
FIELDS = ["frame.number", "frame.time_relative", "tcp.stream", "tcp.srcport", "tcp.seq", "tcp.ack", "tcp.flags",
          "tls.record.content_type", "tls.alert_message.desc", "tls.handshake.type", "tls.handshake.ciphersuite",
          "tls.handshake.version", "tls.handshake.extensions.supported_version", "tcp.payload"]
VERSIONS = {"0x0301": "TLS 1.0", "0x0302": "TLS 1.1", "0x0303": "TLS 1.2", "0x0304": "TLS 1.3"}
APPLICATION_DATA = "23"
ALERTS = {0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 40: "handshake_failure", 42: "bad_certificate",
          45: "certificate_expired", 46: "certificate_unknown", 48: "unknown_ca", 50: "decode_error", 70: "protocol_version",
          71: "insufficient_security", 80: "internal_error", 100: "no_renegotiation", 112: "unrecognized_name",
          116: "certificate_required", 120: "no_application_protocol"}


@functools.cache
def suites():
    """The names of the suites that OpenSSL knows, by their numbers."""
    # ALL leaves out what is weak, and two of TLS 1.3.
    command = ["openssl", "ciphers", "-V", "-stdname", "-ciphersuites", TLS13, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = (re.match(r" *0x(..),0x(..) - (\S+)", line) for line in lines)
    return {int(line[1] + line[2], 16): line[3] for line in found if line}


def named(session):
    """As the notes have it."""
    alerts = {side: [ALERTS.get(alert, alert) for alert in sent] for side, sent in session["alerts"].items()}
    return {**session, "suite": suites().get(session["suite"], session["suite"]), "alerts": alerts}


def stored_keys(path):
    """The lines of a key log beside a capture, or anywhere in it: tshark itself wants them ahead of their packets."""
    beside = path.with_suffix(".keys")
    label = rb"(?:CLIENT|SERVER|EXPORTER|EARLY)_[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]+"
    return beside.read_bytes() if beside.exists() else b"\n".join(re.findall(label, path.read_bytes())) + b"\n"


def tshark(path, *args):
    with tempfile.NamedTemporaryFile() as keys:
        keys.write(stored_keys(path))
        keys.flush()
        command = ["tshark", "-r", path, "-o", f"tls.keylog_file:{keys.name}", *args]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def plaintexts(path, clients):
    """Of each stream the application data of each record, by the index of its sender: 0 is the client."""
    asked = [a for stream in clients for a in ("-z", f"follow,tls,raw,{stream}")]
    found = {stream: {0: [], 1: []} for stream in clients}
    # One section a stream; tshark prints the last one first.
    for section in tshark(path, "-q", *asked).split("Follow: tls,raw\nFilter: tcp.stream eq ")[1:]:
        lines = section.splitlines()
        stream, node = int(lines[0]), lines[1]
        for line in lines[3:]:
            if line.startswith("="):
                break
            # The lines of Node 1 are indented; either may be the client.
            found[stream][line.startswith("\t") == node.endswith(f":{clients[stream]}")].append(bytes.fromhex(line))
    return found


def connections(path):
    """For each connection its packets as check.py takes them, with the plaintext, and the facts of its session."""
    rows = [line.split("\t") for line in tshark(path, "-T", "fields", *[a for f in FIELDS for a in ("-e", f)]).splitlines()]
    streams = defaultdict(list)
    for row in rows:
        streams[int(row[2])].append(row)
    texts = plaintexts(path, {stream: rows[0][3] for stream, rows in streams.items()})
    for stream, rows in streams.items():
        client, records, packets = rows[0][3], texts[stream], []
        session = {"version": None, "suite": None, "alerts": {"client": [], "server": []}}
        hellos = sum(row[9].split(",").count("1") for row in rows)
        again = hellos > 1 and any("0x0304" in row[12] for row in rows)  # 1.2 has a second one in a renegotiation
        in_tls = any(row[7] for row in rows)
        offset, left = [1, 1], {}
        for sender, found in records.items():
            sent = sum(row[7].split(",").count(APPLICATION_DATA) for row in rows if int(row[3] != client) == sender)
            # Up to TLS 1.0 OpenSSL sends an empty record ahead of each, which tshark leaves out.
            left[sender] = iter([data for record in found for data in (b"", record)] if sent == 2 * len(found) else found)
        for number, time, _, source, _, ack, flags, types, alerts, handshakes, suites, version, supported, payload in rows:
            sender = int(source != client)
            data = b"".join(next(left[sender], b"") for kind in types.split(",") if kind == APPLICATION_DATA)
            if again and "1" in handshakes.split(","):
                data = b""  # early data in front of a HelloRetryRequest: the server passed over it
            if not in_tls:
                data = bytes.fromhex(payload.replace(":", ""))
            packets.append((int(number), float(time), stream, int(source), offset[sender], int(ack), int(flags, 16), data))
            offset[sender] += len(data)
            session["alerts"][("client", "server")[sender]] += [int(a) for a in alerts.split(",") if a]
            if sender and "2" in handshakes.split(","):
                session["suite"] = int(suites.split(",")[0], 16)
                session["version"] = VERSIONS[(supported or version).split(",")[0]]
        yield packets, session
