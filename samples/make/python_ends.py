"""The Python ends: websockets, aiohttp and wsproto, as servers and as clients.

    python3 python_ends.py server websockets --port N [...]
    python3 python_ends.py client aiohttp --url ws://... [--send TEXT]... [--then ACTION]

ACTION happens once every message came back: close:CODE:REASON, close (empty Close, wsproto only),
wait (the other end has to act). Each end prints one JSON object a line: what its API reported.
"""

import argparse
import asyncio
import json
import logging
import signal
import socket
from importlib.metadata import version

from tls_context import context

parser = argparse.ArgumentParser()
parser.add_argument("role", choices=["server", "client"])
parser.add_argument("library", choices=["websockets", "aiohttp", "wsproto"])
parser.add_argument("--port", type=int)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--url")
parser.add_argument("--proxy")
parser.add_argument("--send", action="append", default=[])
parser.add_argument("--then", default="wait")
parser.add_argument("--close", help="server: SECONDS:CODE:REASON after the opening handshake")
parser.add_argument("--reject", type=int, help="server: refuse the handshake with this status")
parser.add_argument("--deflate", action="store_true", help="offer or accept permessage-deflate")
parser.add_argument("--max-size", type=int, default=2**20)
parser.add_argument("--ping", type=float, help="seconds between keepalive pings, and for their answer")
parser.add_argument("--close-timeout", type=float, default=10)
parser.add_argument("--tls", help="what tls_context.py knows; without it there is no TLS")
opt = parser.parse_args()
TLS = context(opt.role, opt.tls)
LIBRARY = f"{opt.library} {version(opt.library)}"


def say(event, **more):
    print(json.dumps({"side": opt.role, "library": LIBRARY, "event": event, **more}), flush=True)


def asked_to_stop():
    """A future which SIGTERM fulfils: the graceful way to end a server."""
    stop = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: stop.done() or stop.set_result(None))
    return stop


# --- websockets ------------------------------------------------------------------------------

def websockets_report(ws, error):
    """What an application sees: the exception's text, and the code and reason attributes."""
    say("close", code=ws.close_code, reason=ws.close_reason, text=f"{type(error).__name__}: {error}")


async def websockets_server():
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    async def handler(ws):
        say("open", path=ws.request.path)
        if opt.close:
            seconds, code, reason = opt.close.split(":")
            await asyncio.sleep(float(seconds))
            say("calls close", code=int(code), reason=reason)
            await ws.close(int(code), reason)
        try:
            while True:
                message = await ws.recv()
                say("message", bytes=len(message))
                await ws.send(message)
        except ConnectionClosed as error:
            websockets_report(ws, error)

    def refuse(connection, request):
        if opt.reject:
            say("process_request", code=opt.reject)
            return connection.respond(opt.reject, "no entry\n")

    class Lines(logging.Handler):  # the library's own log says why a handshake failed
        def emit(self, record):
            cause = record.exc_info and record.exc_info[1]
            if cause or "HTTP" in record.getMessage():
                say("log", text=record.getMessage(), cause=f"{type(cause).__name__}: {cause}" if cause else None)

    logging.getLogger("websockets.server").addHandler(Lines())
    logging.getLogger("websockets.server").setLevel(logging.INFO)
    async with serve(
        handler, opt.host, opt.port, process_request=refuse,
        compression="deflate" if opt.deflate else None, max_size=opt.max_size,
        ping_interval=opt.ping or None, ping_timeout=opt.ping or None,
        close_timeout=opt.close_timeout, ssl=TLS,
    ):
        say("listening")
        await asked_to_stop()


async def websockets_client():
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    try:
        ws = await connect(
            opt.url, compression="deflate" if opt.deflate else None, proxy=opt.proxy,
            ping_interval=None, close_timeout=opt.close_timeout, **({"ssl": TLS} if TLS else {}),
        )
    except Exception as error:
        return say("failed", text=f"{type(error).__name__}: {error}")
    say("open")
    try:
        for text in opt.send:
            await ws.send(text)
            say("message", bytes=len(await ws.recv()))
        verb, *rest = opt.then.split(":")
        if verb == "close":
            say("calls close", code=int(rest[0]), reason=rest[1])
            await ws.close(int(rest[0]), rest[1])
        await ws.recv()  # raises what the connection ended with
    except ConnectionClosed as error:
        websockets_report(ws, error)


