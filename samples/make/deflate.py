"""The captures of permessage-deflate (RFC 7692): what was negotiated, and who kept to it.

Both ends play a plan (contents.py); what a side sends, its program records itself, beside the capture
in NAME.messages: a line `CONNECTION client|server text|binary LENGTH SHA256` for each message, the
connections numbered from 1 in the order of their SYNs, a side's messages in the order they were sent.
"""

import gzip
import json
import tempfile
from pathlib import Path

import contents
from stage import OUT, Process, case, chromium, python, python_client, undici_client, url

def start(side, library, folder, *args):
    args = [side, "--plan", folder / "plan", "--record", folder / side, *args]
    if library == "ws":
        return Process(side, "node", "talk.mjs", *args)
    if library in ("aiohttp", "wsproto"):
        return python(side, "talk_others.py", args[0], library, *args[1:])
    return python(side, {"websockets": "talk.py", "chromium": "chromium.py"}[library], *args)


def play(name, port, client, server, connections, **how):
    """Runs both ends on a plan, and puts together what they recorded."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "plan").write_text(json.dumps({"connections": connections, **how}))
        (folder / "client").touch()
        (folder / "server").touch()
        start("server", server, folder, "--port", port).wait_for("listening")
        start("client", client, folder, "--url", url(port)).finish(120)
        lines = [line for side in ("client", "server") for line in (folder / side).open()]
    lines.sort(key=lambda line: (int(line.split()[0]), line.split()[1]))  # stable: in sending order
    if lines:
        (OUT / f"{name}.messages").write_text("".join(lines))


def said(**sides):
    """Options of both ends, and as much to say for each."""
    return {"client_says": list(contents.varied(1)), "server_says": list(contents.varied(2)), **sides}


# --- what can be negotiated --------------------------------------------------------------------

# For each connection what ws is told, and what websockets is told. ws would leave messages below its
# threshold uncompressed wherever there is no context takeover, hence 0.
EVERY = {"threshold": 0}


def ws_options(**parameters):
    return {"perMessageDeflate": {**EVERY, **parameters}}


def websockets_options(*deflate):
    return {"deflate": list(deflate)}


WS_ASKS = [
    (ws_options(), websockets_options({})),
    (ws_options(clientNoContextTakeover=True), websockets_options({})),
    (ws_options(serverNoContextTakeover=True), websockets_options({})),
    (ws_options(clientNoContextTakeover=True, serverNoContextTakeover=True), websockets_options({})),
    (ws_options(), websockets_options({"client_no_context_takeover": True})),
    (ws_options(), websockets_options({"server_no_context_takeover": True})),
    *[(ws_options(clientMaxWindowBits=bits), websockets_options({})) for bits in (8, 9, 10, 12, 15)],
    *[(ws_options(serverMaxWindowBits=bits), websockets_options({})) for bits in (9, 10, 12, 15)],
    *[(ws_options(), websockets_options({"client_max_window_bits": bits})) for bits in (8, 9, 11)],
    (ws_options(), websockets_options({"server_max_window_bits": 10})),
    (ws_options(clientMaxWindowBits=10, serverMaxWindowBits=12), websockets_options({"client_max_window_bits": 12})),
    (ws_options(clientMaxWindowBits=9, serverMaxWindowBits=9, clientNoContextTakeover=True, serverNoContextTakeover=True),
     websockets_options({})),
    (ws_options(clientMaxWindowBits=False), websockets_options({"client_max_window_bits": 12})),
    (ws_options(serverMaxWindowBits=8), websockets_options({})),  # websockets cannot, and declines
    (ws_options(), websockets_options()),  # declined
    ({"perMessageDeflate": False}, websockets_options({})),  # not offered
]

WEBSOCKETS_ASKS = [
    ({}, {}),
    ({"client_no_context_takeover": True}, {}),
    ({"server_no_context_takeover": True}, {}),
    ({"client_no_context_takeover": True, "server_no_context_takeover": True}, {}),
    ({}, {"clientNoContextTakeover": True}),
    ({}, {"serverNoContextTakeover": True}),
    *[({"client_max_window_bits": bits}, {}) for bits in (9, 10, 12, 15)],
    *[({"server_max_window_bits": bits}, {}) for bits in (8, 9, 10, 12, 15)],
    *[({}, {"clientMaxWindowBits": bits}) for bits in (9, 11)],
    *[({}, {"serverMaxWindowBits": bits}) for bits in (8, 9, 13)],
    ({"client_max_window_bits": 10, "server_max_window_bits": 12}, {"clientMaxWindowBits": 9}),
    ({"client_max_window_bits": 9, "server_max_window_bits": 9, "client_no_context_takeover": True,
      "server_no_context_takeover": True}, {}),
    ({"client_max_window_bits": None}, {}),
]

# Several offers: the first one that the server can accept is taken.
SEVERAL = [
    ([{"server_max_window_bits": 9}, {}], {}),
    ([{"server_max_window_bits": 9}, {}], {"serverMaxWindowBits": False}),
    ([{"server_no_context_takeover": True, "client_max_window_bits": 10}, {"client_max_window_bits": 9}, {}], {"serverNoContextTakeover": False}),
    ([{"client_max_window_bits": None}, {"client_max_window_bits": 10}], {"clientMaxWindowBits": 10}),
]


@case("deflate-ws-to-websockets-every-variant.pcap", 9160, compressed=True)
def _(port):
    play("deflate-ws-to-websockets-every-variant", port, "ws", "websockets",
         [said(client=ws, server=websockets) for ws, websockets in WS_ASKS])


@case("deflate-websockets-to-ws-every-variant.pcap", 9161, compressed=True)
def _(port):
    single = [said(client=websockets_options(offer), server=ws_options(**accept)) for offer, accept in WEBSOCKETS_ASKS]
    several = [said(client=websockets_options(*offers), server=ws_options(**accept)) for offers, accept in SEVERAL]
    declined = [
        said(client=websockets_options({}), server={"perMessageDeflate": False}),
        said(client=websockets_options(), server=ws_options()),
    ]
    play("deflate-websockets-to-ws-every-variant", port, "websockets", "ws", single + several + declined)


@case("deflate-ws-server-refuses-offer-400.pcap", 9165)
def _(port):
    # It could have gone without compression; ws ends the handshake where it cannot accept any offer.
    play("deflate-ws-server-refuses-offer-400", port, "websockets", "ws",
         [{"client": websockets_options({"server_max_window_bits": 9}), "server": ws_options(serverMaxWindowBits=10)}])


# --- fragments, and a long life ----------------------------------------------------------------

def in_fragments():
    return {"client_says": list(contents.fragmented(3)), "server_says": list(contents.fragmented(4))}


@case("deflate-ws-fragments-with-pings.pcap", 9162)
def _(port):
    play("deflate-ws-fragments-with-pings", port, "ws", "websockets",
         [{"client": ws_options(), "server": websockets_options({}), **in_fragments()}])


@case("deflate-websockets-fragments-with-pings-no-takeover.pcap", 9163)
def _(port):
    both = {"client_no_context_takeover": True, "server_no_context_takeover": True}
    play("deflate-websockets-fragments-with-pings-no-takeover", port, "websockets", "ws",
         [{"client": websockets_options(both), "server": ws_options(), **in_fragments()}])


@case("deflate-ws-10000-messages.pcap", 9164, compressed=True)
def _(port):
    name = "deflate-ws-10000-messages"
    says = list(contents.stream(10_000, 5))
    play(name, port, "ws", "websockets", [{
        "client": {**ws_options(), "nagle": True}, "server": {"deflate": [{}], "listens_first": True},
        "client_says": says, "server_says": [contents.text("that was all")],
    }], record="server")
    # One message a line instead of 10,000 digests, which would be longer.
    with gzip.GzipFile(filename="", fileobj=(OUT / f"{name}.texts.gz").open("wb"), mode="wb", mtime=0) as texts:
        texts.write("".join(message["text"] + "\n" for message in says).encode())


# --- a browser -----------------------------------------------------------------------------------

BROWSER = {"client_says": list(contents.varied(7))[:24], "server_says": list(contents.varied(10))[:24]}


@case("deflate-chromium-to-ws-variants.pcap", 9167, compressed=True)
def _(port):
    # Chromium has one offer: permessage-deflate; client_max_window_bits.
    accepts = [{}, {"serverNoContextTakeover": True}, {"clientNoContextTakeover": True},
               {"clientNoContextTakeover": True, "serverNoContextTakeover": True}, {"clientMaxWindowBits": 8},
               {"clientMaxWindowBits": 10}, {"serverMaxWindowBits": 9}]
    play("deflate-chromium-to-ws-variants", port, "chromium", "ws",
         [{"server": ws_options(**accept), **BROWSER} for accept in accepts])


@case("deflate-chromium-to-websockets-as-it-comes.pcap", 9168)
def _(port):
    # What websockets does unless told otherwise: windows of 12 bits, and little memory.
    usual = {"server_max_window_bits": 12, "client_max_window_bits": 12, "compress_settings": {"memLevel": 5}}
    play("deflate-chromium-to-websockets-as-it-comes", port, "chromium", "websockets",
         [{"server": websockets_options(usual), **BROWSER}])


# --- aiohttp and wsproto, which compress by code of their own ---------------------------------------

@case("deflate-aiohttp-to-ws.pcap", 9155)
def _(port):
    # compress: the window in bits which aiohttp asks of the server; its own stays at 15.
    play("deflate-aiohttp-to-ws", port, "aiohttp", "ws",
         [{"client": {"compress": bits}, "server": ws_options(**accept), **BROWSER}
          for bits, accept in [(15, {}), (15, {"clientNoContextTakeover": True}), (10, {})]])


@case("deflate-wsproto-fragments-to-ws.pcap", 9156)
def _(port):
    play("deflate-wsproto-fragments-to-ws", port, "wsproto", "ws",
         [{"client": offer, "server": ws_options(), **BROWSER}
          for offer in [{}, {"client_no_context_takeover": True, "server_no_context_takeover": True},
                        {"client_max_window_bits": 9, "server_max_window_bits": 9}]])


# --- kinds of blocks ---------------------------------------------------------------------------

HUFFMAN_ONLY, RLE, FIXED = 2, 3, 4  # zlib's strategies


@case("deflate-stored-fixed-and-plain.pcap", 9166, compressed=True)
def _(port):
    """How the compressors may be set up without a word in the handshake."""
    def node(**how):
        return ws_options(zlibDeflateOptions=how)

    def py(**how):
        return websockets_options({"compress_settings": how})

    mixed = [{**message, "plain": number % 3 == 1} for number, message in enumerate(contents.varied(6))]
    play("deflate-stored-fixed-and-plain", port, "ws", "websockets", [
        said(client=node(level=0), server=py(level=0)),
        said(client=node(strategy=FIXED), server=py(strategy=FIXED)),
        said(client=node(strategy=HUFFMAN_ONLY), server=py(strategy=RLE)),
        said(client=node(level=9, memLevel=9), server=py(level=1, memLevel=1)),
        # Messages that are not compressed between those that are; then ws's own threshold of 1 KiB.
        said(client=ws_options(), server=websockets_options({}), client_says=mixed),
        said(client={"perMessageDeflate": {"clientNoContextTakeover": True}}, server=websockets_options({})),
    ])


# --- faults, and what their receivers make of them -----------------------------------------------

REFRAIN = "A message that says much the same as the one before, and that before."
SOME = [contents.text(f"{REFRAIN} ({number})") for number in (1, 2, 3)]
FAR = [contents.text(contents.prose(contents.random.Random(8), 300))] * 3  # repeats after some 2 KiB
UTF8 = "Không phải UTF-8".encode("utf-16")
NO_TAKEOVER = {"client_no_context_takeover": True, "server_no_context_takeover": True}

# What the broken end sends: its fault, its messages, and what a client of it would offer and a server accept.
FAULTS = {
    "compressed-not-negotiated": ("compresses-unasked", SOME, None),
    "takeover-ignored": ("keeps-context", SOME, NO_TAKEOVER),
    "window-exceeded": ("larger-window", FAR, {"client_max_window_bits": 9, "server_max_window_bits": 9}),
    "corrupt-deflate-data": ("corrupts", SOME, {}),
    "context-lost-at-once": ("loses-first", SOME, {}),
    "context-lost-later": ("loses-second", [contents.text(contents.prose(contents.random.Random(9), 80)), *SOME], {}),
    "deflated-bad-utf8": (None, [SOME[0], contents.binary(UTF8, as_text=True)], {}),
    "deflated-text-cut-within-code-point": (None, [SOME[0], contents.binary("thử lại 🔁".encode()[:-2], as_text=True)], {}),
    "bfinal-blocks": ("finishes", SOME, {}),
    "tail-not-removed": ("keeps-tail", SOME, {}),
    "bomb": (None, [SOME[0], {"zeros": 20 << 20}], {}),
    "tail-not-removed-no-takeover": ("keeps-tail", SOME, NO_TAKEOVER),
    "tail-kept-and-closed": ("closes-tail", SOME, {}),
}


def broken(fault, deflate):
    """The broken end: it leaves the receiver time to object, after each message and at the end."""
    return {"deflate": [] if deflate is None else [deflate], "stay": 1, "pause": 0.1, **({"fault": fault} if fault else {})}


def received_by_server(name, port, library, fault, says, deflate, sound):
    own = deflate and {k: v for k, v in deflate.items() if k != "server_max_window_bits"}
    agrees = deflate is not None
    server = ({"perMessageDeflate": EVERY if agrees else False, "maxPayload": 1 << 20} if library == "ws"
              else websockets_options(*[{}] * agrees))
    play(name, port, "websockets", library, [{"client": broken(fault, own), "server": server, "client_says": says}],
         record="client" if sound else "nobody")


def received_by_client(name, port, client, fault, says, deflate, sound):
    accept = deflate and {k: v for k, v in deflate.items() if k != "client_max_window_bits"}
    connection = {"server": broken(fault, accept), "server_says": says}
    with_plan(name, port, [connection], client, "server" if sound else "nobody")


def with_plan(name, port, connections, client, record="nobody"):
    """A websockets server with a plan, and a client which knows nothing of it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "plan").write_text(json.dumps({"connections": connections, "record": record}))
        (folder / "server").touch()
        start("server", "websockets", folder, "--port", port).wait_for("listening")
        {"chromium": chromium, "undici": undici_client,
         "aiohttp": lambda *a: python_client("aiohttp", *a, "--deflate")}[client](url(port)).finish()
        if record == "server":
            (OUT / f"{name}.messages").write_text((folder / "server").read_text())


