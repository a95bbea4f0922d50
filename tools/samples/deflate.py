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
        self.steps = []  # of the last message: (bytes, distance they are copied from), 0 for literals
        self.inflater = Inflater(takeover)

    def compress(self, payload, **options):
        return self.blocks(("fixed", payload, False), **options)

    def stored(self, payload, **options):
        return self.blocks(("stored", payload, False), **options)

    def blocks(self, *blocks, octet=True, window=None, recent=None):
        """a message of blocks (kind, payload, BFINAL); octet: 00 follows if the last has BFINAL (RFC 7692 §7.2.3.4); window:
        matches go back so far, whatever was agreed; recent: they know no more than so many bytes before the message"""
        bits, self.farthest, self.steps = Bits(), 0, []
        last_final, known = False, 0 if recent is None else len(self.history) - recent
        for kind, payload, last_final in blocks:
            if kind == "fixed":
                self.put_fixed(bits, payload, last_final, window or self.window, known)
            else:
                put_stored(bits, payload, last_final)
                self.steps.append((len(payload), 0))
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
            self.steps.append((length, at - from_))
        else:
            bits.symbol(whole[at])
            self.steps.append((1, 0))

    def forget(self):
        """what follows refers to nothing that came before"""
        self.history = b""

    def bomb(self, runs):
        """the payload of a message of 1 + 258 * runs zeros"""
        made = zeros(runs)
        assert self.inflater.inflate(made) == bytes(1 + LONGEST * runs)
        self.history = bytes(65536) if self.takeover else b""
        self.steps = [(1, 0), (LONGEST * runs, 1)]
        return made


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


def zeros(runs):
    """A message of 1 + 258 * runs zeros, as short as DEFLATE can say it: 2 bits for 258 of them. One dynamic block (RFC 1951
    §3.2.7) with codes for what it needs only: 0 for length 258 and for distance 1, 10 for the literal 0, 11 for the end."""
    bits = Bits()
    for value, count in ((0, 1), (2, 2), (286 - 257, 5), (1 - 1, 5), (18 - 4, 4)):  # not the last block; how many lengths follow
        bits.put(value, count)
    for symbol in (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1):  # their code: 0 is 18, 10 is 1, 11 is 2
        bits.put({18: 1, 1: 2, 2: 2}.get(symbol, 0), 3)
    for length, unused in ((2, (138, 117)), (2, (28,)), (1, ()), (1, ())):  # of the literal 0, the end, length 258, distance 1
        bits.code(1 + length, 2)
        for count in unused:  # symbols that do not occur: 18 says 11 to 138 of them
            bits.code(0, 1)
            bits.put(count - 11, 7)
    bits.code(2, 2)
    bits.put(0, 2 * runs)
    bits.code(3, 2)
    bits.put(0, 3)
    bits.align()
    return bytes(bits.bytes)


class Known:
    """Which bytes of a direction somebody can know who did not get all of it."""

    def __init__(self):
        self.bytes = bytearray()  # 1: known

    def lose(self):
        """a message, whose length nobody knows: of what came before it nobody knows how far back it is"""
        self.bytes.clear()

    def take(self, steps):
        """of a message; True if all of it is known"""
        start = len(self.bytes)
        for length, distance in steps:
            for _ in range(length):
                self.bytes.append(distance == 0 or (distance <= len(self.bytes) and self.bytes[-distance]))
        return all(self.bytes[start:])


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

    def frame(self, who, words, opcode=TEXT, payload=None, **options):
        """payload: if it is not what compress() makes"""
        words = words.encode() if isinstance(words, str) else words
        if payload is None:
            payload = self.contexts[who].compress(words)
        return self.conn.frame(who, opcode, payload, rsv=4, says=words, **options)

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


class Damaged(Compressed):
    """Compressed messages of which the capture lacks some: the truth marks those that cannot be told without them."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.known = {"client": Known(), "server": Known()}

    def frame(self, who, words, opcode=TEXT, payload=None, **options):
        context = self.contexts[who]
        payload = payload or context.compress(words.encode() if isinstance(words, str) else words)
        return super().frame(who, words, opcode, payload, incomplete=not self.known[who].take(context.steps))

    def lost(self, who, words):
        """a message in a segment that is not in the capture, though it arrived"""
        self.conn.send(who, super().frame(who, words, incomplete=True), lose=(0,))
        self.known[who].lose()

    def unseen(self, who, words):
        """a message from before the capture"""
        self.conn.account(who, self.conn.frame(who, TEXT, self.contexts[who].compress(words.encode()), rsv=4, noted=False))
        self.known[who].lose()
