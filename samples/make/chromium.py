"""Chromium, headless, with one page which opens one WebSocket and reports what its API said.

    python3 chromium.py --url ws://... [--send TEXT] [--then close|close:CODE:REASON|navigate|close-tab|wait] [--no-store] [--flag=--FLAG]...
    python3 chromium.py client --plan FILE --record FILE --url ws://...

With a plan, the page opens the plan's connections one after the other and says what stands there, as
talk.mjs does.

The page comes from a small HTTP server on a port of its own. It is watched over the DevTools
protocol, which also tells what the browser's console says about a failed connection.
"""

import argparse
import http.server
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

parser = argparse.ArgumentParser()
parser.add_argument("side", nargs="?")
parser.add_argument("--url")
parser.add_argument("--plan", type=Path)
parser.add_argument("--record", type=Path)
parser.add_argument("--send")
parser.add_argument("--then", default="wait")
parser.add_argument("--no-store", action="store_true", help="forbid to keep the page for going back to it")
parser.add_argument("--flag", action="append", default=[], help="one more argument for the browser")
opt = parser.parse_args()

VERSION = subprocess.run(["chromium", "--version"], capture_output=True, text=True).stdout.split()[1]
PAGE = """<!doctype html><title>sample</title><script>
const {url, send, then} = %s;
const say = (event, more = {}) => report(JSON.stringify({event, ...more}));
const ws = new WebSocket(url);
const act = () => {
  const [verb, code, reason] = then.split(":");
  if (verb != "wait") say("calls " + verb, code ? {code: +code, reason} : {});
  if (verb == "close") code ? ws.close(+code, reason) : ws.close();
};
ws.onopen = () => { say("open", {extensions: ws.extensions}); send ? ws.send(send) : act(); };
ws.onmessage = (e) => { say("message", {bytes: e.data.length}); act(); };
ws.onerror = () => say("error event");
ws.onclose = (e) => say("close", {code: e.code, reason: e.reason, wasClean: e.wasClean});
</script>""" % json.dumps({"url": opt.url, "send": opt.send, "then": opt.then})

TALK = """<!doctype html><title>sample</title><script>
const {url, connections} = %s;
const say = (event, more = {}) => report(JSON.stringify({event, ...more}));
const bytes = (m) => "text" in m ? new TextEncoder().encode(m.text) : Uint8Array.from(atob(m.binary), (c) => c.charCodeAt());
const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");
const digest = async (m) => hex(await crypto.subtle.digest("SHA-256", bytes(m)));

const talk = (number, {client_says, server_says}, digests) => new Promise((resolve) => {
  const ws = new WebSocket(url);
  ws.binaryType = "arraybuffer";
  let heard = 0, wrong = 0;
  ws.onopen = () => {
    say("open", {connection: number, extensions: ws.extensions});
    client_says.forEach((m, i) => {
      const kind = "text" in m ? "text" : "binary";
      say("sends", {record: `${number} client ${kind} ${bytes(m).length} ${digests[i]}`});
      ws.send(kind == "text" ? m.text : bytes(m));
    });
  };
  ws.onmessage = (e) => {
    const m = server_says[heard++];
    const got = typeof e.data == "string" ? e.data : hex(e.data);
    wrong += !m || got !== ("text" in m ? m.text : hex(bytes(m)));
    if (heard == server_says.length) ws.close(1000, "done");
  };
  ws.onclose = (e) => {
    say("connection closed", {connection: number, received: heard, asSent: heard == server_says.length && !wrong,
        code: e.code, reason: e.reason, wasClean: e.wasClean});
    resolve();
  };
});

(async () => {
  for (const [i, c] of connections.entries()) await talk(i + 1, c, await Promise.all(c.client_says.map(digest)));
  say("close");
})();
</script>"""
if opt.plan:
    PAGE = TALK % json.dumps({"url": opt.url, **json.loads(opt.plan.read_text())}).replace("</", "<\\/")


def say(event, **more):
    print(json.dumps({"side": "client", "library": f"Chromium {VERSION}", "event": event, **more}), flush=True)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.encode() if self.path == "/" else b"<!doctype html><title>another page</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if opt.no_store:
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def watch(devtools):
    """Opens the page and prints what happens, until its WebSocket is closed or the page has gone."""
    number = 0

    def command(method, **params):
        nonlocal number
        number += 1
        devtools.send(json.dumps({"id": number, "method": method, "params": params}))

    for domain in ("Network", "Log", "Runtime", "Page"):
        command(f"{domain}.enable")
    command("Runtime.addBinding", name="report")
    command("Page.navigate", url=address)
    until = time.monotonic() + 40
    while time.monotonic() < until:
        try:
            told = json.loads(devtools.recv(timeout=1))
        except TimeoutError:
            continue
        except ConnectionClosed:
            return say("the tab is gone")
        params = told.get("params", {})
        match told.get("method"):
            case "Runtime.bindingCalled":
                report = json.loads(params["payload"])
                if report["event"] == "sends":
                    with opt.record.open("a") as record:
                        record.write(report["record"] + "\n")
                    continue
                say(**report)
                if report["event"] == "close":
                    until = min(until, time.monotonic() + 0.7)
                if report["event"] == "calls navigate":
                    time.sleep(0.2)
                    command("Page.navigate", url=address + "elsewhere")
                    until = time.monotonic() + 3
                if report["event"] == "calls close-tab":
                    time.sleep(0.2)
                    command("Page.close")
            case "Network.webSocketFrameError":
                say("console", text=params["errorMessage"])
            case "Log.entryAdded":
                say("console", text=params["entry"]["text"])
            case "Network.webSocketClosed":
                say("DevTools: webSocketClosed")


pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=pages.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{pages.server_port}/"
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
         "--remote-debugging-port=0", f"--user-data-dir={profile}", *opt.flag, "about:blank"],
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        note = Path(profile, "DevToolsActivePort")
        while not (note.exists() and note.read_text().count("\n")):
            time.sleep(0.1)
        port = note.read_text().split()[0]
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list"))
        page = next(target for target in targets if target["type"] == "page")
        with connect(page["webSocketDebuggerUrl"], max_size=None) as devtools:
            watch(devtools)
        if opt.then == "close-tab":
            time.sleep(2.5)  # what the browser does with the connection once the tab is gone
    finally:
        os.killpg(browser.pid, signal.SIGTERM)  # its own session: only what was started here
        try:
            browser.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(browser.pid, signal.SIGKILL)
