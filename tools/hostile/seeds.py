# SPDX-License-Identifier: GPL-2.0-or-later
"""What the fuzz targets begin with, made of the samples: what really stands on the wire, in the form that each target reads."""
import re
import struct

from hostile import captures

LONGEST = 2000
MOST = 60  # of each target


def segments(capture):
    """(client's?, sequence, payload) of Ethernet, IPv4 and TCP; whoever spoke first is the client"""
    first = {}
    for record in capture.records:
        data = record.data
        if data is None or len(data) < 54 or data[12:14] != b"\x08\x00" or data[23] != 6:
            continue
        tcp = 14 + (data[14] & 15) * 4
        end = 14 + struct.unpack_from(">H", data, 16)[0]
        if tcp + 20 > len(data):
            continue
        ports = struct.unpack_from(">HH", data, tcp)
        payload = data[tcp + (data[tcp + 12] >> 4) * 4:end]
        if payload:
            yield ports[0] == first.setdefault(tuple(sorted(ports)), ports[0]), struct.unpack_from(">I", data, tcp + 4)[0], payload


def is_head(payload):
    return payload.startswith((b"GET ", b"HTTP/1."))


def frames(payload):
    """(RSV1, unmasked payload) of whole frames at the beginning of a segment"""
    at = 0
    while at + 2 <= len(payload):
        size, begin = payload[at + 1] & 127, at + 2
        if size >= 126:
            form, width = (">H", 2) if size == 126 else (">Q", 8)
            if begin + width > len(payload):
                return
            size, begin = struct.unpack_from(form, payload, begin)[0], begin + width
        key = payload[begin:begin + 4] if payload[at + 1] & 128 else b"\0\0\0\0"
        begin += 4 if payload[at + 1] & 128 else 0
        if len(key) < 4 or begin + size > len(payload):
            return
        yield bool(payload[at] & 64), bytes(b ^ key[i % 4] for i, b in enumerate(payload[begin:begin + size]))
        at = begin + size


def byte_stream(all_segments):
    ops = b"".join(b"\1\1\0\0" + struct.pack(">HH", len(p) % 2000, 65535) for _, _, p in all_segments[:40])
    late = b"".join(b"\1\1" + struct.pack(">h", 80 * (i % 3)) + struct.pack(">HH", 10, 10) + b"\1\0\0\x20" for i in range(20))
    return [ops, late]


def frame_stream(all_segments):
    said = [p for _, _, p in all_segments if not is_head(p)]
    return [bytes((size,)) + struct.pack(">H", (len(p) - 1) % 4096) + p[:4096] + b"\0"
            for p in said[:4] for size in (0, 6, 255) if len(p) <= LONGEST]


def http_head(all_segments):
    return [bytes(((1 if p.startswith(b"GET") else 0) + 40,)) + p for _, _, p in all_segments[:4] if is_head(p)]


def extensions(all_segments):
    lines = [re.findall(rb"(?i)Sec-WebSocket-Extensions: *([^\r\n]*)", p) for _, _, p in all_segments if is_head(p)]
    values = [b", ".join(each) for each in lines if each]
    return [a + b"\n" + b for a, b in zip(values, values[1:] + values[:1])][:4]


def inflate(all_segments):
    packed = [f for _, _, p in all_segments if not is_head(p) for rsv1, f in frames(p) if rsv1 and len(f) < LONGEST]
    messages = [b"\0" + struct.pack(">H", len(f)) + f for f in packed]
    return [bytes((agreed, 2)) + b"".join(messages[:3]) for agreed in (15, 14, 3) if messages] + \
        [b"\x0f\x10" + each for each in messages[3:6]]


def session(all_segments):
    out = []
    for choice in (0, 1, 6, 0x81, 7):
        said = b""
        for client, _, payload in all_segments[:12]:
            if choice < 6 and is_head(payload):
                continue
            for at in range(0, min(len(payload), 600), 73):  # a speech of units u has 1 + 8 u bytes
                piece = payload[at:at + 73]
                whole = piece[:1 + (len(piece) - 1) // 8 * 8]
                said += bytes((int(client) | (len(whole) // 8) << 1,)) + whole
                said += b"".join(bytes((int(client), each)) for each in piece[len(whole):])
        start = bytes((choice, 40)) + (b"\x04\1\2\3\x14" if choice & 0x80 else b"")
        out.append((start + said)[:LONGEST])
    return out


TARGETS = {each.__name__: each for each in (byte_stream, frame_stream, http_head, extensions, inflate, session)}


def write(target, samples, folder):
    """how many were written"""
    seeds = []
    for path in samples:
        found = list(segments(captures.Capture(path)))
        if found:
            seeds += [seed for seed in TARGETS[target](found) if 0 < len(seed) <= LONGEST * 3]
    different = sorted(set(seeds), key=lambda seed: (len(seed), seed))
    chosen = different[::max(1, len(different) // MOST)]
    for number, seed in enumerate(chosen):
        (folder / f"seed-{number}").write_bytes(seed)
    return len(chosen)
