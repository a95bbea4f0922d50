# SPDX-License-Identifier: GPL-2.0-or-later
"""What frames can do: fragments, compression, impossible lengths, broken rules."""
import zlib

from samples.sample import sample
from samples.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, response


@sample("simultaneous-directions", "on loopback both ends send fragmented messages at once, with pings in between and empty fragments "
        "first, in the middle and last; then messages that share a segment",
        "each end's messages are its own; \"first-\" and \"second-end\" are two; \"alone\" is there; both of \"one-one end\" and \"two-two end\"")
def simultaneous_directions(made):
    conn = made.opened(client="127.0.0.1", server="127.0.0.1")
    interleaved(conn)
    empty_fragments(conn)
    shared_segments(conn)
    conn.close()


def interleaved(conn):
    """a text of the client and a binary message of the server, fragment by fragment"""
    for who, opcode, payload, fin in (
            ("client", TEXT, "client one, ", False), ("server", BINARY, "", False),
            ("client", PING, "client ping", True), ("server", CONTINUATION, "server one, ", False),
            ("client", CONTINUATION, "", False), ("server", PONG, "client ping", True),
            ("server", PING, "", True), ("client", PONG, "", True),
            ("client", CONTINUATION, "client end", True), ("server", CONTINUATION, "server end", False),
            ("server", CONTINUATION, "", True), ("client", TEXT, "", True)):
        conn.send(who, conn.frame(who, opcode, payload, fin=fin), ack=False)


def empty_fragments(conn):
    for who in ("server", "client"):
        for opcode, payload, fin in ((TEXT, "first-", False), (CONTINUATION, "", True), (TEXT, "second-", False),
                                     (CONTINUATION, "end", True), (TEXT, "", False), (CONTINUATION, "", True)):
            conn.send(who, conn.frame(who, opcode, payload, fin=fin), ack=False)


def shared_segments(conn):
    for who in ("server", "client"):
        conn.send(who, conn.frame(who, TEXT, "a-", fin=False) + conn.frame(who, CONTINUATION, "b-", fin=False)
                  + conn.frame(who, CONTINUATION, "c", fin=True) + conn.frame(who, TEXT, "alone"))
        conn.send(who, conn.frame(who, TEXT, "one-", fin=False))
        conn.send(who, conn.frame(who, CONTINUATION, "one end") + conn.frame(who, TEXT, "two-", fin=False)
                  + conn.frame(who, CONTINUATION, "two end"))


# Raw DEFLATE of COMPRESSED_WORDS, one context, the 00 00 ff ff of each flush taken off (RFC 7692 §7.2.1). Written down because
# not every zlib makes the same bytes; compressed() proves that they are what they should be.
COMPRESSED_WORDS = ("the quick brown fox jumps over the lazy dog", "the quick brown fox jumps over the lazy dog, once more")
COMPRESSED_BYTES = ("2ac94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a70300",
                    "2a215ea98e427e5e72aa426e7e512a00")


def compressed_payloads():
    inflate = zlib.decompressobj(-15)
    for words, bytes_hex in zip(COMPRESSED_WORDS, COMPRESSED_BYTES):
        payload = bytes.fromhex(bytes_hex)
        assert inflate.decompress(payload + b"\0\0\xff\xff") == words.encode()
        yield words, payload


@sample("compressed", "permessage-deflate is agreed; the server sends two compressed messages, the second of which refers back to the "
        "first, and a plain one in between",
        "the compressed texts can be read, the plain one is marked so; wire length and length differ")
def compressed(made):
    conn = made.connect()
    conn.handshake()
    conn.extensions = "permessage-deflate"
    conn.upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
                 answered=("Sec-WebSocket-Extensions: permessage-deflate",))
    (words, payload), (more_words, more_payload) = compressed_payloads()
    conn.server(conn.frame("server", TEXT, payload, rsv=4, says=words.encode()))
    conn.text("server", "not compressed, though it could be")
    conn.text("client", "nor is this")
    conn.server(conn.frame("server", TEXT, more_payload, rsv=4, says=more_words.encode()))
    conn.close()


