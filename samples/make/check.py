#!/usr/bin/env python3
"""Compares each note's JSON with what is on the wire, by a reading of its own (tshark + 60 lines).

    python3 samples/make/check.py [NAME...]         says OK or what differs
    python3 samples/make/check.py --packets NAME    prints the packets as the notes cite them
"""

import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import tls_reading

SAMPLES = Path(__file__).resolve().parent.parent
REAL, TLS = (Path(os.environ.get("SAMPLES_OUT", SAMPLES / folder)) for folder in ("real", "tls"))
FIELDS = ["frame.number", "frame.time_relative", "tcp.stream", "tcp.srcport", "tcp.seq", "tcp.ack",
          "tcp.flags", "tcp.payload"]
NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "Close", 9: "Ping", 10: "Pong"}


def packets(path):
    command = ["tshark", "-r", path, "-T", "fields", *[a for f in FIELDS for a in ("-e", f)]]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        number, time, stream, source, seq, ack, flags, payload = line.split("\t")
        if not stream:
            continue  # the first fragment of a datagram
        yield (int(number), float(time), int(stream), int(source), int(seq), int(ack), int(flags, 16),
               bytes.fromhex(payload.replace(":", "")))


class Side:
    def __init__(self):
        self.data, self.starts = b"", []  # bytes, and (offset, packet number, ack) where each packet began

    def add(self, number, seq, ack, payload):
        if seq - 1 == len(self.data):  # anything else is a retransmission: these captures lose nothing
            self.starts.append((len(self.data), number, ack))
            self.data += payload

    def at(self, offset):
        return [start for start in self.starts if start[0] <= offset][-1]

    def frames(self, offset):
        """Frames from here on; stops at what cannot be one."""
        data = self.data
        while len(data) - offset >= 2:
            start, (first, second) = offset, data[offset:offset + 2]
            size, offset = second & 0x7F, offset + 2
            if size > 125:
                width = 2 if size == 126 else 8
                size, offset = int.from_bytes(data[offset:offset + width], "big"), offset + width
            key, offset = (data[offset:offset + 4], offset + 4) if second & 0x80 else (bytes(4), offset)
            if offset + size > len(data):
                return
            payload = bytes(b ^ key[i % 4] for i, b in enumerate(data[offset:offset + size]))
            yield start, first, bool(second & 0x80), payload
            offset += size


def close_body(payload):
    if not payload:
        return {"code": None, "reason": ""}
    return {"code": struct.unpack("!H", payload[:2])[0], "reason": payload[2:].decode("utf-8", "replace")}


def initiator(facts, ends):
    """Who began to end it. Both, if neither Close acknowledges the other (then neither is an answer)."""
    if facts["status"] != 101:
        return "server"
    if facts["client_sent"] and facts["server_sent"] and len(ends) == 2:
        client, server = ends["client"], ends["server"]
        if client[2] <= server[1] and server[2] <= client[1]:
            return "both"
    return min(ends, key=lambda who: ends[who][0]) if ends else "none"


def read(path):
    """Facts of the first connection, and a line per packet."""
    return read_packets(packets(path))


