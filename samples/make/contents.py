"""What the ends of the permessage-deflate captures say: always the same, from a seed.

A message is {"text": str} or {"binary": base64}, with "cuts" (byte offsets at which it is cut into
fragments), "pings" (a ping between any two fragments) and "plain" (not compressed) where wanted.
"""

import base64
import json
import random

WORDS = ("socket frame message window length offset packet server client fragment masking opcode payload "
         "handshake extension context takeover literal distance buffer").split()
VIETNAMESE = "Máy chủ đã đóng kết nối vì quá lâu không có tin nhắn nào; hãy thử kết nối lại sau ít phút."
EMOJI = "👋🏽 xin chào 🇻🇳 — ngắt kết nối 🔌, thử lại 🔁, xong ✅ 👩‍💻"


def text(words, **how):
    return {"text": words, **how}


def binary(data, **how):
    return {"binary": base64.b64encode(data).decode(), **how}


def row(source, number):
    """One line of made-up measurements, as JSON."""
    return json.dumps({"id": number, "sensor": f"room-{source.randrange(40)}", "unit": "°C",
                       "value": round(source.uniform(15, 30), 2), "ok": source.random() < 0.9}, ensure_ascii=False)


def prose(source, words):
    return " ".join(source.choice(WORDS) for _ in range(words))


def far(source):
    """About 40 KiB: the same 10 KiB four times, which only a window of 14 bits or more can tell."""
    block = ",\n".join(row(source, number) for number in range(130))
    return f"[{block}]\n" * 4


def varied(seed):
    """Some two dozen messages: what compresses well and badly, tiny and large, with references into
    earlier messages and, for small windows, beyond their reach."""
    source = random.Random(seed)
    refrain = prose(source, 40)
    yield text(row(source, 1))
    yield text(row(source, 2))
    yield text(refrain)
    yield text(refrain)
    yield text("")
    yield binary(b"")
    yield text("x")
    yield binary(b"\0")
    yield text(VIETNAMESE)
    yield text(EMOJI)
    yield text(f"{EMOJI} {VIETNAMESE} {EMOJI}")
    yield binary(source.randbytes(300))
    yield text(refrain.upper())
    yield binary(bytes(3000))
    yield text(prose(source, 200))
    yield text(refrain)
    yield binary(bytes(range(256)) * 3)
    yield text(far(source))
    yield text(refrain)
    yield text("a" * (70_000 if seed % 2 else 700))
    yield binary(VIETNAMESE.encode("utf-16-le"))
    yield text("\u0000\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff")
    yield text(row(source, 3))
    yield binary(source.randbytes(1))
    yield text(refrain[::-1])
    yield text(refrain)


def fragmented(seed):
    """Messages in fragments, with pings between them: of one byte, empty ones, within code points."""
    source = random.Random(seed)
    long = prose(source, 120)
    yield text(VIETNAMESE, cuts=[1, 2, 3, 10, 11, 12, 40], pings=True)  # ỉ, ủ … are cut within
    yield text(VIETNAMESE[:24], cuts=list(range(1, len(VIETNAMESE[:24].encode()))))  # every byte by itself
    yield text(EMOJI, cuts=[1, 2, 3, 5, 6], pings=True)
    yield text(long, cuts=[len(long) // 2], pings=True)
    yield binary(source.randbytes(200), cuts=[100, 100, 150], pings=True)  # an empty fragment
    yield text("not in fragments")
    yield text("", cuts=[0, 0])
    yield text(long, cuts=[0, len(long)])
    yield binary(long.encode(), cuts=list(range(20, len(long), 20)), pings=True)
    yield text(long)


def stream(count, seed):
    """Small messages, all alike and no two the same."""
    source = random.Random(seed)
    for number in range(1, count + 1):
        yield text(json.dumps({"n": number, "k": source.choice(WORDS), "v": source.randrange(1000)}))
