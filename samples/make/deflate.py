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
from stage import OUT, Process, case, node, python, url

def start(side, library, folder, *args):
    args = [side, "--plan", folder / "plan", "--record", folder / side, *args]
    if library == "ws":
        return Process(side, "node", "talk.mjs", *args)
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