@sample("huge-length", "frames whose 64-bit length is impossible: 40001 2^63-1, 40002 with the top bit set; then the server closes TCP",
        "the length is shown as it is, the set top bit is named; the frame never ends")
def huge_length(made):
    for port, length in ((40001, (1 << 63) - 1), (40002, (1 << 63) + 5)):
        conn = made.opened(port)
        conn.text("client", "how long is it?")
        conn.text("server", "very long")
        conn.server(conn.frame("server", TEXT, "the beginning of something that never ends", wide=64, length=length, noted=False))
        conn.end()


# name, who breaks the rule, what is sent after "before", and how the other end reacts (the code of its Close)
BROKEN = (
    ("unmasked client frame", "client", lambda c: c.frame("client", TEXT, "not masked", masked=False), 1002),
    ("masked server frame", "server", lambda c: c.frame("server", TEXT, "masked", masked=True), 1002),
    ("RSV2", "client", lambda c: c.frame("client", TEXT, "RSV2 is set", rsv=2), 1002),
    ("opcode 3", "client", lambda c: c.frame("client", 3, "what kind is this?"), 1002),
    ("long ping", "client", lambda c: c.frame("client", PING, "p" * 126), 1002),
    ("fragmented ping", "client", lambda c: c.frame("client", PING, "half a ping", fin=False), 1002),
    ("orphan continuation", "client", lambda c: c.frame("client", CONTINUATION, "nothing to continue"), 1002),
    ("text inside fragment", "client", lambda c: c.frame("client", TEXT, "begun, ", fin=False)
     + c.frame("client", TEXT, "interrupted") + c.frame("client", CONTINUATION, "ended"), 1002),
    ("bad UTF-8", "client", lambda c: c.frame("client", TEXT, "café au lait".encode("latin-1")), 1007),
    ("close code 1005", "client", lambda c: c.close_frame("client", 1005, "not to be sent"), 1002),
    ("close payload of 1 byte", "client", lambda c: c.frame("client", CLOSE, b"\x03"), 1002),
    ("non-minimal length", "client", lambda c: c.frame("client", TEXT, "short", wide=16), 1002),
)
AMBIGUOUS = ("orphan continuation", "text inside fragment")  # which messages these make is a matter of taste


@sample("violations", "one broken rule for each connection, from client port 40001 on: " + ", ".join(b[0] for b in BROKEN)
        + ", wrong accept, accept missing, data after close",
        "each session names the rule and who broke it; case and broken_by in the truth file say which")
def violations(made):
    port = 40001
    for case, who, breaking, code in BROKEN:
        frame_violation(made, port, case, who, breaking, code)
        port += 1
    for case, accept in (("wrong accept", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("accept missing", None)):
        accept_violation(made, port, case, accept)
        port += 1
    data_after_close(made, port)


def frame_violation(made, port, case, who, breaking, code):
    other = "server" if who == "client" else "client"
    conn = made.opened(port, acks=False)
    conn.facts.update(case=case, broken_by=who)
    conn.untold = case in AMBIGUOUS
    conn.text(who, "before")
    conn.send(who, breaking(conn))
    conn.send(other, conn.close_frame(other, code, case))
    conn.end(first=other)


def accept_violation(made, port, case, accept):
    conn = made.connect(port, acks=False)
    conn.facts.update(case=case, broken_by="server")
    conn.handshake()
    conn.ask()
    conn.server(response(accept=accept))
    conn.end(first="client")


def data_after_close(made, port):
    conn = made.opened(port, acks=False)
    conn.facts.update(case="data after close", broken_by="client")
    conn.text("client", "before")
    conn.client(conn.close_frame("client", 1000, "that is all"))
    conn.text("client", "one more thing")
    conn.server(conn.close_frame("server", 1000))
    conn.end()
