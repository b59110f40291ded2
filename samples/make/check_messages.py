#!/usr/bin/env python3
"""Compares the messages in a capture, inflated, with what the programs recorded that they had sent.

    python3 samples/make/check_messages.py [NAME...]       says OK or what differs

It reads frames as check.py does and inflates with zlib, keeping the window unless no_context_takeover
was agreed. What was recorded stands in NAME.messages, or a message a line in NAME.texts.gz.
"""

import gzip
import hashlib
import re
import sys
import zlib

from check import REAL, Side, packets

FIELD = rb"sec-websocket-extensions: *([^\r]*)"


def messages(frames, resets, compressed):
    """(kind, content) for every message that is complete."""
    inflate, kind, parts, deflated = zlib.decompressobj(-15), None, [], False
    for _, first, _, payload in frames:
        opcode = first & 0x0F
        if opcode > 2:
            continue
        if opcode:
            kind, parts, deflated = {1: "text", 2: "binary"}[opcode], [], bool(first & 0x40)
        parts.append(payload)
        if not first & 0x80:
            continue
        data = b"".join(parts)
        if deflated and compressed:
            if resets:
                inflate = zlib.decompressobj(-15)
            data += b"\0\0\xff\xff"
            out = b""
            while data:
                out += inflate.decompress(data)
                data = inflate.unused_data
                if inflate.eof:  # a block with BFINAL: what follows starts anew
                    inflate = zlib.decompressobj(-15)
            data = out
        yield kind, data


def captured(path):
    """{(connection, side): [(kind, length, digest)]}"""
    streams, clients = {}, {}
    for number, _, stream, source, seq, ack, _, payload in packets(path):
        clients.setdefault(stream, source)
        sides = streams.setdefault(stream, {"client": Side(), "server": Side()})
        if payload:
            sides["client" if source == clients[stream] else "server"].add(number, seq, ack, payload)
    found = {}
    for stream, sides in streams.items():
        heads = {who: sides[who].data.index(b"\r\n\r\n") + 4 for who in sides}
        agreed = re.search(FIELD, sides["server"].data[:heads["server"]], re.I)
        agreed = agreed[1] if agreed else b""
        for who, side in sides.items():
            resets = f"{who}_no_context_takeover".encode() in agreed
            found[stream + 1, who] = list(messages(side.frames(heads[who]), resets, b"permessage-deflate" in agreed))
    return found


def differences(path, name):
    found = captured(path)
    recorded = {}
    for line in (REAL / f"{name}.messages").read_text().splitlines():
        number, who, kind, length, digest = line.split()
        recorded.setdefault((int(number), who), []).append((kind, int(length), digest))
    texts = REAL / f"{name}.texts.gz"
    if texts.exists():
        lines = gzip.open(texts).read().split(b"\n")[:-1]
        recorded[1, "client"] = [("text", len(line), hashlib.sha256(line).hexdigest()) for line in lines]
    for key in sorted({*found, *recorded}):
        wire = [(kind, len(data), hashlib.sha256(data).hexdigest()) for kind, data in found.get(key, [])]
        if wire != recorded.get(key, []):
            at = sum(1 for _ in zip(wire, recorded.get(key, [])) if _[0] == _[1])
            yield f"connection {key[0]}, {key[1]}: {len(wire)} messages, {len(recorded.get(key, []))} recorded, {at} alike"


if __name__ == "__main__":
    bad = 0
    for record in sorted(REAL.glob("*.messages")):
        name = record.name.split(".")[0]
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        path = next(REAL.glob(f"{name}.pcap*"))
        wrong = list(differences(path, name))
        bad += bool(wrong)
        print(f"{path.name}: {'; '.join(wrong) or 'OK'}")
    sys.exit(bool(bad))
