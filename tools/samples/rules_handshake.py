# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the opening handshake: each broken, kept, and not to be known."""
import base64
import os
import re

from samples.rules import LOOK, Group, talk
from samples.sample import sample
from samples.websocket import TEXT, accept_value, answer, fixed_bytes, head

HANDSHAKE = Group()
END = b"\r\n\r\n"
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"
BROWSER = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"

# --- what is changed in a head that is right -------------------------------------------------------------------------


def same(made):
    return made


def swap(old, new):
    def change(made):
        assert old.encode() in made
        return made.replace(old.encode(), new.encode(), 1)

    return change


def drop(name):
    def change(made):
        assert f"\r\n{name}: ".encode() in made
        return re.sub(f"\r\n{name}: [^\r]*".encode(), b"", made)

    return change


def put(*lines):
    return lambda made: made.replace(END, "\r\n".join(("", *lines, "", "")).encode())


def value(name, new):
    """another value for a field"""
    return lambda made: re.sub(f"(\r\n{name}: )[^\r]*".encode(), lambda found: found[1] + new.encode(), made)


def twice(name):
    return lambda made: re.sub(f"(\r\n{name}: [^\r]*)".encode(), rb"\1\1", made)


def base64_of(data):
    return base64.b64encode(data).decode()


def field(made, name):
    found = re.search(f"\r\n{name}: ([^\r]*)".encode(), made)
    return found[1].decode() if found else ""


# --- what the capture lacks ------------------------------------------------------------------------------------------


def line_of_difference(broken, kept):
    """where the line of the broken head begins and ends that makes the difference, or in whose place one is missing"""
    at = len(os.path.commonprefix((broken, kept)))
    tail = len(os.path.commonprefix((broken[at:][::-1], kept[at:][::-1])))
    start = broken.rfind(b"\r\n", 0, at) + 2 if b"\r\n" in broken[:at] else 0
    if broken[start:] == b"\r\n":  # the field that is missing could have been the last: any other line hides it as well
        start = broken.rfind(b"\r\n", 0, start - 2) + 2
        return start, len(broken) - 2
    return start, broken.index(b"\r\n", max(start, len(broken) - tail - 2)) + 2


def send_head(case, conn, who, broken, kept, behind=b""):
    """a head in one segment, or in segments of which the one that makes the difference is lost"""
    if not case.missing:
        return conn.send(who, (kept if case.kept else broken) + (b"" if case.kept else behind))
    start, end = line_of_difference(broken, kept)
    split = (start, end - start) if start else (end,)
    return conn.send(who, broken + behind, split=split, lose=(1,) if start else (0,))


# --- requests --------------------------------------------------------------------------------------------------------


def ask(case, conn, broken, kept=same, behind=b""):
    made = conn.request()
    legal, wrong = kept(made), broken(made)
    conn.key = field(legal if case.kept else wrong, "Sec-WebSocket-Key") or conn.key
    send_head(case, conn, "client", wrong, legal, behind)


def accept(conn, *lines):
    """101 and a session without a fault"""
    answered = conn.response(*lines)
    note_choice(conn, answered)
    conn.server(answered)
    finish(conn)


def note_choice(conn, answered):
    conn.subprotocol, conn.extensions = field(answered, "Sec-WebSocket-Protocol"), field(answered, "Sec-WebSocket-Extensions")


def finish(conn):
    conn.opened = True
    talk(conn)
    conn.close()


def refuse(conn, status="400 Bad Request", *lines):
    conn.server(answer(status, b"no\n", *lines, "Connection: close"))
    conn.end()


def upgrade_required(conn):
    refuse(conn, "426 Upgrade Required", "Upgrade: websocket", "Sec-WebSocket-Version: 13")


