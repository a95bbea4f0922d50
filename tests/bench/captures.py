#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the captures of the benchmarks: big, made, and the same in every run.

Usage: tests/bench/captures.py FOLDER [NAME ...] [--packets N]

A capture that is there already is kept. Compressed bytes are those of this machine's zlib."""
import argparse
import base64
import json
import pathlib
import random
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from samples.websocket import BINARY, TEXT, accept_value, close_payload, CLOSE, encode_frame, request, response  # noqa: E402
from samples.deflate import TAIL  # noqa: E402
from samples.packets import internet_checksum  # noqa: E402

PACKETS = 300_000
MSS = 1448
SYN, FIN, PUSH, ACK = 2, 1, 8, 16
SERVER = b"\xc0\x00\x02\x50"
MICROSECONDS = 1_000_000
START = 1767225600 * MICROSECONDS


def ipv4_header(size, source, destination):
    start = struct.pack(">BBHHHBB", 0x45, 0, size, 0, 0x4000, 64, 6)
    return start + struct.pack(">H", internet_checksum(start + source + destination)) + source + destination


class Capture:
    """A pcap file that is written as it comes."""

    def __init__(self, file, packets):
        self.file, self.wanted, self.count, self.now = file, packets, 0, START
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

    @property
    def full(self):
        return self.count >= self.wanted

    def put(self, packet):
        self.now += 37
        self.count += 1
        size = len(packet)
        self.file.write(struct.pack("<IIII", *divmod(self.now, MICROSECONDS), size, size))
        self.file.write(packet)


