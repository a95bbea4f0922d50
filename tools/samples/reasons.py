# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a WebSocket did not open, how its heart beat, and why it closed."""
from samples.sample import sample
from samples.tls import Secure
from samples.websocket import PING, PONG, TEXT, answer, head, response

# what the server answers, or how it makes that for a connection; header lines of the request
REFUSALS = (
    ("400", answer("400 Bad Request", b"no\n"), ()),
    ("301 to another place", answer("301 Moved Permanently", b"", "Location: wss://example.test/new/chat"), ()),
    ("401", answer("401 Unauthorized", b"who?\n", 'WWW-Authenticate: Bearer realm="chat"'), ()),
    ("403 for an Origin", answer("403 Forbidden", b"no\n"), ("Origin: http://elsewhere.example",)),
    ("404", answer("404 Not Found", b"no\n"), ()),
    ("405", answer("405 Method Not Allowed", b"no\n"), ()),
    ("407", answer("407 Proxy Authentication Required", b"who?\n", 'Proxy-Authenticate: Basic realm="proxy"'), ()),
    ("426 with the versions wanted", answer("426 Upgrade Required", b"", "Sec-WebSocket-Version: 8, 7"), ()),
    ("429", answer("429 Too Many Requests", b"slow\n", "Retry-After: 120"), ()),
    ("200", answer("200 OK", b"<p>a page</p>\n"), ()),
    ("502", answer("502 Bad Gateway", b"no\n"), ()),
    ("503", answer("503 Service Unavailable", b"no\n", "Retry-After: 5"), ()),
    ("504", answer("504 Gateway Timeout", b"no\n"), ()),
    ("no Upgrade field in the 101", lambda c: head("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade",
                                                   f"Sec-WebSocket-Accept: {c.accept}"), ()),
    ("no Connection field in the 101", lambda c: head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket",
                                                      f"Sec-WebSocket-Accept: {c.accept}"), ()),
    ("an accept value of nobody", response(accept="bm90IHRoZSByaWdodCBvbmUh"), ()),
    ("no accept value", response(accept=None), ()),
    ("an extension never offered", lambda c: c.response("Sec-WebSocket-Extensions: permessage-deflate"), ()),
    ("a window larger than offered", lambda c: c.response("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12"),
     ("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10",)),
    ("a subprotocol never offered", lambda c: c.response("Sec-WebSocket-Protocol: chat.v2"), ("Sec-WebSocket-Protocol: chat.v1",)),
)


@sample("reasons-failed", "a connection for each way not to open: 40001 on refusals and unusable answers, then the answer for another "
        "connection's key (40021), a FIN and a RST instead of an answer, and both through a CONNECT tunnel and "
        "in TLS",
        "one sentence for each says why, and whose fault it was")
def reasons_failed(made):
    for number, (case, answered, fields) in enumerate(REFUSALS):
        conn = made.connect(40001 + number, acks=False)
        conn.facts["case"] = case
        conn.handshake()
        conn.ask(*fields)
        conn.server(answered(conn) if callable(answered) else answered)
        conn.end(first="client")
    port = 40001 + len(REFUSALS)
    conn = made.connect(port, acks=False)
    conn.facts["case"] = "the accept value of another connection"
    conn.handshake()
    conn.ask()
    conn.server(made.connections[0].response())
    conn.end(first="client")
    for case, ends in (("FIN instead of an answer", lambda c: c.end()), ("RST instead of an answer", lambda c: c.rst("server"))):
        port += 1
        conn = made.connect(port, acks=False)
        conn.facts["case"] = case
        conn.handshake()
        conn.ask()
        ends(conn)
    for case, answered in (("403 through a tunnel", answer("403 Forbidden", b"no\n")), ("no accept value, through a tunnel",
                                                                                         response(accept=None))):
        port += 1
        conn = made.connect(port, server_port=3128, acks=False)
        conn.facts["case"] = case
        conn.host = "example.test"
        conn.handshake()
        conn.client(head("CONNECT example.test:80 HTTP/1.1", "Host: example.test:80"))
        conn.server(head("HTTP/1.1 200 Connection established"))
        conn.ask()
        conn.server(answered)
        conn.end(first="client")
    for case, answered in (("403 in TLS", answer("403 Forbidden", b"no\n")), ("no accept value, in TLS", response(accept=None))):
        port += 1
        conn = made.connect(port, kind=Secure, acks=False)
        conn.facts["case"] = case
        conn.handshake()
        conn.ask()
        conn.server(answered)
        conn.end(first="client")


@sample("pings", "40001 Pings of both ends every 5 seconds, each answered; 40002 three Pings and one Pong for the last, then a Pong that "
        "nobody asked for; 40003 a Ping that is never answered: after 20 seconds its sender gives up; 40004 a text \"hb\" every 10 "
        "seconds among others", "the round-trip time on each Pong; wslens.heartbeat hides what is nothing but heartbeats")
def pings(made):
    conn = made.opened(40001)
    for number in range(1, 7):
        made.capture.pause(5)
        for who in ("client", "server"):
            conn.ping(who, f"{who} {number}")
        conn.text("server", f"news {number}")
    conn.close()
    conn = made.opened(40002)
    for number in range(1, 4):
        conn.server(conn.frame("server", PING, f"three {number}"))
        made.capture.pause(1)
    conn.client(conn.frame("client", PONG, "three 3"))
    conn.client(conn.frame("client", PONG, "unasked"))
    conn.close()
    conn = made.opened(40003)
    conn.text("client", "anybody there?")
    conn.server(conn.frame("server", PING, "are you?"))
    made.capture.pause(20)
    conn.end()
    conn = made.opened(40004)
    for number in range(6):
        made.capture.pause(10)
        conn.text("client", "hb")
        conn.server(conn.frame("server", TEXT, f"tick {number}"))
    conn.close()


def fails_with(conn, code):
    """the server gives up on its peer: Close and FIN at once; what the client answers is not read any more"""
    conn.send("server", conn.close_frame("server", code), ack=False)
    conn.send_fin("server")


@sample("reasons-closed", "40001 the server fails the connection with 1009 after a large message and does not wait for the answer; "
        "40002 the same with 1007 and a RST; 40003 idle for 60 seconds, then a FIN of the server; 40004 the client closes TCP "
        "behind its own Close, without waiting", "what each program will report, and what had gone before")
def reasons_closed(made):
    conn = made.opened(40001, acks=False)
    conn.facts["case"] = "failed with 1009"
    conn.text("client", "x" * 5000)
    fails_with(conn, 1009)
    conn.send("client", conn.close_frame("client", 1009), ack=False)
    conn.fin("client")
    conn = made.opened(40002, acks=False)
    conn.facts["case"] = "failed with 1007"
    conn.client(conn.frame("client", TEXT, b"\xff\xfe", noted=False))
    conn.untold = True
    fails_with(conn, 1007)
    conn.send("client", conn.close_frame("client", 1007), ack=False)
    conn.rst("server")
    conn = made.opened(40003)
    conn.facts["case"] = "idle"
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    made.capture.pause(60)
    conn.end()
    conn = made.opened(40004, acks=False)
    conn.facts["case"] = "a client that does not wait"
    conn.text("client", "hello")
    conn.send("client", conn.close_frame("client", 1000), ack=False)
    conn.send_fin("client")
    conn.send("server", conn.close_frame("server", 1000), ack=False)
    conn.fin("server")