# how the head is changed to break the rule, how to keep it, what the server answers to the broken one (None: 101), lines of the
# 101 that suit the kept one
REQUESTS = (
    ("request-method-not-get", swap("GET ", "POST "), same, refuse, ()),
    ("request-http-version-too-old", swap("HTTP/1.1", "HTTP/1.0"), same, refuse, ()),
    ("request-target-malformed", swap("/chat ", "/chat#now "), same, refuse, ()),
    ("request-host-missing", drop("Host"), same, refuse, ()),
    ("request-upgrade-missing", drop("Upgrade"), same, refuse, ()),
    ("request-connection-missing", drop("Connection"), same, refuse, ()),
    ("request-key-missing", drop("Sec-WebSocket-Key"), same, refuse, ()),
    ("request-key-malformed", value("Sec-WebSocket-Key", base64_of(fixed_bytes("short key", 15))), same, refuse, ()),
    ("request-key-repeated", put("Sec-WebSocket-Key: " + base64_of(fixed_bytes("other key", 16))), same, refuse, ()),
    ("request-key-not-random", value("Sec-WebSocket-Key", base64_of(b"sixteen letters!")), same, None, ()),
    ("request-version-missing", value("Sec-WebSocket-Version", "12"), same, upgrade_required, ()),
    ("request-version-repeated", twice("Sec-WebSocket-Version"), same, refuse, ()),
    ("request-subprotocol-malformed", put("Sec-WebSocket-Protocol: a b"), put("Sec-WebSocket-Protocol: a"), refuse,
     ("Sec-WebSocket-Protocol: a",)),
    ("request-subprotocol-repeated", put("Sec-WebSocket-Protocol: chat, chat"), put("Sec-WebSocket-Protocol: chat, superchat"),
     refuse, ("Sec-WebSocket-Protocol: chat",)),
    ("request-extensions-malformed", put(f"{DEFLATE}; =x"), put(DEFLATE), refuse, ()),
    ("request-extension-unregistered", put("Sec-WebSocket-Extensions: x-webkit-deflate-frame"), put(DEFLATE), None, ()),
    ("request-deflate-parameters-wrong", put(f"{DEFLATE}; server_max_window_bits=99"),
     put(f"{DEFLATE}; server_max_window_bits=9"), None, ()),
    ("request-origin-missing", put(BROWSER), put("Origin: http://192.0.2.80", BROWSER), None, ()),
)


def play_request(broken, kept, reaction, lines, behind=b""):
    def play(case):
        conn = case.connect()
        conn.handshake()
        ask(case, conn, broken, kept, behind)
        if case.kept:
            accept(conn, *lines)
        elif reaction is None:
            accept(conn)
        else:
            reaction(conn)

    return play


for rule, *row in REQUESTS:
    HANDSHAKE.add(rule, "client", play_request(*row))
HANDSHAKE.add("request-with-body", "client", play_request(put("Content-Length: 5"), same, refuse, (), b"12345"))


@HANDSHAKE.rule("request-followed-by-early-data", "client")
def early_data(case):
    conn = case.connect()
    conn.handshake()
    conn.ask()
    if not case.kept:
        conn.text("client", "not to be sent yet", **case.lost)
    conn.opened = True
    conn.server(conn.response())
    if case.kept:
        conn.text("client", "to be sent now")
    finish(conn)


# --- responses -------------------------------------------------------------------------------------------------------


def give_up(conn):
    """RFC 6455 §4.1: a client that has got such an answer fails the connection"""
    conn.end(first="client")