class Connection:
    """TCP between a client and the server; who is 0 (client) or 1."""

    def __init__(self, capture, number, server_port=8080):
        self.capture = capture
        client = struct.pack(">I", 0x0A000002 + number // 20000)
        self.ends = (client, SERVER)
        self.ports = (20000 + number % 20000, server_port)
        self.next = [1000 + number, 5000 + number]
        self.unacknowledged = 0
        self.random = random.Random(number)
        self.contexts = None

    def packet(self, who, flags, payload=b""):
        peer = 1 - who
        tcp = struct.pack(">HHIIBBHHH", self.ports[who], self.ports[peer], self.next[who] & 0xFFFFFFFF,
                          self.next[peer] & 0xFFFFFFFF if flags & ACK else 0, 0x50, flags, 64240, 0, 0)
        size = 40 + len(payload)
        self.capture.put(b"\x02\0\0\0\0\x50\x02\0\0\0\0\x0a\x08\0" + ipv4_header(size, self.ends[who], self.ends[peer])
                         + tcp + payload)
        self.next[who] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def send(self, who, data):
        """The peer acknowledges each second segment."""
        for at in range(0, len(data), MSS):
            self.packet(who, PUSH | ACK, data[at:at + MSS])
            self.unacknowledged += 1
            if self.unacknowledged == 2:
                self.packet(1 - who, ACK)
                self.unacknowledged = 0

    def connect(self):
        self.packet(0, SYN)
        self.packet(1, SYN | ACK)
        self.packet(0, ACK)

    def open(self, extension=None):
        key = base64.b64encode(self.random.randbytes(16)).decode()
        more = (f"Sec-WebSocket-Extensions: {extension}",) if extension else ()
        self.connect()
        self.send(0, request("/stream", *more, key=key, host="ticker.example:8080"))
        self.send(1, response(*more, accept=accept_value(key)))
        if extension:
            self.contexts = tuple(zlib.compressobj(6, zlib.DEFLATED, -15) for _ in range(2))

    def frame(self, who, opcode, payload, rsv=0):
        return encode_frame(opcode, payload, rsv=rsv) if who == 1 else masked_frame(opcode, payload, self.random.randbytes(4), rsv)

    def message(self, who, payload, opcode=TEXT):
        rsv = 0
        if self.contexts:
            context = self.contexts[who]
            payload = (context.compress(payload) + context.flush(zlib.Z_SYNC_FLUSH))[:-len(TAIL)]
            rsv = 4
        self.send(who, self.frame(who, opcode, payload, rsv))

    def close(self):
        self.send(0, self.frame(0, CLOSE, close_payload(1000)))
        self.send(1, self.frame(1, CLOSE, close_payload(1000)))
        self.packet(1, FIN | ACK)
        self.packet(0, FIN | ACK)
        self.packet(1, ACK)


def masked_frame(opcode, payload, key, rsv=0):
    """as encode_frame(), for payloads of megabytes"""
    size = len(payload)
    header = encode_frame(opcode, b"", rsv=rsv, key=key, length=size)[:-4]
    pattern = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return header + key + (int.from_bytes(payload, "little") ^ pattern).to_bytes(size, "little")


def quote(numbers):
    """a line of a ticker"""
    return json.dumps({"type": "trade", "symbol": numbers.choice(("BTC-USD", "ETH-USD", "EUR-USD", "XAU-USD")),
                       "price": round(numbers.uniform(1, 70000), 2), "size": round(numbers.random(), 6),
                       "side": numbers.choice(("buy", "sell")), "sequence": numbers.getrandbits(32)}).encode()


def rounds(capture, count, extension=None, senders=(1,)):
    connections = [Connection(capture, number) for number in range(count)]
    for connection in connections:
        connection.open(extension)
    numbers = random.Random(1)
    while not capture.full:
        for connection in connections:
            for who in senders:
                connection.message(who, quote(numbers))
    for connection in connections:
        connection.close()


def ticker(capture):
    """plain quotes, server to client, 50 connections"""
    rounds(capture, 50)


def masked(capture):
    """quotes, client to server, 50 connections"""
    rounds(capture, 50, senders=(0,))


def compressed(capture):
    """quotes both ways with permessage-deflate and context takeover, 50 connections"""
    rounds(capture, 50, "permessage-deflate", senders=(0, 1))


def many(capture):
    """connections with a few messages each: 20,000 of them in 300,000 packets"""
    numbers = random.Random(2)
    number = 0
    while not capture.full:
        connection = Connection(capture, number)
        number += 1
        connection.open()
        connection.message(0, quote(numbers))
        connection.message(1, quote(numbers))
        connection.close()


def huge(capture):
    """binary messages of 1 to 4 MiB, both ways in turn"""
    connection = Connection(capture, 0)
    connection.open()
    numbers = random.Random(3)
    who = 0
    while not capture.full:
        connection.message(who, numbers.randbytes(numbers.randrange(1 << 20, 1 << 22)), BINARY)
        who = 1 - who
    connection.close()


def other(capture):
    """no WebSocket: half ordinary HTTP on kept-alive connections, half something opaque, 2000 connections"""
    numbers = random.Random(4)
    connections = [Connection(capture, number, 80 if number % 2 else 5555) for number in range(2000)]
    for connection in connections:
        connection.connect()
    body = b"x" * 900
    ask = b"GET /index.html HTTP/1.1\r\nHost: example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n" + body
    while not capture.full:
        for number, connection in enumerate(connections):
            connection.send(0, ask if number % 2 else numbers.randbytes(200))
            connection.send(1, answer if number % 2 else numbers.randbytes(1000))


CAPTURES = {made.__name__: made for made in (ticker, masked, compressed, many, huge, other)}


def write(folder, name, packets=PACKETS):
    """The file of that name in the folder, which is made unless it is there."""
    path = pathlib.Path(folder) / f"{name}-{packets}.pcap"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with open(part, "wb", buffering=1 << 20) as file:
            CAPTURES[name](Capture(file, packets))
        part.rename(path)
    return path


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder")
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CAPTURES))
    arguments.add_argument("--packets", type=int, default=PACKETS)
    given = arguments.parse_args()
    unknown = [name for name in given.names if name not in CAPTURES]
    if unknown:
        arguments.error(f"no capture {unknown[0]}; there are: {', '.join(CAPTURES)}")
    for name in given.names or CAPTURES:
        print(write(given.folder, name, given.packets))


if __name__ == "__main__":
    main()
