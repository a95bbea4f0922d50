# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes of RFC 6455 and of the HTTP/1.1 around it. A broken rule is made by asking for it: nothing is refused here."""
import base64
import hashlib
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455 §1.3
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_value(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def head(first_line, *fields):
    return "\r\n".join((first_line, *fields, "", "")).encode()


def request(path="/chat", *more, key=KEY, host="192.0.2.80:8080"):
    return head(f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *more)


def response(*more, accept=accept_value(KEY), version="1.1"):
    """accept None leaves the field out"""
    fields = ["Upgrade: websocket", "Connection: Upgrade"]
    if accept is not None:
        fields.append(f"Sec-WebSocket-Accept: {accept}")
    return head(f"HTTP/{version} 101 Switching Protocols", *fields, *more)


def answer(status, body, *more):
    """an ordinary HTTP response with a body"""
    return head(f"HTTP/1.1 {status}", "Content-Type: text/plain", f"Content-Length: {len(body)}", *more) + body


def close_payload(code, reason=""):
    return b"" if code is None else struct.pack(">H", code) + reason.encode()


def masking_key(number):
    """of a connection's frame; without a pattern, as RFC 6455 §5.3 wants it; the first is the example of §5.7"""
    return fixed_bytes(f"masking key {number}", 4) if number else bytes.fromhex("37fa213d")


def masked_bytes(key, payload):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def length_field(length, wide):
    """RFC 6455 §5.2; wide (16 or 64) asks for more bits than needed"""
    if wide == 64 or length > 65535:
        return 127, struct.pack(">Q", length)
    if wide == 16 or length > 125:
        return 126, struct.pack(">H", length)
    return length, b""


def encode_frame(opcode, payload=b"", fin=True, rsv=0, key=None, wide=0, length=None):
    """rsv: 4 is RSV1, 2 is RSV2, 1 is RSV3; key None: not masked; length: what the header says, if not the truth"""
    seven, rest = length_field(len(payload) if length is None else length, wide)
    start = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if key else 0) | seven]) + rest
    return start + key + masked_bytes(key, payload) if key else start + payload


def fixed_bytes(label, count):
    """bytes without a pattern, the same in every run and for every version of Python"""
    out = b""
    while len(out) < count:
        out += hashlib.sha256(f"{label} {len(out)}".encode()).digest()
    return out[:count]
