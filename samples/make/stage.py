"""What every capture needs: starting and watching the ends, and capturing while they play.

`make.py` and the files of captures beside it register their plays with `case`; `make` then runs one.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = Path(os.environ.get("SAMPLES_OUT", HERE.parent / "real"))
CASES = {}


def case(name, port, **how):
    """Registers a capture: its file name, and the TCP port that is captured."""
    def register(play):
        CASES[name.split(".")[0]] = (name, port, how, play)
        return play
    return register


# --- starting and watching the ends ----------------------------------------------------------

def show(side, line):
    try:
        line = json.dumps({k: v for k, v in json.loads(line).items() if k != "side"}, ensure_ascii=False)
    except ValueError:
        pass
    sys.stdout.write(f"  {side:<9} {line}\n")
    sys.stdout.flush()


class Process:
    """One end. Its lines are printed as they come; `wait_for` waits for an event among them."""

    def __init__(self, side, *command):
        self.side, self.events, self.news = side, [], threading.Condition()
        self.child = subprocess.Popen([str(c) for c in command], cwd=HERE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        running.append(self)
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        for line in self.child.stdout:
            show(self.side, line.rstrip())
            with self.news:
                try:
                    self.events.append(json.loads(line)["event"])
                except (ValueError, TypeError, KeyError):
                    pass
                self.news.notify_all()

    def wait_for(self, event, timeout=20):
        with self.news:
            if not self.news.wait_for(lambda: event in self.events, timeout):
                raise TimeoutError(f"{self.side}: no {event!r}")
        return self

    def finish(self, timeout=70):
        self.child.wait(timeout)
        return self

    def signal(self, number):
        self.child.send_signal(number)
        return self


running = []


def python(side, script, *args):
    return Process(side, sys.executable, script, *args)


def node(side, *args, flags=()):
    return Process(side, "node", *flags, "node.mjs", *args)


def ws_server(port, *args, **how):
    return node("server", "server", "--port", port, *args, **how).wait_for("listening")


def ws_client(url, *args, **how):
    return node("client", "ws", "--url", url, *args, **how)


def undici_client(url, *args, **how):
    return node("client", "undici", "--url", url, *args, **how)


def websockets_server(port, *args):
    command = [*at_far_side, sys.executable, "python_ends.py", "server", "websockets", "--port", port, *args]
    return Process("server", *command).wait_for("listening")


def aiohttp_server(port, *args):
    return python("server", "python_ends.py", "server", "aiohttp", "--port", port, *args).wait_for("listening")


def python_client(library, url, *args):
    return python("client", "python_ends.py", "client", library, "--url", url, *args)


def chromium(url, *args):
    return python("client", "chromium.py", "--url", url, *args)


def raw_client(play, port, *args):
    return python("client", "raw.py", "client", play, "--port", port, *args)


def raw_server(play, port, *args):
    return python("server", "raw.py", "server", play, "--port", port, *args).wait_for("listening")


def in_front(program, template, **names):
    """nginx or haproxy with a configuration from this folder, its $names filled in."""
    folder = Path(tempfile.mkdtemp(prefix="samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    text = (HERE / template).read_text()
    for key, value in {**names, "folder": folder}.items():
        text = text.replace(f"${key}", str(value))
    config = folder / template
    config.write_text(text)
    command = {"nginx": ["nginx", "-e", "stderr", "-c", config], "haproxy": ["haproxy", "-db", "-f", config]}[program]
    (folder / "index.html").write_text("<!doctype html><title>static page</title>\n")
    folder.chmod(0o755)
    proxy = Process(program, *command)
    time.sleep(0.7)
    return proxy


def url(port, host="127.0.0.1", scheme="ws"):
    return f"{scheme}://{host}:{port}/"


def jam():
    """Fills the queue of a slowed-down loopback with unrelated datagrams, some 0.15 s of them."""
    sink, filler = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    sink.bind(("127.0.0.1", 9337))
    for _ in range(15):
        filler.sendto(bytes(1200), ("127.0.0.1", 9337))


# The address of the server in the overlay, and how to run a program at that side.
FAR_SIDE = "198.51.100.2"
at_far_side = []


def overlay():
    """Two network namespaces, a cable between them, and over that a VXLAN of their own."""
    far = subprocess.Popen(["unshare", "-n", "sleep", "600"])
    atexit.register(far.kill)
    time.sleep(0.3)
    inside = ["nsenter", "-t", str(far.pid), "-n"]
    subprocess.run(f"ip link add cable type veth peer name cable netns {far.pid}".split(), check=True)
    for host, there, before in [(1, 2, []), (2, 1, inside)]:
        for command in [
            "sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
            f"ip address add 192.0.2.{host}/24 dev cable",
            "ip link set cable up",
            f"ip link add overlay type vxlan id 42 dstport 4789 remote 192.0.2.{there}",
            "ip link set overlay mtu 1500",
            f"ip address add 198.51.100.{host}/24 dev overlay",
            "ip link set overlay up",
        ]:
            subprocess.run(before + command.split(), check=True)
    at_far_side[:] = inside


# --- capturing -------------------------------------------------------------------------------

def make(name):
    file, port, how, play = CASES[name]
    target = how.get("out", OUT) / file
    interface = "any" if how.get("cooked") else "lo"
    wanted = " or ".join(f"tcp port {one}" for one in [port, *how.get("also", [])])
    if how.get("overlay"):
        overlay()
        interface, wanted = "cable", "ip"
    if file.endswith("ng"):
        command = ["dumpcap", "-q", "-i", interface, "-f", wanted, "-w", target]
    else:
        command = ["tcpdump", "-i", interface, "-U", "--immediate-mode", "-B", "65536", "-w", "-"]
        if how.get("nano"):
            command.append("--time-stamp-precision=nano")
        if isinstance(how.get("cooked"), str):
            command += ["-y", how["cooked"]]
        command.append(wanted)
    print(f"{file}")
    if how.get("slow"):
        subprocess.run("tc qdisc add dev lo root tbf rate 1mbit burst 2000 limit 200000".split(), check=True)
    with open(os.devnull if file.endswith("ng") else target, "wb") as out:
        capture = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.PIPE, text=True)
        try:
            for line in capture.stderr:
                if "listening on" in line or line.startswith("File:"):
                    break
            time.sleep(0.3)
            play(port)
            time.sleep(0.6)  # the last ACKs
        finally:
            time.sleep(0.2)
            capture.send_signal(signal.SIGINT)
            capture.wait(10)
            for line in capture.stderr:
                if "dropped" in line and not line.startswith("0 "):
                    show("", line.strip())
            show("", "capture ended")
            if how.get("slow"):
                subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)
            for process in reversed(running):
                if process.child.poll() is None:
                    process.signal(signal.SIGTERM)
                    try:
                        process.child.wait(3)
                    except subprocess.TimeoutExpired:
                        process.signal(signal.SIGKILL)
            running.clear()
    if how.get("compressed"):
        # -n: neither the name nor the time, so that the file depends on the packets alone.
        subprocess.run(["gzip", "-9", "-n", "-f", target], check=True)
        target = target.with_name(target.name + ".gz")
    if "captured" in how:
        target = how["captured"](target)
    print(f"  {target.stat().st_size} bytes")
