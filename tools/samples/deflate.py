# SPDX-License-Identifier: GPL-2.0-or-later
"""DEFLATE (RFC 1951) as permessage-deflate sends it (RFC 7692). Written out because not every zlib makes the same bytes; zlib
reads every payload that is made here, to prove that it holds what it should."""
import struct
import zlib

from samples.truth import entry
from samples.websocket import CONTINUATION, TEXT

TAIL = b"\0\0\xff\xff"  # taken off the end of each message (RFC 7692 §7.2.1)
LONGEST = 258
BAD_BLOCK_TYPE = b"\x06\0\0"  # BTYPE 11 (RFC 1951 §3.2.3)


def steps(base, extra):
    """(first value, extra bits) of the codes, from their extra bits (RFC 1951 §3.2.5)"""
    made = []
    for bits in extra:
        made.append((base, bits))
        base += 1 << bits
    return made


LENGTHS = steps(3, [0] * 8 + [n for n in range(1, 6) for _ in range(4)])[:28] + [(258, 0)]
DISTANCES = steps(1, [0] * 4 + [n for n in range(1, 14) for _ in range(2)])


class Bits:
    """the first bit is the lowest of the first byte"""

    def __init__(self):
        self.bytes, self.value, self.count = bytearray(), 0, 0

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count
        while self.count >= 8:
            self.bytes.append(self.value & 0xFF)
            self.value >>= 8
            self.count -= 8

    def code(self, value, count):
        """a Huffman code, whose highest bit comes first"""
        self.put(int(format(value, f"0{count}b")[::-1], 2), count)

    def align(self):
        self.put(0, -self.count % 8)

    def symbol(self, number):
        """of the fixed code for literals and lengths (RFC 1951 §3.2.6)"""
        if number < 144:
            self.code(0x30 + number, 8)
        elif number < 256:
            self.code(0x190 + number - 144, 9)
        elif number < 280:
            self.code(number - 256, 7)
        else:
            self.code(0xC0 + number - 280, 8)

    def match(self, length, distance):
        number, (base, extra) = last_at_most(LENGTHS, length)
        self.symbol(257 + number)
        self.put(length - base, extra)
        number, (base, extra) = last_at_most(DISTANCES, distance)
        self.code(number, 5)
        self.put(distance - base, extra)


def last_at_most(table, value):
    return max((number, step) for number, step in enumerate(table) if step[0] <= value)


class Deflater:
    """One direction's context."""

    def __init__(self, window_bits=15, takeover=True):
        self.window, self.takeover = 1 << window_bits, takeover
        self.history = b""  # all that a match may point to, and more
        self.farthest = 0  # distance of the last message's matches
        self.inflater = Inflater(takeover)

    def compress(self, payload, **options):
        return self.blocks(("fixed", payload, False), **options)

    def stored(self, payload, **options):
        return self.blocks(("stored", payload, False), **options)

    def blocks(self, *blocks, octet=True, window=None, recent=None):
        """a message of blocks (kind, payload, BFINAL); octet: 00 follows if the last has BFINAL (RFC 7692 §7.2.3.4); window:
        matches go back so far, whatever was agreed; recent: they know no more than so many bytes before the message"""
        bits, self.farthest = Bits(), 0
        last_final, known = False, 0 if recent is None else len(self.history) - recent
        for kind, payload, last_final in blocks:
            if kind == "fixed":
                self.put_fixed(bits, payload, last_final, window or self.window, known)
            else:
                put_stored(bits, payload, last_final)
            self.history += payload
            if last_final:
                bits.align()  # what follows is a new DEFLATE stream
        if not last_final or octet:
            bits.put(0, 3)  # an empty stored block, whose other bytes are TAIL
            bits.align()
        made = bytes(bits.bytes)
        assert self.inflater.inflate(made) == b"".join(payload for _, payload, _ in blocks)
        self.history = self.history[-65536:] if self.takeover else b""
        return made

    def put_fixed(self, bits, payload, final, window, known):
        if not payload and not final:
            return
        bits.put(1 if final else 0, 1)
        bits.put(1, 2)
        start, whole = len(self.history), self.history + payload
        seen, at = {}, known  # where three bytes were seen last
        while at < len(whole):
            length, from_ = 0, seen.get(whole[at:at + 3])
            if at >= start and from_ is not None and at - from_ <= window:
                length = match_length(whole, from_, at)
            if at >= start:
                self.put_step(bits, whole, at, from_, length)
            for passed in range(at, at + max(length, 1)):
                if passed + 3 <= len(whole):
                    seen[whole[passed:passed + 3]] = passed
            at += max(length, 1)
        bits.symbol(256)

    def put_step(self, bits, whole, at, from_, length):
        if length:
            bits.match(length, at - from_)
            self.farthest = max(self.farthest, at - from_)
        else:
            bits.symbol(whole[at])


