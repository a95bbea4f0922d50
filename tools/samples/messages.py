# SPDX-License-Identifier: GPL-2.0-or-later
"""What messages can hold: compressed or broken, odd texts, JSON, other protocols; and sessions inside TLS."""
import json
import struct

from samples.defects import BOTH, FOX, in_records, words
from samples.deflate import BAD_BLOCK_TYPE, Compressed, Deflater, agreed, extension, reference
from samples.losses import numbered_lines
from samples.sample import sample
from samples.tls import Secure, Tls12, Tls13
from samples.websocket import BINARY, CONTINUATION, PING, PONG, TEXT

PLAIN = "permessage-deflate"
NO_TAKEOVER = "; server_no_context_takeover; client_no_context_takeover"

# lines of offers, what is accepted (None: nothing), and what follows for the client and for the server: window bits, takeover
OFFERS = (
    ((f"{PLAIN}; server_max_window_bits=10; client_max_window_bits=11, {PLAIN}; client_max_window_bits, {PLAIN}",),
     f"{PLAIN}; client_max_window_bits=12", (12, True), (15, True)),
    ((f"{PLAIN}; server_no_context_takeover; server_max_window_bits=9", f"{PLAIN}; client_max_window_bits"),
     f"{PLAIN}; server_no_context_takeover; server_max_window_bits=9", (15, True), (9, False)),
    ((f'{PLAIN}; server_max_window_bits="10"; client_max_window_bits="12"',),
     f'{PLAIN}; server_max_window_bits="10"; client_max_window_bits="11"', (11, True), (10, True)),
    ((f"{PLAIN}; fancy_new_parameter=1, {PLAIN}",), PLAIN, (15, True), (15, True)),
    ((f"{PLAIN}; client_max_window_bits",), f"{PLAIN}; client_max_window_bits=9", (9, True), (15, True)),
    ((PLAIN,), f"{PLAIN}; client_no_context_takeover", (15, False), (15, True)),
    ((f"x-shrink; level=9, {PLAIN}", "x-trace"), f"x-trace, {PLAIN}; server_max_window_bits=11", (15, True), (11, True)),
    ((f"{PLAIN}; client_max_window_bits, {PLAIN}",), None, (15, True), (15, True)),
)


@sample("deflate-offers", "a connection for each way to agree: 40001 the second of three offers in one line, 40002 the first of "
        "two lines, 40003 quoted values, 40004 an unknown parameter declined, 40005 client_max_window_bits offered without a "
        "value, 40006 client_no_context_takeover unasked, 40007 server_max_window_bits unasked, behind another extension, 40008 "
        "all declined", "what was offered, what was accepted, and the texts; none breaks a rule")
def deflate_offers(made):
    for number, (offers, accepted, client, server) in enumerate(OFFERS):
        conn = made.connect(40001 + number, acks=False)
        conn.extensions = accepted or ""
        conn.handshake()
        conn.upgrade(*(extension(name=line) for line in offers), answered=(extension(name=accepted),) if accepted else ())
        talker = Compressed(conn, Deflater(*client), Deflater(*server)) if accepted else conn
        for who in BOTH:
            talker.text(who, f"{who}: {FOX}")
            talker.text(who, f"{who} again: {FOX}, {words(number)}")
        conn.close()


@sample("deflate-mixed", "40001 compressed and plain messages mixed, empty ones of both kinds, with context takeover and control "
        "frames in between; 40002 on loopback, compressed messages in fragments both ways at once", "which messages were "
        "compressed, and to what length; all texts can be read")
def deflate_mixed(made):
    conn = agreed(made, asked="; client_max_window_bits")
    zipped = Compressed(conn)
    for number in range(1, 4):
        for who in BOTH:
            zipped.text(who, f"compressed {number}, from the {who}: {FOX}")
            conn.text(who, f"plain {number}, from the {who}: {FOX}")
            conn.ping(who, f"{number}")
            zipped.text(who, "")
            conn.text(who, "")
            conn.send(who, zipped.frame(who, bytes(range(number, 64)) * 3, BINARY) + zipped.frame(who, FOX)
                      + conn.frame(who, BINARY, bytes(range(number))) + zipped.frame(who, b"", BINARY))
    conn.close()
    at_once(agreed(made, 40002, client="127.0.0.1", server="127.0.0.1", acks=False))


