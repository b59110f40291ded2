"""Faults built into a running websockets connection: what no library does unless it is broken.

Each takes the connection after its opening handshake. Everything else stays as the library does it:
it goes on to mask, to frame, to keep the state, and to read what the peer answers.
"""

import dataclasses
import zlib

from websockets.extensions.permessage_deflate import PerMessageDeflate


def deflate(ws):
    return ws.protocol.extensions[0]


def rewrite(ws, change):
    """Has `change(number, content, compressed)` say what a data frame holds; `compressed()` is what is usual."""
    extension, encode, count = deflate(ws), deflate(ws).encode, 0

    def encode_and_change(frame):
        nonlocal count
        if frame.opcode >= 8:
            return frame
        count += 1
        data = change(count, bytes(frame.data), lambda: bytes(encode(frame).data))
        return dataclasses.replace(frame, data=data, rsv1=frame.opcode != 0)

    extension.encode = encode_and_change


def compresses_unasked(ws):
    """Compresses although nothing was agreed."""
    ws.protocol.extensions = [PerMessageDeflate(False, False, 15, 15)]


def keeps_context(ws):
    """Promised no context takeover, and takes it over."""
    extension = deflate(ws)
    extension.local_no_context_takeover = False
    extension.encoder = zlib.compressobj(wbits=-extension.local_max_window_bits)


def larger_window(ws):
    """Promised a window of 9 bits, and uses 15."""
    deflate(ws).encoder = zlib.compressobj(wbits=-15)


def corrupts(ws):
    """The second message begins with a block of type 3, which does not exist (RFC 1951 §3.2.3)."""
    rewrite(ws, lambda number, data, encoded: b"\x06" + encoded()[1:] if number == 2 else encoded())


def loses_first(ws):
    """The first message goes through the compressor and is never sent: the next ones refer to it."""
    extension = deflate(ws)
    extension.encoder.compress(b"The first message, which is compressed and then lost.")
    extension.encoder.flush(zlib.Z_SYNC_FLUSH)


def loses_second(ws):
    """As loses_first, with a message after the first: there is a window to refer to, the wrong one."""
    extension = deflate(ws)

    def change(number, data, encoded):
        if number == 2:
            extension.encoder.compress(b"A message that is lost and as long as another.")
            extension.encoder.flush(zlib.Z_SYNC_FLUSH)
        return encoded()

    rewrite(ws, change)


def finishes(ws):
    """Every message is a deflate stream of its own, which ends with BFINAL (RFC 7692 §7.2.3.4)."""
    def change(number, data, encoded):
        encoder = zlib.compressobj(wbits=-15)
        return encoder.compress(data) + encoder.flush(zlib.Z_FINISH) + b"\0"

    rewrite(ws, change)


def keeps_tail(ws):
    """Leaves the bytes 00 00 FF FF at the end, which a sender is to remove (RFC 7692 §7.2.1)."""
    rewrite(ws, lambda number, data, encoded: encoded() + b"\0\0\xff\xff")


def closes_tail(ws):
    """As keeps_tail, with the header of another empty block behind it, so that all is in order again."""
    rewrite(ws, lambda number, data, encoded: encoded() + b"\0\0\xff\xff\0")