# What a receiver can inflate; of the rest nothing is recorded, as nothing can be compared.
SOUND = ("bfinal-blocks", "tail-not-removed-no-takeover", "tail-kept-and-closed", "deflated-bad-utf8",
         "deflated-text-cut-within-code-point")
PORT = 9170
for what, (fault, says, agreed) in FAULTS.items():
    for who in ("ws-server", "websockets-server", "chromium", "aiohttp-client", "undici"):
        def one(port, name=f"{who}-{what}", who=who, args=(fault, says, agreed, what in SOUND)):
            if who.endswith("-server"):
                received_by_server(name, port, who.removesuffix("-server"), *args)
            else:
                received_by_client(name, port, who.removesuffix("-client"), *args)
        case(f"{who}-{what}.pcap", PORT)(one)
        PORT += 1


# --- responses that a client has to refuse -------------------------------------------------------

# The server's Sec-WebSocket-Extensions. {} agrees to permessage-deflate, whatever the field then says.
RESPONSES = {
    "unknown-deflate-parameter": ["permessage-deflate; mem_level=9"],
    "client-bits-not-offered": ["permessage-deflate; client_max_window_bits=10"],
    "server-bits-larger-than-offered": ["permessage-deflate; server_max_window_bits=12"],
    "duplicate-deflate-parameter": ["permessage-deflate; server_no_context_takeover; server_no_context_takeover"],
    "window-bits-16": ["permessage-deflate; server_max_window_bits=16"],
    "window-bits-without-value": ["permessage-deflate; client_max_window_bits"],
    "window-bits-with-leading-zero": ["permessage-deflate; server_max_window_bits=09"],
    "takeover-with-value": ["permessage-deflate; server_no_context_takeover=1"],
    "extension-not-offered": ["x-webkit-deflate-frame"],
}

PORT = 9300
for what, response in RESPONSES.items():
    for who in ("ws", "websockets", "chromium", "aiohttp", "undici"):
        def one(port, name=f"{who}-client-{what}", who=who, what=what, response=response):
            server = {"deflate": [{}], "response": response, "stay": 1, "pause": 0.1}
            asks = {"client-bits-not-offered": ("clientMaxWindowBits", "client_max_window_bits", False, None),
                    "server-bits-larger-than-offered": ("serverMaxWindowBits", "server_max_window_bits", 10, 10)}.get(what)
            connection = {"server": server, "server_says": SOME}
            if who == "ws":
                connection["client"] = {"perMessageDeflate": {asks[0]: asks[2]} if asks else {}}
            elif who == "websockets":
                connection["client"] = websockets_options({asks[1]: asks[3]} if asks else {})
            else:
                return with_plan(name, port, [connection], who)
            connection["client"]["stay"] = 2
            play(name, port, who, "websockets", [connection], record="nobody")
        case(f"{who}-client-{what}.pcap", PORT)(one)
        PORT += 1
