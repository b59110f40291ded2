"""Two more clients for the permessage-deflate captures: aiohttp and wsproto, saying what the plan says.

    python3 talk_others.py client aiohttp|wsproto --plan FILE --record FILE --url U

As talk.py. wsproto cuts each message into two fragments, as its users may.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import socket
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

parser = argparse.ArgumentParser()
parser.add_argument("side", choices=["client"])
parser.add_argument("library", choices=["aiohttp", "wsproto"])
parser.add_argument("--plan", type=Path)
parser.add_argument("--record", type=Path)
parser.add_argument("--url")
opt = parser.parse_args()
PLAN = json.loads(opt.plan.read_text())


def log(event, **more):
    print(json.dumps({"side": "client", "library": f"{opt.library} {version(opt.library)}", "event": event, **more}), flush=True)


def content(message):
    return message["text"] if "text" in message else base64.b64decode(message["binary"])


def record(number, whole):
    data, kind = (whole.encode(), "text") if isinstance(whole, str) else (whole, "binary")
    with opt.record.open("a") as file:
        file.write(f"{number} client {kind} {len(data)} {hashlib.sha256(data).hexdigest()}\n")


async def aiohttp_talk(number, this):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(opt.url, **this["client"])
        log("open", connection=number, extensions=ws._response.headers.get("Sec-WebSocket-Extensions", ""))

        async def sending():
            for message in this["client_says"]:
                whole = content(message)
                record(number, whole)
                await (ws.send_str(whole) if isinstance(whole, str) else ws.send_bytes(whole))

        async def listening():
            return [(await ws.receive()).data for _ in this["server_says"]]

        _, heard = await asyncio.gather(sending(), listening())
        await ws.close(code=1000, message=b"done")
        log("close", connection=number, received=len(heard), code=ws.close_code,
            asSent=heard == [content(message) for message in this["server_says"]])


def wsproto_talk(number, this):
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Request, TextMessage
    from wsproto.extensions import PerMessageDeflate

    url = urlsplit(opt.url)
    sock = socket.create_connection((url.hostname, url.port))
    conn = WSConnection(ConnectionType.CLIENT)
    heard, parts = [], []

    def events():
        while True:
            yield from conn.events()
            conn.receive_data(sock.recv(65536) or None)

    stream = events()
    sock.sendall(conn.send(Request(host=url.netloc, target="/", extensions=[PerMessageDeflate(**this["client"])])))
    accepted = next(event for event in stream if isinstance(event, AcceptConnection))
    log("open", connection=number, extensions=str(accepted.extensions))
    for message in this["client_says"]:
        whole = content(message)
        record(number, whole)
        kind, middle = (TextMessage if isinstance(whole, str) else BytesMessage), len(whole) // 2
        sock.sendall(conn.send(kind(data=whole[:middle], message_finished=False)) + conn.send(kind(data=whole[middle:])))
    while len(heard) < len(this["server_says"]):
        event = next(stream)
        if isinstance(event, Message):
            parts.append(event.data)
            if event.message_finished:
                heard.append(parts[0][:0].join(parts))
                parts.clear()
    sock.sendall(conn.send(CloseConnection(code=1000, reason="done")))
    closed = next(event for event in stream if isinstance(event, CloseConnection))
    same = [bytes(a) if isinstance(a, bytearray) else a for a in heard] == [content(m) for m in this["server_says"]]
    log("close", connection=number, received=len(heard), asSent=same, code=closed.code, reason=closed.reason)
    while sock.recv(65536):
        pass
    sock.close()


for number, this in enumerate(PLAN["connections"], 1):
    if opt.library == "aiohttp":
        asyncio.run(aiohttp_talk(number, this))
    else:
        wsproto_talk(number, this)
