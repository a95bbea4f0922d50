# SPDX-License-Identifier: GPL-2.0-or-later
"""What the WebSocket dissector that comes with Wireshark gets wrong, a sample for each. Legal traffic, if not said otherwise."""
from samples.deflate import Compressed, Deflater, agreed, extension, reference
from samples.sample import sample
from samples.tls import Secure
from samples.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, fixed_bytes, head

BOTH = ("client", "server")
FOX = "the quick brown fox jumps over the lazy dog"


def other(who):
    return "server" if who == "client" else "client"


def words(number, count=40):
    """hexadecimal digits that do not come twice"""
    return fixed_bytes(f"words {number}", (count + 1) // 2).hex()[:count]


def send_frames(conn, who, *frames, **options):
    """(opcode, payload, FIN) of frames that share a segment"""
    conn.send(who, b"".join(conn.frame(who, opcode, payload, fin=fin) for opcode, payload, fin in frames), **options)


@sample("defect-01-empty-fragments", "fragmented messages whose last or first fragment is empty, both ways; empty pings, pongs and "
        "Close frames", "\"first-\" and \"second-end\" are two messages; the message with the empty first fragment is binary; "
        "empty control frames are frames")
def empty_fragments(made):
    conn = made.opened()
    for who in BOTH:
        for frame in ((TEXT, "first-", False), (CONTINUATION, "", True), (TEXT, "second-", False), (CONTINUATION, "end", True),
                      (BINARY, "", False), (CONTINUATION, bytes(range(0x80, 0x90)), True)):
            send_frames(conn, who, frame)
        send_frames(conn, who, (PING, "", True))
        send_frames(conn, other(who), (PONG, "", True))
    conn.close(code=None, reason="")


@sample("defect-02-wss-records-in-one-segment", "wss (TLS 1.3, the key log is in the file): compressed messages, several TLS "
        "records in one segment; of 40002 also the 101 and the first two messages", "each message has its own text, on the second "
        "pass too")
def wss_records_in_one_segment(made):
    conn = agreed(made, 40001, kind=Secure)
    records_in_one_segment(conn, Compressed(conn))
    conn = made.connect(40002, kind=Secure)
    conn.extensions = "permessage-deflate"
    conn.handshake()
    conn.ask(extension())
    conn.opened = True
    zipped = Compressed(conn)
    first = zipped.frame("server", f"behind the 101: {FOX}")
    in_records(conn, "server", conn.response(extension()), first, zipped.frame("server", words(0)))
    records_in_one_segment(conn, zipped)


def records_in_one_segment(conn, zipped):
    for number in range(1, 4):
        for who in BOTH:
            in_records(conn, who, *(zipped.frame(who, f"{who} {number}.{record}: {FOX}, {words(number * record)}")
                                    for record in range(1, 2 + number)))
    in_records(conn, "server", zipped.frame("server", "compressed"), conn.frame("server", TEXT, "plain"),
               conn.frame("server", PING, "ping"))
    in_records(conn, "client", conn.frame("client", PONG, "ping"), zipped.frame("client", f"and {FOX}"))
    conn.close()


def in_records(conn, who, *pieces):
    """a TLS record each, all in one segment"""
    conn.send(who, b"".join(pieces), records=[len(piece) for piece in pieces[:-1]])


@sample("defect-03-fragments-then-message", "one segment with three fragments of a message and a message behind them",
        "\"alone\" and \"alone again\" are there")
def fragments_then_message(made):
    conn = made.opened()
    for who in BOTH:
        for last in ("alone", "alone again"):
            send_frames(conn, who, (TEXT, "a-", False), (CONTINUATION, "b-", False), (CONTINUATION, "c", True), (TEXT, last, True))
        conn.text(who, f"later, from the {who}")
    conn.close()


@sample("defect-04-one-sided-context", "only server_no_context_takeover is agreed: compressed messages both ways, of which the "
        "client's refer back", "all texts can be read; the contexts of the two directions are two")
def one_sided_context(made):
    conn = agreed(made, asked="; server_no_context_takeover", answered="; server_no_context_takeover")
    zipped = Compressed(conn, server=Deflater(takeover=False))
    for number in range(1, 5):
        for who in BOTH:
            zipped.text(who, f"{who} {number}: {FOX}")
    assert zipped.contexts["client"].farthest > len(FOX)
    conn.close()


@sample("defect-05-compressed-fragments", "compressed messages in fragments that are cut anywhere, with pings in between, the "
        "first and the last fragment empty; messages that refer back to them", "all texts can be read; a message has one text, "
        "however many frames")
def compressed_fragments(made):
    conn = agreed(made)
    zipped = Compressed(conn)
    for who in BOTH:
        zipped.text(who, f"whole: {FOX}")
        for number, sizes in enumerate(((3,), (0, 1, 2, 1), (0, 5, 1000), (4, 0, 4))):
            for frame in zipped.fragments(who, f"fragments {number} of the {who}: {FOX}, {words(number, 20)}", sizes):
                conn.send(who, frame)
                if number == 1:
                    conn.ping(other(who), f"ping {who}")
        zipped.text(who, f"whole again: {FOX}, {words(3, 20)}")
    conn.close()


@sample("defect-06-two-fragmented-in-one-segment", "two fragmented messages end in one segment: the first began before it, the "
        "second is in it all; then two that are all in it", "each of the four is there, on the second pass too")
def two_fragmented_in_one_segment(made):
    conn = made.opened()
    for who in BOTH:
        send_frames(conn, who, (TEXT, "one-", False))
        send_frames(conn, who, (CONTINUATION, "one end", True), (TEXT, "two-", False), (CONTINUATION, "two end", True))
        send_frames(conn, who, (TEXT, "three-", False), (CONTINUATION, "three end", True), (TEXT, "four-", False),
                    (CONTINUATION, "four end", True))
    conn.close()


@sample("defect-07-loopback-directions", "on loopback both ends send fragmented messages at once: text and binary, then compressed "
        "and not", "each end's messages are its own")
def loopback_directions(made):
    conn = agreed(made, client="127.0.0.1", server="127.0.0.1")
    for who, frame in (("client", (TEXT, "client one, ", False)), ("server", (BINARY, bytes(range(0xF0, 0x100)), False)),
                       ("client", (CONTINUATION, "client two, ", False)), ("server", (CONTINUATION, bytes(range(8)), True)),
                       ("client", (CONTINUATION, "client end", True)), ("server", (TEXT, "server alone", True))):
        send_frames(conn, who, frame)
    zipped = Compressed(conn)
    for frame in zipped.fragments("client", f"compressed in fragments: {FOX}", (10, 10)):
        conn.client(frame)
        send_frames(conn, "server", (TEXT, "plain-", False))
        send_frames(conn, "server", (CONTINUATION, "end", True))
    zipped.text("server", FOX)
    zipped.text("client", FOX)
    conn.close()


@sample("defect-08-large-masked-compressed", "a masked compressed message of more than 256 KiB (stored blocks), then compressed "
        "texts that refer back to its last bytes", "the length and SHA-256 of the binary message; the texts after it can be read")
def large_masked_compressed(made):
    conn = agreed(made, acks=False)
    zipped = Compressed(conn)
    client = zipped.contexts["client"]
    zipped.text("client", "before the bulk")
    bulk = fixed_bytes("bulk", 262144 + 1000) + f"the last words of the bulk: {FOX}".encode()
    conn.client(conn.frame("client", BINARY, client.stored(bulk), rsv=4, says=bulk))
    conn.text("server", "got it")
    for number in range(1, 4):
        zipped.text("client", f"after the bulk, {number}: {FOX}")
        assert client.farthest > 40
    conn.close()


@sample("defect-09-window-bits", "40001 windows of 2^9 and 2^10 bytes, one value quoted; 40002 another extension accepted, whose "
        "parameter is named about_server_no_context_takeover; 40003 the server goes back 700 bytes in a window of 2^9, which "
        "breaks the rule", "all texts can be read; 40003 names the rule and who broke it")
def window_bits(made):
    small_windows(made)
    name_within_a_name(made)
    beyond_window(made)


def small_windows(made):
    conn = agreed(made, 40001, "; server_max_window_bits=9; client_max_window_bits",
                  '; server_max_window_bits="9"; client_max_window_bits=10', acks=False)
    zipped = Compressed(conn, Deflater(10), Deflater(9))
    for number in range(10, 30):
        for who, period in (("client", 8), ("server", 4)):
            zipped.text(who, f"{who} {number}: {words(number % period, 60)}, {FOX}")
    assert zipped.contexts["server"].farthest > 400 and zipped.contexts["client"].farthest > 900
    conn.close()


def name_within_a_name(made):
    conn = made.connect(40002)
    conn.extensions = "x-note; about_server_no_context_takeover=1, permessage-deflate"
    conn.handshake()
    conn.upgrade(extension(name=conn.extensions), answered=(extension(name=conn.extensions),))
    zipped = Compressed(conn)
    for number in range(1, 4):
        for who in BOTH:
            zipped.text(who, f"{who} {number}: {FOX}")
    assert zipped.contexts["server"].farthest > 40
    conn.close()


def beyond_window(made):
    conn = agreed(made, 40003, "; server_max_window_bits=9", "; server_max_window_bits=9")
    conn.facts.update(case="beyond window", broken_by="server")
    zipped = Compressed(conn, server=Deflater(9))
    server = zipped.contexts["server"]
    old = words("old", 100)
    zipped.text("server", f"within the window: {old}")
    zipped.text("server", words("filler", 589))
    zipped.text("server", "beyond it: " + old, payload=server.blocks(("fixed", f"beyond it: {old}".encode(), False), window=1024))
    assert server.farthest == 700
    zipped.text("client", "too far")
    conn.close(code=1002, reason="beyond window")


@sample("defect-11-compressed-over-two-segments-then-fragments", "a compressed message over two segments; the second holds a "
        "fragmented one too", "Wireshark 4.0 crashes on the second pass when its own dissector reads this")
def compressed_over_two_segments(made):
    conn = agreed(made)
    zipped = Compressed(conn)
    for who in BOTH:
        begin = zipped.frame(who, f"over two segments: {FOX}, {words(who, 60)}")
        rest = conn.frame(who, TEXT, "frag", fin=False) + conn.frame(who, CONTINUATION, "ments")
        conn.send(who, begin + rest, split=(len(begin) - 20,))
        zipped.text(who, f"after it: {FOX}")
    conn.close()


@sample("defect-12-connect-tunnel", "a proxy on port 3128 is asked to CONNECT to example.test:80; the WebSocket is in the tunnel",
        "a session like any other, on the tunnel's TCP connection")
def connect_tunnel(made):
    conn = made.connect(server_port=3128)
    conn.host = "example.test"
    conn.handshake()
    conn.client(head("CONNECT example.test:80 HTTP/1.1", "Host: example.test:80", "Proxy-Connection: keep-alive"))
    conn.server(head("HTTP/1.1 200 Connection established"))
    conn.upgrade()
    conn.text("client", "hello through the tunnel")
    conn.text("server", "hello from the other end of it")
    conn.ping("server", "still there")
    conn.close()


@sample("defect-13-64-bit-length", "40001 a frame of 2^32+5 bytes, of which \"hello\" and what could be a Close frame come, then "
        "FIN; 40002 the same with the length 2^63+5, which is not allowed", "the length is shown as it is; the frame never ends, "
        "and there is no Close")
def long_length(made):
    for port, length in ((40001, (1 << 32) + 5), (40002, (1 << 63) + 5)):
        conn = made.opened(port)
        conn.text("server", "before the long one")
        conn.text("client", "go on")
        conn.server(conn.frame("server", TEXT, b"hello\x88\x02\x03\xe8", wide=64, length=length, noted=False))
        conn.end()
    conn.facts.update(case="top bit of the length", broken_by="server")


@sample("defect-14-bfinal", "messages with DEFLATE blocks that have BFINAL, in the middle and at the end, with and without the "
        "octet 00 behind them; 40001 with context takeover, 40002 without", "all texts can be read, those after a BFINAL too (RFC "
        "7692 §7.2.3.4)")
def bfinal(made):
    parameters = "; server_no_context_takeover; client_no_context_takeover"
    for port, takeover in ((40001, True), (40002, False)):
        conn = agreed(made, port, *(("", "") if takeover else (parameters, parameters)), acks=False)
        zipped = Compressed(conn, Deflater(takeover=takeover), Deflater(takeover=takeover))
        for who in BOTH:
            play_bfinal(zipped, who)
        conn.close()


def play_bfinal(zipped, who):
    context = zipped.contexts[who]

    def blocks(octet, *pieces):
        text = "".join(piece for piece, _ in pieces)
        zipped.text(who, text, payload=context.blocks(*(("fixed", p.encode(), final) for p, final in pieces), octet=octet))

    zipped.text(who, f"ordinary: {FOX}")
    blocks(True, (f"BFINAL, with the octet: {words(1)}", True))
    zipped.text(who, f"ordinary, after BFINAL: {words(2)}")
    zipped.text(who, f"back over BFINAL: {FOX}, {words(1)}")
    assert not context.takeover or context.farthest > 120
    blocks(False, (f"BFINAL, without the octet: {words(3)}", True))
    zipped.text(who, f"back over that: {words(3)}, {words(2)}")
    blocks(True, ("three blocks, ", True), (f"each of them BFINAL: {words(4)}, ", True), (words(4), True))
    blocks(False, ("first BFINAL, ", True), (f"then not: {words(5)}, ", False), (f"then BFINAL: {words(5)}", True))
    blocks(True, ("first not, ", False), ("then BFINAL, ", True), (f"then not: {FOX}", False))
    zipped.text(who, f"ordinary again: {FOX}, {words(5)}")


@sample("defect-15-two-extension-lines", "two Sec-WebSocket-Extensions lines in the request and in the response; "
        "permessage-deflate in the first", "the session lists both extensions; the compressed texts can be read")
def two_extension_lines(made):
    conn = made.connect()
    deflate, trace = "permessage-deflate; server_max_window_bits=10; client_no_context_takeover", "x-trace; level=1"
    conn.extensions = f"{deflate}, {trace}"
    conn.handshake()
    conn.upgrade(extension(name=deflate), extension(name="x-trace; level=1, x-trace"),
                 answered=(extension(name=deflate), extension(name=trace)))
    zipped = Compressed(conn, Deflater(takeover=False), Deflater(10))
    for number in range(1, 4):
        for who in BOTH:
            zipped.text(who, f"{who} {number}: {FOX}, {FOX}")
    conn.close()


@sample("defect-16-out-of-order", "several segments come late, both ways: a message of its own, the middle of one, and a head "
        "without its end", "all messages are there, each once, with Wireshark's default preferences")
def out_of_order(made):
    conn = made.opened()
    for who in BOTH:
        texts = [conn.frame(who, TEXT, f"{who} message {n}") for n in range(1, 6)]
        send_in_order(conn, who, texts, (0, 2, 1, 4, 3))
        long = conn.frame(who, TEXT, f"{who}: in four segments, " + words(who, 400))
        send_in_order(conn, who, [long[:100], long[100:200], long[200:300], long[300:]], (0, 2, 3, 1))
        pair = conn.frame(who, TEXT, f"{who}: its head is late") + conn.frame(who, TEXT, f"{who}: right behind it")
        send_in_order(conn, who, [pair[:2], pair[2:20], pair[20:]], (1, 0, 2))
        conn.text(who, f"{who}: in order again")
    conn.close()


def send_in_order(conn, who, pieces, order):
    """pieces: a segment each; order: in which they come"""
    seq, packets = conn.sides[who].next_seq, []
    for piece in pieces:
        packets.append(conn.packet(who, piece, "PA", seq))
        seq += len(piece)
    for number in order:
        conn.capture.put(packets[number])
    conn.account(who, b"".join(pieces))
    conn.ack(other(who))


@sample("defect-18-several-frames-in-info", "segments that hold several frames: texts, a ping, a binary message, a Close",
        "the Info column names each of them")
def several_frames_in_info(made):
    conn = made.opened()
    send_frames(conn, "server", (TEXT, "one", True), (PING, "two", True), (TEXT, "three", True))
    send_frames(conn, "client", (PONG, "two", True), (BINARY, bytes(range(10)), True))
    send_frames(conn, "server", (TEXT, "frag", False), (PING, "", True), (CONTINUATION, "ments", True), (BINARY, b"\0\1\2", True))
    send_frames(conn, "client", (PONG, "", True), (TEXT, "last words", True), (CLOSE, b"\x03\xe8bye", True))
    conn.server(conn.close_frame("server"))
    conn.end()


CODES = ((1012, "service restart"), (1013, "try again later"), (1014, "bad gateway"), (3000, "unauthorized"),
         (3999, "the last registered"), (4000, "the first private"), (4999, "the last private"))


@sample("defect-20-close-codes", "a connection for each of the close codes " + ", ".join(str(code) for code, _ in CODES)
        + ", with reasons; the ends take turns", "each code has a name or at least a range; none breaks a rule")
def close_codes(made):
    for number, (code, reason) in enumerate(CODES):
        conn = made.opened(40001 + number, acks=False)
        conn.text("client", f"soon {code}")
        conn.close(code, reason, first=BOTH[(number + 1) % 2])


@sample("defect-23-follow", "texts, a binary message, pings, pongs, compressed messages, one that does not inflate (without "
        "context takeover), closes", "Follow shows all of them with their times, and the one that failed too")
def follow(made):
    made.lossy = True  # nobody can tell what the broken message held
    parameters = "; server_no_context_takeover; client_no_context_takeover"
    conn = agreed(made, asked=parameters, answered=parameters)
    zipped = Compressed(conn, Deflater(takeover=False), Deflater(takeover=False))
    for who in BOTH:
        made.capture.pause(0.5)
        conn.text(who, f"plain, from the {who}")
        zipped.text(who, f"compressed, from the {who}: {FOX}, {FOX}")
        conn.ping(who, f"ping of the {who}")
        made.capture.pause(0.25)
        conn.send(who, conn.frame(who, BINARY, bytes(range(0xC0, 0xE0))))
        zipped.broken(who, reference(5000))
        zipped.text(who, f"right again, from the {who}: {FOX}")
        conn.ping(other(who), "")
    conn.close(code=1000, reason="all said")