def put_stored(bits, payload, final):
    """RFC 1951 §3.2.4"""
    for at in range(0, len(payload), 65535):
        piece = payload[at:at + 65535]
        bits.put(final and at + 65535 >= len(payload), 3)
        bits.align()
        for byte in struct.pack("<HH", len(piece), len(piece) ^ 0xFFFF) + piece:
            bits.put(byte, 8)


def match_length(whole, from_, at):
    length = 0
    while length < LONGEST and at + length < len(whole) and whole[from_ + length] == whole[at + length]:
        length += 1
    return length


def reference(distance, length=10, before=b"x"):
    """a message of literals and one match, whose distance may lead nowhere"""
    bits = Bits()
    bits.put(2, 3)
    for byte in before:
        bits.symbol(byte)
    bits.match(length, distance)
    bits.symbol(256)
    bits.put(0, 3)
    bits.align()
    return bytes(bits.bytes)


class Inflater:
    """What a receiver makes of the payloads. BFINAL ends a DEFLATE stream, but not the context."""

    def __init__(self, takeover=True):
        self.takeover, self.window = takeover, b""

    def inflate(self, payload):
        rest, made = payload + TAIL, b""
        while rest and rest != TAIL:
            stream = zlib.decompressobj(-15, zdict=(self.window + made)[-32768:])
            made += stream.decompress(rest) + stream.flush()
            rest = stream.unused_data
        self.window = (self.window + made)[-32768:] if self.takeover else b""
        return made


def extension(parameters="", name="permessage-deflate"):
    return "Sec-WebSocket-Extensions: " + name + parameters


def agreed(made, port=40001, asked="", answered="", **options):
    """a connection on which both ends have permessage-deflate with these parameters"""
    conn = made.connect(port, **options)
    conn.extensions = "permessage-deflate" + answered
    conn.handshake()
    conn.upgrade(extension(asked), answered=(extension(answered),))
    return conn


class Compressed:
    """Compressed messages on a connection: it has the contexts of both directions."""

    def __init__(self, conn, client=None, server=None):
        self.conn = conn
        self.contexts = {"client": client or Deflater(), "server": server or Deflater()}

    def frame(self, who, words, opcode=TEXT, payload=None):
        """payload: if it is not what compress() makes"""
        words = words.encode() if isinstance(words, str) else words
        if payload is None:
            payload = self.contexts[who].compress(words)
        return self.conn.frame(who, opcode, payload, rsv=4, says=words)

    def text(self, who, words, payload=None, **options):
        self.conn.send(who, self.frame(who, words, payload=payload), **options)

    def recent(self, who, words, count):
        """a text that refers to no more than the last bytes before it"""
        self.text(who, words, payload=self.contexts[who].compress(words.encode(), recent=count))

    def broken(self, who, payload, **options):
        """a payload that holds nothing one could tell"""
        self.conn.send(who, self.conn.frame(who, TEXT, payload, rsv=4, noted=False), **options)

    def fragments(self, who, words, sizes, opcode=TEXT):
        """the frames of one message, whose payload is cut after these sizes; the truth has it when the last is made"""
        words = words.encode() if isinstance(words, str) else words
        payload = self.contexts[who].compress(words)
        pieces = []
        for size in sizes:
            pieces.append(payload[:size])
            payload = payload[size:]
        pieces.append(payload)
        for number, piece in enumerate(pieces):
            first, last = number == 0, number == len(pieces) - 1
            if last:
                self.conn.records[who].sent.append(entry(opcode, words))
            yield self.conn.frame(who, opcode if first else CONTINUATION, piece, fin=last, rsv=4 if first else 0, noted=False)
