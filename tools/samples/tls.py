# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS 1.2 and 1.3 with secrets that everybody knows: enough of the handshake, the records, and the key log to read them."""
import hashlib
import hmac
import struct

from samples.connection import Connection
from samples.websocket import fixed_bytes

CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23  # content types
LARGEST = 16384  # bytes in a record
CLOSE_NOTIFY = b"\x01\x00"

# --- ChaCha20-Poly1305 (RFC 8439) ----------------------------------------------------------------------------------


def quarter_round(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        turned = s[z] ^ s[x]
        s[z] = (turned << turn | turned >> (32 - turn)) & 0xFFFFFFFF


def chacha20_block(key, counter, nonce):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    state = list(start)
    for _ in range(10):
        for column in range(4):
            quarter_round(state, column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter_round(state, column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, start)))


def exclusive_or(one, two):
    return (int.from_bytes(one, "big") ^ int.from_bytes(two, "big")).to_bytes(len(one), "big")


def chacha20(key, nonce, data):
    stream = b"".join(chacha20_block(key, 1 + at // 64, nonce) for at in range(0, len(data), 64))
    return exclusive_or(data, stream[:len(data)])


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    sum_ = 0
    for at in range(0, len(data), 16):
        sum_ = (sum_ + int.from_bytes(data[at:at + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((sum_ + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")


def padded(data):
    return data + b"\0" * (-len(data) % 16)


def encrypt(key, nonce, plain, known):
    """with the tag; known: what is authenticated only"""
    data = chacha20(key, nonce, plain)
    lengths = struct.pack("<QQ", len(known), len(data))
    return data + poly1305(chacha20_block(key, 0, nonce)[:32], padded(known) + padded(data) + lengths)


# --- the secrets ---------------------------------------------------------------------------------------------------


def sha256_mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand_label(secret, label, count):
    """RFC 8446 §7.1, with no context; at most 32 bytes"""
    label = b"tls13 " + label
    return sha256_mac(secret, struct.pack(">HB", count, len(label)) + label + b"\0\1")[:count]


def pseudo_random(secret, label, seed, count):
    """RFC 5246 §5"""
    seed, made = label + seed, b""
    a = seed
    while len(made) < count:
        a = sha256_mac(secret, a)
        made += sha256_mac(secret, a + seed)
    return made[:count]


# --- the handshake -------------------------------------------------------------------------------------------------


def record(kind, body, version=b"\x03\x03"):
    return bytes([kind]) + version + struct.pack(">H", len(body)) + body


def message(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


ALPN = extension(16, b"\0\x09\x08http/1.1")


def hello(kind, random, session, choice, extensions):
    """RFC 8446 §4.1.2 and §4.1.3; choice: cipher suites and compression"""
    block = b"".join(extensions)
    return message(kind, b"\x03\x03" + random + bytes([len(session)]) + session + choice + struct.pack(">H", len(block)) + block)


def client_hello(random, session, suites=b"\x13\1\x13\2\x13\3", versions=(4,), name=b"chat.example"):
    offers = [
        extension(0, struct.pack(">HBH", len(name) + 3, 0, len(name)) + name),
        extension(10, b"\0\2\0\x1d"),
        extension(13, b"\0\4\4\3\x08\4"),
        ALPN,
    ]
    if 4 in versions:
        offers += [extension(43, b"\2\3\4"), extension(51, b"\0\x24\0\x1d\0\x20" + fixed_bytes("client share", 32))]
    return hello(1, random, session, struct.pack(">H", len(suites)) + suites + b"\1\0", offers)


def server_hello(random, session, suite=b"\x13\1"):
    return hello(2, random, session, suite + b"\0", [
        extension(43, b"\3\4"),
        extension(51, b"\0\x1d\0\x20" + fixed_bytes("server share", 32)),
    ])


class Keys:
    """of one direction, and the number of its next record"""

    def __init__(self, key, iv):
        self.key, self.iv, self.number = key, iv, 0

    def encrypt(self, plain, known):
        nonce = exclusive_or(self.iv, struct.pack(">IQ", 0, self.number))
        self.number += 1
        return encrypt(self.key, nonce, plain, known)


class Tls:
    """What both versions share. A flight is (who, bytes)."""

    def __init__(self, label):
        self.label = label
        self.randoms = {who: self.fixed(f"{who} random") for who in ("client", "server")}
        self.session, self.transcript, self.keys = self.fixed("session"), b"", {}

    def fixed(self, what, count=32):
        return fixed_bytes(f"{what} {self.label}", count)

    def plain(self, *messages, version=b"\x03\x03"):
        """a record for each, in the clear"""
        self.transcript += b"".join(messages)
        return b"".join(record(HANDSHAKE, m, version) for m in messages)

    def finished(self, secret, length, label=None):
        digest = hashlib.sha256(self.transcript).digest()
        body = sha256_mac(secret, digest)[:length] if label is None else pseudo_random(secret, label, digest, length)
        made = message(20, body)
        self.transcript += made
        return made

    def log_line(self, label, secret):
        return f"{label} {self.randoms['client'].hex()} {secret.hex()}\n"


class Tls13(Tls):
    """TLS_CHACHA20_POLY1305_SHA256, without a certificate as after a resumption"""

    def use(self, what):
        self.secrets = {who: self.fixed(f"{who} {what}") for who in ("client", "server")}
        self.keys = {who: Keys(expand_label(s, b"key", 32), expand_label(s, b"iv", 12)) for who, s in self.secrets.items()}
        return {who: expand_label(s, b"finished", 32) for who, s in self.secrets.items()}

    def handshake(self):
        yield "client", self.plain(client_hello(self.randoms["client"], self.session), version=b"\x03\x01")
        hello_, change = self.plain(server_hello(self.randoms["server"], self.session, b"\x13\3")), record(CHANGE, b"\1")
        finished = self.use("handshake secret")
        encrypted = message(8, struct.pack(">H", len(ALPN)) + ALPN)
        self.transcript += encrypted
        yield "server", hello_ + change + self.seal("server", encrypted + self.finished(finished["server"], 32), HANDSHAKE)
        yield "client", change + self.seal("client", self.finished(finished["client"], 32), HANDSHAKE)
        self.use("secret")

    def ticket(self):
        """a NewSessionTicket, which comes after the handshake (RFC 8446 §4.6.1)"""
        body = struct.pack(">II", 7200, 12345) + b"\1\0" + struct.pack(">H", 48) + self.fixed("ticket", 48) + b"\0\0"
        return self.seal("server", message(4, body), HANDSHAKE)

    def seal(self, who, data, kind=DATA):
        """one record"""
        known = record(DATA, bytes(len(data) + 17))[:5]
        return known + self.keys[who].encrypt(data + bytes([kind]), known)

    def key_log(self):
        return "".join(self.log_line(f"{who.upper()}_{logged}", self.fixed(f"{who} {what}"))
                       for what, logged in (("handshake secret", "HANDSHAKE_TRAFFIC_SECRET"), ("secret", "TRAFFIC_SECRET_0"))
                       for who in ("client", "server"))


class Tls12(Tls):
    """TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256; the list of certificates is empty"""

    def __init__(self, label):
        super().__init__(label)
        self.master = self.fixed("master", 48)

    def handshake(self):
        hello_ = client_hello(self.randoms["client"], self.session, b"\xcc\xa8", versions=())
        yield "client", self.plain(hello_, version=b"\x03\x01")
        exchange = b"\3\0\x1d\x20" + self.fixed("server share") + b"\4\1" + struct.pack(">H", 256) + self.fixed("signature", 256)
        yield "server", self.plain(
            hello(2, self.randoms["server"], self.session, b"\xcc\xa8\0", [extension(0xFF01, b"\0"), ALPN]),
            message(11, b"\0\0\0"), message(12, exchange), message(14, b""))
        start = self.plain(message(16, b"\x20" + self.fixed("client share"))) + record(CHANGE, b"\1")
        self.use()
        yield "client", start + self.seal("client", self.finished(self.master, 12, b"client finished"), HANDSHAKE)
        finished = self.seal("server", self.finished(self.master, 12, b"server finished"), HANDSHAKE)
        yield "server", record(CHANGE, b"\1") + finished

    def use(self):
        """RFC 5246 §6.3: no MAC keys; client and server key, client and server IV"""
        block = pseudo_random(self.master, b"key expansion", self.randoms["server"] + self.randoms["client"], 88)
        self.keys = {"client": Keys(block[:32], block[64:76]), "server": Keys(block[32:64], block[76:])}

    def seal(self, who, data, kind=DATA):
        """one record (RFC 7905 §2)"""
        known = struct.pack(">QB", self.keys[who].number, kind) + b"\x03\x03" + struct.pack(">H", len(data))
        return record(kind, self.keys[who].encrypt(data, known))

    def key_log(self):
        return self.log_line("CLIENT_RANDOM", self.master)


class Secure(Connection):
    """A connection inside TLS. What is sent is in one record, or in records of these sizes and one for the rest."""

    def __init__(self, capture, client_port=40001, server_port=443, tls=Tls13, **options):
        super().__init__(capture, client_port, server_port, **options)
        self.scheme, self.host = "wss", "chat.example"
        self.tls, self.ready = tls(client_port), False
        capture.secrets += self.tls.key_log()

    def handshake(self, **options):
        super().handshake(**options)
        for who, flight in self.tls.handshake():
            super().send(who, flight)
        self.ready = True

    def sealed(self, who, data, records=(), spoil=()):
        """spoil: numbers of records whose last byte is wrong; they are not counted, for Wireshark does not count them either"""
        pieces = []
        for size in records:
            pieces.append(data[:size])
            data = data[size:]
        pieces += [data[i:i + LARGEST] for i in range(0, len(data), LARGEST)]
        made = b""
        for number, piece in enumerate(pieces):
            made += self.tls.seal(who, piece)
            if number in spoil:
                made = made[:-1] + bytes([made[-1] ^ 0xFF])
                self.tls.keys[who].number -= 1
        return made

    def send(self, who, data, records=(), spoil=(), **options):
        super().send(who, self.sealed(who, data, records, spoil), **options)

    def send_ticket(self, **options):
        super().send("server", self.tls.ticket(), **options)

    def send_fin(self, who):
        super().send(who, self.tls.seal(who, CLOSE_NOTIFY, ALERT), fin=True, ack=False)