def read_packets(packets):
    facts = {"client_sent": None, "server_sent": None, "tcp_end": {"by": "none", "how": "none"}}
    ends = {}  # the first sign of closing from each side: (packet, seq, ack)
    streams, lines, side, client = set(), [], {"client": Side(), "server": Side()}, None
    for number, time, stream, source, seq, ack, flags, payload in packets:
        streams.add(stream)
        client = client or source
        if stream:
            continue
        who = "client" if source == client else "server"
        if payload:
            side[who].add(number, seq, ack, payload)
        how = "rst" if flags & 4 else "fin" if flags & 1 else None
        if how and facts["tcp_end"]["by"] == "none":
            facts["tcp_end"] = {"by": who, "how": how}
            ends[who] = (number, seq, ack)
        names = " ".join(n for bit, n in ((2, "SYN"), (1, "FIN"), (4, "RST"), (16, "ACK")) if flags & bit)
        lines.append(f"{number:>3} {time:9.6f} {who}  {names:<8} seq {seq} ack {ack} len {len(payload)}")
    facts["connections"] = len(streams)

    heads = list(re.finditer(rb"HTTP/1\.[01] (\d{3}) [^\0]*?\r\n\r\n", side["server"].data))
    upgraded = next((h for h in heads if h[1] == b"101"), None)
    facts["status"] = int((upgraded or heads[-1])[1]) if heads else None
    frames = []
    if upgraded:
        request = re.search(rb"GET [^\0]*?sec-websocket-key[^\0]*?\r\n\r\n", side["client"].data, re.I)
        for who, begin in (("client", request.end()), ("server", upgraded.end())):
            for start, first, masked, payload in side[who].frames(begin):
                _, number, ack = side[who].at(start)
                frames.append((number, who, first, masked, payload, ack, start + 1))
                if first == 0x88 and facts[f"{who}_sent"] is None:
                    facts[f"{who}_sent"] = close_body(payload)
                    if who not in ends or number <= ends[who][0]:
                        ends[who] = (number, start + 1, ack)
                if first & 0x70 and first & 0x0F == 8:
                    break  # not a frame: text in the stream
    facts["initiator"] = initiator(facts, ends)
    for number, who, first, masked, payload, ack, seq in sorted(frames, key=lambda f: f[0]):
        name = NAMES.get(first & 0x0F, f"opcode {first & 0x0F:#x}")
        body = close_body(payload) if first == 0x88 else payload[:60]
        lines.append(f"packet {number}: {who} {name} fin={first >> 7} rsv={first >> 4 & 7} masked={masked} "
                     f"len={len(payload)} seq={seq} ack={ack} {body}")
    return facts, lines


def note_json(path):
    blocks = re.findall(r"^```json\n(.*?)^```$", path.read_text(), re.S | re.M)
    assert len(blocks) == 1, f"{path.name}: {len(blocks)} JSON blocks"
    return json.loads(blocks[0])


def readings(path):
    """Of each connection what `read` gives; what is in TLS is read by tshark first."""
    if path.parent == TLS and not path.stem.endswith("-clear"):
        for packets, session in tls_reading.connections(path):
            facts, lines = read_packets((number, time, 0, *rest) for number, time, _, *rest in packets)
            yield facts | {"tls": session}, lines
    else:
        yield read(path)


if __name__ == "__main__":
    names = [n for n in sys.argv[1:] if n != "--packets"]
    captures = [p for folder in dict.fromkeys([REAL, TLS]) for p in sorted(folder.glob("*.pcap*"))
                if not names or p.name.split(".")[0] in names]
    bad = 0
    for path in captures:
        note = note_json(path.parent / f"{path.name.split('.')[0]}.md")
        found = list(readings(path))
        if "--packets" in sys.argv:
            for facts, lines in found:
                print(path.name, json.dumps(facts), *lines, sep="\n")
            continue
        sessions, differs = note.get("tls", [{}]), {}
        for (facts, _), session in zip(found, sessions, strict=True):
            # What differs between the connections of a capture stands beside each session.
            expected = {**note, **session, "tls": {k: session[k] for k in ("version", "suite", "alerts") if k in session}}
            facts["connections"] = len(found) if "tls" in facts else facts["connections"]
            if note.get("keys") == "none":
                facts = {"tcp_end": facts["tcp_end"], "connections": len(found)}  # what can be seen from outside
            elif "tls" in facts:
                facts["tls"] = tls_reading.named(facts["tls"])
            differs |= {k: (expected[k], v) for k, v in facts.items() if expected[k] != v}
        bad += bool(differs)
        print(f"{path.name}: {'OK' if not differs else differs}")
    sys.exit(bool(bad))
