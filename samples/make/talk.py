"""A Python end of the permessage-deflate captures: websockets, saying what the plan says.

    python3 talk.py server --plan FILE --record FILE --port N
    python3 talk.py client --plan FILE --record FILE --url U

As talk.mjs; the options are those of websockets: "deflate" is a list of offers, or of what the server
would accept, each with the arguments of the extension's factory. A connection may name a fault from
faults.py, which is then built into this end at runtime, and a server may be told to put another
Sec-WebSocket-Extensions into its response than it means.
"""

import argparse
import asyncio
import base64
import hashlib
import itertools
import json
import signal
from importlib.metadata import version
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

import faults

parser = argparse.ArgumentParser()
parser.add_argument("side", choices=["client", "server"])
parser.add_argument("--plan", type=Path)
parser.add_argument("--record", type=Path)
parser.add_argument("--port", type=int)
parser.add_argument("--url")
opt = parser.parse_args()
PLAN = json.loads(opt.plan.read_text())
PING = itertools.count(1)
OTHER = "server" if opt.side == "client" else "client"
FIELD = "Sec-WebSocket-Extensions"


def log(event, **more):
    print(json.dumps({"side": opt.side, "library": f"websockets {version('websockets')}", "event": event, **more}), flush=True)


def content(message):
    """The message as `send` wants it whole, and as bytes."""
    if "text" in message:
        return message["text"], message["text"].encode()
    data = bytes(message["zeros"]) if "zeros" in message else base64.b64decode(message["binary"])
    return data, data


async def say(ws, number, message):
    whole, data = content(message)
    kind = "text" if "text" in message or message.get("as_text") else "binary"
    if PLAN.get("record", opt.side) == opt.side:
        with opt.record.open("a") as record:
            record.write(f"{number} {opt.side} {kind} {len(data)} {hashlib.sha256(data).hexdigest()}\n")
    if "cuts" not in message:
        return await ws.send(whole, text=kind == "text")

    async def fragments():
        ends = [*message["cuts"], len(data)]
        for start, end in zip([0, *ends], ends):
            yield data[start:end]
            if message.get("pings"):
                await ws.ping(f"ping {next(PING)}")

    await ws.send(fragments(), text=kind == "text")


async def talk(ws, number):
    this = PLAN["connections"][number - 1]
    own = this[opt.side]
    expected = this.get(f"{OTHER}_says", [])
    heard, everything = [], asyncio.Event()
    agreed = ws.response.headers.get_all(FIELD)
    log("open", connection=number, extensions=", ".join(agreed))
    if "fault" in own:
        getattr(faults, own["fault"].replace("-", "_"))(ws)
    if own.get("keepalive"):
        ws.ping_interval = own["keepalive"]

    async def sending():
        if own.get("listens_first"):
            await everything.wait()
        for message in this.get(f"{opt.side}_says", []):
            await asyncio.sleep(own.get("pause", 0))
            await say(ws, number, message)
        if own.get("stay"):
            # The other end has its time to object; if it does not, this one closes.
            await asyncio.sleep(own["stay"])
            await ws.close(1000, "done")

    async def listening():
        while opt.side == "server" or own.get("stay") or len(heard) < len(expected):
            heard.append(await ws.recv())
            if len(heard) == len(expected):
                everything.set()

    try:
        try:
            async with asyncio.TaskGroup() as both:  # what ends the one ends the other
                both.create_task(sending())
                both.create_task(listening())
        except* ConnectionClosed:
            pass
        finally:
            if own.get("keepalive"):
                log("latency", connection=number, seconds=round(ws.latency, 6))
        await ws.close(1000, "done")
        await ws.recv()
    except ConnectionClosed as error:
        same = heard == [content(message)[0] for message in expected]
        log("close", connection=number, received=len(heard), asSent=same, code=ws.close_code, reason=ws.close_reason,
            text=f"{type(error).__name__}: {error}")


def settings(own):
    """Arguments for connect() and serve() that websockets takes as they are."""
    return {"compression": None, "ping_interval": own.get("keepalive"), "max_size": own.get("max_size", 2**20)}


async def client():
    for number, this in enumerate(PLAN["connections"], 1):
        own = this["client"]
        offers = [ClientPerMessageDeflateFactory(**offer) for offer in own.get("deflate", [])]
        try:
            ws = await connect(opt.url, extensions=offers or None, proxy=None, **settings(own))
        except Exception as error:
            cause = f" ({type(error.__cause__).__name__}: {error.__cause__})" if error.__cause__ else ""
            log("failed", connection=number, text=f"{type(error).__name__}: {error}{cause}")
            continue
        await talk(ws, number)


async def server():
    numbers = {}

    def prepare(ws, request):
        """Before the handshake is answered: this connection's options."""
        numbers[ws] = len(numbers) + 1
        own = PLAN["connections"][numbers[ws] - 1]["server"]
        ws.protocol.available_extensions = [ServerPerMessageDeflateFactory(**accept) for accept in own.get("deflate", [])]

    def answer(ws, request, response):
        own = PLAN["connections"][numbers[ws] - 1]["server"]
        if "response" in own:
            del response.headers[FIELD]
            for field in own["response"]:
                response.headers[FIELD] = field

    stop = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set_result, None)
    first = PLAN["connections"][0]["server"]
    async with serve(lambda ws: talk(ws, numbers[ws]), "127.0.0.1", opt.port,
                     process_request=prepare, process_response=answer, **settings(first)):
        log("listening")
        await stop


asyncio.run({"client": client, "server": server}[opt.side]())
