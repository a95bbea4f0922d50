# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of frames and of the messages that they make: each broken, kept, and not to be known."""
import struct

from samples.defects import words
from samples.deflate import BAD_BLOCK_TYPE, LONGEST, TAIL, Compressed, Deflater
from samples.rules import LOOK, Group, other, talk
from samples.sample import sample
from samples.websocket import BINARY, CONTINUATION, PING, PONG, TEXT, fixed_bytes

FRAMES, MESSAGES = Group(), Group()
LONG = 65536  # the shortest payload whose length needs 64 bits


def finish(conn):
    talk(conn)
    conn.close()


def fail(conn, code, culprit="server"):
    """the other end does what it must (RFC 6455 §7.1.7), and the culprit echoes it"""
    conn.close(code, "", first=other(culprit))


def send_long(conn, label):
    """a binary message whose length needs 64 bits, and which does not fit into the window at once"""
    data = conn.frame("server", BINARY, fixed_bytes(label, LONG))
    conn.server(data[:LONG // 2])
    conn.server(data[LONG // 2:])


def end_or_fail(case, conn, code, culprit="server"):
    if case.kept:
        finish(conn)
    else:
        fail(conn, code, culprit)


# --- frames ----------------------------------------------------------------------------------------------------------

# who sends it; whether permessage-deflate is agreed; the frame, for kept or not
FATAL = (
    ("client-frame-unmasked", "client", False, lambda c, kept: c.frame("client", TEXT, "with a mask?", masked=kept)),
    ("server-frame-masked", "server", False, lambda c, kept: c.frame("server", TEXT, "with a mask?", masked=not kept)),
    ("rsv1-without-extension", "server", False, lambda c, kept: c.frame("server", TEXT, "RSV1?", rsv=0 if kept else 4)),
    ("rsv2-or-rsv3-set", "server", False, lambda c, kept: c.frame("server", TEXT, "RSV2?", rsv=0 if kept else 2)),
    ("opcode-reserved", "server", False, lambda c, kept: c.frame("server", TEXT if kept else 3, "what kind is this?")),
    ("length-not-minimal", "server", False, lambda c, kept: c.frame("server", TEXT, "short", wide=0 if kept else 16)),
    ("control-frame-too-long", "server", False, lambda c, kept: c.frame("server", PING, "p" * (125 if kept else 126))),
    ("control-frame-fragmented", "server", False, lambda c, kept: c.frame("server", PING, "half a ping?", fin=kept)),
    ("rsv1-on-control-frame", "server", True, lambda c, kept: c.frame("server", PING, "compressed?", rsv=0 if kept else 4)),
)
PINGED = {"control-frame-too-long": "p" * 125, "control-frame-fragmented": "half a ping?", "rsv1-on-control-frame": "compressed?"}


def play_fatal(rule, who, deflating, frame):
    def play(case):
        conn = case.deflating() if deflating else case.opened()
        conn.send(who, frame(conn, case.kept), **case.lost)
        if case.kept and rule in PINGED:
            conn.client(conn.frame("client", PONG, PINGED[rule]))
        end_or_fail(case, conn, 1002, culprit=who)

    return play


for row in FATAL:
    FRAMES.add(row[0], row[1], play_fatal(*row))


@FRAMES.rule("rsv1-on-continuation-frame", "server")
def rsv1_on_continuation(case):
    conn = case.deflating()
    first, second = Compressed(conn).fragments("server", "compressed, and in two fragments", (10,))
    conn.server(first)
    conn.server(second if case.kept else bytes([second[0] | 0x40]) + second[1:], **case.lost)
    end_or_fail(case, conn, 1002)


@FRAMES.rule("length-top-bit-set", "server", also={"server": ["close-unanswered", "tcp-ended-without-close"]})
def length_top_bit_set(case):
    """whatever the server sends behind such a header is a part of the frame, so that it can answer no Close; the client's Close
    allows it to break off"""
    conn = case.opened()
    if case.kept:
        send_long(conn, "top bit")
        return finish(conn)
    conn.server(conn.frame("server", BINARY, "hello", length=(1 << 63) + 5, noted=False), **case.lost)
    conn.client(conn.close_frame("client", 1002))
    return conn.end()


@FRAMES.rule("masking-key-repeated", "client")
def masking_key_repeated(case):
    conn = case.opened()
    conn.text("client", "one")
    if not case.kept:
        conn.masks -= 1  # the same once more
    conn.text("client", "two", **case.lost)
    finish(conn)


@FRAMES.rule("masking-key-predictable", "client")
def masking_key_predictable(case):
    conn = case.opened()
    fresh = conn.masking_key
    if not case.kept:
        conn.masking_key = lambda number: struct.pack(">I", 0x5EED0000 + number)  # counts up
    for number in range(4):
        conn.text("client", f"number {number}", **(case.lost if number in (1, 2) else {}))
    conn.masking_key = fresh
    finish(conn)


@FRAMES.rule("frame-length-unreasonable", "server", also={"server": ["frame-unfinished", "message-unfinished",
                                                                     "tcp-ended-without-close"]})
def frame_length_unreasonable(case):
    conn = case.opened()
    if case.kept:
        send_long(conn, "reasonable")
        return finish(conn)
    conn.server(conn.frame("server", BINARY, fixed_bytes("beginning", 400), length=(1 << 31) + 5, noted=False), **case.lost)
    conn.server(fixed_bytes("some more of it", 400))
    return conn.end()


@FRAMES.rule("frame-unfinished", "server", also={"server": ["message-unfinished", "tcp-ended-without-close"]})
def frame_unfinished(case):
    conn = case.opened()
    whole = conn.frame("server", TEXT, "a text of which the last words will not come")
    if case.broken:
        conn.server(whole[:20])
        return conn.end()
    conn.server(whole, split=(20,), lose=(1,) if case.missing else ())  # the rest was sent, but is not in the capture
    return finish(conn)


# --- messages --------------------------------------------------------------------------------------------------------


@MESSAGES.rule("continuation-without-start", "server")
def continuation_without_start(case):
    """missing: there was a start, but it is not in the capture"""
    conn = case.opened()
    if not case.broken:
        conn.server(conn.frame("server", TEXT, "a start, ", fin=False), **case.lost)
    conn.server(conn.frame("server", CONTINUATION, "and what goes on with it"))
    if case.broken:
        return fail(conn, 1002)
    return finish(conn)


@MESSAGES.rule("message-interleaved", "server")
def message_interleaved(case):
    """missing: the first message was ended in front of the second, but the end is not in the capture"""
    conn = case.opened()
    conn.server(conn.frame("server", TEXT, "begun, ", fin=False))
    last, text = conn.frame("server", CONTINUATION, "and ended"), conn.frame("server", TEXT, "another")
    if case.broken:
        conn.server(text + last)
        return fail(conn, 1002)
    conn.server(last, **case.lost)
    conn.server(text)
    return finish(conn)


@MESSAGES.rule("message-unfinished", "server")
def message_unfinished(case):
    conn = case.opened()
    conn.server(conn.frame("server", TEXT, "begun, ", fin=False))
    if not case.broken:
        conn.server(conn.frame("server", CONTINUATION, "and ended"), **case.lost)
    conn.close(first="server")


@MESSAGES.rule("text-not-utf8", "server")
def text_not_utf8(case):
    conn = case.opened()
    conn.server(conn.frame("server", TEXT, "café au lait".encode("utf-8" if case.kept else "latin-1")), **case.lost)
    end_or_fail(case, conn, 1007)


@MESSAGES.rule("compressed-data-malformed", "server")
def compressed_data_malformed(case):
    conn = case.deflating()
    zipped = Compressed(conn)
    if case.kept:
        zipped.text("server", "a block of a type that there is")
    else:
        zipped.broken("server", BAD_BLOCK_TYPE, **case.lost)
    end_or_fail(case, conn, 1007)


@MESSAGES.rule("deflate-beyond-window", "server")
def deflate_beyond_window(case):
    conn = case.deflating("; server_max_window_bits=9")
    zipped = Compressed(conn, server=Deflater(9))
    server, old = zipped.contexts["server"], words("old", 100)
    zipped.text("server", f"to be repeated: {old}")
    zipped.text("server", words("filler", 2100))
    again = f"once more: {old}"
    payload = server.blocks(("fixed", again.encode(), False), window=512 if case.kept else 4096)
    assert (server.farthest > 2000) != case.kept
    zipped.text("server", again, payload=payload, **case.lost)
    finish(conn)


@MESSAGES.rule("compression-bomb", "server")
def compression_bomb(case):
    """1024 bytes out of each; kept: not so many as to exhaust anything"""
    conn = case.deflating()
    zipped = Compressed(conn)
    runs = 4000 if case.kept else 25000  # 1 MB, 6.5 MB
    payload = zipped.contexts["server"].bomb(runs)
    frame = zipped.frame("server", bytes(1 + LONGEST * runs), BINARY, payload=payload)
    conn.server(frame, lose=(1,) if case.missing else ())
    finish(conn)


@MESSAGES.rule("deflate-empty-message", "server")
def deflate_empty_message(case):
    conn = case.deflating()
    zipped = Compressed(conn)
    if case.kept:
        zipped.text("server", "", payload=b"\0")
    else:
        zipped.broken("server", b"", **case.lost)
    end_or_fail(case, conn, 1007)


@MESSAGES.rule("deflate-tail-kept", "server")
def deflate_tail_kept(case):
    conn = case.deflating()
    zipped = Compressed(conn)
    payload = zipped.contexts["server"].compress(b"what is taken off the end?")
    zipped.text("server", "what is taken off the end?", payload=payload + (b"" if case.kept else TAIL), **case.lost)
    finish(conn)


@MESSAGES.rule("compression-enlarges", "server")
def compression_enlarges(case):
    """missing: of the first twelve, which may have been smaller than what they hold, the capture has nothing"""
    conn = case.deflating()
    zipped = Compressed(conn)
    context = zipped.contexts["server"]
    for number in range(16):
        data = b"the same words again and again" if case.kept else fixed_bytes(f"no pattern {number}", 8)
        payload = (context.compress if case.kept else context.stored)(data)
        assert (len(payload) < len(data)) == case.kept
        conn.server(zipped.frame("server", data, BINARY, payload=payload), **(case.lost if number < 12 else {}))
    finish(conn)


@MESSAGES.rule("fragmentation-refused", "client")
def fragmentation_refused(case):
    """missing: what stood in the second fragment, and whether it was one, the capture does not tell"""
    conn = case.opened()
    first, second, third = (conn.frame("server", opcode, piece, fin=fin) for opcode, piece, fin in (
        (TEXT, "three ", False), (CONTINUATION, "legal ", False), (CONTINUATION, "fragments", True)))
    conn.server(first)
    conn.server(second, **case.lost)
    if case.kept:
        conn.server(third)
        return finish(conn)
    conn.client(conn.close_frame("client", 1002))
    conn.server(third)
    conn.server(conn.close_frame("server", 1002))
    return conn.end()


# --- the reaction ----------------------------------------------------------------------------------------------------


@MESSAGES.rule("violation-not-failed", "client", also={"server": ["text-not-utf8"]}, in_kept={"server": ["text-not-utf8"]})
def violation_not_failed(case):
    conn = case.opened()
    conn.untold = True
    conn.server(conn.frame("server", TEXT, "café au lait".encode("latin-1")))
    if case.broken:
        talk(conn)
        return conn.close(first="server")
    conn.client(conn.close_frame("client", 1007), **case.lost)
    conn.server(conn.close_frame("server", 1007))
    return conn.end()


@MESSAGES.rule("failed-without-close", "client", also={"client": ["tcp-ended-without-close"], "server": ["opcode-reserved"]},
               in_kept={"server": ["opcode-reserved"]})
def failed_without_close(case):
    conn = case.opened()
    conn.untold = True
    conn.server(conn.frame("server", 3, "what kind is this?"))
    if case.kept:
        return fail(conn, 1002)
    if case.missing:
        conn.client(conn.close_frame("client", 1002), **case.lost)
    return conn.end(first="client")


@sample("rules-frames", FRAMES.what("of frames"), LOOK)
def rules_frames(made):
    FRAMES.play(made)


@sample("rules-messages", MESSAGES.what("of messages, their compression, and what has to follow a broken one"), LOOK)
def rules_messages(made):
    MESSAGES.play(made)
