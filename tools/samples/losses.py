# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes that the capture does not have. What is known must be shown; what is not must not be made up."""
from samples.connection import Connection
from samples.sample import sample
from samples.websocket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, answer, close_payload, fixed_bytes, head)

BOTH = ("client", "server")
HEADERS = 54  # bytes of Ethernet, IPv4 and TCP in front of the payload


def numbered_lines(count):
    return "".join(f"line {n:04d} of a long message\n" for n in range(count))


@sample("lost-segment", "the third of five segments of a long message is not in the capture, though the client acknowledges it; "
        "messages go on after it", "the long message has a hole of known size; every other message is exact")
def lost_segment(made):
    made.lossy = True
    conn = made.opened()
    conn.text("server", "all here")
    conn.send("server", conn.frame("server", TEXT, numbered_lines(220), incomplete=True), lose=(2,))
    conn.text("client", "got the long one")
    for n in range(1, 7):
        conn.text("server", f"message {n} after the hole")
    conn.close()


@sample("lost-header", "the segment that holds a frame's header is not in the capture; the rest of the frame and more messages are",
        "nothing is made up from the headless bytes: they are counted and marked, not decoded")
def lost_header(made):
    made.lossy = True
    conn = made.opened()
    conn.text("server", "all here")
    conn.send("server", conn.frame("server", TEXT, numbered_lines(100), incomplete=True), lose=(0,))
    conn.text("client", "got the long one")
    for n in range(1, 9):
        conn.text("server", f"message {n} after the hole")
    conn.close()


@sample("snaplen", "the capture kept 96 bytes of each packet: 42 of the TCP payload",
        "both heads are cut as well: there is a session, its bytes are counted and marked, and nothing is called exact")
def snaplen(made):
    made.lossy = True
    made.capture.snaplen = 96
    conn = made.opened()
    conn.text("server", "short enough")
    conn.text("client", "short enough too")
    conn.send("server", conn.frame("server", TEXT, "a message longer than what was kept: " + "y" * 163, incomplete=True))
    conn.send("client", conn.frame("client", TEXT, "masked, and longer than what was kept: " + "z" * 61, incomplete=True))
    conn.send("server", conn.frame("server", TEXT, "this one is whole in the packet") +
              conn.frame("server", TEXT, "this one is behind the cut", incomplete=True))
    conn.ping("server", "ping")
    conn.text("client", "still in step")
    conn.close()


@sample("cut-file", "the file ends in the middle of a packet, as after a crash or a full disk",
        "what was read is shown, all of it; the messages before the cut are exact")
def cut_file(made):
    conn = made.opened()
    conn.text("server", "something")
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.send("client", conn.frame("client", PING, "the last whole packet"), ack=False)
    conn.send("server", conn.frame("server", TEXT, "these words are cut off in the middle", noted=False), ack=False)
    made.capture.cut = 30


# --- several frames, of which bytes are missing ----------------------------------------------------------------------


def send_damaged(conn, who, *frames, split=(), lose=(), **options):
    """Sends frames (opcode, payload, FIN if not True) with segments that are not in the capture, or cut as the capture cuts them;
    the truth marks the messages that lost a byte."""
    frames = [(opcode, payload.encode() if isinstance(payload, str) else payload, *(fin or (True,)))
              for opcode, payload, *fin in frames]
    made = [conn.frame(who, opcode, payload, fin=fin, noted=False) for opcode, payload, fin in frames]
    data = b"".join(made)
    missing = missing_bytes(conn, data, split, lose)
    at = 0
    for (opcode, payload, fin), encoded in zip(frames, made):
        conn.records[who].note(opcode, payload, fin, 1 in missing[at:at + len(encoded)])
        at += len(encoded)
    conn.send(who, data, split=split, lose=lose, **options)


def missing_bytes(conn, data, split, lose):
    """a 1 for each byte that the capture lacks"""
    kept, missing = (conn.capture.keeps or conn.capture.snaplen) - HEADERS, b""
    for number, piece in enumerate(conn.cut(data, split)):
        there = 0 if number in lose else min(len(piece), kept)
        missing += bytes(there) + b"\1" * (len(piece) - there)
    return missing


def chatter(conn, who, label, count=12):
    """enough frames, each in a segment of its own, to find framing again"""
    for number in range(1, count + 1):
        send_damaged(conn, who, (TEXT, f"{who}, {label}: {number} " + "." * (number * 5 % 23)))


@sample("defect-17-short-snapshot", "the heads of the handshake are whole, of all packets after it the capture kept 96 bytes: "
        "42 of the TCP payload. Texts and fragments longer than that, both ways, and segments whose second frame has its "
        "header behind the cut", "what was kept of each message is shown, and that it was cut; the frames that were kept "
        "whole are right")
