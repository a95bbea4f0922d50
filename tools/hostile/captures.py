# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures taken apart into packets, spoilt, and written again.

Only what is asked for is spoilt: file headers, interfaces and TLS secrets stay as they are, so that Wireshark goes on reading and
what is wrong reaches the dissectors.
"""
import dataclasses
import gzip
import struct

ENHANCED_PACKET = 6
SECTION = 0x0A0D0D0A


@dataclasses.dataclass(frozen=True)
class Record:
    """A packet (data is not None), or any other block of the file."""
    head: bytes  # a block other than a packet: all of it
    data: bytes | None = None
    wire_length: int = 0
    tail: bytes = b""  # options of a packet


class Capture:
    """The records of a pcap or pcapng file; `rest` is what follows the last whole one (a file that was cut)."""

    def __init__(self, path):
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        self.is_ng = struct.unpack_from("<I", raw)[0] == SECTION
        self.start = b""
        self.rest = b""
        self.records = []
        if self.is_ng:
            self.order = "<" if struct.unpack_from("<I", raw, 8)[0] == 0x1A2B3C4D else ">"
            self._read_blocks(raw)
        else:
            self.order = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
            self._read_pcap(raw)

    def _read_blocks(self, raw):
        at = 0
        while at + 12 <= len(raw):
            kind, size = struct.unpack_from(self.order + "II", raw, at)
            if size < 12 or at + size > len(raw):
                break
            block = raw[at:at + size]
            if kind == ENHANCED_PACKET:
                captured, wire = struct.unpack_from(self.order + "II", block, 20)
                padded = 28 + (captured + 3) // 4 * 4
                self.records.append(Record(block[:20], block[28:28 + captured], wire, block[padded:-4]))
            else:
                self.records.append(Record(block))
            at += size
        self.rest = raw[at:]

    def _read_pcap(self, raw):
        self.start, at = raw[:24], 24
        while at + 16 <= len(raw):
            captured, wire = struct.unpack_from(self.order + "II", raw, at + 8)
            if at + 16 + captured > len(raw):
                break
            self.records.append(Record(raw[at:at + 8], raw[at + 16:at + 16 + captured], wire))
            at += 16 + captured
        self.rest = raw[at:]

    def written(self, records):
        """the file with these records in the place of its own"""
        return self.start + b"".join(map(self._written, records)) + self.rest

    def _written(self, record):
        if record.data is None:
            return record.head
        sizes = struct.pack(self.order + "II", len(record.data), record.wire_length)
        if not self.is_ng:
            return record.head + sizes + record.data
        body = record.head[8:] + sizes + record.data + b"\0" * (-len(record.data) % 4) + record.tail
        size = struct.pack(self.order + "I", len(body) + 12)
        return record.head[:4] + size + body + size


# ---- ways to spoil: (random, records) -> records. Each changes packets only.

# The lengths and first bytes at which frames, masks and UTF-8 change their meaning.
EDGES = bytes((0x00, 0x01, 0x7D, 0x7E, 0x7F, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0xC1, 0xFE, 0xFF))


def _changed(random, data, rate, begin, value):
    changed = bytearray(data)
    at = begin
    while True:
        at += int(random.expovariate(rate))
        if at >= len(changed):
            return bytes(changed)
        changed[at] = value(changed[at])
        at += 1


def _flip(rate, begin, value_of):
    def spoil(random, records):
        return [r if r.data is None else
                dataclasses.replace(r, data=_changed(random, r.data, rate, begin, value_of(random))) for r in records]
    return spoil


def _a_bit(random):
    return lambda old: old ^ (1 << random.randrange(8))


def _any(random):
    return lambda _: random.randrange(256)


def _edge(random):
    return lambda _: random.choice(EDGES)


def _snapshot(random, records):
    size = random.choice((14, 34, 40, 54, 55, 56, 58, 60, 64, 68, 80, 96, 128, 200, 500, 1000, random.randrange(1, 1600)))
    return [r if r.data is None else dataclasses.replace(r, data=r.data[:size]) for r in records]


def _drop(random, records):
    rate = random.choice((0.02, 0.1, 0.3, 0.6))
    return [r for r in records if r.data is None or random.random() >= rate]


def _drop_beginning(random, records):
    packets = [i for i, r in enumerate(records) if r.data is not None]
    if not packets:
        return records
    begin = random.choice(packets[:max(1, len(packets) // 2)])
    return [r for i, r in enumerate(records) if r.data is None or i >= begin]


def _double(random, records):
    rate = random.choice((0.02, 0.1, 0.5, 1.0))
    return [each for r in records for each in ([r, r] if r.data is not None and random.random() < rate else [r])]


def _shuffle(random, records):
    """packets change places with neighbours; what is no packet stays where it is"""
    places = [i for i, r in enumerate(records) if r.data is not None]
    reach = random.choice((2, 5, 20, len(records) + 1))
    packets = sorted(places, key=lambda place: place + random.random() * reach)
    out = list(records)
    for place, packet in zip(places, packets):
        out[place] = records[packet]
    return out


def _claim_longer(random, records):
    """the wire length grows beyond what was captured"""
    return [r if r.data is None or random.random() > 0.2 else
            dataclasses.replace(r, wire_length=r.wire_length + random.choice((1, 4, 1000, 70000))) for r in records]


BEHIND_TCP = 54  # of an Ethernet frame with IPv4 and no options; near enough for the others

WAYS = {
    "bits 2%": _flip(0.02, 0, _a_bit),
    "bytes 2%": _flip(0.02, 0, _any),
    "bytes 0.2%": _flip(0.002, 0, _any),
    "payload bits 1%": _flip(0.01, BEHIND_TCP, _a_bit),
    "payload bytes 0.3%": _flip(0.003, BEHIND_TCP, _any),
    "payload edges 3%": _flip(0.03, BEHIND_TCP, _edge),
    "payload edges 0.5%": _flip(0.005, BEHIND_TCP, _edge),
    "snapshot": _snapshot,
    "drop": _drop,
    "late start": _drop_beginning,
    "double": _double,
    "shuffle": _shuffle,
    "longer": _claim_longer,
}


MOST_PACKETS = 400


def _piece(random, records):
    """Of a long capture a part, mostly its beginning: more of the same would only cost time."""
    packets = [i for i, r in enumerate(records) if r.data is not None]
    if len(packets) <= MOST_PACKETS or random.random() < 0.05:
        return records
    first = 0 if random.random() < 0.7 else random.randrange(len(packets) - MOST_PACKETS)
    wanted = set(packets[first:first + MOST_PACKETS])
    return [r for i, r in enumerate(records) if r.data is None or i in wanted]


def spoilt(random, capture):
    """(what was done, the bytes of the file)"""
    ways = random.sample(sorted(WAYS), random.choice((1, 1, 1, 2, 2, 3)))
    records = _piece(random, capture.records)
    for way in ways:
        records = WAYS[way](random, records)
    raw = capture.written(records)
    if random.random() < 0.15:
        ways.append("cut file")
        raw = raw[:random.randrange(len(raw) + 1)]
    return ways, raw