def at_once(conn):
    zipped = Compressed(conn)
    for number in range(3):
        ways = {who: zipped.fragments(who, f"{number}, from the {who}, in fragments: {words(who)}, {FOX}", (0, 7, 20))
                for who in BOTH}
        for _ in range(4):
            for who in BOTH:
                conn.send(who, next(ways[who]))
            conn.server(conn.frame("server", PING, f"ping {number}"))
            conn.client(conn.frame("client", PONG, f"ping {number}"))
        for who in BOTH:
            assert not list(ways[who])
            zipped.text(who, f"{number}, from the {who}, whole: {words(who)}, {FOX}")
    conn.close()


@sample("deflate-broken", "40001 without and 40002 with context takeover, both ways: messages that end too early, with an invalid "
        "block type, with a distance to before the beginning, and good ones behind them; of 40002, messages that need nothing of "
        "the broken one, and one that refers back over it", "why each broken message cannot be read; the good ones are right, or "
        "not called exact")
def deflate_broken(made):
    made.lossy = True  # nobody can tell what the broken messages held
    without_takeover(agreed(made, 40001, NO_TAKEOVER, NO_TAKEOVER))
    with_takeover(agreed(made, 40002))


def without_takeover(conn):
    zipped = Compressed(conn, Deflater(takeover=False), Deflater(takeover=False))
    for who in BOTH:
        zipped.text(who, f"good: {FOX}")
        too_early(zipped, who)
        zipped.text(who, f"good again: {FOX}")
        for payload in (BAD_BLOCK_TYPE, reference(700)):
            zipped.broken(who, payload)
            zipped.text(who, f"good after that: {FOX}")
        conn.text(who, "never compressed")
    conn.close()


