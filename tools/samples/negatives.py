# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic that is no WebSocket, however much it looks like one: not a single session may be found."""
from samples.sample import sample
from samples.tls import client_hello, record, server_hello
from samples.websocket import (BINARY, CLOSE, PING, PONG, TEXT, answer, close_payload, encode_frame, fixed_bytes, head, masking_key,
                               request, response)

HOST = "Host: 192.0.2.80:8080"


@sample("negative-http-keep-alive", "several GETs and a POST on one connection; the body of the POST holds the text of an upgrade "
        "request, at the beginning of a segment", "no session: ordinary HTTP")
def http_keep_alive(made):
    conn = made.connect()
    conn.handshake()
    for path, body in (("/", b"<title>A page</title>\n"), ("/style.css", b"body { color: black }\n")):
        conn.client(head(f"GET {path} HTTP/1.1", HOST))
        conn.server(answer("200 OK", body))
    before, quoted, after = b"How does a WebSocket begin? Like this:\r\n\r\n", request(), b"And then come frames.\r\n"
    length = len(before + quoted + after)
    post = head("POST /articles HTTP/1.1", HOST, "Content-Type: text/plain", f"Content-Length: {length}")
    conn.client(post + before + quoted + after, split=(len(post), len(before), len(quoted)))
    conn.server(answer("201 Created", b"stored\n"))
    conn.client(head("GET /articles/1 HTTP/1.1", HOST))
    conn.server(answer("200 OK", before + after))
    conn.end(first="client")


def recorded_conversation():
    """what a log of a WebSocket would hold, a piece for each segment"""
    return [
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        request(),
        response(),
        encode_frame(TEXT, b"something"),
        encode_frame(TEXT, b"hello", key=masking_key(0)),
        encode_frame(TEXT, b"hello too!"),
        encode_frame(BINARY, bytes(range(200))),
        encode_frame(PING, b"ping") + encode_frame(PONG, b"ping", key=masking_key(1)),
        encode_frame(CLOSE, close_payload(1000, "bye"), key=masking_key(2)),
        encode_frame(CLOSE, close_payload(1000)),
    ]


@sample("negative-download", "a download whose body holds, at the beginnings of segments, a whole WebSocket conversation",
        "no session: the bytes are the body of a 200")
def download(made):
    conn = made.connect()
    conn.handshake()
    conn.client(head("GET /conversation.bin HTTP/1.1", HOST))
    pieces = recorded_conversation()
    start = head("HTTP/1.1 200 OK", "Content-Type: application/octet-stream", f"Content-Length: {sum(map(len, pieces))}")
    for piece in [start] + pieces:
        conn.server(piece)
    conn.end(first="client")


@sample("negative-late-start-download", "the same download, but the capture begins in the middle of the body",
        "no session: client requests and masked frames do not come from a server")
def late_start_download(made):
    conn = made.connect()
    conn.start_late()
    conn.server(fixed_bytes("late start", 400))
    for piece in recorded_conversation():
        conn.server(piece)
    conn.server(fixed_bytes("late end", 300))
    conn.end(first="client")


@sample("negative-tls", "TLS 1.3 without keys: hellos, then records of bytes without a pattern", "no session: nothing can be known")
def tls(made):
    conn = made.connect(server_port=443)
    conn.handshake()
    session, change = fixed_bytes("session", 32), record(20, b"\1")
    conn.client(record(22, client_hello(fixed_bytes("client random", 32), session), b"\x03\x01"))
    conn.server(record(22, server_hello(fixed_bytes("server random", 32), session)) + change
                + record(23, fixed_bytes("certificate", 900)))
    conn.client(change + record(23, fixed_bytes("finished", 53)))
    for number, size in enumerate((180, 120, 40, 30, 45)):
        for who in ("client", "server"):
            conn.send(who, record(23, fixed_bytes(f"{who} {number}", size)))
    conn.end(first="client")


@sample("negative-random", "bytes without a pattern both ways, on the ports of the other samples", "no session")
def random_bytes(made):
    conn = made.connect()
    conn.handshake()
    for number, size in enumerate((130, 7, 600, 2, 41, 1460, 1)):
        for who in ("client", "server"):
            conn.send(who, fixed_bytes(f"random {who} {number}", size))
    conn.end()