# --- aiohttp ---------------------------------------------------------------------------------

async def aiohttp_read(ws):
    """aiohttp raises nothing: the close code is an attribute, the last message tells its kind."""
    while True:
        message = await ws.receive()
        if message.type.name != "TEXT":
            break
        say("message", bytes=len(message.data))
        if opt.role == "server":
            await ws.send_str(message.data)
    say("close", code=ws.close_code, reason=message.extra or "",
        text=f"receive() gave WSMsgType.{message.type.name}, data={message.data!r}; exception()={ws.exception()!r}")


async def aiohttp_server():
    from aiohttp import web

    async def handler(request):
        ws = web.WebSocketResponse(compress=opt.deflate, max_msg_size=opt.max_size)
        await ws.prepare(request)
        say("open", path=request.path)
        await aiohttp_read(ws)
        return ws

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, opt.host, opt.port, ssl_context=TLS).start()
    say("listening")
    await asked_to_stop()
    await runner.cleanup()


async def aiohttp_client():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        try:
            ws = await session.ws_connect(opt.url, compress=15 if opt.deflate else 0, **({"ssl": TLS} if TLS else {}))
        except Exception as error:
            return say("failed", text=f"{type(error).__name__}: {error}")
        say("open")
        for text in opt.send:
            await ws.send_str(text)
            say("message", bytes=len((await ws.receive()).data))
        verb, *rest = opt.then.split(":")
        if verb == "close":
            say("calls close", code=int(rest[0]), reason=rest[1])
            await ws.close(code=int(rest[0]), message=rest[1].encode())
            return say("close", code=ws.close_code, reason="", text=f"exception()={ws.exception()!r}")
        await aiohttp_read(ws)


# --- wsproto: it does no I/O, so the socket is ours ------------------------------------------

async def wsproto_client():
    from urllib.parse import urlsplit
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong,
                                RejectConnection, Request, TextMessage)

    url = urlsplit(opt.url)
    sock = socket.create_connection((url.hostname, url.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    conn = WSConnection(ConnectionType.CLIENT)
    send = lambda event: sock.sendall(conn.send(event))

    def wait_for(kind):
        """Reads until an event of this kind; answers pings and Closes as wsproto asks."""
        while True:
            for event in conn.events():
                say(type(event).__name__, **{k: str(v) for k, v in vars(event).items()
                                             if k in ("data", "code", "reason", "payload", "message_finished")})
                if isinstance(event, Ping):
                    send(event.response())
                if isinstance(event, CloseConnection):
                    say("close", code=event.code, reason=event.reason or "", text=repr(event))
                    if conn.state.name == "REMOTE_CLOSING":
                        send(event.response())
                    return event
                if isinstance(event, kind):
                    return event
            data = sock.recv(65536)
            conn.receive_data(data or None)

    send(Request(host=url.netloc, target=url.path or "/"))
    wait_for((AcceptConnection, RejectConnection))
    for text in opt.send:
        # Two fragments with a ping between them, which §5.4 allows.
        middle = len(text) // 2
        send(TextMessage(data=text[:middle], message_finished=False))
        send(Ping(payload=b"between"))
        wait_for(Pong)
        send(TextMessage(data=text[middle:], message_finished=True))
        wait_for((TextMessage, BytesMessage))
    verb, *rest = opt.then.split(":")
    if verb == "close":
        say("calls close", code=int(rest[0]) if rest else None)
        send(CloseConnection(code=int(rest[0]), reason=rest[1] or None))
    wait_for(CloseConnection)
    while sock.recv(65536):
        pass
    sock.close()


asyncio.run(globals()[f"{opt.library}_{opt.role}"]())