def too_early(zipped, who):
    payload = zipped.contexts[who].compress(f"ends too early: {words(who)}".encode())
    zipped.broken(who, payload[:len(payload) // 2])


def with_takeover(conn):
    zipped = Compressed(conn)
    for who in BOTH:
        for number in range(1, 3):
            zipped.text(who, f"good {number}: {FOX}")
        too_early(zipped, who)
        alone = f"refers to nothing: {words('alone', 60)}"
        zipped.recent(who, alone, 0)
        zipped.recent(who, f"refers to that: {words('alone', 60)}", len(alone))
        assert zipped.contexts[who].farthest > 50
        zipped.text(who, f"refers over the broken one: {FOX}")
        assert zipped.contexts[who].farthest > 200
        conn.text(who, "never compressed")
        zipped.broken(who, BAD_BLOCK_TYPE)
        zipped.recent(who, f"refers to nothing again: {words('again', 60)}", 0)
    conn.close()


ODD_TEXTS = (
    "a NUL \0 in the middle", "\0", "non-characters: \ufffe \uffff \ufdd0 \U0001ffff \U0010fffe", "".join(map(chr, range(0x20))),
    "DEL \x7f",
    "C1: " + "".join(map(chr, range(0x80, 0xA0))), "separators: \u2028 and \u2029, \x85", "line\r\nbreaks\nand\ttabs\rhere",
    "bidi: \u202eright to left\u202c, \u2066isolated\u2069, \u200f\u200e", "a BOM \ufeff inside", "\ufeffa BOM first",
    "emoji: \U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea", "combined: e\u0301 and \u00e9", "]]>",
    "<&\"'> &amp; &#0; <script>alert(1)</script>", "\\ \\u0041 \\x41 %s %n ${x} `id`", "=1+1", "-1", "@x", "+x",
    ",;|\t\"quoted\"", " ", "",
    "".join(f"{n:04d} äöü€ " for n in range(1820))[:20000],
)


@sample("text-odd", "40001 texts that are odd and right: NUL, non-characters, controls, separators, bidi, emoji, markup, formulas, "
        "20 000 characters, none at all; and a 3-byte character cut over fragments; 40002 a text that is no UTF-8 only as a whole, "
        "for its character cut over two fragments goes on wrongly", "each text is shown and exported so that it is one line and "
        "one field; only 40002 breaks a rule")
def text_odd(made):
    conn = made.opened(40001, acks=False)
    for who in BOTH:
        for text in ODD_TEXTS:
            conn.text(who, text)
        cut_text(conn, who, b"cut: \xe2", b"\x82", b"\xac is one character")
    conn.close()
    conn = made.opened(40002)
    conn.facts.update(case="bad UTF-8 as a whole", broken_by="client")
    conn.text("client", "before")
    cut_text(conn, "client", b"begins well: \xe2\x82", b"and goes on as another character")
    conn.close(1007, "not UTF-8", first="server")


def cut_text(conn, who, *pieces):
    for number, piece in enumerate(pieces):
        conn.send(who, conn.frame(who, CONTINUATION if number else TEXT, piece, fin=number == len(pieces) - 1))


@sample("json-text", "JSON texts both ways: objects, arrays, numbers, one over two fragments, one compressed; and texts that only "
        "look like it", "each JSON text is decoded as JSON; the others are plain texts")
def json_text(made):
    conn = agreed(made)
    zipped = Compressed(conn)
    for who, value in (("client", {"type": "subscribe", "id": 1, "topics": ["news", "sport"]}), ("server", {"type": "ok", "id": 1}),
                       ("server", [1, 2.5, -3e-7, True, False, None, "text", [], {}, [[["deep"]]]]), ("client", []), ("server", {}),
                       ("client", {"text": "quotes \" and \\ and \n and \u20ac and \U0001f600", "": "", "a": {"a": {"a": 0}}}),
                       ("server", 42), ("client", -0.5), ("client", "a string"), ("server", None)):
        conn.text(who, json.dumps(value))
    conn.text("server", json.dumps({"pretty": [1, 2], "more": {"x": "ä"}}, indent=2, ensure_ascii=False))
    cut_text(conn, "client", b'{"over": "two fra', b'gments", "n": [1, 2, 3]}')
    zipped.text("server", json.dumps({"compressed": True, "words": [FOX, FOX]}))
    for text in ("{not json", '{"cut": "off', "[1, 2", "{} and more", "{'single': 'quotes'}", "[1,]", "nul", "  "):
        conn.text("client", text)
    conn.close()


# --- MQTT 3.1.1 ----------------------------------------------------------------------------------------------------


def mqtt(kind, body=b"", flags=0):
    """a control packet (§2)"""
    length, rest = b"", len(body)
    while True:
        rest, seven = rest >> 7, rest & 0x7F
        length += bytes([seven | (0x80 if rest else 0)])
        if not rest:
            return bytes([kind << 4 | flags]) + length + body


def mqtt_string(text):
    return struct.pack(">H", len(text.encode())) + text.encode()


CONNECT = mqtt(1, mqtt_string("MQTT") + b"\x04\x02" + struct.pack(">H", 60) + mqtt_string("lens"))
CONNACK, PINGREQ, PINGRESP, DISCONNECT = mqtt(2, b"\0\0"), mqtt(12), mqtt(13), mqtt(14)


def subscribe(number, topic, qos):
    return mqtt(8, struct.pack(">H", number) + mqtt_string(topic) + bytes([qos]), flags=2)


def suback(number, qos):
    return mqtt(9, struct.pack(">HB", number, qos))


def publish(topic, payload, number=None):
    """with a number: QoS 1"""
    identifier = b"" if number is None else struct.pack(">H", number)
    return mqtt(3, mqtt_string(topic) + identifier + payload.encode(), flags=0 if number is None else 2)


def puback(number):
    return mqtt(4, struct.pack(">H", number))


@sample("mqtt-split", "the subprotocol mqtt: MQTT 3.1.1 packets that begin and end anywhere in the binary messages, both ways",
        "one MQTT packet over three messages, several in one, and a message that is only the first byte of one")
def mqtt_split(made):
    conn = made.connect()
    conn.subprotocol = "mqtt"
    conn.handshake()
    protocol = "Sec-WebSocket-Protocol: mqtt"
    conn.upgrade(protocol + ", mqttv3.1", path="/mqtt", answered=(protocol,))
    for who, data, *cuts in (
            ("client", CONNECT), ("server", CONNACK),
            ("client", subscribe(1, "news/#", 0) + subscribe(2, "sport/#", 1) + PINGREQ),
            ("server", suback(1, 0) + suback(2, 1) + PINGRESP),
            ("client", publish("news/today", f"in three messages: {words(1, 200)}"), 10, 100),
            ("server", publish("news/today", f"in three messages: {words(1, 200)}"), 12, 90),
            ("server", publish("sport/one", "the first byte is alone", 7) + publish("news/two", "two in one"), 1),
            ("client", puback(7) + publish("sport/two", f"cut in the length: {words(2, 200)}", 8), 4, 6),
            ("server", puback(8) + publish("news/three", "behind a PUBACK") + publish("news/four", "cut here"), 3, 30),
            ("client", PINGREQ, 1), ("server", PINGRESP, 1), ("client", DISCONNECT)):
        for begin, end in zip((0, *cuts), (*cuts, len(data))):
            conn.send(who, conn.frame(who, BINARY, data[begin:end]))
    conn.close(reason="")


# --- inside TLS ----------------------------------------------------------------------------------------------------


def secure_session(conn):
    conn.text("server", "something")
    conn.text("client", "hello, over TLS")
    conn.ping("server", "are you there")
    for who in BOTH:
        in_records(conn, who, *(conn.frame(who, TEXT, f"record {n} of the {who}, in one segment") for n in range(1, 4)))
        conn.send(who, conn.frame(who, TEXT, f"{who}, one record over segments: {words(who, 400)}"), split=(3, 100, 200))
        conn.send(who, conn.frame(who, TEXT, f"{who}, one message over five records: {words(who, 300)}"), records=(1, 2, 1, 50))
        conn.send(who, conn.frame(who, TEXT, "one of two in") + conn.frame(who, TEXT, " one record"))
    conn.server(conn.frame("server", BINARY, numbered_lines(1576).encode()[:40960]))
    conn.client(conn.frame("client", BINARY, numbered_lines(800).encode()))
    if isinstance(conn.tls, Tls13):
        conn.send_ticket()
    conn.text("server", "that was long")
    conn.close()


WSS = ("several records in one segment, one record over several segments, messages over several records (one of 40 KiB), several "
       "messages in one record, close_notify at the end; the key log is in the file")


@sample("wss-tls12", f"a session in TLS 1.2: {WSS}", "the same as without TLS; wss:// in the address")
def wss_tls12(made):
    secure_session(made.opened(kind=Secure, tls=Tls12))


@sample("wss-tls13", f"a session in TLS 1.3, with a session ticket in between: {WSS}",
        "the same as without TLS; wss:// in the address")
def wss_tls13(made):
    secure_session(made.opened(kind=Secure))


@sample("wss-undecrypted-record", "TLS 1.2: a record of the server, in the middle of a long message, was altered and cannot be "
        "decrypted; the records after it can", "of the server, nothing behind that record is called exact; the client's messages "
        "are")
def wss_undecrypted_record(made):
    made.lossy = True
    conn = made.opened(kind=Secure, tls=Tls12)
    conn.text("server", "all here")
    long = conn.frame("server", TEXT, numbered_lines(150), incomplete=True)
    conn.server(long, records=(1000, 1000, 1000), spoil=(2,))
    conn.text("client", "got the long one")
    for number in range(1, 4):
        conn.text("server", f"message {number} after the altered record")
    conn.text("server", numbered_lines(60))  # more bytes than the long message lacks
    conn.text("server", "the last one")
    conn.text("client", "good")
    conn.close()


@sample("export-kinds", "texts and the beginnings of well-known files, on a path that would like to leave a folder",
        "File, Export Objects, WebSocket Lens: each a file with the right extension, and all of them in the chosen folder")
def export_kinds(made):
    conn = made.connect(40001)
    conn.handshake()
    conn.upgrade(path="/../../etc/passwd")
    for text in ('{"name": "../../../etc/passwd"}', "{not json", "../../etc/passwd"):
        conn.text("client", text)
    for data in (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x00\x01\x02", b""):
        conn.send("server", conn.frame("server", BINARY, data))
    conn.close()
