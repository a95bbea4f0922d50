# SPDX-License-Identifier: GPL-2.0-or-later
"""Opening handshakes: cut in odd places, refused, unanswered."""
from samples.sample import sample
from samples.websocket import PING, TEXT, answer, head


@sample("coalesced-101", "the first frames of the server are in the segment that holds its 101",
        "the packet of the 101 shows a text and a ping after the head")
def coalesced_101(made):
    conn = made.connect()
    conn.handshake()
    conn.ask()
    conn.opened = True
    conn.server(conn.response() + conn.frame("server", TEXT, "right behind the 101") + conn.frame("server", PING, "so soon"))
    conn.client(conn.frame("client", 10, "so soon") + conn.frame("client", TEXT, "that was quick"))
    conn.close()


@sample("split-101", "the head of the 101 comes in two segments, the first frame in the second of them",
        "the answer is complete in the second segment")
def split_101(made):
    conn = made.connect()
    conn.handshake()
    conn.ask()
    conn.opened = True
    conn.server(conn.response() + conn.frame("server", TEXT, "behind a head in two parts"), split=(50,))
    conn.text("client", "hello")
    conn.close()


@sample("split-101-out-of-order", "the second half of the 101's head, with the first frame behind it, comes before the first half",
        "the session opens all the same, and its first message is there")
def split_101_out_of_order(made):
    conn = made.connect()
    conn.handshake()
    conn.ask()
    conn.opened = True
    conn.send_swapped("server", conn.response() + conn.frame("server", TEXT, "behind a head in the wrong order"), at=50)
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.close()


@sample("unfinished-request-body", "the upgrade request says Content-Length: 5, but no body comes; the server answers 101 all the same",
        "the client's messages are frames, not the missing body; Wireshark's HTTP swallows them")
def unfinished_request_body(made):
    conn = made.connect()
    conn.handshake()
    conn.upgrade("Content-Length: 5")
    conn.text("server", "no body needed")
    conn.text("client", "these bytes are a frame")
    conn.text("client", "and these too")
    conn.close()


@sample("kept-alive-attempts", "three requests on one connection: a plain GET (200), an upgrade refused with 401 and a body, then one "
        "that succeeds", "two sessions on one TCP connection: one refused, one open; the plain GET is none")
def kept_alive_attempts(made):
    conn = made.connect()
    conn.handshake()
    conn.client(head("GET / HTTP/1.1", "Host: 192.0.2.80:8080"))
    conn.server(answer("200 OK", b"a page that is no WebSocket\n"))
    conn.ask()
    conn.server(answer("401 Unauthorized", b"who are you?\n", 'WWW-Authenticate: Basic realm="chat"'))
    conn.upgrade("Authorization: Basic bWU6c2VjcmV0")
    conn.text("server", "welcome at last")
    conn.text("client", "thank you")
    conn.close()


@sample("no-upgrade-answer", "the server never answers the upgrade request; after 30 seconds the client gives up with a FIN",
        "the verdict says that no answer came; no messages")
def no_upgrade_answer(made):
    conn = made.connect()
    conn.handshake()
    conn.ask()
    made.capture.pause(30)
    conn.end(first="client")


@sample("half-request", "the capture ends in the middle of the upgrade request's head",
        "a session that is still opening, if the words seen are enough to tell")
def half_request(made):
    conn = made.connect()
    conn.handshake()
    conn.client(conn.request()[:90])


@sample("http10-and-garbage", "two odd answers to an upgrade request: 40001 an HTTP/1.0 101, 40002 bytes that are no HTTP",
        "both fail; the client ends each")
def http10_and_garbage(made):
    conn = made.connect(40001)
    conn.facts["case"] = "HTTP/1.0 101"
    conn.handshake()
    conn.ask()
    conn.server(conn.response(version="1.0"))
    conn.end(first="client")
    conn = made.connect(40002)
    conn.facts["case"] = "garbage"
    conn.handshake()
    conn.ask()
    conn.server(b"\x00\x01\x02\xfe\xffthis is not HTTP at all\r\n\r\n")
    conn.end(first="client")
