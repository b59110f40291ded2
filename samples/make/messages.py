"""Captures about messages: pings and their round trips, size limits, and the close codes of
applications, sent by the libraries that define them (subprotocols.mjs).
"""

from stage import Process, case
from deflate import play
import contents


@case("websockets-keepalive-latency.pcap", 9400)
def _(port):
    # Both ends ping every 0.2 s by themselves; the library measures the round trip.
    play("websockets-keepalive-latency", port, "websockets", "websockets", [{
        "client": {"keepalive": 0.2, "stay": 0.3, "pause": 0.5}, "server": {"keepalive": 0.2},
        "client_says": [contents.text(f"message {number}") for number in (1, 2, 3)],
    }])


@case("websockets-server-size-limit-1009.pcap", 9401)
def _(port):
    sizes = (100, 1000, 4095, 4096, 4097)
    play("websockets-server-size-limit-1009", port, "websockets", "websockets", [{
        "client": {"stay": 1, "pause": 0.1}, "server": {"max_size": 4096},
        "client_says": [contents.text("x" * size) for size in sizes],
    }], record="nobody")


@case("ws-server-size-limit-of-fragments-1009.pcap", 9402)
def _(port):
    # Three fragments of 1,000 bytes each: no single one is above the limit.
    play("ws-server-size-limit-of-fragments-1009", port, "websockets", "ws", [{
        "client": {"stay": 1, "pause": 0.1}, "server": {"maxPayload": 2048},
        "client_says": [contents.text("y" * 2048), contents.text("z" * 3000, cuts=[1000, 2000])],
    }], record="nobody")


def both(what, port):
    """A server and a client of one library, in one play of subprotocols.mjs each."""
    Process("server", "node", "subprotocols.mjs", "server", what, port).wait_for("listening")
    Process("client", "node", "subprotocols.mjs", "client", what, port).finish()


for number, what in enumerate([
    "graphql-ws-4400", "graphql-ws-4401", "graphql-ws-4403", "graphql-ws-4406", "graphql-ws-4408", "graphql-ws-4409",
    "graphql-ws-4429", "graphql-ws-4500", "graphql-ws-subscription",
    "socketio-refused", "socketio-ping-timeout", "socketio-disconnect",
    "mqtt-not-authorized", "mqtt-keepalive-timeout", "mqtt-publish",
]):
    case(f"{what}.pcap", 9410 + number)(lambda port, what=what: both(what, port))
