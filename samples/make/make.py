#!/usr/bin/env python3
"""Makes the real sample captures: starts both ends on loopback, captures, prints what each reported.

    python3 samples/make/make.py            lists the captures
    python3 samples/make/make.py NAME...    makes them (needs the right to capture)

Files land in samples/real/ (those of TLS in samples/tls/), or in the directory that SAMPLES_OUT names. See README.md.
"""

import signal
import sys
import time

from stage import (CASES, FAR_SIDE, OUT, aiohttp_server, case, chromium, in_front, jam, make, python, python_client,
                   raw_client, raw_server, undici_client, url, websockets_server, ws_client, ws_server)

# --- the captures ----------------------------------------------------------------------------
# A play returns when the connection is over (or when the capture shall end).

@case("websockets-client-clean-close-1000.pcap", 9101)
def _(port):
    ws_server(port)
    python_client("websockets", url(port), "--send", "hello", "--then", "close:1000:bye").finish()


@case("chromium-empty-close.pcapng", 9102)
def _(port):
    server = ws_server(port)
    chromium(url(port), "--send", "hello", "--then", "close").finish()
    server.wait_for("close")


@case("websockets-server-clean-close-1000.pcap", 9103)
def _(port):
    websockets_server(port, "--close", "0.3:1000:done")
    python_client("aiohttp", url(port)).finish()


@case("websockets-server-going-away-1001.pcap", 9104)
def _(port):
    server = websockets_server(port)
    client = ws_client(url(port), "--send", "hello").wait_for("message")
    time.sleep(0.3)
    server.signal(signal.SIGTERM).finish()
    client.finish()


@case("chromium-navigate-away-1001.pcap", 9105)
def _(port):
    server = websockets_server(port)
    chromium(url(port), "--send", "hello", "--then", "navigate", "--no-store").finish()
    server.wait_for("close")


@case("chromium-navigate-away-then-quit-fin.pcap", 9145)
def _(port):
    server = websockets_server(port)
    chromium(url(port), "--send", "hello", "--then", "navigate").finish()
    server.wait_for("close")


@case("aiohttp-server-killed.pcap", 9106)
def _(port):
    server = aiohttp_server(port)
    client = undici_client(url(port), "--send", "hello").wait_for("message")
    time.sleep(0.3)
    server.signal(signal.SIGKILL)
    client.finish()


@case("chromium-close-tab-1001.pcap", 9143)
def _(port):
    server = websockets_server(port)
    chromium(url(port), "--send", "hello", "--then", "close-tab").finish()
    server.wait_for("close")


@case("ws-client-reset.pcap", 9107)
def _(port):
    server = websockets_server(port)
    ws_client(url(port), "--send", "hello", "--then", "reset").finish()
    server.wait_for("close")


@case("ws-client-terminate-fin.pcap", 9108)
def _(port):
    server = websockets_server(port)
    ws_client(url(port), "--send", "hello", "--then", "terminate").finish()
    server.wait_for("close")


@case("ws-server-unmasked-client.pcap", 9109)
def _(port):
    ws_server(port)
    raw_client("unmasked", port).finish()


@case("websockets-server-unmasked-client.pcap", 9110, cooked=True)
def _(port):
    websockets_server(port)
    raw_client("unmasked", port).finish()


@case("ws-client-masked-server.pcap", 9111)
def _(port):
    server = raw_server("masked", port)
    ws_client(url(port), "--send", "hello").finish()
    server.finish()


@case("chromium-masked-server.pcapng", 9112)
def _(port):
    server = raw_server("masked", port)
    chromium(url(port), "--send", "hello").finish()
    server.finish()


@case("ws-server-rsv1-without-extension.pcap", 9113)
def _(port):
    ws_server(port)
    raw_client("rsv1", port).finish()


@case("websockets-server-reserved-opcode.pcap", 9114)
def _(port):
    websockets_server(port)
    raw_client("reserved-opcode", port).finish()


@case("ws-server-bad-utf8.pcap", 9115)
def _(port):
    ws_server(port)
    raw_client("bad-utf8", port).finish()