# lines of the request, how the 101 is changed to break the rule, how to keep it, what follows the broken one
RESPONSES = (
    ("response-upgrade-wrong", (), swap("websocket", "websocket, other"), same, give_up),
    ("response-connection-missing", (), drop("Connection"), same, give_up),
    ("response-accept-missing", (), drop("Sec-WebSocket-Accept"), same, give_up),
    ("response-accept-wrong", (), value("Sec-WebSocket-Accept", accept_value("nobody's key")), same, give_up),
    ("response-accept-repeated", (), twice("Sec-WebSocket-Accept"), same, finish),
    ("response-extension-not-offered", (DEFLATE,), put("Sec-WebSocket-Extensions: permessage-foo"), put(DEFLATE), give_up),
    ("response-extensions-malformed", (DEFLATE,), put(f"{DEFLATE}; =x"), put(DEFLATE), give_up),
    ("response-extensions-conflict", (DEFLATE,), put(f"{DEFLATE}, permessage-deflate"), put(DEFLATE), give_up),
    ("response-deflate-parameters-wrong", (DEFLATE,), put(f"{DEFLATE}; client_max_window_bits=12"),
     put(f"{DEFLATE}; server_max_window_bits=12"), give_up),
    ("response-subprotocol-not-offered", ("Sec-WebSocket-Protocol: a",), put("Sec-WebSocket-Protocol: b"),
     put("Sec-WebSocket-Protocol: a"), give_up),
    ("response-subprotocol-repeated", ("Sec-WebSocket-Protocol: a, b",),
     put("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"), put("Sec-WebSocket-Protocol: a"), finish),
    ("response-subprotocol-none-chosen", ("Sec-WebSocket-Protocol: a",), same, put("Sec-WebSocket-Protocol: a"), finish),
    ("response-with-body", (), put("Content-Length: 3"), same, finish),
)


def play_response(lines, broken, kept, reaction):
    def play(case):
        conn = case.connect()
        conn.handshake()
        conn.ask(*lines)
        respond(case, conn, broken, kept)
        (finish if case.kept else reaction)(conn)

    return play


def respond(case, conn, broken, kept=same):
    made = conn.response()
    note_choice(conn, (kept if case.kept else broken)(made))
    send_head(case, conn, "server", broken(made), kept(made))


for rule, *row in RESPONSES:
    HANDSHAKE.add(rule, "server", play_response(*row))


@HANDSHAKE.rule("response-accepts-broken-request", "server", also={"client": ["request-version-missing"]})
def accepts_broken_request(case):
    conn = case.connect()
    conn.handshake()
    ask(case, conn, value("Sec-WebSocket-Version", "12"))
    accept(conn)


@HANDSHAKE.rule("response-101-to-http-1-0", "server", also={"client": ["request-http-version-too-old"],
                                                           "server": ["response-accepts-broken-request"]})
def switches_http_1_0(case):
    conn = case.connect()
    conn.handshake()
    ask(case, conn, swap("HTTP/1.1", "HTTP/1.0"))
    accept(conn)


@HANDSHAKE.rule("response-versions-missing", "server", also={"client": ["request-version-missing"]},
                in_kept={"client": ["request-version-missing"]})
def versions_missing(case):
    conn = case.connect()
    conn.handshake()
    conn.client(value("Sec-WebSocket-Version", "25")(conn.request()))
    made = head("HTTP/1.1 426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade, close", "Content-Length: 0")
    send_head(case, conn, "server", made, put("Sec-WebSocket-Version: 13")(made))
    conn.end()


@HANDSHAKE.rule("response-asks-for-another-step", "server")
def asks_for_another_step(case):
    conn = case.connect()
    conn.handshake()
    conn.ask()
    if case.kept:
        return accept(conn)
    made = head("HTTP/1.1 302 Found", "Location: http://192.0.2.80:8080/elsewhere", "Content-Length: 0", "Connection: close")
    conn.server(made, split=(made.index(b"\r\n") + 2,) if case.missing else (), **case.lost)
    return conn.end()


@HANDSHAKE.rule("handshake-unanswered", "server")
def unanswered(case):
    conn = case.connect()
    conn.handshake()
    conn.ask()
    if case.kept:
        return accept(conn)
    if case.missing:
        conn.server(answer("403 Forbidden", b"no\n"), **case.lost)
    return conn.end()


@HANDSHAKE.rule("invalid-response-used", "client", also={"server": ["response-accept-wrong"]})
def invalid_response_used(case):
    conn = case.connect()
    conn.handshake()
    conn.ask()
    respond(case, conn, value("Sec-WebSocket-Accept", accept_value("nobody's key")))
    conn.client(conn.frame("client", TEXT, "is this the right place?"))
    finish(conn)


@sample("rules-handshake", HANDSHAKE.what("of the opening handshake"), LOOK)
def rules_handshake(made):
    HANDSHAKE.play(made)