def short_snapshot(made):
    made.lossy = True
    conn = snapped(made, 40001)
    for who in BOTH:
        conn.text(who, f"{who}: short enough")
        send_damaged(conn, who, (TEXT, f"{who}: longer than what was kept, " + "y" * 60))
        conn.text(who, f"{who}: in step after it")
        send_damaged(conn, who, (TEXT, numbered_lines(150)))  # over three segments
        send_damaged(conn, who, (BINARY, fixed_bytes(f"snapped {who}", 20000)), ack=False)
        conn.text(who, f"{who}: in step after those")
        for size in (41, 42, 43):  # of the whole frame
            send_damaged(conn, who, (TEXT, "e" * (size - (6 if who == "client" else 2))))
    conn.close()
    conn = snapped(made, 40002)
    for who in BOTH:
        for fragments in (("short-", "fragments"), ("the first fragment is longer than what was kept, ", "the last is not"),
                          ("the first fragment fits, ", "that in the middle does not: " + "m" * 50, "the last one does")):
            for number, words in enumerate(fragments):
                send_damaged(conn, who, (CONTINUATION if number else TEXT, words, number == len(fragments) - 1))
        conn.text(who, f"{who}: after the fragments")
    conn.close()
    conn = snapped(made, 40003)
    for who in BOTH:
        send_damaged(conn, who, (TEXT, f"{who}: this one was kept"), (PING, "this one in part"))
        send_damaged(conn, who, (TEXT, f"{who}: the next header is cut off: " + "z" * 20), (TEXT, "headless"))
        chatter(conn, who, "behind the cut")
        send_damaged(conn, who, (TEXT, "w" * (41 - (6 if who == "client" else 2))), (TEXT, "one byte of my header"))
        chatter(conn, who, "behind half a header")
    conn.close()


def snapped(made, port):
    """the capture keeps 96 bytes of each packet, but for those of the opening handshake"""
    made.capture.keeps = None
    conn = made.opened(port)
    made.capture.keeps = 96
    return conn


@sample("lost-headers-many", "segments with headers of frames in them are not in the capture: 40001 small frames, many to a "
        "segment; 40002 the middle fragment of a message; 40003 the segment right before a Close; 40004 of the client, 40005 "
        "of the server, binary messages without a pattern, whose next frame begins in the middle of a segment; 40006 of both "
        "ends at once", "no message that was not sent is called exact; further on frames are found again, and the messages of "
        "the other end are right")
def lost_headers_many(made):
    made.lossy = True
    small_frames_lost(made.opened(40001))
    middle_fragment_lost(made.opened(40002))
    lost_before_close(made.opened(40003))
    noise_lost(made.opened(40004), "client")
    noise_lost(made.opened(40005), "server")
    both_lost(made.opened(40006))


def small_frames_lost(conn):
    for who in BOTH:
        chatter(conn, who, "before the loss", 3)
        frames = [(TEXT, f"{who} {number}: " + "s" * (number * 7 % 40)) for number in range(60)]
        frames[20] = (PING, f"ping of the {who}")
        send_damaged(conn, who, *frames, split=[400] * 20, lose=(2,))
        chatter(conn, who, "after the loss")
        send_damaged(conn, who, *frames, split=[300] * 20, lose=(1, 2, 4))
        chatter(conn, who, "after more losses")
    conn.close()


def middle_fragment_lost(conn):
    for who in BOTH:
        conn.text(who, f"{who}: before the fragments")
        fragments = [(TEXT, "first fragment, ", False), (CONTINUATION, numbered_lines(100), False), (CONTINUATION, "last fragment")]
        start = len(conn.frame("server", *fragments[0][:2], noted=False)) + (4 if who == "client" else 0)
        send_damaged(conn, who, *fragments, split=(start, 1000, 1000), lose=(1,))
        chatter(conn, who, "after the fragments")
        send_damaged(conn, who, (TEXT, "begun, ", False))
        send_damaged(conn, who, (CONTINUATION, "lost as a whole, ", False), lose=(0,))
        send_damaged(conn, who, (CONTINUATION, "ended"))
        chatter(conn, who, "after other fragments")
    conn.close()


def lost_before_close(conn):
    for who in BOTH:
        chatter(conn, who, "before the end", 4)
    last = (TEXT, numbered_lines(60)), (CLOSE, close_payload(1000, "bye"))
    send_damaged(conn, "client", *last, split=(600, 600), lose=(0,), ack=False)
    send_damaged(conn, "server", (TEXT, "lost as a whole"), lose=(0,))
    conn.send("server", conn.close_frame("server"))
    conn.end()


def noise(label, size):
    return BINARY, fixed_bytes(label, size)