@case("chromium-bad-utf8.pcap", 9116)
def _(port):
    server = raw_server("bad-utf8", port)
    chromium(url(port), "--send", "hello").finish()
    server.finish()


@case("ws-server-ping-too-long.pcap", 9117)
def _(port):
    ws_server(port)
    raw_client("long-ping", port).finish()


@case("websockets-server-close-code-1006.pcap", 9118)
def _(port):
    websockets_server(port)
    raw_client("close-1006", port).finish()


@case("websockets-server-close-code-2999.pcap", 9119)
def _(port):
    websockets_server(port)
    raw_client("close-2999", port).finish()


@case("ws-server-rejects-401.pcap", 9120)
def _(port):
    ws_server(port, "--reject", 401)
    ws_client(url(port)).finish()


@case("undici-401-asks-twice.pcap", 9144)
def _(port):
    ws_server(port, "--reject", 401)
    undici_client(url(port)).finish()


@case("websockets-server-rejects-403.pcap", 9121)
def _(port):
    websockets_server(port, "--reject", 403)
    python_client("aiohttp", url(port)).finish()


@case("nginx-200-instead-of-101.pcap", 9122)
def _(port):
    in_front("nginx", "nginx.conf", port=port, upstream=9222)
    chromium(url(port)).finish()


@case("nginx-404.pcap", 9123)
def _(port):
    in_front("nginx", "nginx.conf", port=port, upstream=9223)
    ws_client(url(port) + "chat").finish()


@case("ws-client-wrong-accept.pcap", 9124)
def _(port):
    server = raw_server("wrong-accept", port)
    ws_client(url(port)).finish()
    server.finish()


@case("chromium-http-text-in-stream.pcap", 9125)
def _(port):
    server = ws_server(port, "--two-paths")
    chromium(url(port) + "chat").finish()
    server.wait_for("close")


@case("ws-client-http-text-in-stream.pcap", 9126)
def _(port):
    server = ws_server(port, "--two-paths")
    ws_client(url(port) + "chat").finish()
    server.wait_for("close")


@case("websockets-server-keepalive-1011.pcap", 9127)
def _(port):
    server = websockets_server(port, "--ping", 1)
    raw_client("deaf", port).finish()
    server.wait_for("close")


@case("websockets-server-message-too-big-1009.pcap", 9128)
def _(port):
    server = websockets_server(port, "--max-size", 1024)
    ws_client(url(port), "--send", "hello", "--send", "x" * 2048).finish()
    server.wait_for("close")


@case("ws-permessage-deflate.pcap", 9129, nano=True)
def _(port):
    ws_server(port, "--deflate")
    texts = ["the first message, the first message", "the second message, after the first message", "and the third message"]
    ws_client(url(port), "--deflate", *[a for t in texts for a in ("--send", t)], "--then", "close:1000:done").finish()


@case("wsproto-fragments-with-ping-ipv6.pcap", 9130)
def _(port):
    ws_server(port, "--host", "::1")
    python_client("wsproto", url(port, "[::1]"), "--send", "two fragments and a ping", "--then", "close:1000:done").finish()


@case("nginx-read-timeout-fin.pcap", 9131)
def _(port):
    ws_server(9231)
    in_front("nginx", "nginx.conf", port=port, upstream=9231)
    python_client("websockets", url(port) + "ws/", "--send", "hello").finish()


@case("nginx-without-upgrade-upstream-leg.pcap", 9132)
def _(port):
    ws_server(port)
    in_front("nginx", "nginx.conf", port=9232, upstream=port)
    ws_client(url(9232) + "forgotten/").finish()


@case("nginx-without-upgrade-to-websockets.pcap", 9133)
def _(port):
    websockets_server(port)
    in_front("nginx", "nginx.conf", port=9233, upstream=port)
    ws_client(url(9233) + "forgotten/").finish()


@case("ws-still-open.pcapng", 9134)
def _(port):
    ws_server(port)
    ws_client(url(port), "--send", "hello", "--send", "still here", "--then", "idle:4000").wait_for("message")
    time.sleep(1)


@case("ws-client-subprotocol-not-offered.pcap", 9135)
def _(port):
    server = raw_server("subprotocol", port)
    ws_client(url(port)).finish()
    server.finish()


@case("websockets-client-close-not-answered.pcap", 9136)
def _(port):
    server = raw_server("never-answers", port)
    python_client("websockets", url(port), "--send", "hello", "--then", "close:1000:bye", "--close-timeout", 1).finish()
    server.finish()


@case("simultaneous-close.pcap", 9137, slow=True)
def _(port):
    # Both timers end at 0.6 s; by then 0.15 s of other traffic waits on the link, so that neither
    # Close can arrive, and be acknowledged, before the other has been sent.
    server = websockets_server(port, "--close", "0.6:1000:server is done")
    client = ws_client(url(port), "--pause", 600, "--then", "close:1001:client is done")
    server.wait_for("open")
    client.wait_for("open")
    time.sleep(0.53)
    jam()
    client.finish()


@case("ws-server-keep-alive-then-upgrade.pcap", 9138)
def _(port):
    ws_server(port, "--http")
    raw_client("keep-alive", port).finish()


@case("websockets-client-through-connect-proxy.pcap", 9139)
def _(port):
    ws_server(9239)
    proxy = python("proxy", "raw.py", "proxy", "--port", port).wait_for("listening")
    python_client("websockets", url(9239), "--proxy", f"http://127.0.0.1:{port}", "--send", "hello", "--then", "close:1000:bye").finish()
    proxy.finish()


@case("haproxy-tunnel-timeout.pcap", 9140, cooked="LINUX_SLL")
def _(port):
    aiohttp_server(9240)
    in_front("haproxy", "haproxy.cfg", port=port, upstream=9240)
    undici_client(url(port), "--send", "hello").finish()


@case("haproxy-503-backend-down.pcap", 9141)
def _(port):
    in_front("haproxy", "haproxy.cfg", port=port, upstream=9241)
    python_client("websockets", url(port)).finish()


@case("aiohttp-server-client-closes-4000.pcap", 9142)
def _(port):
    server = aiohttp_server(port)
    undici_client(url(port), "--send", "hello", "--then", "close:4000:session over").finish()
    server.wait_for("close")


@case("aiohttp-server-tolerates-unmasked-client.pcap", 9146)
def _(port):
    server = aiohttp_server(port)
    raw_client("unmasked-then-closes", port).finish()
    server.wait_for("close")


@case("aiohttp-client-tolerates-masked-server.pcap", 9147)
def _(port):
    server = raw_server("masked", port)
    python_client("aiohttp", url(port), "--send", "hello", "--send", "ignored", "--then", "close:1000:done").finish()
    server.finish()


@case("chromium-data-after-close.pcap", 9148)
def _(port):
    server = raw_server("data-after-close", port)
    chromium(url(port), "--send", "hello").finish()
    server.finish()


@case("websockets-through-vxlan-in-fragments.pcap", 9150, overlay=True)
def _(port):
    # 1,460 bytes of payload fit the overlay, whose MTU is 1,500, but not the network under it,
    # whose MTU is 1,500 as well: the datagrams around them are cut up.
    websockets_server(port, "--host", FAR_SIDE)
    python_client("aiohttp", url(port, FAR_SIDE), "--send", "x" * 2000, "--then", "close:1000:done").finish()


@case("undici-continuation-without-start.pcap", 9149)
def _(port):
    server = raw_server("orphan", port)
    undici_client(url(port), "--send", "hello").finish()
    server.finish()


# --- the captures in files of their own --------------------------------------------------------

import deflate  # noqa: E402,F401  permessage-deflate
import messages  # noqa: E402,F401  pings, sizes, subprotocols and their close codes
import tls  # noqa: E402,F401  WebSockets in TLS

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    tls.OUT.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) == 1:
        print("\n".join(CASES))
    for wanted in sys.argv[1:]:
        make(wanted)