def noise_lost(conn, who):
    chatter(conn, who, "before the noise", 3)
    for number, lose in enumerate(((0,), (2,), (1, 3))):
        frames = [noise(f"{who} {number} {n}", 1800 + n * 211) for n in range(6)]
        send_damaged(conn, who, *frames, lose=lose, ack=False)
        chatter(conn, "server" if who == "client" else "client", f"answer {number}", 2)
        chatter(conn, who, f"after noise {number}")
    for number in range(20):
        frames = noise(f"{who} late {number}", 700 + number * 97), (TEXT, f"{who}, between noises: {number}")
        send_damaged(conn, who, *frames, ack=False)
    conn.close()


def both_lost(conn):
    for who in BOTH:
        chatter(conn, who, "before the noise", 2)
    for number in range(24):
        for who in BOTH:
            frames = noise(f"both {who} {number}", 500 + number * 61), (TEXT, f"{who} {number}, behind noise")
            send_damaged(conn, who, *frames, lose=(0,) if number in (3, 4, 9) else (), ack=False)
    conn.close()


# --- captures that begin in the middle -------------------------------------------------------------------------------


def begun(made, port=40001, **options):
    """a connection whose opening handshake was before the capture"""
    conn = made.connect(port, **options)
    conn.start_late()
    conn.opened = True
    conn.account("client", conn.request())
    conn.account("server", conn.response())
    return conn


@sample("late-start-plain", "the capture begins after the 101s: 40001 all kinds of frames; 40002 begins in the middle of a "
        "long message of the client, 40003 in that of one of the server; 40004 in a fragmented message; 40005 with the first "
        "frames; 40006 is HTTP and no WebSocket", "five sessions whose handshake is not there; what they say is inferred; "
        "none on 40006")
def late_start_plain(made):
    made.lossy = True
    all_kinds(begun(made, 40001))
    late_in_message(begun(made, 40002), "client", (TEXT, numbered_lines(220)))
    late_in_message(begun(made, 40003), "server", noise("late", 9000))
    late_in_fragments(begun(made, 40004))
    beside_http(begun(made, 40005), made.capture)


def all_kinds(conn):
    for who in BOTH:
        conn.account(who, conn.frame(who, TEXT, "before the capture", noted=False))
    for number in range(1, 5):
        for who in BOTH:
            conn.text(who, f"{who}: text {number}")
            conn.send(who, conn.frame(who, BINARY, fixed_bytes(f"all kinds {who} {number}", 30 * number * number)))
            conn.ping(who, f"{who} {number}")
    conn.text("server", "")
    conn.text("client", "é, ü, 漢字 and \U0001f600")
    conn.text("server", numbered_lines(150))
    send_damaged(conn, "client", *((TEXT, f"{number} of five in a segment") for number in range(1, 6)))
    conn.close()


def late_in_message(conn, who, frame):
    """the first two segments of the message, and a bit more, are from before the capture"""
    next_ = (TEXT, f"{who}: right behind it"), (TEXT, f"{who}: and one more")
    send_damaged(conn, who, frame, *next_, split=(1460, 1460, 777), lose=(0, 1, 2))
    chatter(conn, "server" if who == "client" else "client", "got it", 3)
    for number in range(8):
        send_damaged(conn, who, (BINARY, fixed_bytes(f"{who} then {number}", 50 + number * 400)), (TEXT, f"{who}: then {number}"))
    chatter(conn, "server" if who == "client" else "client", "go on", 5)
    conn.close(first="server")


def late_in_fragments(conn):
    for who in BOTH:
        send_damaged(conn, who, (TEXT, "begun before the capture, ", False), lose=(0,), ack=False)
    for who in BOTH:
        send_damaged(conn, who, (CONTINUATION, "gone on in it, ", False))
        conn.ping(who, f"{who}: still there?")
        send_damaged(conn, who, (CONTINUATION, "and ended"))
    for number in range(4):
        for who in BOTH:
            send_damaged(conn, who, (TEXT, f"{who} {number}: first, ", False))
            send_damaged(conn, who, (CONTINUATION, "second, ", False), (PING, "", True), (CONTINUATION, "third"))
        for who in BOTH:
            send_damaged(conn, who, (PONG, ""))
    conn.close()


def beside_http(conn, capture):
    """the packets of the two connections come in turns"""
    http = Connection(capture, 40006)
    http.start_late()
    for number in range(1, 9):
        http.client(head(f"GET /page/{number} HTTP/1.1", f"Host: {http.host}"))
        conn.text("client", f"client: message {number}")
        http.server(answer("200 OK", f"page {number}\n".encode() * number))
        conn.text("server", f"server: message {number}")
    http.end(first="client")
    conn.close()
